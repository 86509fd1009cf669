/**
 * Growing columns that the snapshot reader fills, one partition after the other, as the file has them: brokers by id.
 *
 * ```
 * array           type          length       index      value
 * topicNames      string[]      T            topic      in the order of the file
 * partitionStart  number[]      T            topic      first partition of the topic
 * numbers         Int32Array    P            partition  Kafka's partition number
 * leaderIds       Int32Array    P            partition  id of the leading broker, -1 = none
 * replicaStart    Int32Array    P + 1        partition  first replica of the partition
 * leaderLoad      Float64Array  P x 4        partition  cpu %, nwIn KB/s, nwOut KB/s, disk MB of the leader
 * followerLoad    Float64Array  P x 4        partition  the same of each follower
 * brokerIds       Int32Array    R            replica    id of the broker
 * dirNumbers      Int32Array    0 or R       replica    number of its log dir's path in dirPaths, -1 = not told
 * sizesMb         Float64Array  0 or R       replica    MB where replicas of a partition differ in size, NaN = not told
 * windowLoads     Float64Array  0 or P x W x 4          partition, window (oldest first), resource of the leader
 * windowCpu       Float64Array  0 or P x W              partition, window (oldest first): cpu % of each follower
 * ```
 *
 * T, P and R are how much is in use; the typed arrays are longer.
 *
 * @module
 */
import { CPU, RESOURCE_COUNT } from "./metrics.ts";

/** Partitions and replicas for which there is room at first: those of a piece of a file. */
const FIRST_PARTITIONS = 2048;
const FIRST_REPLICAS = 3 * FIRST_PARTITIONS;
/** Names of topics that are gathered, in bytes; a single one may take half of that. */
const NAMES_BYTES = 1 << 14;
const NAMES_GAP = 0x0a;
/** Growth when it is not known how much is to come, and the least otherwise. */
const GROWTH = 1.5;
/** Room beyond what the part that was read makes expect. */
const MARGIN = 1.02;

/** See the table above. */
export class TopicColumns {
  readonly topicNames: string[] = [];
  readonly partitionStart: number[] = [];
  /** Whether numbers of partitions are known to ascend within each topic, so that none repeats. */
  isAscending = true;
  /** Partitions and replicas in use. */
  partitions = 0;
  replicas = 0;
  numbers: Int32Array = new Int32Array(0);
  leaderIds: Int32Array = new Int32Array(0);
  replicaStart: Int32Array = new Int32Array(0);
  leaderLoad: Float64Array = new Float64Array(0);
  followerLoad: Float64Array = new Float64Array(0);
  brokerIds: Int32Array = new Int32Array(0);
  dirNumbers: Int32Array = new Int32Array(0);
  sizesMb: Float64Array = new Float64Array(0);
  windowLoads: Float64Array = new Float64Array(0);
  windowCpu: Float64Array = new Float64Array(0);
  /** Windows that partitions have, 0 until one has any. */
  windowCount = 0;
  readonly dirPaths = new Map<string, number>();
  /** Ids of brokers whose replica is offline, by partition; only where there are some. */
  readonly offlineIds = new Map<number, readonly number[]>();
  /** Names that are not in {@link topicNames} yet, each with a gap behind it, and where the next would end. */
  readonly #names = new Uint8Array(NAMES_BYTES);
  #namesEnd = 0;
  #nextEnd = 0;
  /** Partitions whose windows are in place. */
  #windowed = 0;

  /** Grows once before anything is read: code that V8 compiles for arrays that never grew is thrown away when they do. */
  constructor() {
    this.#extendPartitions(FIRST_PARTITIONS);
    this.#extendReplicas(FIRST_REPLICAS);
  }

  /**
   * Makes room for a partition with that many replicas, and for many at once.
   *
   * @param share part of the file that has been read, 0 when it is not known
   */
  makeRoom(replicas: number, share: number): void {
    if (this.partitions >= this.numbers.length) {
      this.#extendPartitions(wantedLength(this.partitions + 1, share));
    }
    if (this.replicas + replicas > this.brokerIds.length) {
      this.#extendReplicas(wantedLength(this.replicas + replicas, share));
    }
  }

