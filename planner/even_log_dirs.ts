/**
 * Moves replicas between the log dirs of one broker until all are within limits or nothing helps: each time the move, else
 * the exchange, that takes most MB outside limits away per MB copied.
 *
 * What is outside after `x` MB went from one log dir to another is made of straight pieces that meet where either comes to one of its
 * limits. What that takes away per MB is greatest at an end of a piece, so only the replicas on both sides of each end are tried.
 *
 * ```
 *  outside
 *    \                        x1: the one that gives comes within limits     x2: the one that takes comes within limits
 *     \___                    x3: the one that takes is full                 x4: the one that gives has too little
 *         \_______      ___/
 *    ------x1----x2----x3--x4---> x
 * ```
 *
 * @module
 */
import type { DirLimits } from "../goals/intra_broker_disk.ts";
import type { DirChange, LogDirState } from "../goals/log_dir_state.ts";
import { listsOf } from "../model/lists.ts";
import type { Search } from "./search/state.ts";

/** Actions of one broker; what still wants to move then stays. */
const ACTIONS_MAX = 10_000;
/** A change of MB by less is rounding. */
const EPSILON = 1e-6;

/** Of one broker. */
export interface DirsToEven {
  readonly search: Search;
  readonly logDirs: LogDirState;
  readonly broker: number;
  /** What log dirs are to hold, and what none may be filled above. */
  readonly limits: DirLimits;
  readonly capacity: DirLimits;
  /** Whether limits are to hold in every window, where windows count. */
  readonly atPeak: boolean;
}

/** One that is being worked on. By log dir: limits as they are now, and replicas that may move, by MB and index. */
interface Dirs extends DirsToEven {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly most: Float64Array;
  readonly lists: readonly number[][];
}

type Action = readonly { readonly replica: number; readonly from: number; readonly to: number }[];

/** An action and its MB taken away per MB copied. */
interface Found {
  action: Action | undefined;
  value: number;
}

/** See the file's head. */
export function evenLogDirs(wanted: DirsToEven): void {
  const dirs = dirsOf(wanted);
  /** Log dirs that nothing helps as the others are now. */
  const stuck = new Set<number>();
  for (let actions = 0; actions < ACTIONS_MAX;) {
    const worst = worstDir(dirs, stuck);
    if (worst < 0) return;
    const action = isUsable(dirs, worst)
      ? bestMove(dirs, worst) ?? bestSwap(dirs, worst)
      : evacuation(dirs, worst);
    if (action === undefined) {
      stuck.add(worst);
      continue;
    }
    carryOut(dirs, action);
    stuck.clear();
    actions++;
  }
}

function dirsOf(wanted: DirsToEven): Dirs {
  const { search: { model }, logDirs, broker, capacity } = wanted;
  const count = model.input.brokers[broker]!.logDirs.length;
  const lists = Array.from({ length: count }, () => [] as number[]);
  const { lists: all, listLength } = listsOf(model);
  for (let i = 0; i < listLength[broker]!; i++) {
    const r = all[broker]![i]!;
    if (isMovable(wanted, r)) lists[logDirs.dirOf[r]!]?.push(r);
  }
  for (const list of lists) list.sort((a, b) => logDirs.mb(a) - logDirs.mb(b) || a - b);
  const most = Float64Array.from({ length: count }, (_, dir) => capacity(broker, dir).upper);
  const made = { ...wanted, lists, most };
  const dirs = { ...made, lower: new Float64Array(count), upper: new Float64Array(count) };
  readLimits(dirs);
  return dirs;
}

/** They follow what the broker holds on usable log dirs. */
function readLimits({ broker, limits, lower, upper }: Dirs): void {
  for (let dir = 0; dir < lower.length; dir++) {
    const now = limits(broker, dir);
    lower[dir] = now.lower;
    upper[dir] = now.upper;
  }
}

