/**
 * Reading JSON from bytes without building objects. Every function takes the bytes and a position and returns the
 * position behind what it read; a number comes out through the {@link Place}, a string is looked up by its range.
 * Positions are plain locals because that was measured 5 times faster than a cursor object (146 MB snapshot).
 *
 * @module
 */

/** What is wrong with the text, and where. `path` names the member that was being read. */
export class JsonProblem extends Error {
  override readonly name: string = "JsonProblem";
  /** @param path "" = the whole text */
  constructor(readonly path: string, readonly problem: string) {
    super(path === "" ? problem : `${path}: ${problem}`);
  }
}

/** Where a reader is, and where {@link readNumber} leaves its value. One object a file, so that reading allocates nothing. */
export interface Place {
  /** Length 1. */
  readonly slot: Float64Array;
  /** The member that is being read, `topics[3].partitions[0].load[1]`; only asked when something is wrong. */
  path(): string;
}

/** Nesting that is still followed; deeper text is refused and not stacked. */
const DEPTH_MAX = 200;
/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Byte codes that readers compare with. */
export const QUOTE = 0x22;
/** Byte code. */
export const COMMA = 0x2c;
/** Byte code. */
export const COLON = 0x3a;
/** Byte code. */
export const OPEN_ARRAY = 0x5b;
/** Byte code. */
export const CLOSE_ARRAY = 0x5d;
/** Byte code. */
export const OPEN_OBJECT = 0x7b;
/** Byte code. */
export const CLOSE_OBJECT = 0x7d;
const BACKSLASH = 0x5c;

/** Position of the next byte that is no white space; may be the end. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  while (at < bytes.length) {
    const byte = bytes[at]!;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at++;
  }
  return at;
}

/** A problem that says what stands at a position instead of what was wanted. */
export function unexpected(
  bytes: Uint8Array,
  at: number,
  options: { path: string; wanted: string },
): JsonProblem {
  if (at >= bytes.length) {
    return new JsonProblem(
      options.path,
      `the text ends at byte ${bytes.length}, wanted ${options.wanted}`,
    );
  }
  const found = new TextDecoder().decode(bytes.subarray(at, at + 20)).split("\n")[0]!;
  return new JsonProblem(
    options.path,
    `must be ${options.wanted}, got ${JSON.stringify(found)} at byte ${at}`,
  );
}

/** Digits that always fit into a double exactly. */
const EXACT_DIGITS = 15;
/** Digits that {@link longMantissa} can take. */
const LONG_DIGITS = 19;

/** Digits that are added up as a 32-bit integer. */
const SMALL_DIGITS = 9;
/** Digits behind those, few enough for {@link longMantissa} to be exact. */
const MORE_DIGITS = 8;

/**
 * Reads a number into `place.slot[0]`; `at` is at its first byte. Throws {@link JsonProblem}.
 *
 * The usual number is added up as integers of 9 digits, which takes a third of the time of doubles; what is longer,
 * has an exponent or is ill-formed goes to {@link readOddNumber}.
 */
