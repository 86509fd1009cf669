/**
 * The `server.properties` of a test broker.
 *
 * @module
 */

/** Settings with which retention and compaction act within seconds. Segments cannot be smaller than 1 MiB in Kafka 4. */
export const QUICK_RETENTION: Readonly<Record<string, string>> = {
  "log.retention.check.interval.ms": "5000",
  "log.cleaner.backoff.ms": "5000",
  "log.segment.delete.delay.ms": "1000",
};

/** A user of the secured listener. */
export interface KafkaUser {
  readonly mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
  readonly name: string;
  readonly password: string;
}

/** A second listener with TLS and SASL, and an authorizer that refuses everybody but `superUsers` and the plain listener. */
export interface SecuredListener {
  readonly users: readonly KafkaUser[];
  /** Names among `users` that may do everything. */
  readonly superUsers: readonly string[];
  /** What the brokers' certificate names, in OpenSSL's form; `DNS:localhost` and `IP:127.0.0.1` unless told. */
  readonly certificateNames?: readonly string[];
}

/** What the properties of one node follow from. */
export interface NodePlan {
  readonly id: number;
  readonly seedPort: number;
  readonly directory: string;
  readonly rack: string;
  /** Ids of the nodes that are controllers, too. */
  readonly controllerIds: readonly number[];
  readonly settings: Readonly<Record<string, string>>;
  readonly secured: { readonly keyStore: string; readonly listener: SecuredListener } | undefined;
}

/** The plain port of broker `id`. */
export function plainPort(seedPort: number, id: number): number {
  return seedPort + id;
}

/** The port of broker `id` with TLS and SASL. */
export function securedPort(seedPort: number, id: number): number {
  return seedPort + 10 + id;
}

/** The port of the Jolokia agent of broker `id`, 1 to 4. */
export function agentPort(seedPort: number, id: number): number {
  return seedPort + 25 + id;
}

/** The port of the JMX exporter of broker `id`, 1 to 4. */
export function exporterPort(seedPort: number, id: number): number {
  return seedPort + 30 + id;
}

/** The file's text. */
export function serverProperties(plan: NodePlan): string {
  const isController = plan.controllerIds.includes(plan.id);
  const quorum = plan.controllerIds.map((id) => `${id}@127.0.0.1:${plan.seedPort + 20 + id}`);
  const plain = `PLAINTEXT://127.0.0.1:${plainPort(plan.seedPort, plan.id)}`;
  const controller = isController ? [`CONTROLLER://127.0.0.1:${plan.seedPort + 20 + plan.id}`] : [];
  const secured = plan.secured === undefined
    ? []
    : [`SASL_SSL://127.0.0.1:${securedPort(plan.seedPort, plan.id)}`];
  const advertised = secured.map((listener) => listener.replace("127.0.0.1", "localhost"));
  const lines: Record<string, string> = {
    "process.roles": isController ? "broker,controller" : "broker",
    "node.id": String(plan.id),
    "broker.rack": plan.rack,
    "controller.quorum.voters": quorum.join(","),
    "controller.listener.names": "CONTROLLER",
    "listeners": [plain, ...secured, ...controller].join(","),
    "advertised.listeners": [plain, ...advertised].join(","),
    "log.dirs": `${plan.directory}/d0,${plan.directory}/d1`,
    // Apart from the data, so that a data disk can fail without the controller.
    "metadata.log.dir": `${plan.directory}/meta`,
    "offsets.topic.num.partitions": "3",
    "offsets.topic.replication.factor": String(Math.min(3, plan.controllerIds.length)),
    "transaction.state.log.num.partitions": "3",
    "auto.create.topics.enable": "false",
    // Otherwise Kafka makes the elections that the tests want to see us make.
    "auto.leader.rebalance.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.cleaner.dedupe.buffer.size": "2097152",
    "broker.session.timeout.ms": "6000",
    "broker.heartbeat.interval.ms": "1000",
    "replica.lag.time.max.ms": "10000",
    ...(plan.secured === undefined ? {} : securedSettings(plan.secured)),
    ...plan.settings,
  };
  return Object.entries(lines).map(([key, value]) => `${key}=${value}\n`).join("");
}

function securedSettings(
  secured: { readonly keyStore: string; readonly listener: SecuredListener },
): Record<string, string> {
  const scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
  const plainUsers = secured.listener.users.filter((user) => user.mechanism === "PLAIN")
    .map((user) => `user_${user.name}="${user.password}"`);
  const superUsers = secured.listener.superUsers.map((name) => `User:${name}`);
  return {
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512,PLAIN",
    "listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config": scram,
    "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": scram,
    "listener.name.sasl_ssl.plain.sasl.jaas.config":
      `org.apache.kafka.common.security.plain.PlainLoginModule required ${plainUsers.join(" ")};`,
    "ssl.keystore.type": "PKCS12",
    "ssl.keystore.location": secured.keyStore,
    "ssl.keystore.password": "changeit",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": ["User:ANONYMOUS", ...superUsers].join(";"),
  };
}

/** Arguments for `StorageTool format` that create the SCRAM users. */
export function scramArguments(listener: SecuredListener): string[] {
  return listener.users.filter((user) => user.mechanism !== "PLAIN").flatMap((user) => [
    "--add-scram",
    `${user.mechanism}=[name=${user.name},password=${user.password}]`,
  ]);
}
