/** Brokers with several log dirs: limits hold for each, and brokers and log dirs are one plan. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { INTRA_BROKER_GOALS } from "../../../goals/intra_broker_disk.ts";
import { drain } from "../../../lib/steps.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import type { Plan } from "../../../model/plan.ts";
import { moveReplica } from "../../../model/model_actions.ts";
import { parsePlan, planText } from "../../../model/plan_file.ts";
import { assignLogDirs } from "../../../planner/log_dirs/assign_log_dirs.ts";
import { withoutLogDirs } from "../../../planner/operations/remove_disks.ts";
import { changesOf } from "../../../planner/proposals/changes.ts";
import { prepare } from "../../../planner/prepare.ts";
import { makePlan } from "../../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../../planner/settings.ts";
import { verifyPlan } from "../../../planner/verify/verify.ts";
import { constraintWith } from "../clusters.ts";
import { jbod } from "../jbod.ts";

const constraint = constraintWith();

function planned(
  input: ClusterInput,
  goals: readonly string[],
  options: Partial<PlannerSettings> = {},
) {
  return makePlan(input, plannerSettings(goals, constraint, { stepsMax: 600_000, ...options }));
}

function good(
  input: ClusterInput,
  goals: readonly string[],
  options: Partial<PlannerSettings> = {},
): Plan {
  const made = planned(input, goals, options);
  assert(made.ok, made.ok ? "" : made.failure.message);
  return made.value;
}

function problems(input: ClusterInput, plan: Plan, goals: readonly string[]): readonly string[] {
  const read = parsePlan([...planText(plan, { wallMs: 0, cpuMs: 0 })].join(""));
  assert(read.ok);
  return verifyPlan(input, read.value, { goals, constraint }).problems;
}

/** Log dirs that a plan without goals about them fills above 80 %. */
function overfilled(
  { brokers, replicaBroker, replicaLogDir, leaderLoad }: ClusterInput,
  plan: Plan,
) {
  const used = brokers.map((broker) => broker.logDirs.map(() => 0));
  const arrivals = new Set<string>();
  for (let p = 0; p < replicaBroker.length; p++) {
    const moved = plan.proposals.find(({ partition }) => partition === p)?.newReplicas[0];
    const b = moved === undefined
      ? replicaBroker[p]!
      : brokers.findIndex(({ id }) => id === moved.brokerId);
    const d = moved?.logDir === undefined
      ? replicaLogDir[p]!
      : brokers[b]!.logDirs.findIndex(({ path }) => path === moved.logDir);
    used[b]![d]! += leaderLoad[p * 4 + 3]!;
    if (b !== replicaBroker[p]) arrivals.add(`${b} ${d}`);
  }
  return [...arrivals].filter((key) => {
    const [b, d] = key.split(" ").map(Number);
    return used[b!]![d!]! > brokers[b!]!.logDirs[d!]!.capacityMb * 0.8 + 1e-6;
  });
}

Deno.test("rebalance_disk evens out log dirs without a byte between brokers", () => {
  const input = jbod([[1000, 1000]], [[0, 0, 300], [0, 0, 300], [0, 0, 100], [0, 0, 100]]);
  const plan = good(input, INTRA_BROKER_GOALS, { operation: "rebalance_disk" });
  assertEquals(plan.summary.mbToMove, 0);
  assertEquals(plan.summary.leadershipMoves, 0);
  assertEquals(plan.summary.goals.map((goal) => goal.violatedAfter), [false, false]);
  assertEquals(plan.summary.intraBrokerReplicaMoves, plan.proposals.length);
  assertEquals(problems(input, plan, INTRA_BROKER_GOALS), []);
  const [first] = plan.proposals;
  assertEquals(first!.oldReplicas[0]!.logDir, "/d0");
  assertEquals(first!.newReplicas[0]!.logDir, "/d1");
  assertEquals(
    first!.reasons[0]!.why,
    "relieves log dir /d0, which holds 800 MB of 1000 MB before the plan",
  );
  // 800 of 1000 MB is what may be used.
  assertEquals(first!.reasons[0]!.goal, INTRA_BROKER_GOALS[1]);
  const full = jbod([[1000, 1000]], [[0, 0, 400], [0, 0, 401], [0, 0, 100]]);
  const relieved = good(full, INTRA_BROKER_GOALS, { operation: "rebalance_disk" }).proposals;
  assertEquals(relieved[0]!.reasons[0]!.goal, INTRA_BROKER_GOALS[0]);
});

