/**
 * From what `evenkeel doctor` saw to what it says: each thing is fine, costs something, or cannot be told. Pure.
 *
 * @module
 */
import { unknownResources } from "../load/partition_resources.ts";
import { CPU, RESOURCE_COUNT } from "../model/metrics.ts";
import { IN_SYNC, NO_LEADER, partitionCount, type Topology } from "../model/topology.ts";
import type { BrokerFact, DoctorFacts } from "./doctor_facts.ts";
import { type Finding, some, textOf } from "./doctor_finding.ts";
import { groupFindings, permissionFindings } from "./doctor_permissions.ts";
import { obstacleFindings } from "./doctor_obstacles.ts";
import { capacityFindings } from "./doctor_capacity.ts";

/** All findings, in the order in which a person would work them off. */
export function findingsOf(facts: DoctorFacts): Finding[] {
  return [
    ...bootstrapFindings(facts),
    ...brokerFindings(facts),
    ...replicaFindings(facts),
    ...permissionFindings(facts),
    ...groupFindings(facts),
    ...agentFindings(facts),
    ...capacityFindings(facts),
    ...rackFindings(facts),
    ...obstacleFindings(facts),
  ];
}

/** What the bootstrap addresses said. */
export function bootstrapFindings({ bootstrap }: Pick<DoctorFacts, "bootstrap">): Finding[] {
  const silent = bootstrap.flatMap(({ address, reached }) =>
    reached.ok ? [] : [{ address, text: textOf(reached.failure), code: reached.failure.code }]
  );
  if (silent.length === 0) {
    const what = `${bootstrap.length} of ${bootstrap.length} addresses answer`;
    return [{ check: "bootstrap.servers", status: "fine", what }];
  }
  return silent.map(({ address, text, code }) => ({
    check: "bootstrap.servers",
    status: "costs",
    what: `${address} does not answer: ${text}`,
    cost: bootstrap.length === 1
      ? "Evenkeel cannot start"
      : "Evenkeel cannot start when the other addresses are down, too",
    // Of other failures the text says what to change.
    ...(code === "cluster_unreachable" || code === "deadline_exceeded"
      ? { fix: `start that broker, or correct ${address} in bootstrap.servers` }
      : {}),
  }));
}

function brokerFindings(facts: DoctorFacts): Finding[] {
  const answering = facts.brokers.flatMap(({ reached }) => reached.ok ? [reached.value] : []);
  const findings: Finding[] = [];
  if (answering.length === facts.brokers.length) {
    const times = answering.map((one) => Math.round(one.connectMs)).sort((a, b) => a - b);
    findings.push({
      check: "brokers",
      status: "fine",
      what: `${times.length} of ${times.length} brokers answer, connected in ${times[0]} to ` +
        `${times.at(-1)} ms`,
    });
  }
  for (const broker of facts.brokers) {
    if (!broker.reached.ok) findings.push(silentBroker(broker, facts.topology));
  }
  const old = facts.brokers.flatMap(({ id, reached }) =>
    reached.ok && reached.value.unsupported.length > 0
      ? [{ id, requests: reached.value.unsupported }]
      : []
  );
  if (old.length === 0 && answering.length > 0) {
    findings.push({ check: "Kafka version", status: "fine", what: "every request is supported" });
  }
  for (const { id, requests } of old) {
    findings.push({
      check: "Kafka version",
      status: "costs",
      what: `broker ${id} does not support ${some(requests)}`,
      cost: "what these requests read or change is unknown or impossible on that broker",
      fix: "upgrade it to Kafka 3.3 or newer",
    });
  }
  return findings;
}

function silentBroker({ id, address, alive, reached }: BrokerFact, topology: Topology): Finding {
  let replicas = 0;
  for (const broker of topology.replicaBroker) if (broker === id) replicas++;
  const reason = reached.ok ? "" : `: ${textOf(reached.failure)}`;
  return {
    check: "brokers",
    status: "costs",
    what: alive
      ? `broker ${id} is in the cluster and does not answer at ${address}${reason}`
      : `broker ${id} at ${address} is down${reason}`,
    cost: alive
      ? `the load of its ${replicas} replicas is unknown; nothing can be moved to or from it`
      : `its ${replicas} replicas have a copy less; plans move them to other brokers`,
    fix: alive
      ? "let this machine reach its advertised listener, or restart it if it hangs"
      : "start it, or let a plan move its replicas away",
  };
}

