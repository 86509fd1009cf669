/**
 * The first day of the simulated cluster: 12 brokers, 1,663 replicas, one broker with half the disk. An exact solver
 * (`bench/exact/`, a minute a question) found that of the default goals all but bytes in can be met together.
 */
import { assert, assertEquals } from "@std/assert";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { readSnapshotFile } from "../../model/snapshot_read.ts";
import { makePlan } from "../../planner/plan.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { constraintWith } from "./clusters.ts";

const SNAPSHOT = new URL("../fixtures/snapshots/twelve_brokers.json.gz", import.meta.url);

Deno.test("makePlan() meets every goal that can be met on twelve brokers", async () => {
  const read = await readSnapshotFile(SNAPSHOT.pathname);
  assert(read.ok, JSON.stringify(read));
  for (const seed of [1, 2, 4, 5]) {
    const made = makePlan(read.value, plannerSettings(GOAL_NAMES, constraintWith(), { seed }));
    assert(made.ok, JSON.stringify(made));
    const left = made.value.summary.goals.filter((goal) => goal.violatedAfter);
    assertEquals(left.map(({ name }) => name), ["NetworkInboundUsageDistributionGoal"], `${seed}`);
  }
});
