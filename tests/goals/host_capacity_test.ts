/** Brokers that share a host share its network. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { parsePlan, planText } from "../../model/plan_file.ts";
import { createPrng } from "../../lib/prng.ts";
import { makePlan } from "../../planner/plan.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { verifyPlan } from "../../planner/verify/verify.ts";
import { constraintWith, handInput } from "../planner/clusters.ts";

const GOALS = ["NetworkInboundCapacityGoal", "NetworkOutboundCapacityGoal"];
/** 80 % of it may be used. */
const CAPACITY = [100, 1000, 1000, 1e6] as const;

/** Brokers on these hosts; a partition is [broker, KB/s in and out]. */
function cluster(
  hosts: readonly string[],
  partitions: readonly (readonly [broker: number, rate: number])[],
): ClusterInput {
  const input = handInput(
    hosts.map((_, id) => ({ id, rack: `r${id}`, capacity: CAPACITY })),
    partitions.map(([broker, rate], id) => ({
      topic: "t",
      id,
      replicas: [broker],
      load: [0.1, rate, rate, 1] as const,
    })),
  );
  return { ...input, brokers: input.brokers.map((one, b) => ({ ...one, host: hosts[b]! })) };
}

function planned(input: ClusterInput, over: "mean" | "each" = "mean") {
  const settings = plannerSettings(GOALS, constraintWith(), {
    over,
    unmetHardGoals: "report",
    stepsMax: 200_000,
  });
  const made = makePlan(input, settings);
  assert(made.ok, made.ok ? "" : made.failure.message);
  const read = parsePlan([...planText(made.value, { wallMs: 0, cpuMs: 0 })].join(""));
  assert(read.ok);
  const constraint = constraintWith();
  const checked = verifyPlan(input, read.value, { goals: GOALS, constraint, over });
  return { plan: made.value, checked };
}

const FULL_BESIDE_EMPTY = [[0, 450], [0, 450], [1, 100]] as const;

Deno.test("a broker above its own network limit is fine while its host is within the host's", () => {
  const { plan, checked } = planned(cluster(["a", "a", "b"], FULL_BESIDE_EMPTY));
  assertEquals([plan.proposals.length, checked.problems], [0, []]);
  assertEquals(plan.summary.goals.map((goal) => goal.violatedBefore), [false, false]);
  assertEquals(checked.goals.map((goal) => goal.brokersOutBefore), [[], []]);
});

Deno.test("the same brokers on hosts of their own are relieved", () => {
  const { plan, checked } = planned(cluster(["a", "c", "b"], FULL_BESIDE_EMPTY));
  assertEquals([plan.proposals.length, checked.problems], [1, []]);
  assertEquals(checked.goals.map((goal) => goal.brokersOutBefore), [[0], [0]]);
});

Deno.test("a host above its limit is relieved by moves to other hosts, although none of them helps within", () => {
  // 1,700 KB/s on host a, which may take 1,600; host b may take 800 and has 500.
  const rates = [[0, 400], [0, 400], [0, 100], [1, 400], [1, 400], [2, 500]] as const;
  const { plan, checked } = planned(cluster(["a", "a", "b"], rates));
  assertEquals(checked.goals.map((goal) => goal.brokersOutBefore), [[0, 1], [0, 1]]);
  assertEquals(checked.problems, []);
  assertEquals(
    plan.proposals.map((one) => [one.partition, one.newReplicas[0]!.brokerId]),
    [[2, 2]],
  );
});

Deno.test("a host that nothing can relieve is named", () => {
  const { plan } = planned(cluster(["a", "a", "b"], [[0, 900], [1, 900], [2, 700]]));
  assert(plan.summary.unmet!.length > 0);
  assertStringIncludes(JSON.stringify(plan.summary.unmet), "host a");
});

Deno.test("plans and verify agree on any cluster whose brokers share hosts", () => {
  const hosts = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 3, maxLength: 6 });
  const loads = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 400 })), {
    minLength: 1,
    maxLength: 14,
  });
  fc.assert(
    fc.property(hosts, loads, (names, drawn) => {
      const input = cluster(names, drawn.map(([b, rate]) => [b % names.length, rate] as const));
      const { plan, checked } = planned(input);
      for (const [i, goal] of plan.summary.goals.entries()) {
        assertEquals(goal.violatedAfter, checked.goals[i]!.brokersOutAfter.length > 0, goal.name);
        assertEquals(goal.violatedBefore, checked.goals[i]!.brokersOutBefore.length > 0);
        // What held is kept.
        assert(goal.violatedBefore || !goal.violatedAfter);
      }
    }),
    { seed: 3, numRuns: 60 },
  );
});

/** Two windows, in which a partition has so many times its average; in the second one the rest of twice that. */
function overTwo(input: ClusterInput, first: (partition: number) => number): ClusterInput {
  const loads = Float64Array.from({ length: 2 * input.leaderLoad.length }, (_, i) => {
    const p = Math.floor(i / 8);
    const load = input.leaderLoad[p * 4 + i % 4]!;
    return i % 8 < 4 ? load * first(p) : load * (2 - first(p));
  });
  return { ...input, windows: { count: 2, loads } };
}