Deno.test("rebalance_disk swaps where no move helps", () => {
  // 600 and 400 on one dir, 400 and 0 on the other of 700: moving either would fill it above 80 %.
  const input = jbod([[1000, 1000]], [[0, 0, 500], [0, 0, 210], [0, 1, 300], [0, 1, 110]]);
  const plan = good(input, INTRA_BROKER_GOALS, { operation: "rebalance_disk" });
  assertEquals(problems(input, plan, INTRA_BROKER_GOALS), []);
  assertEquals(plan.summary.goals[1]!.violatedAfter, false);
  assertEquals(plan.summary.intraBrokerReplicaMoves, 2);
});

Deno.test("remove_disks empties the log dir, also of replicas without size", () => {
  const input = jbod([[1000, 1000, 1000]], [[0, 0, 200], [0, 0, 0], [0, 1, 300]]);
  const logDirs = [{ brokerId: 0, path: "/d0" }];
  const goals = [INTRA_BROKER_GOALS[0]];
  const plan = good(input, goals, { operation: "remove_disks", logDirs });
  assertEquals(
    plan.proposals.map(({ partition, newReplicas }) => [partition, newReplicas[0]!.logDir]),
    [
      [0, "/d2"],
      [1, "/d2"],
    ],
  );
  const fewer = withoutLogDirs(input, logDirs, 0.8);
  assert(fewer.ok);
  assertEquals(problems(fewer.value, plan, goals), []);
  assertStringIncludes(problems(fewer.value, { ...plan, proposals: [] }, goals).join(), "/d0");
});

Deno.test("remove_disks leaves other brokers alone, also where they hold too much", () => {
  const input = jbod([[1000, 1000], [1000, 1000]], [[0, 0, 200], [1, 0, 900], [1, 1, 100]]);
  const logDirs = [{ brokerId: 0, path: "/d0" }];
  const goals = [INTRA_BROKER_GOALS[0]];
  const plan = good(input, goals, { operation: "remove_disks", logDirs });
  assertEquals(plan.proposals.map(({ partition }) => partition), [0]);
  assertEquals(plan.summary.goals.map((goal) => goal.brokersOutBefore), [1]);
  const fewer = withoutLogDirs(input, logDirs, 0.8);
  assert(fewer.ok);
  assertEquals(problems(fewer.value, plan, goals), []);
});

Deno.test("remove_disks refuses what cannot be", () => {
  const input = jbod([[1000, 1000]], [[0, 0, 700], [0, 1, 700]]);
  const cases: readonly [readonly { brokerId: number; path: string }[], string][] = [
    [[], "no log dir named"],
    [[{ brokerId: 0, path: "/x" }], "broker 0 has no log dir /x, it has /d0, /d1"],
    [[{ brokerId: 9, path: "/d0" }], "broker 9 is not in the cluster"],
    [[{ brokerId: 0, path: "/d0" }, { brokerId: 0, path: "/d1" }], "would have none left"],
    [[{ brokerId: 0, path: "/d0" }], "holds 1400 MB, and 1000 x 0.8 MB would be left"],
  ];
  for (const [logDirs, message] of cases) {
    const made = planned(input, [INTRA_BROKER_GOALS[0]], { operation: "remove_disks", logDirs });
    assert(!made.ok);
    assertStringIncludes(made.failure.message, message);
  }
});

