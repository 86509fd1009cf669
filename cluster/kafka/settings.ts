/**
 * What the gateway to a real cluster needs to know, checked.
 *
 * @module
 */
import type { Config } from "../../config/table.ts";
import { fail, ok, type Result } from "../../lib/failure.ts";
import { type JolokiaSettings, jolokiaSettings } from "../jolokia/mod.ts";
import { securityOf, type SecuritySettings } from "./security.ts";

/** Where a broker listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Settings of the gateway. */
export interface KafkaSettings {
  readonly bootstrap: readonly Address[];
  readonly clientId: string;
  readonly security: SecuritySettings;
  /** Deadline of a call unless the caller gives one. */
  readonly deadlineMs: number;
  /** Deadline of a call about log dirs unless the caller gives one. */
  readonly logDirDeadlineMs: number;
  readonly connectTimeoutMs: number;
  readonly hedgeMs: number;
  /** Where broker metrics come from; undefined when nothing gives them. */
  readonly jolokia: JolokiaSettings | undefined;
}

/** The settings, or what to change; reads the files of keys and certificates. */
export function kafkaSettings(config: Config): Result<KafkaSettings> {
  const bootstrap = parseBootstrap(config["bootstrap.servers"] ?? []);
  if (!bootstrap.ok) return bootstrap;
  const security = securityOf(config);
  if (!security.ok) return security;
  const jolokia = jolokiaSettings(config);
  if (!jolokia.ok) return jolokia;
  const limitMs = config["request.timeout.ms"];
  return ok({
    bootstrap: bootstrap.value,
    clientId: config["client.id"],
    security: security.value,
    deadlineMs: Math.min(limitMs, config["evenkeel.kafka.deadline.ms"]),
    logDirDeadlineMs: Math.min(limitMs, config["logdir.response.timeout.ms"]),
    connectTimeoutMs: Math.min(limitMs, config["evenkeel.kafka.connect.timeout.ms"]),
    hedgeMs: config["evenkeel.kafka.hedge.ms"],
    jolokia: jolokia.value,
  });
}

/** Parses `HOST:PORT` items; an IPv6 address stands in brackets. A leading `PLAINTEXT://` or the like is allowed. */
export function parseBootstrap(items: readonly string[]): Result<Address[]> {
  if (items.length === 0) {
    return fail(
      "invalid_argument",
      "Set bootstrap.servers, or --bootstrap: it must name at least one HOST:PORT",
    );
  }
  const addresses: Address[] = [];
  for (const item of items) {
    const match = /^(?:[A-Z_]+:\/\/)?(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(item);
    const port = Number(match?.[3]);
    if (match === null || port < 1 || port > 65535) {
      return fail(
        "invalid_argument",
        `Cannot use bootstrap.servers item "${item}": must be HOST:PORT with a port from 1 to 65535`,
      );
    }
    addresses.push({ host: (match[1] ?? match[2])!, port });
  }
  return ok(addresses);
}
