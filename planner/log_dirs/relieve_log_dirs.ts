/**
 * What a broker holds too much of on some log dir, though not in all, goes to a log dir of another broker that has room for it: by
 * itself, else against something smaller. The search, which knows brokers alone, leaves a broker alone that is within its limits.
 *
 * @module
 */
import {
  dirCapacityLimits,
  type DirLimits,
  INTRA_BROKER_GOALS,
} from "../../goals/intra_broker_disk.ts";
import type { LogDirState } from "../../goals/log_dir_state.ts";
import { AXIS_COUNT } from "../../model/cluster_model.ts";
import { listsOf } from "../../model/lists.ts";
import { guardsAccept } from "../search/destination.ts";
import {
  keepsHardLimits,
  keepsShared,
  rulesLetGo,
  swapIsLegal,
  topicsLetGo,
} from "../search/legal.ts";
import { REASON } from "../search/reasons.ts";
import { relocate, type Search } from "../search/state.ts";
import { addReplica, violationOfPair } from "../search/violation.ts";
import { roomiest } from "./even_log_dirs.ts";

/** Replicas and brokers that are looked at in all; what is left then stays. */
const LOOKS_MAX = 2_000_000;
/** Replicas of a log dir, the largest, that are tried against smaller ones. */
const SWAPPED_MAX = 24;
/** Sums in another order differ by this part at most. */
const ROUNDING = 1e-9;
/** By so little no broker is farther outside. */
const NOT_WORSE = 1e-12;
const UNCHANGED = new Float64Array(AXIS_COUNT);

/** A log dir that holds `over` MB more than it may. */
interface Full {
  readonly broker: number;
  readonly dir: number;
  readonly over: number;
}

/** What is asked of it all. */
interface Relief {
  readonly search: Search;
  readonly logDirs: LogDirState;
  readonly limits: DirLimits;
  /** Index of the goal that asks for it. */
  readonly goal: number;
  readonly looksMax: number;
}

/** Does it, and gives the brokers whose replicas changed. Each action leaves less above limits, so it ends. */
export function* relieveLogDirs(search: Search): Generator<void, ReadonlySet<number>, void> {
  const changed = new Set<number>();
  const { logDirs } = search.context;
  const goal = search.goals.findIndex(({ name }) => name === INTRA_BROKER_GOALS[0]);
  if (logDirs === undefined || goal < 0) return changed;
  const limits = dirCapacityLimits(search.context);
  const relief = { search, logDirs, limits, goal, looksMax: search.steps + LOOKS_MAX };
  /** Log dirs that nothing helps as the others are now. */
  const stuck = new Set<string>();
  while (search.steps < relief.looksMax) {
    const full = fullest(relief, stuck);
    if (full === undefined) break;
    const action = bestAction(relief, full);
    yield;
    if (action === undefined) {
      stuck.add(`${full.broker} ${full.dir}`);
      continue;
    }
    carryOut(relief, full, action);
    changed.add(full.broker).add(action.to);
    stuck.clear();
  }
  return changed;
}

/** The one with most above its limit; undefined where none is left that something might help. */
function fullest({ search, logDirs, limits }: Relief, stuck: ReadonlySet<string>) {
  const { brokers } = search.model.input;
  let worst: Full | undefined;
  for (const broker of search.context.alive) {
    for (const [dir, { untouched = false }] of brokers[broker]!.logDirs.entries()) {
      if (untouched || !logDirs.isUsable(broker, dir)) continue;
      const { upper } = limits(broker, dir);
      const over = logDirs.mostWith(broker, dir) - upper;
      if (over <= upper * ROUNDING || over <= (worst?.over ?? 0)) continue;
      if (!stuck.has(`${broker} ${dir}`)) worst = { broker, dir, over };
    }
  }
  return worst;
}

/** Those that may leave, by MB. */
function replicasOn({ search, logDirs }: Relief, { broker, dir }: Full): number[] {
  const { lists, listLength } = listsOf(search.model);
  const found = Array.from(lists[broker]!.subarray(0, listLength[broker]!)).filter((r) =>
    logDirs.dirOf[r] === dir && logDirs.mb(r) > 0 && !isSplit(search, logDirs, r)
  );
  return found.sort((a, b) => logDirs.mb(a) - logDirs.mb(b) || a - b);
}

