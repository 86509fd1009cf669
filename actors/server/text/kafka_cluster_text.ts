/**
 * The Kafka cluster state in plain text.
 *
 * @module
 */
import type {
  KafkaBrokerStateJson,
  KafkaClusterStateJson,
  PartitionStateJson,
} from "../shapes/kafka_cluster_state.ts";
import { fixed, list, right } from "../java_format.ts";

const SECTIONS = [
  ["offline", "Offline Partitions:"],
  ["with-offline-replicas", "Partitions with Offline Replicas:"],
  ["urp", "Under Replicated Partitions:"],
  ["under-min-isr", "Under MinIsr Partitions:"],
  ["other", "Other Partitions:"],
] as const;

/** The text. `verbose` lists the partitions that are well, too. */
export function kafkaClusterText(
  state: KafkaClusterStateJson,
  options: { verbose: boolean },
): string {
  const brokers = state.KafkaBrokerState;
  return summaryText(brokers) + brokersText(brokers) + logDirsText(brokers) +
    partitionsText(state, options.verbose);
}

function summaryText({ Summary: s }: KafkaBrokerStateJson): string {
  const n = (name: string) => s[name] ?? 0;
  return `Summary: The cluster has ${n("Brokers")} brokers, ${n("Replicas")} replicas, ${
    n("Leaders")
  } leaders, and ${n("Topics")} topics with avg replication factor: ${
    fixed(n("AvgReplicationFactor"), 2)
  }. [Leaders/Replicas per broker] avg: ${fixed(n("AvgLeadersPerBroker"), 2)}/${
    fixed(n("AvgReplicasPerBroker"), 2)
  } max: ${n("MaxLeadersPerBroker")}/${n("MaxReplicasPerBroker")} std: ${
    fixed(n("StdLeadersPerBroker"), 2)
  }/${fixed(n("StdReplicasPerBroker"), 2)}\n\n`;
}

function idsOf(brokers: KafkaBrokerStateJson): string[] {
  return Object.keys(brokers.ReplicaCountByBrokerId);
}

function brokersText(brokers: KafkaBrokerStateJson): string {
  const row = (cells: readonly (string | number)[]) =>
    `${cells.map((cell) => right(cell, 20)).join("")}\n`;
  const header = row([
    "BROKER",
    "LEADER(S)",
    "REPLICAS",
    "OUT-OF-SYNC",
    "OFFLINE",
    "IS_CONTROLLER",
    "BROKER_SET",
  ]);
  const rows = idsOf(brokers).map((id) =>
    row([
      id,
      brokers.LeaderCountByBrokerId[id] ?? 0,
      brokers.ReplicaCountByBrokerId[id] ?? 0,
      brokers.OutOfSyncCountByBrokerId[id] ?? 0,
      brokers.OfflineReplicaCountByBrokerId[id] ?? 0,
      String(brokers.IsController[id] ?? false),
      brokers.BrokerSetByBrokerId[id] ?? "null",
    ])
  );
  return `Brokers:\n${header}${rows.join("")}`;
}

function logDirsText(brokers: KafkaBrokerStateJson): string {
  const ids = idsOf(brokers);
  const online = ids.map((id) => list(brokers.OnlineLogDirsByBrokerId[id] ?? []));
  const offline = ids.map((id) => list(brokers.OfflineLogDirsByBrokerId[id] ?? []));
  const onlineWidth = Math.max(0, ...online.map((text) => text.length)) + 14;
  const offlineWidth = Math.max(0, ...offline.map((text) => text.length)) + 15;
  const header = right("BROKER", 20) + right("ONLINE-LOGDIRS", onlineWidth) +
    right("OFFLINE-LOGDIRS", offlineWidth);
  const rows = ids.map((id, i) =>
    right(id, 20) + right(online[i]!, onlineWidth) + right(offline[i]!, offlineWidth)
  );
  return `\nLogDirs of brokers with replicas:\n${[header, ...rows].join("\n")}\n`;
}

function partitionsText(state: KafkaClusterStateJson, verbose: boolean): string {
  const sections = SECTIONS.filter(([name]) => verbose || name !== "other");
  const shown = sections.flatMap(([name]) => state.KafkaPartitionState[name] ?? []);
  const topicWidth = shown.length === 0
    ? 25
    : Math.max(...shown.map((partition) => partition.topic.length)) + 5;
  const heading = verbose
    ? "All Partitions in the Cluster (verbose):"
    : "Under Replicated, Offline, and Under MinIsr Partitions:";
  const header = right("TOPIC", topicWidth) + right("PARTITION", 10) + right("LEADER", 10) +
    right("REPLICAS", 30) + right("IN-SYNC", 30) + right("OUT-OF-SYNC", 25) +
    right("OFFLINE", 25) + right("MIN-ISR", 10);
  const body = sections.map(([name, label]) =>
    `${label}\n${
      (state.KafkaPartitionState[name] ?? []).map((partition) =>
        partitionRow(partition, topicWidth)
      )
        .join("")
    }`
  );
  return `\n${heading}\n${header}\n${body.join("")}`;
}

function partitionRow(partition: PartitionStateJson, topicWidth: number): string {
  const minIsr = partition["min-isr"];
  return right(partition.topic, topicWidth) + right(partition.partition, 10) +
    right(partition.leader, 10) + right(list(partition.replicas), 30) +
    right(list(partition["in-sync"]), 30) + right(list(partition["out-of-sync"]), 25) +
    right(list(partition.offline), 25) + right(minIsr < 0 ? "unknown" : minIsr, 10) + "\n";
}