  #extendPartitions(length: number): void {
    this.numbers = extended(this.numbers, length, 0);
    this.leaderIds = extended(this.leaderIds, length, 0);
    this.replicaStart = extended(this.replicaStart, length + 1, 0);
    this.leaderLoad = extended(this.leaderLoad, length * RESOURCE_COUNT, 0);
    this.followerLoad = extended(this.followerLoad, length * RESOURCE_COUNT, 0);
  }

  #extendReplicas(length: number): void {
    this.brokerIds = extended(this.brokerIds, length, 0);
    if (this.dirNumbers.length > 0) this.dirNumbers = extended(this.dirNumbers, length, -1);
    if (this.sizesMb.length > 0) this.sizesMb = extended(this.sizesMb, length, NaN);
  }

  /** Begins a topic, whose first partition is the next one. */
  beginTopic(): void {
    this.partitionStart.push(this.partitions);
  }

  /**
   * Keeps the letters, digits and marks that names of topics are made of for a topic that is yet to begin; returns the
   * position behind them, -1 when there are none. Names become texts many at once.
   */
  takeName(text: DataView, at: number): number {
    const names = this.#names;
    const start = at;
    let end = this.#namesEnd;
    for (let byte = text.getInt8(at); byte >= 0x2d && byte <= 0x7a && byte !== 0x5c;) {
      names[end++] = byte;
      byte = text.getInt8(++at);
    }
    names[end++] = NAMES_GAP;
    this.#nextEnd = end;
    return at > start && end <= NAMES_BYTES ? at : -1;
  }

  /** Begins a topic by the name that was taken last and its first partition, which is in place. */
  beginNamed(first: number): void {
    this.partitionStart.push(first);
    this.#namesEnd = this.#nextEnd;
    if (this.#namesEnd > NAMES_BYTES / 2) this.flushNames();
  }

  /** Makes texts of the names that were taken and used. */
  flushNames(): void {
    if (this.#namesEnd === 0) return;
    const text = new TextDecoder().decode(this.#names.subarray(0, this.#namesEnd - 1));
    this.topicNames.push(...text.split(String.fromCharCode(NAMES_GAP)));
    this.#namesEnd = 0;
  }

  /** Says in which log dir a replica is. */
  setDir(replica: number, path: string): void {
    if (this.dirNumbers.length === 0) {
      this.dirNumbers = new Int32Array(this.brokerIds.length).fill(-1);
    }
    const number = this.dirPaths.get(path) ?? this.dirPaths.size;
    if (number === this.dirPaths.size) this.dirPaths.set(path, number);
    this.dirNumbers[replica] = number;
  }

  /** Gives a replica a size of its own. */
  setSize(replica: number, mb: number): void {
    if (this.sizesMb.length === 0) {
      this.sizesMb = new Float64Array(this.brokerIds.length).fill(NaN);
    }
    this.sizesMb[replica] = mb;
  }

  /**
   * Sets the windows of the partition that is being read: four numbers for each of {@link windowCount}, and the CPU of
   * each follower.
   */
  setWindows(loads: readonly number[], followerCpu: readonly number[]): void {
    this.fillWindows();
    this.#windowRoom(this.partitions + 1);
    this.windowLoads.set(loads, this.partitions * loads.length);
    this.windowCpu.set(followerCpu, this.partitions * followerCpu.length);
    this.#windowed = this.partitions + 1;
  }

  /** Gives all partitions since the last that had windows their load in every window. */
  fillWindows(): void {
    const { windowCount: count } = this;
    if (count === 0) return;
    this.#windowRoom(this.partitions);
    for (let p = this.#windowed; p < this.partitions; p++) {
      const load = this.leaderLoad.subarray(p * RESOURCE_COUNT, (p + 1) * RESOURCE_COUNT);
      for (let w = 0; w < count; w++) this.windowLoads.set(load, (p * count + w) * RESOURCE_COUNT);
      const followerCpu = this.followerLoad[p * RESOURCE_COUNT + CPU]!;
      this.windowCpu.fill(followerCpu, p * count, (p + 1) * count);
    }
  }

  #windowRoom(partitions: number): void {
    if (partitions * this.windowCount <= this.windowCpu.length) return;
    const length = wantedLength(partitions, 0) * this.windowCount;
    this.windowLoads = extended(this.windowLoads, length * RESOURCE_COUNT, 0);
    this.windowCpu = extended(this.windowCpu, length, 0);
  }
}

function wantedLength(length: number, share: number): number {
  const expected = share > 0 ? Math.min(length / share, MAX_LENGTH) * MARGIN : 0;
  return Math.ceil(Math.max(length * GROWTH, expected));
}

/** Partitions and replicas that no file is expected to have: the first bytes of a file say little of the rest. */
const MAX_LENGTH = 2 ** 24;

/**
 * A longer column with the same elements and `blank` behind them; the shorter one is gone. Its memory is given back at
 * once instead of left to the collector, which keeps the highest use of memory down; the new one's is touched only when
 * it is filled, unlike that of a buffer that is transferred to a longer one.
 */
function extended<T extends Int32Array | Float64Array>(
  column: T,
  length: number,
  blank: number,
): T {
  const type = column.constructor as new (length: number) => T;
  const used = column.length;
  const longer = new type(length);
  longer.set(column);
  if (blank !== 0) longer.fill(blank, used);
  (column.buffer as ArrayBuffer).transfer(0);
  return longer;
}