/** A replica that would leave for another broker, and what would come from there. */
interface Action {
  readonly leaves: number;
  /** -1 = nothing. */
  readonly comes: number;
  readonly to: number;
  /** MB above the limit that it takes away. */
  readonly gain: number;
  /** How much farther both brokers are from the limits of all goals then. */
  readonly worse: number;
}

/** Actions of one kind. */
interface Choice {
  /** The first that brings neither broker farther outside any limit. */
  readonly free: Action | undefined;
  /** Of others, the one that does so least for what it takes away. */
  readonly least: Action | undefined;
}

/** A move before an exchange, and either before what costs other goals. */
function bestAction(relief: Relief, full: Full): Action | undefined {
  const own = replicasOn(relief, full);
  const moves = chosen(relief, movesOff(relief, full, own));
  if (moves.free !== undefined) return moves.free;
  const swaps = chosen(relief, exchanges(relief, full, own));
  if (swaps.free !== undefined) return swaps.free;
  return cheaper(swaps.least, moves.least);
}

function chosen({ search, looksMax }: Relief, actions: Iterable<Action>): Choice {
  let least: Action | undefined;
  for (const action of actions) {
    if (action.worse <= NOT_WORSE && keepsTopics(search, action)) return { free: action, least };
    least = cheaper(action, least);
    if (search.steps > looksMax) break;
  }
  return { free: undefined, least };
}

function cheaper(one: Action | undefined, other: Action | undefined): Action | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.worse * other.gain < other.worse * one.gain ? one : other;
}

function keepsTopics(search: Search, { leaves, comes, to }: Action): boolean {
  // Exchanges keep to topics anyway.
  return comes >= 0 || topicsLetGo(search, leaves, to);
}

/** Replica by replica, first the smallest that is enough, to the broker that it makes least worse. */
function* movesOff(relief: Relief, full: Full, own: readonly number[]): Generator<Action> {
  const { logDirs } = relief;
  const first = own.findIndex((r) => logDirs.mb(r) >= full.over);
  const from = first < 0 ? own.length : first;
  for (const leaves of [...own.slice(from), ...own.slice(0, from).reverse()]) {
    const action = moveOff(relief, full, leaves);
    if (action !== undefined) yield action;
  }
}

function moveOff(relief: Relief, full: Full, leaves: number): Action | undefined {
  const { search, logDirs } = relief;
  const { brokers } = search.model.input;
  const change = new Float64Array(AXIS_COUNT);
  addReplica(search, change, leaves, 1);
  const gain = Math.min(full.over, logDirs.mb(leaves));
  let best: Action | undefined;
  for (const to of search.destinations) {
    search.steps++;
    if (to === full.broker || brokers[to]!.logDirs.length === 0) continue;
    if (!keepsHardLimits(search, to, change)) continue;
    const worse = worsening(search, { from: full.broker, to }, change);
    if (worse >= (best?.worse ?? Infinity)) continue;
    if (dirFor(relief, leaves, to) < 0) continue;
    if (!rulesLetGo(search, leaves, to) || !guardsAccept(search, leaves, to)) continue;
    const go = (isDone: boolean) => relocate(search, leaves, isDone ? to : full.broker);
    if (!keepsShared(search, to, go)) continue;
    best = { leaves, comes: -1, to, gain, worse };
  }
  return best;
}

/** The log dir that takes a replica: at home its own, elsewhere the roomiest; -1 = none. */
function dirFor({ search, logDirs, limits }: Relief, replica: number, to: number): number {
  if (!isHome(search, replica, to)) return roomiest({ logDirs, limits, replica }, to);
  const dir = search.model.input.replicaLogDir[replica]!;
  if (dir < 0 || !logDirs.isUsable(to, dir)) return -1;
  return logDirs.mostWith(to, dir, { enters: replica }) <= limits(to, dir).upper ? dir : -1;
}

function isHome({ model }: Search, replica: number, broker: number): boolean {
  return model.home[replica] === broker;
}

