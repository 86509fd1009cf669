/**
 * The goals once more, from their definitions and a {@link Tally} alone. Nothing here is shared with the goals that
 * the planner uses, so that a mistake in one shows against the other.
 *
 * @module
 */
import type { BalancingConstraint } from "../../goals/constraint.ts";
import { wholePattern } from "../../lib/whole_pattern.ts";
import { CPU, DISK, NW_IN, NW_OUT } from "../../model/metrics.ts";
import {
  assignerDisk,
  brokerSets,
  logDirBalance,
  logDirCapacity,
  preferredLeaders,
  rackSpread,
} from "./more_goals.ts";
import { withEvenPlaces } from "./even_places.ts";
import { type Amounts, type CheckOptions, type GoalCheck, outsideText } from "./goal_check.ts";
import type { BrokerTally, Tally } from "./tally.ts";

type Check = (tally: Tally, options: CheckOptions) => GoalCheck;

/** Limits lie at this part of the threshold's distance from the average (Cruise Control's balance margin). */
const MARGIN = 0.9;

const CHECKS: Readonly<Record<string, Check>> = {
  RackAwareGoal: racks,
  MinTopicLeadersPerBrokerGoal: minLeaders,
  ReplicaCapacityGoal: (tally, { constraint }) =>
    outside(tally, {
      hard: true,
      resources: [],
      of: (broker) => broker.replicas,
      low: () => 0,
      high: () => constraint.maxReplicasPerBroker,
    }),
  DiskCapacityGoal: capacity(DISK, (broker) => broker.disk),
  NetworkInboundCapacityGoal: hostCapacity(NW_IN, (broker) => broker.nwIn),
  NetworkOutboundCapacityGoal: hostCapacity(NW_OUT, (broker) => broker.nwOut),
  CpuCapacityGoal: capacity(CPU, (broker) => broker.cpu),
  ReplicaDistributionGoal: evenCount((broker) => broker.replicas, (c) => c.replicaCountThreshold),
  PotentialNwOutGoal: potential,
  DiskUsageDistributionGoal: usage(DISK, (broker) => broker.disk),
  NetworkInboundUsageDistributionGoal: usage(NW_IN, (broker) => broker.nwIn),
  NetworkOutboundUsageDistributionGoal: usage(NW_OUT, (broker) => broker.nwOut),
  CpuUsageDistributionGoal: usage(CPU, (broker) => broker.cpu),
  TopicReplicaDistributionGoal: topics,
  LeaderReplicaDistributionGoal: evenCount(
    (broker) => broker.leaders,
    (c) => c.leaderCountThreshold,
  ),
  LeaderBytesInDistributionGoal: leaderBytesIn,
  RackAwareDistributionGoal: rackSpread,
  BrokerSetAwareGoal: brokerSets,
  PreferredLeaderElectionGoal: preferredLeaders,
  KafkaAssignerEvenRackAwareGoal: (tally, options) =>
    withEvenPlaces(racks(tally, options), tally, options),
  KafkaAssignerDiskUsageDistributionGoal: assignerDisk,
  IntraBrokerDiskCapacityGoal: logDirCapacity,
  IntraBrokerDiskUsageDistributionGoal: logDirBalance,
};

/** Goals that can be checked. */
export const SCRATCH_GOALS: readonly string[] = Object.keys(CHECKS);

/** Checks one goal; undefined when it is not known. */
export function checkGoal(
  name: string,
  tally: Tally,
  options: CheckOptions,
): GoalCheck | undefined {
  return Object.hasOwn(CHECKS, name) ? CHECKS[name]!(tally, options) : undefined;
}

type Measure = (broker: BrokerTally) => number;

function aliveOf(tally: Tally): BrokerTally[] {
  return tally.brokers.filter((broker) => broker.alive);
}

/** Brokers that averages are over. */
function allowedOf(tally: Tally): BrokerTally[] {
  return tally.brokers.filter((broker) => broker.mayReceive);
}

function sumOf(brokers: readonly BrokerTally[], of: Measure): number {
  return brokers.reduce((sum, broker) => sum + of(broker), 0);
}

