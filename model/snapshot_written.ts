/**
 * Topics in the very layout in which `snapshot_write.ts` writes them, read without a value in between. Any other text
 * is legal as well; this reader stops before it, and another takes over.
 *
 * Every function takes the bytes and a position and returns the position behind what it read, or {@link NOWHERE}, which is
 * handed on by all that follow, so that only one check is needed for a partition. Four small functions, because in a command that runs for a fraction of a
 * second the compilation of larger ones takes longer than the reading.
 *
 * @module
 */
import { COMMA } from "./json_bytes.ts";
import { RESOURCE_COUNT } from "./metrics.ts";
import type { TopicColumns } from "./snapshot_columns.ts";
import { NOWHERE, readAmount, readWhole } from "./written_numbers.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const ID = bytesOf('{"id":');
const REPLICAS = bytesOf(',"replicas":[');
const LEADER = bytesOf('],"leader":');
const LOAD = bytesOf(',"load":[');
const FOLLOWER_LOAD = bytesOf('],"followerLoad":[');
const PARTITION_END = bytesOf("]}");
const TOPIC_END = bytesOf("]},");
const NAME = bytesOf('{"name":"');
const PARTITIONS = bytesOf('","partitions":[');
const NEW_LINE = 0x0a;

/**
 * Adds partitions to the columns as long as they are whole, in this layout and there is room, those of the next topics
 * included.
 *
 * @param bytes the one at {@link NOWHERE} is 0, and the one behind the text, too
 * @param at at a partition
 * @returns position behind the last partition that was added, `at` when none was. O(bytes).
 */
export function readWritten(bytes: Uint8Array, at: number, columns: TopicColumns): number {
  const { numbers, brokerIds, leaderIds, leaderLoad, followerLoad, replicaStart } = columns;
  let { partitions, replicas } = columns;
  let nameStart = 0;
  let nameEnd = 0;
  let reached = at;
  while (partitions < numbers.length) {
    at = readWhole(bytes, behind(bytes, at, ID), numbers, partitions);
    let replica = replicas;
    at = readWhole(bytes, behind(bytes, at, REPLICAS), brokerIds, replica++);
    while (bytes[at] === COMMA) at = readWhole(bytes, at + 1, brokerIds, replica++);
    at = readWhole(bytes, behind(bytes, at, LEADER), leaderIds, partitions);
    at = readLoad(bytes, behind(bytes, at, LOAD), leaderLoad, partitions);
    at = readLoad(bytes, behind(bytes, at, FOLLOWER_LOAD), followerLoad, partitions);
    at = behind(bytes, at, PARTITION_END);
    if (at === NOWHERE || replica > brokerIds.length) break;
    if (nameEnd > nameStart) {
      columns.partitions = partitions;
      columns.beginTopic();
      columns.topicNames.push(String.fromCharCode(...bytes.subarray(nameStart, nameEnd)));
      nameEnd = nameStart;
    }
    replicas = replica;
    replicaStart[++partitions] = replicas;
    reached = at;
    if (bytes[at] === COMMA) at = lineStart(bytes, at + 1);
    else {
      // A topic may have its name behind the partitions.
      if (columns.topicNames.length < columns.partitionStart.length) break;
      nameStart = behind(bytes, lineStart(bytes, behind(bytes, at, TOPIC_END)), NAME);
      nameEnd = plainEnd(bytes, nameStart);
      at = lineStart(bytes, behind(bytes, nameEnd, PARTITIONS));
      if (nameEnd === nameStart) break;
    }
  }
  columns.partitions = partitions;
  columns.replicas = replicas;
  return reached;
}

function behind(bytes: Uint8Array, at: number, text: Uint8Array): number {
  for (let i = 0; i < text.length; i++) {
    if (bytes[at + i] !== text[i]) return NOWHERE;
  }
  return at + text.length;
}

/** Behind a line's end, which compact files leave out. */
function lineStart(bytes: Uint8Array, at: number): number {
  return bytes[at] === NEW_LINE ? at + 1 : at;
}

/** Behind the letters, digits and marks that names of topics are made of. */
function plainEnd(bytes: Uint8Array, at: number): number {
  while (bytes[at]! >= 0x2d && bytes[at]! <= 0x7a && bytes[at] !== 0x5c) at++;
  return at;
}

function readLoad(bytes: Uint8Array, at: number, into: Float64Array, partition: number): number {
  const first = partition * RESOURCE_COUNT;
  at = readAmount(bytes, at, into, first);
  for (let resource = 1; resource < RESOURCE_COUNT; resource++) {
    at = readAmount(bytes, bytes[at] === COMMA ? at + 1 : NOWHERE, into, first + resource);
  }
  return at;
}
