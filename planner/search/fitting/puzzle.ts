/**
 * Where replicas may be and what they weigh, reduced to what hard limits ask: which placement keeps all of them? Bytes and soft
 * goals are no part of it.
 *
 * ```
 * array       type           length         index           value
 * items       Int32Array     n              item            replica that may move, ascending, so that a partition's follow each other
 * group       Int32Array     n              item            its partition among those with items
 * groupStart  Int32Array     groups + 1     group           its first item
 * follow      Float64Array   n x axes       item, axis      what it puts on a broker as a follower
 * leading     Float64Array   n x axes       item, axis      what it adds when it leads
 * mb          Float64Array   n x layers     item, layer     what it puts on a log dir
 * binBroker   Int32Array     bins           bin             broker, or the broker of the log dir
 * binDir      Int32Array     bins           bin             log dir; -1 = the broker as a whole
 * upper       Float64Array   B x axes       broker, axis    what items may come to there, beside what cannot move
 * dirUpper    Float64Array   bins x layers  bin, layer      the same of a log dir; Infinity where there is none
 * mayHold     Uint8Array     n x B          item, broker    1 = as a follower, 2 = as the leader, 3 = both
 * start       Int32Array     n              item            bin where it is; -1 = nowhere that it may stay
 * homeBin     Int32Array     n              item            bin of the real cluster; -1 = none, or not known
 * lead        Int32Array     groups         group           item that leads; -1 = what cannot move leads
 * perRack     Int32Array     groups         group           replicas of the partition that a rack may hold
 * ```
 *
 * An axis is one of the model's, or a window of one of its resources, beside which averages count where they may be above all windows. A layer is what a log dir holds usually, or in a window.
 *
 * @module
 */
import { ALIVE, IS_NEW, MAY_LEAD, mustLeave } from "../../../model/cluster_model.ts";
import type { PreparedGoal } from "../../../goals/goal.ts";
import { mostPerRack } from "../rules.ts";
import type { Search } from "../state.ts";
import { type Bins, binsOf, startOf } from "./bins.ts";
import { measuresOf } from "./measures.ts";

/** See the table above. */
export interface Puzzle extends Bins {
  readonly search: Search;
  readonly items: Int32Array;
  readonly group: Int32Array;
  readonly groupStart: Int32Array;
  readonly axes: number;
  readonly follow: Float64Array;
  readonly leading: Float64Array;
  readonly upper: Float64Array;
  readonly mayHold: Uint8Array;
  readonly start: Int32Array;
  readonly homeBin: Int32Array;
  readonly lead: Int32Array;
  readonly perRack: Int32Array;
  /** By group the brokers of replicas that cannot move. */
  readonly held: readonly (readonly number[])[];
}

/** What moves, by partition. */
interface Groups {
  readonly group: Int32Array;
  readonly groupStart: Int32Array;
  readonly lead: Int32Array;
  readonly perRack: Int32Array;
  readonly held: readonly (readonly number[])[];
}

/**
 * The puzzle of these goals, with replicas where they are now. Undefined where nothing may move.
 *
 * @param withDirs whether log dirs are chosen as well, and their limits kept
 */
export function puzzleOf(
  search: Search,
  goals: readonly PreparedGoal[],
  withDirs: boolean,
): Puzzle | undefined {
  const items = itemsOf(search, withDirs);
  if (items.length === 0) return undefined;
  const groups = groupsOf(search, items);
  const bins = binsOf(search, items, withDirs);
  return {
    search,
    items,
    ...groups,
    ...bins,
    ...weightsOf(search, goals, { items, ...groups }),
    mayHold: mayHoldOf(search, goals, { items, withDirs }),
    ...startOf(search, items, bins),
  };
}

/** Replicas that may move. */
function itemsOf(search: Search, withDirs: boolean): Int32Array {
  const { model, context } = search;
  const items: number[] = [];
  if (context.alive.length === 0) return Int32Array.from(items);
  for (let r = 0; r < model.replicaCount; r++) {
    if (!mustLeave(model, r)) {
      if (model.pinned[model.partition[r]!] === 1) continue;
      if (search.strictImmigrants && model.broker[r] === model.home[r]) continue;
      if (withDirs && !isOnOpenDir(search, r)) continue;
    }
    items.push(r);
  }
  return Int32Array.from(items);
}

