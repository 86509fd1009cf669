/**
 * The topics of a snapshot file, read from bytes straight into the arrays of a cluster input. A file has one
 * entry a partition, up to millions, so nothing is allocated for a partition or a replica.
 *
 * @module
 */
import { AMOUNT_MAX, type InputBroker } from "./cluster_input.ts";
import { followerCpu } from "./follower_load.ts";
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isName,
  JsonProblem,
  OPEN_ARRAY,
  OPEN_OBJECT,
  type Place,
  readNumber,
  skipSpace,
  skipString,
  skipValue,
  stringIn,
  unexpected,
} from "./json_bytes.ts";
import { CPU, DISK, NW_IN, NW_OUT, RESOURCE_COUNT } from "./metrics.ts";
import { type TopicArrays, TopicColumns } from "./snapshot_columns.ts";

/** Bits of the members that a partition has shown. */
const HAS_ID = 1;
const HAS_REPLICAS = 2;
const HAS_LEADER = 4;
const HAS_LOAD = 8;
const HAS_FOLLOWER_LOAD = 16;

/** Broker ids up to here are looked up in an array, others in a map. */
const DENSE_ID_MAX = 1 << 16;

/** State of one reading: where it is, for error messages, and what it looks up. */
class TopicPlace implements Place {
  readonly slot = new Float64Array(1);
  topic = -1;
  partition = -1;
  member = "";
  item = -1;
  readonly #dense: Int32Array;
  readonly #sparse = new Map<number, number>();

  constructor(readonly brokers: readonly InputBroker[]) {
    const highest = brokers[brokers.length - 1]!.id;
    this.#dense = new Int32Array(Math.min(highest, DENSE_ID_MAX) + 1).fill(-1);
    for (const [index, broker] of brokers.entries()) {
      if (broker.id <= DENSE_ID_MAX) this.#dense[broker.id] = index;
      else this.#sparse.set(broker.id, index);
    }
  }

  path(): string {
    let path = "topics";
    if (this.topic >= 0) path += `[${this.topic}]`;
    if (this.partition >= 0) path += `.partitions[${this.partition}]`;
    if (this.member !== "") path += `.${this.member}`;
    return this.item >= 0 ? `${path}[${this.item}]` : path;
  }

  problem(text: string): JsonProblem {
    return new JsonProblem(this.path(), text);
  }

  brokerIndex(id: number): number {
    const index = id >= 0 && id < this.#dense.length ? this.#dense[id]! : this.#sparse.get(id);
    if (index === undefined || index < 0) {
      throw this.problem(`must be the id of a broker in brokers, got ${id}`);
    }
    return index;
  }

  at(topic: number, partition: number, member: string): void {
    this.topic = topic;
    this.partition = partition;
    this.member = member;
    this.item = -1;
  }
}

/** The arrays that topics fill in, and the position behind them. Throws {@link JsonProblem}. O(bytes). */
export function readTopics(
  bytes: Uint8Array,
  at: number,
  brokers: readonly InputBroker[],
): { arrays: TopicArrays; at: number } {
  const place = new TopicPlace(brokers);
  const columns = new TopicColumns(bytes.length);
  const names = new Set<string>();
  at = openArray(bytes, at, place);
  let topic = 0;
  while (bytes[at] !== CLOSE_ARRAY) {
    place.at(topic, -1, "");
    at = readTopic(bytes, at, { place, columns });
    const name = columns.topicNames[topic]!;
    if (names.has(name)) {
      place.at(topic, -1, "name");
      throw place.problem(`must not repeat, got ${JSON.stringify(name)} twice`);
    }
    names.add(name);
    topic++;
    place.at(topic, -1, "");
    at = nextItem(bytes, at, place);
  }
  return { arrays: columns.finish(), at: at + 1 };
}

interface Reading {
  readonly place: TopicPlace;
  readonly columns: TopicColumns;
}

function readTopic(bytes: Uint8Array, at: number, reading: Reading): number {
  const { place, columns } = reading;
  const topic = place.topic;
  let name: string | undefined;
  let partitionsSeen = false;
  columns.beginTopic();
  at = openObject(bytes, at, place);
  while (bytes[at] !== CLOSE_OBJECT) {
    const start = at;
    const end = skipString(bytes, at, place);
    at = colon(bytes, end, place);
    if (isName(bytes, start, end, "name")) {
      place.member = "name";
      const nameEnd = skipString(bytes, at, place);
      name = stringIn(bytes, at, { end: nameEnd, place });
      at = nameEnd;
    } else if (isName(bytes, start, end, "partitions")) {
      place.member = "partitions";
      if (partitionsSeen) throw place.problem("must not be given twice");
      partitionsSeen = true;
      at = readPartitions(bytes, at, reading);
    } else at = skipValue(bytes, at, place);
    place.at(topic, -1, "");
    at = nextMember(bytes, at, place);
  }
  if (name === undefined || name === "") throw missing(place, "name", "the topic's name");
  if (!partitionsSeen) throw missing(place, "partitions", "an array");
  columns.endTopic(name);
  return at + 1;
}

