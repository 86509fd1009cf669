/**
 * Dynamic configuration of topics and brokers: values with their sources, incremental changes with Kafka's checks,
 * and what the simulation obeys of it.
 *
 * @module
 */
import type { ConfigChange, ConfigEntry, ConfigResource, ConfigSource } from "../gateway.ts";
import { ACCEPTED, KAFKA_ERRORS, type Verdict } from "./controller.ts";
import type { SimState, SimTopic } from "./state.ts";

/** The largest value of Kafka's long: no throttle. */
const NO_THROTTLE = "9223372036854775807";

interface Definition {
  readonly default: string;
  readonly type: "long" | "list" | "throttled_replicas" | "text";
  readonly min?: number;
}

/** Topic keys that exist here, with Kafka's defaults. */
const TOPIC_KEYS: Readonly<Record<string, Definition>> = {
  "cleanup.policy": { default: "delete", type: "list" },
  "compression.type": { default: "producer", type: "text" },
  "follower.replication.throttled.replicas": { default: "", type: "throttled_replicas" },
  "leader.replication.throttled.replicas": { default: "", type: "throttled_replicas" },
  "max.message.bytes": { default: "1048588", type: "long", min: 0 },
  "min.insync.replicas": { default: "1", type: "long", min: 1 },
  "retention.bytes": { default: "-1", type: "long", min: -1 },
  "retention.ms": { default: "604800000", type: "long", min: -1 },
  "segment.bytes": { default: "1073741824", type: "long", min: 1_048_576 },
  "segment.ms": { default: "604800000", type: "long", min: 1 },
  "unclean.leader.election.enable": { default: "false", type: "text" },
};

/** Broker keys that can be changed at run time. */
const BROKER_KEYS: Readonly<Record<string, Definition>> = {
  "follower.replication.throttled.rate": { default: NO_THROTTLE, type: "long", min: 0 },
  "leader.replication.throttled.rate": { default: NO_THROTTLE, type: "long", min: 0 },
  "replica.alter.log.dirs.io.max.bytes.per.second": { default: NO_THROTTLE, type: "long", min: 0 },
};

/** Name of the resource that holds the cluster-wide dynamic default of the brokers. */
const ALL_BROKERS = "";

function staticBrokerConfig(state: SimState, name: string): ReadonlyMap<string, string> {
  const index = state.brokerIndex.get(Number(name));
  if (index === undefined) return new Map();
  const spec = state.brokers[index]!;
  const { settings } = state;
  const entries: [string, string][] = [
    ["auto.leader.rebalance.enable", "false"],
    ["broker.session.timeout.ms", String(settings.sessionTimeoutMs)],
    ["listeners", `PLAINTEXT://${spec.host}:${spec.port}`],
    ["log.dirs", spec.logDirs.map((dir) => dir.path).join(",")],
    ["log.retention.check.interval.ms", String(settings.retentionCheckMs)],
    ["node.id", String(spec.id)],
  ];
  if (spec.rack !== undefined) entries.push(["broker.rack", spec.rack]);
  return new Map(entries);
}

/** Values of a resource that exists, sorted by key; all that have one when `keys` is empty. */
export function configEntries(
  state: SimState,
  resource: ConfigResource,
  keys: readonly string[],
): ConfigEntry[] {
  const layers = resource.type === "topic"
    ? topicLayers(state, resource.name)
    : brokerLayers(state, resource.name);
  const names = keys.length > 0 ? keys : allNames(layers);
  const entries: ConfigEntry[] = [];
  for (const key of names) {
    const layer = layers.find((candidate) => candidate.values.has(key));
    if (layer !== undefined) {
      entries.push({ key, value: layer.values.get(key), source: layer.source });
    }
  }
  return entries;
}

interface Layer {
  readonly source: ConfigSource;
  readonly values: ReadonlyMap<string, string>;
}

function allNames(layers: readonly Layer[]): string[] {
  const names = new Set<string>();
  for (const layer of layers) for (const key of layer.values.keys()) names.add(key);
  return [...names].sort();
}

function defaultsOf(definitions: Readonly<Record<string, Definition>>): Map<string, string> {
  return new Map(Object.entries(definitions).map(([key, definition]) => [key, definition.default]));
}

function topicLayers(state: SimState, name: string): Layer[] {
  const topic = state.topics[state.topicByName.get(name)!]!;
  return [
    { source: "dynamic_topic", values: topic.configs },
    { source: "default", values: defaultsOf(TOPIC_KEYS) },
  ];
}

function brokerLayers(state: SimState, name: string): Layer[] {
  const everyBroker = state.brokerConfigs.get(ALL_BROKERS) ?? new Map<string, string>();
  const dynamicDefault: Layer = { source: "dynamic_default", values: everyBroker };
  // Kafka describes the cluster-wide default alone, without what brokers make of it.
  if (name === ALL_BROKERS) return [dynamicDefault];
  return [
    { source: "dynamic_broker", values: state.brokerConfigs.get(name) ?? new Map() },
    dynamicDefault,
    { source: "static", values: staticBrokerConfig(state, name) },
    { source: "default", values: defaultsOf(BROKER_KEYS) },
  ];
}

