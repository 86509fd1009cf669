/**
 * Takes back what turned out not to be needed: replicas go home, leaders go home, as long as no limit breaks.
 *
 * @module
 */
import {
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  AXIS_REPLICAS,
  ROW_LEADER_CPU,
} from "../../../model/cluster_model.ts";
import { movedSince } from "../../../model/counted.ts";
import { moveIsLegal } from "../legal.ts";
import { guardsAcceptLeader } from "./leadership.ts";
import { looksAtAll, promote, relocate, type Search } from "../state.ts";
import { isBlocked, mayLeadAgain, mayMove } from "../rules.ts";
import { leadingLoad } from "../../../model/replica_axes.ts";

/** Replicas, or partitions, looked at between two yields. */
const CHUNK = 10_000;
/** Replicas of which only brokers are looked at between two yields. */
const SCAN_CHUNK = 200_000;
/** Size classes a factor of two: enough to give the large ones the first chance, and no sorting. */
const SIZE_CLASSES = 48;

/** Another round is worth it when one took home more than this part of what it tried: homes have got room by that. */
const AGAIN_PART = 0.01;
const ROUNDS_MAX = 3;
/** Leadership costs little to look at, and each that went home may let another one: they end by themselves well before. */
const LEADER_ROUNDS_MAX = 20;

/** Largest replicas first, then leaders: of the search's part, and what is not where the plan before had it. */
export function* prune(search: Search): Generator<void, void> {
  // Of a part there is another one next time.
  const rounds = looksAtAll(search) ? ROUNDS_MAX : 1;
  for (let round = 0; round < rounds; round++) {
    const { tried, moved } = yield* pruneRound(search);
    if (moved <= tried * AGAIN_PART) break;
  }
  yield* pruneAllLeaders(search);
}

/** Leaders go home in the order of partitions, and again in rounds: what went home made room for others. */
function* pruneAllLeaders(search: Search): Generator<void, void> {
  const { partitionCount, brokerCount } = search.model;
  let left: number[] = [];
  let back = 0;
  for (let from = 0; from < partitionCount; from += CHUNK) {
    const changed = changedLeaders(search, from, Math.min(from + CHUNK, partitionCount));
    const kept = pruneLeaders(search, changed);
    back += changed.length - kept.length;
    left = left.concat(kept);
    yield;
  }
  const rounds = looksAtAll(search) ? LEADER_ROUNDS_MAX : 1;
  if (rounds === 1 || back === 0) return;
  const away = leadersAway(search, left);
  const changedIn = new Int32Array(brokerCount);
  for (let round = 1; round < rounds && back > 0; round++) {
    back = pruneAgain(search, away, { changedIn, round });
    yield;
  }
}

function* pruneRound(search: Search): Generator<void, { tried: number; moved: number }, void> {
  const classes = Array.from({ length: SIZE_CLASSES }, (): number[] => []);
  yield* findAll(search, classes);
  let tried = 0;
  let moved = 0;
  for (const [size, replicas] of classes.entries()) {
    const leastMb = leastOfClass(size);
    for (let from = 0; from < replicas.length; from += CHUNK) {
      const to = Math.min(from + CHUNK, replicas.length);
      moved += pruneMoves(search, replicas, { from, to, leastMb });
      tried += to - from;
      yield;
    }
  }
  return { tried, moved };
}

/** All that are asked for, in their order: of the search's part, and others that are not where the plan before had them. */
function* findAll(search: Search, classes: readonly number[][]): Generator<void, void> {
  const { part, model, reasons } = search;
  const moved = reasons.places === undefined ? undefined : movedSince(model, reasons.movesThen);
  const range = moved === undefined ? { from: 0, to: model.replicaCount } : part;
  for (const r of moved ?? []) {
    if (r < range.from) findAway(search, classes, { from: r, to: r + 1 });
  }
  for (let { from } = range; from < range.to; from += SCAN_CHUNK) {
    findAway(search, classes, { from, to: Math.min(from + SCAN_CHUNK, range.to) });
    yield;
  }
  for (const r of moved ?? []) {
    if (r >= range.to) findAway(search, classes, { from: r, to: r + 1 });
  }
}

