/**
 * The runtime between two threads: small facts, bulk that moves, and requests there and back.
 *
 * @module
 */
import { defaultConfig } from "../config/parse.ts";
import { systemClock } from "../lib/clock.ts";
import { limitsOf } from "../workers/limits.ts";
import { Supervisor } from "../workers/supervisor.ts";
import { workerThreads } from "../workers/worker_threads.ts";
import type { BenchResult } from "./result.ts";

const ENTRY = new URL("./entries/runtime_worker.ts", import.meta.url);
const SMALL_FACTS = 20_000;
const BULK_FACTS = 64;
/** 8 MB a fact: one metric of two million partitions, or twenty of 100,000. */
const BULK_FLOATS = 2_000_000;
const REQUESTS = 5_000;

/** Runs the benchmark. */
export async function run(): Promise<BenchResult[]> {
  const config = defaultConfig();
  const supervisor = new Supervisor({
    kind: workerThreads({ sampler: ENTRY, aggregator: ENTRY }),
    actors: ["sampler", "aggregator"],
    clock: systemClock(),
    time: undefined,
    config,
    // All facts of a round may be underway: what is measured is the way, not the policy of a full mailbox.
    limits: { ...limitsOf(config), mailboxSize: SMALL_FACTS },
    seed: 1,
    sink: (record) => console.error(record.message),
  });
  const started = await supervisor.start();
  if (!started.ok) throw new Error(started.failure.message);
  const round = async (order: string): Promise<readonly number[]> => {
    const done = await supervisor.request<"pause_sampling">({
      kind: "pause_sampling",
      reason: order,
    });
    if (!done.ok) throw new Error(done.failure.message);
    return done.value.silentBrokers;
  };
  await round(`small ${SMALL_FACTS}`); // warm-up
  await round("ask 1000");
  const [smallMs] = await round(`small ${SMALL_FACTS}`);
  const [bulkMs] = await round(`bulk ${BULK_FACTS} ${BULK_FLOATS}`);
  const times = await round(`ask ${REQUESTS}`);
  await supervisor.stop();
  const bulkMb = BULK_FACTS * BULK_FLOATS * 4 / 1e6;
  return [
    { name: "small facts", value: SMALL_FACTS / smallMs! * 1000, unit: "facts/s" },
    { name: "bulk, moved", value: bulkMb / bulkMs! * 1000, unit: "MB/s" },
    { name: "request there and back, p50", value: times[times.length >> 1]!, unit: "ms" },
    {
      name: "request there and back, p99",
      value: times[Math.floor(times.length * 0.99)]!,
      unit: "ms",
    },
  ];
}
