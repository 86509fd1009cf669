/** Taking home what need not move. */
import { assert, assertEquals } from "@std/assert";
import { drain } from "../../../lib/steps.ts";
import { prepare } from "../../../planner/prepare.ts";
import { prune } from "../../../planner/search/parts/prune.ts";
import { promote } from "../../../planner/search/state.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith, handInput } from "../clusters.ts";

const CHAIN = 8;

Deno.test("prune() sends leaders home that wait for one another", () => {
  // Brokers may send 160,000 KB/s: each leads one of these partitions. Each is led one broker farther than at home, so that its home has room only
  // when the one behind it in the list has gone home.
  const brokers = Array.from({ length: CHAIN + 1 }, (_, id) => ({ id, rack: `r${id}` }));
  const partitions = Array.from({ length: CHAIN }, (_, id) => ({
    topic: "chain",
    id,
    replicas: [CHAIN - 1 - id, CHAIN - id],
    load: [1, 1, 100_000, 1] as const,
  }));
  const settings = plannerSettings(["NetworkOutboundCapacityGoal"], constraintWith());
  const prepared = prepare(handInput(brokers, partitions), settings);
  assert(prepared.ok);
  const search = prepared.value.searchOf(0);
  const { model } = search;
  for (let p = 0; p < CHAIN; p++) promote(search, p, model.replicaStart[p]! + 1);
  drain(prune(search));
  assertEquals([...model.leader], [...model.homeLeader]);
});