/** Whether the log dir of a replica is known and not to be left alone, or its broker has none. */
function isOnOpenDir({ model, context }: Search, r: number): boolean {
  const { logDirs } = model.input.brokers[model.broker[r]!]!;
  if (logDirs.length === 0) return true;
  const dir = context.logDirs!.dirOf[r]!;
  return dir >= 0 && logDirs[dir]!.untouched !== true;
}

function groupsOf(search: Search, items: Int32Array): Groups {
  const { model } = search;
  const group = new Int32Array(items.length);
  const groupStart: number[] = [];
  const itemOf = new Map<number, number>();
  for (const [i, r] of items.entries()) {
    if (i === 0 || model.partition[r] !== model.partition[items[i - 1]!]) groupStart.push(i);
    group[i] = groupStart.length - 1;
    itemOf.set(r, i);
  }
  const lead = new Int32Array(groupStart.length);
  const perRack = new Int32Array(groupStart.length);
  const held = groupStart.map((first, g) => {
    const p = model.partition[items[first]!]!;
    const [from, to] = [model.replicaStart[p]!, model.replicaStart[p + 1]!];
    perRack[g] = mostPerRack(search, to - from);
    lead[g] = itemOf.get(model.leader[p]!) ?? -1;
    const brokers: number[] = [];
    for (let r = from; r < to; r++) if (!itemOf.has(r)) brokers.push(model.broker[r]!);
    return brokers;
  });
  return { group, groupStart: Int32Array.of(...groupStart, items.length), lead, perRack, held };
}

/** What items weigh, and the room for them. */
function weightsOf(
  search: Search,
  goals: readonly PreparedGoal[],
  { items, group, lead }: { items: Int32Array; group: Int32Array; lead: Int32Array },
) {
  const { model } = search;
  const measures = measuresOf(search, goals);
  const axes = measures.length;
  const follow = new Float64Array(items.length * axes);
  const leading = new Float64Array(items.length * axes);
  const upper = new Float64Array(model.brokerCount * axes);
  for (const [k, measure] of measures.entries()) {
    for (const b of search.context.alive) upper[b * axes + k] = measure.upper(b) - measure.sum(b);
    for (const [i, r] of items.entries()) {
      const at = i * axes + k;
      follow[at] = measure.follow(r);
      leading[at] = measure.leading(r);
      upper[model.broker[r]! * axes + k]! += follow[at]! +
        (lead[group[i]!] === i ? leading[at]! : 0);
    }
  }
  return { axes, follow, leading, upper };
}

/** By the rules of the request (`mayGoTo` and `mayLead` of `rules.ts`) and the goals that keep replicas on some brokers. */
function mayHoldOf(
  search: Search,
  goals: readonly PreparedGoal[],
  { items, withDirs }: { items: Int32Array; withDirs: boolean },
): Uint8Array {
  const { model, context } = search;
  const { brokerCount, flags, broker, leader, partition, home, input } = model;
  const sets = goals.filter((goal) => goal.mayHold !== undefined);
  const mayHold = new Uint8Array(items.length * brokerCount);
  for (const [i, r] of items.entries()) {
    for (const b of context.alive) {
      const isAllowed = sets.every((goal) => goal.mayHold!(r, b));
      if (isAllowed) mayHold[i * brokerCount + b] = rolesOn(search, r, b);
    }
    // Nobody knows which log dir it would come home to.
    const isLost = input.replicaLogDir[r]! < 0 && input.brokers[home[r]!]!.logDirs.length > 0;
    if (withDirs && isLost) mayHold[i * brokerCount + home[r]!] = 0;
    // Where it is by now it may stay.
    const b = broker[r]!;
    if ((flags[b]! & ALIVE) === 0 || mustLeave(model, r)) continue;
    mayHold[i * brokerCount + b]! |= leader[partition[r]!] === r ? 3 : 1;
  }
  return mayHold;
}

function rolesOn(search: Search, r: number, b: number): number {
  const { flags, home, homeLeader, partition, offline, input } = search.model;
  const isHome = home[r] === b;
  if (isHome ? offline[r] === 1 && search.hasOffline : search.closed[b] === 1) return 0;
  const { demoted = false } = input.brokers[b]!.logDirs[isHome ? input.replicaLogDir[r]! : -1] ??
    {};
  if (demoted) return 1;
  if (isHome && homeLeader[partition[r]!] === r) return 3;
  const isOpen = !search.onlyToNew || (flags[b]! & IS_NEW) !== 0;
  return isOpen && (flags[b]! & MAY_LEAD) !== 0 ? 3 : 1;
}