/** How many went home. Loops are functions of their own: V8 does not optimize generators. */
function pruneMoves(
  search: Search,
  replicas: readonly number[],
  range: { from: number; to: number; leastMb: number },
): number {
  const { upper } = search;
  const { home, sums } = search.model;
  const { leastMb } = range;
  let moved = 0;
  search.steps += range.to - range.from;
  for (let i = range.from; i < range.to; i++) {
    const r = replicas[i]!;
    const at = home[r]! << 3;
    // Larger ones have filled most homes by then: no look at loads far apart in memory.
    if (sums[at]! + leastMb > upper[at]! && leastMb > 0) continue;
    if (!fitsAtHome(search, r) || !moveIsLegal(search, r, home[r]!)) continue;
    relocate(search, r, home[r]!);
    moved++;
  }
  return moved;
}

/**
 * Puts the replicas of a range that are away into their size classes, in their order. Most homes are full, by bytes or by count, or have others of the
 * partition on their rack: these are left out while what tells that is at hand, since the classes jump about in memory.
 */
function findAway(
  search: Search,
  classes: readonly number[][],
  range: { from: number; to: number },
): void {
  const { upper, part, reasons } = search;
  const { broker, home, loads, row, sums } = search.model;
  const known = reasons.places?.broker ?? home;
  const { to } = range;
  for (let r = range.from; r < to; r++) {
    if (broker[r] === home[r]) continue;
    if (broker[r] === known[r] && (r < part.from || r >= part.to)) continue;
    const at = home[r]! << 3;
    if (sums[at | AXIS_REPLICAS]! + 1 > upper[at | AXIS_REPLICAS]!) continue;
    const mb = loads[row[r]! << 3]!;
    if (sums[at]! + mb > upper[at]! && mb !== 0) continue;
    if (isBlocked(search, r, home[r]!) || (search.hasPinned && !mayMove(search, r))) continue;
    classes[sizeClass(mb)]!.push(r);
  }
}

/** 0 = the largest. */
function sizeClass(mb: number): number {
  return SIZE_CLASSES - 1 - Math.min(SIZE_CLASSES - 1, 32 - Math.clz32(Math.min(mb, 2 ** 31)));
}

/** MB that all of a class have at least. */
function leastOfClass(size: number): number {
  const bits = SIZE_CLASSES - 1 - size;
  return bits === 0 ? 0 : 2 ** (bits - 1);
}

/** Home stays under its upper limits and the source above its lower ones. */
function fitsAtHome(search: Search, replica: number): boolean {
  const { upper, lower } = search;
  const { sums, loads, row, leader, partition, broker, home } = search.model;
  const at = row[replica]! << 3;
  const from = broker[replica]! << 3;
  const to = home[replica]! << 3;
  const leads = leader[partition[replica]!] === replica;
  const axes = leads ? AXIS_COUNT : AXIS_LEADERS;
  for (let axis = 0; axis < axes; axis++) {
    let load = axis < AXIS_LEADERS ? loads[at | axis]! : 0;
    if (leads) load += leadingLoad(search.model, replica, axis);
    if (load === 0) continue;
    if (sums[to | axis]! + load > upper[to | axis]!) return false;
    const least = lower[from | axis]!;
    if (least > 0 && sums[from | axis]! - load < least) return false;
  }
  return true;
}

function changedLeaders(search: Search, from: number, to: number): number[] {
  const { leader, homeLeader, pinned } = search.model;
  const { part, reasons } = search;
  const known = reasons.places?.leader ?? homeLeader;
  const changed: number[] = [];
  for (let p = from; p < to; p++) {
    const leads = leader[p]!;
    if (leads === homeLeader[p] || pinned[p] === 1) continue;
    if (leads !== known[p] || (leads >= part.from && leads < part.to)) changed.push(p);
  }
  return changed;
}