export function readNumber(bytes: Uint8Array, at: number, place: Place): number {
  const start = at;
  const negative = bytes[at] === 0x2d;
  if (negative) at++;
  const wholeStart = at;
  let whole = 0;
  let digit = bytes[at]! - 0x30;
  while (digit >>> 0 <= 9 && at - wholeStart < SMALL_DIGITS) {
    whole = (whole * 10 + digit) | 0;
    digit = bytes[++at]! - 0x30;
  }
  const wholeDigits = at - wholeStart;
  const leadingZero = wholeDigits > 1 && bytes[wholeStart] === 0x30;
  // Behind the digits: "." is -2, "e" and "E" are 53 and 21, and a digit here is one too many.
  if (wholeDigits === 0 || leadingZero || digit >>> 0 <= 9 || digit === 53 || digit === 21) {
    return readOddNumber(bytes, start, place);
  }
  let value = whole;
  if (digit === -2) {
    const fractionStart = ++at;
    // Zeros in front do not count as digits.
    if (whole === 0) { while (bytes[at] === 0x30) at++; }
    const firstStart = at;
    let first = 0;
    digit = bytes[at]! - 0x30;
    while (digit >>> 0 <= 9 && at - firstStart < SMALL_DIGITS) {
      first = (first * 10 + digit) | 0;
      digit = bytes[++at]! - 0x30;
    }
    const firstDigits = at - firstStart;
    const moreStart = at;
    let more = 0;
    while (digit >>> 0 <= 9 && at - moreStart < MORE_DIGITS) {
      more = (more * 10 + digit) | 0;
      digit = bytes[++at]! - 0x30;
    }
    const moreDigits = at - moreStart;
    const scale = at - fractionStart;
    const exactDigits = (whole === 0 ? 0 : wholeDigits) + firstDigits;
    const digits = exactDigits + moreDigits;
    if (scale === 0 || scale > 22 || digits > LONG_DIGITS || exactDigits > EXACT_DIGITS) {
      return readOddNumber(bytes, start, place);
    }
    if (digit >>> 0 <= 9 || digit === 53 || digit === 21) return readOddNumber(bytes, start, place);
    const mantissa = whole * POWERS[firstDigits]! + first;
    // With both operands exact one division rounds correctly (Clinger's fast path).
    value = digits <= EXACT_DIGITS
      ? (mantissa * POWERS[moreDigits]! + more) / POWERS[scale]!
      : longMantissa(mantissa, more, { more: moreDigits, scale });
    if (Number.isNaN(value)) return readOddNumber(bytes, start, place);
  }
  place.slot[0] = negative ? -value : value;
  return at;
}

/** Splits a double into two halves of 26 bits (Veltkamp). */
const SPLITTER = 2 ** 27 + 1;
/** Far above the error of the double-double quotient, far below half a unit in the last place in all but rare cases. */
const DOUBT = 2 ** -30;

/**
 * `(mantissa * 10^more + rest) / 10^scale`, correctly rounded, for mantissas that are too long for one double: a
 * quotient of double-doubles (Dekker 1971). NaN in the rare case that its error might decide the rounding. Written
 * out because files hold shortest forms of doubles, 16 and 17 digits, by the million; `Number(text)` took 4 times as long.
 */
function longMantissa(
  mantissa: number,
  rest: number,
  options: { more: number; scale: number },
): number {
  const factor = POWERS[options.more]!;
  const divisor = POWERS[options.scale]!;
  const high = mantissa * factor;
  const upper = Math.floor(mantissa / 2 ** 24) * 2 ** 24;
  const low = (upper * factor - high) + (mantissa - upper) * factor + rest;
  const quotient = high / divisor;
  const product = quotient * divisor;
  let cut = SPLITTER * quotient;
  const quotientHigh = cut - (cut - quotient);
  const quotientLow = quotient - quotientHigh;
  cut = SPLITTER * divisor;
  const divisorHigh = cut - (cut - divisor);
  const divisorLow = divisor - divisorHigh;
  const error = ((quotientHigh * divisorHigh - product) + quotientHigh * divisorLow +
    quotientLow * divisorHigh) + quotientLow * divisorLow;
  const correction = ((high - product) - error + low) / divisor;
  const value = quotient + correction;
  const certain = value === quotient + correction * (1 + DOUBT) &&
    value === quotient + correction * (1 - DOUBT);
  return certain ? value : NaN;
}

function readOddNumber(
  bytes: Uint8Array,
  start: number,
  place: Place,
): number {
  let at = start;
  while (at < bytes.length && isNumberByte(bytes[at]!)) at++;
  const text = String.fromCharCode(
    ...bytes.subarray(start, Math.min(at, start + NUMBER_BYTES_MAX)),
  );
  if (
    at - start > NUMBER_BYTES_MAX || !/^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/.test(text)
  ) {
    throw unexpected(bytes, start, { path: place.path(), wanted: "a number" });
  }
  place.slot[0] = Number(text);
  return at;
}

