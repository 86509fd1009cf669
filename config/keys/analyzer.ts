/** Keys of goals and planning. Names, units and defaults are Cruise Control's where it has the key. */
import { key, type KeyType, optionalKey } from "../key.ts";

const CONSTRAINT = "goals/constraint.ts";
const LISTS = "goals/goal_lists.ts";

const HARD_GOALS = "RackAwareGoal,MinTopicLeadersPerBrokerGoal,ReplicaCapacityGoal," +
  "DiskCapacityGoal,NetworkInboundCapacityGoal,NetworkOutboundCapacityGoal,CpuCapacityGoal";

const DEFAULT_GOALS = `${HARD_GOALS},ReplicaDistributionGoal,PotentialNwOutGoal,` +
  "DiskUsageDistributionGoal,NetworkInboundUsageDistributionGoal," +
  "NetworkOutboundUsageDistributionGoal,CpuUsageDistributionGoal,TopicReplicaDistributionGoal," +
  "LeaderReplicaDistributionGoal,LeaderBytesInDistributionGoal";

const SUPPORTED_GOALS = `BrokerSetAwareGoal,${
  DEFAULT_GOALS.replace(",MinTopic", ",RackAwareDistributionGoal,MinTopic")
},KafkaAssignerDiskUsageDistributionGoal,KafkaAssignerEvenRackAwareGoal,PreferredLeaderElectionGoal`;

function threshold(defaultText: string, doc: string) {
  return key("double", defaultText, { unit: "ratio", min: 1, doc, reader: CONSTRAINT });
}

function fraction(defaultText: string, doc: string) {
  return key("double", defaultText, { unit: "fraction", min: 0, max: 1, doc, reader: CONSTRAINT });
}

function number<T extends KeyType & ("int" | "double")>(
  type: T,
  defaultText: string,
  rest: { unit: string; min: number; max?: number; doc: string },
) {
  return key(type, defaultText, { ...rest, reader: CONSTRAINT });
}

function goalList(defaultText: string, doc: string) {
  return key("list", defaultText, { unit: "", doc, reader: LISTS });
}

function pattern(doc: string) {
  return key("string", "", { unit: "", doc, reader: CONSTRAINT });
}

