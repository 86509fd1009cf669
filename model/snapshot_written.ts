/**
 * Topics in the very layout in which `snapshot_write.ts` writes them, read without a value in between. Any other text
 * is legal as well; this reader stops before it, and another takes over.
 *
 * It compares four or eight bytes at once and reads four digits at once, in few functions: in a command that runs for a
 * fraction of a second their compilation takes as long as the reading.
 *
 * @module
 */
import { RESOURCE_COUNT } from "./metrics.ts";
import type { TopicColumns } from "./snapshot_columns.ts";
import { divide, dividend, POWERS, quotient } from "./written_numbers.ts";

/** Bytes behind the end of a text that may be looked at. */
export const READ_AHEAD = 64;
/** Position of what could not be read. */
const NOWHERE = -1;

const { clz32, imul } = Math;
// Of this module, as hot loops would load what they import anew each time.
const RESOURCES = RESOURCE_COUNT;
const TENS = POWERS;

const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NEW_LINE = 0x0a;
const CLOSE_ARRAY = 0x5d;
const LETTER_E = 0x65;

// Four bytes as an integer, the first one lowest. Exclusive or with ZEROS leaves what digits stand for.
const ZEROS = 0x30303030;
/** Added to what digits stand for, it leaves {@link HIGHS} empty. */
const SIXES = 0x06060606;
const HIGHS = 0xf0f0f0f0 | 0;
/** Where two digits each are, after they were multiplied by {@link TEN_AND_ONE} and moved. */
const PAIRS = 0x00ff00ff;
const TEN_AND_ONE = 10 << 8 | 1;
const HUNDRED_AND_ONE = 100 << 16 | 1;

/** Integers below are doubles. */
const EXACT = 2 ** 53;
/** Most digits behind the point: powers of ten up to there are exact. */
const BEHIND_MAX = 22;
/** Digits behind the point that are read into the first part of a number. */
const FIRST_DIGITS = 8;
const FIRST_POWER = 10 ** FIRST_DIGITS;
/** More than the error of a quotient of doubles, on either side. */
const ABOVE = 1 + 2 ** -52;
const BELOW = 1 - 2 ** -52;

const ID = '{"id":';
const REPLICAS = ',"replicas":[';
const LEADER = '],"leader":';
const LOAD = ',"load":[';
const FOLLOWER_LOAD = '],"followerLoad":[';
const END = "]}";
const NAME = '{"name":"';
const PARTITIONS = '","partitions":[';
// Four and eight bytes of them, by their place; eight as a float, which no text makes NaN.
const ID_0 = four(ID, 0);
const ID_2 = four(ID, 2);
const REPLICAS_0 = eight(REPLICAS, 0);
const REPLICAS_5 = eight(REPLICAS, 5);
const LEADER_0 = eight(LEADER, 0);
const LEADER_3 = eight(LEADER, 3);
const LOAD_0 = eight(LOAD, 0);
const LOAD_1 = eight(LOAD, 1);
const FOLLOWER_LOAD_0 = eight(FOLLOWER_LOAD, 0);
const FOLLOWER_LOAD_8 = eight(FOLLOWER_LOAD, 8);
const FOLLOWER_LOAD_10 = eight(FOLLOWER_LOAD, 10);
const END_0 = viewOf(END).getInt16(0, true);
const NAME_0 = eight(NAME, 0);
const NAME_1 = eight(NAME, 1);
const PARTITIONS_0 = eight(PARTITIONS, 0);
const PARTITIONS_8 = eight(PARTITIONS, 8);

function viewOf(text: string): DataView {
  return new DataView(new TextEncoder().encode(text).buffer);
}

function four(text: string, at: number): number {
  return viewOf(text).getInt32(at, true);
}

function eight(text: string, at: number): number {
  return viewOf(text).getFloat64(at, true);
}

/** Partitions with numbers of every kind, see {@link rehearse}. */
const EXAMPLES = [
  [[0.09774726243152239, 221.05770385853177, 12345.5, 4.1e-7], [1, 221.05770385853177, 0, 4.1e-7]],
  [[0.1, 0.25, 68.37318248781692, 12345], [0.1, 0.26, 0, 12346]],
].map(([load, followerLoad]) =>
  JSON.stringify({ id: 12345, replicas: [1, 10001], leader: 1, load, followerLoad })
);