/** Replicas of one partition do not move between brokers and between log dirs in one proposal. */
function isMovable({ search: { model } }: DirsToEven, r: number): boolean {
  const p = model.partition[r]!;
  if (model.pinned[p] === 1 || model.offline[r] !== 0) return false;
  for (let i = model.replicaStart[p]!; i < model.replicaStart[p + 1]!; i++) {
    if (model.broker[i] !== model.home[i]) return false;
  }
  return true;
}

function isUsable({ logDirs, broker }: Dirs, dir: number): boolean {
  return logDirs.isUsable(broker, dir);
}

/** -1 when all are within, or stuck. A dir that goes away is out while any replica is on it. */
function worstDir(dirs: Dirs, stuck: ReadonlySet<number>): number {
  const { search: { model }, broker, lists } = dirs;
  let worst = -1;
  let most = EPSILON;
  for (const [dir, { alive }] of model.input.brokers[broker]!.logDirs.entries()) {
    if (!alive || stuck.has(dir)) continue;
    const leaves = !isUsable(dirs, dir);
    if (leaves && lists[dir]!.length > 0) return dir;
    const outside = leaves ? 0 : outsideOf(dirs, dir);
    if (outside <= most) continue;
    worst = dir;
    most = outside;
  }
  return worst;
}

function carryOut({ logDirs, broker, lists, ...dirs }: Dirs, action: Action): void {
  for (const { replica, from, to } of action) {
    lists[from]!.splice(placeOf(logDirs, lists[from]!, replica), 1);
    lists[to]!.splice(placeOf(logDirs, lists[to]!, replica), 0, replica);
    logDirs.leave(replica, broker);
    logDirs.enter(replica, broker, to);
  }
  readLimits({ logDirs, broker, lists, ...dirs });
}

/** Where a replica is in its list, or belongs. */
function placeOf(logDirs: LogDirState, list: readonly number[], replica: number): number {
  const mb = logDirs.mb(replica);
  let place = firstAbove(logDirs, list, mb, true);
  while (place < list.length && logDirs.mb(list[place]!) === mb && list[place]! < replica) place++;
  return place;
}

