/**
 * When an actor ticks: at the earliest wish, never twice at once.
 *
 * @module
 */
import { assert } from "../lib/assert.ts";
import type { Clock, Timer } from "../lib/clock.ts";

/** Timers further away are set in steps: the platform's fire at once beyond 2^31 ms. */
const TIMER_STEP_MS = 86_400_000;
/** Ticks without time passing in between that mean an actor asks for ticks in a circle. Honest cases need a handful. */
const TICKS_AT_ONE_TIME_MAX = 10_000;

/** What is called. */
export interface TickerCalls {
  /** Does the work; says when it wants to be called again. */
  tick(nowMs: number): Promise<number | undefined> | number | undefined;
  /** The tick threw or rejected; no more ticks follow. */
  onThrow(error: unknown): void;
}

/** See the top of the file. */
export class Ticker {
  readonly #clock: Clock;
  readonly #calls: TickerCalls;
  #active = false;
  /** Set while a tick runs, from before its first statement. */
  #busy = false;
  #running: Promise<void> = Promise.resolve();
  /** Earliest wish, undefined when there is none. */
  #wishMs: number | undefined;
  #timer: Timer | undefined;
  #lastTickMs = NaN;
  #ticksAtOneTime = 0;

  /** Nothing ticks before {@link start}; wishes are kept. */
  constructor(clock: Clock, calls: TickerCalls) {
    this.#clock = clock;
    this.#calls = calls;
  }

  /** Begins with a tick now. */
  start(): void {
    this.#active = true;
    // A wish from before the start was kept without a timer.
    this.#wishMs = this.#clock.nowMs();
    this.#arm();
  }

  /** Asks for a tick at or before `atMs`, now when absent. The earliest wish wins. */
  wake(atMs?: number): void {
    const nowMs = this.#clock.nowMs();
    const wish = Math.max(nowMs, atMs ?? nowMs);
    assert(!Number.isNaN(wish), "A tick must be asked for at a time");
    if (this.#wishMs !== undefined && this.#wishMs <= wish) return;
    this.#wishMs = wish;
    this.#arm();
  }

  /** No new tick begins; resolves when the one that runs has ended. */
  async stop(): Promise<void> {
    this.cancel();
    await this.#running;
  }

  /** No new tick begins. */
  cancel(): void {
    this.#active = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!this.#active || this.#busy || this.#wishMs === undefined) return;
    if (this.#wishMs === Infinity) return;
    const atMs = Math.min(this.#wishMs, this.#clock.nowMs() + TIMER_STEP_MS);
    this.#timer = this.#clock.setTimer(atMs, () => this.#fire());
  }

  #fire(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.nowMs();
    // The platform's timers may fire a little early, and far wishes come in steps.
    if (this.#wishMs === undefined || nowMs < this.#wishMs) return this.#arm();
    this.#wishMs = undefined;
    this.#busy = true;
    this.#running = this.#run(nowMs).then(() => {
      this.#busy = false;
      this.#arm();
    });
  }

  async #run(nowMs: number): Promise<void> {
    try {
      this.#ticksAtOneTime = nowMs === this.#lastTickMs ? this.#ticksAtOneTime + 1 : 0;
      this.#lastTickMs = nowMs;
      assert(
        this.#ticksAtOneTime < TICKS_AT_ONE_TIME_MAX,
        "An actor asks for ticks without time passing",
      );
      const next = await this.#calls.tick(nowMs);
      if (next !== undefined) this.wake(next);
    } catch (error) {
      this.cancel();
      this.#calls.onThrow(error);
    }
  }
}
