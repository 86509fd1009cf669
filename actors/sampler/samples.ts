/** From a look at the cluster to the fact that carries its samples. */
import { fillLeaderCpu } from "../../load/partition_cpu.ts";
import { estimateRates } from "../../load/rate_estimator.ts";
import type { EstimatorState } from "../../load/estimator_state.ts";
import type { BrokerMetricsCollected, SamplesCollected } from "../../messages/sampler.ts";
import type { Look } from "./look.ts";
import type { SamplerSettings } from "./settings.ts";

/**
 * Takes the look into the estimator and returns what to send, undefined when there is nothing. While replicas move
 * (`moving`) the estimator goes on, so that samples flow at once afterwards, but only broker metrics are sent.
 */
export function samplesOf(
  estimator: EstimatorState,
  look: Look,
  options: {
    readonly settings: SamplerSettings;
    readonly atMs: number;
    readonly moving: boolean;
  },
): SamplesCollected | undefined {
  const samples = estimateRates(estimator, look, options.settings.limits);
  const brokers = look.brokerMetrics;
  if (brokers !== undefined) {
    fillLeaderCpu(samples, look.topology, { brokers, weights: options.settings.weights });
  }
  if (options.moving && brokers === undefined) return undefined;
  if (samples.replicaMb.length === 0 && samples.partitions.length === 0 && brokers === undefined) {
    return undefined;
  }
  return {
    kind: "samples_collected",
    atMs: options.atMs,
    generation: look.topology.generation,
    partitions: options.moving ? new Int32Array(0) : samples.partitions,
    leaders: options.moving ? new Int32Array(0) : samples.leaders,
    metrics: options.moving ? new Float32Array(0) : samples.metrics,
    replicaMb: options.moving ? new Float32Array(0) : samples.replicaMb,
    brokerIds: brokers?.brokerIds.slice() ?? new Int32Array(0),
    brokerMetrics: brokers?.values.slice() ?? new Float64Array(0),
  };
}

/** The fact that carries the broker metrics of a look, undefined when it has none. */
export function brokerMetricsOf({ brokerMetrics }: Look): BrokerMetricsCollected | undefined {
  if (brokerMetrics === undefined) return undefined;
  return {
    kind: "broker_metrics_collected",
    atMs: Math.round(brokerMetrics.atMs),
    brokerIds: brokerMetrics.brokerIds.slice(),
    brokerMetrics: brokerMetrics.values.slice(),
  };
}

/** The buffers to transfer with it. */
export function buffersOf(samples: SamplesCollected): ArrayBufferLike[] {
  return [
    samples.partitions.buffer,
    samples.leaders.buffer,
    samples.metrics.buffer,
    samples.replicaMb.buffer,
    samples.brokerIds.buffer,
    samples.brokerMetrics.buffer,
  ];
}
