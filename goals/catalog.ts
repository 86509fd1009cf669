/**
 * Every goal that the program has. A new goal is its file, its test, and one line here.
 *
 * @module
 */
import { brokerSetAwareGoal } from "./broker_set_aware.ts";
import { cpuCapacityGoal } from "./cpu_capacity.ts";
import { cpuUsageDistributionGoal } from "./cpu_usage_distribution.ts";
import { diskCapacityGoal } from "./disk_capacity.ts";
import { diskUsageDistributionGoal } from "./disk_usage_distribution.ts";
import type { Goal } from "./goal.ts";
import {
  intraBrokerDiskCapacityGoal,
  intraBrokerDiskUsageDistributionGoal,
} from "./intra_broker_disk.ts";
import {
  kafkaAssignerDiskUsageDistributionGoal,
  kafkaAssignerEvenRackAwareGoal,
} from "./kafka_assigner.ts";
import { leaderBytesInDistributionGoal } from "./leader_bytes_in_distribution.ts";
import { leaderReplicaDistributionGoal } from "./leader_replica_distribution.ts";
import { minTopicLeadersPerBrokerGoal } from "./min_topic_leaders_per_broker.ts";
import { networkInboundCapacityGoal } from "./network_inbound_capacity.ts";
import { networkInboundUsageDistributionGoal } from "./network_inbound_usage_distribution.ts";
import { networkOutboundCapacityGoal } from "./network_outbound_capacity.ts";
import { networkOutboundUsageDistributionGoal } from "./network_outbound_usage_distribution.ts";
import { potentialNwOutGoal } from "./potential_nw_out.ts";
import { preferredLeaderElectionGoal } from "./preferred_leader_election.ts";
import { rackAwareDistributionGoal } from "./rack_aware_distribution.ts";
import { rackAwareGoal } from "./rack_aware.ts";
import { replicaCapacityGoal } from "./replica_capacity.ts";
import { replicaDistributionGoal } from "./replica_distribution.ts";
import { topicReplicaDistributionGoal } from "./topic_replica_distribution.ts";

/** The goals of `default.goals`, in Cruise Control's order of priority. */
export const GOALS: readonly Goal[] = [
  rackAwareGoal,
  minTopicLeadersPerBrokerGoal,
  replicaCapacityGoal,
  diskCapacityGoal,
  networkInboundCapacityGoal,
  networkOutboundCapacityGoal,
  cpuCapacityGoal,
  replicaDistributionGoal,
  potentialNwOutGoal,
  diskUsageDistributionGoal,
  networkInboundUsageDistributionGoal,
  networkOutboundUsageDistributionGoal,
  cpuUsageDistributionGoal,
  topicReplicaDistributionGoal,
  leaderReplicaDistributionGoal,
  leaderBytesInDistributionGoal,
];

/** Names of the default goals, in the same order. */
export const GOAL_NAMES: readonly string[] = GOALS.map((goal) => goal.name);

/** Goals that a request has to ask for. */
const OTHER_GOALS: readonly Goal[] = [
  brokerSetAwareGoal,
  rackAwareDistributionGoal,
  preferredLeaderElectionGoal,
  kafkaAssignerEvenRackAwareGoal,
  kafkaAssignerDiskUsageDistributionGoal,
];

/** Names of every goal that moves replicas or leadership between brokers. */
export const SUPPORTED_GOAL_NAMES: readonly string[] = [...GOALS, ...OTHER_GOALS].map((goal) =>
  goal.name
);

const INTRA_GOALS: readonly Goal[] = [
  intraBrokerDiskCapacityGoal,
  intraBrokerDiskUsageDistributionGoal,
];

/** Names of every goal of the program: those between brokers and those between a broker's log dirs. */
export const ALL_GOAL_NAMES: readonly string[] = [
  ...SUPPORTED_GOAL_NAMES,
  ...INTRA_GOALS.map((goal) => goal.name),
];

/** Whether plans for these goals alone move nothing between brokers: leadership at most, or from log dir to log dir. */
export function stayWithinBrokers(goals: readonly string[]): boolean {
  const within = [preferredLeaderElectionGoal, ...INTRA_GOALS].map((goal) => goal.name);
  return goals.every((name) => within.includes(name));
}

/** The goal of that name, undefined when there is none. */
export function goalNamed(name: string): Goal | undefined {
  return [...GOALS, ...OTHER_GOALS, ...INTRA_GOALS].find((goal) => goal.name === name);
}
