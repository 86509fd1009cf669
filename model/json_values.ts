/**
 * Values of a parsed file, narrowed to what is wanted. Each throws {@link JsonProblem} with the path that it is given.
 *
 * @module
 */
import { AMOUNT_MAX } from "./cluster_input.ts";
import { JsonProblem } from "./json_bytes.ts";

/** Ids and counts beyond that are refused: they are kept in 32 bits. */
const WHOLE_MAX = 2 ** 31 - 1;

/** Members of an object. */
export function objectAt(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(path, "an object", value);
  }
  return value as Record<string, unknown>;
}

/** Items of an array. */
export function arrayAt(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) throw wrong(path, "an array", value);
  return value;
}

/** A text. */
export function textAt(value: unknown, path: string): string {
  if (typeof value !== "string") throw wrong(path, "a string", value);
  return value;
}

/** True or false. */
export function truthAt(value: unknown, path: string): boolean {
  if (typeof value !== "boolean") throw wrong(path, "true or false", value);
  return value;
}

/** Whether something is a load, a size or a capacity: a number from 0 to {@link AMOUNT_MAX}. */
export function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= AMOUNT_MAX;
}

/** A load, a size or a capacity. */
export function amountAt(value: unknown, path: string): number {
  if (!isAmount(value)) throw wrong(path, `a number from 0 to ${AMOUNT_MAX}`, value);
  return value;
}

/** An id or a count; `least` is 0, or -1 where that says none. */
export function wholeAt(value: unknown, path: string, least = 0): number {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > WHOLE_MAX) {
    throw wrong(path, `an integer from ${least} to ${WHOLE_MAX}`, value);
  }
  return value as number;
}

/** What to say of a value that is not there or not what was wanted. */
export function wrong(path: string, wanted: string, value: unknown): JsonProblem {
  if (value === undefined) return new JsonProblem(path, `is missing, wanted ${wanted}`);
  // JSON has no infinity, but a number that is too large becomes one.
  return new JsonProblem(path, `must be ${wanted}, got ${shown(value)}`);
}

/** A value as messages show it: its first characters. */
export function shown(value: unknown): string {
  return (typeof value === "number" ? String(value) : JSON.stringify(value)).slice(0, 60);
}
