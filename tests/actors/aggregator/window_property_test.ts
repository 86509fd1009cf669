/**
 * Drawn histories of samples, topologies and restarts, compared with a reference that keeps every single sample by
 * topic and partition and computes each window from scratch.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { extrapolationOf, writeValues } from "../../../actors/aggregator/completeness.ts";
import {
  acceptSamples,
  acceptTopology,
  createLoadState,
  type LoadState,
} from "../../../actors/aggregator/load_state.ts";
import { pendingSave, restoreState } from "../../../actors/aggregator/persistence.ts";
import { slotOf, stableWindows, VALID } from "../../../actors/aggregator/window_ring.ts";
import { DISK_USAGE, PARTITION_METRIC_COUNT } from "../../../model/metrics.ts";
import type { Topology } from "../../../model/topology.ts";
import type { LoadedSamples } from "../../../store/samples.ts";
import { testBatch, testTopology } from "./bench_cluster.ts";

const SEED = 20260203;
const WINDOW_MS = 1_000;
const WINDOWS = 4;

type Step =
  | { readonly kind: "sample"; readonly ahead: number; readonly known: number }
  | { readonly kind: "topics"; readonly sizes: readonly number[]; readonly anew: number }
  | { readonly kind: "restart" };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant("sample" as const),
        ahead: fc.integer({ min: -3, max: 2 }),
        known: fc.integer({ min: 0, max: 1023 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("topics" as const),
        sizes: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 3 }),
        anew: fc.integer({ min: 0, max: 2 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
  ),
  { minLength: 5, maxLength: 60 },
);

/** Every sample of a partition's window, metric by metric, in order of arrival. */
type Samples = number[][];

class Reference {
  /** By "topic/id/partition", then by window. */
  readonly histories = new Map<string, Map<number, Samples>>();
  current = 0;

  add(key: string, window: number, sample: number[]): void {
    const windows = this.histories.get(key) ?? new Map<number, Samples>();
    this.histories.set(key, windows);
    windows.set(window, [...windows.get(window) ?? [], sample]);
  }

  samples(key: string, window: number): Samples {
    const stillKept = window > this.current - WINDOWS - 1;
    return stillKept ? this.histories.get(key)?.get(window) ?? [] : [];
  }

  /** The value by the specification's table, NaN for what nobody knew. */
  value(key: string, window: number, options: { metric: number; minSamples: number }): number {
    const { metric, minSamples } = options;
    const own = this.samples(key, window);
    const inside = window > Math.max(1, this.current - WINDOWS) && window < this.current - 1;
    const around = [window - 1, window, window + 1].map((w) => this.samples(key, w));
    const enough = Math.max(1, Math.floor(minSamples / 2));
    const good = around[0]!.length >= minSamples && around[2]!.length >= minSamples;
    const used = own.length < enough && inside && good ? around : [own];
    const known = used.map((samples) =>
      samples.map((sample) => sample[metric]!).filter((value) => !Number.isNaN(value))
    ).filter((values) => values.length > 0);
    if (known.length === 0) return NaN;
    if (metric === DISK_USAGE) {
      return known.reduce((sum, values) => sum + values.at(-1)!, 0) / known.length;
    }
    const all = known.flat();
    return all.reduce((a, b) => a + b) / all.length;
  }
}

function newState(minSamples: number): LoadState {
  return createLoadState({ windowMs: WINDOW_MS, windowCount: WINDOWS, minSamples });
}

/** What a store would give back after everything was saved. */
function saved(state: LoadState): LoadedSamples {
  for (let w = 1; w <= state.partitions.current; w++) state.partitions.dirty.add(w);
  const save = pendingSave(state, { retentionWindows: 100 });
  const windows = structuredClone(save.windows).map((w) => ({ ...w, layout: save.layout }));
  return {
    windows: windows.sort((a, b) => a.endMs - b.endMs),
    brokerWindows: [],
    counters: save.counters,
  };
}

/** Whole numbers, so that sums of float32 are exact whatever their order. */
function valueOf(n: number, row: number, metric: number, known: number): number {
  return (known >> metric & 1) === 1 ? (n * 31 + row * 7 + metric) % 1_000 : NaN;
}

function keyOf(topology: Topology, row: number): string {
  let topic = 0;
  while (topology.partitionStart[topic + 1]! <= row) topic++;
  return `${topology.topicIds[topic]}/${row - topology.partitionStart[topic]!}`;
}

function check(state: LoadState, reference: Reference, topology: Topology, minSamples: number) {
  const ring = state.partitions;
  const entityCount = topology.leader.length;
  assertEquals(ring.entityCount >= entityCount, true);
  for (const window of stableWindows(ring)) {
    const out = new Float32Array(entityCount * PARTITION_METRIC_COUNT);
    writeValues(ring, window, { out, offset: 0, entityCount, absent: NaN });
    for (let row = 0; row < entityCount; row++) {
      const key = keyOf(topology, row);
      const at = `window ${window}, ${key}`;
      const count = reference.samples(key, window).length;
      assertEquals(slotOf(ring, window).sampleCounts[row], count, `samples of ${at}`);
      for (let metric = 0; metric < PARTITION_METRIC_COUNT; metric++) {
        const wanted = Math.fround(reference.value(key, window, { metric, minSamples }));
        assertEquals(out[row * PARTITION_METRIC_COUNT + metric], wanted, `metric ${metric} ${at}`);
      }
      const usable = extrapolationOf(ring, window, row) !== "no_valid_extrapolation";
      const valid = (slotOf(ring, window).bits[row]! & VALID) !== 0;
      assert(valid || !usable, `${at} is usable and must be valid`);
      assert(usable || !valid || count === 0, `${at} may be valid only as a former neighbour`);
    }
  }
}

Deno.test(`LoadState agrees with a reference that keeps every sample (seed ${SEED})`, () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 4 }), (history, minSamples) => {
      const reference = new Reference();
      let state = newState(minSamples);
      let generation = 1;
      const ids = [0, 0, 0];
      const topologyOf = (sizes: readonly number[]) =>
        testTopology(
          generation++,
          sizes.map((partitions, t) => ({ name: `t${t}`, id: `t${t}#${ids[t]}`, partitions })),
        );
      let topology = topologyOf([2, 1, 3]);
      let sizes: readonly number[] = [2, 1, 3];
      acceptTopology(state, topology, 0);
      history.forEach((step, n) => {
        if (step.kind === "sample") {
          const window = Math.max(1, (reference.current || 10) + step.ahead);
          const batch = testBatch(
            topology,
            window * WINDOW_MS - 1,
            (row, m) => valueOf(n, row, m, step.known),
          );
          acceptSamples(state, batch);
          if (window >= reference.current - WINDOWS && batch.partitions.length > 0) {
            reference.current = Math.max(reference.current, window);
            for (const row of batch.partitions) {
              const sample = Array.from(
                { length: PARTITION_METRIC_COUNT },
                (_, m) => valueOf(n, row, m, step.known),
              );
              reference.add(keyOf(topology, row), window, sample);
            }
          }
        } else if (step.kind === "topics") {
          // Kafka never takes partitions from a topic: fewer than before means that it was created anew.
          step.sizes.forEach((size, t) => {
            if (size < sizes[t]! || step.anew === t) ids[t]!++;
          });
          sizes = step.sizes;
          topology = topologyOf(sizes);
          acceptTopology(state, topology, 0);
        } else {
          const next = newState(minSamples);
          restoreState(next, saved(state), 0);
          acceptTopology(next, topology, 0);
          state = next;
        }
        check(state, reference, topology, minSamples);
      });
    }),
    { seed: SEED, numRuns: 150 },
  );
});
