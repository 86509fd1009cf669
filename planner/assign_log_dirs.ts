/**
 * Chooses the log dir of every replica that arrives on a broker with several, and moves replicas between log dirs
 * where their goals are asked for. Limits hold for each log dir: what fits on none of a broker goes elsewhere.
 *
 * @module
 */
import { dirBalanceLimits, dirCapacityLimits, type DirLimits } from "../goals/intra_broker_disk.ts";
import type { DirChange, LogDirState } from "../goals/log_dir_state.ts";
import { AXIS_COUNT } from "../model/cluster_model.ts";
import { listsOf } from "../model/lists.ts";
import { keepsHardLimits, moveIsLegal } from "./search/legal.ts";
import { relocate, type Search } from "./search/state.ts";
import { addReplica } from "./search/violation.ts";

/** Actions of one broker; what still wants to move then stays. */
const ACTIONS_MAX = 10_000;
/** A change of MB by less is rounding. */
const EPSILON = 1e-6;

/** Which goals about log dirs are asked for. */
export interface LogDirWishes {
  readonly capacity: boolean;
  readonly balance: boolean;
}

/** Does it on the state of the search's context; nothing where there are no log dirs. */
export function* assignLogDirs(search: Search, wishes: LogDirWishes): Generator<void, void> {
  const { logDirs } = search.context;
  if (logDirs === undefined) return;
  logDirs.reset();
  const { model } = search;
  const limits = dirCapacityLimits(search.context);
  const arriving: number[] = [];
  for (let r = 0; r < model.replicaCount; r++) {
    if (model.broker[r] === model.home[r]) continue;
    arriving.push(r);
    logDirs.leave(r, model.home[r]!);
  }
  arriving.sort((a, b) => logDirs.mb(b) - logDirs.mb(a) || a - b);
  for (const [i, r] of arriving.entries()) {
    place(search, { logDirs, limits, replica: r });
    if (i % 2000 === 1999) yield;
  }
  for (const b of search.context.alive) {
    const broker = { search, logDirs, broker: b };
    if (wishes.capacity) improve({ ...broker, atPeak: true }, limits);
    if (wishes.balance) improve({ ...broker, atPeak: false }, dirBalanceLimits(search.context));
  }
  logDirs.refresh();
}

interface Arrival {
  readonly logDirs: LogDirState;
  readonly limits: DirLimits;
  readonly replica: number;
}

/** On its broker, else on another one, else at home, else where it is least over. */
function place(search: Search, arrival: Arrival): void {
  const { model } = search;
  const { logDirs, replica } = arrival;
  const first = model.broker[replica]!;
  if (enterBest(arrival, first)) return;
  const change = new Float64Array(AXIS_COUNT);
  addReplica(search, change, replica, 1);
  const home = model.home[replica]!;
  for (const b of [home, ...search.destinations]) {
    if (b === first || !moveIsLegal(search, replica, b)) continue;
    if (!keepsHardLimits(search, b, change)) continue;
    if (b === home) {
      relocate(search, replica, home);
      const dir = model.input.replicaLogDir[replica]!;
      if (dir >= 0) logDirs.enter(replica, home, dir);
      return;
    }
    if (model.input.brokers[b]!.logDirs.length > 0 && roomiest(arrival, b) < 0) continue;
    relocate(search, replica, b);
    enterBest(arrival, b);
    return;
  }
  const dir = roomiest({ ...arrival, limits: () => ({ upper: Infinity, lower: 0 }) }, first);
  if (dir >= 0) logDirs.enter(replica, first, dir);
}

/** True when the replica has a log dir within limits now, or the broker has none. */
function enterBest(arrival: Arrival, broker: number): boolean {
  if (arrival.logDirs.model.input.brokers[broker]!.logDirs.length === 0) return true;
  const dir = roomiest(arrival, broker);
  if (dir >= 0) arrival.logDirs.enter(arrival.replica, broker, dir);
  return dir >= 0;
}

/** The usable log dir that is filled least and has room; -1 when there is none. */
function roomiest({ logDirs, limits, replica }: Arrival, broker: number): number {
  const mb = logDirs.mb(replica);
  let best = -1;
  let least = Infinity;
  for (const [dir, { capacityMb }] of logDirs.model.input.brokers[broker]!.logDirs.entries()) {
    if (!logDirs.isUsable(broker, dir)) continue;
    const used = logDirs.used[broker]![dir]! + mb;
    if (used / capacityMb >= least) continue;
    if (logDirs.mostWith(broker, dir, { enters: replica }) > limits(broker, dir).upper) continue;
    best = dir;
    least = used / capacityMb;
  }
  return best;
}

interface OnBroker {
  readonly search: Search;
  readonly logDirs: LogDirState;
  readonly broker: number;
  /** Whether limits are to hold in every window, where windows count. */
  readonly atPeak: boolean;
}

/** Moves, else swaps, each the one that takes most MB of violation away per MB copied, until nothing helps. */
function improve(on: OnBroker, limits: DirLimits): void {
  for (let actions = 0; actions < ACTIONS_MAX; actions++) {
    const worst = worstDir(on, limits);
    if (worst < 0) return;
    const action = bestMove(on, limits, worst) ?? bestSwap(on, limits, worst);
    if (action === undefined) return;
    for (const { replica, to } of action) {
      on.logDirs.leave(replica, on.broker);
      on.logDirs.enter(replica, on.broker, to);
    }
  }
}

