/**
 * Connections of kafkajs without the rest of it: TCP, TLS, SASL, framing and correlation are its, requests are ours.
 *
 * kafkajs 2.2.4 has no public way to send a request that it does not implement. The private factory of its cluster
 * object is reached by the symbol's description; from there on all members are plain. The version is pinned exactly,
 * and a contract test opens this bridge before any other test of this folder. Why: docs/decisions/0004-kafka-bridge.md.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { assert } from "../../lib/assert.ts";
import type { Log } from "../../lib/log.ts";
import type { VersionRange } from "./api.ts";
import type { SecuritySettings } from "./security.ts";
import type { Address } from "./settings.ts";

/** Largest answer that is accepted: 100,000 partitions with 3 replicas take about 10 MB of metadata. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;

/** An open, authenticated connection to one broker. */
export interface BrokerConnection {
  /** Versions that the broker offers, by API key. */
  versionsOf(apiKey: number): VersionRange | undefined;
  /** False once it was closed by either side, or when its authentication has run out. */
  isOpen(): boolean;
  /** Sends a request body that begins with the header's tagged fields; resolves with what follows the correlation id. */
  send(
    api: { readonly key: number; readonly name: string; readonly version: number },
    body: Uint8Array,
  ): Promise<Uint8Array>;
}

/** A connection that is being opened, or is open. */
export interface Dialing {
  readonly connection: Promise<BrokerConnection>;
  /** Ends the connection at once; what waits for it is rejected with `reason`. */
  destroy(reason: string): void;
}

/** Opens connections. */
export interface Bridge {
  dial(address: Address): Dialing;
}

/** What the bridge needs. */
export interface BridgeOptions {
  readonly clientId: string;
  readonly security: SecuritySettings;
  readonly connectTimeoutMs: number;
  /** After this long kafkajs forgets a request; our own deadlines are never longer. */
  readonly requestTimeoutMs: number;
  readonly log: Log;
}

// The members of kafkajs 2.2.4 that are used, as its sources declare them.
interface ForeignQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}
interface ForeignConnection {
  socket?: { destroy(): void };
  readonly bytesNeeded: number;
  readonly requestQueue: ForeignQueue;
  processData(data: Uint8Array): void;
  rejectRequests(error: Error): void;
  disconnect(): Promise<unknown>;
}
interface ForeignPool {
  readonly pool: readonly ForeignConnection[];
  send(protocol: unknown): Promise<Uint8Array>;
}
interface ForeignBroker {
  readonly versions: Readonly<Record<string, VersionRange>> | null;
  connect(): Promise<unknown>;
  isConnected(): boolean;
  readonly connectionPool: ForeignPool;
}
interface ForeignCluster {
  readonly connectionPoolBuilder: { build(address: Address): Promise<ForeignPool> };
  readonly brokerPool: {
    createBroker(options: { connectionPool: ForeignPool; logger: unknown }): ForeignBroker;
  };
  readonly rootLogger: unknown;
}

/** Opens the bridge. Throws an assertion when the installed kafkajs does not look like the pinned one. */
export function openBridge(options: BridgeOptions): Bridge {
  const cluster = createForeignCluster(options);
  return { dial: (address) => dial(cluster, address) };
}

function createForeignCluster(options: BridgeOptions): ForeignCluster {
  const kafka = new Kafka(kafkaConfig(options));
  const symbol = Object.getOwnPropertySymbols(kafka)
    .find((candidate) => candidate.description === "private:Kafka:createCluster");
  assert(symbol !== undefined, "kafkajs must be 2.2.4: its private cluster factory is missing");
  const create = (kafka as unknown as Record<symbol, (options: object) => ForeignCluster>)[symbol]!;
  const cluster = create({ metadataMaxAge: 0, allowAutoTopicCreation: false });
  assert(
    typeof cluster.connectionPoolBuilder?.build === "function" &&
      typeof cluster.brokerPool?.createBroker === "function",
    "kafkajs must be 2.2.4: its cluster object has other members",
  );
  return cluster;
}

