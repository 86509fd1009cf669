/** Assertions about our own code. They stay on in production: a broken invariant must not write to a cluster. */

/** A programmer error. Never caught to carry on; the supervisor restarts the actor. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** Throws {@link AssertionError} unless `condition` holds. One condition an assert. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** The end of a `switch` over a closed union. */
export function unreachable(value: never): never {
  throw new AssertionError(`Reached a case that cannot exist: ${JSON.stringify(value)}`);
}
