/**
 * Thresholds and weights that goals are measured by: the analyzer's configuration as plain numbers.
 *
 * @module
 */
import { fail, ok, type Result } from "../lib/failure.ts";
import { wholePattern } from "../lib/whole_pattern.ts";
import { CPU, DISK, NW_IN, NW_OUT } from "../model/metrics.ts";

/** One number a resource, by resource id (cpu, nwIn, nwOut, disk). */
export type PerResource = readonly [cpu: number, nwIn: number, nwOut: number, disk: number];

/** Everything that goals read of the configuration. Plain data; may cross threads. */
export interface BalancingConstraint {
  /** Factor around the average within which a broker counts as balanced, >= 1. */
  readonly balanceThreshold: PerResource;
  /** Fraction of the capacity that may be used, 0..1. */
  readonly capacityThreshold: PerResource;
  /** Fraction of the capacity below which balancing is pointless, 0..1. */
  readonly lowUtilizationThreshold: PerResource;
  readonly replicaCountThreshold: number;
  readonly leaderCountThreshold: number;
  readonly topicReplicaCountThreshold: number;
  /** Least and greatest distance of a topic's limits from its average, replicas. */
  readonly topicReplicaMinGap: number;
  readonly topicReplicaMaxGap: number;
  readonly maxReplicasPerBroker: number;
  readonly overprovisionedMaxReplicasPerBroker: number;
  readonly overprovisionedMinBrokers: number;
  readonly overprovisionedMinExtraRacks: number;
  /** Multiplies balance thresholds in plans that a goal violation started, >= 1. */
  readonly violationMultiplier: number;
  /** Regular expression, full match; "" = none. */
  readonly minLeaderTopics: string;
  /** Name of the broker set by broker id; absent = no sets are configured. */
  readonly brokerSets?: ReadonlyMap<number, string>;
  /** 0 = an even share. */
  readonly minTopicLeadersPerBroker: number;
  /** Regular expression, full match; "" = none. */
  readonly excludedTopics: string;
  readonly priorityWeight: number;
  readonly strictnessWeight: number;
  /** Budget of one plan, in steps. */
  readonly plannerStepsMax: number;
}

/** The settings that {@link constraintOf} reads; the program's `Config` has them all. */
export interface ConstraintSource {
  readonly "cpu.balance.threshold": number;
  readonly "disk.balance.threshold": number;
  readonly "network.inbound.balance.threshold": number;
  readonly "network.outbound.balance.threshold": number;
  readonly "replica.count.balance.threshold": number;
  readonly "leader.replica.count.balance.threshold": number;
  readonly "topic.replica.count.balance.threshold": number;
  readonly "topic.replica.count.balance.min.gap": number;
  readonly "topic.replica.count.balance.max.gap": number;
  readonly "cpu.capacity.threshold": number;
  readonly "disk.capacity.threshold": number;
  readonly "network.inbound.capacity.threshold": number;
  readonly "network.outbound.capacity.threshold": number;
  readonly "cpu.low.utilization.threshold": number;
  readonly "disk.low.utilization.threshold": number;
  readonly "network.inbound.low.utilization.threshold": number;
  readonly "network.outbound.low.utilization.threshold": number;
  readonly "max.replicas.per.broker": number;
  readonly "overprovisioned.max.replicas.per.broker": number;
  readonly "overprovisioned.min.brokers": number;
  readonly "overprovisioned.min.extra.racks": number;
  readonly "goal.violation.distribution.threshold.multiplier": number;
  readonly "topics.with.min.leaders.per.broker": string;
  readonly "min.topic.leaders.per.broker": number;
  readonly "topics.excluded.from.partition.movement": string;
  readonly "goal.balancedness.priority.weight": number;
  readonly "goal.balancedness.strictness.weight": number;
  readonly "evenkeel.planner.steps.max": number;
}

/**
 * Brings the settings into the shape that goals read.
 *
 * @returns `invalid_argument` when two settings contradict each other or a pattern is no regular expression.
 */