Deno.test("in each window a host has its limit, whichever of its brokers is busy then", () => {
  const rates = [[0, 600], [1, 600], [2, 100]] as const;
  // Broker 0 has 1,140 KB/s in the first window, 1 in the second: more than 800 of one, less than 1,600 of both.
  const apart = planned(overTwo(cluster(["a", "a", "b"], rates), (p) => [1.9, 0.1, 1][p]!), "each");
  assertEquals([apart.plan.proposals.length, apart.checked.problems], [0, []]);
  assertEquals(apart.plan.summary.goals.map((goal) => goal.brokersOutBefore), [0, 0]);
  // Both of them in the first one: 1,800 KB/s.
  const both = cluster(["a", "a", "b"], [[0, 500], [1, 500], [2, 100], [0, 200]]);
  const together = planned(overTwo(both, (p) => p === 2 ? 1 : 1.5), "each");
  assertEquals(together.checked.problems, []);
  assertEquals(together.plan.summary.goals.map((goal) => goal.brokersOutBefore), [2, 2]);
  assertEquals(
    together.plan.proposals.map((one) => [one.partition, one.newReplicas[0]!.brokerId]),
    [[3, 2]],
  );
});

Deno.test("plans and verify agree on hosts in each window", () => {
  for (let seed = 1; seed <= 9; seed++) {
    const prng = createPrng(seed);
    const factors = Array.from({ length: 40 }, () => 0.4 + 1.2 * prng.next());
    // Averages of some lie above all of their windows.
    const measured = overTwo(drawn(seed), (p) => factors[p]!);
    const part = seed % 3 === 0 ? 0.6 : 1;
    const loads = measured.windows!.loads.map((load) => load * part);
    const { checked } = planned({ ...measured, windows: { count: 2, loads } }, "each");
    const left = checked.problems.filter((text) => !text.startsWith("hard goal"));
    assertEquals(left, [], `seed ${seed}`);
  }
});

/** Partitions of two replicas on six brokers of four hosts, heavier the nearer the first broker is. */
function drawn(seed: number): ClusterInput {
  const prng = createPrng(seed);
  const hosts = ["a", "a", "b", "b", "c", "d"];
  const input = handInput(
    hosts.map((_, id) => ({
      id,
      rack: id < 2 ? "a" : id < 4 ? "b" : `r${id}`,
      capacity: CAPACITY,
      state: id === 5 && seed % 2 === 0 ? "dead" as const : "alive" as const,
    })),
    Array.from({ length: 40 }, (_, id) => {
      const first = Math.floor(6 * prng.next() ** 1.5);
      const second = (first + 1 + prng.below(5)) % 6;
      const rate = 10 + prng.below(70);
      return {
        topic: `t${id % 3}`,
        id,
        replicas: [first, second],
        load: [0.1, rate, prng.below(100), 1 + prng.below(100)] as const,
      };
    }),
  );
  return { ...input, brokers: input.brokers.map((one, b) => ({ ...one, host: hosts[b]! })) };
}

/** KB/s in and out by host, where partitions are as given: leader first. */
function ratesByHost(
  input: ClusterInput,
  places: ReadonlyMap<string, { readonly p: number; readonly ids: readonly number[] }>,
): Map<string, number> {
  const rates = new Map<string, number>();
  const add = (key: string, rate: number) => rates.set(key, (rates.get(key) ?? 0) + rate);
  for (const { p, ids } of places.values()) {
    for (const [i, id] of ids.entries()) {
      const { host, state } = input.brokers[id]!;
      if (state === "dead") continue;
      add(`${host} in`, input.leaderLoad[p * 4 + 1]!);
      add(`${host} out`, i === 0 ? input.leaderLoad[p * 4 + 2]! : 0);
    }
  }
  return rates;
}

Deno.test("no step of a plan pushes a host over its network limit, nor farther, whatever cannot be met", () => {
  let steps = 0;
  for (let seed = 1; seed <= 24; seed++) {
    const input = drawn(seed);
    const goals = ["RackAwareGoal", ...GOALS, "DiskUsageDistributionGoal"];
    const made = makePlan(
      input,
      plannerSettings(goals, constraintWith(), { unmetHardGoals: "report", seed }),
    );
    assert(made.ok);
    const places = new Map<string, { p: number; ids: readonly number[] }>();
    for (const [t, topic] of input.topicNames.entries()) {
      for (let p = input.partitionStart[t]!; p < input.partitionStart[t + 1]!; p++) {
        const ids = input.replicaBroker.subarray(
          input.replicaStart[p]!,
          input.replicaStart[p + 1]!,
        );
        places.set(`${topic}-${input.partitionNumber[p]}`, { p, ids: [...ids] });
      }
    }
    const { proposals } = made.value;
    let before = ratesByHost(input, places);
    for (const [i, { topic, partition, newReplicas, group }] of proposals.entries()) {
      const name = `${topic}-${partition}`;
      places.set(name, { p: places.get(name)!.p, ids: newReplicas.map((next) => next.brokerId) });
      if (group !== undefined && proposals[i + 1]?.group === group) continue;
      steps++;
      const now = ratesByHost(input, places);
      for (const [key, rate] of now) {
        const limit = 800 * (key < "c" ? 2 : 1);
        const most = Math.max(limit, before.get(key) ?? 0);
        assert(rate <= most + 1e-6, `seed ${seed}, proposal ${i}: ${key} ${rate} > ${most}`);
      }
      before = now;
    }
  }
  assert(steps > 100, `only ${steps} steps`);
});
