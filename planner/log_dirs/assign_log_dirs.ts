/**
 * Chooses the log dir of every replica that arrives on a broker with several, and moves replicas between log dirs
 * where their goals are asked for. Limits hold for each log dir: what fits on none of a broker goes elsewhere.
 *
 * @module
 */
import type { LogDirState } from "../../goals/log_dir_state.ts";
import { dirBalanceLimits, dirCapacityLimits } from "../../goals/intra_broker_disk.ts";
import { AXIS_COUNT, type ClusterModel } from "../../model/cluster_model.ts";
import type { Places } from "../replan/places.ts";
import { dirAtHome } from "../proposals/changes.ts";
import { type Arrival, evenLogDirs, roomiest } from "./even_log_dirs.ts";
import { keepsHardLimits, keepsShared, moveIsLegal } from "../search/legal.ts";
import { relocate, type Search } from "../search/state.ts";
import { addReplica } from "../search/violation.ts";

/** Replicas that get a log dir between two yields. */
const CHUNK = 2000;

/** Which goals about log dirs are asked for. */
export interface LogDirWishes {
  readonly capacity: boolean;
  readonly balance: boolean;
}

/** Does it on the state of the search's context; nothing where there are no log dirs. What is where it was `before` stays there, if it fits. */
export function* assignLogDirs(
  search: Search,
  wishes: LogDirWishes,
  before?: Places,
): Generator<void, void> {
  const { logDirs } = search.context;
  if (logDirs === undefined) return;
  logDirs.reset();
  const { model } = search;
  const limits = dirCapacityLimits(search.context);
  const all = arrivals(model);
  for (const r of all) logDirs.leave(r, model.home[r]!);
  const coming = all.filter((r) => !staysForAnother(model, logDirs, r));
  const arriving = before?.dirOf === undefined
    ? coming
    : coming.filter((r) => !enterAgain(search, { logDirs, limits, replica: r }, before));
  const sizes = arriving.map((r) => logDirs.mb(r));
  const largestFirst = Int32Array.from(arriving.keys()).sort((a, b) =>
    sizes[b]! - sizes[a]! || a - b
  );
  for (let from = 0; from < largestFirst.length; from += CHUNK) {
    const some = largestFirst.subarray(from, from + CHUNK).map((i) => arriving[i]!);
    placeSome(search, { logDirs, limits }, some);
    yield;
  }
  for (const broker of search.context.alive) {
    evenBroker(search, wishes, broker);
    yield;
  }
  logDirs.refresh();
}

/** Replicas that are not on their home broker. */
function arrivals({ replicaCount, broker, home }: ClusterModel): number[] {
  const found: number[] = [];
  for (let r = 0; r < replicaCount; r++) if (broker[r] !== home[r]) found.push(r);
  return found;
}

/** A loop of its own: V8 does not optimize generators. */
function placeSome(
  search: Search,
  parts: Omit<Arrival, "replica">,
  replicas: Int32Array,
): void {
  for (let i = 0; i < replicas.length; i++) place(search, { ...parts, replica: replicas[i]! });
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

/**
 * Puts a replica where another one of its partition has been that leaves the broker: nothing is copied there, as the broker goes on with what it
 * has. False where there is none, or its log dir is not to be used.
 */
function staysForAnother(model: ClusterModel, logDirs: LogDirState, replica: number): boolean {
  const b = model.broker[replica]!;
  const dir = dirAtHome(model, model.partition[replica]!, b);
  if (dir < 0 || !logDirs.isUsable(b, dir)) return false;
  logDirs.enter(replica, b, dir);
  return true;
}

/** Puts a replica where the plan before has it; false where it has moved on since, or does not fit any more. */
function enterAgain(
  { model }: Search,
  { logDirs, limits, replica }: Arrival,
  { broker, dirOf }: Places,
): boolean {
  const b = broker[replica]!;
  const dir = dirOf![replica]!;
  if (model.broker[replica] !== b || dir < 0) return false;
  if (logDirs.mostWith(b, dir, { enters: replica }) > limits(b, dir).upper) return false;
  logDirs.enter(replica, b, dir);
  return true;
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
