/**
 * Real Kafka clusters for integration tests. See `cluster.ts` for starting and breaking them, `independent.ts` for
 * looking at them past Evenkeel, `requirement.ts` for registering tests.
 *
 * @module
 */
export { plainAdmin, plainKafka } from "./clients.ts";
export {
  type ClusterOptions,
  type KafkaBroker,
  type KafkaCluster,
  startCluster,
} from "./cluster.ts";
export {
  commitOffsets,
  seeActiveController,
  seeAftermath,
  seeDynamicConfigs,
  seeGroupOffsets,
  seeLogDirs,
  type SeenPartition,
  seePartitions,
  seeReassignments,
} from "./independent.ts";
export { ensureTools, MAIN_VERSION, missingTools, OLDEST_VERSION, run } from "./jars.ts";
export { kafkaTest, sharedCluster } from "./requirement.ts";
export { type KafkaUser, QUICK_RETENTION, type SecuredListener } from "./settings.ts";
export { createTopics, produceRecords, type TopicPlan } from "./topics.ts";
