/**
 * The goals that a request has to name, from their definitions alone; see `goals.ts`.
 *
 * @module
 */
import { bucketOf } from "../../lib/bucket_of.ts";
import { wholePattern } from "../../lib/whole_pattern.ts";
import { DISK } from "../../model/metrics.ts";
import { type CheckOptions, type GoalCheck, outsideText } from "./goal_check.ts";
import type { BrokerTally, Placed, PlacedReplica, Tally } from "./tally.ts";

/** Limits lie at this part of the threshold's distance from the average (Cruise Control's balance margin). */
const MARGIN = 0.9;

function checkOf(
  out: ReadonlySet<number>,
  example: string | undefined,
  kind: { hard: boolean; resources?: readonly number[]; bestEffort?: boolean },
): GoalCheck {
  return {
    resources: [],
    ...kind,
    brokersOut: [...out].sort((a, b) => a - b),
    example,
  };
}

function named(placed: Placed): string {
  return `${placed.topic}-${placed.partition}`;
}

/** Partitions whose fullest rack would have two replicas more than its emptiest, wherever those on dead brokers went. */
export function rackSpread(tally: Tally, { excluded }: CheckOptions): GoalCheck {
  const open = new Set(tally.brokers.filter((one) => one.mayReceive).map((one) => one.rack));
  const out = new Set<number>();
  let example: string | undefined;
  for (const partition of tally.placed) {
    if (excluded(partition.topic) || !partition.hasLeader) continue;
    const brokers = partition.replicas.map((replica) => tally.brokers[replica.broker]!)
      .filter((broker) => broker.alive);
    const racks = new Set([...open, ...brokers.map((broker) => broker.rack)]);
    const counts = [...racks].map((rack) => brokers.filter((one) => one.rack === rack).length);
    for (let dead = partition.replicas.length - brokers.length; dead > 0; dead--) {
      counts[counts.indexOf(Math.min(...counts))]! += 1;
    }
    const held = counts.filter((count) => count > 0);
    const most = Math.max(...counts);
    const least = held.length < open.size ? 0 : Math.min(...held);
    if (most - least <= 1) continue;
    for (const broker of brokers) out.add(broker.id);
    example ??= `${named(partition)} has ${least} to ${most} replicas a rack`;
  }
  return checkOf(out, example, { hard: true });
}

/** Partitions led by another broker than the first of the list, or from a demoted broker or log dir, that need not be. */
export function preferredLeaders(tally: Tally, { excluded }: CheckOptions): GoalCheck {
  const out = new Set<number>();
  let example: string | undefined;
  for (const partition of tally.placed) {
    if (excluded(partition.topic) || !partition.hasLeader) continue;
    const isDemoted = ({ broker, logDir }: PlacedReplica) => {
      const { demoted, logDirs } = tally.brokers[broker]!;
      return demoted || logDirs[logDir]?.demoted === true;
    };
    const able = partition.replicas.filter((replica) =>
      tally.brokers[replica.broker]!.mayLead && !isDemoted(replica) && !replica.offline
    ).map((replica) => replica.broker);
    const leader = tally.brokers[partition.leader]!;
    const wrong = partition.replicas.some((one) => one.broker === leader.index && isDemoted(one))
      ? able.length > 0
      : partition.leader !== partition.preferred && able.includes(partition.preferred);
    if (!wrong || !leader.alive) continue;
    out.add(leader.id);
    example ??= `broker ${leader.id} leads ${named(partition)}`;
  }
  return checkOf(out, example, { hard: false });
}

