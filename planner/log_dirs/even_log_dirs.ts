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
import type { DirLimits } from "../../goals/intra_broker_disk.ts";
import type { LogDirState } from "../../goals/log_dir_state.ts";
import { listsOf } from "../../model/lists.ts";
import type { Search } from "../search/state.ts";

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

/** One that is being worked on. By log dir: limits as they are now, what it may be filled to, and replicas that may move. */
interface Dirs extends DirsToEven {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly most: Float64Array;
  readonly lists: readonly Sorted[];
  readonly countsWindows: boolean;
}

/** Replicas with their MB, by MB and index. */
interface Sorted {
  readonly replicas: number[];
  readonly sizes: number[];
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
  const movable = Array.from({ length: count }, () => [] as number[]);
  const { lists: all, listLength } = listsOf(model);
  for (let i = 0; i < listLength[broker]!; i++) {
    const r = all[broker]![i]!;
    if (isMovable(wanted, r)) movable[logDirs.dirOf[r]!]?.push(r);
  }
  const lists = movable.map((replicas) => {
    replicas.sort((a, b) => logDirs.mb(a) - logDirs.mb(b) || a - b);
    return { replicas, sizes: replicas.map((r) => logDirs.mb(r)) };
  });
  const most = Float64Array.from({ length: count }, (_, dir) => capacity(broker, dir).upper);
  const { countsWindows } = logDirs;
  const made = { ...wanted, lists, most, countsWindows };
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
    if (leaves && lists[dir]!.sizes.length > 0) return dir;
    const outside = leaves ? 0 : outsideOf(dirs, dir);
    if (outside <= most) continue;
    worst = dir;
    most = outside;
  }
  return worst;
}

function carryOut(dirs: Dirs, action: Action): void {
  const { logDirs, broker, lists } = dirs;
  for (const { replica, from, to } of action) {
    const mb = logDirs.mb(replica);
    const left = placeOf(lists[from]!, replica, mb);
    lists[from]!.replicas.splice(left, 1);
    lists[from]!.sizes.splice(left, 1);
    const entered = placeOf(lists[to]!, replica, mb);
    lists[to]!.replicas.splice(entered, 0, replica);
    lists[to]!.sizes.splice(entered, 0, mb);
    logDirs.leave(replica, broker);
    logDirs.enter(replica, broker, to);
  }
  readLimits(dirs);
}

/** Where a replica is, or belongs. */
function placeOf({ replicas, sizes }: Sorted, replica: number, mb: number): number {
  let place = firstOf(sizes, mb);
  while (place < sizes.length && sizes[place] === mb && replicas[place]! < replica) place++;
  return place;
}

