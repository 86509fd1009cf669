/**
 * What an actor is, whatever runs it: a worker thread, or one thread under a manual clock.
 *
 * Messages record, ticks act. `handle` and `answer` only touch the actor's own state and may ask for an earlier
 * tick; the tick does the work from current state, so a lost or repeated message costs time and not correctness.
 *
 * @module
 */
import type { Clock } from "../lib/clock.ts";
import type { Result } from "../lib/failure.ts";
import type { Log } from "../lib/log.ts";
import type { Prng } from "../lib/prng.ts";
import type { ActorName } from "./actor_name.ts";
import type { AnswerOf, Message, RequestKind, RequestOf } from "./mod.ts";

/** What the runtime gives an actor. */
export interface ActorContext {
  readonly name: ActorName;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  /**
   * Sends a fact to every actor that the routing table names for its kind. Never blocks; what happens when a
   * mailbox is full is the policy of the message. Typed arrays in `transfer` are moved when there is one
   * receiver and copied otherwise: the sender must not use them afterwards.
   */
  emit(message: Message, transfer?: readonly ArrayBufferLike[]): void;
  /**
   * Asks the actor that answers this kind. Always settles: with the answer, or with a failure
   * (`actor_died`, `mailbox_full`, `deadline_exceeded`, `shutting_down`).
   */
  request<K extends RequestKind>(
    // The intersection lets K be inferred from the literal.
    request: RequestOf<K> & { readonly kind: K },
    options?: { deadlineMs?: number; signal?: AbortSignal },
  ): Promise<Result<AnswerOf<K>>>;
  /** Asks for a tick at or before `atMs` (epoch ms); the earliest wish wins. Now when absent. */
  wake(atMs?: number): void;
}

/** The functions that answer requests, by kind. Each settles with a value; a throw becomes an `internal` failure. */
export type Answers = {
  readonly [K in RequestKind]?: (
    request: RequestOf<K>,
  ) => Promise<Result<AnswerOf<K>>> | Result<AnswerOf<K>>;
};

/** An actor, as its `create…` function returns it. */
export interface Actor {
  /** Loads state and begins. Messages wait until it resolves. A rejection makes the supervisor restart the actor. */
  start(): Promise<void>;
  /** Records a fact. Synchronous. */
  handle(message: Message): void;
  /** Answers to requests. An answer may take as long as it likes: messages and other requests go on meanwhile. */
  readonly answers: Answers;
  /**
   * Does what is due at `nowMs` and says when it wants the next tick (epoch ms; undefined = only when woken).
   * Ticks of one actor never overlap; messages are handled while an asynchronous tick runs.
   */
  tick(nowMs: number): Promise<number | undefined> | number | undefined;
  /** Ends in an orderly way: nothing pending is lost that the store should know. Resolves when done. */
  stop(): Promise<void>;
}

export { ACTOR_NAMES, type ActorName } from "./actor_name.ts";
