import { assert, assertEquals } from "@std/assert";
import type { BrokerIndex, ReplicaIndex } from "../../../model/cluster_model.ts";
import { applyAction } from "../../../model/model_actions.ts";
import { prepare } from "../../../planner/prepare.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { drain } from "../../../lib/steps.ts";
import { JudgedWay } from "../../../planner/way/judged.ts";
import { constraintWith, handInput } from "../clusters.ts";

const GOALS = ["DiskUsageDistributionGoal", "NetworkInboundUsageDistributionGoal"];

/** Replicas of one partition each: broker, KB/s in, MB, and where the plan has it. */
function wayOf(
  replicas: readonly (readonly [from: number, nwIn: number, mb: number, to: number])[],
) {
  const input = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}`, capacity: [100, 1000, 1000, 1000] as const })),
    replicas.map(([from, nwIn, mb], id) => ({
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
  for (const [replica, [from, , , to]] of replicas.entries()) {
    if (from === to) continue;
    applyAction(search.model, {
      kind: "move",
      replica: replica as ReplicaIndex,
      to: to as BrokerIndex,
    });
  }
  return new JudgedWay(search, home);
}

Deno.test("JudgedWay.excess() sees that a goal is lost which was met unmeasured, whatever was tried and taken back before", () => {
  // The first move has brokers hold as many KB/s as they should, the second alone breaks that for the sake of MB, the third mends it.
  for (let tenths = 0; tenths < 20; tenths++) {
    const odd = tenths / 10;
    const way = wayOf([
      [0, 10.1, 0.1, 2],
      [0, 10.1 + odd / 7, 30, 1],
      [1, 5.3 + odd / 7, 0.1, 2],
      [0, 95.1 - odd / 7, 100, 0],
      [1, 99.9 - odd / 7, 70, 1],
      [2, 85.3, 100, 2],
    ]);
    drain(way.begin(Int32Array.of(0, 1, 2)));
    way.change(1, 1);
    way.change(1, -1);
    way.forget();
    assertEquals(way.takeBetter(0), true);
    way.measureFor(1);
    way.change(1, 1);
    assert(way.excess() > 0, `with ${odd}`);
  }
});