/** The first place with more MB, or as many when `orEqual`. O(log n). */
function firstAbove(
  logDirs: LogDirState,
  list: readonly number[],
  mb: number,
  orEqual = false,
): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const size = logDirs.mb(list[middle]!);
    if (size > mb || (orEqual && size === mb)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How many MB a log dir is outside its limits, after the change. */
function outsideOf(dirs: Dirs, dir: number, change: DirChange = {}): number {
  const { logDirs, broker, atPeak } = dirs;
  const used = atPeak
    ? logDirs.mostWith(broker, dir, change)
    : logDirs.used[broker]![dir]! + enteringMb(dirs, change);
  return Math.max(0, used - dirs.upper[dir]!, dirs.lower[dir]! - used);
}

function enteringMb({ logDirs }: Dirs, { enters = -1, leaves = -1 }: DirChange): number {
  return (enters < 0 ? 0 : logDirs.mb(enters)) - (leaves < 0 ? 0 : logDirs.mb(leaves));
}

/** The largest replica that fits anywhere goes to where it fills least. */
function evacuation(dirs: Dirs, leaving: number): Action | undefined {
  const { search: { model }, logDirs, broker, lists, most } = dirs;
  const list = lists[leaving]!;
  for (let i = list.length - 1; i >= 0; i--) {
    const replica = list[i]!;
    let best = -1;
    let least = Infinity;
    for (const [dir, { capacityMb }] of model.input.brokers[broker]!.logDirs.entries()) {
      if (dir === leaving || !isUsable(dirs, dir)) continue;
      const filled = (logDirs.used[broker]![dir]! + logDirs.mb(replica)) / capacityMb;
      if (filled >= least) continue;
      if (logDirs.mostWith(broker, dir, { enters: replica }) > most[dir]!) continue;
      best = dir;
      least = filled;
    }
    if (best >= 0) return [{ replica, from: leaving, to: best }];
  }
  return undefined;
}

/** From a log dir that holds too much, or to one that holds too little. */
function bestMove(dirs: Dirs, worst: number): Action | undefined {
  const { logDirs, broker, atPeak, lists, upper, most } = dirs;
  const used = atPeak ? logDirs.mostWith(broker, worst) : logDirs.used[broker]![worst]!;
  const isOver = used > upper[worst]!;
  const best: Found = { action: undefined, value: 0 };
  for (let other = 0; other < lists.length; other++) {
    if (other === worst || !isUsable(dirs, other)) continue;
    const [from, to] = isOver ? [worst, other] : [other, worst];
    const before = outsideOf(dirs, from) + outsideOf(dirs, to);
    const list = lists[from]!;
    const weigh = (replica: number) => {
      if (logDirs.mostWith(broker, to, { enters: replica }) > most[to]!) return;
      const gain = before - outsideOf(dirs, from, { leaves: replica }) -
        outsideOf(dirs, to, { enters: replica });
      const value = gain > EPSILON ? gain / (1 + logDirs.mb(replica)) : 0;
      if (value <= best.value) return;
      best.action = [{ replica, from, to }];
      best.value = value;
    };
    for (const end of endsOf(dirs, from, to)) forNearest(dirs, list, end, weigh);
  }
  return best.action;
}

/** What changes places with a replica of another log dir. */
function bestSwap(dirs: Dirs, worst: number): Action | undefined {
  const { logDirs, lists } = dirs;
  const best: Found = { action: undefined, value: 0 };
  for (let other = 0; other < lists.length; other++) {
    if (other === worst || !isUsable(dirs, other)) continue;
    const before = outsideOf(dirs, worst) + outsideOf(dirs, other);
    const ends = endsOf(dirs, worst, other);
    for (const own of lists[worst]!) {
      const mb = logDirs.mb(own);
      const weigh = (theirs: number) => {
        const here = { enters: theirs, leaves: own };
        const there = { enters: own, leaves: theirs };
        const gain = before - outsideOf(dirs, worst, here) - outsideOf(dirs, other, there);
        const value = gain > EPSILON ? gain / (1 + logDirs.mb(theirs) + mb) : 0;
        if (value <= best.value) return;
        if (overfills(dirs, worst, here) || overfills(dirs, other, there)) return;
        best.action = [
          { replica: own, from: worst, to: other },
          { replica: theirs, from: other, to: worst },
        ];
        best.value = value;
      };
      for (const end of ends) forNearest(dirs, lists[other]!, mb - end, weigh);
    }
  }
  return best.action;
}

/** Whether the change brings a log dir above its capacity limit, or farther above it. */
function overfills({ logDirs, broker, most }: Dirs, dir: number, change: DirChange): boolean {
  const filled = logDirs.mostWith(broker, dir, change);
  return filled > most[dir]! && filled > logDirs.mostWith(broker, dir);
}

/** MB that go from one to the other where a piece ends: either comes to one of its limits, or to its capacity. */
function endsOf({ logDirs, broker, lower, upper, most }: Dirs, from: number, to: number): number[] {
  const gives = logDirs.used[broker]![from]!;
  const takes = logDirs.used[broker]![to]!;
  return [
    ...[upper, lower, most].map((limits) => gives - limits[from]!),
    ...[upper, lower, most].map((limits) => limits[to]! - takes),
  ];
}

/** The largest of at most so many MB, and the smallest of more; of those that are alike the first. */
function forNearest(
  { logDirs }: Dirs,
  list: readonly number[],
  mb: number,
  weigh: (replica: number) => void,
): void {
  const above = firstAbove(logDirs, list, mb);
  if (above < list.length) weigh(list[above]!);
  if (above > 0) weigh(list[firstAbove(logDirs, list, logDirs.mb(list[above - 1]!), true)]!);
}
