/** Looking at the emptiest brokers first, in clusters large enough for that. */
import { assert, assertEquals } from "@std/assert";
import { AXIS_COUNT, AXIS_DISK } from "../../../model/cluster_model.ts";
import { prepare } from "../../../planner/prepare.ts";
import { bestDestination } from "../../../planner/search/destination.ts";
import { emptiestBrokers } from "../../../planner/search/ranking.ts";
import { relocate, type Search } from "../../../planner/search/state.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith, handInput } from "../clusters.ts";

const BROKERS = 80;
const GOALS = ["RackAwareGoal", "DiskUsageDistributionGoal"];

/** Broker 0 holds 1,000 replicas of 1 MB, broker `b` has `b`; the first 39 of these share a rack, the others have one each. */
function search(): Search {
  const brokers = Array.from({ length: BROKERS }, (_, id) => ({
    id,
    rack: id > 0 && id < BROKERS / 2 ? "empty" : `r${id}`,
  }));
  const homes = brokers.flatMap(({ id }) => new Array<number>(id === 0 ? 1000 : id).fill(id));
  const input = handInput(
    brokers,
    homes.map((home, id) => ({
      topic: "T",
      id,
      replicas: id === 0 ? [home, 1] : [home],
      load: [0, 0, 0, 1],
    })),
  );
  const prepared = prepare(input, plannerSettings(GOALS, constraintWith()));
  assert(prepared.ok);
  return prepared.value.searchOf(0);
}

Deno.test("emptiestBrokers() has one of the emptiest, which are others after moves", () => {
  const state = search();
  const { model } = state;
  for (let p = 1; p < 700; p++) {
    const replica = model.replicaStart[p]!;
    const to = bestDestination(state, replica, "joint", emptiestBrokers(state));
    const best = bestDestination(state, replica, "joint");
    const [good, least] = [to, best].map((b) => model.sums[b * AXIS_COUNT + AXIS_DISK]!);
    assert(good! - least! <= 1, `Replica ${replica} goes to ${good} MB instead of ${least} MB`);
    relocate(state, replica, to);
  }
  assertEquals(model.sums[AXIS_DISK], 301);
});

Deno.test("bestDestination() looks at all brokers when none of the emptiest may take the replica", () => {
  // The other replica of the first partition is on the rack of the 39 emptiest brokers.
  const state = search();
  assertEquals(bestDestination(state, 0, "joint", emptiestBrokers(state)), BROKERS / 2);
});
