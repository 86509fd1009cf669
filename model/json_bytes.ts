/**
 * JSON in bytes that arrive in pieces: where a value ends, the value, and the place of a mistake in it.
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

/** The path of something within a place, which may be the whole text. */
export function joined(place: string, path: string): string {
  const isApart = place !== "" && path !== "" && !path.startsWith("[");
  return isApart ? `${place}.${path}` : place + path;
}

/** Nesting that is still followed; deeper text is refused. */
const DEPTH_MAX = 200;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Work space of {@link valueEnd}: the bracket that closes each level. */
const closing = new Uint8Array(DEPTH_MAX);

const QUOTE = 0x22;
/** Byte code that readers compare with. */
export const COMMA = 0x2c;
const COLON = 0x3a;
/** Byte code. */
export const OPEN_ARRAY = 0x5b;
/** Byte code. */
export const CLOSE_ARRAY = 0x5d;
/** Byte code. */
export const OPEN_OBJECT = 0x7b;
/** Byte code. */
export const CLOSE_OBJECT = 0x7d;
const BACKSLASH = 0x5c;
const NINE = 0x39;

/** Position of the next byte before `end` that is no white space; `end` when there is none. */
export function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isSpace(bytes[at]!)) at++;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/**
 * Position behind the value at `at`, -1 when it is not whole before `end`. Of text that is no JSON it may be any
 * position, in which {@link valueIn} then finds the mistake. Throws {@link JsonProblem} when it is nested too deep.
 */
export function valueEnd(bytes: Uint8Array, at: number, end: number): number {
  let depth = 0;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      do {
        at += bytes[at] === BACKSLASH ? 2 : 1;
        if (at >= end) return -1;
      } while (bytes[at] !== QUOTE);
      if (depth === 0) return at + 1;
    } else if (byte <= NINE && depth > 0) continue;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (depth === DEPTH_MAX) {
        throw new JsonProblem("", `must not be nested deeper than ${DEPTH_MAX} levels`);
      }
      closing[depth++] = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth === 0) return at;
      if (closing[--depth] !== byte || depth === 0) return at + 1;
    } else if (depth === 0 && (byte === COMMA || isSpace(byte))) return at;
  }
  return -1;
}

/** The bytes that are there, for messages. */
export interface JsonText {
  /** Behind the last byte. */
  readonly end: number;
  /** Bytes of the file before the first one. */
  readonly before: number;
}

/** A value in a text. */
export interface JsonRange extends JsonText {
  /** Behind its last byte. */
  readonly to: number;
}

/** The value whose text is `bytes[at..to)`. Throws {@link JsonProblem} whose path begins at this value. */
export function valueIn(bytes: Uint8Array, at: number, range: JsonRange): unknown {
  const text = bytes.subarray(at, range.to);
  try {
    return JSON.parse(decoder.decode(text));
  } catch {
    throw problemIn(bytes, at, { ...range, path: "" });
  }
}

/** The values in `bytes[at..to)`, which has nothing but items of an array and commas; undefined when one is no JSON. */
export function itemsIn(bytes: Uint8Array, at: number, to: number): unknown[] | undefined {
  try {
    return JSON.parse(`[${decoder.decode(bytes.subarray(at, to))}]`) as unknown[];
  } catch {
    return undefined;
  }
}

/**
 * The array at `at` and the position behind it, if it has no array within; else undefined. Long ones are usual, and
 * this takes no loop of ours.
 */
export function flatArrayIn(
  bytes: Uint8Array,
  at: number,
  end: number,
): { items: unknown[]; to: number } | undefined {
  if (bytes[at] !== OPEN_ARRAY) return undefined;
  const close = bytes.indexOf(CLOSE_ARRAY, at);
  if (close < 0 || close >= end) return undefined;
  const items = itemsIn(bytes, at + 1, close);
  return items && { items, to: close + 1 };
}

/** The member whose name begins at `at`, and where its value does; undefined when the text ends before. Throws {@link JsonProblem}. */
export function memberIn(
  bytes: Uint8Array,
  at: number,
  text: JsonText,
): { name: string; valueAt: number } | undefined {
  if (bytes[at] !== QUOTE) throw unexpected(bytes, at, { ...text, wanted: "a string" });
  const to = valueEnd(bytes, at, text.end);
  if (to < 0) return undefined;
  const name = valueIn(bytes, at, { ...text, to }) as string;
  const colon = skipSpace(bytes, to, text.end);
  if (colon < text.end && bytes[colon] !== COLON) {
    throw unexpected(bytes, colon, { ...text, path: name, wanted: ":" });
  }
  const valueAt = skipSpace(bytes, colon + 1, text.end);
  return valueAt < text.end ? { name, valueAt } : undefined;
}

/** Finds the innermost value in `bytes[at..to)` that is none: what stands there is no JSON. */
function problemIn(
  bytes: Uint8Array,
  at: number,
  range: JsonRange & { path: string },
): JsonProblem {
  const open = bytes[at];
  if (open !== OPEN_OBJECT && open !== OPEN_ARRAY) {
    return unexpected(bytes, at, { ...range, wanted: "a value" });
  }
  const close = open === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
  at = skipSpace(bytes, at + 1, range.to);
  for (let item = 0; at < range.to; item++) {
    let path = `${range.path}[${item}]`;
    if (open === OPEN_OBJECT) {
      const member = memberIn(bytes, at, range);
      if (member === undefined) break;
      path = joined(range.path, member.name);
      at = member.valueAt;
    }
    const to = valueEnd(bytes, at, range.to);
    if (to < 0 || !isJson(bytes.subarray(at, to))) {
      return problemIn(bytes, at, { ...range, to: to < 0 ? range.to : to, path });
    }
    at = skipSpace(bytes, to, range.to);
    if (bytes[at] !== COMMA) break;
    at = skipSpace(bytes, at + 1, range.to);
  }
  return unexpected(bytes, at, {
    ...range,
    wanted: `, or ${String.fromCharCode(close)} and what follows`,
  });
}

function isJson(text: Uint8Array): boolean {
  try {
    JSON.parse(decoder.decode(text));
    return true;
  } catch {
    return false;
  }
}

/** A problem that says what stands at a position instead of what was wanted; `path` "" = where the reader is. */
export function unexpected(
  bytes: Uint8Array,
  at: number,
  options: JsonText & { path?: string; wanted: string },
): JsonProblem {
  const { end, before, path = "", wanted } = options;
  if (at >= end) {
    return new JsonProblem(path, `the text ends at byte ${before + end}, wanted ${wanted}`);
  }
  const found = new TextDecoder().decode(bytes.subarray(at, Math.min(end, at + 20)));
  return new JsonProblem(
    path,
    `must be ${wanted}, got ${JSON.stringify(found.split("\n")[0])} at byte ${before + at}`,
  );
}