function replicaFindings({ topology }: DoctorFacts): Finding[] {
  let lagging = 0;
  let leaderless = 0;
  const partitions = partitionCount(topology);
  for (let row = 0; row < partitions; row++) {
    if (topology.leader[row] === NO_LEADER) leaderless++;
    for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++) {
      if ((topology.replicaFlags[r]! & IN_SYNC) !== 0) continue;
      lagging++;
      break;
    }
  }
  if (lagging + leaderless === 0) {
    const what = `all replicas of ${partitions} partitions are in sync`;
    return [{ check: "replicas", status: "fine", what }];
  }
  const without = leaderless === 0 ? "" : `, ${leaderless} of them have no leader`;
  return [{
    check: "replicas",
    status: "costs",
    what: `${lagging} of ${partitions} partitions have replicas that are not in sync${without}`,
    cost: leaderless > 0
      ? "the load of partitions without a leader is unknown; moves of the others take longer"
      : "one more broker that fails may make partitions unavailable; moves of them take longer",
    fix: "bring the brokers back that hold them, or wait until they have caught up",
  }];
}

/** What Evenkeel says when it knows no CPU at all. */
const NO_CPU = "CPU, memory and latencies are unknown: CpuCapacityGoal and " +
  "CpuUsageDistributionGoal are off, load states cannot be predicted";

function agentFindings(facts: DoctorFacts): Finding[] {
  const asked = facts.brokers.flatMap(({ id, alive, agent }) =>
    alive && agent !== undefined ? [{ id, agent }] : []
  );
  if (asked.length === 0) {
    return [{
      check: "agents",
      status: "costs",
      what: "no source of broker metrics is configured",
      cost: NO_CPU,
      fix: "run a Jolokia agent in each broker and set " +
        "evenkeel.jolokia.url=http://{host}:8778/jolokia/",
    }];
  }
  const findings: Finding[] = [];
  const failed = asked.flatMap(({ id, agent }) => agent.ok ? [] : [{ id, ...agent.failure }]);
  for (const { id, message } of failed) {
    findings.push({
      check: "agents",
      status: "costs",
      what: message,
      cost: cpuCost(id, failed.map((one) => one.id), facts.topology),
      fix: `start the agent of broker ${id} with port and host that this machine can reach, or ` +
        "correct evenkeel.jolokia.url",
    });
  }
  for (const { id, agent } of asked) {
    if (!agent.ok || agent.value.missing.length === 0) continue;
    findings.push({
      check: "agents",
      status: "costs",
      what: `the agent of broker ${id} has no ${some(agent.value.missing)}`,
      cost: "these metrics of the broker are unknown",
      fix: "check the agent's access rules (jolokia-access.xml)",
    });
  }
  if (findings.length > 0) return findings;
  return [{
    check: "agents",
    status: "fine",
    what: `${asked.length} of ${asked.length} agents answer`,
  }];
}

/** Whether the brokers without CPU lead so much that CPU goals go off for the whole cluster. */
function cpuCost(id: number, unknownBrokers: readonly number[], topology: Topology): string {
  const partitions = partitionCount(topology);
  let led = 0;
  for (const leader of topology.leader) if (unknownBrokers.includes(leader)) led++;
  const missing = new Array<number>(RESOURCE_COUNT).fill(0);
  missing[CPU] = led;
  const off = unknownResources(missing, partitions).has(CPU);
  if (off && led === partitions) return NO_CPU;
  return `CPU, memory and latencies of broker ${id} are unknown` +
    (off
      ? `; ${led} of ${partitions} partitions are led without known CPU: CPU goals are off`
      : "");
}

function rackFindings({ brokers }: DoctorFacts): Finding[] {
  const without = brokers.filter(({ rack }) => rack === undefined || rack === "");
  const racks = new Set(brokers.flatMap(({ rack }) => rack === undefined ? [] : [rack]));
  const fix = "set broker.rack in each broker's server.properties";
  if (without.length === 0 && (racks.size > 1 || brokers.length === 1)) {
    return [{
      check: "racks",
      status: "fine",
      what: `${racks.size} racks: ${some([...racks].sort())}`,
    }];
  }
  if (without.length === 0) {
    return [{
      check: "racks",
      status: "costs",
      what: `all brokers are in rack ${[...racks][0]}`,
      cost: "RackAwareGoal cannot be met for topics with more than one replica",
      fix: "give brokers that can fail apart different values of broker.rack",
    }];
  }
  return [{
    check: "racks",
    status: "costs",
    what: without.length === brokers.length
      ? "no broker has a rack"
      : `without a rack: brokers ${some(without.map((one) => one.id))}`,
    cost: "each host without a rack counts as a rack of its own: copies of a partition may share " +
      "a real rack unnoticed",
    fix,
  }];
}
