/**
 * From `start` to the first answer of `state` and to a first plan: on the simulated cluster, and on three real brokers
 * with 1,000 partitions (needs Java and Maven).
 *
 * @module
 */
import { createTopics, missingTools, startCluster } from "../tests/kafka/mod.ts";
import { startEvenkeel, waitFor } from "../tests/system/evenkeel.ts";
import type { BenchResult } from "./result.ts";

const REAL_TOPICS = 50;
const REAL_PARTITIONS = 20;

/** Seconds from now until `state` answers and until a plan is given. */
async function measure(bootstrap: string | undefined): Promise<{ state: number; plan: number }> {
  const dataDir = await Deno.makeTempDir({ prefix: "evenkeel-bench-" });
  const startedMs = performance.now();
  const seconds = () => (performance.now() - startedMs) / 1000;
  const evenkeel = await startEvenkeel({
    dataDir,
    ...(bootstrap === undefined ? {} : { bootstrap }),
  });
  try {
    await evenkeel.get("state");
    const state = seconds();
    await waitFor(() => evenkeel.get("proposals"), (plan) => "summary" in plan, {
      withinMs: 120_000,
      what: "a first plan",
      everyMs: 100,
    });
    return { state, plan: seconds() };
  } finally {
    await evenkeel.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
}

function figures(
  name: string,
  times: { state: number; plan: number },
  target: number,
): BenchResult[] {
  return [
    { name: `${name}: start to first state`, value: times.state, unit: "s", target },
    { name: `${name}: start to first plan`, value: times.plan, unit: "s", target },
  ];
}

async function onRealBrokers(): Promise<BenchResult[]> {
  const missing = missingTools();
  if (missing !== undefined) {
    console.error(`no real brokers: ${missing}`);
    return [];
  }
  const cluster = await startCluster({ brokers: 3 });
  try {
    const replicas = Array.from({ length: REAL_PARTITIONS }, (_, p) => [1 + p % 2, 3]);
    const names = Array.from({ length: REAL_TOPICS }, (_, t) => `bench.${t}`);
    await createTopics(cluster.bootstrap, names.map((name) => ({ name, replicas })));
    return figures("3 real brokers, 1,000 partitions", await measure(cluster.bootstrap), 60);
  } finally {
    await cluster.close();
  }
}

/** Runs the benchmark. */
export async function run(): Promise<BenchResult[]> {
  return [...figures("simulated cluster", await measure(undefined), 10), ...await onRealBrokers()];
}