/** Applies the changes of one existing resource, all or none of them. */
export function applyChanges(
  state: SimState,
  resource: ConfigResource,
  changes: readonly ConfigChange[],
): Verdict {
  const present = resource.type === "topic"
    ? state.topics[state.topicByName.get(resource.name)!]!.configs
    : state.brokerConfigs.get(resource.name) ?? new Map<string, string>();
  const next = new Map(present);
  for (const change of changes) {
    const refusal = applyChange(state, next, change);
    if (refusal !== undefined) return refusal;
  }
  if (resource.type === "topic") {
    present.clear();
    for (const [key, value] of next) present.set(key, value);
    obeyTopicConfig(state, state.topics[state.topicByName.get(resource.name)!]!);
  } else {
    state.brokerConfigs.set(resource.name, next);
    obeyBrokerConfigs(state);
  }
  return ACCEPTED;
}

function applyChange(
  state: SimState,
  values: Map<string, string>,
  change: ConfigChange,
): Verdict | undefined {
  const { key, operation, resource } = change;
  const definition = (resource.type === "topic" ? TOPIC_KEYS : BROKER_KEYS)[key];
  const invalid = (message: string) => ({ code: KAFKA_ERRORS.invalidConfig, message });
  if (resource.type === "topic" && definition === undefined) {
    return invalid(`Unknown topic config name: ${key}`);
  }
  if (resource.type === "broker" && staticBrokerConfig(state, resource.name).has(key)) {
    return {
      code: KAFKA_ERRORS.invalidRequest,
      message: `Cannot update these configs dynamically: ${key}`,
    };
  }
  if (operation === "delete") {
    values.delete(key);
    return undefined;
  }
  const wanted = change.value ?? "";
  if (operation === "set") {
    const problem = valueProblem(definition, wanted);
    if (problem !== undefined) {
      return invalid(`Invalid value ${wanted} for configuration ${key}: ${problem}`);
    }
    values.set(key, wanted);
    return undefined;
  }
  if (definition?.type !== "list" && definition?.type !== "throttled_replicas") {
    return invalid(`Can't ${operation.toUpperCase()} to key ${key} because its type is not LIST`);
  }
  const items = splitList(values.get(key) ?? definition.default);
  const named = splitList(wanted);
  const result = operation === "append"
    ? [...items, ...named.filter((item) => !items.includes(item))]
    : items.filter((item) => !named.includes(item));
  const text = result.join(",");
  const problem = valueProblem(definition, text);
  if (problem !== undefined) {
    return invalid(`Invalid value ${text} for configuration ${key}: ${problem}`);
  }
  // Taking the last item away leaves an empty value that is still set, as seen on Kafka 4.4.
  values.set(key, text);
  return undefined;
}

function splitList(text: string): string[] {
  return text.split(",").map((item) => item.trim()).filter((item) => item !== "");
}

function valueProblem(definition: Definition | undefined, value: string): string | undefined {
  if (definition?.type === "long") {
    if (!/^-?\d+$/.test(value)) return "Not a number of type LONG";
    if (Number(value) < (definition.min ?? -Infinity)) {
      return `Value must be at least ${definition.min}`;
    }
  }
  if (definition?.type === "throttled_replicas") {
    const items = splitList(value);
    const wildcard = items.length === 1 && items[0] === "*";
    if (!wildcard && !items.every((item) => /^\d+:\d+$/.test(item))) {
      return "Must be the literal '*' or a list of replicas in the format partition:broker";
    }
  }
  return undefined;
}

/** Reads what the simulation obeys out of the topic's configuration. */
export function obeyTopicConfig(state: SimState, topic: SimTopic): void {
  const text = (key: string) => topic.configs.get(key) ?? TOPIC_KEYS[key]!.default;
  const limit = (key: string) => {
    const value = Number(text(key));
    return value < 0 ? Infinity : value;
  };
  topic.segmentBytes = limit("segment.bytes");
  topic.segmentMs = limit("segment.ms");
  topic.retentionBytes = limit("retention.bytes");
  topic.retentionMs = limit("retention.ms");
  topic.compacted = splitList(text("cleanup.policy")).includes("compact");
  topic.leaderThrottled = throttledList(state, text("leader.replication.throttled.replicas"));
  topic.followerThrottled = throttledList(state, text("follower.replication.throttled.replicas"));
}

function throttledList(
  state: SimState,
  text: string,
): ReadonlySet<number> | "all" | undefined {
  const items = splitList(text);
  if (items.length === 0) return undefined;
  if (items[0] === "*") return "all";
  const entries = new Set<number>();
  for (const item of items) {
    const [partition, brokerId] = item.split(":").map(Number);
    const broker = state.brokerIndex.get(brokerId!);
    if (broker !== undefined) entries.add(partition! * 65536 + broker);
  }
  return entries;
}

/** Sets the throttle rates of all brokers from their dynamic configuration. */
export function obeyBrokerConfigs(state: SimState): void {
  const everyBroker = state.brokerConfigs.get(ALL_BROKERS);
  state.brokers.forEach((spec, b) => {
    const own = state.brokerConfigs.get(String(spec.id));
    const rate = (key: string) => {
      const text = own?.get(key) ?? everyBroker?.get(key) ?? NO_THROTTLE;
      return text === NO_THROTTLE ? Infinity : Number(text);
    };
    state.broker.leaderRate[b] = rate("leader.replication.throttled.rate");
    state.broker.followerRate[b] = rate("follower.replication.throttled.rate");
    state.broker.dirMoveRate[b] = rate("replica.alter.log.dirs.io.max.bytes.per.second");
  });
}
