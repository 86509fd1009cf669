/**
 * What the runtime (the supervisor, whatever runs the actors) says about the actors.
 *
 * @module
 */
import type { ActorName } from "./actor_name.ts";

/** One actor as its supervisor sees it. */
export interface ActorRuntime {
  readonly name: ActorName;
  /** `given_up`: it died more often than the limit and is not restarted any more. */
  readonly state: "starting" | "running" | "restarting" | "given_up" | "stopped";
  /** Restarts since the process began. */
  readonly restarts: number;
  /** Message of the latest death, undefined while there was none. */
  readonly lastFailure: string | undefined;
  /** When it answered a heartbeat last, epoch ms; undefined before the first. */
  readonly lastHeartbeatMs: number | undefined;
  /** Facts that wait in its mailbox now. */
  readonly mailboxLength: number;
  /** Facts handed to it, and facts dropped or replaced because its mailbox was full, since the process began. */
  readonly messagesHandled: number;
  readonly messagesDropped: number;
  /** Facts lost because it was down when they were sent or had not handled them when it died. */
  readonly deadLetters: number;
  /** Requests that it owes an answer to. */
  readonly requestsOwed: number;
}

/** runtime -> server, every few seconds and whenever an actor changes its state. keep_latest. */
export interface RuntimeObserved {
  readonly kind: "runtime_observed";
  readonly atMs: number;
  readonly actors: readonly ActorRuntime[];
}

/** All facts of the runtime. */
export type RuntimeEmits = RuntimeObserved;
