/** What no plan can meet is named before the search, with what would help. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { INTRA_BROKER_GOALS } from "../../goals/intra_broker_disk.ts";
import { BASE_CLUSTER, generateCluster } from "../../model/generate_cluster.ts";
import { outcomeSteps } from "../../planner/plan.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { constraintWith, handInput } from "./clusters.ts";

Deno.test("outcomeSteps() names soft goals that no plan can meet before it moves anything", () => {
  // Situation: one rack has four brokers, two have one each, and each must hold a replica of every partition.
  const input = handInput(
    [0, 1, 2, 3, 4, 5].map((id) => ({ id, rack: id < 4 ? "large" : `small${id}` })),
    Array.from({ length: 24 }, (_, id) => ({
      topic: "T",
      id,
      replicas: [id % 4, 4, 5],
      load: [1, 9000, 1000, 9000] as const,
    })),
  );
  const steps = outcomeSteps(input, plannerSettings(GOAL_NAMES, constraintWith()));
  const notices: string[] = [];
  let searched = false;
  for (let next = steps.next(); next.done !== true; next = steps.next()) {
    searched ||= next.value.steps > 0 || next.value.goal !== undefined;
    assert(!searched || next.value.notices === undefined);
    notices.push(...next.value.notices ?? []);
  }
  const disk = notices.filter((notice) => notice.includes("DiskUsageDistributionGoal"));
  assertEquals(disk.length, 1, notices.join("\n"));
  assertStringIncludes(disk[0]!, "No plan can meet DiskUsageDistributionGoal: the largest rack");
  assertStringIncludes(disk[0]!, "Give racks capacity that is more alike");
});

Deno.test("outcomeSteps() names goals in their order when asked, and plans the same when nobody asks", () => {
  const made = generateCluster({
    ...BASE_CLUSTER,
    brokers: 12,
    racks: 4,
    topics: 40,
    replicas: 6000,
    distribution: "exponential",
    seed: 3,
  });
  assert(made.ok);
  const input = made.value;
  const plan = (asks: boolean) => {
    const steps = outcomeSteps(
      input,
      plannerSettings(GOAL_NAMES, constraintWith(), {
        seed: 5,
        unmetHardGoals: "report",
      }),
    );
    const named: string[] = [];
    for (;;) {
      const next = steps.next();
      if (next.done === true) {
        assert(next.value.ok);
        return { named, summary: next.value.value.summary };
      }
      const goal = asks ? next.value.goal : undefined;
      if (goal !== undefined && goal !== named.at(-1)) named.push(goal);
    }
  };
  const asked = plan(true);
  const places = asked.named.map((goal) => GOAL_NAMES.indexOf(goal));
  // A second search from home begins with the first goal again.
  const again = places.indexOf(places[0]!, 1);
  const first = places.slice(0, again < 0 ? places.length : again);
  assert(first.length > 1, asked.named.join());
  assertEquals(first, first.toSorted((a, b) => a - b));
  assertEquals(plan(false).summary, asked.summary);
});

Deno.test("outcomeSteps() says when a plan for log dirs has none to choose between", () => {
  const told = (dirs: number) => {
    const input = handInput([0, 1].map((id) => ({ id, rack: `r${id}` })), [
      { topic: "T", id: 0, replicas: [0, 1], load: [1, 1, 1, 1] },
    ]);
    const logDirs = Array.from(
      { length: dirs },
      (_, i) => ({ path: `/d${i}`, capacityMb: 1000, alive: true, demoted: false }),
    );
    const brokers = input.brokers.map((broker) => ({ ...broker, logDirs }));
    const replicaLogDir = input.replicaLogDir.map(() => dirs > 0 ? 0 : -1);
    const settings = plannerSettings([...INTRA_BROKER_GOALS], constraintWith(), {
      operation: "rebalance_disk",
    });
    return [...outcomeSteps({ ...input, brokers, replicaLogDir }, settings)]
      .flatMap(({ notices }) => notices ?? []);
  };
  assertEquals(told(2), []);
  assertEquals(told(1), ["No broker has more than one log dir: nothing can move between them."]);
  assertEquals(told(0), [
    "The log dirs of the brokers are not known: nothing can move between them.",
  ]);
});

Deno.test("outcomeSteps() names what demoted brokers go on leading, since no other replica may lead it", () => {
  const input = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}` })),
    [[0, 1], [0, 2], [1], [2, 0]].map((replicas, id) => ({
      topic: "T",
      id,
      replicas,
      load: [1, 1, 1, 1] as const,
    })),
  );
  const told = (brokerIds: readonly number[]) => {
    const options = { operation: "demote_broker", brokerIds } as const;
    const settings = plannerSettings(["PreferredLeaderElectionGoal"], constraintWith(), options);
    return [...outcomeSteps(input, settings)].flatMap(({ notices }) => notices ?? []);
  };
  assertEquals(told([0]), []);
  assertEquals(told([1]), [
    "Broker 1 goes on leading 1 partition, of which no other replica may lead, or which stay as they are: T-2.",
  ]);
  assertEquals(told([0, 1]), [
    "Brokers 0, 1 go on leading 2 partitions, of which no other replica may lead, or which stay as they are: T-0, T-2.",
  ]);
});
