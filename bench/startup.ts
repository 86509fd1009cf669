/**
 * How long `start` takes to listen, and how much memory it holds when idle with all actors on the simulated cluster.
 *
 * From the spawning of the process, 12 times one after the other. The least tells what the program needs: whatever else
 * the machine does only adds to it. The median tells what people saw on this machine. Memory is resident memory,
 * of which a third is Deno itself.
 *
 * @module
 */
import type { BenchResult } from "./result.ts";
import { memoryMb, start, type Started } from "./started.ts";

const RUNS = 12;
/** Idle means: the first polls are done, and nobody asks but for what a look at it takes. */
const IDLE_AFTER_MS = 30_000;

/** Least and median. */
function spread(name: string, values: readonly number[], target?: number): BenchResult[] {
  const sorted = values.toSorted((a, b) => a - b);
  const figure = (which: string, value: number): BenchResult => ({
    name: `${name}, ${which} of ${values.length}`,
    value,
    unit: "ms",
    ...(target === undefined ? {} : { target }),
  });
  return [figure("least", sorted[0]!), figure("median", sorted[sorted.length >> 1]!)];
}

async function idleMemory(): Promise<BenchResult[]> {
  const started = await start();
  await new Promise((resolve) => setTimeout(resolve, IDLE_AFTER_MS));
  for (const endpoint of ["state", "load", "kafka_cluster_state"]) {
    await (await fetch(`${started.url}/${endpoint}?json=true`)).text();
  }
  const value = memoryMb(started.pid);
  await started.end();
  if (value === undefined) return [];
  return [{ name: "idle memory, all actors", value, unit: "MB", target: 200 }];
}

/** Runs the benchmark. */
export async function run(): Promise<BenchResult[]> {
  const all: Started[] = [];
  for (let i = 0; i < RUNS; i++) {
    const started = await start();
    all.push(started);
    await started.end();
  }
  const cpu = all.flatMap(({ cpuMs }) => cpuMs === undefined ? [] : [cpuMs]);
  return [
    ...spread("start to listening", all.map((one) => one.listeningMs), 300),
    ...spread("start to first answer of state", all.map((one) => one.stateMs)),
    ...spread("start to all actors running", all.map((one) => one.allRunMs)),
    ...(cpu.length === 0 ? [] : spread("the same, processor time of all threads", cpu)),
    ...await idleMemory(),
  ];
}
