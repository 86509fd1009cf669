/**
 * What differs between home and a plan: which partitions, and how much that moves.
 *
 * @module
 */
import type { LogDirState } from "../../goals/log_dir_state.ts";
import { drain } from "../../lib/steps.ts";
import { type ClusterModel, DEMOTED } from "../../model/cluster_model.ts";
import { replicaMb } from "../../model/replica_axes.ts";

/** Partitions looked at between two yields. */
const CHUNK = 100_000;

/** What counts as a change besides brokers and leaders. */
export interface ChangesCounted {
  readonly logDirs?: LogDirState | undefined;
  readonly demoteFollowers?: boolean;
}

/** What a plan does, counted. MB: of replicas that land on a broker where their partition was not. */
export interface MoveTotals {
  readonly interBrokerReplicaMoves: number;
  readonly intraBrokerReplicaMoves: number;
  readonly leadershipMoves: number;
  readonly mbToMove: number;
}

/** What a plan changes. */
export interface Changes {
  /**
   * Partitions that differ from home, ascending; log dirs count when they are given, and the order of demoted followers
   * when they are to be last.
   */
  readonly partitions: Int32Array;
  readonly totals: MoveTotals;
}

/** Changes that are being counted. */
interface Count extends ChangesCounted {
  readonly partitions: Int32Array;
  /** Of `partitions`, how many are found. */
  found: number;
  moves: number;
  movesOnBroker: number;
  leaders: number;
  /** An array: V8's middle compiler would box a float that a loop carries in a variable. */
  readonly mb: Float64Array;
}

/** What the model as it is now changes, one pass. O(R). */
export function changesOf(model: ClusterModel, counted: ChangesCounted = {}): Changes {
  return drain(changeSteps(model, counted));
}

/** {@link changesOf} in steps. */
export function* changeSteps(
  model: ClusterModel,
  counted: ChangesCounted = {},
): Generator<void, Changes, void> {
  const { partitionCount } = model;
  const count: Count = {
    ...counted,
    partitions: new Int32Array(partitionCount),
    found: 0,
    moves: 0,
    movesOnBroker: 0,
    leaders: 0,
    mb: new Float64Array(1),
  };
  for (let from = 0; from < partitionCount; from += CHUNK) {
    countChanges(model, count, { from, to: Math.min(from + CHUNK, partitionCount) });
    yield;
  }
  return {
    partitions: count.partitions.slice(0, count.found),
    totals: {
      interBrokerReplicaMoves: count.moves,
      intraBrokerReplicaMoves: count.movesOnBroker,
      leadershipMoves: count.leaders,
      mbToMove: count.mb[0]!,
    },
  };
}

/** Looks at partitions `[from, to)`. */
function countChanges(
  model: ClusterModel,
  count: Count,
  { from, to }: { from: number; to: number },
): void {
  const { replicaStart, broker, home, leader, homeLeader } = model;
  const { partitions, mb, logDirs, demoteFollowers = false } = count;
  const isPlain = logDirs === undefined && !demoteFollowers;
  let { found, moves, leaders } = count;
  let start = replicaStart[from]!;
  for (let p = from; p < to; p++) {
    const end = replicaStart[p + 1]!;
    let moved = leader[p]! ^ homeLeader[p]!;
    for (let r = start; r < end; r++) moved |= broker[r]! ^ home[r]!;
    if (moved !== 0 || (!isPlain && changesOrder(model, count, p))) {
      partitions[found++] = p;
      const before = moves;
      for (let r = start; r < end; r++) {
        if (broker[r] === home[r] || wasAt(model, p, broker[r]!)) continue;
        moves++;
        mb[0]! += replicaMb(model, r);
      }
      const dirs = logDirs === undefined ? 0 : changedDirs(model, p, logDirs);
      count.movesOnBroker += dirs;
      // Another order of the list is a change of leadership to come.
      if (moves === before && (dirs === 0 || moved !== 0)) leaders++;
    }
    start = end;
  }
  count.found = found;
  count.moves = moves;
  count.leaders = leaders;
}

/** Whether a partition whose replicas and leader stay changes all the same. */
function changesOrder(model: ClusterModel, count: ChangesCounted, p: number): boolean {
  const { logDirs, demoteFollowers = false } = count;
  return (logDirs !== undefined && changedDirs(model, p, logDirs) > 0) ||
    (demoteFollowers && model.pinned[p] === 0 && hasEarlyDemoted(model, p, logDirs));
}

/** Brokers on which a partition goes to another log dir, whichever of its replicas is there. */
function changedDirs(model: ClusterModel, p: number, logDirs: LogDirState): number {
  let count = 0;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    const before = dirAtHome(model, p, model.broker[r]!);
    if (before >= 0 && logDirs.dirOf[r] !== before) count++;
  }
  return count;
}

/** The log dir on which a partition is on a broker in the real cluster; -1 where it is on none, or nobody knows. O(RF). */
export function dirAtHome(model: ClusterModel, p: number, broker: number): number {
  const replica = replicaAtHome(model, p, broker);
  return replica < 0 ? -1 : model.input.replicaLogDir[replica]!;
}

/** Whether a replica is on a broker or log dir that is to lead nothing. */
export function isDemoted(model: ClusterModel, replica: number, logDirs?: LogDirState): boolean {
  return (model.flags[model.broker[replica]!]! & DEMOTED) !== 0 ||
    logDirs?.isDemoted(replica) === true;
}

/** Whether a demoted follower stands before a replica that is not demoted. */
function hasEarlyDemoted(model: ClusterModel, p: number, logDirs?: LogDirState): boolean {
  let seen = false;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    const demoted = isDemoted(model, r, logDirs);
    if (seen && !demoted) return true;
    seen ||= demoted && model.leader[p] !== r;
  }
  return false;
}

/** Whether a replica of the partition is at home on a broker. O(RF). */
export function wasAt(model: ClusterModel, p: number, broker: number): boolean {
  return replicaAtHome(model, p, broker) >= 0;
}

/** The replica of a partition that is at home on a broker; -1 = none. */
function replicaAtHome({ home, replicaStart }: ClusterModel, p: number, broker: number): number {
  const end = replicaStart[p + 1]!;
  for (let r = replicaStart[p]!; r < end; r++) if (home[r] === broker) return r;
  return -1;
}
