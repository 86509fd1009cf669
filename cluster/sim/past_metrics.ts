/**
 * Broker metrics of the days before the start: what somebody has who watched the cluster all along.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import type { BrokerMetricsReading } from "../../model/readings.ts";
import { createSimCluster } from "./cluster.ts";
import type { SimFault } from "./faults.ts";
import { readBrokerMetrics } from "./readings.ts";
import type { SimSpec } from "./spec.ts";

const MINUTE_MS = 60_000;

/** A reading a minute from `startMs` until before `endMs`. O(minutes x partitions): a week of 600 partitions takes 1.5 s. */
export function* pastMetrics(
  spec: SimSpec,
  options: {
    readonly seed: number;
    readonly startMs: number;
    readonly endMs: number;
    /** What happened meanwhile; times in epoch ms. */
    readonly faults?: readonly { readonly atMs: number; readonly fault: SimFault }[];
  },
): Generator<BrokerMetricsReading, void, void> {
  const { seed, startMs, endMs, faults = [] } = options;
  const settings = {
    ...spec.settings,
    // Minutes are enough for broker metrics.
    stepMs: MINUTE_MS,
    loadIntervalMs: MINUTE_MS,
    commitIntervalMs: MINUTE_MS,
  };
  const cluster = createSimCluster({ spec: { ...spec, settings }, seed, startMs });
  for (const { atMs, fault } of faults) cluster.inject(fault, atMs);
  for (let atMs = startMs + MINUTE_MS; atMs < endMs; atMs += MINUTE_MS) {
    cluster.advanceTo(atMs);
    const reading = readBrokerMetrics(cluster.state);
    assert(reading !== undefined, "The simulated cluster offers no broker metrics");
    yield reading;
  }
}
