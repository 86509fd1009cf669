/** The reference's deterministic clusters: what a plan must reach on them (analyzer specification 7.3 to 7.5). */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { KeyName } from "../../config/table.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import type { Plan } from "../../model/plan.ts";
import { parsePlan, planText } from "../../model/plan_file.ts";
import { makePlan } from "../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../planner/settings.ts";
import { verifyPlan } from "../../planner/verify/verify.ts";
import { CLUSTERS, constraintWith, handInput } from "./clusters.ts";

type Overrides = Partial<Record<KeyName, string>>;

function plan(
  input: ClusterInput,
  overrides: Overrides = {},
  options: Partial<PlannerSettings> & { goals?: readonly string[] } = {},
) {
  const { goals = GOAL_NAMES, ...rest } = options;
  return makePlan(input, plannerSettings(goals, constraintWith(overrides), rest));
}

function good(input: ClusterInput, overrides: Overrides = {}, options = {}): Plan {
  const made = plan(input, overrides, options);
  assert(made.ok, made.ok ? "" : made.failure.message);
  const read = parsePlan([...planText(made.value, { wallMs: 0, cpuMs: 0 })].join(""));
  assert(read.ok);
  const checked = verifyPlan(input, read.value, {
    goals: GOAL_NAMES,
    constraint: constraintWith(overrides),
  });
  assertEquals(checked.problems, []);
  return made.value;
}

function balance(p: string): Overrides {
  return {
    "cpu.balance.threshold": p,
    "disk.balance.threshold": p,
    "network.inbound.balance.threshold": p,
    "network.outbound.balance.threshold": p,
    "replica.count.balance.threshold": p,
    "leader.replica.count.balance.threshold": p,
    "cpu.capacity.threshold": "0.8",
    "max.replicas.per.broker": "6",
    "overprovisioned.max.replicas.per.broker": "6",
  };
}

function violated(made: Plan): string[] {
  return made.summary.goals.filter((goal) => goal.violatedAfter).map((goal) => goal.name);
}

Deno.test("makePlan() makes the small cluster rack aware, violating no more than the reference", () => {
  // The reference leaves ReplicaDistribution violated: each partition needs broker 2, the only one of its rack.
  const made = good(CLUSTERS.small(), balance("1.65"));
  assertEquals(violated(made).filter((goal) => goal !== "ReplicaDistributionGoal"), []);
  assertEquals(made.summary.interBrokerReplicaMoves, 2);
  assertEquals(made.summary.mbToMove, 150);
});

Deno.test("makePlan() makes the medium cluster rack aware, violating no more than the reference", () => {
  const made = good(CLUSTERS.medium(), balance("1.65"));
  const reference = ["ReplicaDistributionGoal", "NetworkInboundUsageDistributionGoal"];
  assertEquals(violated(made).filter((goal) => !reference.includes(goal)), []);
  assert(made.summary.mbToMove <= 14, `${made.summary.mbToMove} MB`);
});

Deno.test("makePlan() separates two partitions that fill one broker", () => {
  // Each takes half of every resource; at a capacity threshold of 0.8 a broker holds only one of them.
  const made = good(CLUSTERS.unbalanced(), { "cpu.capacity.threshold": "0.8" });
  assertEquals(made.proposals.length, 1);
  assertEquals(made.summary.goals.find((goal) => goal.name === "DiskCapacityGoal"), {
    name: "DiskCapacityGoal",
    hard: true,
    violatedBefore: true,
    violatedAfter: false,
    brokersOutBefore: 1,
    brokersOutAfter: 0,
    amountBefore: 60000,
    amountAfter: 0,
    unit: "MB",
    lowerBoundMb: 60000,
  });
});