function readPartitions(bytes: Uint8Array, at: number, reading: Reading): number {
  const { place, columns } = reading;
  const topic = place.topic;
  const first = columns.partitions;
  at = openArray(bytes, at, place);
  let partition = 0;
  while (bytes[at] !== CLOSE_ARRAY) {
    place.at(topic, partition, "");
    at = readPartition(bytes, at, reading);
    place.at(topic, ++partition, "");
    at = nextItem(bytes, at, place);
  }
  const repeated = columns.repeatedNumber(first);
  if (repeated >= 0) {
    place.at(topic, repeated, "id");
    throw place.problem("must not repeat within the topic");
  }
  return at + 1;
}

function readPartition(bytes: Uint8Array, at: number, reading: Reading): number {
  const { place, columns } = reading;
  const { topic, partition } = place;
  columns.beginPartition();
  let seen = 0;
  at = openObject(bytes, at, place);
  while (bytes[at] !== CLOSE_OBJECT) {
    const start = at;
    const end = skipString(bytes, at, place);
    at = colon(bytes, end, place);
    if (isName(bytes, start, end, "id")) {
      place.member = "id";
      at = readNumber(bytes, at, place);
      columns.number = integer(place, 0);
      seen |= HAS_ID;
    } else if (isName(bytes, start, end, "replicas")) {
      if ((seen & HAS_REPLICAS) !== 0) throw place.problem("must give replicas once");
      place.member = "replicas";
      at = readReplicas(bytes, at, reading);
      seen |= HAS_REPLICAS;
    } else if (isName(bytes, start, end, "leader")) {
      place.member = "leader";
      at = readNumber(bytes, at, place);
      columns.leaderId = integer(place, -1);
      seen |= HAS_LEADER;
    } else if (isName(bytes, start, end, "load")) {
      place.member = "load";
      at = readLoad(bytes, at, place, columns.load);
      seen |= HAS_LOAD;
    } else if (isName(bytes, start, end, "followerLoad")) {
      place.member = "followerLoad";
      at = readLoad(bytes, at, place, columns.followerLoad);
      seen |= HAS_FOLLOWER_LOAD;
    } else at = readRareMember(bytes, at, { start, end, reading });
    place.at(topic, partition, "");
    at = nextMember(bytes, at, place);
  }
  endPartition(reading, seen);
  return at + 1;
}

/** Members that few files have; apart, so that the loop over the others stays small enough to be compiled well. */
function readRareMember(
  bytes: Uint8Array,
  at: number,
  options: { start: number; end: number; reading: Reading },
): number {
  const { start, end, reading } = options;
  const { place, columns } = reading;
  if (isName(bytes, start, end, "logDirs")) {
    place.member = "logDirs";
    at = openArray(bytes, at, place);
    while (bytes[at] !== CLOSE_ARRAY) {
      place.item = columns.logDirPaths.length;
      const pathEnd = skipString(bytes, at, place);
      columns.logDirPaths.push(stringIn(bytes, at, { end: pathEnd, place }));
      at = nextItem(bytes, pathEnd, place);
    }
    return at + 1;
  }
  if (isName(bytes, start, end, "offline")) {
    place.member = "offline";
    at = openArray(bytes, at, place);
    while (bytes[at] !== CLOSE_ARRAY) {
      place.item = columns.offlineIds.length;
      at = readNumber(bytes, at, place);
      columns.offlineIds.push(integer(place, 0));
      at = nextItem(bytes, at, place);
    }
    return at + 1;
  }
  if (isName(bytes, start, end, "replicaDiskMb")) {
    place.member = "replicaDiskMb";
    at = openArray(bytes, at, place);
    while (bytes[at] !== CLOSE_ARRAY) {
      place.item = columns.diskMb.length;
      at = readNumber(bytes, at, place);
      columns.diskMb.push(amount(place));
      at = nextItem(bytes, at, place);
    }
    return at + 1;
  }
  if (isName(bytes, start, end, "windows")) {
    place.member = "windows";
    at = openArray(bytes, at, place);
    for (let window = 0; bytes[at] !== CLOSE_ARRAY; window++) {
      place.member = `windows[${window}]`;
      at = readLoad(bytes, at, place, windowLoad);
      columns.windows.push(...windowLoad);
      place.item = -1;
      at = nextItem(bytes, at, place);
    }
    return at + 1;
  }
  return skipValue(bytes, at, place);
}

/** Work space for one window. */
const windowLoad = new Float64Array(RESOURCE_COUNT);

