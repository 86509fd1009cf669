/** Plans for clusters where not everything can be healed: the rest is, and what is left is named exactly. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import type { Plan } from "../../model/plan.ts";
import { parsePlan, planText } from "../../model/plan_file.ts";
import { makePlan } from "../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../planner/settings.ts";
import { verifyPlan } from "../../planner/verify/verify.ts";
import { arbitraryCluster, constraintWith, handInput } from "./clusters.ts";
import { movesLeft } from "./single_moves.ts";

const constraint = constraintWith();
const HARD_AXES = [
  "ReplicaCapacityGoal",
  "DiskCapacityGoal",
  "NetworkInboundCapacityGoal",
  "NetworkOutboundCapacityGoal",
  "CpuCapacityGoal",
];

function healed(
  input: ClusterInput,
  options: Partial<PlannerSettings> = {},
  goals: readonly string[] = GOAL_NAMES,
): Plan {
  const made = makePlan(
    input,
    plannerSettings(goals, constraint, { unmetHardGoals: "report", ...options }),
  );
  assert(made.ok, made.ok ? "" : made.failure.message);
  return made.value;
}

function checked(input: ClusterInput, plan: Plan) {
  const read = parsePlan([...planText(plan, { wallMs: 0, cpuMs: 0 })].join(""));
  assert(read.ok);
  return verifyPlan(input, read.value, { goals: GOAL_NAMES, constraint });
}

const LOAD = [1, 100, 100, 1000] as const;

Deno.test("makePlan() makes every other topic rack aware when one has more replicas than there are racks", () => {
  const brokers = [0, 1, 2, 3].map((id) => ({ id, rack: `r${id % 2}` }));
  const input = handInput(brokers, [
    { topic: "wide", id: 0, replicas: [0, 1, 2], load: LOAD },
    ...[0, 1, 2, 3].map((id) => ({ topic: "T", id, replicas: [0, 2], load: LOAD })),
  ]);
  const plan = healed(input);
  assertEquals(plan.summary.unmet, [{
    goal: "RackAwareGoal",
    message:
      "Cannot meet RackAwareGoal: the highest replication factor is 3, but only 2 racks have alive brokers; 1 rack is missing",
    details: ["wide-0 has 3 replicas on 2 racks", "Add at least 1 rack with brokers."],
  }]);
  const moved = plan.proposals.filter((proposal) => proposal.topic === "T");
  assertEquals(moved.length, 4);
  for (const { newReplicas } of moved) {
    assertEquals(new Set(newReplicas.map((replica) => replica.brokerId % 2)).size, 2);
  }
});

Deno.test("makePlan() spreads as evenly as racks allow what has more replicas than racks", () => {
  const brokers = [0, 1, 2, 3].map((id) => ({ id, rack: id < 3 ? "a" : "b" }));
  const input = handInput([...brokers, { id: 4, rack: "b" }], [
    { topic: "wide", id: 0, replicas: [0, 1, 2], load: LOAD },
  ]);
  const [proposal] = healed(input).proposals;
  assertEquals(proposal!.newReplicas.filter((replica) => replica.brokerId >= 3).length, 1);
});

Deno.test("makePlan() relieves other brokers when one partition is larger than any broker may hold", () => {
  const input = handInput([0, 1, 2, 3].map((id) => ({ id, rack: `r${id}` })), [
    { topic: "giant", id: 0, replicas: [0], load: [1, 1, 1, 250_000] },
    { topic: "beside", id: 0, replicas: [0], load: [1, 1, 1, 1000] },
    ...[0, 1, 2].map((id) => ({
      topic: "T",
      id,
      replicas: [1],
      load: [1, 1, 1, 100_000] as const,
    })),
  ]);
  const plan = healed(input, {}, [...HARD_AXES, "DiskUsageDistributionGoal"]);
  const disk = plan.summary.goals.find((goal) => goal.name === "DiskCapacityGoal")!;
  assertEquals([disk.brokersOutBefore, disk.brokersOutAfter], [2, 1]);
  assertEquals(plan.summary.unmet?.map((unmet) => unmet.goal), ["DiskCapacityGoal"]);
  assertEquals(plan.summary.unmet![0]!.details, [
    "broker 0: disk 251000 MB is above 240000 MB",
    "Add at least 1 broker for disk with a total capacity of 312500.01, or split the partition.",
  ]);
  // Nothing is moved away from beside the giant: that would not help.
  assertEquals(plan.proposals.filter((proposal) => proposal.topic !== "T"), []);
});

Deno.test("makePlan() names the rack that is too small for its share", () => {
  const input = handInput(
    [0, 1, 2].map((id) => ({
      id,
      rack: `r${id}`,
      capacity: [100, 1e6, 1e6, id === 2 ? 10_000 : 100_000] as const,
    })),
    [0, 1].map((id) => ({
      topic: "T",
      id,
      replicas: [0, 1, 2],
      load: [1, 1, 1, 5000] as const,
    })),
  );
  const plan = healed(input);
  assertEquals(plan.summary.unmet?.map(({ message }) => message), [
    "Cannot meet DiskCapacityGoal: the smallest rack r2 must hold 10000 MB, but may hold 8000 MB: the other racks cannot take more replicas",
  ]);
});

Deno.test("makePlan() names the rack that is too small for its share where all brokers together are too small, too", () => {
  const input = handInput(
    [0, 1, 2].map((id) => ({
      id,
      rack: `r${id}`,
      capacity: [100, 1e6, 1e6, id === 2 ? 5000 : 15_000] as const,
    })),
    [0, 1].map((id) => ({
      topic: "T",
      id,
      replicas: [0, 1, 2],
      load: [1, 1, 1, 5000] as const,
    })),
  );
  const { unmet } = healed(input).summary;
  assertEquals(unmet?.map(({ message }) => message), [
    "Cannot meet DiskCapacityGoal: disk needs 30000, allowed brokers offer 28000 (capacity 35000 x 0.8), 2000 are missing; " +
    "the smallest rack r2 must hold 10000 MB, but may hold 4000 MB: the other racks cannot take more replicas",
  ]);
  assertEquals(
    unmet?.[0]?.details.at(-1),
    "Add at least 1 broker with the same disk capacity (15000.00) as broker-0. " +
      "Add brokers on these racks, or a rack, that may hold 6001 MB more.",
  );
});

Deno.test("makePlan() says why a partition stays on one rack: the other cannot hold its share", () => {
  const brokers = [0, 1].map((id) => ({ id, rack: "big" }));
  const small = { id: 2, rack: "small", capacity: [100, 1e6, 1e6, 10_000] as const };
  const input = handInput(
    [...brokers, small],
    Array.from({ length: 9 }, (_, id) => ({ topic: "T", id, replicas: [0, 1], load: LOAD })),
  );
  // Broker 2 may hold 8 of 9 replicas; its limit is kept, and one partition stays where it is.
  const [unmet, ...more] = healed(input).summary.unmet!;
  assertEquals(more, []);
  assertEquals(unmet!.goal, "RackAwareGoal");
  assertEquals(unmet!.details.slice(1), [
    "Cannot meet DiskCapacityGoal: the smallest rack small must hold 9000 MB, but may hold 8000 MB: the other racks cannot take more replicas",
    "Add brokers on these racks, or a rack, that may hold 1001 MB more.",
  ]);
});

Deno.test("makePlan() relieves brokers within their rack when nothing of them fits on another", () => {
  const input = handInput(
    [
      ...[0, 1, 2].map((id) => ({ id, rack: "a" })),
      { id: 3, rack: "b", capacity: [100, 10_000, 10_000, 50_000] as const },
    ],
    [0, 1, 2].map((id) => ({
      topic: "T",
      id,
      replicas: [0, 1],
      load: [1, 10, 10, 100_000] as const,
    })),
  );
  const plan = healed(input);
  const disk = plan.summary.goals.find(({ name }) => name === "DiskCapacityGoal")!;
  assertEquals([disk.brokersOutBefore, disk.brokersOutAfter], [2, 0]);
  const racks = plan.summary.goals.find(({ name }) => name === "RackAwareGoal")!;
  assertEquals([racks.amountBefore, racks.amountAfter], [3, 3]);
  assertEquals(checked(input, plan).problems, []);
});

Deno.test("makePlan() leaves an offline replica that fits nowhere, moves the others and breaks no limit", () => {
  const input = handInput([
    { id: 0, rack: "a", state: "dead" },
    { id: 1, rack: "b" },
    { id: 2, rack: "c" },
  ], [
    { topic: "big", id: 0, replicas: [0, 1], leader: 1, load: [1, 1, 1, 200_000] },
    { topic: "full", id: 0, replicas: [2], load: [1, 1, 1, 100_000] },
    { topic: "small", id: 0, replicas: [0, 1], leader: 1, load: [1, 1, 1, 1000] },
  ]);
  const plan = healed(input, { operation: "fix_offline_replicas" });
  assertEquals(plan.proposals.map((proposal) => proposal.topic), ["small"]);
  assertEquals(plan.summary.unmet, [{
    goal: "",
    message: "Cannot move 1 offline replica: no plan was found under DiskCapacityGoal",
    details: [
      "big-0 on broker 0: broker 2 lacks 61000 MB of disk; broker 1 has another replica of it",
      "Cannot meet DiskCapacityGoal: disk needs 502000, allowed brokers offer 480000 (capacity 600000 x 0.8), 22000 are missing",
      "Add at least 1 broker with the same disk capacity (300000.00) as broker-1.",
    ],
  }]);
  const disk = plan.summary.goals.find((goal) => goal.name === "DiskCapacityGoal")!;
  assertEquals(disk.violatedAfter, false);
});

Deno.test("makePlan() heals on old brokers what no new broker may take", () => {
  // Cruise Control lets nothing go but to new brokers: a replica whose rack is taken there stays offline.
  const input = handInput([
    { id: 0, rack: "a", state: "dead" },
    { id: 1, rack: "b" },
    { id: 2, rack: "c" },
    { id: 3, rack: "b", state: "new" },
  ], [
    { topic: "T", id: 0, replicas: [0, 1], load: LOAD },
    { topic: "T", id: 1, replicas: [0, 2], load: LOAD },
  ]);
  const plan = healed(input);
  const [old, fresh] = plan.proposals.map(({ newReplicas }) => newReplicas.map((r) => r.brokerId));
  // The follower that is online leads at once, although it is on an old broker.
  assertEquals(old, [1, 2]);
  assertEquals(fresh!.toSorted(), [2, 3]);
  assertEquals(plan.summary.unmet, undefined);
  assertEquals(checked(input, plan).problems, []);
});

Deno.test("makePlan() that reports what is left breaks no hard limit that held and says exactly what is violated", () => {
  let reported = 0;
  fc.assert(
    fc.property(arbitraryCluster(), (input) => {
      const plan = healed(input, { stepsMax: 100_000 });
      if (plan.summary.unmet !== undefined) reported++;
      const found = checked(input, plan);
      assertEquals(found.problems, []);
      assertEquals(found.left.length > 0, plan.summary.unmet !== undefined);
      for (const goal of found.goals) {
        if (!goal.hard) continue;
        const named = plan.summary.unmet?.some((unmet) => unmet.goal === goal.name) === true;
        assertEquals(named, goal.brokersOutAfter.length > 0, goal.name);
        if (!HARD_AXES.includes(goal.name)) continue;
        const newly = goal.brokersOutAfter.filter((id) => !goal.brokersOutBefore.includes(id));
        assertEquals(newly, [], goal.name);
      }
    }),
    { seed: 20262, numRuns: 50 },
  );
  assert(reported > 6, `${reported} plans left something`);
});

Deno.test("makePlan() parts replicas on a rack by the follower where the leader fits on no broker", () => {
  // T-0 needs more CPU than any broker may use: moving its leader would only push another broker over.
  const input = handInput([0, 1, 2, 3].map((id) => ({ id, rack: `r${id % 2}` })), [
    { topic: "T", id: 0, replicas: [0, 2], load: [70.5, 200, 600, 364] },
    { topic: "T", id: 1, replicas: [3, 0], load: [63, 230, 820, 273] },
    { topic: "T", id: 2, replicas: [0, 3], load: [54, 265, 760, 338] },
  ]);
  const goals = ["RackAwareGoal", "CpuCapacityGoal"];
  const made = makePlan(
    input,
    plannerSettings(goals, constraintWith(), { unmetHardGoals: "report" }),
  );
  assert(made.ok);
  const { summary, proposals } = made.value;
  assertEquals(summary.goals.map((goal) => goal.violatedAfter), [false, true]);
  const [first] = proposals;
  assertEquals(first!.newReplicas[0], { brokerId: 0 });
});

Deno.test("makePlan() meets one hard goal after the other where they cannot all be met", () => {
  // Only broker 1 receives, too little CPU for all that should leave broker 0, but disk enough for two of it.
  const rows = [
    [1, 45.8, 117, 86, 219],
    [0, 55.7, 178, 139, 74],
    [0, 7.2, 82, 169, 321],
    [0, 51.6, 648, 502, 372],
    [2, 63.8, 131, 148, 902],
    [0, 16.1, 208, 116, 293],
    [1, 11.9, 117, 688, 288],
    [0, 34.6, 133, 717, 255],
  ] as const;
  const input = handInput(
    [1, 2, 2].map((size, id) => ({
      id,
      rack: `r${id % 2}`,
      capacity: [100 * size, 1000 * size, 1000 * size, 1000 * size] as const,
    })),
    rows.map(([broker, ...load], id) => ({ topic: "T", id, replicas: [broker], load })),
  );
  const goals = [
    "DiskCapacityGoal",
    "PotentialNwOutGoal",
    "CpuCapacityGoal",
    "NetworkOutboundCapacityGoal",
    "DiskUsageDistributionGoal",
  ];
  const made = makePlan(
    input,
    plannerSettings(goals, constraintWith(), {
      unmetHardGoals: "report",
      destinationBrokerIds: [1],
    }),
  );
  assert(made.ok);
  assertEquals(made.value.summary.goals[0]!.violatedAfter, false);
});

Deno.test("makePlan() counts what brokers keep that receive nothing", () => {
  // Brokers 0 and 1 could not take what broker 2 has; it may keep most of it.
  const input = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}`, capacity: [100, 1000, 1000, 1000] as const })),
    Array.from({ length: 21 }, (_, id) => ({
      topic: "T",
      id,
      replicas: [id < 9 ? 2 : id % 2],
      load: [9, 90, 90, 90] as const,
    })),
  );
  const plan = (most: number) =>
    makePlan(
      input,
      plannerSettings(
        [...GOAL_NAMES.slice(2, 7), "PotentialNwOutGoal"],
        constraintWith({
          "max.replicas.per.broker": `${most}`,
          "overprovisioned.max.replicas.per.broker": "1",
          "cpu.capacity.threshold": "0.8",
        }),
        { excludedForReplicaMove: [2] },
      ),
    );
  const made = plan(8);
  assert(made.ok, made.ok ? "" : made.failure.message);
  assertEquals(made.value.summary.goals.map((goal) => goal.violatedAfter), Array(6).fill(false));
  assertEquals(made.value.proposals.length, 1);
  const none = plan(6);
  assert(!none.ok);
  assertEquals(
    none.failure.message,
    "Cannot meet ReplicaCapacityGoal: 21 replicas are more than 2 allowed brokers x 6 " +
      "(max.replicas.per.broker) and 6 that others may keep, 3 too many",
  );
});

Deno.test("makePlan() takes no leadership back to where none may be", () => {
  // The leader is offline; broker 1 would lead instead, above its CPU limit; broker 2 takes the replica and may not lead.
  const input = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}`, state: id === 0 ? "dead" : "alive" })),
    [
      { topic: "T", id: 0, replicas: [0, 1], load: [30, 10, 10, 10], follower: [5, 10, 0, 10] },
      { topic: "U", id: 0, replicas: [1], load: [60, 10, 10, 10] },
      { topic: "U", id: 1, replicas: [2], load: [10, 10, 10, 10] },
    ],
  );
  const options = { unmetHardGoals: "report", excludedForLeadership: [2] } as const;
  const made = makePlan(input, plannerSettings(["CpuCapacityGoal"], constraintWith(), options));
  assert(made.ok);
  for (const { oldLeader, newReplicas } of made.value.proposals) {
    assert(oldLeader === 2 || newReplicas[0]!.brokerId !== 2);
  }
});

Deno.test("makePlan() that reports what is left leaves nothing that one more move would heal", () => {
  let reported = 0;
  fc.assert(
    fc.property(arbitraryCluster(), fc.constantFrom("0.02", "0.1", "0.2"), (input, threshold) => {
      const tight = constraintWith({ "disk.capacity.threshold": threshold });
      const made = makePlan(
        input,
        plannerSettings(["RackAwareGoal", ...HARD_AXES], tight, {
          unmetHardGoals: "report",
        }),
      );
      assert(made.ok);
      if (made.value.summary.unmet === undefined) return;
      reported++;
      assertEquals(movesLeft(input, made.value, tight), []);
    }),
    { seed: 20263, numRuns: 150 },
  );
  assert(reported > 30, `${reported} plans left something`);
});
