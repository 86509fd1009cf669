/**
 * The part of `jsr:@std/assert` that the tests use, for machines that cannot reach the JSR registry.
 * `deno.json` links it in place of the published package; names and behaviour follow that package.
 *
 * @module
 */
import nodeAssert from "node:assert/strict";

/** Thrown by every assertion here. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

function fail(message: string, detail?: string): never {
  throw new AssertionError(detail === undefined ? message : `${message}: ${detail}`);
}

/** Fails unless `condition` is truthy. */
export function assert(condition: unknown, message = "Expected a truthy value"): asserts condition {
  if (!condition) fail(message);
}

/** Fails when `condition` is truthy. */
export function assertFalse(condition: unknown, message = "Expected a falsy value"): void {
  if (condition) fail(message);
}

/** Deep strict equality; the error shows the difference. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  try {
    nodeAssert.deepStrictEqual(actual, expected);
  } catch (error) {
    fail(message ?? "Values are not equal", error instanceof Error ? error.message : String(error));
  }
}

/** Fails when both values are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  try {
    nodeAssert.notDeepStrictEqual(actual, expected);
  } catch {
    fail(message ?? "Expected values to differ", String(actual));
  }
}

/** Identity as by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T {
  if (!Object.is(actual, expected)) {
    fail(message ?? "Not the same value", `${actual} !== ${expected}`);
  }
}

/** Fails when `actual` is null or undefined. */
export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T> {
  if (actual === null || actual === undefined) fail(message ?? "Expected a value", String(actual));
}

/** `|actual - expected| <= tolerance`, 1e-7 unless told. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance = 1e-7,
  message?: string,
): void {
  if (Object.is(actual, expected)) return;
  const distance = Math.abs(actual - expected);
  if (!(distance <= tolerance)) {
    fail(
      message ?? "Values are not close",
      `${actual} is ${distance} from ${expected}, allowed ${tolerance}`,
    );
  }
}

/** `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, message?: string): void {
  if (!(actual > expected)) fail(message ?? "Too small", `${actual} is not > ${expected}`);
}

/** `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void {
  if (!(actual >= expected)) fail(message ?? "Too small", `${actual} is not >= ${expected}`);
}

/** `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, message?: string): void {
  if (!(actual < expected)) fail(message ?? "Too large", `${actual} is not < ${expected}`);
}

/** `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void {
  if (!(actual <= expected)) fail(message ?? "Too large", `${actual} is not <= ${expected}`);
}

/** `actual` contains the text `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  if (!actual.includes(expected)) fail(message ?? "Text not found", `${expected} in ${actual}`);
}

/** `actual` matches the pattern. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  if (!expected.test(actual)) fail(message ?? "No match", `${expected} in ${actual}`);
}

/** `actual` has every member of `expected`, deeply; more members are allowed. */
export function assertObjectMatch(actual: object, expected: object, message?: string): void {
  try {
    nodeAssert.partialDeepStrictEqual(actual, expected);
  } catch (error) {
    fail(
      message ?? "Object does not match",
      error instanceof Error ? error.message : String(error),
    );
  }
}

/** Every item of `expected` is deeply in `actual`. */
export function assertArrayIncludes<T>(
  actual: readonly T[],
  expected: readonly T[],
  message?: string,
): void {
  for (const item of expected) {
    const found = actual.some((candidate) => {
      try {
        nodeAssert.deepStrictEqual(candidate, item);
        return true;
      } catch {
        return false;
      }
    });
    if (!found) fail(message ?? "Item not found", JSON.stringify(item));
  }
}

/** `actual` is an instance of `type`. */
export function assertInstanceOf<T>(
  actual: unknown,
  type: new (...args: never[]) => T,
  message?: string,
): asserts actual is T {
  if (!(actual instanceof type)) fail(message ?? "Wrong type", `expected ${type.name}`);
}

type ErrorClass<E extends Error> = new (...args: never[]) => E;

function checkError<E extends Error>(error: unknown, type?: ErrorClass<E>, includes?: string): E {
  if (!(error instanceof Error)) fail("A value that is not an Error was thrown", String(error));
  if (type !== undefined && !(error instanceof type)) {
    fail("Wrong error", `${error.name}: ${error.message}, expected ${type.name}`);
  }
  if (includes !== undefined && !error.message.includes(includes)) {
    fail("Wrong error message", `${error.message}, expected ${includes}`);
  }
  return error as E;
}

/** `body` throws, an error of `type` whose message has `includes` when given; returns it. */
export function assertThrows<E extends Error = Error>(
  body: () => unknown,
  type?: ErrorClass<E>,
  includes?: string,
): E {
  try {
    body();
  } catch (error) {
    return checkError(error, type, includes);
  }
  fail("Expected the function to throw");
}

/** `body` rejects, an error of `type` whose message has `includes` when given; resolves with it. */
export async function assertRejects<E extends Error = Error>(
  body: () => PromiseLike<unknown>,
  type?: ErrorClass<E>,
  includes?: string,
): Promise<E> {
  try {
    await body();
  } catch (error) {
    return checkError(error, type, includes);
  }
  fail("Expected the promise to reject");
}

/** Fails always. */
export function unreachable(reason = "Reached what must not be reached"): never {
  fail(reason);
}