/** Work space of {@link readLoads}: where each of its numbers ends. */
const ends = new Int32Array(2 * RESOURCES);

/**
 * Adds partitions to the columns as long as they are whole, in this layout and there is room, those of the next topics
 * included.
 *
 * @param text the byte behind it is 0, and there are {@link READ_AHEAD} more
 * @param at at a partition
 * @param columns names of topics are to be flushed afterwards
 * @returns position behind the last partition that was added, `at` when none was. O(bytes).
 */
export function readWritten(text: DataView, at: number, columns: TopicColumns): number {
  // A topic may have its name behind the partitions.
  const isNamed = columns.topicNames.length === columns.partitionStart.length;
  let reached = readPartitions(text, at, columns, columns.partitionStart.at(-1) ?? 0);
  while (isNamed && text.getInt8(reached) === CLOSE_ARRAY) {
    const first = columns.partitions;
    const next = readTopic(text, reached, columns);
    const end = next === NOWHERE ? NOWHERE : readPartitions(text, next, columns, first);
    if (columns.partitions === first) break;
    columns.beginNamed(first);
    reached = end;
  }
  return reached;
}

/**
 * Adds partitions of one topic; returns the position behind the last that was added, `at` when none was.
 *
 * @param first the topic's first partition
 */
function readPartitions(
  text: DataView,
  at: number,
  columns: TopicColumns,
  first: number,
): number {
  const { numbers, replicaStart } = columns;
  let reached = at;
  while (columns.partitions < numbers.length) {
    at = readIds(text, at, columns);
    if (at !== NOWHERE) at = readLoads(text, at, columns);
    if (at === NOWHERE) break;
    reached = at;
    const p = columns.partitions;
    if (p > first && numbers[p]! <= numbers[p - 1]!) columns.isAscending = false;
    columns.partitions = p + 1;
    columns.replicas = replicaStart[p + 1]!;
    if (text.getInt8(at) !== COMMA) break;
    at++;
    if (text.getInt8(at) === NEW_LINE) at++;
  }
  return reached;
}

/**
 * Reads examples and forgets them. V8 compiles code for what it has done so far, and throws it away at a kind of number
 * that came for the first time; compiling it again costs as much as reading ten thousand partitions.
 *
 * @param columns empty
 */
export function rehearse(columns: TopicColumns): void {
  const text = viewOf(`${EXAMPLES},`.repeat(4) + "\0".repeat(READ_AHEAD));
  readWritten(text, 0, columns);
  columns.partitions = columns.replicas = 0;
  columns.isAscending = true;
}

/** Reads from the end of a topic to the first partition of the next, whose position is returned, or {@link NOWHERE}. */
function readTopic(text: DataView, at: number, columns: TopicColumns): number {
  if (text.getInt16(at, true) !== END_0 || text.getInt8(at + 2) !== COMMA) return NOWHERE;
  at += END.length + 1;
  if (text.getInt8(at) === NEW_LINE) at++;
  if (text.getFloat64(at, true) !== NAME_0 || text.getFloat64(at + 1, true) !== NAME_1) {
    return NOWHERE;
  }
  at = columns.takeName(text, at + NAME.length);
  if (
    at === NOWHERE || text.getFloat64(at, true) !== PARTITIONS_0 ||
    text.getFloat64(at + 8, true) !== PARTITIONS_8
  ) return NOWHERE;
  at += PARTITIONS.length;
  return text.getInt8(at) === NEW_LINE ? at + 1 : at;
}

/**
 * Puts the number and the brokers of a partition into the columns, behind those that are in use. Returns the position
 * behind the leader, {@link NOWHERE} when they are not whole or not in this layout.
 *
 * `at` is the last byte that was passed, so that all that is read is at a sum, which V8's middle compiler takes for an
 * integer, unlike what functions are given.
 */