function readReplicas(bytes: Uint8Array, at: number, reading: Reading): number {
  const { place, columns } = reading;
  at = openArray(bytes, at, place);
  let item = 0;
  while (bytes[at] !== CLOSE_ARRAY) {
    place.item = item++;
    at = readNumber(bytes, at, place);
    const broker = place.brokerIndex(place.slot[0]!);
    if (!columns.addReplica(broker)) {
      throw place.problem(`must name a broker once, got ${place.slot[0]} twice`);
    }
    at = nextItem(bytes, at, place);
  }
  if (item === 0) {
    place.item = -1;
    throw place.problem("must name at least one broker");
  }
  return at + 1;
}

function readLoad(bytes: Uint8Array, at: number, place: TopicPlace, into: Float64Array): number {
  at = openArray(bytes, at, place);
  for (let resource = 0; resource < RESOURCE_COUNT; resource++) {
    place.item = resource;
    if (bytes[at] === CLOSE_ARRAY) throw place.problem("is missing, wanted a number >= 0");
    at = readNumber(bytes, at, place);
    into[resource] = amount(place);
    at = nextItem(bytes, at, place);
  }
  if (bytes[at] !== CLOSE_ARRAY) {
    place.item = -1;
    throw place.problem(`must have ${RESOURCE_COUNT} numbers: cpu, nwIn, nwOut, disk`);
  }
  return at + 1;
}

function endPartition(reading: Reading, seen: number): void {
  const { place, columns } = reading;
  if ((seen & HAS_ID) === 0) throw missing(place, "id", "the partition's number");
  if ((seen & HAS_REPLICAS) === 0) throw missing(place, "replicas", "an array of broker ids");
  if ((seen & HAS_LEADER) === 0) throw missing(place, "leader", "a broker id");
  if ((seen & HAS_LOAD) === 0) throw missing(place, "load", "four numbers");
  if ((seen & HAS_FOLLOWER_LOAD) === 0) {
    const load = columns.load;
    const follower = columns.followerLoad;
    follower[CPU] = followerCpu(load[NW_IN]!, load[NW_OUT]!, load[CPU]!);
    follower[NW_IN] = load[NW_IN]!;
    follower[NW_OUT] = 0;
    follower[DISK] = load[DISK]!;
  }
  const problem = columns.endPartition(place.brokers);
  if (problem !== undefined) {
    place.member = problem.member;
    throw place.problem(problem.text);
  }
}

function amount(place: TopicPlace): number {
  const value = place.slot[0]!;
  if (!(value >= 0 && value <= AMOUNT_MAX)) {
    throw place.problem(`must be a number from 0 to ${AMOUNT_MAX}, got ${value}`);
  }
  return value;
}

function integer(place: TopicPlace, least: number): number {
  const value = place.slot[0]!;
  if (!Number.isInteger(value) || value < least || value > 2 ** 31 - 1) {
    throw place.problem(`must be an integer >= ${least}, got ${value}`);
  }
  return value;
}

function missing(place: TopicPlace, member: string, wanted: string): JsonProblem {
  place.member = member;
  return place.problem(`is missing, wanted ${wanted}`);
}

function openArray(bytes: Uint8Array, at: number, place: TopicPlace): number {
  at = skipSpace(bytes, at);
  if (bytes[at] !== OPEN_ARRAY) {
    throw unexpected(bytes, at, { path: place.path(), wanted: "an array" });
  }
  return skipSpace(bytes, at + 1);
}

function openObject(bytes: Uint8Array, at: number, place: TopicPlace): number {
  at = skipSpace(bytes, at);
  if (bytes[at] !== OPEN_OBJECT) {
    throw unexpected(bytes, at, { path: place.path(), wanted: "an object" });
  }
  return skipSpace(bytes, at + 1);
}

function colon(bytes: Uint8Array, at: number, place: TopicPlace): number {
  at = skipSpace(bytes, at);
  if (bytes[at] !== COLON) throw unexpected(bytes, at, { path: place.path(), wanted: ":" });
  return skipSpace(bytes, at + 1);
}

/** Behind the comma, or at the closing bracket. */
function nextItem(bytes: Uint8Array, at: number, place: TopicPlace): number {
  at = skipSpace(bytes, at);
  if (bytes[at] === COMMA) {
    at = skipSpace(bytes, at + 1);
    if (bytes[at] !== CLOSE_ARRAY) return at;
  } else if (bytes[at] === CLOSE_ARRAY) return at;
  throw unexpected(bytes, at, { path: place.path(), wanted: ", or ] and what follows" });
}

function nextMember(bytes: Uint8Array, at: number, place: TopicPlace): number {
  at = skipSpace(bytes, at);
  if (bytes[at] === COMMA) {
    at = skipSpace(bytes, at + 1);
    if (bytes[at] !== CLOSE_OBJECT) return at;
  } else if (bytes[at] === CLOSE_OBJECT) return at;
  throw unexpected(bytes, at, { path: place.path(), wanted: ", or } and what follows" });
}
