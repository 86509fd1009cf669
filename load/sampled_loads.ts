/**
 * Loads straight from samples, for who has no aggregator: each pair of polls counts as a window.
 *
 * @module
 */
import { PARTITION_METRIC_COUNT } from "../model/metrics.ts";
import { partitionCount, replicaCount, type Topology } from "../model/topology.ts";
import type { PartitionLoads } from "./partition_resources.ts";
import type { PartitionSamples } from "./rate_estimator.ts";
import { invertRows, mapPartitionRows, NO_ROW } from "./remap.ts";

/** The samples of one pair of polls. */
export interface SampledPair {
  readonly atMs: number;
  readonly topology: Topology;
  readonly samples: PartitionSamples;
}

/**
 * Loads in the rows of `topology`, which is that of the last pair. `pairs` are oldest first. A partition is valid when
 * any pair has a sample of it. O(pairs x P).
 */
export function loadsOfPairs(topology: Topology, pairs: readonly SampledPair[]): PartitionLoads {
  const partitions = partitionCount(topology);
  const metrics = new Float32Array(pairs.length * partitions * PARTITION_METRIC_COUNT).fill(NaN);
  const valid = new Uint8Array(partitions);
  const newestFirst = [...pairs].reverse();
  newestFirst.forEach((pair, window) => {
    const rows = invertRows(
      mapPartitionRows(pair.topology, topology),
      partitionCount(pair.topology),
    );
    const { samples } = pair;
    for (let i = 0; i < samples.partitions.length; i++) {
      const row = rows[samples.partitions[i]!]!;
      if (row === NO_ROW) continue;
      valid[row] = 1;
      const from = i * PARTITION_METRIC_COUNT;
      const to = (window * partitions + row) * PARTITION_METRIC_COUNT;
      metrics.set(samples.metrics.subarray(from, from + PARTITION_METRIC_COUNT), to);
    }
  });
  const sizes = newestFirst[0]?.samples.replicaMb ?? new Float32Array(0);
  return {
    generation: topology.generation,
    windowEndsMs: Float64Array.from(newestFirst, (pair) => pair.atMs),
    valid,
    metrics,
    replicaMb: sizes.length === replicaCount(topology) ? sizes : new Float32Array(0),
  };
}
