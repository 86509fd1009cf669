/** What tests of the way have in common: three brokers on racks of their own, and a plan that the model is in the state of. */
import { assert } from "@std/assert";
import type { BrokerIndex, ReplicaIndex } from "../../../model/cluster_model.ts";
import { applyAction } from "../../../model/model_actions.ts";
import { prepare } from "../../../planner/prepare.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith, handInput } from "../clusters.ts";

const GOALS = ["DiskUsageDistributionGoal", "NetworkInboundUsageDistributionGoal"];

/** A replica of one partition each: broker, KB/s in, MB, and where the plan has it. */
export type PlacedReplica = readonly [from: number, nwIn: number, mb: number, to: number];

/** The search, and the sums of brokers before the plan. */
export function placedSearch(replicas: readonly PlacedReplica[]) {
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
  return { search, home };
}
