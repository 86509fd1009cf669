/**
 * Looks at a cluster for `evenkeel doctor`: everything is read, nothing is changed, and what cannot be read is kept as a
 * failure for `doctor_findings.ts` to judge.
 *
 * @module
 */
import type { ConfigReading } from "../cluster/gateway.ts";
// Not by the folder's mod.ts, which loads the Kafka client, for every command.
import { addressText } from "../cluster/kafka/connection_failures.ts";
import type { KafkaProbe, Operation, Reached, TopicPermissions } from "../cluster/kafka/mod.ts";
import type { AgentReading } from "../cluster/jolokia/mod.ts";
import type { Config } from "../config/table.ts";
import { ok, type Result } from "../lib/failure.ts";
import type { CapacityFile } from "../load/capacity_file.ts";
import {
  BROKER_METRICS,
  type GroupOffsetsReading,
  type LogDirsReading,
  type OngoingReassignment,
} from "../model/readings.ts";
import type { Topology } from "../model/topology.ts";
import { readCapacityFile } from "./snapshot_measure.ts";

/** Dynamic configuration of brokers that slows replication down. */
export const BROKER_THROTTLES = [
  "leader.replication.throttled.rate",
  "follower.replication.throttled.rate",
  "replica.alter.log.dirs.io.max.bytes.per.second",
] as const;
/** Configuration of topics that names slowed-down replicas. */
export const TOPIC_THROTTLES = [
  "leader.replication.throttled.replicas",
  "follower.replication.throttled.replicas",
] as const;
/** Configuration of brokers that decides whether Kafka itself moves leaders. */
export const AUTO_REBALANCE = "auto.leader.rebalance.enable";

/** Topics in one request for their configuration. */
const TOPICS_PER_REQUEST = 500;

/** How one of the bootstrap addresses answered. */
export interface AddressFact {
  readonly address: string;
  readonly reached: Result<Reached>;
}

/** What an agent told. */
export interface AgentFact {
  /** Metrics that it does not have, by their names in BROKER_METRICS. */
  readonly missing: readonly string[];
  /** NaN when not known. */
  readonly cores: number;
}

/** What was seen of one broker. */
export interface BrokerFact {
  readonly id: number;
  readonly address: string;
  readonly rack: string | undefined;
  /** Whether it is in the cluster, as the others see it. */
  readonly alive: boolean;
  readonly reached: Result<Reached>;
  /** What its agent answered; undefined when no agents are configured. */
  readonly agent: Result<AgentFact> | undefined;
}

/** All that was seen. */
export interface DoctorFacts {
  readonly bootstrap: readonly AddressFact[];
  readonly topology: Topology;
  readonly brokers: readonly BrokerFact[];
  readonly clusterPermissions: Result<ReadonlySet<Operation>>;
  readonly topicPermissions: Result<readonly TopicPermissions[]>;
  readonly logDirs: Result<LogDirsReading>;
  readonly groups: Result<GroupOffsetsReading>;
  readonly capacity: Result<CapacityFile | undefined>;
  /** Assumed for brokers without a capacity file. */
  readonly networkKbPerSec: number;
  /** Whether an execution cancels the reassignments of others instead of not beginning. */
  readonly cancelsOthers: boolean;
  readonly brokerConfigs: Result<readonly ConfigReading[]>;
  readonly topicConfigs: Result<readonly ConfigReading[]>;
  readonly reassignments: Result<readonly OngoingReassignment[]>;
}

/** How the addresses of `bootstrap.servers` answer; for a cluster that cannot be observed it is all there is to say. */
export function lookAtBootstrap(probe: KafkaProbe): Promise<AddressFact[]> {
  return Promise.all(
    probe.bootstrap.map(async (address) => ({
      address: addressText(address),
      reached: await probe.reach(address),
    })),
  );
}

/** Looks at everything at once. Fails only when the metadata cannot be read. */
export async function lookAround(probe: KafkaProbe, config: Config): Promise<Result<DoctorFacts>> {
  const { gateway } = probe;
  const observed = await gateway.observe();
  if (!observed.ok) return observed;
  const topology = observed.value;
  const aliveBrokers = topology.brokers.filter((broker) => broker.alive)
    .map((broker) => ({ type: "broker", name: String(broker.id) }) as const);
  const [bootstrap, brokers, clusterPermissions, topicPermissions, logDirs, groups, capacity] =
    await Promise.all([
      lookAtBootstrap(probe),
      Promise.all(topology.brokers.map((broker) => lookAtBroker(probe, broker))),
      probe.clusterPermissions(),
      probe.topicPermissions(),
      gateway.readLogDirs(topology),
      gateway.readGroupOffsets(topology),
      readCapacityFile(config["capacity.config.file"]),
    ]);
  const [brokerConfigs, topicConfigs, reassignments] = await Promise.all([
    gateway.readConfigs(aliveBrokers, [...BROKER_THROTTLES, AUTO_REBALANCE]),
    readTopicConfigs(probe, topology),
    gateway.listReassignments(),
  ]);
  return ok({
    bootstrap,
    topology,
    brokers,
    clusterPermissions,
    topicPermissions,
    logDirs,
    groups,
    capacity,
    networkKbPerSec: config["evenkeel.capacity.network.kb.per.sec"],
    cancelsOthers: config["auto.stop.external.agent"],
    brokerConfigs,
    topicConfigs,
    reassignments,
  });
}

async function lookAtBroker(
  probe: KafkaProbe,
  broker: Topology["brokers"][number],
): Promise<BrokerFact> {
  const { id, host, port, rack, alive } = broker;
  const [reached, agent] = await Promise.all([
    host === "" ? UNKNOWN_ADDRESS : probe.reach({ host, port }),
    probe.askAgent(broker),
  ]);
  const address = host === "" ? "an unknown address" : addressText({ host, port });
  return {
    id,
    address,
    rack,
    alive,
    reached,
    agent: agent?.ok ? ok(agentFact(agent.value)) : agent,
  };
}

function agentFact({ row }: AgentReading): AgentFact {
  const missing = BROKER_METRICS.filter((name, i) => Number.isNaN(row[i]) && !LATER.has(name));
  return { missing, cores: row[BROKER_METRICS.indexOf("cores")]! };
}

/** Not there before the second look, or the first request: no sign of something missing. */
const LATER: ReadonlySet<string> = new Set([
  "cpuUsage",
  "produceTotalTimeMs",
  "fetchConsumerTotalTimeMs",
]);

const UNKNOWN_ADDRESS: Result<Reached> = {
  ok: false,
  failure: {
    code: "cluster_unreachable",
    message: "Cannot reach the broker: it is not registered in the cluster",
    retriable: true,
  },
};

async function readTopicConfigs(
  probe: KafkaProbe,
  topology: Topology,
): Promise<Result<ConfigReading[]>> {
  const readings: ConfigReading[] = [];
  for (let at = 0; at < topology.topicNames.length; at += TOPICS_PER_REQUEST) {
    const resources = topology.topicNames.slice(at, at + TOPICS_PER_REQUEST)
      .map((name) => ({ type: "topic", name }) as const);
    const read = await probe.gateway.readConfigs(resources, TOPIC_THROTTLES);
    if (!read.ok) return read;
    readings.push(...read.value);
  }
  return ok(readings);
}
