/**
 * Work in steps: a generator that comes back after a bounded part of it, so that whoever runs it can let others run.
 *
 * @module
 */

/** Runs all steps at once. */
export function drain<T>(steps: Generator<unknown, T, void>): T {
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
  }
}
