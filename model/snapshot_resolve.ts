/**
 * From the columns of a snapshot file to the arrays of a cluster input: ids become indices, and what partitions say of
 * brokers is checked.
 *
 * @module
 */
import type { ClusterInput, InputBroker } from "./cluster_input.ts";
import { JsonProblem } from "./json_bytes.ts";
import { shown } from "./json_values.ts";
import type { TopicColumns } from "./snapshot_columns.ts";
import { RESOURCE_COUNT } from "./metrics.ts";

/** Broker ids up to here are looked up in an array, others in a map. */
const DENSE_ID_MAX = 1 << 16;

/** Indices of brokers by id, of low ids as an array and -1 = none, of others as a map. */
function brokerIndexes(brokers: readonly InputBroker[]) {
  const highest = brokers[brokers.length - 1]!.id;
  const low = new Int32Array(Math.min(highest, DENSE_ID_MAX) + 1).fill(-1);
  const high = new Map<number, number>();
  for (const [index, { id }] of brokers.entries()) {
    if (id <= DENSE_ID_MAX) low[id] = index;
    else high.set(id, index);
  }
  return { low, high };
}

/**
 * The arrays of the input, some of them those of the columns, which must not be used afterwards. Throws
 * {@link JsonProblem}. O(P + R).
 *
 * @param brokers ascending by id
 */
export function resolveTopics(
  columns: TopicColumns,
  brokers: readonly InputBroker[],
): Omit<ClusterInput, "brokers" | "unknownResources"> {
  checkNames(columns);
  checkNumbers(columns);
  const { partitions, replicas, windowCount } = columns;
  const replicaOffline = new Uint8Array(replicas);
  placeReplicas(columns, brokers, replicaOffline);
  const replicaLogDir = placeLogDirs(columns, brokers, replicaOffline);
  markOffline(columns, brokers, replicaOffline);
  columns.fillWindows();
  return {
    topicNames: columns.topicNames,
    partitionStart: startsOf(columns),
    partitionNumber: columns.numbers.subarray(0, partitions),
    replicaStart: columns.replicaStart.subarray(0, partitions + 1),
    replicaBroker: columns.brokerIds.subarray(0, replicas),
    replicaLogDir,
    replicaOffline,
    leaderReplica: columns.leaderIds.subarray(0, partitions),
    leaderLoad: columns.leaderLoad.subarray(0, partitions * RESOURCE_COUNT),
    followerLoad: columns.followerLoad.subarray(0, partitions * RESOURCE_COUNT),
    replicaDiskMb: columns.sizesMb.subarray(0, replicas),
    ...(windowCount === 0 ? {} : {
      windows: {
        count: windowCount,
        loads: columns.windowLoads.subarray(0, partitions * windowCount * RESOURCE_COUNT),
        followerCpu: columns.windowCpu.subarray(0, partitions * windowCount),
      },
    }),
  };
}

function startsOf({ partitionStart, partitions }: TopicColumns): Int32Array {
  const starts = new Int32Array(partitionStart.length + 1).fill(partitions);
  starts.set(partitionStart);
  return starts;
}

/** A problem with a member of a partition. */
function problemAt(
  columns: TopicColumns,
  partition: number,
  options: { member: string; problem: string },
): JsonProblem {
  let topic = columns.partitionStart.length - 1;
  while (columns.partitionStart[topic]! > partition) topic--;
  const place = `topics[${topic}].partitions[${partition - columns.partitionStart[topic]!}]`;
  return new JsonProblem(`${place}.${options.member}`, options.problem);
}

function checkNames(columns: TopicColumns): void {
  const { topicNames } = columns;
  if (areAscending(topicNames) || new Set(topicNames).size === topicNames.length) return;
  const seen = new Set<string>();
  for (const [topic, name] of topicNames.entries()) {
    if (seen.has(name)) {
      throw new JsonProblem(
        `topics[${topic}].name`,
        `must not repeat, got ${JSON.stringify(name)} twice`,
      );
    }
    seen.add(name);
  }
}

/** Whether each name is behind the one before, by its letters or by its length first: cheaper to see than a set to make. */
function areAscending(names: readonly string[]): boolean {
  let byText = true;
  let byLength = true;
  for (let i = 1; i < names.length && (byText || byLength); i++) {
    const before = names[i - 1]!;
    const name = names[i]!;
    const isBehind = before < name;
    byText &&= isBehind;
    byLength &&= before.length < name.length || (isBehind && before.length === name.length);
  }
  return byText || byLength;
}

