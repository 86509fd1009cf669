/**
 * Writes a cluster snapshot file, version 1; `snapshot_read.ts` says what its optional members are.
 *
 * @module
 */
import type { Result } from "../lib/failure.ts";
import type { ClusterInput, InputBroker } from "./cluster_input.ts";
import { type WriteOptions, writeTextFile } from "./files.ts";
import { DISK, RESOURCE_COUNT, RESOURCES } from "./metrics.ts";
import { SNAPSHOT_VERSION } from "./snapshot_read.ts";

/** Characters gathered before they are handed on: large enough that writing costs little a call. */
const CHUNK_CHARACTERS = 1 << 16;

/** How a snapshot is written. */
export interface SnapshotWriteOptions extends WriteOptions {
  /** Another name for a topic, so that a file can be shown to others. */
  readonly topicName?: (name: string) => string;
}

/** The text of a snapshot in pieces. The same input gives the same text. O(R). */
export function* snapshotText(
  input: ClusterInput,
  options: SnapshotWriteOptions = {},
): Generator<string, void> {
  let text = `{"version":${SNAPSHOT_VERSION}`;
  if (input.unknownResources.size > 0) {
    const entries = [...input.unknownResources].map(([id, why]) => [RESOURCES[id]!, why]);
    text += `,"unknownResources":${JSON.stringify(Object.fromEntries(entries))}`;
  }
  text += `,"brokers":[${input.brokers.map(brokerText).join(",\n")}],\n"topics":[`;
  for (const [topic, name] of input.topicNames.entries()) {
    const shown = options.topicName === undefined ? name : options.topicName(name);
    text += `${topic === 0 ? "" : ","}\n{"name":${JSON.stringify(shown)},"partitions":[`;
    const first = input.partitionStart[topic]!;
    for (let p = first; p < input.partitionStart[topic + 1]!; p++) {
      text += (p === first ? "\n" : ",\n") + partitionText(input, p);
      if (text.length >= CHUNK_CHARACTERS) {
        yield text;
        text = "";
      }
    }
    text += "]}";
  }
  yield `${text}]}\n`;
}

/**
 * Writes a snapshot file, packed when its name ends in `.gz`.
 *
 * @returns `invalid_file` when it cannot be written, `cancelled` when the signal was aborted.
 */
export function writeSnapshotFile(
  path: string,
  input: ClusterInput,
  options: SnapshotWriteOptions = {},
): Promise<Result<void>> {
  return writeTextFile(path, snapshotText(input, options), "snapshot", options);
}

function brokerText(broker: InputBroker): string {
  const [cpu, nwIn, nwOut, disk] = broker.capacity;
  return JSON.stringify({
    id: broker.id,
    rack: broker.rack,
    host: broker.host,
    ...(broker.state === "alive" ? {} : { state: broker.state }),
    capacity: { cpu, nwIn, nwOut, disk },
    cores: broker.cores,
    ...(broker.capacityEstimated ? { capacityEstimated: true } : {}),
    ...(broker.logDirs.length === 0 ? {} : {
      logDirs: broker.logDirs.map((dir) => ({
        path: dir.path,
        capacity: dir.capacityMb,
        alive: dir.alive,
      })),
    }),
  });
}

function partitionText(input: ClusterInput, p: number): string {
  const start = input.replicaStart[p]!;
  const end = input.replicaStart[p + 1]!;
  const leader = input.leaderReplica[p]!;
  let ids = "";
  const offline: number[] = [];
  let hasDirs = false;
  for (let r = start; r < end; r++) {
    const broker = input.brokers[input.replicaBroker[r]!]!;
    ids += r === start ? broker.id : `,${broker.id}`;
    const dir = input.replicaLogDir[r]!;
    if (dir >= 0) hasDirs = true;
    const explained = broker.state === "dead" || (dir >= 0 && broker.logDirs[dir]?.alive === false);
    if (input.replicaOffline[r] === 1 && !explained) offline.push(broker.id);
  }
  const leaderId = leader < 0 ? -1 : input.brokers[input.replicaBroker[leader]!]!.id;
  let text = `{"id":${input.partitionNumber[p]},"replicas":[${ids}],"leader":${leaderId},"load":[${
    loadText(input.leaderLoad, p)
  }],"followerLoad":[${loadText(input.followerLoad, p)}]`;
  if (hasDirs) text += `,"logDirs":${JSON.stringify(logDirsOf(input, start, end))}`;
  if (offline.length > 0) text += `,"offline":[${offline.join(",")}]`;
  return `${text}${sizesText(input, p)}${windowsText(input, p)}}`;
}

/** A resource that is not known is written as 0; `unknownResources` says so. */
function loadText(loads: Float64Array, p: number): string {
  let text = "";
  for (let resource = 0; resource < RESOURCE_COUNT; resource++) {
    const value = loads[p * RESOURCE_COUNT + resource]!;
    text += `${resource === 0 ? "" : ","}${Number.isNaN(value) ? 0 : value}`;
  }
  return text;
}

function windowsText(input: ClusterInput, p: number): string {
  if (input.windows === undefined) return "";
  const { count, loads, followerCpu } = input.windows;
  const texts: string[] = [];
  for (let w = 0; w < count; w++) texts.push(`[${loadText(loads, p * count + w)}]`);
  const text = `,"windows":[${texts.join(",")}]`;
  if (followerCpu === undefined) return text;
  return `${text},"followerCpu":[${followerCpu.subarray(p * count, (p + 1) * count).join(",")}]`;
}

/** "" where it is not known: nobody asks a dead broker. */
function logDirsOf(input: ClusterInput, start: number, end: number): string[] {
  const paths: string[] = [];
  for (let r = start; r < end; r++) {
    const broker = input.brokers[input.replicaBroker[r]!]!;
    paths.push(broker.logDirs[input.replicaLogDir[r]!]?.path ?? "");
  }
  return paths;
}

function sizesText(input: ClusterInput, p: number): string {
  if (input.replicaDiskMb.length === 0) return "";
  const sizes: number[] = [];
  let differs = false;
  for (let r = input.replicaStart[p]!; r < input.replicaStart[p + 1]!; r++) {
    const loads = r === input.leaderReplica[p] ? input.leaderLoad : input.followerLoad;
    const usual = loads[p * RESOURCE_COUNT + DISK]!;
    const own = input.replicaDiskMb[r]!;
    if (!Number.isNaN(own) && own !== usual) differs = true;
    sizes.push(Number.isNaN(own) ? usual : own);
  }
  return differs ? `,"replicaDiskMb":[${sizes.join(",")}]` : "";
}
