/** Brokers and log dirs that are to lead nothing. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import { parsePlan, planText } from "../../../model/plan_file.ts";
import { withDemotedLogDirs } from "../../../planner/operations/demote_disks.ts";
import { verifyPlan } from "../../../planner/verify/verify.ts";
import { makePlan, outcomeSteps } from "../../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../../planner/settings.ts";
import { constraintWith, handInput } from "../clusters.ts";

const load = [1, 10, 10, 100] as const;

/** Broker 0 leads t-0 and t-1, follows in t-2 before broker 2, and comes last in t-3. */
const INPUT = handInput([0, 1, 2].map((id) => ({ id, rack: `r${id}` })), [
  { topic: "t", id: 0, replicas: [0, 1], load },
  { topic: "t", id: 1, replicas: [0, 2], load },
  { topic: "t", id: 2, replicas: [1, 0, 2], load },
  { topic: "t", id: 3, replicas: [1, 0], load },
]);

const GOALS = ["PreferredLeaderElectionGoal"];

function settingsOf(options: Partial<PlannerSettings>): PlannerSettings {
  return plannerSettings(GOALS, constraintWith(), { operation: "demote_broker", ...options });
}

function planned(input: ClusterInput, options: Partial<PlannerSettings>) {
  return makePlan(input, settingsOf(options));
}

function demoted(options: Partial<PlannerSettings> = {}, input = INPUT) {
  const made = planned(input, { brokerIds: [0], ...options });
  assert(made.ok, made.ok ? "" : made.failure.message);
  return {
    lists: Object.fromEntries(
      made.value.proposals.map((p) => [p.partition, p.newReplicas.map((r) => r.brokerId)]),
    ),
    leadershipMoves: made.value.summary.leadershipMoves,
  };
}

Deno.test("demote_broker takes leadership off the broker and leaves lists alone that it does not lead", () => {
  assertEquals(demoted(), { lists: { 0: [1, 0], 1: [2, 0] }, leadershipMoves: 2 });
});

/** Broker 3 is dead and broker 1 has a bad disk while broker 0 is demoted: who asks for leadership does not ask for copies. */
Deno.test("demote_broker leaves offline replicas to who asks for healing them", () => {
  const brokers = [0, 1, 2].map((id) => ({ id, rack: `r${id}` }));
  const broken = handInput([...brokers, { id: 3, rack: "r3", state: "dead" }], [
    { topic: "t", id: 0, replicas: [0, 2], load },
    { topic: "t", id: 1, replicas: [2, 3], load },
    { topic: "t", id: 2, replicas: [0, 3, 2], load },
    { topic: "t", id: 3, replicas: [2, 1], offline: [1], load },
  ]);
  assertEquals(demoted({}, broken), {
    lists: { 0: [2, 0], 2: [2, 3, 0] },
    leadershipMoves: 2,
  });
  const steps = outcomeSteps(broken, settingsOf({ brokerIds: [0] }));
  const notices = [...steps].flatMap((step) => step.notices ?? []);
  assertEquals(notices, [
    "The plan leaves 3 offline replicas alone, since it moves nothing between brokers: fix_offline_replicas heals them.",
  ]);
});

Deno.test("demote_broker puts followers last, too, when that is asked for", () => {
  assertEquals(demoted({ demoteFollowers: true }), {
    lists: { 0: [1, 0], 1: [2, 0], 2: [1, 2, 0] },
    leadershipMoves: 3,
  });
});

Deno.test("demote_broker leaves pinned partitions as they are", () => {
  const pinned = new Set(["t-0", "t-2"]);
  assertEquals(demoted({ pinned, demoteFollowers: true }), {
    lists: { 1: [2, 0] },
    leadershipMoves: 1,
  });
});

/** Two log dirs a broker; `dirs` says which one each replica of INPUT is on, in its order. */
function jbod(dirs: readonly number[], input = INPUT): ClusterInput {
  return {
    ...input,
    brokers: input.brokers.map((broker) => ({
      ...broker,
      logDirs: [0, 1].map((d) => ({ path: `/d${d}`, capacityMb: 1000, alive: true })),
    })),
    replicaLogDir: Int16Array.from(dirs),
  };
}

/** Broker 0 leads t-0 from /d0 and t-1 from /d1, and follows from /d0 in t-2 and t-3. */
const JBOD = jbod([0, 0, 1, 0, 0, 0, 0, 0, 0]);

