/** Plans for clusters whose load changes over the day. */
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { parsePlan, planText } from "../../model/plan_file.ts";
import { parseSnapshot } from "../../model/snapshot_read.ts";
import { snapshotText } from "../../model/snapshot_write.ts";
import { inputAt, inputOver } from "../../model/windows.ts";
import { makePlan } from "../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../planner/settings.ts";
import { verifyPlan } from "../../planner/verify/verify.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { arbitraryCluster, constraintWith, handInput } from "./clusters.ts";
import { jbod } from "./jbod.ts";

const constraint = constraintWith();
const HOURS = 24;

/** Gives every partition hours of the day: `weight` times its average. */
function overDay(
  input: ClusterInput,
  weight: (partition: number, hour: number) => number,
): ClusterInput {
  const partitions = input.partitionNumber.length;
  const loads = new Float64Array(partitions * HOURS * 4);
  for (let p = 0; p < partitions; p++) {
    for (let hour = 0; hour < HOURS; hour++) {
      for (let resource = 0; resource < 4; resource++) {
        // Disk does not come and go.
        const factor = resource === 3 ? 1 : weight(p, hour);
        loads[(p * HOURS + hour) * 4 + resource] = input.leaderLoad[p * 4 + resource]! * factor;
      }
    }
  }
  return { ...input, windows: { count: HOURS, loads } };
}

/**
 * Four brokers with six partitions each, all equal on average. Those of brokers 0 and 1 work by day, twice the
 * average, the others by night.
 */
function dayAndNight(): ClusterInput {
  const input = handInput(
    [0, 1, 2, 3].map((id) => ({ id, rack: `r${id}` })),
    Array.from({ length: 24 }, (_, id) => ({
      topic: "T",
      id,
      replicas: [Math.floor(id / 6)],
      load: [7, 1000, 1000, 1000] as const,
    })),
  );
  return overDay(input, (p, hour) => ((p < 12) === (hour < 12) ? 2 : 0));
}

function planOver(input: ClusterInput, over: PlannerSettings["over"], goals = GOAL_NAMES) {
  const made = makePlan(input, plannerSettings(goals, constraint, { over }));
  assert(made.ok, made.ok ? "" : made.failure.message);
  const read = parsePlan([...planText(made.value, { wallMs: 0, cpuMs: 0 })].join(""));
  assert(read.ok);
  return { plan: made.value, read: read.value };
}

Deno.test("makePlan() over each window keeps brokers under their limits at the peak, where the mean-plan does not", () => {
  const input = dayAndNight();
  const settings = { goals: GOAL_NAMES, constraint, over: "each" } as const;
  // On average every broker uses 42 % of its CPU; by day brokers 0 and 1 would use 84 %, and 70 % is the limit.
  const mean = planOver(input, "mean");
  assertEquals(mean.plan.proposals, []);
  const peaks = verifyPlan(input, mean.read, settings);
  const cpu = peaks.goals.find((goal) => goal.name === "CpuCapacityGoal")!;
  assertEquals(cpu.brokersOutAfter, [0, 1, 2, 3]);
  assertStringIncludes(peaks.problems.join(), "hard goal CpuCapacityGoal is violated: in window 0");
  const each = planOver(input, "each");
  assert(each.plan.proposals.length > 0);
  assertEquals(verifyPlan(input, each.read, settings).problems, []);
  for (let hour = 0; hour < HOURS; hour++) {
    const load = [0, 0, 0, 0];
    const then = inputAt(input, hour);
    for (let p = 0; p < 24; p++) {
      const moved = each.plan.proposals.find((proposal) => proposal.partition === p);
      const broker = moved?.newReplicas[0]?.brokerId ?? then.replicaBroker[p]!;
      load[broker]! += then.leaderLoad[p * 4]!;
    }
    assert(load.every((percent) => percent <= 70), `${load} at ${hour}`);
  }
  assertEquals(
    each.plan.summary.goals.filter((goal) => goal.violatedAfter).map((goal) => goal.name),
    [],
  );
});