function outside(
  tally: Tally,
  parts: { hard: boolean; resources: readonly number[]; of: Measure; low: Measure; high: Measure },
): GoalCheck {
  const brokersOut: number[] = [];
  let example: string | undefined;
  for (const broker of aliveOf(tally)) {
    const value = parts.of(broker);
    const low = parts.low(broker);
    // What all was taken from again may be less than nothing by a rounding.
    if (value <= parts.high(broker) && (low <= 0 || value >= low)) continue;
    brokersOut.push(broker.id);
    example ??= `broker ${broker.id} has ${
      outsideText(value, parts.low(broker), parts.high(broker))
    }`;
  }
  const amounts = { byTopic: false, of: parts.of, low: parts.low, high: parts.high };
  return { hard: parts.hard, resources: parts.resources, brokersOut, example, amounts };
}

function capacity(resource: number, of: Measure): Check {
  return (tally, { constraint }) =>
    outside(tally, {
      hard: true,
      resources: [resource],
      of,
      low: () => 0,
      high: (broker) => broker.capacity[resource]! * constraint.capacityThreshold[resource]!,
    });
}

/** Alive brokers of one host share what they may use. */
function hostCapacity(resource: number, of: Measure): Check {
  return (tally, { constraint }) => {
    const alive = aliveOf(tally);
    const byHost = Map.groupBy(alive, ({ host, id }) => host === "" ? id : host);
    const together = (value: Measure): Measure => {
      const sums = new Map([...byHost].map(([host, brokers]) => [host, sumOf(brokers, value)]));
      return (one) => sums.get(one.host === "" ? one.id : one.host) ?? value(one);
    };
    const limit: Measure = (one) =>
      one.capacity[resource]! * constraint.capacityThreshold[resource]!;
    const high = together(limit);
    const low = () => 0;
    const check = outside(tally, {
      hard: true,
      resources: [resource],
      of: together(of),
      low,
      high,
    });
    // On the way each broker is looked at by itself: what others of its host hold is known of this tally alone.
    const sharesHosts = byHost.size < alive.length;
    return { ...check, amounts: { byTopic: false, sharesHosts, of, low, high } };
  };
}

function potential(tally: Tally, { constraint }: CheckOptions): GoalCheck {
  return outside(tally, {
    hard: false,
    resources: [NW_OUT],
    of: (broker) => broker.potentialNwOut,
    low: () => 0,
    high: (broker) => broker.capacity[NW_OUT]! * constraint.capacityThreshold[NW_OUT]!,
  });
}

function usage(resource: number, of: Measure): Check {
  return (tally, { constraint }) => {
    const available = sumOf(allowedOf(tally), (broker) => broker.capacity[resource]!);
    const mean = available > 0 ? sumOf(tally.brokers, of) / available : 0;
    const low = constraint.lowUtilizationThreshold[resource]!;
    const distance = (constraint.balanceThreshold[resource]! - 1) * MARGIN;
    const isLow = mean <= low;
    const high = isLow ? Math.max(mean * (1 + distance), low * MARGIN) : mean * (1 + distance);
    const least = isLow ? 0 : mean * Math.max(0, 1 - distance);
    return outside(tally, {
      hard: false,
      resources: [resource],
      of,
      low: (broker) => broker.mayReceive ? broker.capacity[resource]! * least : 0,
      high: (broker) => broker.capacity[resource]! * high,
    });
  };
}

function evenCount(of: Measure, threshold: (constraint: BalancingConstraint) => number): Check {
  return (tally, { constraint }) => {
    const mean = sumOf(tally.brokers, of) / (allowedOf(tally).length || Infinity);
    const distance = (threshold(constraint) - 1) * MARGIN;
    const high = Math.ceil(mean * (1 + distance));
    const low = Math.floor(mean * Math.max(0, 1 - distance));
    return outside(tally, {
      hard: false,
      resources: [],
      of,
      low: (broker) => broker.mayReceive ? low : 0,
      high: () => high,
    });
  };
}

function leaderBytesIn(tally: Tally, { constraint, before = tally }: CheckOptions): GoalCheck {
  const of = (broker: BrokerTally) => broker.leaderNwIn;
  // Where followers receive more or less than their leader, the total changes with the leaders; limits do not.
  const mean = sumOf(before.brokers, of) / (allowedOf(before).length || Infinity);
  const low = constraint.lowUtilizationThreshold[NW_IN]!;
  return outside(tally, {
    hard: false,
    resources: [NW_IN],
    of,
    low: () => 0,
    high: (broker) =>
      Math.max(mean * constraint.balanceThreshold[NW_IN]!, low * broker.capacity[NW_IN]!),
  });
}

