/**
 * How long the API takes to answer on the simulated cluster (12 brokers) with all actors running: one request after the
 * other over one connection, from the request until the whole answer is read. `proposals` is answered from the plan
 * that the analyzer keeps.
 *
 * @module
 */
import type { BenchResult } from "./result.ts";
import { start } from "./started.ts";

const WARM_UP = 50;
const REQUESTS = 500;
/** Until the first plan there is nothing to keep. */
const PLAN_WITHIN_MS = 60_000;

async function ask(url: string): Promise<string> {
  const response = await fetch(url);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text}`);
  return text;
}

async function waitForPlan(url: string): Promise<void> {
  const untilMs = performance.now() + PLAN_WITHIN_MS;
  while (performance.now() < untilMs) {
    const response = await fetch(`${url}/proposals?json=true`);
    if (response.status === 200 && "summary" in await response.json()) return;
    await response.body?.cancel().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`no plan within ${PLAN_WITHIN_MS} ms`);
}

async function latencies(url: string): Promise<readonly number[]> {
  for (let i = 0; i < WARM_UP; i++) await ask(url);
  const times: number[] = [];
  for (let i = 0; i < REQUESTS; i++) {
    const startedMs = performance.now();
    await ask(url);
    times.push(performance.now() - startedMs);
  }
  return times.sort((a, b) => a - b);
}

/** Runs the benchmark. */
export async function run(): Promise<BenchResult[]> {
  const started = await start();
  const results: BenchResult[] = [];
  try {
    await waitForPlan(started.url);
    for (const endpoint of ["state", "load", "proposals"]) {
      const times = await latencies(`${started.url}/${endpoint}?json=true`);
      const at = (share: number) => times[Math.ceil(share * times.length) - 1]!;
      results.push({ name: `${endpoint}, p50`, value: at(0.5), unit: "ms" });
      results.push({ name: `${endpoint}, p99`, value: at(0.99), unit: "ms", target: 50 });
    }
  } finally {
    await started.end();
  }
  return results;
}