/** Goal lists, thresholds and weights. */
export const ANALYZER_KEYS = {
  "goals": goalList(
    SUPPORTED_GOALS,
    "Goals that a request may name, in priority order; class names are accepted, the last part counts.",
  ),
  "intra.broker.goals": goalList(
    "IntraBrokerDiskCapacityGoal,IntraBrokerDiskUsageDistributionGoal",
    "Goals about the log dirs of single brokers that a request may name.",
  ),
  "default.goals": goalList(
    DEFAULT_GOALS,
    "Goals of a plan whose request names none, most important first.",
  ),
  "broker.set.config.file": optionalKey("string", {
    unit: "",
    doc:
      "Cruise Control's file of broker sets, read at the start; without it nobody can plan for BrokerSetAwareGoal.",
    reader: "goals/broker_sets.ts",
  }),
  "hard.goals": goalList(
    HARD_GOALS,
    "Goals that every request has to contain unless it skips the check.",
  ),
  "self.healing.goals": goalList(
    "",
    "Goals of plans that self-healing starts; empty means default.goals.",
  ),
  "anomaly.detection.goals": goalList(
    "RackAwareGoal,MinTopicLeadersPerBrokerGoal,ReplicaCapacityGoal,DiskCapacityGoal",
    "Goals whose violation is an anomaly.",
  ),
  "cpu.balance.threshold": threshold("1.10", "How far a broker's CPU may be from the average."),
  "disk.balance.threshold": threshold("1.10", "How far a broker's disk may be from the average."),
  "network.inbound.balance.threshold": threshold(
    "1.10",
    "How far a broker's incoming bytes may be from the average.",
  ),
  "network.outbound.balance.threshold": threshold(
    "1.10",
    "How far a broker's outgoing bytes may be from the average.",
  ),
  "replica.count.balance.threshold": threshold(
    "1.10",
    "How far a broker's replica count may be from the average.",
  ),
  "leader.replica.count.balance.threshold": threshold(
    "1.10",
    "How far a broker's leader count may be from the average.",
  ),
  "topic.replica.count.balance.threshold": threshold(
    "3.00",
    "How far a broker's replica count of one topic may be from the average.",
  ),
  "topic.replica.count.balance.min.gap": number("int", "2", {
    unit: "count",
    min: 0,
    doc: "Least distance of a topic's limits from the average.",
  }),
  "topic.replica.count.balance.max.gap": number("int", "40", {
    unit: "count",
    min: 1,
    doc: "Greatest distance of a topic's limits from the average.",
  }),
  "cpu.capacity.threshold": fraction("0.7", "Part of a broker's CPU that goals may fill."),
  "disk.capacity.threshold": fraction("0.8", "Part of a broker's disk that goals may fill."),
  "network.inbound.capacity.threshold": fraction(
    "0.8",
    "Part of a broker's incoming bandwidth that goals may fill.",
  ),
  "network.outbound.capacity.threshold": fraction(
    "0.8",
    "Part of a broker's outgoing bandwidth that goals may fill.",
  ),
  "cpu.low.utilization.threshold": fraction("0.0", "CPU below which balancing is pointless."),
  "disk.low.utilization.threshold": fraction("0.0", "Disk below which balancing is pointless."),
  "network.inbound.low.utilization.threshold": fraction(
    "0.0",
    "Incoming bandwidth below which balancing is pointless.",
  ),
  "network.outbound.low.utilization.threshold": fraction(
    "0.0",
    "Outgoing bandwidth below which balancing is pointless.",
  ),
  "max.replicas.per.broker": number("int", "10000", {
    unit: "count",
    min: 0,
    doc: "Replicas that a broker may hold.",
  }),
  "overprovisioned.max.replicas.per.broker": number("int", "1500", {
    unit: "count",
    min: 1,
    doc: "Replicas a broker below which brokers are called superfluous.",
  }),
  "overprovisioned.min.brokers": number("int", "3", {
    unit: "count",
    min: 1,
    doc: "Alive brokers below which a cluster is never called over-provisioned.",
  }),
  "overprovisioned.min.extra.racks": number("int", "2", {
    unit: "count",
    min: 0,
    doc: "Racks beyond the replication factor from which racks are called superfluous.",
  }),
  "goal.violation.distribution.threshold.multiplier": threshold(
    "1.0",
    "Factor on balance thresholds in plans that a goal violation starts.",
  ),
  "topics.with.min.leaders.per.broker": pattern(
    "Regular expression of the topics that MinTopicLeadersPerBrokerGoal looks at; empty means none.",
  ),
  "min.topic.leaders.per.broker": number("int", "1", {
    unit: "count",
    min: 0,
    doc: "Leaders of such a topic that every broker must have; 0 means an even share.",
  }),
  "topics.excluded.from.partition.movement": pattern(
    "Regular expression of the topics that stay where they are; empty means none.",
  ),
  "goal.balancedness.priority.weight": number("double", "1.1", {
    unit: "ratio",
    min: 1,
    max: 2,
    doc: "Weight of a goal in the balancedness score relative to the next one in the list.",
  }),
  "goal.balancedness.strictness.weight": number("double", "1.5", {
    unit: "ratio",
    min: 1,
    max: 2,
    doc: "Weight of a hard goal in the balancedness score relative to a soft one.",
  }),
  "evenkeel.planner.steps.max": number("int", "20000000", {
    unit: "count",
    min: 1000,
    doc:
      "Steps (actions looked at) that one plan may take; counted, not timed, so that plans repeat.",
  }),
  "min.valid.partition.ratio": key("double", "0.95", {
    unit: "fraction",
    min: 0,
    max: 1,
    doc: "Share of partitions whose load must be known before goals on load are planned for.",
    reader: "actors/analyzer/plan_maker.ts",
  }),
  "proposal.expiration.ms": key("int", "900000", {
    unit: "ms",
    min: 0,
    doc: "Age at which a cached plan is made anew although nothing changed.",
    reader: "actors/analyzer/actor.ts",
  }),
  "num.proposal.precompute.threads": key("int", "1", {
    unit: "count",
    min: 0,
    doc:
      "Whether the default plan is made ahead of being asked for: 0 = no; a greater number does no more than 1.",
    reader: "actors/analyzer/actor.ts",
  }),
} as const;
