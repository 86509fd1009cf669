/** `verifyPlan()` against violations planted by hand: each mistake is found and named. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ALL_GOAL_NAMES, GOAL_NAMES } from "../../../goals/catalog.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import { parsePlan, planText, type ReadPlan } from "../../../model/plan_file.ts";
import { makePlan } from "../../../planner/plan.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { verifyPlan } from "../../../planner/verify/verify.ts";
import { SCRATCH_GOALS } from "../../../planner/verify/goals.ts";
import { CLUSTERS, constraintWith, handInput } from "../clusters.ts";

type Change = readonly [
  topic: string,
  partition: number,
  newReplicas: readonly number[],
  oldReplicas?: readonly number[],
];

function planOf(changes: readonly Change[], claims: object = {}): ReadPlan {
  const parsed = parsePlan(JSON.stringify({
    version: 1,
    proposals: changes.map(([topic, partition, newReplicas, oldReplicas]) => ({
      topic,
      partition,
      newReplicas,
      oldReplicas: oldReplicas ?? newReplicas,
    })),
    summary: claims,
  }));
  assert(parsed.ok, parsed.ok ? "" : parsed.failure.message);
  return parsed.value;
}

function problems(
  input: ClusterInput,
  plan: ReadPlan,
  options: { goals?: readonly string[]; overrides?: Record<string, string> } = {},
): string {
  return verifyPlan(input, plan, {
    goals: options.goals ?? ["ReplicaCapacityGoal"],
    constraint: constraintWith(options.overrides),
  }).problems.join("\n");
}

const SPREAD = () =>
  handInput(
    [0, 1, 2, 3].map((id) => ({ id, rack: `r${id % 3}` })),
    [0, 1, 2].map((id) => ({
      topic: "T",
      id,
      replicas: [0, 1],
      load: [10, 100, 200, 1000] as const,
    })),
  );

Deno.test("verifyPlan() knows every goal that the planner knows", () => {
  assertEquals([...SCRATCH_GOALS].sort(), [...ALL_GOAL_NAMES].sort());
});

// Situation: both racks of three replicas are one; the plan was made for another goal alone, as --skip-hard-goal-check lets it be.
Deno.test("verifyPlan() tells hard goals that a plan was not made for, unless whoever asks chose them", () => {
  const input = handInput(
    [{ id: 0, rack: "r0" }, { id: 1, rack: "r0" }, { id: 2, rack: "r1" }],
    [{ topic: "T", id: 0, replicas: [0, 1], load: [10, 100, 200, 1000] as const }],
  );
  const made = (goals: readonly object[]) => planOf([], { goals });
  const usual = ["RackAwareGoal", "ReplicaCapacityGoal"];
  const check = (plan: ReadPlan, usualGoals: boolean) =>
    verifyPlan(input, plan, { goals: usual, usualGoals, constraint: constraintWith({}) });
  const other = made([{ name: "ReplicaCapacityGoal", violatedAfter: false }]);
  const { problems, left, without } = check(other, true);
  assertEquals([problems, left], [[], []]);
  assertEquals(without, [
    "RackAwareGoal: 2 brokers out, 2 before; T-0 is on brokers 0 and 1, both on rack r0",
  ]);
  for (
    const [plan, usualGoals] of [
      [other, false],
      // It was made for that goal, or does not say what for.
      [made([{ name: "RackAwareGoal", violatedAfter: true }]), true],
      [made([]), true],
    ] as const
  ) {
    const checked = check(plan, usualGoals);
    assertEquals(checked.without, []);
    assertStringIncludes(checked.problems.join(), "hard goal RackAwareGoal is violated");
  }
});

Deno.test("verifyPlan() finds nothing wrong with a legal plan and counts it", () => {
  const checked = verifyPlan(
    SPREAD(),
    planOf([["T", 0, [1, 2], [0, 1]], ["T", 1, [1, 0], [0, 1]]]),
    {
      goals: ["ReplicaCapacityGoal", "RackAwareGoal"],
      constraint: constraintWith(),
    },
  );
  assertEquals(checked.problems, []);
  assertEquals(
    [checked.partitions, checked.replicasMoved, checked.leadersMoved, checked.mbToMove],
    [2, 1, 1, 1000],
  );
});

const ILLEGAL: readonly [name: string, change: Change, message: string][] = [
  ["a partition that does not exist", ["X", 0, [1, 2]], "X-0 is not in the snapshot"],
  ["a partition number that does not exist", ["T", 9, [1, 2]], "T-9 is not in the snapshot"],
  [
    "two replicas on one broker",
    ["T", 0, [2, 2], [0, 1]],
    "T-0 would have two replicas on one broker: 2,2",
  ],
  [
    "a broker that does not exist",
    ["T", 0, [1, 8], [0, 1]],
    "T-0 would go to broker 8, which the snapshot does not have",
  ],
  ["a lost replica", ["T", 0, [1], [0, 1]], "T-0 has 2 replicas, the plan gives it 1"],
  ["an added replica", ["T", 0, [1, 2, 3], [0, 1]], "T-0 has 2 replicas, the plan gives it 3"],
  ["another origin", ["T", 0, [2, 3], [0, 2]], "T-0 is on 0,1 in the snapshot, the plan says 0,2"],
];

for (const [name, change, message] of ILLEGAL) {
  Deno.test(`verifyPlan() finds ${name}`, () => {
    assertStringIncludes(problems(SPREAD(), planOf([change])), message);
  });
}

Deno.test("verifyPlan() finds a partition that is planned twice", () => {
  const plan = planOf([["T", 0, [1, 2], [0, 1]], ["T", 0, [1, 3], [0, 1]]]);
  assertStringIncludes(problems(SPREAD(), plan), "T-0 is in the plan twice");
});

Deno.test("verifyPlan() finds replicas left on dead brokers and dead disks", () => {
  const dead = CLUSTERS.deadBroker();
  assertStringIncludes(problems(dead, planOf([])), "T1-1 has a replica on dead broker 0");
  const badDisk = handInput([{ id: 0, rack: "a", state: "bad_disks" }, { id: 1, rack: "b" }], [
    { topic: "T", id: 0, replicas: [0, 1], leader: 1, load: [1, 1, 1, 1], offline: [0] },
  ]);
  assertStringIncludes(problems(badDisk, planOf([])), "T-0 leaves an offline replica on 0");
});

Deno.test("verifyPlan() finds broken racks", () => {
  const text = problems(SPREAD(), planOf([["T", 0, [0, 3], [0, 1]]]), { goals: ["RackAwareGoal"] });
  assertStringIncludes(
    text,
    "hard goal RackAwareGoal is violated: T-0 is on brokers 0 and 3, both on rack r0",
  );
});

const OVER: readonly [goal: string, overrides: Record<string, string>][] = [
  ["DiskCapacityGoal", { "disk.capacity.threshold": "0.009" }],
  ["NetworkInboundCapacityGoal", { "network.inbound.capacity.threshold": "0.0009" }],
  ["NetworkOutboundCapacityGoal", { "network.outbound.capacity.threshold": "0.002" }],
  ["CpuCapacityGoal", { "cpu.capacity.threshold": "0.29" }],
  ["ReplicaCapacityGoal", {
    "max.replicas.per.broker": "2",
    "overprovisioned.max.replicas.per.broker": "2",
  }],
  ["MinTopicLeadersPerBrokerGoal", { "topics.with.min.leaders.per.broker": "T" }],
];

for (const [goal, overrides] of OVER) {
  Deno.test(`verifyPlan() finds ${goal} violated`, () => {
    const text = problems(SPREAD(), planOf([]), { goals: [goal], overrides });
    assertStringIncludes(text, `hard goal ${goal} is violated: broker`);
  });
}

Deno.test("verifyPlan() finds claims that are not true", () => {
  const plan = planOf([["T", 0, [0, 2], [0, 1]]], {
    mbToMove: 900,
    goals: [
      { name: "ReplicaDistributionGoal", violatedAfter: false },
      { name: "ReplicaCapacityGoal", violatedAfter: true },
    ],
  });
  const goals = ["ReplicaDistributionGoal", "ReplicaCapacityGoal"];
  const text = problems(SPREAD(), plan, { goals });
  assertStringIncludes(text, "the plan says that it moves 900 MB, but it moves 1000 MB");
  assertStringIncludes(
    text,
    "says that ReplicaDistributionGoal is met afterwards, but it is violated",
  );
  assertStringIncludes(text, "says that ReplicaCapacityGoal is violated afterwards, but it is met");
});

Deno.test("verifyPlan() adds up what a plan says of brokers, of goals and of each copy", () => {
  const input = handInput(
    [0, 1, 2, 3].map((id) => ({ id, rack: `r${id}` })),
    Array.from({ length: 12 }, (_, id) => ({
      topic: "T",
      id,
      replicas: [0, 1],
      load: [10, 100, 200, 1000] as const,
    })),
  );
  const goals = ["ReplicaCapacityGoal", "DiskUsageDistributionGoal"];
  const made = makePlan(input, plannerSettings(goals, constraintWith()));
  assert(made.ok);
  const file = JSON.parse([...planText(made.value, { wallMs: 0, cpuMs: 0 })].join(""));
  const told = (change: (plan: typeof file) => void) => {
    const other = structuredClone(file);
    change(other);
    const read = parsePlan(JSON.stringify(other));
    assert(read.ok);
    return problems(input, read.value, { goals });
  };
  assertEquals(told(() => {}), "");
  const { after } = file.brokers[0];
  assertStringIncludes(
    told((plan) => plan.brokers[0].after.disk += 1),
    `says that broker 0 has disk ${after.disk + 1} after, but it has ${after.disk}`,
  );
  assertStringIncludes(
    told((plan) => plan.brokers[1].before.leaders += 1),
    "says that broker 1 has leaders 1 before, but it has 0",
  );
  assertStringIncludes(
    told((plan) => plan.summary.goals[1].brokersOutBefore = 7),
    "says that 7 brokers are outside DiskUsageDistributionGoal before, but 4 are",
  );
  const copies = file.proposals.findIndex((one: { mbToMove: number }) => one.mbToMove > 0);
  assertStringIncludes(
    told((plan) => plan.proposals[copies].mbToMove += 1),
    "MB, the plan says 1001 MB",
  );
});

Deno.test("verifyPlan() counts what a plan says of its moves and its bound, and knows who led before", () => {
  const plan = planOf([["T", 0, [0, 2], [0, 1]]], {
    lowerBoundMb: 1001,
    interBrokerReplicaMoves: 2,
  });
  const partitions = plan.partitions.map((partition) => ({ ...partition, oldLeader: 2 }));
  const text = problems(SPREAD(), { ...plan, partitions }, { goals: ["ReplicaCapacityGoal"] });
  assertStringIncludes(text, "says that any must move 1001 MB, but it moves 1000 MB");
  assertStringIncludes(text, "says that it moves 2 replicas, but it moves 1");
  assertStringIncludes(text, "T-0 is led by broker 0 in the snapshot, the plan says 2");
});

Deno.test("verifyPlan() sees soft goals get better and worse", () => {
  const soft = GOAL_NAMES.slice(7);
  const checked = verifyPlan(CLUSTERS.small(), planOf([]), {
    goals: soft,
    constraint: constraintWith(),
  });
  const out = Object.fromEntries(checked.goals.map((goal) => [goal.name, goal.brokersOutAfter]));
  // disk 280, 155, 135 around 190; leaders 3, 2, 0 around 1.67.
  assertEquals(out["DiskUsageDistributionGoal"], [0, 1, 2]);
  assertEquals(out["LeaderReplicaDistributionGoal"], [0, 2]);
  assertEquals(out["TopicReplicaDistributionGoal"], []);
  assertEquals(out["PotentialNwOutGoal"], []);
});

Deno.test("parsePlan() reads Kafka's reassignment JSON and refuses what is none", () => {
  const kafka = parsePlan(
    '{"version":1,"partitions":[{"topic":"T","partition":0,"replicas":[1,2],"log_dirs":["any","any"]}]}',
  );
  assert(kafka.ok);
  assertEquals(kafka.value.format, "kafka");
  assertEquals(problems(SPREAD(), kafka.value), "");
  const refused = [
    ["{", ""],
    ["3", "must be an object"],
    ['{"version":2}', "version: must be 1, got 2"],
    ['{"version":1}', "partitions: must be an array, got nothing"],
    ['{"version":1,"partitions":[{"topic":1}]}', "partitions[0].topic: must be a string, got 1"],
    [
      '{"version":1,"partitions":[{"topic":"T","partition":"x"}]}',
      "partitions[0].partition: must be an integer",
    ],
    [
      '{"version":1,"partitions":[{"topic":"T","partition":0,"replicas":["a"]}]}',
      `partitions[0].replicas[0]: must be a broker id, got "a"`,
    ],
    [
      '{"version":1,"proposals":[{"topic":"T","partition":0,"newReplicas":[1]}]}',
      "proposals[0].oldReplicas: must be an array of broker ids",
    ],
  ] as const;
  for (const [text, message] of refused) {
    const read = parsePlan(text);
    assert(!read.ok, text);
    assertStringIncludes(read.failure.message, message);
  }
});

Deno.test("verifyPlan() measures bytes in of leaders by what leaders received before the plan", () => {
  // Followers receive a tenth. With T-0 led by broker 1 all leaders receive 110 KB/s, and 100 would be far too much.
  const input = handInput(
    [0, 1].map((id) => ({ id, rack: `r${id}` })),
    [0, 1].map((id) => ({
      topic: "T",
      id,
      replicas: [0, 1],
      load: [1, 100, 1, 10] as const,
      follower: [1, 10, 0, 10] as const,
    })),
  );
  const plan = planOf([["T", 0, [1, 0]]], {
    goals: [{ name: "LeaderBytesInDistributionGoal", violatedAfter: false }],
  });
  assertEquals(problems(input, plan, { goals: ["LeaderBytesInDistributionGoal"] }), "");
});

Deno.test("verifyPlan() follows the plan's order and names the step after which something is worse", () => {
  // Situation: brokers 0 and 1 are nearly full, 2 is empty; limits are at 240,000 MB of disk.
  const full = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}` })),
    [0, 1].map((id) => ({ topic: "T", id, replicas: [id], load: [1, 1, 1, 200_000] as const })),
  );
  const goals = ["DiskCapacityGoal"];
  const claims = { goals: [{ name: "DiskCapacityGoal", violatedAfter: false }] };
  const away: Change = ["T", 1, [2], [1]];
  const after: Change = ["T", 0, [1], [0]];
  assertEquals(problems(full, planOf([away, after], claims), { goals }), "");
  assertEquals(
    problems(full, planOf([after, away], claims), { goals }),
    "the plan's order is not good: the limit of DiskCapacityGoal on broker 1 is passed farther than " +
      "before: it is worse after step 1, T-0",
  );
  // A swap has no good order: it must be one step.
  const swap = planOf([after, ["T", 1, [0], [1]]], claims);
  assertStringIncludes(problems(full, swap, { goals }), "order is not good");
  const joined = swap.partitions.map((partition) => ({ ...partition, group: 1 }));
  assertEquals(problems(full, { ...swap, partitions: joined }, { goals }), "");
  // Another tool's plan promises no order.
  assertEquals(problems(full, planOf([after, away]), { goals }), "");
});

Deno.test("verifyPlan() follows the network of brokers with hosts of their own as it does disks", () => {
  // Situation: the same with bytes in, whose limits are those of hosts.
  const full = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}` })),
    [0, 1].map((id) => ({ topic: "T", id, replicas: [id], load: [1, 200_000, 1, 1] as const })),
  );
  const goals = ["NetworkInboundCapacityGoal"];
  const claims = { goals: [{ name: goals[0], violatedAfter: false }] };
  const away: Change = ["T", 1, [2], [1]];
  const after: Change = ["T", 0, [1], [0]];
  assertEquals(problems(full, planOf([away, after], claims), { goals }), "");
  assertEquals(
    problems(full, planOf([after, away], claims), { goals }),
    "the plan's order is not good: the limit of NetworkInboundCapacityGoal on broker 1 is passed " +
      "farther than before: it is worse after step 1, T-0",
  );
});

Deno.test("verifyPlan() holds soft goals to their start, and all of them together to the best so far", () => {
  const input = handInput(
    [0, 1, 2, 3].map((id) => ({ id, rack: `r${id}` })),
    [0, 0, 0, 0, 1, 2].map((broker, id) => ({
      topic: "T",
      id,
      replicas: [broker],
      load: [1, 100, 100, 1000] as const,
    })),
  );
  const goals = ["ReplicaDistributionGoal"];
  const claims = { goals: [{ name: goals[0], violatedAfter: false }] };
  const toEmpty: Change = ["T", 0, [3], [0]];
  const astray: Change = ["T", 4, [0], [1]];
  const back: Change = ["T", 1, [1], [0]];
  const alsoBack: Change = ["T", 2, [1], [0]];
  const of = (changes: readonly Change[]) => problems(input, planOf(changes, claims), { goals });
  const good = planOf([toEmpty, back, alsoBack, astray], claims);
  const partitions = good.partitions.map((one, i) => i < 2 ? one : { ...one, group: 7 });
  assertEquals(problems(input, { ...good, partitions }, { goals }), "");
  assertStringIncludes(
    of([astray, toEmpty, back, alsoBack]),
    "farther from being met than at first",
  );
  assertStringIncludes(of([toEmpty, astray, back, alsoBack]), "all goals together are worse");
});

Deno.test("verifyPlan() names what moves between brokers where nothing may", () => {
  const check = (to: number[]) =>
    verifyPlan(SPREAD(), planOf([["T", 0, to, [0, 1]]]), {
      goals: ["PreferredLeaderElectionGoal"],
      constraint: constraintWith(),
      withinBrokers: true,
    }).problems;
  assertEquals(check([1, 0]), []);
  assertEquals(check([1, 2]), ["T-0 would move between brokers, which was not asked for"]);
});

Deno.test("verifyPlan() names what goes to brokers that the request leaves out", () => {
  const plan = planOf([["T", 0, [2, 1], [0, 1]], ["T", 1, [1, 0], [0, 1]]]);
  const check = (rules: object) =>
    verifyPlan(SPREAD(), plan, {
      goals: ["ReplicaCapacityGoal"],
      constraint: constraintWith(),
      ...rules,
    }).problems;
  const received = "T-0 would go to broker 2, which may receive nothing";
  const led = (name: string, id: number) =>
    `${name} would be led by broker ${id}, which is excluded from it`;
  assertEquals(check({}), []);
  assertEquals(check({ excludedForReplicaMove: [2] }), [received]);
  assertEquals(check({ destinationBrokerIds: [3] }), [received]);
  assertEquals(check({ excludedForLeadership: [1, 2] }), [led("T-0", 2), led("T-1", 1)]);
  // Where destinations are asked for, exclusions are not, but for leadership without a replica.
  assertEquals(check({ destinationBrokerIds: [2], excludedForReplicaMove: [2] }), []);
  assertEquals(check({ destinationBrokerIds: [2], excludedForLeadership: [1, 2] }), [
    led("T-1", 1),
  ]);
});

Deno.test("verifyPlan() names what is outside with three digits behind the point", () => {
  const input = handInput(
    [0, 1].map((id) => ({ id, rack: `r${id}` })),
    [1 / 3, 1 / 7, 1 / 9].map((disk, id) => ({
      topic: "T",
      id,
      replicas: [0],
      load: [1, 1, 1, 1000 + disk] as const,
    })),
  );
  const plan = parsePlan(JSON.stringify({ version: 1, partitions: [] }));
  assert(plan.ok);
  const goals = ["DiskUsageDistributionGoal"];
  const found = verifyPlan(input, plan.value, { goals, constraint: constraintWith() });
  assertEquals(
    found.goals[0]!.example,
    "broker 0 has 3000.587, allowed 1365.267 to 1635.32",
  );
});
