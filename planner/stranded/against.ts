/**
 * What stands against a replica on each alive broker, in the placement of now.
 *
 * @module
 */
import { METRIC_OF_AXIS, shortNumber } from "../../goals/axis_goal.ts";
import { dirCapacityLimits, INTRA_BROKER_GOALS } from "../../goals/intra_broker_disk.ts";
import type { PreparedGoal } from "../../goals/goal.ts";
import { replicasOnRack } from "../../goals/rack_aware.ts";
import { countOf } from "../../lib/count_of.ts";
import { ALIVE, AXIS_COUNT, AXIS_DISK, MAY_LEAD } from "../../model/cluster_model.ts";
import { METRICS } from "../../model/proposal.ts";
import { replicaLoad, replicaMb } from "../../model/replica_axes.ts";
import { hasFailedHere, type Reach } from "../bounds/reach.ts";
import { mostPerRack } from "../search/rules.ts";

/** Limits are compared with this relative tolerance, which the search keeps away from them. */
const ROUNDING = 2e-9;

/** Room that a broker lacks for a replica. */
export interface Lack {
  /** The goal whose limit it is. */
  readonly goal: string;
  /** "12.3 MB of disk". */
  readonly text: string;
  /** In parts of the limit. */
  readonly part: number;
}

/** What stands against a replica on one broker. */
export interface Against {
  readonly broker: number;
  /** The first that rules the broker out whatever room it has; undefined = nothing does. */
  readonly rule: Rule | undefined;
  /** Empty where a rule does. */
  readonly lacks: readonly Lack[];
}

/** A goal by its name, or what needs no goal. */
export interface Rule {
  readonly goal?: string;
  /** "hold another replica of it", said of several brokers. */
  readonly many: string;
  /** The same of one. */
  readonly one: string;
}

/** The broker has another replica of the partition. */
export const HOLDS: Rule = { many: "have another replica of it", one: "has another replica of it" };
const CLOSED: Rule = { many: "may receive no replicas", one: "may receive no replicas" };
const FAILED: Rule = { many: "have a failed log dir with it", one: "has a failed log dir with it" };
const LEADS: Rule = { many: "may not lead it", one: "may not lead it" };

interface Move {
  readonly replica: number;
  readonly to: number;
}

/** What stands against the replica on every alive broker. O(B x (RF + goals)). */
export function againstAll(reach: Reach, replica: number): Against[] {
  return Array.from(reach.search.context.alive, (broker) => {
    const rule = ruleAgainst(reach, replica, broker);
    const lacks = rule === undefined ? lacksOn(reach, replica, broker) : [];
    return { broker, rule, lacks };
  });
}

/** "is ruled out by RackAwareGoal". */
function goalRule(goal: string): Rule {
  return { goal, many: `are ruled out by ${goal}`, one: `is ruled out by ${goal}` };
}

/** A rule that no room changes, apart from other replicas of the partition that could go elsewhere. */
export function standingRule(reach: Reach, replica: number, b: number): Rule | undefined {
  const { search, open, hard } = reach;
  if (hasFailedHere(search, replica, b)) return FAILED;
  if (open[b] === 0) return CLOSED;
  const set = hard.find((goal) => goal.mayHold?.(replica, b) === false);
  return set === undefined ? undefined : goalRule(set.name);
}

function ruleAgainst(reach: Reach, replica: number, b: number): Rule | undefined {
  const { search, hard } = reach;
  const { model } = search;
  const p = model.partition[replica]!;
  const standing = standingRule(reach, replica, b);
  if (standing !== undefined) return standing;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (r !== replica && (model.broker[r] === b || model.home[r] === b)) return HOLDS;
  }
  const racks = hard.find((goal) => goal.racksDiffer === true);
  const count = model.replicaStart[p + 1]! - model.replicaStart[p]!;
  if (
    racks !== undefined && replicasOnRack(model, replica, b) >= mostPerRack(search, count)
  ) {
    return goalRule(racks.name);
  }
  const leads = search.leadersNeedRight && model.leader[p] === replica;
  if (leads && (model.flags[b]! & MAY_LEAD) === 0) return LEADS;
  const guard = hard.find((goal) => isGuard(goal) && goal.moveDelta(replica, b) > 0);
  return guard === undefined ? undefined : goalRule(guard.name);
}

/** Whether the goal tells by its penalty alone what a broker may hold, and not by limits as well. */
function isGuard({ axisLimits, racksDiffer }: PreparedGoal): boolean {
  return axisLimits === undefined && racksDiffer !== true;
}

function lacksOn(reach: Reach, replica: number, b: number): Lack[] {
  const { search: { model }, hard } = reach;
  const lacks = hard.flatMap((goal): Lack[] => {
    if (goal.axisLimits === undefined) return [];
    const { axis, upper } = goal.axisLimits;
    const sum = model.sums[b * AXIS_COUNT + axis]! + replicaLoad(model, replica, axis);
    const over = sum - upper[b]!;
    if (over > ROUNDING * sum) return [lack(goal.name, axis, { over, limit: upper[b]! })];
    // Of hosts, and in windows of time, its average does not tell.
    const isFree = goal.guardsMoves !== true || growth(reach, goal, { replica, to: b }) <= 0;
    return isFree ? [] : [{ goal: goal.name, text: `room under ${goal.name}`, part: 1 }];
  });
  return [...lacks, ...dirLacks(reach, replica, b)];
}

/** How much farther from a goal the broker would come; 0 where what another gets rid of counts as well. */
function growth({ search: { model } }: Reach, goal: PreparedGoal, move: Move): number {
  const isGone = (model.flags[model.broker[move.replica]!]! & ALIVE) === 0;
  return isGone ? goal.moveDelta(move.replica, move.to) : 0;
}

function lack(
  goal: string,
  axis: number,
  { over, limit }: { over: number; limit: number },
): Lack {
  const { word } = METRICS[METRIC_OF_AXIS[axis]!];
  const amount = amountText(axis, over);
  const text = METRICS[METRIC_OF_AXIS[axis]!].unit === "" ? amount : `${amount} of ${word}`;
  return { goal, text, part: limit > 0 ? over / limit : Infinity };
}

/** "12.3 MB", "less than 0.001 %", "1 replica". */
export function amountText(axis: number, amount: number): string {
  const { unit, word } = METRICS[METRIC_OF_AXIS[axis]!];
  if (unit === "") return countOf(Math.ceil(amount), word.replace(/s$/, ""));
  return `${amount < 0.001 ? "less than 0.001" : shortNumber(amount)}${unit}`;
}

/** What the log dir with most room lacks, none where it fits or log dirs are not known. */
function dirLacks({ search: { model, context } }: Reach, replica: number, b: number): Lack[] {
  const { logDirs } = context;
  const dirs = model.input.brokers[b]!.logDirs;
  if (logDirs === undefined || dirs.length === 0) return [];
  const limits = dirCapacityLimits(context);
  const mb = replicaMb(model, replica);
  const rooms = dirs.flatMap(({ alive }, dir) =>
    alive ? [limits(b, dir).upper - logDirs.used[b]![dir]!] : []
  );
  const goal = INTRA_BROKER_GOALS[0];
  if (rooms.length === 0) return [{ goal, text: "a log dir that works", part: Infinity }];
  const missing = mb - Math.max(...rooms);
  if (missing <= ROUNDING * mb) return [];
  return [{ goal, text: `${amountText(AXIS_DISK, missing)} on a log dir`, part: missing / mb }];
}
