/**
 * Changes how many replicas topics have. Replicas to add are put on a broker that is no broker, as if they were
 * offline there: the search then finds them their places as it does for any replica that has to leave. Replicas to
 * delete are gone before the search begins.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import { type ClusterInput, type InputBroker, NOWHERE } from "../../model/cluster_input.ts";
import { topicPattern } from "../../goals/constraint.ts";
import type { Placement, Proposal, ProposalReason } from "../../model/proposal.ts";

/** How many replicas the partitions of some topics are to have. */
export interface FactorWish {
  /** Regular expression, full match on topic names. */
  readonly topics: string;
  /** Replicas of each partition afterwards, >= 1. */
  readonly factor: number;
}

/** What is asked for. */
export interface FactorChange {
  /** Not empty. A topic that several of them match must be asked for one factor. */
  readonly wishes: readonly FactorWish[];
  /** Whether more replicas than racks are fine. */
  readonly skipRackCheck: boolean;
}

/** The cluster to plan for, and how to get back from it. */
export interface ChangedInput {
  /** The input with replicas deleted and added; its last broker is {@link NOWHERE} when replicas are added. */
  readonly input: ClusterInput;
  /** Partitions that only lose replicas, as the model's indices. */
  readonly reduced: Int32Array;
  /** Brings a proposal back to the real cluster: what was deleted was there before, what is added was not. */
  readonly restore: (proposal: Proposal, partition: number) => Proposal;
}

/** Makes it. Fails with `invalid_argument` as Cruise Control does. O(R). */
export function changeReplicationFactor(
  input: ClusterInput,
  change: FactorChange,
): Result<ChangedInput> {
  const wanted = input.topicNames.map(() => 0);
  for (const { topics, factor } of change.wishes) {
    const matches = topicPattern(topics, "the pattern of topics");
    if (!matches.ok) return matches;
    const problem = take(input, { matches: matches.value, factor, topics }, wanted);
    if (problem !== undefined) return refused(problem);
  }
  const problem = problemOf(input, change, wanted);
  return problem === undefined ? ok(rebuild(input, wanted)) : refused(problem);
}

function refused(problem: string): Result<never> {
  return fail("invalid_argument", `Cannot change the replication factor: ${problem}`);
}

/** Writes one wish into the wanted factor of each topic, 0 = as it is. Gives what is wrong with it. */
function take(
  input: ClusterInput,
  wish: FactorWish & { matches: (topic: string) => boolean },
  wanted: number[],
): string | undefined {
  const { factor, topics, matches } = wish;
  if (!Number.isInteger(factor) || factor < 1) return `must be an integer >= 1, got ${factor}`;
  let matched = false;
  for (const [t, topic] of input.topicNames.entries()) {
    if (!matches(topic)) continue;
    matched = true;
    if (wanted[t] !== 0 && wanted[t] !== factor) {
      return `topic ${topic} is to have ${wanted[t]} and ${factor} replicas at once`;
    }
    wanted[t] = factor;
  }
  return matched ? undefined : `no topic matches ${JSON.stringify(topics)}`;
}

function problemOf(
  input: ClusterInput,
  { wishes, skipRackCheck }: FactorChange,
  wanted: readonly number[],
): string | undefined {
  const factor = Math.max(...wishes.map((wish) => wish.factor));
  if (input.replicaOffline.includes(1)) return "replicas are offline, fix them first";
  const alive = input.brokers.filter((broker) => broker.state !== "dead");
  if (factor > alive.length) {
    return `${factor} replicas need ${factor} brokers, ${alive.length} are alive`;
  }
  const racks = new Set(alive.map((broker) => broker.rack)).size;
  if (factor > racks && !skipRackCheck) {
    return `${factor} replicas need ${factor} racks, ${racks} have alive brokers; skip the rack check to allow it`;
  }
  const differs = wanted.some((target, t) => {
    if (target === 0) return false;
    for (let p = input.partitionStart[t]!; p < input.partitionStart[t + 1]!; p++) {
      if (input.replicaStart[p + 1]! - input.replicaStart[p]! !== target) return true;
    }
    return false;
  });
  return differs
    ? undefined
    : `all matching topics have ${wishes.map((wish) => wish.factor).join(" or ")} replicas already`;
}

/** What becomes of one partition: replica rows that stay, and how many come. */
interface PartitionChange {
  readonly kept: readonly number[];
  readonly deleted: readonly number[];
  readonly added: number;
}

