/**
 * What the supervisor knows of one actor over all its lives.
 *
 * ```
 *               +-------------- backoff over ---------------+
 *               v                                           |
 *  (new) --> starting --started--> running --died--> restarting --limit--> given_up
 *               |                     |                     ^
 *               +------- died --------|---------------------+
 *               +------- stop --------+--> stopped
 * ```
 *
 * @module
 */
import { assert } from "../lib/assert.ts";
import type { Timer } from "../lib/clock.ts";
import type { Failure } from "../lib/failure.ts";
import type { ActorName } from "../messages/actor.ts";
import type { ActorRuntime } from "../messages/runtime.ts";
import type { FromHost, HostCounts, ToHost } from "./control.ts";
import type { Endpoint } from "./port.ts";

/** State of an actor. */
export type ActorState = ActorRuntime["state"];

/** What may follow each state. Anything else is a programmer error. */
const TRANSITIONS: Readonly<Record<ActorState, readonly ActorState[]>> = {
  starting: ["running", "restarting", "given_up", "stopped"],
  running: ["restarting", "given_up", "stopped"],
  restarting: ["starting", "stopped"],
  given_up: ["stopped"],
  stopped: [],
};

/** A thread, or what stands for one, with an actor's host in it. */
export interface Thread {
  /** Sends an order; the endpoints named in it move along. */
  send(order: ToHost, endpoints: readonly Endpoint[]): void;
  /** Sets the only receiver of what the host says. */
  listen(receive: (word: FromHost) => void): void;
  /** Ends it as far as the platform can; it is never heard of again. */
  terminate(): void;
}

const NO_COUNTS: HostCounts = { handled: 0, owed: 0, towards: [] };

/** See the top of the file. */
export class ActorSlot {
  readonly name: ActorName;
  #state: ActorState = "starting";
  thread: Thread | undefined;
  incarnation = 0;
  restarts = 0;
  everStarted = false;
  deathsMs: readonly number[] = [];
  lastFailure: Failure | undefined;
  lastHeartbeatMs: number | undefined;
  /** Heartbeats sent since the last answer. */
  unanswered = 0;
  restartTimer: Timer | undefined;
  /** Set while it is told to stop. */
  onStopped: (() => void) | undefined;
  counts = NO_COUNTS;
  #formerHandled = 0;
  readonly #formerTowards = new Map<ActorName, { dropped: number; deadLetters: number }>();

  /** An actor that is about to start. */
  constructor(name: ActorName) {
    this.name = name;
  }

  get state(): ActorState {
    return this.#state;
  }

  /** Moves on in the diagram above. */
  moveTo(state: ActorState): void {
    assert(
      TRANSITIONS[this.#state].includes(state),
      `${this.name} cannot go from ${this.#state} to ${state}`,
    );
    this.#state = state;
  }

  /** Adds up the figures of a life that is over. */
  closeBooks(): void {
    this.#formerHandled += this.counts.handled;
    for (const { peer, counts } of this.counts.towards) {
      if (peer === "supervisor") continue;
      const sum = this.#formerTowards.get(peer) ?? { dropped: 0, deadLetters: 0 };
      sum.dropped += counts.dropped;
      sum.deadLetters += counts.deadLetters;
      this.#formerTowards.set(peer, sum);
    }
    this.counts = NO_COUNTS;
    this.unanswered = 0;
  }

  /** Facts handled in all lives. */
  get handled(): number {
    return this.#formerHandled + this.counts.handled;
  }

  /** What became of facts to `receiver`, in all lives; `length` only of this one. */
  towards(receiver: ActorName): { length: number; dropped: number; deadLetters: number } {
    const former = this.#formerTowards.get(receiver) ?? { dropped: 0, deadLetters: 0 };
    const now = this.counts.towards.find((entry) => entry.peer === receiver)?.counts;
    return {
      length: now?.length ?? 0,
      dropped: former.dropped + (now?.dropped ?? 0),
      deadLetters: former.deadLetters + (now?.deadLetters ?? 0),
    };
  }
}