function readIds(text: DataView, from: number, columns: TopicColumns): number {
  const { partitions, numbers, brokerIds, leaderIds, replicaStart } = columns;
  if (text.getInt32(from, true) !== ID_0 || text.getInt32(from + 2, true) !== ID_2) return NOWHERE;
  let at = from + ID.length - 1;
  let replica = replicaStart[partitions]!;
  let isReplica = false;
  for (;;) {
    const start = at;
    let bytes = text.getInt32(at + 1, true);
    let digits = bytes ^ ZEROS;
    let others = (digits + SIXES | digits) & HIGHS;
    const first = digits & 0xff;
    let value = 0;
    if (others === 0) {
      value = imul(imul(digits, TEN_AND_ONE) >> 8 & PAIRS, HUNDRED_AND_ONE) >> 16;
      at += 4;
      bytes = text.getInt32(at + 1, true);
      digits = bytes ^ ZEROS;
      others = (digits + SIXES | digits) & HIGHS;
    }
    const bits = 31 - clz32(others ^ others - 1) & 24;
    digits = digits << 8 << 24 - bits;
    at += bits >> 3;
    value = imul(value, TENS[bits >> 3]!) +
      (imul(imul(digits, TEN_AND_ONE) >> 8 & PAIRS, HUNDRED_AND_ONE) >> 16);
    const count = at - start;
    if (others === 0 || count === 0 || (count > 1 && first === 0)) return NOWHERE;
    if (isReplica) {
      if (replica === brokerIds.length) return NOWHERE;
      brokerIds[replica++] = value;
      if ((bytes >> bits & 0xff) === COMMA) at++;
      else if (
        text.getFloat64(at + 1, true) === LEADER_0 && text.getFloat64(at + 4, true) === LEADER_3
      ) {
        at += LEADER.length;
        isReplica = false;
      } else return NOWHERE;
    } else if (replica === replicaStart[partitions]) {
      numbers[partitions] = value;
      if (
        text.getFloat64(at + 1, true) !== REPLICAS_0 || text.getFloat64(at + 6, true) !== REPLICAS_5
      ) return NOWHERE;
      at += REPLICAS.length;
      isReplica = true;
    } else {
      leaderIds[partitions] = value;
      break;
    }
  }
  replicaStart[partitions + 1] = replica;
  return at + 1;
}

/**
 * Puts the loads of a partition into the columns. Returns the position behind the partition, {@link NOWHERE} when they
 * are not whole, not in this layout or hard to round. For `at` see {@link readIds}.
 */
function readLoads(text: DataView, from: number, columns: TopicColumns): number {
  const { partitions, leaderLoad, followerLoad } = columns;
  if (text.getFloat64(from, true) !== LOAD_0 || text.getFloat64(from + 1, true) !== LOAD_1) {
    return NOWHERE;
  }
  let at = from + LOAD.length - 1;
  let into = leaderLoad;
  for (let item = 0;;) {
    const index = partitions * RESOURCES + (item & RESOURCES - 1);
    // Followers take in and hold what the leader does.
    const same = item > RESOURCES && (item & 1) === 1 ? sameLength(text, at + 1, item) : 0;
    if (same > 0) {
      into[index] = leaderLoad[index]!;
      at += same;
    } else {
      at = readAmount(text, at, into, index);
      if (at === NOWHERE) return NOWHERE;
    }
    ends[item] = at;
    item++;
    if (item !== RESOURCES && item !== 2 * RESOURCES) {
      if (text.getInt8(at + 1) !== COMMA) return NOWHERE;
      at++;
    } else if (item > RESOURCES) break;
    else {
      if (
        text.getFloat64(at + 1, true) !== FOLLOWER_LOAD_0 ||
        text.getFloat64(at + 9, true) !== FOLLOWER_LOAD_8 ||
        text.getFloat64(at + 11, true) !== FOLLOWER_LOAD_10
      ) return NOWHERE;
      at += FOLLOWER_LOAD.length;
      into = followerLoad;
    }
  }
  return text.getInt16(at + 1, true) === END_0 ? at + 1 + END.length : NOWHERE;
}

/**
 * Puts an amount into an array; returns its last byte, {@link NOWHERE} when there is none, it is longer than usual or
 * hard to round. Amounts are as `String` writes numbers: most are doubles in their shortest form, 16 or 17 digits.
 *
 * Three ways to the nearest double, the cheapest first: one division of exact numbers, which rounds correctly (Clinger
 * 1990); what is behind the point divided and added to what is before it, where the error is too small to matter; a
 * quotient of twice the digits.
 *
 * @param from the byte before it
 */
