/** Properties of the rate estimator on one partition to which anything happens. */
import { assert, assertAlmostEquals } from "@std/assert";
import fc from "fast-check";
import { createEstimatorState } from "../../load/estimator_state.ts";
import { estimateRates, type PartitionSamples } from "../../load/rate_estimator.ts";
import { DISK_USAGE, LEADER_BYTES_IN, MESSAGE_IN_RATE } from "../../model/metrics.ts";
import { PartitionSimulation } from "./log_simulation.ts";

const LIMITS = {
  minPairMs: 200,
  maxPairMs: 60_000,
  consumerKbPerSecMax: 125_000,
  uncommittedFanout: 0,
};
const INTERVAL_MS = 10_000;

/** Of the only partition; NaN without a sample. */
function metric(samples: PartitionSamples, column: number): number {
  return samples.partitions.length === 0 ? NaN : samples.metrics[column]!;
}

const MAX_RECORDS = 500;
const MAX_BYTES = 4096;

type Happening =
  | { kind: "append"; records: number; bytes: number }
  | { kind: "compact"; broker: number; share: number }
  | { kind: "delete"; broker: number; keep: number }
  | { kind: "elect"; broker: number }
  | { kind: "truncate" }
  | { kind: "silent"; broker: number };

const broker = fc.integer({ min: 1, max: 3 });
const happenings: fc.WeightedArbitrary<Happening>[] = [
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      records: fc.integer({ min: 0, max: MAX_RECORDS }),
      bytes: fc.integer({ min: 10, max: MAX_BYTES }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("compact" as const),
      broker,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("delete" as const),
      broker,
      keep: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("elect" as const), broker }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("silent" as const), broker }) },
];
const truncation: fc.WeightedArbitrary<Happening> = {
  weight: 1,
  arbitrary: fc.record({ kind: fc.constant("truncate" as const) }),
};

function act(partition: PartitionSimulation, event: Happening): void {
  switch (event.kind) {
    case "append":
      return partition.append(event.records, event.bytes);
    case "compact":
      return partition.compact(event.broker, event.share);
    case "delete":
      return partition.deleteOldest(event.broker, event.keep);
    case "elect":
      return partition.elect(event.broker);
    case "truncate":
      return partition.truncate();
    case "silent":
  }
}

/** Fails when a sample exceeds what the offsets allow with records of `bytesMax`. */
function holdBounds(rounds: readonly (readonly Happening[])[], bytesMax: number): void {
  const partition = new PartitionSimulation([1, 2, 3]);
  const state = createEstimatorState();
  rounds.forEach((events, i) => {
    const silent: number[] = [];
    for (const event of events) {
      act(partition, event);
      if (event.kind === "silent") silent.push(event.broker);
    }
    const samples = estimateRates(state, partition.poll(i * INTERVAL_MS, silent), LIMITS);
    for (let at = 0; at < samples.partitions.length; at++) {
      const records = metric(samples, MESSAGE_IN_RATE);
      const kb = metric(samples, LEADER_BYTES_IN);
      // At most four appends between two polls.
      assert(records >= 0 && records <= 4 * MAX_RECORDS / 10 * 1.001, `${records} records/s`);
      assert(kb >= 0 && kb <= records * bytesMax / 1024 * 1.001, `${kb} KB/s at ${records}/s`);
      assert(metric(samples, DISK_USAGE) >= 0);
    }
  });
}

Deno.test("estimateRates() never goes below 0 or beyond what the offsets allow", () => {
  const round = fc.array(fc.oneof(...happenings), { maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(round, { minLength: 2, maxLength: 12 }),
      (rounds) => holdBounds(rounds, MAX_BYTES),
    ),
    { seed: 3, numRuns: 2000 },
  );
});

Deno.test("estimateRates() stays within twice that when logs are cut and grow again unseen", () => {
  // The same offsets may be written twice then: growth is more than the offsets tell, up to the band's factor.
  const round = fc.array(fc.oneof(...happenings, truncation), { maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(round, { minLength: 2, maxLength: 12 }),
      (rounds) => holdBounds(rounds, 2 * MAX_BYTES),
    ),
    { seed: 5, numRuns: 2000 },
  );
});

Deno.test("estimateRates() is right within 10 % after three polls while replicas are cleaned on their own", () => {
  // Steady records of one weight; each replica is cleaned or trimmed at random times, never all in the first pair.
  const round = fc.array(
    fc.record({ broker, clean: fc.boolean(), amount: fc.double({ min: 0, max: 1, noNaN: true }) }),
    { maxLength: 2 },
  );
  fc.assert(
    fc.property(fc.array(round, { minLength: 4, maxLength: 15 }), (rounds) => {
      const partition = new PartitionSimulation([1, 2, 3]);
      for (let segment = 0; segment < 5; segment++) partition.append(100, 1024);
      const state = createEstimatorState();
      rounds.forEach((events, i) => {
        if (i > 0) partition.append(100, 1024);
        for (const event of i < 2 ? [] : events) {
          if (event.clean) partition.compact(event.broker, event.amount);
          else partition.deleteOldest(event.broker, 2 + Math.round(3 * event.amount));
        }
        const samples = estimateRates(state, partition.poll(i * INTERVAL_MS), LIMITS);
        if (i >= 2) assertAlmostEquals(metric(samples, LEADER_BYTES_IN), 10, 1);
      });
    }),
    { seed: 4, numRuns: 2000 },
  );
});
