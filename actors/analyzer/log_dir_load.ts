/**
 * What each log dir carries, now or after a plan. Pure.
 *
 * @module
 */
import type { LogDirLoad } from "../../messages/analyzer.ts";
import { drain } from "../../lib/steps.ts";
import { type ClusterInput, partitionAt } from "../../model/cluster_input.ts";
import { DISK, RESOURCE_COUNT } from "../../model/metrics.ts";
import type { Proposal, Proposals } from "../../model/proposal.ts";

type Sums = { -readonly [K in keyof LogDirLoad]: LogDirLoad[K] };

/** By broker id, in the order of its log dirs; empty where log dirs are not modelled. */
export type LogDirLoads = ReadonlyMap<number, readonly LogDirLoad[]>;

/** Partitions looked at between two yields. */
const CHUNK = 5000;

/** Loads as the cluster is. O(R). */
export function logDirLoads(input: ClusterInput): LogDirLoads {
  return drain(logDirLoadSteps(input, []));
}

/**
 * Loads with `proposals` carried out, in steps. A replica whose log dir is not known, such as one that Kafka will place
 * itself, is in none. O(R).
 */
export function* logDirLoadSteps(
  input: ClusterInput,
  proposals: Proposals,
): Generator<void, LogDirLoads, void> {
  const modelled = input.brokers.filter((broker) => broker.logDirs.length > 0);
  const sums = new Map<number, Sums[]>(
    modelled.map((broker) => [
      broker.id,
      broker.logDirs.map(({ path, alive, capacityMb }) => ({
        path,
        alive,
        capacityMb,
        usedMb: 0,
        replicas: 0,
        leaders: 0,
      })),
    ]),
  );
  if (modelled.length === 0) return sums;
  const proposalOf = yield* proposalsByPartition(input, proposals);
  for (let p = 0; p < proposalOf.length; p++) {
    const k = proposalOf[p]!;
    if (k < 0) addHome(sums, input, p);
    else addProposed(sums, input, p, proposals.at(k)!);
    if (p % CHUNK === 0) yield;
  }
  return sums;
}

/** By partition: index of its proposal, -1 = none. */
function* proposalsByPartition(
  input: ClusterInput,
  proposals: Proposals,
): Generator<void, Int32Array, void> {
  const topics = new Map(input.topicNames.map((name, t) => [name, t]));
  const proposalOf = new Int32Array(input.partitionNumber.length).fill(-1);
  for (let k = 0; k < proposals.length; k++) {
    const { topic, partition } = proposals.at(k)!;
    proposalOf[partitionAt(input, topics.get(topic)!, partition)] = k;
    if (k % CHUNK === 0) yield;
  }
  return proposalOf;
}

function addHome(sums: ReadonlyMap<number, Sums[]>, input: ClusterInput, p: number): void {
  for (let r = input.replicaStart[p]!; r < input.replicaStart[p + 1]!; r++) {
    const { id } = input.brokers[input.replicaBroker[r]!]!;
    const sum = sums.get(id)?.[input.replicaLogDir[r]!];
    if (sum !== undefined) add(sum, ownSize(input, p, r), r === input.leaderReplica[p]);
  }
}

function addProposed(
  sums: ReadonlyMap<number, Sums[]>,
  input: ClusterInput,
  p: number,
  { newReplicas }: Proposal,
): void {
  for (const [i, { brokerId, logDir }] of newReplicas.entries()) {
    const sum = sums.get(brokerId)?.find(({ path }) => path === logDir);
    if (sum !== undefined) add(sum, sizeOn(input, p, brokerId), i === 0);
  }
}

function add(sum: Sums, mb: number, leads: boolean): void {
  sum.usedMb += mb;
  sum.replicas++;
  if (leads) sum.leaders++;
}

/** MB of a partition's replica: its own size where it is already, else the leader's. */
function sizeOn(input: ClusterInput, p: number, brokerId: number): number {
  for (let r = input.replicaStart[p]!; r < input.replicaStart[p + 1]!; r++) {
    if (input.brokers[input.replicaBroker[r]!]!.id !== brokerId) continue;
    return ownSize(input, p, r);
  }
  return leaderSize(input, p);
}

/** MB of a replica where it is. */
function ownSize(input: ClusterInput, p: number, r: number): number {
  const own = input.replicaDiskMb[r] ?? NaN;
  return Number.isNaN(own) ? leaderSize(input, p) : own;
}

function leaderSize({ leaderLoad }: ClusterInput, p: number): number {
  return leaderLoad[p * RESOURCE_COUNT + DISK]!;
}