function worsening(search: Search, pair: { from: number; to: number }, change: Float64Array) {
  return violationOfPair(search, pair, change) - violationOfPair(search, pair, UNCHANGED);
}

/** Of the largest against smaller ones, those that take most away first. */
function* exchanges(relief: Relief, full: Full, own: readonly number[]): Generator<Action> {
  const { search, logDirs } = relief;
  const { lists, listLength } = listsOf(search.model);
  const found: { leaves: number; comes: number; gain: number }[] = [];
  for (const leaves of own.toReversed().slice(0, SWAPPED_MAX)) {
    for (const b of search.destinations) {
      if (b === full.broker) continue;
      for (let i = 0; i < listLength[b]!; i++) {
        search.steps++;
        const comes = lists[b]![i]!;
        const gain = Math.min(full.over, logDirs.mb(leaves) - logDirs.mb(comes));
        if (gain <= full.over * ROUNDING || !hasRoom(relief, full, { leaves, comes })) continue;
        found.push({ leaves, comes, gain });
      }
    }
  }
  found.sort((a, b) => b.gain - a.gain || a.leaves - b.leaves || a.comes - b.comes);
  for (const { leaves, comes, gain } of found) {
    search.steps++;
    const to = search.model.broker[comes]!;
    const change = new Float64Array(AXIS_COUNT);
    addReplica(search, change, leaves, 1);
    addReplica(search, change, comes, -1);
    if (!keepsHardLimits(search, to, change)) continue;
    if (!keepsHardLimits(search, full.broker, change.map((amount) => -amount))) continue;
    if (isSplit(search, logDirs, comes) || !swapIsLegal(search, leaves, comes)) continue;
    const swap = (isDone: boolean) => {
      relocate(search, leaves, isDone ? to : full.broker);
      relocate(search, comes, isDone ? full.broker : to);
    };
    if (![to, full.broker].every((b) => keepsShared(search, b, swap))) continue;
    const worse = worsening(search, { from: full.broker, to }, change);
    yield { leaves, comes, to, gain, worse };
  }
}

/** Whether the log dir of the one that comes takes the other instead, and the full one is relieved by it. */
function hasRoom(
  { search, logDirs, limits }: Relief,
  { broker, dir, over }: Full,
  { leaves, comes }: { leaves: number; comes: number },
): boolean {
  const b = search.model.broker[comes]!;
  const into = logDirs.dirOf[comes]!;
  if (into < 0 || !logDirs.isUsable(b, into)) return false;
  const { replicaLogDir } = search.model.input;
  if (isHome(search, leaves, b) && replicaLogDir[leaves] !== into) return false;
  if (isHome(search, comes, broker) && replicaLogDir[comes] !== dir) return false;
  const there = logDirs.mostWith(b, into, { enters: leaves, leaves: comes });
  if (there > limits(b, into).upper) return false;
  const left = logDirs.mostWith(broker, dir, { enters: comes, leaves });
  return left - limits(broker, dir).upper < over * (1 - ROUNDING);
}

function carryOut(relief: Relief, full: Full, action: Action): void {
  const { search, logDirs, goal } = relief;
  const { leaves, comes, to } = action;
  search.reasons.noteMove(leaves, { goal, kind: REASON.sourceOut, value: 0 });
  logDirs.leave(leaves, full.broker);
  if (comes < 0) {
    relocate(search, leaves, to);
    logDirs.enter(leaves, to, dirFor(relief, leaves, to));
    return;
  }
  search.reasons.noteMove(comes, { goal, kind: REASON.swap, value: 0 });
  const dir = logDirs.dirOf[comes]!;
  logDirs.leave(comes, to);
  relocate(search, leaves, to);
  relocate(search, comes, full.broker);
  logDirs.enter(leaves, to, dir);
  logDirs.enter(comes, full.broker, full.dir);
}

/** Whether another replica of its partition changes its log dir: one proposal does not do both. */
function isSplit({ model }: Search, logDirs: LogDirState, replica: number): boolean {
  const { partition, replicaStart } = model;
  const p = partition[replica]!;
  for (let i = replicaStart[p]!; i < replicaStart[p + 1]!; i++) {
    if (i !== replica && logDirs.changesDir(i)) return true;
  }
  return false;
}