function outsideOf(on: OnBroker, limits: DirLimits, dir: number, change: DirChange = {}): number {
  const { logDirs, broker, atPeak } = on;
  const { enters = -1, leaves = -1 } = change;
  const used = atPeak
    ? logDirs.mostWith(broker, dir, change)
    : logDirs.used[broker]![dir]! + (enters < 0 ? 0 : logDirs.mb(enters)) -
      (leaves < 0 ? 0 : logDirs.mb(leaves));
  if (!logDirs.isUsable(broker, dir)) return used;
  const { upper, lower } = limits(broker, dir);
  return Math.max(0, used - upper, lower - used);
}

/** -1 when all are within. A dir that goes away is out while any replica is on it. */
function worstDir(on: OnBroker, limits: DirLimits): number {
  const { logDirs, broker } = on;
  let worst = -1;
  let most = EPSILON;
  for (const [dir, { alive }] of logDirs.model.input.brokers[broker]!.logDirs.entries()) {
    if (!alive) continue;
    const leaves = !logDirs.isUsable(broker, dir);
    if (leaves && movableOn(on, dir).length > 0) return dir;
    const outside = leaves ? 0 : outsideOf(on, limits, dir);
    if (outside <= most) continue;
    worst = dir;
    most = outside;
  }
  return worst;
}

/** Replicas of one partition do not move between brokers and between log dirs in one proposal. */
function movableOn(on: OnBroker, dir: number): number[] {
  const { search, logDirs, broker } = on;
  const { model } = search;
  const { lists, listLength } = listsOf(model);
  const list: number[] = [];
  for (let i = 0; i < listLength[broker]!; i++) {
    const r = lists[broker]![i]!;
    if (logDirs.dirOf[r] !== dir || model.pinned[model.partition[r]!] === 1) continue;
    if (model.offline[r] === 0 && !movesBetweenBrokers(search, model.partition[r]!)) list.push(r);
  }
  return list.sort((a, b) => a - b);
}

function movesBetweenBrokers(search: Search, p: number): boolean {
  const { model } = search;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (model.broker[r] !== model.home[r]) return true;
  }
  return false;
}

type DirAction = readonly { readonly replica: number; readonly to: number }[];

function bestMove(on: OnBroker, limits: DirLimits, worst: number): DirAction | undefined {
  const { logDirs, broker } = on;
  const dirs = logDirs.model.input.brokers[broker]!.logDirs;
  const leaves = !logDirs.isUsable(broker, worst);
  const worstMb = on.atPeak ? logDirs.mostWith(broker, worst) : logDirs.used[broker]![worst]!;
  const isOver = leaves || worstMb > limits(broker, worst).upper;
  const capacity = dirCapacityLimits(on.search.context);
  let best: DirAction | undefined;
  let bestValue = 0;
  for (const [other] of dirs.entries()) {
    if (other === worst || !logDirs.isUsable(broker, isOver ? other : worst)) continue;
    const [from, to] = isOver ? [worst, other] : [other, worst];
    const before = outsideOf(on, limits, from) + outsideOf(on, limits, to);
    for (const replica of movableOn(on, from)) {
      const mb = logDirs.mb(replica);
      if (logDirs.mostWith(broker, to, { enters: replica }) > capacity(broker, to).upper) continue;
      const gain = before - outsideOf(on, limits, from, { leaves: replica }) -
        outsideOf(on, limits, to, { enters: replica });
      // A dir that goes away has to be emptied whatever it does for the others; then the emptiest takes it.
      const value = leaves
        ? 1 / (1 + (logDirs.used[broker]![to]! + mb) / dirs[to]!.capacityMb)
        : gain > EPSILON
        ? gain / (1 + mb)
        : 0;
      if (value <= bestValue) continue;
      best = [{ replica, to }];
      bestValue = value;
    }
  }
  return best;
}

/** Whether the change brings a log dir above its capacity limit, or farther above it. */
function overfills({ search, logDirs, broker }: OnBroker, dir: number, change: DirChange): boolean {
  const most = logDirs.mostWith(broker, dir, change);
  return most > dirCapacityLimits(search.context)(broker, dir).upper &&
    most > logDirs.mostWith(broker, dir);
}

function bestSwap(on: OnBroker, limits: DirLimits, worst: number): DirAction | undefined {
  const { logDirs, broker } = on;
  let best: DirAction | undefined;
  let bestValue = 0;
  const mine = movableOn(on, worst);
  for (const [other] of logDirs.model.input.brokers[broker]!.logDirs.entries()) {
    if (other === worst || !logDirs.isUsable(broker, other) || !logDirs.isUsable(broker, worst)) {
      continue;
    }
    const before = outsideOf(on, limits, worst) + outsideOf(on, limits, other);
    for (const theirs of movableOn(on, other)) {
      for (const own of mine) {
        const here = { enters: theirs, leaves: own };
        const there = { enters: own, leaves: theirs };
        if (overfills(on, worst, here) || overfills(on, other, there)) continue;
        const gain = before - outsideOf(on, limits, worst, here) -
          outsideOf(on, limits, other, there);
        const value = gain > EPSILON ? gain / (1 + logDirs.mb(theirs) + logDirs.mb(own)) : 0;
        if (value <= bestValue) continue;
        best = [{ replica: own, to: other }, { replica: theirs, to: worst }];
        bestValue = value;
      }
    }
  }
  return best;
}
