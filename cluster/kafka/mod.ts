/**
 * The port to a real Kafka cluster.
 *
 * kafkajs gives connections with TLS and SASL (`bridge.ts`); requests and answers are read and written here, one file a
 * request in `api/`. `link.ts` is the way to one broker, `directory.ts` chooses whom to ask, and the other files are
 * the operations of the gateway.
 *
 * @module
 */
import type { Config } from "../../config/table.ts";
import type { Clock } from "../../lib/clock.ts";
import { type Failure, ok, type Result } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import type { Prng } from "../../lib/prng.ts";
import type { Gateway } from "../gateway.ts";
import { createJolokiaSource } from "../jolokia/mod.ts";
import { openBridge } from "./bridge.ts";
import { alterConfigs, readConfigs } from "./configs.ts";
import { Directory } from "./directory.ts";
import { readGroupOffsets } from "./groups.ts";
import type { LinkDeps } from "./link.ts";
import { readLogDirs } from "./log_dirs.ts";
import {
  alterLogDirs,
  alterReassignments,
  electPreferredLeaders,
  listReassignments,
} from "./moves.ts";
import { createObserver } from "./observe.ts";
import { readOffsets } from "./offsets.ts";
import { type KafkaProbe, probeOver } from "./probe.ts";
import { preciseTime, type Session } from "./session.ts";
import { kafkaSettings } from "./settings.ts";

export { addressText } from "./connection_failures.ts";
export type { KafkaProbe, Operation, Reached, TopicPermissions } from "./probe.ts";
export type { Address } from "./settings.ts";

/** What a gateway to a real cluster needs. */
export interface KafkaGatewayDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly prng: Prng;
}

/**
 * A gateway to the cluster at `bootstrap.servers`. Nothing is connected before the first call. When the settings cannot
 * be used every call fails with the reason; {@link checkKafkaConfig} tells it earlier.
 */
export function createKafkaGateway(deps: KafkaGatewayDeps): Gateway {
  const opened = openSession(deps);
  return opened.ok ? gatewayOver(opened.value.session) : brokenGateway(opened.failure);
}

/** A gateway that can also tell how the cluster is reached and what is permitted. Fails when the settings cannot be used. */
export function createKafkaProbe(deps: KafkaGatewayDeps): Result<KafkaProbe> {
  const opened = openSession(deps);
  if (!opened.ok) return opened;
  const { session, linkDeps } = opened.value;
  const { jolokia } = session.settings;
  return ok(probeOver(session, { gateway: gatewayOver(session), linkDeps, jolokia }));
}

function openSession(deps: KafkaGatewayDeps): Result<{ session: Session; linkDeps: LinkDeps }> {
  const settings = kafkaSettings(deps.config);
  if (!settings.ok) return settings;
  const { clock, log, prng } = deps;
  const bridge = openBridge({
    clientId: settings.value.clientId,
    security: settings.value.security,
    connectTimeoutMs: settings.value.connectTimeoutMs,
    requestTimeoutMs: deps.config["request.timeout.ms"],
    log,
  });
  const linkDeps: LinkDeps = {
    bridge,
    clock,
    connectTimeoutMs: settings.value.connectTimeoutMs,
    securityProtocol: settings.value.security.protocol,
  };
  const directory = new Directory({ ...linkDeps, prng, settings: settings.value });
  const session = {
    directory,
    settings: settings.value,
    clock,
    log,
    preciseNowMs: preciseTime(clock),
  };
  return ok({ session, linkDeps });
}

/** What is wrong with the connection settings, files of keys and certificates included; undefined when nothing is. */
export function checkKafkaConfig(config: Config): Failure | undefined {
  const settings = kafkaSettings(config);
  return settings.ok ? undefined : settings.failure;
}

const CLOSED: Failure = {
  code: "shutting_down",
  message: "Cannot reach the cluster: the gateway was closed",
  retriable: false,
};

function gatewayOver(session: Session): Gateway {
  const observer = createObserver(session);
  const { settings: { jolokia }, clock } = session;
  const metrics = jolokia === undefined
    ? undefined
    : createJolokiaSource({ settings: jolokia, clock });
  let isClosed = false;
  const open = async <T>(call: () => Promise<Result<T>>): Promise<Result<T>> =>
    isClosed ? { ok: false, failure: CLOSED } : await call();
  return {
    observe: (options) => open(() => observer.observe(options)),
    readLogDirs: (topology, options) => open(() => readLogDirs(session, topology, options)),
    readOffsets: (topology, options) => open(() => readOffsets(session, topology, options)),
    readGroupOffsets: (topology, options) =>
      open(() => readGroupOffsets(session, topology, options)),
    // Kafka's own protocol has no broker metrics.
    readBrokerMetrics: (topology, options) =>
      open(async () =>
        metrics === undefined ? ok(undefined) : await metrics.read(topology, options)
      ),
    readConfigs: (resources, keys, options) =>
      open(() => readConfigs(session, resources, keys, options)),
    alterReassignments: (targets, options) =>
      open(() => alterReassignments(session, targets, options)),
    listReassignments: (options) => open(() => listReassignments(session, options)),
    electPreferredLeaders: (partitions, options) =>
      open(() => electPreferredLeaders(session, partitions, options)),
    alterLogDirs: (targets, options) => open(() => alterLogDirs(session, targets, options)),
    alterConfigs: (changes, options) => open(() => alterConfigs(session, changes, options)),
    close: () => {
      isClosed = true;
      session.directory.close("the gateway was closed");
      return Promise.resolve();
    },
  };
}

function brokenGateway(failure: Failure): Gateway {
  let answer = failure;
  const refuse = () => Promise.resolve({ ok: false, failure: answer } as const);
  return {
    observe: refuse,
    readLogDirs: refuse,
    readOffsets: refuse,
    readGroupOffsets: refuse,
    readBrokerMetrics: refuse,
    readConfigs: refuse,
    alterReassignments: refuse,
    listReassignments: refuse,
    electPreferredLeaders: refuse,
    alterLogDirs: refuse,
    alterConfigs: refuse,
    close: () => {
      answer = CLOSED;
      return Promise.resolve();
    },
  };
}