Deno.test("makePlan() over each window that cannot relieve a broker pushes no other one over its limit at the peak", () => {
  // Five partitions of 30 % CPU, twice that by day: broker 1 can take one of them, while two fit it on average and take more
  // from broker 0 than broker 1 would be over.
  const input = overDay(
    handInput(
      [0, 1].map((id) => ({ id, rack: `r${id}` })),
      [0, 1, 2, 3, 4].map((id) => ({
        topic: "T",
        id,
        replicas: [0],
        load: [30, 100, 100, 1000] as const,
      })),
    ),
    (_, hour) => (hour < 12 ? 2 : 0),
  );
  const settings = plannerSettings(["CpuCapacityGoal"], constraint, {
    over: "each",
    unmetHardGoals: "report",
  });
  const made = makePlan(input, settings);
  assert(made.ok);
  assertEquals(made.value.proposals.length, 1);
  assertEquals(made.value.summary.goals.map((goal) => goal.brokersOutAfter), [1]);
});

Deno.test("makePlan() over each window relieves no log dir at the price of another broker's limit at the peak", () => {
  // A log dir holds 850 MB, 800 are allowed, and the other one of broker 0 is full. Each partition takes 80 % CPU by day.
  const held = jbod([[1000, 1000], [1000, 1000]], [[0, 0, 400], [0, 0, 450], [0, 1, 700]]);
  const input = overDay(
    { ...held, leaderLoad: held.leaderLoad.map((load, i) => i % 4 === 0 ? 40 : load) },
    (_, hour) => (hour < 12 ? 2 : 0),
  );
  const goals = ["DiskCapacityGoal", "CpuCapacityGoal", "IntraBrokerDiskCapacityGoal"];
  const settings = plannerSettings(goals, constraint, { over: "each", unmetHardGoals: "report" });
  const made = makePlan(input, settings);
  assert(made.ok);
  assertEquals(made.value.proposals.length, 0);
  const cpu = made.value.summary.goals.find((goal) => goal.name === "CpuCapacityGoal")!;
  assertEquals([cpu.brokersOutBefore, cpu.brokersOutAfter], [1, 1]);
});

Deno.test("makePlan() over the highest or the 95th percentile plans for those loads", () => {
  const input = overDay(
    handInput(
      [0, 1].map((id) => ({ id, rack: `r${id}` })),
      [0, 1].map((id) => ({
        topic: "T",
        id,
        replicas: [0],
        load: [30, 100, 100, 1000] as const,
      })),
    ),
    (_, hour) => (hour === 5 ? 2 : 22 / 23),
  );
  const goals = ["CpuCapacityGoal"];
  assertEquals(planOver(input, "mean", goals).plan.proposals.length, 0);
  assertEquals(planOver(input, "p95", goals).plan.proposals.length, 0);
  assertEquals(planOver(input, "max", goals).plan.proposals.length, 1);
  assertEquals(inputOver(input, "max").leaderLoad[0], 60);
});

Deno.test("makePlan() over windows refuses a cluster that has none", () => {
  const input = handInput([{ id: 0, rack: "a" }], [
    { topic: "T", id: 0, replicas: [0], load: [1, 1, 1, 1] },
  ]);
  const made = makePlan(input, plannerSettings(GOAL_NAMES, constraint, { over: "each" }));
  assert(!made.ok);
  assertStringIncludes(made.failure.message, "the cluster has no windows of load");
});

Deno.test("makePlan() over each window agrees with verify on any cluster", () => {
  let made = 0;
  fc.assert(
    fc.property(arbitraryCluster(), fc.integer({ min: 1, max: 12 }), (cluster, shift) => {
      const input = overDay(cluster, (p, hour) => 1 + Math.sin((hour + p * shift) / 4));
      const plan = makePlan(
        input,
        plannerSettings(GOAL_NAMES, constraint, { over: "each", stepsMax: 50_000 }),
      );
      if (!plan.ok) return assertEquals(plan.failure.code, "hard_goal_unmet");
      made++;
      const read = parsePlan([...planText(plan.value, { wallMs: 0, cpuMs: 0 })].join(""));
      assert(read.ok);
      const settings = { goals: GOAL_NAMES, constraint, over: "each" } as const;
      assertEquals(verifyPlan(input, read.value, settings).problems, []);
    }),
    { seed: 20265, numRuns: 40 },
  );
  assert(made > 15, `only ${made} plans`);
});