Deno.test("makePlan() sends a replica to another broker when no single log dir has room for it", () => {
  // Broker 1 has most room in all, but in pieces of 200 MB.
  const input = jbod(
    [[1000, 1000], [200, 200, 200, 200, 200, 200, 200, 200, 200, 200], [700, 300]],
    [
      ...[0, 1, 2].map((): readonly [number, number, number] => [0, 0, 390]),
      ...[0, 1].map((): readonly [number, number, number] => [0, 1, 390]),
    ],
  );
  const goals = ["DiskCapacityGoal", "IntraBrokerDiskCapacityGoal"];
  const plan = good(input, goals);
  assertEquals(problems(input, plan, goals), []);
  for (const { newReplicas } of plan.proposals) {
    assert(newReplicas[0]!.brokerId !== 1 || newReplicas[0]!.logDir === undefined);
  }
});

/**
 * Broker 0 receives too many bytes. Its largest replica would relieve it alone, but no log dir of broker 1 could hold
 * it, though broker 1 as a whole is as large: the two smaller ones go, also where no goal about log dirs is asked for.
 */
Deno.test("makePlan() moves nothing to a log dir that has no room for it, whatever goals are asked for", () => {
  const plain = jbod([[2000], [250, 250, 250, 250, 250, 250, 250, 250]], [
    [0, 0, 700],
    [0, 0, 100],
    [0, 0, 90],
  ]);
  const brokers = plain.brokers.map((broker) => ({
    ...broker,
    capacity: [100, 1000, 1e6, 2000] as const,
  }));
  const leaderLoad = plain.leaderLoad.slice();
  for (const [p, nwIn] of [700, 180, 180].entries()) leaderLoad[p * 4 + 1] = nwIn;
  const input = { ...plain, brokers, leaderLoad };
  const goals = ["DiskCapacityGoal", "NetworkInboundCapacityGoal", "DiskUsageDistributionGoal"];
  const plan = good(input, goals, { unmetHardGoals: "report" });
  assertEquals(plan.proposals.map(({ partition }) => partition).includes(0), false);
  assertEquals(plan.summary.goals[1]!.violatedAfter, false);
  assertEquals(problems(input, plan, goals), []);
});

Deno.test("makePlan() plans brokers and log dirs together, as verify adds them up, on any JBOD cluster", () => {
  const goals = [
    "DiskCapacityGoal",
    "IntraBrokerDiskCapacityGoal",
    "DiskUsageDistributionGoal",
    "IntraBrokerDiskUsageDistributionGoal",
  ];
  let made = 0;
  const shape = fc.record({
    dirs: fc.array(fc.array(fc.constantFrom(500, 1000), { minLength: 1, maxLength: 3 }), {
      minLength: 2,
      maxLength: 4,
    }),
    sizes: fc.array(fc.tuple(fc.nat(99), fc.nat(99), fc.integer({ min: 0, max: 120 })), {
      minLength: 1,
      maxLength: 20,
    }),
  });
  fc.assert(
    fc.property(shape, ({ dirs, sizes }) => {
      const input = jbod(
        dirs,
        sizes.map(([b, d, mb]) =>
          [b % dirs.length, d % dirs[b % dirs.length]!.length, mb] as const
        ),
      );
      const plan = makePlan(input, plannerSettings(goals, constraint, { stepsMax: 100_000 }));
      if (!plan.ok) return assertEquals(plan.failure.code, "hard_goal_unmet");
      made++;
      assertEquals(problems(input, plan.value, goals), []);
      const some = planned(input, ["DiskCapacityGoal", "DiskUsageDistributionGoal"]);
      if (some.ok) assertEquals(overfilled(input, some.value), []);
      for (const { newReplicas, oldReplicas } of plan.value.proposals) {
        assert(newReplicas.every((replica) => replica.logDir !== undefined));
        // Between brokers or between log dirs, not both.
        const added = newReplicas.some((next) =>
          oldReplicas.every((old) => old.brokerId !== next.brokerId)
        );
        const changed = newReplicas.some((next) =>
          oldReplicas.some((old) => old.brokerId === next.brokerId && old.logDir !== next.logDir)
        );
        assert(!(added && changed));
      }
    }),
    { seed: 20266, numRuns: 60 },
  );
  assert(made > 40, `only ${made} plans`);
});

