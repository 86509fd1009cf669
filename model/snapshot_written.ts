/**
 * Topics in the very layout in which `snapshot_write.ts` writes them, read without a value in between. Any other text
 * is legal as well; this reader stops before it, and another takes over.
 *
 * One small function follows the layout byte by byte, because in a command that runs for a fraction of a second the
 * compilation of larger ones takes longer than the reading.
 *
 * @module
 */
import { COMMA } from "./json_bytes.ts";
import { RESOURCE_COUNT } from "./metrics.ts";
import type { TopicColumns } from "./snapshot_columns.ts";
import { NOWHERE, readFraction } from "./written_numbers.ts";

// Not imported, as are those of `written_numbers.ts`: hot loops would load what they import anew each time.
const NEW_LINE = 0x0a;
const ZERO = 0x30;
/** What may stand behind digits, less {@link ZERO}. */
const NEXT = 0x2c - ZERO;
const POINT = 0x2e - ZERO;
/** Digits that a small integer can take. */
const DIGITS = 9;

/** What stands in {@link LAYOUT} where texts differ: codes that no byte has. */
const LINE = 256;
const NAME = 257;
const END = 258;
const ID = 259;
const REPLICA = 260;
const LEADER = 261;
/** The first of four amounts of the leader, and four of followers. */
const LOAD = 262;
const FOLLOWER_LOAD = LOAD + RESOURCE_COUNT;
const RESOURCE_BITS = Math.log2(RESOURCE_COUNT);
const RESOURCE_MASK = RESOURCE_COUNT - 1;

/** How a topic begins, from the end of the one before, and a partition. */
const LAYOUT = layoutOf([
  ["]},", LINE],
  ['{"name":"', NAME],
  ['","partitions":[', LINE],
  ['{"id":', ID],
  [',"replicas":[', REPLICA],
  ['],"leader":', LEADER],
  [',"load":[', LOAD],
  [",", LOAD + 1],
  [",", LOAD + 2],
  [",", LOAD + 3],
  ['],"followerLoad":[', FOLLOWER_LOAD],
  [",", FOLLOWER_LOAD + 1],
  [",", FOLLOWER_LOAD + 2],
  [",", FOLLOWER_LOAD + 3],
  ["]}", END],
]);
/** Places in it: of a topic's beginning, and of a partition's. */
const TOPIC = 0;
const PARTITION = LAYOUT.lastIndexOf(LINE);

function layoutOf(parts: readonly (readonly [text: string, code: number])[]): Int16Array {
  const encoder = new TextEncoder();
  return Int16Array.from(parts.flatMap(([text, code]) => [...encoder.encode(text), code]));
}

/**
 * Adds partitions to the columns as long as they are whole, in this layout and there is room, those of the next topics
 * included.
 *
 * @param bytes the one at {@link NOWHERE} is 0, and the one behind the text, too
 * @param at at a partition
 * @param columns names of topics are to be flushed afterwards
 * @returns position behind the last partition that was added, `at` when none was. O(bytes).
 */
export function readWritten(bytes: Uint8Array, at: number, columns: TopicColumns): number {
  const { numbers, replicaStart } = columns;
  let reached = at;
  let place = PARTITION;
  // A topic may have its name behind the partitions.
  const isNamed = columns.topicNames.length === columns.partitionStart.length;
  while (columns.partitions < numbers.length) {
    at = readPartition(bytes, at, place, columns);
    if (at === NOWHERE) break;
    reached = at;
    if (place === TOPIC) columns.beginNamed();
    columns.replicas = replicaStart[++columns.partitions]!;
    if (bytes[at] === COMMA) {
      place = PARTITION;
      at++;
    } else if (isNamed) place = TOPIC;
    else break;
  }
  return reached;
}

/**
 * Puts a partition into the columns, behind those that are in use, and the name of its topic when it is the first.
 * Returns the position behind it, {@link NOWHERE} when it is not whole or not in this layout.
 *
 * Loops count from 0 in variables of their own. `at` is in part what other functions return, so that V8's middle compiler takes it for any
 * value, and would check it in every turn.
 *
 * @param place in {@link LAYOUT} where it begins
 */
function readPartition(
  bytes: Uint8Array,
  at: number,
  place: number,
  columns: TopicColumns,
): number {
  const { partitions, numbers, brokerIds, leaderIds, leaderLoad, followerLoad } = columns;
  const layout = LAYOUT;
  const first = partitions << RESOURCE_BITS;
  let replica = columns.replicas;
  for (;; place++) {
    let same = 0;
    while (bytes[at + same] === layout[place + same]) same++;
    at += same;
    place += same;
    const wanted = layout[place]!;
    if (wanted < ID) {
      if (wanted === END) break;
      if (wanted === NAME) at = columns.takeName(bytes, at);
      else if (wanted !== LINE) return NOWHERE;
      else if (bytes[at] === NEW_LINE) at++;
      continue;
    }
    let digits = 0;
    let value = 0;
    let digit = bytes[at]! - ZERO;
    while (digit >= 0 && digit <= 9 && digits < DIGITS) {
      value = (Math.imul(value, 10) + digit) | 0;
      digit = bytes[at + ++digits]! - ZERO;
    }
    if (digits === 0 || (digits > 1 && bytes[at] === ZERO)) return NOWHERE;
    at += digits;
    if (wanted >= LOAD) {
      const into = wanted < FOLLOWER_LOAD ? leaderLoad : followerLoad;
      const index = first + ((wanted - LOAD) & RESOURCE_MASK);
      if (digit === POINT) at = readFraction(bytes, at + 1, value, into, index);
      else into[index] = value;
    } else if (wanted === REPLICA) {
      if (replica === brokerIds.length) return NOWHERE;
      brokerIds[replica++] = value;
      if (digit !== NEXT) continue;
      at++;
      place--;
    } else if (wanted === ID) numbers[partitions] = value;
    else leaderIds[partitions] = value;
  }
  columns.replicaStart[partitions + 1] = replica;
  return at;
}