Deno.test("makePlan() moves the one replica that shares a rack", () => {
  const made = good(CLUSTERS.rackAwareSatisfiable());
  assertEquals(made.proposals.length, 1);
  const [proposal] = made.proposals;
  assertEquals(proposal!.newReplicas.map((replica) => replica.brokerId).includes(2), true);
  assertEquals(proposal!.reasons[0]!.goal, "RackAwareGoal");
  assertEquals(proposal!.reasons[0]!.why, "another replica is on rack 0");
});

Deno.test("makePlan() fails with hard_goal_unmet and names the missing rack", () => {
  const made = plan(CLUSTERS.rackAwareUnsatisfiable());
  assert(!made.ok);
  assertEquals(made.failure.code, "hard_goal_unmet");
  assertStringIncludes(made.failure.message, "Cannot meet RackAwareGoal");
  assertEquals(made.failure.details, ["Add at least 1 rack with brokers."]);
});

Deno.test("makePlan() fails with hard_goal_unmet and names the capacity that is missing", () => {
  const made = plan(CLUSTERS.small(), { "cpu.capacity.threshold": "0.2" });
  assert(!made.ok);
  assertEquals(made.failure.code, "hard_goal_unmet");
  assertStringIncludes(
    made.failure.message,
    "CpuCapacityGoal: cpu needs 117, allowed brokers offer 60",
  );
  assertStringIncludes(made.failure.message, "57 are missing");
});

Deno.test("makePlan() names the partition that is larger than any broker may hold", () => {
  const input = handInput([{ id: 0, rack: "a" }, { id: 1, rack: "b" }], [
    { topic: "T", id: 0, replicas: [0], load: [1, 1, 1, 250000] },
    { topic: "T", id: 1, replicas: [1], load: [1, 1, 1, 10] },
  ]);
  const made = plan(input);
  assert(!made.ok);
  assertStringIncludes(
    made.failure.message,
    "Cannot meet DiskCapacityGoal: T-0 needs 250000 MB of disk on one broker, no broker may hold more than 240000 MB",
  );
  assertEquals(made.failure.details, [
    "Add at least 1 broker for disk with a total capacity of 312500.01, or split the partition.",
  ]);
});

Deno.test("makePlan() empties a dead broker", () => {
  const made = good(CLUSTERS.deadBroker(), {
    "max.replicas.per.broker": "5",
    "overprovisioned.max.replicas.per.broker": "5",
  });
  assertEquals(made.brokers[0]!.after.replicas, 0);
  for (const { newReplicas } of made.proposals) {
    assertEquals(newReplicas.some((replica) => replica.brokerId === 0), false);
  }
});

Deno.test("makePlan() empties the brokers that are removed and counts only the others", () => {
  const input = CLUSTERS.medium();
  const made = plan(input, {}, {
    operation: "remove_broker",
    brokerIds: [1],
    goals: GOAL_NAMES.filter((goal) => goal !== "TopicReplicaDistributionGoal"),
  });
  assert(made.ok, made.ok ? "" : made.failure.message);
  assertEquals(made.value.brokers[1]!.after.replicas, 0);
  // One broker of each rack is left, so that every partition is on both.
  assertEquals(made.value.brokers.map((broker) => broker.after.replicas), [6, 0, 6]);
});

Deno.test("makePlan() moves replicas off a bad disk and not back", () => {
  const input = handInput([{ id: 0, rack: "a", state: "bad_disks" }, { id: 1, rack: "b" }, {
    id: 2,
    rack: "c",
  }], [
    { topic: "T", id: 0, replicas: [0, 1], load: [1, 1, 1, 10], offline: [0], leader: 1 },
    { topic: "T", id: 1, replicas: [0, 1], load: [1, 1, 1, 10] },
  ]);
  const made = plan(input, {}, { operation: "fix_offline_replicas" });
  assert(made.ok);
  assertEquals(made.value.proposals.map((proposal) => proposal.partition), [0]);
  assertEquals(
    made.value.proposals[0]!.newReplicas.map((replica) => replica.brokerId).sort(),
    [1, 2],
  );
  assertEquals(made.value.proposals[0]!.reasons[0]!.why, "the replica is offline");
});

