import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { goalContext } from "../../goals/context.ts";
import { clusterStatistics } from "../../goals/statistics.ts";
import { topicFigures, topicFigureSteps } from "../../goals/topic_figures.ts";
import { moveReplica } from "../../model/model_actions.ts";
import type { StatisticsRow } from "../../model/plan.ts";
import { CLUSTERS, constraintWith, handInput, modelOf } from "../planner/clusters.ts";

/** avg, max, min, std as the reference reports them (analyzer specification 7.3). */
type Oracle = Record<keyof StatisticsRow, readonly [number, number, number, number]>;

const ORACLES: Readonly<Record<"small" | "medium", Oracle>> = {
  small: {
    cpu: [39, 69.5, 19.5, 21.844],
    networkInbound: [176.667, 260, 130, 59.067],
    networkOutbound: [137, 295, 0, 121.345],
    disk: [190, 280, 135, 64.161],
    potentialNwOut: [274, 405, 181, 95.314],
    replicas: [3.3333, 4, 3, 0.4714],
    leaderReplicas: [1.6667, 3, 0, 1.2472],
    topicReplicas: [1.6667, 2, 1, 0.2357],
  },
  medium: {
    cpu: [15.667, 20, 12, 3.3],
    networkInbound: [18.667, 27, 10, 6.944],
    networkOutbound: [20, 30, 10, 8.165],
    disk: [23.333, 27, 18, 3.859],
    potentialNwOut: [40, 50, 30, 8.165],
    replicas: [4, 5, 3, 0.8165],
    leaderReplicas: [2, 3, 1, 0.8165],
    topicReplicas: [1, 3, 0, 0.5577],
  },
};

for (const name of ["small", "medium"] as const) {
  Deno.test(`clusterStatistics() agrees with the reference on the ${name} cluster`, () => {
    const model = modelOf(CLUSTERS[name]());
    const context = goalContext(model, constraintWith(), { triggeredByGoalViolation: false });
    const statistics = clusterStatistics(model, context);
    assertEquals(statistics.brokers, 3);
    for (const [key, expected] of Object.entries(ORACLES[name])) {
      const of = (row: StatisticsRow) => row[key as keyof StatisticsRow];
      const actual = [statistics.avg, statistics.max, statistics.min, statistics.std].map(of);
      for (let i = 0; i < 4; i++) assertAlmostEquals(actual[i]!, expected[i]!, 6e-4, `${key} ${i}`);
    }
  });
}

Deno.test("topicFigureSteps() counts in steps what topicFigures() counts at once", () => {
  const input = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}` })),
    Array.from({ length: 6000 }, (_, t) => ({
      topic: `T${t}`,
      id: 0,
      replicas: t % 2 === 0 ? [0, 1] : [2],
      load: [1, 1, 1, 1] as const,
    })),
  );
  const contexts = [1, 2].map(() =>
    goalContext(modelOf(input), constraintWith(), { triggeredByGoalViolation: false })
  );
  const steps = [...topicFigureSteps(contexts[0]!)].length;
  assert(steps >= 3, `${steps} steps`);
  assertEquals(topicFigures(contexts[0]!), topicFigures(contexts[1]!));
  // What is known is not counted again, and moves since are taken in.
  assertEquals([...topicFigureSteps(contexts[0]!)], []);
  for (const { model } of contexts) moveReplica(model, 0, 2);
  assertEquals([...topicFigureSteps(contexts[0]!)], []);
  assertEquals(topicFigures(contexts[0]!), topicFigures(contexts[1]!));
  assertEquals([...topicFigures(contexts[0]!).slice(0, 2)], [1, 0]);
});
