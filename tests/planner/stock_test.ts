/** What brokers above a limit may give away, in clusters too large to draw from lists. */
import { assert, assertEquals } from "@std/assert";
import { syntheticCluster } from "../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { drain } from "../../lib/steps.ts";
import { AXIS_COUNT } from "../../model/cluster_model.ts";
import { checkInvariants } from "../../model/model_check.ts";
import { prepare } from "../../planner/prepare.ts";
import { shed } from "../../planner/search/shed.ts";
import type { Search } from "../../planner/search/state.ts";
import { stockSteps } from "../../planner/search/stock.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { constraintWith } from "./clusters.ts";

const SHAPE = { brokers: 12, replicas: 24_000, racks: 4, topics: 400 } as const;

function search(): Search {
  const input = syntheticCluster({ ...SHAPE, distribution: "exponential", seed: 3 });
  const prepared = prepare(input, plannerSettings(GOAL_NAMES, constraintWith()));
  assert(prepared.ok);
  return prepared.value.searchOf(0);
}

Deno.test("stockSteps() has what the brokers hold and may give away, each once, with its loads", () => {
  const state = search();
  const { model } = state;
  const pinned = model.partition[model.broker.indexOf(2)]!;
  model.pinned[pinned] = 1;
  const { start, end, replica, loads } = drain(
    stockSteps({ ...state, hasPinned: true }, Int32Array.of(2, 5)),
  );
  for (let b = 0; b < model.brokerCount; b++) {
    const wanted: number[] = [];
    for (let r = 0; r < model.replicaCount && (b === 2 || b === 5); r++) {
      if (model.broker[r] === b && model.partition[r] !== pinned) wanted.push(r);
    }
    assertEquals([...replica.slice(start[b], end[b])], wanted, `broker ${b}`);
  }
  for (let place = start[5]!; place < end[5]!; place += 97) {
    const row = model.row[replica[place]!]! * AXIS_COUNT;
    const exact = [model.loads[row]!, model.loads[row + 1]!, model.loads[row + 4]!];
    assertEquals([...loads.slice(place * 3, place * 3 + 3)], exact.map(Math.fround));
  }
});

Deno.test("shed() brings brokers of a large cluster under their limits without making lists", () => {
  const state = search();
  const { model, upper } = state;
  drain(shed(state));
  assertEquals(model.listing, undefined);
  for (let b = 0; b < model.brokerCount; b++) {
    for (const axis of [0, 1, 3, 4]) {
      const i = b * AXIS_COUNT + axis;
      assert(model.sums[i]! <= upper[i]!, `broker ${b}, axis ${axis}: ${model.sums[i]}`);
    }
  }
  assertEquals(checkInvariants(model), []);
});
