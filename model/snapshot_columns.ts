/**
 * Growing columns that the snapshot reader fills, one partition after the other.
 *
 * @module
 */
import type { ClusterInput, InputBroker } from "./cluster_input.ts";
import { RESOURCE_COUNT } from "./metrics.ts";

/** What the reader of topics hands to the reader of the file. */
export type TopicArrays = Pick<
  ClusterInput,
  | "topicNames"
  | "partitionStart"
  | "partitionNumber"
  | "replicaStart"
  | "replicaBroker"
  | "replicaLogDir"
  | "replicaOffline"
  | "leaderReplica"
  | "leaderLoad"
  | "followerLoad"
  | "replicaDiskMb"
  | "windows"
>;

/** Typical bytes of text a partition and a replica; only decides the first allocation. */
const BYTES_A_PARTITION = 150;
const BYTES_A_REPLICA = 50;

/** The columns, and the partition that is being read. */
export class TopicColumns {
  readonly topicNames: string[] = [];
  /** Partitions that are complete. */
  partitions: number = 0;
  /** The partition being read: its number, the id of its leader (-1 none), loads. */
  number: number = 0;
  leaderId: number = -1;
  readonly load: Float64Array = new Float64Array(RESOURCE_COUNT);
  readonly followerLoad: Float64Array = new Float64Array(RESOURCE_COUNT);
  logDirPaths: string[] = [];
  offlineIds: number[] = [];
  diskMb: number[] = [];
  /** Four numbers a window. */
  windows: number[] = [];

  #partitionStart: number[] = [];
  #replicas = 0;
  #firstReplica = 0;
  #partitionNumber: Int32Array;
  #replicaStart: Int32Array;
  #leaderReplica: Int32Array;
  #leaderLoad: Float64Array;
  #followerLoad: Float64Array;
  #replicaBroker: Int32Array;
  #replicaLogDir: Int16Array;
  #replicaOffline: Uint8Array;
  /** Sparse until the end: few files give sizes of their own to replicas. */
  #replicaDiskMb = new Map<number, number>();
  /** By partition, where a file gives windows. */
  #windows = new Map<number, Float64Array>();
  #windowCount = 0;

  /** @param textBytes length of the whole file, for the first guess of sizes */
  constructor(textBytes: number) {
    const partitions = 16 + Math.floor(textBytes / BYTES_A_PARTITION);
    const replicas = 16 + Math.floor(textBytes / BYTES_A_REPLICA);
    this.#partitionNumber = new Int32Array(partitions);
    this.#replicaStart = new Int32Array(partitions + 1);
    this.#leaderReplica = new Int32Array(partitions);
    this.#leaderLoad = new Float64Array(partitions * RESOURCE_COUNT);
    this.#followerLoad = new Float64Array(partitions * RESOURCE_COUNT);
    this.#replicaBroker = new Int32Array(replicas);
    this.#replicaLogDir = new Int16Array(replicas);
    this.#replicaOffline = new Uint8Array(replicas);
  }

  beginTopic(): void {
    this.#partitionStart.push(this.partitions);
  }

  endTopic(name: string): void {
    this.topicNames.push(name);
  }