function changeOf(input: ClusterInput, p: number, target: number): PartitionChange {
  const rows: number[] = [];
  for (let r = input.replicaStart[p]!; r < input.replicaStart[p + 1]!; r++) rows.push(r);
  if (target === 0 || target >= rows.length) {
    return { kept: rows, deleted: [], added: target === 0 ? 0 : target - rows.length };
  }
  const leader = input.leaderReplica[p]!;
  const rackOf = (r: number) => input.brokers[input.replicaBroker[r]!]!.rack;
  const kept: number[] = leader >= 0 ? [leader] : [];
  // In the list's order, but racks that are not used yet first.
  while (kept.length < target) {
    const left = rows.filter((r) => !kept.includes(r));
    kept.push(left.find((r) => !kept.some((other) => rackOf(other) === rackOf(r))) ?? left[0]!);
  }
  return {
    kept: rows.filter((r) => kept.includes(r)),
    deleted: rows.filter((r) => !kept.includes(r)),
    added: 0,
  };
}

function rebuild(input: ClusterInput, wanted: readonly number[]): ChangedInput {
  const nowhere = input.brokers.length;
  const partitions = input.partitionNumber.length;
  const columns = {
    broker: [] as number[],
    logDir: [] as number[],
    offline: [] as number[],
    disk: [] as number[],
  };
  const replicaStart = new Int32Array(partitions + 1);
  const leaderReplica = new Int32Array(partitions);
  const deleted = new Map<number, Deleted>();
  const reduced: number[] = [];
  const ownSizes = input.replicaDiskMb.length > 0;
  let anyAdded = false;
  for (const [t, target] of wanted.entries()) {
    for (let p = input.partitionStart[t]!; p < input.partitionStart[t + 1]!; p++) {
      const change = changeOf(input, p, target);
      leaderReplica[p] = -1;
      for (const r of change.kept) {
        if (r === input.leaderReplica[p]) leaderReplica[p] = columns.broker.length;
        columns.broker.push(input.replicaBroker[r]!);
        columns.logDir.push(input.replicaLogDir[r]!);
        columns.offline.push(input.replicaOffline[r]!);
        if (ownSizes) columns.disk.push(input.replicaDiskMb[r]!);
      }
      for (let i = 0; i < change.added; i++) {
        anyAdded = true;
        columns.broker.push(nowhere);
        columns.logDir.push(-1);
        columns.offline.push(1);
        if (ownSizes) columns.disk.push(NaN);
      }
      replicaStart[p + 1] = columns.broker.length;
      if (change.deleted.length === 0) continue;
      reduced.push(p);
      const order = Array.from(
        input.replicaBroker.subarray(input.replicaStart[p]!, input.replicaStart[p + 1]!),
        (b) => input.brokers[b]!.id,
      );
      deleted.set(p, { order, placements: change.deleted.map((r) => placementOf(input, r)) });
    }
  }
  return {
    input: {
      ...input,
      brokers: anyAdded ? [...input.brokers, NO_BROKER] : input.brokers,
      replicaStart,
      leaderReplica,
      replicaBroker: Int32Array.from(columns.broker),
      replicaLogDir: Int16Array.from(columns.logDir),
      replicaOffline: Uint8Array.from(columns.offline),
      replicaDiskMb: Float64Array.from(columns.disk),
    },
    reduced: Int32Array.from(reduced),
    restore: (proposal, p) => restored(proposal, deleted.get(p)),
  };
}

const NO_BROKER: InputBroker = {
  id: NOWHERE,
  host: "",
  rack: "",
  state: "dead",
  capacity: [0, 0, 0, 0],
  cores: 1,
  capacityEstimated: false,
  logDirs: [],
};

function placementOf(input: ClusterInput, r: number): Placement {
  const broker = input.brokers[input.replicaBroker[r]!]!;
  const dir = broker.logDirs[input.replicaLogDir[r]!];
  return dir === undefined ? { brokerId: broker.id } : { brokerId: broker.id, logDir: dir.path };
}

/** What a partition loses, and the broker ids of all its replicas in Kafka's order. */
interface Deleted {
  readonly order: readonly number[];
  readonly placements: readonly Placement[];
}

function restored(proposal: Proposal, deleted: Deleted | undefined): Proposal {
  const existing = ({ brokerId }: Placement) => brokerId !== NOWHERE;
  const kept = proposal.oldReplicas.filter(existing);
  return {
    ...proposal,
    oldReplicas: deleted === undefined
      ? kept
      : [...kept, ...deleted.placements].sort((a, b) =>
        deleted.order.indexOf(a.brokerId) - deleted.order.indexOf(b.brokerId)
      ),
    // A replica that found no place stays away.
    newReplicas: proposal.newReplicas.filter(existing),
    reasons: proposal.reasons.map((reason) =>
      reason.from === NOWHERE
        ? { ...withoutSource(reason), goal: "", why: "the replication factor grows" }
        : reason
    ),
  };
}

/** What waits to be added stands on no broker. */
function withoutSource(reason: ProposalReason): ProposalReason {
  if (reason.figures === undefined) return reason;
  const [, , before, after] = reason.figures;
  return { ...reason, figures: [0, 0, before, after] };
}