/** Longer numbers are refused: no writer makes them. */
const NUMBER_BYTES_MAX = 400;

function isNumberByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2e || byte === 0x2b || byte === 0x2d ||
    byte === 0x65 || byte === 0x45;
}

/** Position behind the string that starts at `at`. Throws {@link JsonProblem} when none does. */
export function skipString(bytes: Uint8Array, at: number, place: Place): number {
  if (bytes[at] !== QUOTE) throw unexpected(bytes, at, { path: place.path(), wanted: "a string" });
  const start = at++;
  while (at < bytes.length) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at + 1;
    at += byte === BACKSLASH ? 2 : 1;
  }
  throw new JsonProblem(
    place.path(),
    `the text ends inside the string that begins at byte ${start}`,
  );
}

/** The string in `bytes[start..end)`, quotes included. Throws {@link JsonProblem} when it is ill-formed. */
export function stringIn(
  bytes: Uint8Array,
  start: number,
  options: { end: number; place: Place },
): string {
  let plain = true;
  for (let i = start + 1; i < options.end - 1 && plain; i++) {
    const byte = bytes[i]!;
    plain = byte >= 0x20 && byte < 0x80 && byte !== BACKSLASH;
  }
  if (plain) return decoder.decode(bytes.subarray(start + 1, options.end - 1));
  try {
    return JSON.parse(decoder.decode(bytes.subarray(start, options.end))) as string;
  } catch {
    throw new JsonProblem(
      options.place.path(),
      `must be a string, got an ill-formed one at byte ${start}`,
    );
  }
}

/** Whether the string at `bytes[start..end)` (quotes included) is exactly `name`, which has only ASCII. */
export function isName(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  if (end - start - 2 !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    if (bytes[start + 1 + i] !== name.charCodeAt(i)) return false;
  }
  return true;
}

/** Position behind the value at `at`, whatever it is. Checks brackets and words, not everything inside strings. */
export function skipValue(bytes: Uint8Array, at: number, place: Place): number {
  const open: number[] = [];
  for (;;) {
    at = skipSpace(bytes, at);
    const byte = bytes[at];
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (open.length >= DEPTH_MAX) {
        throw new JsonProblem(place.path(), `must not be nested deeper than ${DEPTH_MAX} levels`);
      }
      const close = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
      at = skipSpace(bytes, at + 1);
      if (bytes[at] !== close) {
        open.push(close);
        if (close === CLOSE_OBJECT) at = skipMemberName(bytes, at, place);
        continue;
      }
      at++;
    } else if (byte === QUOTE) at = skipString(bytes, at, place);
    else at = skipWordOrNumber(bytes, at, place);
    while (open.length > 0) {
      at = skipSpace(bytes, at);
      const close = open[open.length - 1]!;
      if (bytes[at] === COMMA) {
        at = skipSpace(bytes, at + 1);
        if (close === CLOSE_OBJECT) at = skipMemberName(bytes, at, place);
        break;
      }
      if (bytes[at] !== close) {
        throw unexpected(bytes, at, {
          path: place.path(),
          wanted: `, or ${String.fromCharCode(close)}`,
        });
      }
      open.pop();
      at++;
    }
    if (open.length === 0) return at;
  }
}

function skipMemberName(bytes: Uint8Array, at: number, place: Place): number {
  at = skipSpace(bytes, skipString(bytes, at, place));
  if (bytes[at] !== COLON) throw unexpected(bytes, at, { path: place.path(), wanted: ":" });
  return at + 1;
}

function skipWordOrNumber(
  bytes: Uint8Array,
  at: number,
  place: Place,
): number {
  for (const word of ["true", "false", "null"]) {
    if (bytes[at] !== word.charCodeAt(0)) continue;
    for (let i = 1; i < word.length; i++) {
      if (bytes[at + i] !== word.charCodeAt(i)) {
        throw unexpected(bytes, at, { path: place.path(), wanted: "a value" });
      }
    }
    return at + word.length;
  }
  return readNumber(bytes, at, place);
}
