/**
 * Chooses the log dir of every replica that arrives on a broker with several, and moves replicas between log dirs
 * where their goals are asked for. Limits hold for each log dir: what fits on none of a broker goes elsewhere.
 *
 * @module
 */
import { dirBalanceLimits, dirCapacityLimits } from "../../goals/intra_broker_disk.ts";
import { AXIS_COUNT } from "../../model/cluster_model.ts";
import { type Arrival, evenLogDirs, roomiest } from "./even_log_dirs.ts";
import { keepsHardLimits, keepsShared, moveIsLegal } from "../search/legal.ts";
import { relocate, type Search } from "../search/state.ts";
import { addReplica } from "../search/violation.ts";

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
  for (const broker of search.context.alive) {
    evenBroker(search, wishes, broker);
    yield;
  }
  logDirs.refresh();
}

/** Moves replicas between the log dirs of these brokers, for the goals that are asked for. */
export function evenBrokers(
  search: Search,
  wishes: LogDirWishes,
  brokers: ReadonlySet<number>,
): void {
  for (const broker of brokers) evenBroker(search, wishes, broker);
  if (brokers.size > 0) search.context.logDirs?.refresh();
}

function evenBroker(search: Search, wishes: LogDirWishes, broker: number): void {
  const { context, model } = search;
  const { logDirs } = context;
  if (logDirs === undefined) return;
  if (model.input.brokers[broker]!.logDirs[0]?.untouched === true) return;
  const limits = dirCapacityLimits(context);
  const dirs = { search, logDirs, broker, capacity: limits };
  if (wishes.capacity) evenLogDirs({ ...dirs, limits, atPeak: true });
  if (wishes.balance) {
    evenLogDirs({ ...dirs, limits: dirBalanceLimits(context), atPeak: false });
  }
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
    const go = (isDone: boolean) => relocate(search, replica, isDone ? b : first);
    if (!keepsShared(search, b, go)) continue;
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
