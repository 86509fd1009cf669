/**
 * How fast the simulated cluster runs: 200 brokers with 100,000 partitions of three replicas, healthy and while a
 * broker's replicas catch up.
 *
 * @module
 */
import { createSimCluster, simGateway, simSpec } from "../cluster/sim/mod.ts";
import { ManualClock, systemClock } from "../lib/clock.ts";
import type { BenchResult } from "./result.ts";

const START_MS = Date.UTC(2026, 0, 5);
const MINUTE_MS = 60_000;
const SEED = 1;

/** Median of an odd number of values. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/** Measures; takes about ten seconds. */
export async function run(): Promise<BenchResult[]> {
  const time = systemClock();
  const timed = (work: () => void) => {
    const startMs = time.monotonicMs();
    work();
    return time.monotonicMs() - startMs;
  };
  const spec = simSpec({
    seed: SEED,
    brokers: 200,
    racks: 10,
    topics: 4000,
    partitions: 100_000,
    emptyBrokers: 1,
    fewerReplicas: 0,
  });
  const clock = new ManualClock(START_MS);
  let cluster = createSimCluster({ spec, seed: SEED, startMs: START_MS });
  const buildMs = timed(() => cluster = createSimCluster({ spec, seed: SEED, startMs: START_MS }));
  let nowMs = START_MS;
  const minute = () => timed(() => cluster.advanceTo(nowMs += MINUTE_MS));
  const healthy = Array.from({ length: 7 }, minute);
  cluster.inject({ kind: "broker_crash", brokerId: 7, returnAfterMs: 10 * MINUTE_MS });
  const broken = Array.from({ length: 9 }, minute);
  const returning = Array.from({ length: 3 }, minute);
  await clock.advanceTo(nowMs);
  const gateway = simGateway(cluster, { clock });
  const observed = await gateway.observe();
  if (!observed.ok) throw new Error(observed.failure.message);
  const startMs = time.monotonicMs();
  await gateway.readLogDirs(observed.value);
  await gateway.readOffsets(observed.value);
  await gateway.readGroupOffsets(observed.value);
  const pollMs = time.monotonicMs() - startMs;
  return [
    {
      name: "simulated minute, 200 brokers, 100,000 partitions",
      value: median(healthy),
      unit: "ms",
      target: 200,
    },
    { name: "the same, one broker down", value: median(broken), unit: "ms", target: 200 },
    { name: "the same, its replicas catch up", value: median(returning), unit: "ms", target: 200 },
    { name: "building that cluster", value: buildMs, unit: "ms" },
    { name: "sizes, offsets and groups of all partitions", value: pollMs, unit: "ms" },
  ];
}

if (import.meta.main) {
  for (const figure of await run()) {
    console.log(`${figure.name}: ${figure.value.toFixed(1)} ${figure.unit}`);
  }
}
