/** Replicas that are fitted into hard limits. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createPrng } from "../../../lib/prng.ts";
import { drain } from "../../../lib/steps.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import { prepare } from "../../../planner/prepare.ts";
import { fit } from "../../../planner/search/fitting/fit.ts";
import type { Fitting } from "../../../planner/search/fitting/fitting.ts";
import { puzzleOf } from "../../../planner/search/fitting/puzzle.ts";
import { relocate, type Search } from "../../../planner/search/state.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith, HARD_GOALS } from "../clusters.ts";
import { jbod } from "../jbod.ts";
import { tightCluster, type TightShape } from "../tight_clusters.ts";

const GOALS = [...HARD_GOALS, "IntraBrokerDiskCapacityGoal"];

function searchOf(input: ClusterInput, options = {}): Search {
  const settings = plannerSettings(GOALS, constraintWith(), {
    unmetHardGoals: "report",
    ...options,
  });
  const prepared = prepare(input, settings);
  assert(prepared.ok);
  return prepared.value.searchOf(0);
}

function fitted(shape: TightShape): Fitting {
  const { input, options } = tightCluster(shape);
  const search = searchOf(input, options);
  const before = [search.model.broker.slice(), search.model.sums.slice()];
  const puzzle = puzzleOf(search, search.goals, shape.kind === "log_dirs");
  assert(puzzle !== undefined);
  const { found } = drain(fit(puzzle, createPrng(1)));
  assert(found !== undefined, `seed ${shape.seed}`);
  assertEquals([search.model.broker, search.model.sums], before, "the model stays as it is");
  return found;
}

const SHAPE = { brokers: 6, racks: 3, replicas: 6, factor: 2, room: 0.06, seed: 1 } as const;

for (const kind of ["plain", "dead", "windows", "log_dirs"] as const) {
  Deno.test(`fit() keeps all limits in the sums of what it has placed, ${kind}`, () => {
    const { puzzle, at, leader, sum, dirSum } = fitted({
      ...{ ...SHAPE, kind, room: kind === "log_dirs" ? 0.1 : SHAPE.room },
    });
    const { axes, layers, binBroker, group, follow, leading, mb } = puzzle;
    const [sums, dirSums] = [sum.map(() => 0), dirSum.map(() => 0)];
    for (let i = 0; i < puzzle.items.length; i++) {
      const x = at[i]!;
      for (let k = 0; k < axes; k++) {
        sums[binBroker[x]! * axes + k]! += follow[i * axes + k]! +
          (leader[group[i]!] === i ? leading[i * axes + k]! : 0);
      }
      for (let k = 0; k < layers; k++) dirSums[x * layers + k]! += mb[i * layers + k]!;
    }
    for (const [o, held] of sums.entries()) {
      assertAlmostEquals(held, sum[o]!, 1e-6);
      assert(held <= puzzle.upper[o]! + 1e-6);
    }
    for (const [o, held] of dirSums.entries()) {
      assertAlmostEquals(held, dirSum[o]!, 1e-6);
      assert(held <= puzzle.dirUpper[o]! + 1e-6);
    }
  });
}

Deno.test("fit() comes to the same each time", () => {
  const one = fitted({ ...SHAPE, kind: "plain" });
  assertEquals(fitted({ ...SHAPE, kind: "plain" }).at, one.at);
});

Deno.test("puzzleOf() lets nothing come home to a broker on which nobody knows its log dir", () => {
  const search = searchOf(jbod([[1000, 1000], [1000, 1000]], [[0, -1, 100], [0, 0, 100]]));
  for (const replica of [0, 1]) {
    relocate(search, replica, 1);
    search.context.logDirs!.dirOf[replica] = 0;
  }
  const puzzle = puzzleOf(search, search.goals, true)!;
  assertEquals([...puzzle.items], [0, 1]);
  assertEquals([...puzzle.mayHold], [0, 3, 3, 3]);
});