function readAmount(text: DataView, from: number, into: Float64Array, index: number): number {
  let at = from + 0;
  let bytes = text.getInt32(at + 1, true);
  let digits = bytes ^ ZEROS;
  let others = (digits + SIXES | digits) & HIGHS;
  const first = digits & 0xff;
  let whole = 0;
  if (others === 0) {
    whole = imul(imul(digits, TEN_AND_ONE) >> 8 & PAIRS, HUNDRED_AND_ONE) >> 16;
    at += 4;
    bytes = text.getInt32(at + 1, true);
    digits = bytes ^ ZEROS;
    others = (digits + SIXES | digits) & HIGHS;
  }
  let bits = 31 - clz32(others ^ others - 1) & 24;
  digits = digits << 8 << 24 - bits;
  at += bits >> 3;
  whole = whole * TENS[bits >> 3]! +
    (imul(imul(digits, TEN_AND_ONE) >> 8 & PAIRS, HUNDRED_AND_ONE) >> 16);
  const count = at - from;
  if (others === 0 || count === 0 || (count > 1 && first === 0)) return NOWHERE;
  let next = bytes >> bits & 0xff;
  let behind = 0;
  let high = 0;
  let rest = 0;
  if (next === POINT) {
    const point = ++at;
    for (;;) {
      bytes = text.getInt32(at + 1, true);
      digits = bytes ^ ZEROS;
      others = (digits + SIXES | digits) & HIGHS;
      if (others !== 0) break;
      rest = rest * 1e4 + (imul(imul(digits, TEN_AND_ONE) >> 8 & PAIRS, HUNDRED_AND_ONE) >> 16);
      at += 4;
      if (at - point === FIRST_DIGITS) {
        high = rest;
        rest = 0;
      }
    }
    bits = 31 - clz32(others ^ others - 1) & 24;
    digits = digits << 8 << 24 - bits;
    at += bits >> 3;
    rest = rest * TENS[bits >> 3]! +
      (imul(imul(digits, TEN_AND_ONE) >> 8 & PAIRS, HUNDRED_AND_ONE) >> 16);
    next = bytes >> bits & 0xff;
    behind = at - point;
    if (behind === 0 || behind > BEHIND_MAX) return NOWHERE;
  }
  let scale = behind;
  if (next === LETTER_E) {
    // Python writes e-05.
    const zeros = text.getInt8(at + 3) === ZERO ? 1 : 0;
    const exponent = text.getInt8(at + 3 + zeros) - ZERO;
    if (text.getInt8(at + 2) !== MINUS || exponent < 1 || exponent > 9) return NOWHERE;
    scale += exponent;
    at += 3 + zeros;
  }
  const fraction = behind < FIRST_DIGITS ? rest : high * TENS[behind - FIRST_DIGITS]! + rest;
  const sum = whole * TENS[behind]! + fraction;
  if (sum < EXACT && scale <= BEHIND_MAX) {
    into[index] = sum / TENS[scale]!;
    return at;
  }
  const part = fraction / TENS[behind]!;
  if (
    fraction < EXACT && scale === behind && whole + part * ABOVE === whole + part * BELOW
  ) {
    into[index] = whole + part;
    return at;
  }
  dividend[0] = whole * FIRST_POWER + high;
  dividend[1] = rest;
  if (!divide(behind - FIRST_DIGITS, scale)) return NOWHERE;
  into[index] = quotient[0]!;
  return at;
}

/**
 * Length of the number at `at` when it is, byte by byte and with the one behind it, the leader's of the same resource.
 * 0 when it is not, and for those of less than three bytes, which are read faster than compared.
 */
function sameLength(text: DataView, at: number, item: number): number {
  const like = ends[item - RESOURCES - 1]! + 2;
  const length = ends[item - RESOURCES]! + 1 - like;
  let left = length - 7;
  if (left < 0) {
    const last = length - 3;
    return last >= 0 && text.getInt32(at, true) === text.getInt32(like, true) &&
        text.getInt32(at + last, true) === text.getInt32(like + last, true)
      ? length
      : 0;
  }
  while (left > 0 && text.getFloat64(at + left, true) === text.getFloat64(like + left, true)) {
    left -= 8;
  }
  return left <= 0 && text.getFloat64(at, true) === text.getFloat64(like, true) ? length : 0;
}
