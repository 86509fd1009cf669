/**
 * Time, passed in. The only file that may touch `Date`, `performance` and timers, so that a test can replay
 * any run under {@link ManualClock}.
 *
 * @module
 */

/** A timer that was set; cancelling twice or after it fired does nothing. */
export interface Timer {
  cancel(): void;
}

/** What the program knows of time. */
export interface Clock {
  /** Epoch milliseconds, an integer. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start that never goes back, with a fraction; for durations only. */
  monotonicMs(): number;
  /** Calls `fire` once at or after `atMs`. Equal times fire in the order they were set. */
  setTimer(atMs: number, fire: () => void): Timer;
}

/** Real time. Timers keep the process alive unless cancelled. */
export function systemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    setTimer(atMs, fire) {
      const id = setTimeout(fire, Math.max(0, atMs - Date.now()));
      return { cancel: () => clearTimeout(id) };
    },
  };
}

/** Resolves at `atMs` by `clock`; `signal` ends the wait early (it resolves then, too). */
export function sleepUntil(
  clock: Clock,
  atMs: number,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  return new Promise((resolve) => {
    if (options.signal?.aborted) return resolve();
    const timer = clock.setTimer(atMs, () => {
      options.signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    function onAbort() {
      timer.cancel();
      resolve();
    }
    options.signal?.addEventListener("abort", onAbort, { once: true });
  });
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Time that moves only when told to. */
export class ManualClock implements Clock {
  #nowMs: number;
  #order = 0;
  #due: Due[] = [];

  /** Starts at `startMs`, epoch milliseconds. */
  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(atMs: number, fire: () => void): Timer {
    const due: Due = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, fire };
    const at = this.#insertionPoint(due);
    this.#due.splice(at, 0, due);
    return {
      cancel: () => {
        const index = this.#due.indexOf(due);
        if (index >= 0) this.#due.splice(index, 1);
      },
    };
  }

  /** When the next timer is due, or undefined when none is set. */
  nextDueMs(): number | undefined {
    return this.#due[0]?.atMs;
  }

  /** Moves to the next timer at or before `limitMs` and fires it. False when there is none; time is then `limitMs`. */
  fireNext(limitMs: number): boolean {
    const next = this.#due[0];
    if (next === undefined || next.atMs > limitMs) {
      this.#nowMs = Math.max(this.#nowMs, limitMs);
      return false;
    }
    this.#due.shift();
    this.#nowMs = next.atMs;
    next.fire();
    return true;
  }

  /** Fires everything due until `untilMs`, letting promise chains settle after each timer. */
  async advanceTo(untilMs: number): Promise<void> {
    await settle();
    while (this.fireNext(untilMs)) await settle();
  }

  #insertionPoint(due: Due): number {
    let low = 0;
    let high = this.#due.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#due[middle]!.atMs <= due.atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The earliest of some times; undefined when none is set. */
export function earliestMs(...timesMs: readonly (number | undefined)[]): number | undefined {
  const set = timesMs.filter((timeMs) => timeMs !== undefined);
  return set.length === 0 ? undefined : Math.min(...set);
}

/** Lets every promise chain that is ready run to its next wait: one turn of the event loop. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Runs `work` against a deadline by `clock`. The work is not stopped; its late outcome is ignored. */
export async function withDeadline<T>(
  clock: Clock,
  deadlineMs: number,
  work: Promise<T>,
): Promise<{ inTime: true; value: T } | { inTime: false }> {
  let timer: Timer | undefined;
  const late = new Promise<{ inTime: false }>((resolve) => {
    timer = clock.setTimer(deadlineMs, () => resolve({ inTime: false }));
  });
  const done = work.then((value) => ({ inTime: true as const, value }));
  // A rejection after the deadline must not end the process as unobserved.
  done.catch(() => {});
  try {
    return await Promise.race([done, late]);
  } finally {
    timer?.cancel();
  }
}