Deno.test("makePlan() names the failed log dir of a replica that no broker may take", () => {
  const input = jbod([[1000, 1000], [500, 500], [500, 500]], [[0, 0, 900], [0, 1, 100]]);
  const [{ logDirs: [dir, ...rest], ...first }, ...others] = input.brokers as [
    typeof input.brokers[number],
    ...typeof input.brokers,
  ];
  const broken = {
    ...input,
    brokers: [{ ...first, logDirs: [{ ...dir!, alive: false }, ...rest] }, ...others],
    replicaOffline: Uint8Array.of(1, 0),
  };
  const goals = ["RackAwareGoal", "IntraBrokerDiskCapacityGoal"];
  const made = planned(broken, goals, { unmetHardGoals: "report" });
  assert(made.ok);
  assertEquals(made.value.summary.unmet?.map(({ details }) => details[0]), [
    "T-0 on failed log dir /d0 of broker 0: broker 0 has a failed log dir with it; 2 brokers may hold less than its 900 MB on any log dir",
  ]);
});

Deno.test("makePlan() leaves an offline replica where it is that fits on no log dir", () => {
  const input = jbod([[1000, 1000], [500, 500], [500, 500]], [[0, 0, 900], [0, 1, 100]]);
  const [first, ...others] = input.brokers;
  const dead = { ...first!, state: "dead" as const };
  const broken = {
    ...input,
    brokers: [dead, ...others],
    replicaOffline: Uint8Array.of(1, 1),
  };
  const goals = ["RackAwareGoal", "IntraBrokerDiskCapacityGoal"];
  const plan = good(broken, goals, { unmetHardGoals: "report" });
  assertEquals(plan.proposals.map((proposal) => proposal.partition), [1]);
  assertEquals(plan.summary.unmet?.map(({ goal, details }) => [goal, details[0]]), [
    ["", "T-0 on broker 0: 2 brokers may hold less than its 900 MB on any log dir"],
  ]);
  assertEquals(plan.summary.goals.map((goal) => goal.violatedAfter), [false, false]);
});

Deno.test("makePlan() counts a leader as preferred that a move between log dirs puts first", () => {
  // Broker 1 should lead T-0, but leads as many as it may. T-0 changes its log dir on broker 0, which leads it.
  const others = Array.from(
    { length: 21 },
    (_, k): readonly [number, number, number] => k < 9 ? [0, 0, k === 0 ? 360 : 0] : [1, 0, 0],
  );
  const input = jbod([[1000, 1000], [1000, 1000]], [[1, 0, 360], ...others]);
  // The first partition has a second replica, on broker 0, that leads.
  const wide = {
    ...input,
    replicaStart: Int32Array.from(input.replicaStart, (start) => start === 0 ? 0 : start + 1),
    replicaBroker: Int32Array.of(1, 0, ...input.replicaBroker.subarray(1)),
    replicaLogDir: Int16Array.of(0, 0, ...input.replicaLogDir.subarray(1)),
    replicaOffline: new Uint8Array(input.replicaBroker.length + 1),
    leaderReplica: Int32Array.from(input.leaderReplica, (replica) => replica + 1),
  };
  const goals = [
    "LeaderReplicaDistributionGoal",
    "PreferredLeaderElectionGoal",
    "IntraBrokerDiskUsageDistributionGoal",
  ];
  const plan = good(wide, goals);
  const proposal = plan.proposals.find(({ partition }) => partition === 0);
  assertEquals(proposal?.newReplicas, [{ brokerId: 0, logDir: "/d1" }, {
    brokerId: 1,
    logDir: "/d0",
  }]);
  assertEquals(problems(wide, plan, goals), []);
});

