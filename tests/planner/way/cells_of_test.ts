import { assert, assertGreater } from "@std/assert";
import type { BrokerIndex, ReplicaIndex } from "../../../model/cluster_model.ts";
import { applyAction } from "../../../model/model_actions.ts";
import { prepare } from "../../../planner/prepare.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { cellRows } from "../../../planner/way/cells_of.ts";
import { constraintWith } from "../clusters.ts";
import { jbod } from "../jbod.ts";

Deno.test("cellRows() holds a log dir to its own limit, however much the cluster holds", () => {
  // 800 MB may be on a log dir of broker 0, whose replicas change places with one of broker 1; broker 2 holds a billion.
  const input = jbod([[1000], [1000], [2e9]], [[0, 0, 400], [0, 0, 400], [1, 0, 400.5], [
    2,
    0,
    1e9,
  ]]);
  const prepared = prepare(input, plannerSettings(["DiskCapacityGoal"], constraintWith()));
  assert(prepared.ok);
  const search = prepared.value.searchOf(0);
  const { logDirs } = search.context;
  for (const [replica, to] of [[0, 1], [1, 1], [2, 0]] as const) {
    logDirs!.leave(replica, search.model.home[replica]!);
    applyAction(search.model, {
      kind: "move",
      replica: replica as ReplicaIndex,
      to: to as BrokerIndex,
    });
    logDirs!.enter(replica, to, 0);
  }
  const [row] = cellRows(search);
  for (const p of [0, 1, 2]) row!.add(p, -1);
  row!.cells.settle();
  row!.add(0, 1);
  row!.add(2, 1);
  assertGreater(row!.cells.worse(), 0, "of 800.5 MB");
});
