/**
 * Replicas that are larger than any broker may hold. No plan meets the goal then, and trying would shed everything
 * else from their brokers for nothing: those brokers are left as they are, the goal is planned for all others.
 *
 * @module
 */
import { countOf } from "../../lib/count_of.ts";
import { followsLeadership, resourceOfAxis, shortNumber } from "../../goals/axis_goal.ts";
import type { AxisLimits, GoalContext, Infeasible, PreparedGoal } from "../../goals/goal.ts";
import {
  ALIVE,
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  partitionName,
  ROW_LEADER_CPU,
} from "../../model/cluster_model.ts";
import { CPU, DISK, RESOURCES } from "../../model/metrics.ts";

/** Partitions named one by one. */
const NAMED_MAX = 10;

/** What a broker may keep is allowed with this relative slack, above the search's own margin for rounding. */
const SLACK = 1e-8;

/** What is to take a replica is a little larger than it: a search keeps a margin for rounding. */
const ROOM = 1e-8;

/** Why such replicas make a goal impossible, and the limits to aim at for the other brokers. */
export interface Oversize {
  readonly infeasible: Infeasible;
  readonly aim: AxisLimits;
  /** The same where replicas are by now: those that are too large may have gone elsewhere. O(replicas of such partitions + B). */
  readonly aimNow: () => AxisLimits;
}

/**
 * Whether some replica fits on no broker under the goal's limits; undefined when all do.
 */
export function oversize(
  context: GoalContext,
  goal: PreparedGoal,
): Oversize | undefined {
  const limits = goal.axisLimits;
  if (limits === undefined || resourceOfAxis(limits.axis) < 0) return undefined;
  let room = 0;
  for (const b of context.alive) room = Math.max(room, limits.upper[b]!);
  // Spares the pass over all replicas in the usual case.
  if (context.model.census.largest[limits.axis]! <= room) return undefined;
  const found = replicasAbove(context, limits.axis, room);
  if (found.partitions.length === 0) return undefined;
  const aimWhere = (isHome: boolean) =>
    aimOf(context, limits, holdersOf(context, found, { axis: limits.axis, room, isHome }));
  return {
    infeasible: infeasibleOf(context, goal, { ...found, room }),
    aim: aimWhere(true),
    aimNow: () => aimWhere(false),
  };
}

interface Found {
  readonly partitions: readonly number[];
  /** Load of the largest. */
  readonly load: number;
  /** Of all their replicas that are too large together. */
  readonly total: number;
  /** Most replicas of one of these partitions. */
  readonly replicas: number;
}

/** On axes that leadership moves a partition counts only when it is too large whichever replica leads. */
function replicasAbove(context: GoalContext, axis: number, room: number): Found {
  const { model } = context;
  const leads = followsLeadership(axis);
  const partitions: number[] = [];
  let load = 0;
  let total = 0;
  let replicas = 1;
  for (let p = 0; p < model.partitionCount; p++) {
    const start = model.replicaStart[p]!;
    const end = model.replicaStart[p + 1]!;
    let least = Infinity;
    let most = 0;
    for (let r = start; r < end; r++) {
      const own = loadOf(context, r, axis);
      least = Math.min(least, own);
      most = Math.max(most, own);
    }
    const weight = leads ? least : most;
    if (weight <= room) continue;
    partitions.push(p);
    load = Math.max(load, weight);
    total += leads ? weight : weight * (end - start);
    if (!leads) replicas = Math.max(replicas, end - start);
  }
  return { partitions, load, total, replicas };
}

/** Alive brokers that hold what is too large, at home or by now; where leadership moves it, those that lead it. */
function holdersOf(
  context: GoalContext,
  { partitions }: Found,
  { axis, room, isHome }: { axis: number; room: number; isHome: boolean },
): ReadonlySet<number> {
  const { model } = context;
  const leads = followsLeadership(axis);
  const brokerOf = isHome ? model.home : model.broker;
  const leader = isHome ? model.homeLeader : model.leader;
  const brokers = new Set<number>();
  for (const p of partitions) {
    for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
      const b = brokerOf[r]!;
      const holds = leads ? leader[p] === r : loadOf(context, r, axis) > room;
      if (holds && (model.flags[b]! & ALIVE) !== 0) brokers.add(b);
    }
  }
  return brokers;
}

/** Of a replica, leading where the axis follows leadership. */
function loadOf(context: GoalContext, replica: number, axis: number): number {
  const { loads, row } = context.model;
  const at = row[replica]! * AXIS_COUNT;
  switch (axis) {
    case AXIS_CPU:
      return loads[at + AXIS_CPU]! + loads[at + ROW_LEADER_CPU]!;
    case AXIS_NW_OUT:
      return loads[at + AXIS_NW_OUT]! + loads[at + AXIS_POTENTIAL_OUT]!;
    case AXIS_LEADER_IN:
      return loads[at + AXIS_NW_IN]!;
    default:
      return loads[at + axis]!;
  }
}

function infeasibleOf(
  context: GoalContext,
  goal: PreparedGoal,
  found: Found & { room: number },
): Infeasible {
  const { model, constraint } = context;
  const named = found.partitions.slice(0, NAMED_MAX).map((p) => partitionName(model, p));
  const more = found.partitions.length - named.length;
  const resource = resourceOfAxis(goal.axisLimits!.axis);
  const unit = resource === DISK ? " MB" : resource === CPU ? " %" : " KB/s";
  const reason = `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""} ${
    found.partitions.length === 1 ? "needs" : "need up to"
  } ${shortNumber(found.load)}${unit} of ${
    RESOURCES[resource]
  } on one broker, no broker may hold more than ${shortNumber(found.room)}${unit}`;
  const split = `split the ${found.partitions.length === 1 ? "partition" : "partitions"}`;
  if (!goal.hard) {
    const parts = found.room > 0 ? ` into ${Math.ceil(found.load / found.room)} or more` : "";
    return { reason, recommendation: `Widen its threshold, or ${split}${parts}.` };
  }
  const threshold = constraint.capacityThreshold[resource]!;
  const capacity = threshold > 0 ? found.total / threshold : Infinity;
  const many = countOf(found.replicas, "broker");
  return {
    reason,
    recommendation: `Add at least ${many} for ${RESOURCES[resource]} with a total capacity of ${
      (Math.ceil(capacity * (1 + ROOM) * 100) / 100).toFixed(2)
    }, or ${split}.`,
  };
}

/**
 * Brokers that hold such a replica may keep what they have and get nothing more. For a goal of balance the others
 * share the rest, so their limits shrink with it; limits of capacity stay.
 */
function aimOf(
  context: GoalContext,
  limits: AxisLimits,
  holders: ReadonlySet<number>,
): AxisLimits {
  const { model } = context;
  const upper = limits.upper.slice();
  const lower = limits.lower.slice();
  const balances = limits.lower.some((limit) => limit > 0);
  let fair = 0;
  let held = 0;
  for (const b of context.alive) {
    if (holders.has(b)) held += model.sums[b * AXIS_COUNT + limits.axis]!;
    else fair += (limits.upper[b]! + limits.lower[b]!) / 2;
  }
  const rest = context.totals[limits.axis]! - held;
  const factor = balances && fair > 0 ? Math.min(1, rest / fair) : 1;
  for (const b of context.alive) {
    if (holders.has(b)) {
      const sum = model.sums[b * AXIS_COUNT + limits.axis]!;
      upper[b] = Math.max(upper[b]!, sum * (1 + SLACK));
      lower[b] = 0;
    } else {
      upper[b]! *= factor;
      lower[b]! *= factor;
    }
  }
  return { axis: limits.axis, upper, lower };
}
