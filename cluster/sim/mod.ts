/**
 * A simulated Kafka cluster: try everything, replay anything.
 *
 * ```ts
 * const cluster = createSimCluster({ spec: simSpec({ seed: 1 }), seed: 1, startMs: clock.nowMs() });
 * const gateway = simGateway(cluster, { clock });
 * cluster.inject({ kind: "broker_crash", brokerId: 3, returnAfterMs: 60_000 }, clock.nowMs() + 5000);
 * ```
 *
 * @module
 */
export { createSimCluster, type SimCluster } from "./cluster.ts";
export { simSpec, type SimSpecOptions } from "./default_spec.ts";
export { drawFaults, type SimFault } from "./faults.ts";
export { simGateway, type SimGatewayOptions } from "./gateway.ts";
export { simProblems } from "./invariants.ts";
export { pastMetrics } from "./past_metrics.ts";
export { simClusterOf, simPaceOf, specOf } from "./settings.ts";
export {
  brokerSpec,
  exactSpec,
  type SimBrokerSpec,
  type SimGroupSpec,
  type SimSettings,
  type SimSpec,
  type SimTopicSpec,
  type SimWorkload,
  topicSpec,
} from "./spec.ts";
export {
  type BrokerTruth,
  brokerTruth,
  digest,
  type PartitionTruth,
  partitionTruth,
  replicaTruth,
} from "./truth.ts";
