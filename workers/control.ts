/**
 * What the supervisor and the host of an actor say to each other over the control channel of its thread.
 *
 * @module
 */
import type { Config } from "../config/table.ts";
import type { Failure } from "../lib/failure.ts";
import type { LogRecord } from "../lib/log.ts";
import type { ActorName } from "../messages/actor.ts";
import type { RuntimeLimits } from "./limits.ts";
import type { MailboxCounts } from "./mailbox.ts";
import type { Endpoint } from "./port.ts";

/** Whom an actor may be connected to. The supervisor says `runtime_observed`, and asks on behalf of tests and tools. */
export type PeerName = ActorName | "supervisor";

/** The way to another actor. */
export interface Connection {
  readonly peer: PeerName;
  readonly endpoint: Endpoint;
}

/** How time runs for an actor; plain data. Simulated time runs `speed` times as fast as real time. */
export interface TimeScale {
  /** Epoch ms, real, at which simulated time was `startMs`. */
  readonly realStartMs: number;
  readonly startMs: number;
  readonly speed: number;
}

/** supervisor -> host, first of all. */
export interface Init {
  readonly t: "init";
  readonly name: ActorName;
  /** 0 for the first life of the actor. */
  readonly incarnation: number;
  readonly config: Config;
  readonly limits: RuntimeLimits;
  readonly seed: number;
  /** Undefined = real time. */
  readonly time: TimeScale | undefined;
  /** All others in this system, whether they run now or not. */
  readonly peers: readonly PeerName[];
  /** Ways to those that run now. */
  readonly connections: readonly Connection[];
  /** Way to the simulated cluster, undefined when the cluster is real or the actor needs none. */
  readonly gateway: Endpoint | undefined;
}

/** supervisor -> host. */
export type ToHost =
  | Init
  | { readonly t: "peer_up"; readonly connection: Connection }
  | {
    readonly t: "peer_down";
    readonly peer: PeerName;
    readonly failure: Failure;
    readonly forGood: boolean;
  }
  | { readonly t: "ping" }
  | { readonly t: "stop" };

/** Figures of an actor's host since this life of the actor began. */
export interface HostCounts {
  readonly handled: number;
  /** Requests it owes now. */
  readonly owed: number;
  readonly towards: readonly { readonly peer: PeerName; readonly counts: MailboxCounts }[];
}

/** host -> supervisor. */
export type FromHost =
  | { readonly t: "started" }
  | { readonly t: "pong"; readonly counts: HostCounts }
  | { readonly t: "died"; readonly failure: Failure }
  | { readonly t: "stopped" }
  | { readonly t: "log"; readonly record: LogRecord };