  beginPartition(): void {
    if (this.partitions >= this.#partitionNumber.length) this.#growPartitions();
    this.#firstReplica = this.#replicas;
    this.leaderId = -1;
    if (this.logDirPaths.length > 0) this.logDirPaths = [];
    if (this.offlineIds.length > 0) this.offlineIds = [];
    if (this.diskMb.length > 0) this.diskMb = [];
    if (this.windows.length > 0) this.windows = [];
  }

  /** False when the partition has a replica on that broker already. */
  addReplica(broker: number): boolean {
    for (let r = this.#firstReplica; r < this.#replicas; r++) {
      if (this.#replicaBroker[r] === broker) return false;
    }
    if (this.#replicas >= this.#replicaBroker.length) this.#growReplicas();
    this.#replicaBroker[this.#replicas++] = broker;
    return true;
  }

  /** Stores the partition. Says what is wrong with it, if anything. */
  endPartition(brokers: readonly InputBroker[]): { member: string; text: string } | undefined {
    const p = this.partitions;
    let leader = -1;
    for (let r = this.#firstReplica; r < this.#replicas; r++) {
      const broker = brokers[this.#replicaBroker[r]!]!;
      if (broker.id === this.leaderId) leader = r;
      this.#replicaLogDir[r] = -1;
      this.#replicaOffline[r] = broker.state === "dead" ? 1 : 0;
    }
    if (leader < 0 && this.leaderId >= 0) {
      return { member: "leader", text: `must be one of replicas, got ${this.leaderId}` };
    }
    const problem = this.#placeLogDirs(brokers) ?? this.#markOffline(brokers) ??
      this.#setSizes() ?? this.#setWindows();
    if (problem !== undefined) return problem;
    this.#partitionNumber[p] = this.number;
    this.#leaderReplica[p] = leader;
    this.#leaderLoad.set(this.load, p * RESOURCE_COUNT);
    this.#followerLoad.set(this.followerLoad, p * RESOURCE_COUNT);
    this.partitions = p + 1;
    this.#replicaStart[this.partitions] = this.#replicas;
    return undefined;
  }

  /** Place within the topic of a partition whose number came before, -1 when all differ. */
  repeatedNumber(first: number): number {
    let ascending = true;
    for (let p = first + 1; p < this.partitions && ascending; p++) {
      ascending = this.#partitionNumber[p]! > this.#partitionNumber[p - 1]!;
    }
    if (ascending) return -1;
    const seen = new Set<number>();
    for (let p = first; p < this.partitions; p++) {
      if (seen.has(this.#partitionNumber[p]!)) return p - first;
      seen.add(this.#partitionNumber[p]!);
    }
    return -1;
  }

  /** The arrays, cut to their length. The columns must not be used afterwards. */
  finish(): TopicArrays {
    const { partitions } = this;
    return {
      topicNames: this.topicNames,
      partitionStart: Int32Array.from([...this.#partitionStart, partitions]),
      partitionNumber: this.#partitionNumber.subarray(0, partitions),
      replicaStart: this.#replicaStart.subarray(0, partitions + 1),
      replicaBroker: this.#replicaBroker.subarray(0, this.#replicas),
      replicaLogDir: this.#replicaLogDir.subarray(0, this.#replicas),
      replicaOffline: this.#replicaOffline.subarray(0, this.#replicas),
      leaderReplica: this.#leaderReplica.subarray(0, partitions),
      leaderLoad: this.#leaderLoad.subarray(0, partitions * RESOURCE_COUNT),
      followerLoad: this.#followerLoad.subarray(0, partitions * RESOURCE_COUNT),
      replicaDiskMb: this.#sizes(),
      ...this.#allWindows(),
    };
  }

  #setWindows(): { member: string; text: string } | undefined {
    if (this.windows.length === 0) return undefined;
    const count = this.windows.length / RESOURCE_COUNT;
    if (this.#windowCount > 0 && count !== this.#windowCount) {
      return {
        member: "windows",
        text:
          `must have as many windows as the partitions before, ${this.#windowCount}, got ${count}`,
      };
    }
    this.#windowCount = count;
    this.#windows.set(this.partitions, Float64Array.from(this.windows));
    return undefined;
  }

  /** A partition without windows has its load in all of them. */
  #allWindows(): Pick<ClusterInput, "windows"> {
    const count = this.#windowCount;
    if (count === 0) return {};
    const loads = new Float64Array(this.partitions * count * RESOURCE_COUNT);
    for (let p = 0; p < this.partitions; p++) {
      const own = this.#windows.get(p);
      const from = p * RESOURCE_COUNT;
      const usual = this.#leaderLoad.subarray(from, from + RESOURCE_COUNT);
      for (let w = 0; w < count; w++) {
        const at = w * RESOURCE_COUNT;
        loads.set(
          own?.subarray(at, at + RESOURCE_COUNT) ?? usual,
          (p * count + w) * RESOURCE_COUNT,
        );
      }
    }
    return { windows: { count, loads } };
  }

  #placeLogDirs(brokers: readonly InputBroker[]): { member: string; text: string } | undefined {
    const paths = this.logDirPaths;
    if (paths.length === 0) return undefined;
    const count = this.#replicas - this.#firstReplica;
    if (paths.length !== count) {
      return { member: "logDirs", text: `must have ${count} paths, got ${paths.length}` };
    }
    for (const [i, path] of paths.entries()) {
      const broker = brokers[this.#replicaBroker[this.#firstReplica + i]!]!;
      const dir = broker.logDirs.findIndex((candidate) => candidate.path === path);
      if (dir < 0) {
        return {
          member: `logDirs[${i}]`,
          text: `must be a log dir of broker ${broker.id}, got ${JSON.stringify(path)}`,
        };
      }
      this.#replicaLogDir[this.#firstReplica + i] = dir;
      if (!broker.logDirs[dir]!.alive) this.#replicaOffline[this.#firstReplica + i] = 1;
    }
    return undefined;
  }

  #markOffline(brokers: readonly InputBroker[]): { member: string; text: string } | undefined {
    for (const [i, id] of this.offlineIds.entries()) {
      let found = false;
      for (let r = this.#firstReplica; r < this.#replicas; r++) {
        if (brokers[this.#replicaBroker[r]!]!.id !== id) continue;
        this.#replicaOffline[r] = 1;
        found = true;
      }
      if (!found) return { member: `offline[${i}]`, text: `must be one of replicas, got ${id}` };
    }
    return undefined;
  }

  #setSizes(): { member: string; text: string } | undefined {
    const count = this.#replicas - this.#firstReplica;
    if (this.diskMb.length === 0) return undefined;
    if (this.diskMb.length !== count) {
      return {
        member: "replicaDiskMb",
        text: `must have ${count} sizes, got ${this.diskMb.length}`,
      };
    }
    for (const [i, size] of this.diskMb.entries()) {
      this.#replicaDiskMb.set(this.#firstReplica + i, size);
    }
    return undefined;
  }

  #sizes(): Float64Array {
    if (this.#replicaDiskMb.size === 0) return new Float64Array(0);
    const sizes = new Float64Array(this.#replicas).fill(NaN);
    for (const [replica, size] of this.#replicaDiskMb) sizes[replica] = size;
    return sizes;
  }

  #growPartitions(): void {
    this.#partitionNumber = grown(this.#partitionNumber, Int32Array);
    this.#replicaStart = grown(this.#replicaStart, Int32Array);
    this.#leaderReplica = grown(this.#leaderReplica, Int32Array);
    this.#leaderLoad = grown(this.#leaderLoad, Float64Array, RESOURCE_COUNT);
    this.#followerLoad = grown(this.#followerLoad, Float64Array, RESOURCE_COUNT);
  }

  #growReplicas(): void {
    this.#replicaBroker = grown(this.#replicaBroker, Int32Array);
    this.#replicaLogDir = grown(this.#replicaLogDir, Int16Array);
    this.#replicaOffline = grown(this.#replicaOffline, Uint8Array);
  }
}

interface Settable<T> {
  readonly length: number;
  set(other: T): void;
}

/** `stride` elements a row: columns of one table must have room for the same rows. */
function grown<T extends Settable<T>>(
  column: T,
  type: new (length: number) => T,
  stride = 1,
): T {
  const larger = new type((Math.ceil(column.length / stride * 1.5) + 1) * stride);
  larger.set(column);
  return larger;
}