function kafkaConfig(options: BridgeOptions): KafkaConfig {
  const { tls, sasl } = options.security;
  return {
    clientId: options.clientId,
    brokers: ["unused:1"], // Every connection is opened to an address that we choose.
    connectionTimeout: options.connectTimeoutMs,
    authenticationTimeout: options.connectTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    retry: { retries: 0 },
    logLevel: logLevel.WARN,
    // What fails is reported by the call that fails; here it is only worth a look while debugging.
    logCreator: () => ({ log }) => options.log.debug(log.message, { logger: "kafkajs" }),
    ...(tls === undefined ? {} : {
      ssl: {
        ...(tls.ca === undefined ? {} : { ca: [...tls.ca] }),
        ...(tls.cert === undefined ? {} : { cert: tls.cert }),
        ...(tls.key === undefined ? {} : { key: tls.key }),
        ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
        ...(tls.checkHostName ? {} : { checkServerIdentity: () => undefined }),
      },
    }),
    ...(sasl === undefined ? {} : { sasl }),
  } as KafkaConfig;
}

function dial(cluster: ForeignCluster, address: Address): Dialing {
  let pool: ForeignPool | undefined;
  let destroyed: string | undefined;
  let rejectWait: (error: Error) => void = () => {};
  const given = new Promise<never>((_resolve, reject) => rejectWait = reject);
  const open = async (): Promise<BrokerConnection> => {
    pool = await cluster.connectionPoolBuilder.build(address);
    if (destroyed !== undefined) throw new Error(destroyed);
    for (const connection of pool.pool) tame(connection);
    const broker = cluster.brokerPool.createBroker({
      connectionPool: pool,
      logger: cluster.rootLogger,
    });
    await broker.connect();
    if (destroyed !== undefined) throw new Error(destroyed);
    return brokerConnection(broker);
  };
  const connection = Promise.race([open(), given]);
  connection.catch(() => {}); // Whoever waits sees it; when nobody does, it must not end the process.
  return {
    connection,
    destroy(reason) {
      if (destroyed !== undefined) return;
      destroyed = reason;
      rejectWait(new Error(reason));
      for (const single of pool?.pool ?? []) end(single, reason);
    },
  };
}

/** Corrects what would hurt a process that runs for months. */
function tame(connection: ForeignConnection): void {
  const queue = connection.requestQueue;
  const schedule = queue.scheduleCheckPendingRequests.bind(queue);
  // It sets a timer with a negative delay after every answer, which makes the runtime print a warning.
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length > 0) schedule();
  };
  const process = connection.processData.bind(connection);
  // It throws out of a socket's event, which would end the process, when a length makes no sense.
  connection.processData = (data) => {
    try {
      process(data);
    } catch (error) {
      end(connection, error instanceof Error ? error.message : String(error));
      return;
    }
    if (connection.bytesNeeded > ANSWER_BYTES_MAX || connection.bytesNeeded < 0) {
      end(connection, `an answer claims ${connection.bytesNeeded} bytes`);
    }
  };
}

/** Ends a connection without the wait for its pending requests that kafkajs makes. */
function end(connection: ForeignConnection, reason: string): void {
  connection.rejectRequests(new Error(reason));
  connection.socket?.destroy();
  connection.disconnect().catch(() => {});
}

function brokerConnection(broker: ForeignBroker): BrokerConnection {
  return {
    versionsOf: (apiKey) => broker.versions?.[apiKey],
    isOpen: () => broker.isConnected(),
    send(api, body) {
      const buf = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      return broker.connectionPool.send({
        request: {
          apiKey: api.key,
          apiVersion: api.version,
          apiName: api.name,
          encode: () => Promise.resolve({ buf, buffer: buf, size: () => buf.length }),
        },
        response: {
          decode: (payload: Uint8Array) => Promise.resolve(payload),
          parse: (payload: Uint8Array) => Promise.resolve(payload),
        },
      });
    },
  };
}