Deno.test("demoting a log dir takes leadership off it and leaves the other log dirs of its broker alone", () => {
  const logDirs = [{ brokerId: 0, path: "/d0" }];
  const alone = { brokerIds: [], logDirs };
  assertEquals(demoted(alone, JBOD), { lists: { 0: [1, 0] }, leadershipMoves: 1 });
  assertEquals(demoted({ ...alone, demoteFollowers: true }, JBOD), {
    lists: { 0: [1, 0], 2: [1, 2, 0] },
    leadershipMoves: 2,
  });
  const made = planned(JBOD, alone);
  assert(made.ok);
  const [{ reasons, oldReplicas, newReplicas }] = [...made.value.proposals] as [
    (typeof made.value.proposals)[number],
  ];
  assertEquals(reasons.map(({ why }) => why), ["log dir /d0 of broker 0 is demoted"]);
  assertEquals(oldReplicas.map((one) => one.logDir), ["/d0", "/d0"]);
  assertEquals(newReplicas.map((one) => one.logDir), ["/d0", "/d0"]);
});

Deno.test("leadership does not go from a demoted broker to a demoted log dir", () => {
  // t-1 is led by broker 0 and followed on /d0 of broker 2 alone: it stays, and t-0 may go to broker 1.
  const logDirs = [{ brokerId: 2, path: "/d0" }];
  assertEquals(demoted({ brokerIds: [0], logDirs }, JBOD), {
    lists: { 0: [1, 0] },
    leadershipMoves: 1,
  });
});

Deno.test("demote_broker refuses log dirs that no broker has, and to demote nothing", () => {
  for (
    const [logDirs, why] of [
      [[{ brokerId: 1, path: "/x" }], "broker 1 has no log dir /x, it has /d0, /d1"],
      [[{ brokerId: 7, path: "/d0" }], "broker 7 is not in the cluster"],
      [[], "no broker or log dir named"],
    ] as const
  ) {
    const made = planned(JBOD, { logDirs });
    assert(!made.ok);
    assertStringIncludes(made.failure.message, why);
  }
});

Deno.test("no partition is led from a demoted log dir that a replica elsewhere could lead", () => {
  const places = fc.array(
    fc.record({
      brokers: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 1, maxLength: 3 }),
      dirs: fc.tuple(fc.nat(1), fc.nat(1), fc.nat(1)),
    }),
    { minLength: 1, maxLength: 12 },
  );
  const named = fc.uniqueArray(fc.tuple(fc.nat(3), fc.nat(1)), {
    minLength: 1,
    selector: ([broker, dir]) => broker * 2 + dir,
  });
  fc.assert(
    fc.property(places, named, fc.boolean(), (partitions, demotedDirs, demoteFollowers) => {
      const input = jbod(
        partitions.flatMap(({ brokers, dirs }) => brokers.map((_, i) => dirs[i]!)),
        handInput(
          [0, 1, 2, 3].map((id) => ({ id, rack: `r${id}` })),
          partitions.map(({ brokers }, id) => ({ topic: "t", id, replicas: brokers, load })),
        ),
      );
      const logDirs = demotedDirs.map(([brokerId, dir]) => ({ brokerId, path: `/d${dir}` }));
      const made = planned(input, { logDirs, demoteFollowers });
      assert(made.ok);
      assertEquals([made.value.summary.mbToMove, made.value.summary.intraBrokerReplicaMoves], [
        0,
        0,
      ]);
      const after = new Map(made.value.proposals.map((one) => [one.partition, one.newReplicas]));
      for (const [p, { brokers, dirs }] of partitions.entries()) {
        const isDemoted = (broker: number) =>
          demotedDirs.some(([b, d]) => b === broker && d === dirs[brokers.indexOf(broker)]);
        const list = after.get(p)?.map((one) => one.brokerId) ?? brokers;
        assertEquals(list.toSorted(), brokers.toSorted());
        assert(!isDemoted(list[0]!) || list.every(isDemoted), `partition ${p}: ${list.join()}`);
        // The leader that need not go stays.
        if (!isDemoted(brokers[0]!)) assertEquals(list[0], brokers[0]);
      }
      const marked = withDemotedLogDirs(input, logDirs);
      assert(marked.ok);
      const read = parsePlan([...planText(made.value, { wallMs: 0, cpuMs: 0 })].join(""));
      assert(read.ok);
      const rules = { goals: GOALS, constraint: constraintWith() };
      assertEquals(verifyPlan(marked.value, read.value, rules).problems, []);
    }),
    { seed: 5, numRuns: 150 },
  );
});

Deno.test("verify sees who leads from a demoted log dir", () => {
  const marked = withDemotedLogDirs(JBOD, [{ brokerId: 0, path: "/d0" }]);
  assert(marked.ok);
  const { goals } = verifyPlan(marked.value, {
    format: "kafka",
    partitions: [],
    claims: {
      mbToMove: 0,
      lowerBoundMb: 0,
      violatedAfter: new Map(),
      leftOut: 0,
      hasUnmet: false,
    },
  }, {
    goals: GOALS,
    constraint: constraintWith(),
  });
  assertEquals(goals.map(({ brokersOutBefore, example }) => [brokersOutBefore, example]), [
    [[0], "broker 0 leads t-0"],
  ]);
});
