/**
 * Carries a plan out on objects, and counts what that moves.
 *
 * @module
 */
import type { ClusterInput, InputBroker } from "../../model/cluster_input.ts";
import type { PlannedPartition, ReadPlan } from "../../model/plan_file.ts";
import type { Change } from "./prefixes.ts";
import { isAbout } from "./rounding.ts";
import type { Placed, PlacedReplica } from "./tally.ts";

/** Where plans say that a replica comes from that did not exist. */
const NO_BROKER = -1;
/** A plan carried out. */
export interface Applied {
  readonly placed: Placed[];
  /** In the plan's order. */
  readonly changes: readonly Change[];
  readonly replicasMoved: number;
  /** To other log dirs. */
  readonly movedOnBroker: number;
  readonly leadersMoved: number;
  readonly mbToMove: number;
}

/** Puts everything where the plan has it; sentences on what cannot be go to `problems`. O(R). */
export function apply(
  input: ClusterInput,
  before: readonly Placed[],
  options: { plan: ReadPlan; problems: string[] },
): Applied {
  const { plan, problems } = options;
  const rows = new Map<string, number>();
  for (const [row, placed] of before.entries()) {
    rows.set(`${placed.topic}-${placed.partition}`, row);
  }
  const ids = new Map(input.brokers.map((broker, index) => [broker.id, index]));
  const placed = [...before];
  const seen = new Set<number>();
  const changes: Change[] = [];
  let replicasMoved = 0;
  let movedOnBroker = 0;
  let leadersMoved = 0;
  let mbToMove = 0;
  for (const change of plan.partitions) {
    const name = `${change.topic}-${change.partition}`;
    const row = rows.get(name);
    if (row === undefined) {
      problems.push(`${name} is not in the snapshot`);
      continue;
    }
    if (seen.has(row)) problems.push(`${name} is in the plan twice`);
    seen.add(row);
    const old = before[row]!;
    const next = placementAfter(old, change, { ids, problems, input });
    if (next === undefined) continue;
    const { reasons, group } = change;
    changes.push({ was: placed[row]!, is: next, reasons, group });
    placed[row] = next;
    const had = new Set(old.replicas.map((replica) => replica.broker));
    const added = next.replicas.filter((replica) => !had.has(replica.broker));
    const mb = added.reduce((sum, { diskMb }) => sum + diskMb, 0);
    replicasMoved += added.length;
    mbToMove += mb;
    const { mbToMove: said = mb } = change;
    if (!isAbout(said, mb)) {
      problems.push(`${name} is to copy ${mb} MB, the plan says ${said} MB`);
    }
    const dirs = next.replicas.filter((replica) => {
      const stays = old.replicas.find(({ broker }) => broker === replica.broker);
      return stays !== undefined && stays.logDir !== replica.logDir;
    }).length;
    movedOnBroker += dirs;
    // Another order of the list is a change of leadership to come.
    if (added.length === 0 && (dirs === 0 || next.leader !== old.leader)) leadersMoved++;
  }
  return { placed, changes, replicasMoved, movedOnBroker, leadersMoved, mbToMove };
}

function placementAfter(
  old: Placed,
  change: PlannedPartition,
  options: { ids: ReadonlyMap<number, number>; problems: string[]; input: ClusterInput },
): Placed | undefined {
  const { ids, problems, input } = options;
  const name = `${change.topic}-${change.partition}`;
  const oldIds = old.replicas.map((replica) => input.brokers[replica.broker]!.id);
  if (change.oldReplicas !== undefined && !sameMembers(change.oldReplicas, oldIds)) {
    problems.push(`${name} is on ${oldIds} in the snapshot, the plan says ${change.oldReplicas}`);
  }
  const leads = input.brokers[old.leader]!.id;
  if (change.oldLeader !== undefined && change.oldLeader !== leads) {
    problems.push(
      `${name} is led by broker ${leads} in the snapshot, the plan says ${change.oldLeader}`,
    );
  }
  if (new Set(change.newReplicas).size !== change.newReplicas.length) {
    problems.push(`${name} would have two replicas on one broker: ${change.newReplicas}`);
    return undefined;
  }
  const unknown = change.newReplicas.filter((id) => !ids.has(id));
  if (unknown.length > 0) {
    problems.push(`${name} would go to broker ${unknown}, which the snapshot does not have`);
    return undefined;
  }
  const brokers = change.newReplicas.map((id) => ids.get(id)!);
  const replicas = inOldPlaces(old, brokers).map((broker, i): PlacedReplica => {
    const stays = old.replicas.find((replica) => replica.broker === broker);
    const dir = logDirAfter(change, input.brokers[broker]!);
    if (stays !== undefined) {
      if (dir === undefined || dir === stays.logDir) return stays;
      return { ...stays, logDir: dir, offline: false };
    }
    // Sizes may differ between replicas: what arrives takes over from the one that the plan names, or from the
    // replica at its place in the list.
    const from = change.moves.find((move) => move.to === input.brokers[broker]!.id)?.from;
    const source = from === NO_BROKER
      ? old.newFollower
      : old.replicas.find((replica) => input.brokers[replica.broker]!.id === from) ??
        old.replicas[i] ?? old.newFollower;
    return { ...source, broker, logDir: dir ?? -1, offline: false };
  });
  return { ...old, replicas, leader: brokers[0]!, preferred: brokers[0]! };
}

/** Index of the log dir that the plan names for the replica on a broker; undefined when it names none. */
function logDirAfter(change: PlannedPartition, broker: InputBroker): number | undefined {
  const path = change.newLogDirs?.[change.newReplicas.indexOf(broker.id)];
  if (path === undefined || path === "any") return undefined;
  return broker.logDirs.findIndex((dir) => dir.path === path);
}

/** The new list with the leader put back where it came from: plans put it first, in exchange for what was first. */
function inOldPlaces(old: Placed, brokers: readonly number[]): number[] {
  const before = old.replicas.map((replica) => replica.broker);
  const came = before.indexOf(brokers[0]!);
  const went = brokers.indexOf(before[0]!);
  const places = [...brokers];
  const place = came >= 0 ? came : Math.max(0, went);
  if (place < places.length) [places[0], places[place]] = [places[place]!, places[0]!];
  return places;
}

function sameMembers(a: readonly number[], b: readonly number[]): boolean {
  const sorted = (list: readonly number[]) => [...list].sort((x, y) => x - y).join();
  return sorted(a) === sorted(b);
}