/** The first place with as many MB or more, with more when they are to be `above`. O(log n). */
function firstOf(sizes: readonly number[], mb: number, above = false): number {
  let low = 0;
  let high = sizes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const isBefore = above ? sizes[middle]! <= mb : sizes[middle]! < mb;
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Replicas that come and leave, -1 = none, and the MB that this brings. */
type Exchange = readonly [enters: number, leaves: number, mb: number];

const NOTHING: Exchange = [-1, -1, 0];

/** What a log dir holds after the change, in the window with most where windows count. */
function mostWith(dirs: Dirs, dir: number, change: Exchange): number {
  const { logDirs, broker } = dirs;
  return dirs.countsWindows
    ? logDirs.mostWith(broker, dir, { enters: change[0], leaves: change[1] })
    : logDirs.used[broker]![dir]! + change[2];
}

function usedWith(dirs: Dirs, dir: number, change: Exchange): number {
  return dirs.atPeak
    ? mostWith(dirs, dir, change)
    : dirs.logDirs.used[dirs.broker]![dir]! + change[2];
}

/** How many MB a log dir is outside its limits, after the change. */
function outsideOf(dirs: Dirs, dir: number, change = NOTHING): number {
  const used = usedWith(dirs, dir, change);
  return Math.max(0, used - dirs.upper[dir]!, dirs.lower[dir]! - used);
}

/** How many MB less two log dirs can be outside together than they are, however they share what they hold. */
function gainMost(dirs: Dirs, a: number, b: number): number {
  const { upper, lower } = dirs;
  // The windows with most of each may be others.
  if (dirs.atPeak && dirs.countsWindows) return Infinity;
  const both = usedWith(dirs, a, NOTHING) + usedWith(dirs, b, NOTHING);
  const least = Math.max(0, both - upper[a]! - upper[b]!, lower[a]! + lower[b]! - both);
  return outsideOf(dirs, a) + outsideOf(dirs, b) - least;
}

/** The largest replica that fits anywhere goes to where it fills least. */
function evacuation(dirs: Dirs, leaving: number): Action | undefined {
  const { logDirs, broker, capacity } = dirs;
  const { replicas } = dirs.lists[leaving]!;
  for (let i = replicas.length - 1; i >= 0; i--) {
    const to = roomiest({ logDirs, limits: capacity, replica: replicas[i]! }, broker);
    if (to >= 0) return [{ replica: replicas[i]!, from: leaving, to }];
  }
  return undefined;
}

/** A replica that needs a log dir within limits. */
export interface Arrival {
  readonly logDirs: LogDirState;
  readonly limits: DirLimits;
  readonly replica: number;
}

/** The usable log dir that is filled least and has room; -1 when there is none. */
export function roomiest({ logDirs, limits, replica }: Arrival, broker: number): number {
  const mb = logDirs.mb(replica);
  const dirs = logDirs.model.input.brokers[broker]!.logDirs;
  const used = logDirs.used[broker]!;
  const change = { enters: replica };
  let best = -1;
  let least = Infinity;
  for (let dir = 0; dir < dirs.length; dir++) {
    const part = (used[dir]! + mb) / dirs[dir]!.capacityMb;
    if (part >= least || !logDirs.isUsable(broker, dir)) continue;
    if (logDirs.mostWith(broker, dir, change) > limits(broker, dir).upper) continue;
    best = dir;
    least = part;
  }
  return best;
}

/** From a log dir that holds too much, or to one that holds too little. */
function bestMove(dirs: Dirs, worst: number): Action | undefined {
  const { lists, upper } = dirs;
  const isOver = usedWith(dirs, worst, NOTHING) > upper[worst]!;
  const best: Found = { action: undefined, value: 0 };
  for (let other = 0; other < lists.length; other++) {
    if (other === worst || !isUsable(dirs, other)) continue;
    if (gainMost(dirs, worst, other) <= EPSILON) continue;
    const [from, to] = isOver ? [worst, other] : [other, worst];
    for (const end of endsOf(dirs, from, to)) {
      const above = firstOf(lists[from]!.sizes, end, true);
      weighMove(dirs, { from, to, place: above }, best);
      weighMove(dirs, { from, to, place: firstAlike(lists[from]!.sizes, above - 1) }, best);
    }
  }
  return best.action;
}

function weighMove(
  dirs: Dirs,
  { from, to, place }: { from: number; to: number; place: number },
  best: Found,
): void {
  const { replicas, sizes } = dirs.lists[from]!;
  if (place < 0 || place >= sizes.length) return;
  const replica = replicas[place]!;
  const mb = sizes[place]!;
  const comes: Exchange = [replica, -1, mb];
  if (mostWith(dirs, to, comes) > dirs.most[to]!) return;
  const gain = outsideOf(dirs, from) + outsideOf(dirs, to) -
    outsideOf(dirs, from, [-1, replica, -mb]) - outsideOf(dirs, to, comes);
  const value = gain > EPSILON ? gain / (1 + mb) : 0;
  if (value <= best.value) return;
  best.action = [{ replica, from, to }];
  best.value = value;
}

/** What changes places with a replica of another log dir. */
function bestSwap(dirs: Dirs, worst: number): Action | undefined {
  const { lists } = dirs;
  const { sizes } = lists[worst]!;
  const best: Found = { action: undefined, value: 0 };
  for (let other = 0; other < lists.length; other++) {
    if (other === worst || !isUsable(dirs, other)) continue;
    const most = gainMost(dirs, worst, other);
    if (most <= EPSILON) continue;
    const ends = endsOf(dirs, worst, other);
    // Two replicas are copied, the larger of which alone may be too many MB to be the best.
    for (let own = 0; own < sizes.length && most / (1 + sizes[own]!) > best.value; own++) {
      for (const end of ends) {
        const above = firstOf(lists[other]!.sizes, sizes[own]! - end, true);
        const pair = { worst, other, own, most };
        weighSwap(dirs, { ...pair, theirs: above }, best);
        weighSwap(dirs, { ...pair, theirs: firstAlike(lists[other]!.sizes, above - 1) }, best);
      }
    }
  }
  return best.action;
}

/** Places in the lists of two log dirs, and what may be gained between these at most. */
interface Pair {
  readonly worst: number;
  readonly other: number;
  readonly own: number;
  readonly theirs: number;
  readonly most: number;
}

function weighSwap(dirs: Dirs, { worst, other, own, theirs, most }: Pair, best: Found): void {
  const [mine, others] = [dirs.lists[worst]!, dirs.lists[other]!];
  if (theirs < 0 || theirs >= others.sizes.length) return;
  const copiedMb = mine.sizes[own]! + others.sizes[theirs]!;
  if (most / (1 + copiedMb) <= best.value) return;
  const mb = mine.sizes[own]! - others.sizes[theirs]!;
  const [leaves, enters] = [mine.replicas[own]!, others.replicas[theirs]!];
  const here: Exchange = [enters, leaves, -mb];
  const there: Exchange = [leaves, enters, mb];
  const gain = outsideOf(dirs, worst) + outsideOf(dirs, other) -
    outsideOf(dirs, worst, here) - outsideOf(dirs, other, there);
  const value = gain > EPSILON ? gain / (1 + copiedMb) : 0;
  if (value <= best.value) return;
  if (overfills(dirs, worst, here) || overfills(dirs, other, there)) return;
  best.action = [
    { replica: leaves, from: worst, to: other },
    { replica: enters, from: other, to: worst },
  ];
  best.value = value;
}

/** Whether the change brings a log dir above its capacity limit, or farther above it. */
function overfills(dirs: Dirs, dir: number, change: Exchange): boolean {
  const filled = mostWith(dirs, dir, change);
  return filled > dirs.most[dir]! && filled > mostWith(dirs, dir, NOTHING);
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

/** The first of those that are alike. */
function firstAlike(sizes: readonly number[], place: number): number {
  return place < 0 ? place : firstOf(sizes, sizes[place]!);
}
