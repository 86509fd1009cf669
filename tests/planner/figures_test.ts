/** Figures of moves: anybody can add them up from the snapshot and the plan's order. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import type { Metric, Proposal } from "../../model/proposal.ts";
import { planText } from "../../model/plan_file.ts";
import { makePlan } from "../../planner/plan.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { addPlaced, type BrokerTally, placedAsIs, tallyOf } from "../../planner/verify/tally.ts";
import { arbitraryCluster, constraintWith, handInput } from "./clusters.ts";

const OF: Readonly<Partial<Record<Metric, (broker: BrokerTally) => number>>> = {
  disk: (broker) => broker.disk,
  nwIn: (broker) => broker.nwIn,
  cpu: (broker) => broker.cpu,
  replicas: (broker) => broker.replicas,
  potentialNwOut: (broker) => broker.potentialNwOut,
  nwOut: (broker) => broker.nwOut,
  leaders: (broker) => broker.leaders,
  leaderNwIn: (broker) => broker.leaderNwIn,
};

/** Figures are rounded to whole numbers from 1000 on, and to three digits below. */
function assertNear(actual: number, expected: number, what: string): void {
  assert(Math.abs(actual - expected) <= (expected >= 999 ? 0.51 : 0.00051), what);
}

/** Carries proposals out one by one and compares; returns how many figures of which metrics there were. */
function replay(input: ClusterInput, proposals: readonly Proposal[], seen: Map<Metric, number>) {
  const placed = placedAsIs(input);
  const { brokers } = tallyOf(input, placed);
  const byId = new Map(brokers.map((broker) => [broker.id, broker]));
  const amount = (metric: Metric, id: number, topic: string) =>
    metric === "topicReplicas"
      ? byId.get(id)!.topicReplicas[input.topicNames.indexOf(topic)]!
      : OF[metric]!(byId.get(id)!);
  for (const proposal of proposals) {
    const was = placed.find((one) =>
      one.topic === proposal.topic && one.partition === proposal.partition
    )!;
    const ids = proposal.newReplicas.map((replica) => byId.get(replica.brokerId)!.index);
    const leaving = was.replicas.filter((replica) => !ids.includes(replica.broker));
    const replicas = ids.map((broker) =>
      was.replicas.find((replica) => replica.broker === broker) ?? { ...leaving.shift()!, broker }
    );
    const compare = (when: 0 | 1) => {
      for (const { metric, figures, from, to } of proposal.reasons) {
        if (figures === undefined || metric === undefined || metric === "rackReplicas") continue;
        seen.set(metric, (seen.get(metric) ?? 0) + 1);
        const where = `${proposal.topic}-${proposal.partition} ${metric}`;
        assertNear(figures[when], amount(metric, from, proposal.topic), where);
        assertNear(figures[when === 0 ? 2 : 3], amount(metric, to, proposal.topic), where);
      }
    };
    compare(0);
    addPlaced(brokers, was, -1);
    addPlaced(brokers, { ...was, replicas, leader: ids[0]! }, 1);
    compare(1);
  }
}

Deno.test("makePlan() gives each move figures of both brokers that follow from all proposals before it", () => {
  const seen = new Map<Metric, number>();
  fc.assert(
    fc.property(arbitraryCluster(), (input) => {
      const made = makePlan(
        input,
        plannerSettings(GOAL_NAMES, constraintWith(), {
          stepsMax: 100_000,
          unmetHardGoals: "report",
        }),
      );
      assert(made.ok);
      const { proposals, summary, brokers } = made.value;
      for (const { reasons } of proposals) {
        assert(
          reasons.every((reason) => reason.figures !== undefined || reason.from === reason.to),
        );
      }
      replay(input, proposals, seen);
      for (const { limits, after } of brokers) {
        const [least, most] = limits!["DiskUsageDistributionGoal"] ?? [0, null];
        const isIn = after.disk >= least - 1 && after.disk <= (most ?? Infinity) + 1;
        const goal = summary.goals.find(({ name }) => name === "DiskUsageDistributionGoal")!;
        if (!goal.violatedAfter) assert(isIn, `${after.disk} of ${least} to ${most}`);
      }
    }),
    { seed: 20266, numRuns: 15 },
  );
  assert(seen.size >= 4 && [...seen.values()].every((count) => count > 0), String([...seen]));
});

Deno.test("makePlan() gives figures of racks and topics where goals are about those", () => {
  const input = fc.sample(arbitraryCluster(), { seed: 7, numRuns: 40 });
  const metrics = new Set<Metric>();
  for (const one of input) {
    for (const goal of ["RackAwareGoal", "TopicReplicaDistributionGoal"]) {
      const made = makePlan(
        one,
        plannerSettings([goal], constraintWith(), { unmetHardGoals: "report" }),
      );
      assert(made.ok);
      for (const reason of made.value.proposals.flatMap(({ reasons }) => reasons)) {
        if (reason.why.includes("another replica is on rack")) {
          assertEquals(reason.metric, "rackReplicas");
          const [before, after] = reason.figures!;
          assert(before >= 2 && after < before, reason.why);
          metrics.add("rackReplicas");
        } else if (reason.metric === "topicReplicas") {
          assert(reason.figures![3] >= reason.figures![2]);
          metrics.add("topicReplicas");
        }
      }
    }
  }
  assertEquals([...metrics].sort(), ["rackReplicas", "topicReplicas"]);
});

// Situation: broker 0 holds 0.3 MB more than the 80 % of its 75,000 MB that it may.
Deno.test("makePlan() says by how much where an amount and its limit read alike, in objects and in the file", () => {
  const capacity = [100, 300_000, 200_000, 75_000] as const;
  const input = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}`, capacity })),
    [30_000, 30_000.3].map((mb, id) => ({
      topic: "T",
      id,
      replicas: [0],
      load: [1, 10, 10, mb] as const,
    })),
  );
  const made = makePlan(input, plannerSettings(["DiskCapacityGoal"], constraintWith()));
  assert(made.ok);
  const why = "disk 60000 MB is above 60000 MB by 0.301 MB";
  assertEquals(made.value.proposals.map(({ reasons }) => reasons.map((one) => one.why)), [[why]]);
  assert([...planText(made.value, { wallMs: 0, cpuMs: 0 })].join("").includes(`"${why}"`));
});
