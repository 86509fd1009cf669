/** Reasons of what moves though nothing is outside its limits yet: what is aimed at lies a little within them. */
import { assert, assertGreater } from "@std/assert";
import { syntheticCluster } from "../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { makePlan } from "../../planner/plan.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { constraintWith } from "./clusters.ts";

Deno.test("a reason within limits names the goal of the nearer one and what it wants", () => {
  const input = syntheticCluster({
    brokers: 20,
    replicas: 24_000,
    topics: 600,
    racks: 5,
    distribution: "exponential",
    seed: 3,
  });
  const made = makePlan(input, plannerSettings(GOAL_NAMES, constraintWith()));
  assert(made.ok);
  let within = 0;
  for (const { reasons } of made.value.proposals) {
    for (const { goal, why, metric } of reasons) {
      if (!why.includes(" wanted") || metric === "topicReplicas") continue;
      within++;
      // Capacity is far away from all that is balanced: it asks for none of these.
      assert(!goal.includes("Capacity"), `${goal}: ${why}`);
      const found = /(\d[\d.]*)[^,]*, at (most|least) (\d[\d.]*)/.exec(why);
      assert(found !== null, why);
      const [amount, limit] = [Number(found[1]), Number(found[3])];
      assert(found[2] === "most" ? amount <= limit : amount >= limit, why);
      assert(Math.abs(amount - limit) < 0.05 * limit, why);
    }
  }
  assertGreater(within, 5);
});
