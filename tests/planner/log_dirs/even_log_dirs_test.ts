/** Moves between log dirs: at the end none helps any more, however many replicas there are to choose from. */
import { assert, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { dirBalanceLimits, dirCapacityLimits } from "../../../goals/intra_broker_disk.ts";
import type { LogDirState } from "../../../goals/log_dir_state.ts";
import { evenLogDirs } from "../../../planner/log_dirs/even_log_dirs.ts";
import { prepare } from "../../../planner/prepare.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith } from "../clusters.ts";
import { jbod } from "../jbod.ts";

const GOALS = ["IntraBrokerDiskCapacityGoal", "IntraBrokerDiskUsageDistributionGoal"];

/** Evens out the only broker; a replica is [log dir, MB]. */
function evened(capacities: readonly number[], replicas: readonly (readonly [number, number])[]) {
  const input = jbod([capacities], replicas.map(([dir, mb]) => [0, dir, mb] as const));
  const prepared = prepare(input, plannerSettings(GOALS, constraintWith()));
  assert(prepared.ok);
  const search = prepared.value.searchOf(0);
  const logDirs = search.context.logDirs!;
  const capacity = dirCapacityLimits(search.context);
  const limits = dirBalanceLimits(search.context);
  evenLogDirs({ search, logDirs, broker: 0, capacity, limits, atPeak: false });
  return { logDirs, limits, capacity };
}

type Evened = ReturnType<typeof evened>;

function outside({ limits }: Evened, dir: number, used: number): number {
  const { upper, lower } = limits(0, dir);
  return Math.max(0, used - upper, lower - used);
}

/** MB outside less after `mb` more came from `a` to `b` than went back; what fills a log dir above its capacity is none. */
function gainOf(all: Evened, [a, b]: readonly [number, number], mb: number): number {
  const used = all.logDirs.used[0]!;
  const after = [used[a]! - mb, used[b]! + mb];
  const isFull = [a, b].some((dir, i) =>
    after[i]! > all.capacity(0, dir).upper && after[i]! > used[dir]!
  );
  if (isFull) return 0;
  return outside(all, a, used[a]!) + outside(all, b, used[b]!) -
    outside(all, a, after[0]!) - outside(all, b, after[1]!);
}

function onDir(logDirs: LogDirState, dir: number): number[] {
  return [...logDirs.dirOf.keys()].filter((r) => logDirs.dirOf[r] === dir);
}

Deno.test("evenLogDirs() stops only where no move and no exchange takes anything off what is outside", () => {
  let left = 0;
  const sizes = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 0, max: 300 })), {
    minLength: 1,
    maxLength: 40,
  });
  const shapes = fc.tuple(
    fc.array(fc.constantFrom(1000, 2000, 4000), { minLength: 2, maxLength: 3 }),
    sizes,
  );
  fc.assert(
    fc.property(shapes, ([capacities, drawn]) => {
      const all = evened(
        capacities,
        drawn.map(([dir, mb]) => [dir % capacities.length, mb] as const),
      );
      const { logDirs } = all;
      for (const a of capacities.keys()) {
        if (outside(all, a, logDirs.used[0]![a]!) < 1e-6) continue;
        left++;
        for (const b of capacities.keys()) {
          if (a === b) continue;
          const [mine, theirs] = [a, b].map((dir) => onDir(logDirs, dir).map((r) => logDirs.mb(r)));
          const moves = [...mine!, ...theirs!.map((mb) => -mb)];
          const swaps = mine!.flatMap((own) => theirs!.map((other) => own - other));
          for (const mb of [...moves, ...swaps]) assertLess(gainOf(all, [a, b], mb), 1e-5);
        }
      }
    }),
    { seed: 20267, numRuns: 300 },
  );
  assert(left > 20, `only ${left} log dirs stayed outside`);
});

Deno.test("evenLogDirs() goes on with other log dirs where the worst cannot be helped", () => {
  // No log dir may hold the largest replica but the one that does.
  const others = [100, 100, 100, 100, 100].map((mb) => [1, mb] as const);
  const { logDirs } = evened([1000, 1000, 1000, 1000], [[0, 900], ...others, [2, 200], [3, 200]]);
  assertEquals(logDirs.used[0]!.toSorted(), [200, 300, 400, 900]);
});
