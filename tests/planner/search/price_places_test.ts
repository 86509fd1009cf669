/** Replicas and leaders at the prices of their brokers. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { type Strain, strainedCluster } from "../../../bench/strained_cluster.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import { drain } from "../../../lib/steps.ts";
import { checkInvariants } from "../../../model/model_check.ts";
import { prepare } from "../../../planner/prepare.ts";
import { pricePlaces } from "../../../planner/search/parts/price_places.ts";
import { changesOf } from "../../../planner/proposals/changes.ts";
import { type PlannerSettings, plannerSettings } from "../../../planner/settings.ts";
import { violationOf } from "../../../planner/search/violation.ts";
import { constraintWith } from "../clusters.ts";

function searchOf(strain: Strain, options: Partial<PlannerSettings> = {}) {
  const { input } = strainedCluster(strain, { replicas: 7000, seed: 2 });
  const constraint = constraintWith({ "max.replicas.per.broker": "20000" });
  const prepared = prepare(input, plannerSettings(GOAL_NAMES, constraint, options));
  assert(prepared.ok);
  return prepared.value.searchOf(0);
}

Deno.test("pricePlaces() brings brokers of three sizes near to the limits of all goals at once", () => {
  const search = searchOf("mixed capacities");
  const { model, context } = search;
  const outside = () => context.alive.reduce((sum, b) => sum + violationOf(search, b), 0);
  const before = outside();
  drain(pricePlaces(search));
  assertLess(outside(), before / 1000);
  assertEquals(checkInvariants(model), []);
  // Replicas of a partition stay on racks of their own.
  for (let p = 0; p < model.partitionCount; p++) {
    const replicas = [...model.broker.subarray(model.replicaStart[p]!, model.replicaStart[p + 1]!)];
    assertEquals(new Set(replicas.map((b) => model.rack[b])).size, replicas.length);
  }
  const { totals } = changesOf(model);
  assert(totals.mbToMove > 0 && totals.leadershipMoves > 0);
});

Deno.test("pricePlaces() comes to the same each time, and to something else with other draws", () => {
  const placesWith = (seed: number) => {
    const search = searchOf("mixed capacities", { seed });
    drain(pricePlaces(search));
    return search.model.broker;
  };
  const one = placesWith(1);
  assertEquals(placesWith(1), one);
  assert(placesWith(2).some((b, r) => b !== one[r]));
});

Deno.test("pricePlaces() moves nothing that has to stay, and nothing where little is left to do", () => {
  const pinned = searchOf("mixed capacities", { excludedTopics: "T1|T2|T3" });
  drain(pricePlaces(pinned));
  const { model } = pinned;
  const moved = model.partition.filter((_, r) => model.broker[r] !== model.home[r]);
  assert(moved.length > 0);
  assert(moved.every((p) => model.pinned[p] === 0));
  drain(pricePlaces(pinned));
  const before = model.broker.slice();
  drain(pricePlaces(pinned));
  assertEquals(model.broker, before);
});
