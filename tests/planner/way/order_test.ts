import { assert, assertEquals } from "@std/assert";
import { drain } from "../../../lib/steps.ts";
import type { BrokerIndex, ReplicaIndex } from "../../../model/cluster_model.ts";
import { applyAction } from "../../../model/model_actions.ts";
import { prepare } from "../../../planner/prepare.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { JudgedWay } from "../../../planner/way/judged.ts";
import { orderSteps } from "../../../planner/way/order.ts";
import { constraintWith, handInput } from "../clusters.ts";

const GOALS = ["DiskUsageDistributionGoal", "NetworkInboundUsageDistributionGoal"];
/** Broker, KB/s in, MB. */
const REPLICAS = [
  [0, 1, 80],
  [1, 3, 0],
  [0, 33, 220],
  [1, 29.5, 119],
  [2, 23.5, 180],
] as const;

Deno.test("orderSteps() puts what trades one goal for another behind what makes that needless", () => {
  const input = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}`, capacity: [100, 1000, 1000, 1000] as const })),
    REPLICAS.map(([from, nwIn, mb], id) => ({
      topic: "T",
      id,
      replicas: [from],
      load: [0.1, nwIn, 1, mb] as const,
    })),
  );
  const prepared = prepare(input, plannerSettings(GOALS, constraintWith()));
  assert(prepared.ok);
  const search = prepared.value.searchOf(0);
  const home = search.model.sums.slice();
  const move = (replica: number, to: number) =>
    applyAction(search.model, {
      kind: "move",
      replica: replica as ReplicaIndex,
      to: to as BrokerIndex,
    });
  move(0, 1);
  move(1, 2);
  const way = new JudgedWay(search, home.slice());
  drain(way.begin(Int32Array.of(0, 1)));
  way.measureFor(0);
  way.change(0, 1);
  assertEquals(way.excess(), 0, "the first alone may be a step: it brings more MB than KB/s");
  const { order, joined } = drain(orderSteps(search, Int32Array.of(0, 1), home));
  assertEquals([...order], [1, 0]);
  assertEquals([...joined], [0, 0]);
});