function racks(tally: Tally, { excluded }: CheckOptions): GoalCheck {
  const out = new Set<number>();
  let example: string | undefined;
  for (const partition of tally.placed) {
    if (excluded(partition.topic) || !partition.hasLeader) continue;
    const brokers = partition.replicas.map((replica) => tally.brokers[replica.broker]!);
    for (const broker of brokers) {
      if (!broker.alive) continue;
      const other = brokers.find((candidate) =>
        candidate !== broker && candidate.rack === broker.rack
      );
      if (other === undefined) continue;
      out.add(broker.id);
      example ??=
        `${partition.topic}-${partition.partition} is on brokers ${broker.id} and ${other.id}, both on rack ${broker.rack}`;
    }
  }
  return { hard: true, resources: [], brokersOut: sorted(out), example };
}

function sorted(ids: ReadonlySet<number>): number[] {
  return [...ids].sort((a, b) => a - b);
}

function topics(tally: Tally, { constraint, excluded }: CheckOptions): GoalCheck {
  const alive = aliveOf(tally);
  const out = new Set<number>();
  let example: string | undefined;
  const distance = (constraint.topicReplicaCountThreshold - 1) * MARGIN;
  const lows = new Int32Array(tally.topicNames.length);
  const highs = new Float64Array(tally.topicNames.length).fill(Infinity);
  for (const [t, topic] of tally.topicNames.entries()) {
    if (excluded(topic)) continue;
    const total = tally.brokers.reduce((sum, broker) => sum + broker.topicReplicas[t]!, 0);
    const mean = total / (allowedOf(tally).length || Infinity);
    const { high, low } = topicRange(mean, distance, constraint);
    lows[t] = low;
    highs[t] = high;
    for (const broker of alive) {
      const count = broker.topicReplicas[t]!;
      if (count <= high && (count >= low || !broker.mayReceive)) continue;
      out.add(broker.id);
      example ??=
        `broker ${broker.id} has ${count} replicas of ${topic}, allowed ${low} to ${high}`;
    }
  }
  const amounts: Amounts = {
    byTopic: true,
    of: (broker, topic) => broker.topicReplicas[topic]!,
    low: (broker, topic) => broker.mayReceive ? lows[topic]! : 0,
    high: (_, topic) => highs[topic]!,
  };
  return { hard: false, resources: [], brokersOut: sorted(out), example, amounts };
}

function topicRange(
  mean: number,
  distance: number,
  constraint: BalancingConstraint,
): { high: number; low: number } {
  const { topicReplicaMinGap: minGap, topicReplicaMaxGap: maxGap } = constraint;
  const ceiling = Math.ceil(mean);
  const floor = Math.floor(mean);
  const high = Math.ceil(mean * (1 + distance));
  const low = Math.floor(mean * Math.max(0, 1 - distance));
  return {
    high: Math.min(Math.max(high, ceiling + minGap), ceiling + maxGap),
    low: Math.min(Math.max(low, Math.max(0, floor - maxGap)), Math.max(0, floor - minGap)),
  };
}

function minLeaders(tally: Tally, { constraint }: CheckOptions): GoalCheck {
  const pattern = constraint.minLeaderTopics;
  const isWanted = pattern === "" ? () => false : wholePattern(pattern);
  const isEligible = (broker: BrokerTally) => broker.mayReceive && broker.mayLead;
  const eligible = tally.brokers.filter(isEligible);
  const leaders = new Map<number, number>();
  for (const { topic, topicIndex } of tally.placed) {
    if (isWanted(topic)) leaders.set(topicIndex, (leaders.get(topicIndex) ?? 0) + 1);
  }
  const out = new Set<number>();
  let example: string | undefined;
  const leastOf = (topic: number) =>
    constraint.minTopicLeadersPerBroker > 0
      ? constraint.minTopicLeadersPerBroker
      : Math.floor(leaders.get(topic)! / Math.max(1, eligible.length));
  for (const topic of leaders.keys()) {
    const least = leastOf(topic);
    for (const broker of eligible) {
      const count = broker.topicLeaders[topic]!;
      if (count >= least) continue;
      out.add(broker.id);
      example ??= `broker ${broker.id} leads ${count} partitions of ${
        tally.topicNames[topic]
      }, wanted ${least}`;
    }
  }
  const amounts: Amounts = {
    byTopic: true,
    of: (broker, topic) => broker.topicLeaders[topic]!,
    low: (broker, topic) => isEligible(broker) && leaders.has(topic) ? leastOf(topic) : 0,
    high: () => Infinity,
  };
  return { hard: true, resources: [], brokersOut: sorted(out), example, amounts };
}
