/** Brokers that settling leaves out because no move from or to them helps. */
import { assert, assertEquals } from "@std/assert";
import { brokersOut, type PreparedGoal } from "../../../goals/goal.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import { BASE_CLUSTER, generateCluster } from "../../../model/generate_cluster.ts";
import { prepare } from "../../../planner/prepare.ts";
import { createEnds, fillEnds } from "../../../planner/search/parts/settle_ends.ts";
import type { Search } from "../../../planner/search/state.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith } from "../clusters.ts";

const ROUNDED = 1e-9;

/** Twelve brokers of three sizes, of which one is dead, that are full of few topics to a different degree. */
function search(seed: number): Search {
  const drawn = generateCluster({
    ...BASE_CLUSTER,
    brokers: 12,
    racks: 4,
    topics: 8,
    replicas: 900,
    distribution: "linear",
    capacities: "mixed",
    seed,
  });
  assert(drawn.ok);
  const brokers = drawn.value.brokers.map((broker) =>
    broker.id === 3 ? { ...broker, state: "dead" as const } : broker
  );
  const replicaOffline = Uint8Array.from(drawn.value.replicaBroker, (b) => b === 3 ? 1 : 0);
  const input = { ...drawn.value, brokers, replicaOffline };
  const prepared = prepare(input, plannerSettings(GOAL_NAMES, constraintWith()));
  assert(prepared.ok);
  return prepared.value.searchOf(0);
}

/** Whether a move helps the goal, and worsens none of the others. */
function isUseful(
  goal: PreparedGoal,
  others: readonly PreparedGoal[],
  [replica, to]: readonly [number, number],
): boolean {
  return goal.moveDelta(replica, to) < -ROUNDED &&
    others.every((other) => other.moveDelta(replica, to) <= ROUNDED);
}

Deno.test("fillEnds() leaves out no broker from or to which a move would help", () => {
  let kept = 0;
  let leftOut = 0;
  for (const seed of [1, 2, 3]) {
    const state = search(seed);
    const { model, goals, context } = state;
    const ends = createEnds(model.brokerCount);
    for (const goal of goals) {
      if (goal.axisLimits === undefined) continue;
      for (const broker of brokersOut(goal, context)) {
        const protectedGoals = goals.filter((other) => other !== goal);
        fillEnds(state, { goal, protectedGoals }, { broker, ends });
        for (let r = 0; r < model.replicaCount; r++) {
          const from = model.broker[r]!;
          const moves = from === broker ? ends.takers : Uint8Array.of();
          for (let to = 0; to < moves.length; to++) {
            if (to === broker || to === 3) continue;
            if (moves[to] === 1) kept++;
            else {
              leftOut++;
              assertEquals(isUseful(goal, protectedGoals, [r, to]), false);
            }
          }
          if (from === broker || ends.givers[from] === 1) continue;
          assertEquals(isUseful(goal, protectedGoals, [r, broker]), false);
        }
      }
    }
  }
  assert(kept > 1000 && leftOut > 1000);
});