Deno.test("makePlan() refuses to fix offline replicas where there are none", () => {
  const made = plan(CLUSTERS.small(), {}, { operation: "fix_offline_replicas" });
  assert(!made.ok);
  assertEquals(made.failure.code, "invalid_argument");
});

Deno.test("makePlan() refuses brokers that the cluster does not have", () => {
  const made = plan(CLUSTERS.small(), {}, { operation: "remove_broker", brokerIds: [7] });
  assert(!made.ok);
  assertEquals(
    made.failure.message,
    "Cannot plan with brokers of the operation 7: must be brokers of the cluster (0, 1, 2)",
  );
});

Deno.test("makePlan() refuses to add a broker that is dead, instead of balancing the others", () => {
  const small = CLUSTERS.small();
  const brokers = small.brokers.map((broker) =>
    broker.id === 2 ? { ...broker, state: "dead" as const } : broker
  );
  const made = plan({ ...small, brokers }, {}, { operation: "add_broker", brokerIds: [2] });
  assert(!made.ok);
  assertEquals(made.failure.message, "Cannot add broker 2: wanted brokers that are alive");
});

Deno.test("makePlan() turns goals off whose resource is not known, with the reason", () => {
  const input = { ...CLUSTERS.small(), unknownResources: new Map([[0, "no source of CPU"]]) };
  const made = plan(input, balance("1.65"));
  assert(made.ok);
  const off = made.value.summary.goals.filter((goal) => goal.off !== undefined);
  assertEquals(off.map((goal) => goal.name), ["CpuCapacityGoal", "CpuUsageDistributionGoal"]);
  assertEquals(off[0]!.off, "load of cpu is not known: no source of CPU");
  assertEquals(Number.isNaN(made.value.brokers[0]!.after.cpu), true);
});

Deno.test("makePlan() spreads leaders of chosen topics over all brokers", () => {
  const input = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}` })),
    [0, 1, 2].map((id) => ({ topic: "T", id, replicas: [0, 1, 2], load: [1, 1, 1, 1] as const })),
  );
  const made = plan(input, { "topics.with.min.leaders.per.broker": "T" }, {
    goals: ["MinTopicLeadersPerBrokerGoal"],
  });
  assert(made.ok, made.ok ? "" : made.failure.message);
  assertEquals(made.value.brokers.map((broker) => broker.after.leaders), [1, 1, 1]);
  assertEquals(made.value.summary.mbToMove, 0);
});

Deno.test("makePlan() hands leadership over before it moves bytes", () => {
  const input = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}` })),
    Array.from({ length: 30 }, (_, id) => ({
      topic: `T${id % 3}`,
      id,
      replicas: [0, 1, 2],
      load: [1, 100, 200, 50] as const,
    })),
  );
  const made = good(input);
  assertEquals(made.summary.mbToMove, 0);
  assertEquals(violated(made), []);
  assertEquals(made.summary.leadershipMoves, made.proposals.length);
});

Deno.test("makePlan() fills brokers that are added, and balances nobody else", () => {
  const input = handInput(
    [0, 1, 2, 3].map((id) => ({ id, rack: `r${id}` })),
    Array.from({ length: 60 }, (_, id) => ({
      topic: `T${id % 4}`,
      id,
      replicas: [id % 3, (id + 1) % 3],
      load: [0.2, 100, 100, 500] as const,
    })),
  );
  const made = plan(input, {}, { operation: "add_broker", brokerIds: [3] });
  assert(made.ok);
  assertEquals(violated(made.value), []);
  for (const { oldReplicas, newReplicas } of made.value.proposals) {
    const added = newReplicas.filter((next) =>
      !oldReplicas.some((old) => old.brokerId === next.brokerId)
    );
    assertEquals(added.every((replica) => replica.brokerId === 3), true);
  }
});