/** Sends leadership home where limits allow it; gives the partitions for which they do not. */
function pruneLeaders(search: Search, changed: readonly number[]): number[] {
  return changed.filter((p) => {
    const home = search.model.homeLeader[p]!;
    if (!mayLeadAgain(search, home)) return false;
    search.steps++;
    return !sendsHome(search, p, home);
  });
}

/** Whether limits and guards allowed that this replica leads again. */
function sendsHome(search: Search, p: number, home: number): boolean {
  if (!leaderFits(search, p, home) || !guardsAcceptLeader(search, p, home)) return false;
  promote(search, p, home);
  return true;
}

/** Partitions that are not led at home, in their order. */
interface LeadersAway {
  count: number;
  readonly partition: Int32Array;
  /** Brokers that lead them now, and at home. */
  readonly from: Int32Array;
  readonly to: Int32Array;
}

function leadersAway({ model }: Search, partitions: readonly number[]): LeadersAway {
  const { broker, leader, homeLeader } = model;
  return {
    count: partitions.length,
    partition: Int32Array.from(partitions),
    from: Int32Array.from(partitions, (p) => broker[leader[p]!]!),
    to: Int32Array.from(partitions, (p) => broker[homeLeader[p]!]!),
  };
}

/**
 * Once more; how many went home. Limits say of two brokers what they said before, as long as nothing changed there since the round before: with a
 * look at all of them, a dozen rounds in which few go home took an eighth of the time of plans of 2,800,000 replicas.
 *
 * @param changedIn by broker, the last round in which its leaders changed; rounds count from 1
 */
function pruneAgain(
  search: Search,
  away: LeadersAway,
  { changedIn, round }: { changedIn: Int32Array; round: number },
): number {
  const { homeLeader } = search.model;
  const { count, partition, from, to } = away;
  const since = search.guards.length > 0 ? 0 : round - 1;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const p = partition[i]!;
    const source = from[i]!;
    const target = to[i]!;
    search.steps++;
    const isOther = changedIn[source]! >= since || changedIn[target]! >= since;
    if (isOther && sendsHome(search, p, homeLeader[p]!)) {
      changedIn[source] = changedIn[target] = round;
      continue;
    }
    partition[kept] = p;
    from[kept] = source;
    to[kept++] = target;
  }
  away.count = kept;
  return count - kept;
}

function leaderFits(search: Search, p: number, replica: number): boolean {
  const { broker, leader, row, loads } = search.model;
  const old = leader[p]!;
  const to = broker[replica]! << 3;
  const from = broker[old]! << 3;
  const at = row[replica]! << 3;
  const was = row[old]! << 3;
  // A leader may cost less CPU than a follower where loads were given so: either side may gain.
  return keepsLimits(search, to | AXIS_CPU, loads[at | ROW_LEADER_CPU]!) &&
    keepsLimits(search, from | AXIS_CPU, -loads[was | ROW_LEADER_CPU]!) &&
    keepsLimits(search, to | AXIS_NW_OUT, loads[at | AXIS_POTENTIAL_OUT]!) &&
    keepsLimits(search, from | AXIS_NW_OUT, -loads[was | AXIS_POTENTIAL_OUT]!) &&
    keepsLimits(search, to | AXIS_LEADERS, 1) &&
    keepsLimits(search, from | AXIS_LEADERS, -1) &&
    keepsLimits(search, to | AXIS_LEADER_IN, loads[at | AXIS_NW_IN]!) &&
    keepsLimits(search, from | AXIS_LEADER_IN, -loads[was | AXIS_NW_IN]!);
}

/** Whether a sum stays within the limit that the change moves it to; `i` = broker x axis. */
function keepsLimits(search: Search, i: number, change: number): boolean {
  const sum = search.model.sums[i]! + change;
  if (change > 0) return sum <= search.upper[i]!;
  return change === 0 || search.lower[i]! <= 0 || sum >= search.lower[i]!;
}
