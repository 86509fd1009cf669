/**
 * The runtime's limits, as the configuration gives them.
 *
 * @module
 */
import type { Config } from "../config/table.ts";

/** Limits of mailboxes, requests, heartbeats, restarts and of stopping. Plain data. */
export interface RuntimeLimits {
  /** Facts from one actor to another that may be underway. */
  readonly mailboxSize: number;
  /** Requests that one actor may have open at another. */
  readonly requestsMax: number;
  /** Default deadline of a request. */
  readonly requestDeadlineMs: number;
  /** 0 = no heartbeats (actors that share the supervisor's thread). */
  readonly heartbeatIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly restartBackoffMs: number;
  readonly restartBackoffMaxMs: number;
  readonly restartMax: number;
  readonly restartWindowMs: number;
  readonly stopDeadlineMs: number;
}

/** Reads the limits. */
export function limitsOf(config: Config): RuntimeLimits {
  return {
    mailboxSize: config["evenkeel.runtime.mailbox.size"],
    requestsMax: config["evenkeel.runtime.requests.max"],
    requestDeadlineMs: config["evenkeel.runtime.request.deadline.ms"],
    heartbeatIntervalMs: config["evenkeel.runtime.heartbeat.interval.ms"],
    heartbeatTimeoutMs: config["evenkeel.runtime.heartbeat.timeout.ms"],
    restartBackoffMs: config["evenkeel.runtime.restart.backoff.ms"],
    restartBackoffMaxMs: config["evenkeel.runtime.restart.backoff.max.ms"],
    restartMax: config["evenkeel.runtime.restart.max"],
    restartWindowMs: config["evenkeel.runtime.restart.window.ms"],
    stopDeadlineMs: config["evenkeel.runtime.stop.deadline.ms"],
  };
}
