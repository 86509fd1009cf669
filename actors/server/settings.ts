/**
 * The server's settings, read from the configuration once and checked against each other.
 *
 * @module
 */
import type { Config } from "../../config/table.ts";
import { fail, ok, type Result } from "../../lib/failure.ts";

/** Kind of a user task: how many and how long finished ones are kept is configured by kind. */
export type TaskType =
  | "kafka_monitor"
  | "cruise_control_monitor"
  | "kafka_admin"
  | "cruise_control_admin";

/** How many and how long finished tasks of a kind are kept. */
export interface Retention {
  readonly count: number;
  /** From the task's start. */
  readonly ms: number;
}

/** Everything the server is set up with. */
export interface ServerSettings {
  readonly port: number;
  readonly address: string;
  readonly headerBytesMax: number;
  /** Without a slash at the end: `/kafkacruisecontrol`. */
  readonly apiPrefix: string;
  readonly maxBlockMs: number;
  readonly sessionIdleMs: number;
  readonly sessionPath: string;
  readonly accessLog: boolean;
  readonly cors:
    | {
      readonly origin: string;
      readonly methods: string;
      readonly exposeHeaders: string;
    }
    | undefined;
  /** File with users, passwords and roles; undefined when callers need not authenticate. */
  readonly credentialsFile: string | undefined;
  readonly reasonRequired: boolean;
  readonly activeTasksMax: number;
  readonly retention: Readonly<Record<TaskType, Retention>>;
  readonly planTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly askTimeoutMs: number;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|\[?::ffff:127(\.\d{1,3}){3}\]?)$/i;

/** Whether only programs on this machine can reach the address. */
export function isLoopback(address: string): boolean {
  return LOOPBACK.test(address);
}

/** Reads the settings. Fails with `invalid_argument` when they would expose or pretend something. */
export function settingsOf(config: Config): Result<ServerSettings> {
  const refusal = refuse(config);
  if (refusal !== undefined) return fail("invalid_argument", refusal);
  const prefix = config["webserver.api.urlprefix"].replace(/\*$/, "").replace(/\/+$/, "");
  return ok({
    port: config["webserver.http.port"],
    address: config["webserver.http.address"],
    headerBytesMax: config["webserver.http.header.size"],
    apiPrefix: prefix.startsWith("/") ? prefix : `/${prefix}`,
    maxBlockMs: config["webserver.request.maxBlockTimeMs"],
    sessionIdleMs: config["webserver.session.maxExpiryTimeMs"],
    sessionPath: config["webserver.session.path"],
    accessLog: config["webserver.accesslog.enabled"],
    cors: corsOf(config),
    credentialsFile: config["webserver.security.enable"]
      ? config["webserver.auth.credentials.file"]
      : undefined,
    reasonRequired: config["request.reason.required"],
    activeTasksMax: config["max.active.user.tasks"],
    retention: retentionOf(config),
    planTimeoutMs: config["evenkeel.server.plan.timeout.ms"],
    stopTimeoutMs: config["evenkeel.server.stop.timeout.ms"],
    askTimeoutMs: config["evenkeel.server.ask.timeout.ms"],
  });
}

function refuse(config: Config): string | undefined {
  const address = config["webserver.http.address"];
  if (config["webserver.ssl.enable"]) {
    return "Cannot serve TLS: webserver.ssl.enable must be false, got true; put a TLS proxy in front and keep webserver.http.address on loopback";
  }
  if (config["two.step.verification.enabled"]) {
    return "Cannot hold requests for review: two.step.verification.enabled must be false, got true";
  }
  const provider = config["webserver.security.provider"];
  if (config["webserver.security.enable"] && !provider.endsWith(".BasicSecurityProvider")) {
    return `Cannot authenticate callers: webserver.security.provider must be the BasicSecurityProvider, got ${provider}`;
  }
  if (!config["webserver.security.enable"] && !isLoopback(address)) {
    return `Cannot listen on ${address} without authentication: anybody who reaches it could move the cluster's data; set webserver.security.enable = true with webserver.auth.credentials.file, or webserver.http.address = 127.0.0.1`;
  }
  return undefined;
}

function corsOf(config: Config): ServerSettings["cors"] {
  if (!config["webserver.http.cors.enabled"]) return undefined;
  return {
    origin: config["webserver.http.cors.origin"],
    methods: config["webserver.http.cors.allowmethods"],
    exposeHeaders: config["webserver.http.cors.exposeheaders"],
  };
}

function retentionOf(config: Config): Record<TaskType, Retention> {
  const count = config["max.cached.completed.user.tasks"];
  const ms = config["completed.user.task.retention.time.ms"];
  return {
    kafka_monitor: {
      count: config["max.cached.completed.kafka.monitor.user.tasks"] ?? count,
      ms: config["completed.kafka.monitor.user.task.retention.time.ms"] ?? ms,
    },
    cruise_control_monitor: {
      count: config["max.cached.completed.cruise.control.monitor.user.tasks"] ?? count,
      ms: config["completed.cruise.control.monitor.user.task.retention.time.ms"] ?? ms,
    },
    kafka_admin: {
      count: config["max.cached.completed.kafka.admin.user.tasks"] ?? count,
      ms: config["completed.kafka.admin.user.task.retention.time.ms"] ?? ms,
    },
    cruise_control_admin: {
      count: config["max.cached.completed.cruise.control.admin.user.tasks"] ?? count,
      ms: config["completed.cruise.control.admin.user.task.retention.time.ms"] ?? ms,
    },
  };
}
