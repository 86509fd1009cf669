/** What `evenkeel doctor` says of things in the cluster that stand in the way of an execution. Pure. */
import type { ConfigReading } from "../cluster/gateway.ts";
import type { Result } from "../lib/failure.ts";
import {
  AUTO_REBALANCE,
  BROKER_THROTTLES,
  type DoctorFacts,
  TOPIC_THROTTLES,
} from "./doctor_facts.ts";
import { type Finding, some, textOf } from "./doctor_finding.ts";
import { countOf } from "../lib/count_of.ts";

/** Failed disks, elections by Kafka itself, reassignments, throttles. */
export function obstacleFindings(facts: DoctorFacts): Finding[] {
  return [
    ...diskFindings(facts),
    ...electionFindings(facts),
    ...reassignmentFindings(facts),
    ...throttleFindings(facts),
  ];
}

function diskFindings({ logDirs }: DoctorFacts): Finding[] {
  if (!logDirs.ok) {
    // A missing permission is said among the permissions.
    if (logDirs.failure.code === "authorization_failed") return [];
    const what = textOf(logDirs.failure);
    return [{ check: "log dirs", status: "costs", what, cost: "disk usage is unknown" }];
  }
  const dirs = logDirs.value.brokers.flatMap((broker) =>
    broker.dirs.map((dir) => ({ ...dir, brokerId: broker.brokerId }))
  );
  const failed = dirs.filter((dir) => !dir.alive);
  if (failed.length === 0) {
    return [{ check: "log dirs", status: "fine", what: `${dirs.length} log dirs are in order` }];
  }
  return failed.map(({ brokerId, path }) => ({
    check: "log dirs",
    status: "costs",
    what: `${path} of broker ${brokerId} has failed`,
    cost: "its replicas are offline; plans move them to other disks or brokers",
    fix: "replace the disk and restart the broker, or let a plan move its replicas away",
  }));
}

function readable(configs: Result<readonly ConfigReading[]>): readonly ConfigReading[] {
  return configs.ok ? configs.value.filter((one) => one.failure === undefined) : [];
}

function electionFindings({ brokerConfigs }: DoctorFacts): Finding[] {
  const check = AUTO_REBALANCE;
  const values = readable(brokerConfigs).map(({ resource, entries }) => ({
    brokerId: resource.name,
    value: entries.find((entry) => entry.key === AUTO_REBALANCE)?.value,
  }));
  if (values.length === 0) {
    const what = "cannot be told: broker configurations cannot be read";
    return [{ check, status: "unknown", what }];
  }
  const on = values.filter((one) => one.value === "true").map((one) => one.brokerId);
  if (on.length === 0) return [{ check, status: "fine", what: "false on all brokers" }];
  return [{
    check,
    status: "costs",
    what: `true on brokers ${some(on)}`,
    cost: "Kafka moves leaders by itself, beside what is executed: measured load jumps, and an " +
      "execution's pace does not count for these elections",
    fix: `set ${AUTO_REBALANCE}=false in each controller's server.properties; Evenkeel makes the ` +
      "elections that a plan needs",
  }];
}

function reassignmentFindings({ reassignments, cancelsOthers }: DoctorFacts): Finding[] {
  const check = "reassignments";
  if (!reassignments.ok) {
    const what = textOf(reassignments.failure);
    if (reassignments.failure.code === "authorization_failed") {
      return [{ check, status: "unknown", what }];
    }
    return [{ check, status: "costs", what, cost: "nothing can be executed" }];
  }
  const names = reassignments.value.map(({ topic, partition }) => `${topic}-${partition}`);
  if (names.length === 0) return [{ check, status: "fine", what: "none is under way" }];
  return [{
    check,
    status: "costs",
    what: `under way for ${countOf(names.length, "partition")}: ${some(names)}`,
    cost: cancelsOthers
      ? "an execution cancels those that are not its own (auto.stop.external.agent=true)"
      : "no execution begins while they go on, unless they are its own",
    fix: "wait for them, or cancel them with kafka-reassign-partitions.sh --cancel",
  }];
}

function throttleFindings(facts: DoctorFacts): Finding[] {
  const check = "throttles";
  const onBrokers = dynamicValues(facts.brokerConfigs, BROKER_THROTTLES);
  const onTopics = dynamicValues(facts.topicConfigs, TOPIC_THROTTLES);
  const isBusy = facts.reassignments.ok && facts.reassignments.value.length > 0;
  const findings: Finding[] = [];
  const cost = isBusy
    ? "replication stays slow when the reassignments under way do not take them back"
    : "nothing is being moved, so somebody left them: followers of the listed replicas catch up " +
      "slowly after a restart, and later moves are slower than they need to be";
  if (onBrokers.length > 0) {
    const what = `set on brokers: ${some(onBrokers.map((one) => one.text))}`;
    const { name, key } = onBrokers[0]!;
    const fix = `kafka-configs.sh --alter --entity-type brokers --entity-name ${name} ` +
      `--delete-config ${key}, and so on`;
    findings.push({ check, status: "costs", what, cost, fix });
  }
  if (onTopics.length > 0) {
    const what = `set on topics: ${some(onTopics.map((one) => one.text))}`;
    const { name, key } = onTopics[0]!;
    const fix = `kafka-configs.sh --alter --entity-type topics --entity-name ${name} ` +
      `--delete-config ${key}, and so on`;
    findings.push({ check, status: "costs", what, cost, fix });
  }
  if (findings.length > 0) return findings;
  const unread = [facts.brokerConfigs, facts.topicConfigs].some((one) =>
    !one.ok || one.value.some(({ failure }) => failure?.code === "authorization_failed")
  );
  if (unread) {
    const what = "cannot be told for all brokers and topics: DescribeConfigs is not allowed";
    return [{ check, status: "unknown", what }];
  }
  return [{ check, status: "fine", what: "none is set" }];
}

function dynamicValues(
  configs: Result<readonly ConfigReading[]>,
  keys: readonly string[],
): { name: string; key: string; text: string }[] {
  return readable(configs).flatMap(({ resource, entries }) =>
    entries.flatMap(({ key, value, source }) => {
      const isSet = keys.includes(key) && source.startsWith("dynamic") && value !== undefined &&
        value !== "";
      const shown = value === undefined || value.length <= 40 ? value : `${value.slice(0, 40)}...`;
      return isSet ? [{ name: resource.name, key, text: `${resource.name} ${key}=${shown}` }] : [];
    })
  );
}
