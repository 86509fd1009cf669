import { assert, assertEquals } from "@std/assert";
import { prepare } from "../../../planner/prepare.ts";
import { placesOf } from "../../../planner/search/checkpoint.ts";
import { noteNewReasons } from "../../../planner/search/parts/late_reasons.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith, handInput } from "../clusters.ts";

Deno.test("noteNewReasons() names the tightest hard goal where others make room for what is offline", () => {
  // Nothing is out at home: broker 1 has room for U-0 once it has given T-1 away, and disks are fuller than the rest.
  const input = handInput([
    { id: 0, rack: "a", state: "dead" },
    { id: 1, rack: "b", capacity: [100, 1e6, 1e6, 5000] },
    { id: 2, rack: "c", capacity: [100, 1e6, 1e6, 5000] },
  ], [
    { topic: "T", id: 1, replicas: [1], load: [1, 1, 1, 1000] },
    { topic: "U", id: 0, replicas: [0], load: [1, 1, 1, 4000] },
  ]);
  const goals = ["CpuCapacityGoal", "DiskCapacityGoal"];
  const prepared = prepare(input, plannerSettings(goals, constraintWith()));
  assert(prepared.ok);
  const search = prepared.value.searchOf(0);
  const places = placesOf(search);
  places.broker.set([2, 1]);
  noteNewReasons(search, places);
  assertEquals(goals[search.reasons.wordOfMove(0) & 255], "DiskCapacityGoal");
});
