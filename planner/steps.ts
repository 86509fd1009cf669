/**
 * What the planner says while it works.
 *
 * @module
 */

/** Where the search is. Comes often enough (at most about 20 ms of work apart) to keep an event loop free. */
export interface PlannerStep {
  /** Sentence part for people: "Moving replicas off overloaded brokers". */
  readonly step: string;
  /**
   * The most important goal that is not met yet; absent before and after the search. It never goes back. Looked for when
   * it is asked for, so to be asked before the next step.
   */
  readonly goal?: string | undefined;
  /** 0..100, never falling. */
  readonly completionPercentage: number;
  /** Steps used so far. */
  readonly steps: number;
  /** Said once, before the search: goals that no plan can meet, why, and what would help. */
  readonly notices?: readonly string[];
}

/** Says the same at each step of a part. */
export function* saying<T>(
  step: PlannerStep,
  part: Generator<void, T, void>,
): Generator<PlannerStep, T, void> {
  for (;;) {
    const next = part.next();
    if (next.done === true) return next.value;
    yield step;
  }
}

/** What the parts of another plan say of their progress is not said: whoever waits does not wait for that one. */
export function* quiet<T>(part: Generator<PlannerStep, T, void>): Generator<void, T, void> {
  for (;;) {
    const next = part.next();
    if (next.done === true) return next.value;
    yield;
  }
}