/** Partition numbers must differ within a topic; usually they ascend. */
function checkNumbers(columns: TopicColumns): void {
  const { isAscending, numbers, partitions, partitionStart } = columns;
  for (let topic = 0; topic < partitionStart.length && !isAscending; topic++) {
    const seen = new Set<number>();
    const end = partitionStart[topic + 1] ?? partitions;
    for (let p = partitionStart[topic]!; p < end; p++) {
      if (seen.has(numbers[p]!)) {
        throw problemAt(columns, p, {
          member: "id",
          problem: "must not repeat within the topic",
        });
      }
      seen.add(numbers[p]!);
    }
  }
}

/** Ids of brokers become indices, ids of leaders their replicas; replicas on dead brokers are offline. */
function placeReplicas(
  columns: TopicColumns,
  brokers: readonly InputBroker[],
  offline: Uint8Array,
): void {
  const { brokerIds, leaderIds, replicaStart, partitions } = columns;
  const { low, high } = brokerIndexes(brokers);
  const isDead = Uint8Array.from(brokers, (broker) => broker.state === "dead" ? 1 : 0);
  for (let p = 0; p < partitions; p++) {
    const leaderId = leaderIds[p]!;
    const first = replicaStart[p]!;
    const end = replicaStart[p + 1]!;
    let leader = -1;
    for (let r = first; r < end; r++) {
      const id = brokerIds[r]!;
      const broker = id < low.length ? low[id]! : high.get(id) ?? -1;
      if (broker < 0) throw brokerProblem(columns, p, { replica: r, isKnown: false });
      for (let other = first; other < r; other++) {
        if (brokerIds[other] === broker) {
          throw brokerProblem(columns, p, { replica: r, isKnown: true });
        }
      }
      brokerIds[r] = broker;
      offline[r] = isDead[broker]!;
      if (id === leaderId) leader = r;
    }
    if (leader < 0 && leaderId >= 0) {
      const problem = `must be one of replicas, got ${leaderId}`;
      throw problemAt(columns, p, { member: "leader", problem });
    }
    leaderIds[p] = leader;
  }
}

/** A broker that is not known, or named twice. Apart, as texts made in a loop of millions cost more than the loop. */
function brokerProblem(
  columns: TopicColumns,
  partition: number,
  { replica, isKnown }: { replica: number; isKnown: boolean },
): JsonProblem {
  const id = columns.brokerIds[replica]!;
  return problemAt(columns, partition, {
    member: `replicas[${replica - columns.replicaStart[partition]!}]`,
    problem: isKnown
      ? `must name a broker once, got ${id} twice`
      : `must be the id of a broker in brokers, got ${id}`,
  });
}

/** Index of each replica's log dir, -1 = not told; replicas in dead ones are offline. */
function placeLogDirs(
  columns: TopicColumns,
  brokers: readonly InputBroker[],
  offline: Uint8Array,
): Int16Array {
  const { brokerIds, dirNumbers, replicaStart, partitions } = columns;
  const replicaLogDir = new Int16Array(columns.replicas).fill(-1);
  if (dirNumbers.length === 0) return replicaLogDir;
  const paths = [...columns.dirPaths.keys()];
  for (let p = 0; p < partitions; p++) {
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      if (dirNumbers[r]! < 0) continue;
      const path = paths[dirNumbers[r]!]!;
      const broker = brokers[brokerIds[r]!]!;
      const dir = broker.logDirs.findIndex((candidate) => candidate.path === path);
      if (dir < 0) {
        throw problemAt(columns, p, {
          member: `logDirs[${r - replicaStart[p]!}]`,
          problem: `must be a log dir of broker ${broker.id}, got ${shown(path)}`,
        });
      }
      replicaLogDir[r] = dir;
      if (!broker.logDirs[dir]!.alive) offline[r] = 1;
    }
  }
  return replicaLogDir;
}

function markOffline(
  columns: TopicColumns,
  brokers: readonly InputBroker[],
  offline: Uint8Array,
): void {
  const { brokerIds, replicaStart } = columns;
  for (const [p, ids] of columns.offlineIds) {
    for (const [i, id] of ids.entries()) {
      let r = replicaStart[p]!;
      while (r < replicaStart[p + 1]! && brokers[brokerIds[r]!]!.id !== id) r++;
      if (r === replicaStart[p + 1]!) {
        const problem = `must be one of replicas, got ${id}`;
        throw problemAt(columns, p, { member: `offline[${i}]`, problem });
      }
      offline[r] = 1;
    }
  }
}