Deno.test("makePlan() calls a log dir that it emptied empty, whatever rounding left of it", () => {
  // Three replicas leave a log dir one by one: what is left of their sum may be less than nothing.
  for (let i = 1; i <= 20; i++) {
    const sizes = [i / 7, i / 3 + 0.1, i / 11 + 0.7].map((mb) => 10 * mb);
    const input = jbod([[1, 100_000]], sizes.map((mb) => [0, 0, mb] as const));
    const plan = good(input, INTRA_BROKER_GOALS.slice(0, 1), { operation: "rebalance_disk" });
    assertEquals(plan.summary.goals.map((goal) => goal.violatedAfter), [false], sizes.join(" "));
  }
});

Deno.test("no step of a plan fills a log dir above its limit for a while, whatever goals are asked for, and verifyPlan() says so", () => {
  const input = jbod([[1000], [500, 500], [500, 500]], [
    [1, 0, 300],
    [1, 1, 250],
    [1, 0, 250],
    [1, 0, 250],
    [0, 0, 350],
    [0, 0, 300],
  ]);
  const goals = ["ReplicaDistributionGoal", "DiskUsageDistributionGoal"];
  const plan = good(input, goals);
  assertEquals(problems(input, plan, goals), []);
  const arrives = plan.proposals.findIndex(({ newReplicas }) => newReplicas[0]!.brokerId === 0);
  assert(arrives > 0);
  const [first] = plan.proposals.slice(arrives);
  const proposals = [first!, ...plan.proposals.filter((proposal) => proposal !== first)];
  const early = problems(input, { ...plan, proposals }, goals);
  assertStringIncludes(
    early.join(),
    "log dir /d0 of broker 0 is above its limit farther than before",
  );
});

Deno.test("a replica that takes the place of another one of its partition takes its log dir", () => {
  const sizes = [[100, 100], [100, 100], [100, 100]];
  const single = jbod(sizes, [[0, 0, 10], [1, 1, 30]]);
  // One partition on brokers 0 and 1, on their second and first log dir.
  const input: ClusterInput = {
    ...single,
    partitionStart: Int32Array.of(0, 1),
    partitionNumber: Int32Array.of(0),
    replicaStart: Int32Array.of(0, 2),
    replicaBroker: Int32Array.of(0, 1),
    replicaLogDir: Int16Array.of(1, 0),
    replicaOffline: Uint8Array.of(0, 0),
    leaderReplica: Int32Array.of(0),
    leaderLoad: Float64Array.of(0.1, 1, 1, 10),
    followerLoad: Float64Array.of(0.1, 1, 0, 10),
  };
  const prepared = prepare(input, plannerSettings(["DiskCapacityGoal"], constraint));
  assert(prepared.ok);
  const { model, context } = prepared.value;
  const search = prepared.value.searchOf(0);
  for (const [replica, to] of [[1, 2], [0, 1]] as const) moveReplica(model, replica, to);
  drain(assignLogDirs(search, { capacity: false, balance: false }));
  const logDirs = context.logDirs!;
  assertEquals(
    [...logDirs.dirOf],
    [0, 0],
    "on broker 1 where the other has been, on broker 2 anywhere",
  );
  assertEquals(changesOf(model, { logDirs }).totals, {
    interBrokerReplicaMoves: 1,
    intraBrokerReplicaMoves: 0,
    leadershipMoves: 0,
    mbToMove: 10,
  });
  // What is on the other log dir of a broker all the same counts.
  logDirs.leave(0, 1);
  logDirs.enter(0, 1, 1);
  assertEquals(changesOf(model, { logDirs }).totals.intraBrokerReplicaMoves, 1);
});