export function constraintOf(settings: ConstraintSource): Result<BalancingConstraint> {
  const problems = contradictions(settings);
  if (problems.length > 0) {
    return fail("invalid_argument", problems[0]!, { details: problems.slice(1) });
  }
  const perResource = (of: (name: ResourceKey) => number): PerResource => {
    const values = [0, 0, 0, 0] as [number, number, number, number];
    values[CPU] = of("cpu");
    values[NW_IN] = of("network.inbound");
    values[NW_OUT] = of("network.outbound");
    values[DISK] = of("disk");
    return values;
  };
  return ok({
    balanceThreshold: perResource((name) => settings[`${name}.balance.threshold`]),
    capacityThreshold: perResource((name) => settings[`${name}.capacity.threshold`]),
    lowUtilizationThreshold: perResource((name) => settings[`${name}.low.utilization.threshold`]),
    replicaCountThreshold: settings["replica.count.balance.threshold"],
    leaderCountThreshold: settings["leader.replica.count.balance.threshold"],
    topicReplicaCountThreshold: settings["topic.replica.count.balance.threshold"],
    topicReplicaMinGap: settings["topic.replica.count.balance.min.gap"],
    topicReplicaMaxGap: settings["topic.replica.count.balance.max.gap"],
    maxReplicasPerBroker: settings["max.replicas.per.broker"],
    overprovisionedMaxReplicasPerBroker: settings["overprovisioned.max.replicas.per.broker"],
    overprovisionedMinBrokers: settings["overprovisioned.min.brokers"],
    overprovisionedMinExtraRacks: settings["overprovisioned.min.extra.racks"],
    violationMultiplier: settings["goal.violation.distribution.threshold.multiplier"],
    minLeaderTopics: settings["topics.with.min.leaders.per.broker"],
    minTopicLeadersPerBroker: settings["min.topic.leaders.per.broker"],
    excludedTopics: settings["topics.excluded.from.partition.movement"],
    priorityWeight: settings["goal.balancedness.priority.weight"],
    strictnessWeight: settings["goal.balancedness.strictness.weight"],
    plannerStepsMax: settings["evenkeel.planner.steps.max"],
  });
}

type ResourceKey = "cpu" | "network.inbound" | "network.outbound" | "disk";

function contradictions(settings: ConstraintSource): string[] {
  const problems: string[] = [];
  const minGap = settings["topic.replica.count.balance.min.gap"];
  const maxGap = settings["topic.replica.count.balance.max.gap"];
  if (maxGap < minGap) {
    problems.push(
      `Cannot use topic.replica.count.balance.max.gap = ${maxGap}: must be >= topic.replica.count.balance.min.gap, ${minGap}`,
    );
  }
  const max = settings["max.replicas.per.broker"];
  const over = settings["overprovisioned.max.replicas.per.broker"];
  if (over > max) {
    problems.push(
      `Cannot use overprovisioned.max.replicas.per.broker = ${over}: must be <= max.replicas.per.broker, ${max}`,
    );
  }
  for (
    const name of [
      "topics.with.min.leaders.per.broker",
      "topics.excluded.from.partition.movement",
    ] as const
  ) {
    const compiled = topicPattern(settings[name], name);
    if (!compiled.ok) problems.push(compiled.failure.message);
  }
  return problems;
}

/**
 * Compiles a pattern that has to match a topic's whole name, as `wholePattern()` reads it. "" matches nothing.
 *
 * @param source what the pattern is called in a message
 */
export function topicPattern(
  pattern: string,
  source: string,
): Result<(topicName: string) => boolean> {
  if (pattern === "") return ok(() => false);
  try {
    return ok(wholePattern(pattern));
  } catch (error) {
    return fail(
      "invalid_argument",
      `Cannot use ${source} = ${JSON.stringify(pattern)}: must be a regular expression, ${
        error instanceof Error ? error.message : String(error)
      }`,
    );
  }
}
