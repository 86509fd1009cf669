/** What `evenkeel doctor` says of permissions. Pure. */
import type { Operation } from "../cluster/kafka/mod.ts";
import type { DoctorFacts } from "./doctor_facts.ts";
import { type Finding, some, textOf } from "./doctor_finding.ts";
import { countOf } from "../lib/count_of.ts";

/** What a missing permission costs, for the cluster and for topics. */
const COSTS: {
  readonly cluster: Readonly<Record<Operation, string>>;
  readonly topic: Readonly<Partial<Record<Operation, string>>>;
} = {
  cluster: {
    Describe: "sizes of logs, disks and ongoing reassignments cannot be read: disk and inbound " +
      "network are unknown and their goals off, nothing can be executed",
    Alter: "nothing can be moved and no leader elected: plans only",
    AlterConfigs: "brokers cannot be throttled: an execution with a throttle fails",
    DescribeConfigs: "throttles of brokers cannot be seen: an execution with a throttle fails, " +
      "left-over ones go unnoticed",
  },
  topic: {
    DescribeConfigs: "their lists of throttled replicas and min.insync.replicas cannot be read: " +
      "an execution that throttles them fails",
    AlterConfigs: "their replicas cannot be throttled: an execution that throttles them fails",
  },
};

function grant(operation: Operation | "Describe", resource: string): string {
  return `kafka-acls.sh --add --allow-principal User:OURS --operation ${operation} ${resource}`;
}

/** What our user may do with the cluster and the topics. */
export function permissionFindings(facts: DoctorFacts): Finding[] {
  const findings = [...clusterFindings(facts), ...hiddenTopics(facts), ...topicFindings(facts)];
  if (findings.length > 0) return findings;
  return [{
    check: "permissions",
    status: "fine",
    what: "everything that Evenkeel does with the cluster and its topics is allowed",
  }];
}

function clusterFindings(facts: DoctorFacts): Finding[] {
  const check = "permissions on the cluster";
  const { clusterPermissions } = facts;
  if (!clusterPermissions.ok) {
    return [{ check, status: "unknown", what: textOf(clusterPermissions.failure) }];
  }
  const missing = (operation: Operation): Finding => ({
    check,
    status: "costs",
    what: `${operation} is not allowed`,
    cost: COSTS.cluster[operation],
    fix: grant(operation, "--cluster"),
  });
  const allowed = clusterPermissions.value;
  const operations = Object.keys(COSTS.cluster) as Operation[];
  if (allowed.has("Describe")) {
    return operations.filter((operation) => !allowed.has(operation)).map(missing);
  }
  // Kafka tells nothing without Describe. Alter would include it; broker configurations have been tried.
  const canReadConfigs = facts.brokerConfigs.ok &&
    facts.brokerConfigs.value.some((one) => one.failure === undefined);
  return [
    missing("Describe"),
    missing("Alter"),
    ...(canReadConfigs ? [] : [missing("DescribeConfigs")]),
    {
      check,
      status: "unknown",
      what: "whether AlterConfigs is allowed cannot be told without Describe",
    },
  ];
}

/** Topics that have replicas on the brokers and are not in the metadata that we get. */
function hiddenTopics({ logDirs, topology }: DoctorFacts): Finding[] {
  const check = "permissions on topics";
  const fix = grant("Describe", "--topic '*'");
  const visible = new Set(topology.topicNames);
  const strays = logDirs.ok ? logDirs.value.strayReplicas.map((one) => one.topic) : [];
  const hidden = [...new Set(strays)].filter((topic) => !visible.has(topic)).sort();
  if (hidden.length > 0) {
    return [{
      check,
      status: "costs",
      what: `${countOf(hidden.length, "topic")} with replicas cannot be seen: ${some(hidden)}`,
      cost:
        "their load is unknown and they cannot be moved: brokers look less loaded than they are",
      fix: `${fix} (or they are left over from deleted topics)`,
    }];
  }
  if (visible.size > 0) return [];
  return [{
    check,
    status: logDirs.ok ? "fine" : "costs",
    what: logDirs.ok ? "the cluster has no topics" : "no topic can be seen",
    ...(logDirs.ok ? {} : { cost: "there is nothing to measure or to plan for", fix }),
  }];
}

function topicFindings({ topicPermissions }: DoctorFacts): Finding[] {
  const check = "permissions on topics";
  if (!topicPermissions.ok) {
    return [{ check, status: "unknown", what: textOf(topicPermissions.failure) }];
  }
  return (Object.keys(COSTS.topic) as Operation[]).flatMap((operation): Finding[] => {
    const lacking = topicPermissions.value.filter(({ allowed }) => !allowed.has(operation))
      .map((topic) => topic.name);
    if (lacking.length === 0) return [];
    return [{
      check,
      status: "costs",
      what:
        `${operation} is not allowed on ${lacking.length} of ${topicPermissions.value.length} ` +
        `topics: ${some(lacking)}`,
      cost: COSTS.topic[operation]!,
      fix: grant(operation, "--topic '*'"),
    }];
  });
}

const NO_OUT = "bytes out are unknown: NetworkOutboundCapacityGoal, PotentialNwOutGoal and " +
  "NetworkOutboundUsageDistributionGoal are off";

/** Whether the progress of consumers can be read. */
export function groupFindings({ groups, clusterPermissions }: DoctorFacts): Finding[] {
  const check = "consumer groups";
  const fix = grant("Describe", "--group '*'");
  if (!groups.ok) {
    const what = textOf(groups.failure);
    return [{ check, status: "costs", what, cost: NO_OUT, fix }];
  }
  const refused = groups.value.failures.filter(({ failure }) =>
    failure.code === "authorization_failed"
  );
  const others = groups.value.failures.filter((one) => !refused.includes(one));
  const read = groups.value.groups.length;
  const findings: Finding[] = [];
  if (refused.length > 0) {
    findings.push({
      check,
      status: "costs",
      what: `offsets of ${refused.length} of ${read + refused.length} groups cannot be read: ` +
        some(refused.map((one) => one.groupId)),
      cost: read === 0 ? NO_OUT : "what these groups read is missing in bytes out",
      fix,
    });
  }
  for (const { groupId, brokerId, failure } of others) {
    const whose = groupId === "" ? `the groups of broker ${brokerId}` : `group ${groupId}`;
    const what = `offsets of ${whose} cannot be read: ${textOf(failure)}`;
    const cost = "what they read is missing in bytes out";
    findings.push({ check, status: "costs", what, cost });
  }
  if (findings.length > 0) return findings;
  const seesAll = clusterPermissions.ok && clusterPermissions.value.has("Describe");
  if (read === 0 && !seesAll) {
    const what = "no group can be seen: there is none, or Describe is not allowed";
    return [{ check, status: "costs", what, cost: NO_OUT, fix }];
  }
  return [{ check, status: "fine", what: `offsets of ${read} groups can be read` }];
}