/** Replicas on brokers of another set than their topic's. */
export function brokerSets(tally: Tally, { constraint, excluded }: CheckOptions): GoalCheck {
  const setOf = (broker: BrokerTally) => constraint.brokerSets?.get(broker.id) ?? "unmapped";
  const sets = new Set([...constraint.brokerSets?.values() ?? [], ...tally.brokers.map(setOf)]);
  const names = [...sets].sort();
  const wanted = tally.topicNames.map((topic) => names[bucketOf(topic, names.length)]!);
  const out = new Set<number>();
  let example: string | undefined;
  const free = constraint.minLeaderTopics;
  const isFree = free === "" ? () => false : wholePattern(free);
  for (const partition of tally.placed) {
    const { topic } = partition;
    if (excluded(topic) || !partition.hasLeader || isFree(topic)) continue;
    for (const replica of partition.replicas) {
      const broker = tally.brokers[replica.broker]!;
      const set = wanted[partition.topicIndex]!;
      if (!broker.alive || setOf(broker) === set) continue;
      out.add(broker.id);
      example ??= `${named(partition)} of broker set ${set} is on broker ${broker.id} of ${
        setOf(broker)
      }`;
    }
  }
  return checkOf(out, example, { hard: true });
}

/** Disk utilization of alive brokers against that of the cluster. */
export function assignerDisk(tally: Tally, { constraint }: CheckOptions): GoalCheck {
  const alive = tally.brokers.filter((broker) => broker.alive);
  const used = tally.brokers.reduce((sum, broker) => sum + broker.disk, 0);
  const capacity = alive.reduce((sum, broker) => sum + broker.capacity[DISK]!, 0);
  const mean = capacity > 0 ? used / capacity : 0;
  const distance = (constraint.balanceThreshold[DISK]! - 1) * MARGIN;
  const out = new Set<number>();
  let example: string | undefined;
  const high = (broker: BrokerTally) => broker.capacity[DISK]! * mean * (1 + distance);
  const low = (broker: BrokerTally) =>
    broker.mayReceive ? broker.capacity[DISK]! * mean * Math.max(0, 1 - distance) : 0;
  for (const broker of alive) {
    if (broker.disk <= high(broker) && broker.disk >= low(broker)) continue;
    out.add(broker.id);
    example ??= `broker ${broker.id} has ${outsideText(broker.disk, low(broker), high(broker))} MB`;
  }
  const amounts = { byTopic: false, of: (broker: BrokerTally) => broker.disk, low, high };
  return { ...checkOf(out, example, { hard: true, bestEffort: true, resources: [DISK] }), amounts };
}

/** Alive log dirs that hold more than their part of the capacity, or anything at all where they have none. */
export function logDirCapacity(tally: Tally, { constraint }: CheckOptions): GoalCheck {
  return dirsOutside(tally, { hard: true }, ({ capacity, mb, replicas }) => {
    if (capacity === 0) return replicas > 0;
    return mb > capacity * constraint.capacityThreshold[DISK]!;
  });
}

/** Alive log dirs whose part in use is far from that of all log dirs of their broker. */
export function logDirBalance(tally: Tally, { constraint }: CheckOptions): GoalCheck {
  const distance = (constraint.balanceThreshold[DISK]! - 1) * MARGIN;
  return dirsOutside(tally, { hard: false }, ({ capacity, mb }, broker) => {
    const usable = broker.logDirs.filter((dir) => dir.alive && dir.capacity > 0);
    if (capacity === 0) return false;
    const used = usable.reduce((sum, dir) => sum + dir.mb, 0);
    const mean = used / usable.reduce((sum, dir) => sum + dir.capacity, 0);
    const high = capacity * mean * (1 + distance);
    return mb > high || mb < capacity * mean * Math.max(0, 1 - distance);
  });
}

function dirsOutside(
  tally: Tally,
  kind: { hard: boolean },
  isOut: (dir: BrokerTally["logDirs"][number], broker: BrokerTally) => boolean,
): GoalCheck {
  const out = new Set<number>();
  let example: string | undefined;
  for (const broker of tally.brokers) {
    for (const dir of broker.alive ? broker.logDirs : []) {
      if (!dir.alive || dir.untouched || !isOut(dir, broker)) continue;
      out.add(broker.id);
      example ??=
        `log dir ${dir.path} of broker ${broker.id} holds ${dir.mb} of ${dir.capacity} MB`;
    }
  }
  return checkOf(out, example, { ...kind, resources: [DISK] });
}