Deno.test("parseSnapshot() and snapshotText() keep windows, and name one that is wrong", () => {
  const input = dayAndNight();
  const text = [...snapshotText(input)].join("");
  const read = parseSnapshot(new TextEncoder().encode(text));
  assert(read.ok, read.ok ? "" : read.failure.message);
  // Followers have a quarter of their leader's CPU.
  const followerCpu = input.windows!.loads.filter((_, i) => i % 4 === 0).map((cpu) => cpu / 4);
  assertEquals(read.value.windows, { ...input.windows!, followerCpu });
  assertEquals(
    parseSnapshot(new TextEncoder().encode([...snapshotText(read.value)].join(""))),
    read,
  );
  const broken = parseSnapshot(
    new TextEncoder().encode(text.replace(/"windows":\[\[14/, '"windows":[[-1')),
  );
  assert(!broken.ok);
  assertStringIncludes(broken.failure.message, "topics[0].partitions[0].windows[0][0]");
  const fewer = text.replace(/"windows":\[\[14,2000,2000,1000\],/, '"windows":[');
  const short = parseSnapshot(new TextEncoder().encode(fewer));
  assert(!short.ok);
  assertStringIncludes(
    short.failure.message,
    "as many windows as the partitions before, 23, got 24",
  );
});

/** A partition on brokers 0 and 1 that works by day, which then is consumed ten times as much as written, or not at all. */
function consumedByDay(by: { load?: number[]; followerLoad?: number[]; followerCpu?: number[] }) {
  const windows = [[10, 100, 0, 500], [50, 100, 1000, 500]];
  const partition = {
    id: 0,
    replicas: [0, 1],
    leader: 0,
    load: [30, 100, 500, 500],
    windows,
    ...by,
  };
  const brokers = [0, 1].map((id) => ({
    id,
    rack: `r${id}`,
    host: `h${id}`,
    capacity: { cpu: 100, nwIn: 1e6, nwOut: 1e6, disk: 1e4 },
  }));
  const topics = [{ name: "T", partitions: [partition] }];
  return parseSnapshot(new TextEncoder().encode(JSON.stringify({ version: 1, brokers, topics })));
}

Deno.test("parseSnapshot() derives what followers take of the CPU in each window by what is consumed in it", () => {
  const read = consumedByDay({});
  assert(read.ok, read.ok ? "" : read.failure.message);
  const followers = [10 * 15 / 70, 50 * 15 / (70 + 150)];
  assertEquals([...read.value.windows!.followerCpu!], followers);
  assertAlmostEquals(read.value.followerLoad[0]!, (followers[0]! + followers[1]!) / 2, 1e-9);
  assertEquals([0, 1].map((w) => inputAt(read.value, w).followerLoad[0]), followers);
  assertEquals(inputOver(read.value, "max").followerLoad[0], followers[1]);
  const given = consumedByDay({ followerLoad: [6, 100, 0, 500] });
  assert(given.ok && given.value.followerLoad[0] === 6);
  assertEquals([...given.value.windows!.followerCpu!], [2, 10], "a fifth, as said for all windows");
  const byWindow = consumedByDay({ followerLoad: [6, 100, 0, 500], followerCpu: [4, 8] });
  assert(byWindow.ok);
  assertEquals([...byWindow.value.windows!.followerCpu!], [4, 8]);
  const short = consumedByDay({ followerCpu: [4] });
  assert(!short.ok);
  assertStringIncludes(short.failure.message, "topics[0].partitions[0].followerCpu: must have 2");
});

Deno.test("makePlan() over each window knows a broker of followers over its limit while nothing is consumed", () => {
  // By the mean each of the seven followers takes 9.4 % in the second window, and 65 % together; it is 11 % and 75 %.
  const windows = [[50, 100, 1000, 500], [50, 100, 0, 500]];
  const snapshot = {
    version: 1,
    brokers: Array.from({ length: 9 }, (_, id) => ({
      id,
      rack: `r${id}`,
      host: `h${id}`,
      capacity: { cpu: 100, nwIn: 1e6, nwOut: 1e6, disk: 1e6 },
    })),
    topics: [{
      name: "T",
      partitions: Array.from({ length: 7 }, (_, id) => ({
        id,
        replicas: [id, 8],
        leader: id,
        load: [50, 100, 500, 500],
        windows,
      })),
    }],
  };
  const read = parseSnapshot(new TextEncoder().encode(JSON.stringify(snapshot)));
  assert(read.ok, read.ok ? "" : read.failure.message);
  const { plan, read: written } = planOver(read.value, "each", ["CpuCapacityGoal"]);
  assertEquals(plan.summary.goals.map((goal) => [goal.brokersOutBefore, goal.brokersOutAfter]), [
    [1, 0],
  ]);
  const goals = ["CpuCapacityGoal"];
  assertEquals(verifyPlan(read.value, written, { goals, constraint, over: "each" }).problems, []);
});

/**
 * Two brokers whose CPU is full by day: only where two partitions change places is neither over its limit, which only
 * works at once. Log dirs are as large as `diskMb`.
 */
function fullByDay(diskMb: number): ClusterInput {
  const capacity = [100, 1e6, 1e6, diskMb] as const;
  return overDay(
    handInput(
      [0, 1].map((id) => ({ id, rack: `r${id}`, capacity })),
      [[0, 45], [0, 33], [1, 36], [1, 24]].map(([broker, cpu], id) => ({
        topic: "T",
        id,
        replicas: [broker!],
        load: [cpu! / 2, 100, 100, 1000] as const,
      })),
    ),
    (_, hour) => (hour < 12 ? 2 : 0),
  );
}

Deno.test("makePlan() over each window joins what passes a limit of CPU at the peak by itself, however large disks are", () => {
  const goals = ["DiskCapacityGoal", "CpuCapacityGoal"];
  for (const diskMb of [1e5, 1e11]) {
    const { plan, read } = planOver(fullByDay(diskMb), "each", goals);
    assertEquals(plan.proposals.length, 2);
    const [first, second] = plan.proposals;
    assert(first!.group !== undefined && first!.group === second!.group, `disks of ${diskMb} MB`);
    const settings = { goals, constraint, over: "each" } as const;
    assertEquals(verifyPlan(fullByDay(diskMb), read, settings).problems, []);
  }
});

Deno.test("verifyPlan() over each window names an order that passes a limit at the peak", () => {
  const input = fullByDay(1e5);
  const { plan } = planOver(input, "each", ["DiskCapacityGoal", "CpuCapacityGoal"]);
  const apart = { ...plan, proposals: plan.proposals.map(({ group: _, ...one }) => one) };
  const read = parsePlan([...planText(apart, { wallMs: 0, cpuMs: 0 })].join(""));
  assert(read.ok);
  const goals = ["DiskCapacityGoal", "CpuCapacityGoal"];
  const { problems } = verifyPlan(input, read.value, { goals, constraint, over: "each" });
  assertEquals(problems.length, 1);
  assertStringIncludes(problems[0]!, "the plan's order is not good: in window 0 the limit of Cpu");
});

Deno.test("makePlan() over each window keeps every log dir within its limit in every window", () => {
  // Two log dirs of 1000 MB: on average all is well on either, but the large ones of each grow at the same hour.
  const hours = [[600, 100], [100, 600], [600, 100], [100, 600]];
  const snapshot = {
    version: 1,
    brokers: [0, 1].map((id) => ({
      id,
      rack: `r${id}`,
      host: `h${id}`,
      capacity: { cpu: 100, nwIn: 1e6, nwOut: 1e6, disk: 2000 },
      logDirs: ["/d0", "/d1"].map((path) => ({ path, capacity: 1000, alive: true })),
    })),
    topics: [{
      name: "T",
      partitions: hours.map((mb, id) => ({
        id,
        replicas: [0],
        leader: 0,
        load: [1, 10, 10, 350],
        windows: mb.map((disk) => [1, 10, 10, disk]),
        logDirs: [id % 2 === 0 ? "/d0" : "/d1"],
      })),
    }],
  };
  const read = parseSnapshot(new TextEncoder().encode(JSON.stringify(snapshot)));
  assert(read.ok, read.ok ? "" : read.failure.message);
  const goals = ["IntraBrokerDiskCapacityGoal"];
  const mean = planOver(read.value, "mean", goals);
  assertEquals(mean.plan.proposals, []);
  const each = planOver(read.value, "each", goals);
  const [goal] = each.plan.summary.goals;
  assertEquals([goal!.violatedBefore, goal!.violatedAfter], [true, false]);
  const verify = (plan: typeof mean.read) =>
    verifyPlan(read.value, plan, { goals, constraint, over: "each" }).goals[0]!.brokersOutAfter;
  assertEquals([verify(mean.read), verify(each.read)], [[0], []]);
});
