/** What brokers above a limit may give away, in clusters too large to draw from lists. */
import { assert, assertEquals } from "@std/assert";
import { syntheticCluster } from "../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { drain } from "../../lib/steps.ts";
import { AXIS_COUNT, AXIS_REPLICAS } from "../../model/cluster_model.ts";
import { checkInvariants } from "../../model/model_check.ts";
import { prepare } from "../../planner/prepare.ts";
import { shed } from "../../planner/search/parts/shed.ts";
import { skim } from "../../planner/search/parts/skim.ts";
import type { Search } from "../../planner/search/state.ts";
import { stockSteps } from "../../planner/search/parts/stock.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { constraintWith } from "./clusters.ts";

const SHAPE = { brokers: 12, replicas: 24_000, racks: 4, topics: 400 } as const;

const AXES = [0, 1, 3, 4];

function search(distribution: "exponential" | "skewed" = "exponential"): Search {
  const input = syntheticCluster({ ...SHAPE, distribution, seed: 3 });
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
    stockSteps({ ...state, hasPinned: true }, Int32Array.of(2, 5), state.part),
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

Deno.test("skim() takes an even part of what brokers far above their limits hold, from nobody else", () => {
  const state = search("skewed");
  const { model, upper, topicUpper } = state;
  const before = model.sums.slice();
  const topicsOut = (b: number) =>
    topicUpper.reduce(
      (out, most, t) => out + Math.max(0, model.topicReplicas[t * model.brokerCount + b]! - most),
      0,
    );
  const topicsBefore = Array.from({ length: model.brokerCount }, (_, b) => topicsOut(b));
  drain(skim(state));
  assert(topicsBefore.some((out) => out > 100), "some brokers hold too many of topics");
  let skimmed = 0;
  for (let b = 0; b < model.brokerCount; b++) {
    const excess = AXES.map((axis) => {
      const i = b * AXIS_COUNT + axis;
      assert(model.sums[i]! <= Math.max(before[i]!, upper[i]!), `broker ${b}, axis ${axis}`);
      return 1 - upper[i]! / before[i]!;
    });
    const least = Math.min(...excess);
    const count = b * AXIS_COUNT + AXIS_REPLICAS;
    if (least < 0.1) {
      assert(model.sums[count]! >= before[count]!, `broker ${b} has nothing to give`);
    } else {
      skimmed++;
      assert(topicsOut(b) <= topicsBefore[b]! / 10, `broker ${b}: surplus of topics leaves first`);
      for (const axis of AXES) {
        const i = b * AXIS_COUNT + axis;
        const left = 1 - model.sums[i]! / before[i]!;
        assert(
          left > 0.5 * least && left < least,
          `broker ${b}, axis ${axis}: ${left} of ${least}`,
        );
      }
    }
  }
  assert(skimmed > 0, "some brokers are far above their limits");
  assertEquals(checkInvariants(model), []);
});

Deno.test("skim() leaves small clusters to the choice", () => {
  const input = syntheticCluster({
    ...SHAPE,
    replicas: 6000,
    distribution: "exponential",
    seed: 3,
  });
  const prepared = prepare(input, plannerSettings(GOAL_NAMES, constraintWith()));
  assert(prepared.ok);
  const state = prepared.value.searchOf(0);
  drain(skim(state));
  assertEquals(state.model.broker, state.model.home);
});

Deno.test("shed() brings brokers of a large cluster under their limits without making lists", () => {
  const state = search();
  const { model, upper } = state;
  drain(shed(state));
  assertEquals(model.listing, undefined);
  for (let b = 0; b < model.brokerCount; b++) {
    for (const axis of AXES) {
      const i = b * AXIS_COUNT + axis;
      assert(model.sums[i]! <= upper[i]!, `broker ${b}, axis ${axis}: ${model.sums[i]}`);
    }
  }
  assertEquals(checkInvariants(model), []);
});
