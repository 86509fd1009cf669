/**
 * What each log dir carries, now or after a plan. Pure.
 *
 * @module
 */
import type { LogDirLoad } from "../../messages/analyzer.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { DISK, RESOURCE_COUNT } from "../../model/metrics.ts";
import type { Placement, Proposal } from "../../model/proposal.ts";

type Sums = { -readonly [K in keyof LogDirLoad]: LogDirLoad[K] };

/**
 * Loads by broker id, in the order of its log dirs, with `proposals` carried out; empty where log dirs are not
 * modelled. A replica whose log dir is not known, such as one that Kafka will place itself, is in none. O(R).
 */
export function logDirLoads(
  input: ClusterInput,
  proposals: Iterable<Proposal> = [],
): ReadonlyMap<number, readonly LogDirLoad[]> {
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
  const changed = new Map<string, Proposal>();
  for (const proposal of proposals) {
    changed.set(`${proposal.topic}-${proposal.partition}`, proposal);
  }
  for (const [t, topic] of input.topicNames.entries()) {
    for (let p = input.partitionStart[t]!; p < input.partitionStart[t + 1]!; p++) {
      const proposal = changed.get(`${topic}-${input.partitionNumber[p]}`);
      const { placements, leader } = proposal === undefined
        ? home(input, p)
        : { placements: proposal.newReplicas, leader: proposal.newReplicas[0]!.brokerId };
      for (const { brokerId, logDir } of placements) {
        const sum = sums.get(brokerId)?.find(({ path }) => path === logDir);
        if (sum === undefined) continue;
        sum.usedMb += sizeOn(input, p, brokerId);
        sum.replicas++;
        if (brokerId === leader) sum.leaders++;
      }
    }
  }
  return sums;
}

function home(input: ClusterInput, p: number): { placements: Placement[]; leader: number } {
  const placements: Placement[] = [];
  let leader = -1;
  for (let r = input.replicaStart[p]!; r < input.replicaStart[p + 1]!; r++) {
    const { id, logDirs } = input.brokers[input.replicaBroker[r]!]!;
    const dir = logDirs[input.replicaLogDir[r]!];
    placements.push(dir === undefined ? { brokerId: id } : { brokerId: id, logDir: dir.path });
    if (r === input.leaderReplica[p]) leader = id;
  }
  return { placements, leader };
}

/** MB of a partition's replica: its own size where it is already, else the leader's. */
function sizeOn(input: ClusterInput, p: number, brokerId: number): number {
  for (let r = input.replicaStart[p]!; r < input.replicaStart[p + 1]!; r++) {
    if (input.brokers[input.replicaBroker[r]!]!.id !== brokerId) continue;
    const own = input.replicaDiskMb[r] ?? NaN;
    if (!Number.isNaN(own)) return own;
  }
  return input.leaderLoad[p * RESOURCE_COUNT + DISK]!;
}
