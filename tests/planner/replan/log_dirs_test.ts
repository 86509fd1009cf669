/** Plans in a row of brokers with several log dirs each. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { syntheticCluster } from "../../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import { createPrng } from "../../../lib/prng.ts";
import { drain } from "../../../lib/steps.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import { DISK, RESOURCE_COUNT } from "../../../model/metrics.ts";
import type { Proposal } from "../../../model/proposal.ts";
import { type Keeper, previousOf, type PreviousPlan } from "../../../planner/previous.ts";
import { type PlacedPlan, placedPlanSteps } from "../../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../../planner/settings.ts";
import type { Places } from "../../../planner/replan/places.ts";
import { constraintWith } from "../clusters.ts";
import { changedLoads, problemsOf, sameAs } from "./replans.ts";

const constraint = constraintWith();
const SHAPE = {
  brokers: 12,
  replicas: 9_000,
  topics: 240,
  racks: 4,
  distribution: "exponential",
} as const;
const PARTS = [0.2, 0.3, 0.5];
const THRESHOLD = constraint.capacityThreshold[DISK]!;

/** Brokers with three log dirs, which hold what they are drawn to. */
function withLogDirs(input: ClusterInput): ClusterInput {
  const prng = createPrng(3);
  const brokers = input.brokers.map((broker) => ({
    ...broker,
    logDirs: PARTS.map((part, d) => ({
      path: `/d${d}`,
      capacityMb: broker.capacity[DISK]! * part,
      alive: true,
    })),
  }));
  const replicaLogDir = Int16Array.from(input.replicaBroker, () => {
    const drawn = prng.next();
    return drawn < PARTS[0]! ? 0 : drawn < PARTS[0]! + PARTS[1]! ? 1 : 2;
  });
  return { ...input, brokers, replicaLogDir };
}

/** What is moved between log dirs, by replica of a plan: from and to are indices of all log dirs. */
interface DirMoves {
  readonly mb: number;
  readonly from: number;
  readonly to: number;
}

const cellOf = (broker: number, dir: number) => broker * PARTS.length + dir;

function movesOf(input: ClusterInput, { broker, dirOf }: Places, p: number): DirMoves[] {
  const mb = input.leaderLoad[p * RESOURCE_COUNT + DISK]!;
  const moves: DirMoves[] = [];
  for (let r = input.replicaStart[p]!; r < input.replicaStart[p + 1]!; r++) {
    const from = cellOf(input.replicaBroker[r]!, input.replicaLogDir[r]!);
    moves.push({ mb, from, to: cellOf(broker[r]!, dirOf![r]!) });
  }
  return moves;
}

/** MB of each log dir at home, in the end, and if all came before anything left. */
function usedOf(input: ClusterInput, places: Places): Record<"home" | "end" | "most", number[]> {
  const zeros = () => new Array<number>(input.brokers.length * PARTS.length).fill(0);
  const used = { home: zeros(), end: zeros(), most: zeros() };
  for (let p = 0; p < input.partitionNumber.length; p++) {
    for (const { mb, from, to } of movesOf(input, places, p)) {
      used.home[from]! += mb;
      used.end[to]! += mb;
      used.most[to]! += mb;
      if (from !== to) used.most[from]! += mb;
    }
  }
  return used;
}

/** The same with room for little more than what each log dir holds before or after a plan: on the way it may be too much. */
function tightened(input: ClusterInput, places: Places): ClusterInput {
  const { home, end } = usedOf(input, places);
  const brokers = input.brokers.map((broker, b) => ({
    ...broker,
    logDirs: broker.logDirs.map((dir, d) => ({
      ...dir,
      capacityMb: 1.05 * Math.max(home[cellOf(b, d)]!, end[cellOf(b, d)]!) / THRESHOLD,
    })),
  }));
  return { ...input, brokers };
}

/** Proposals that may come in any order within their stretch, though some order brings too much to a log dir. */
function unsafe(input: ClusterInput, places: Places): number {
  const { most } = usedOf(input, places);
  const limits = input.brokers.flatMap(({ logDirs }) =>
    logDirs.map(({ capacityMb }) => capacityMb * THRESHOLD * (1 + 1e-9))
  );
  const { stretches } = places.freedom!;
  const free = stretches.flatMap((stretch, i) => [
    ...places.changed.subarray(stretches[i - 1]?.end ?? 0, stretch.free),
  ]);
  return free.filter((p) =>
    movesOf(input, places, p).some(({ from, to }) =>
      from !== to && (most[from]! > limits[from]! || most[to]! > limits[to]!)
    )
  ).length;
}

function planned(input: ClusterInput, more: Partial<PlannerSettings>): PlacedPlan {
  const made = drain(
    placedPlanSteps(input, { ...plannerSettings(GOAL_NAMES, constraint), ...more }),
  );
  assert(made.ok);
  return made.value;
}

function textOf({ plan }: PlacedPlan): string {
  return JSON.stringify(plan.proposals.slice());
}

/** Log dirs of what comes to brokers, by partition and broker. */
function dirsOf(proposals: Iterable<Proposal>): Map<string, string | undefined> {
  return new Map(
    [...proposals].flatMap(({ topic, partition, newReplicas }) =>
      newReplicas.map(({ brokerId, logDir }) =>
        [`${topic}-${partition} on ${brokerId}`, logDir] as const
      )
    ),
  );
}

for (const from of [0, 2, 9]) {
  const kind = from === 0 ? "that are tight" : from === 2 ? "that come to be tight" : "with room";
  Deno.test(`plans in a row go on from the one before with log dirs ${kind}`, () => {
    const keeper: Keeper = { kept: undefined };
    let input = withLogDirs(syntheticCluster({ ...SHAPE, seed: 5 }));
    if (from === 0) input = tightened(input, planned(input, {}).places!);
    let before = planned(input, { keeper });
    let previous: PreviousPlan = previousOf({ ...before.plan, places: before.places });
    for (let turn = 0; turn < 4; turn++) {
      input = changedLoads(input, 40 + turn);
      if (turn === from) input = tightened(input, before.places!);
      const alone = planned(input, { previous });
      const made = planned(input, { previous, keeper });
      assert(textOf(made) === textOf(alone), "what is kept shows nowhere");
      assertEquals(problemsOf(input, made.plan, constraint), []);
      assertGreater(
        sameAs(before.plan.proposals, made.plan.proposals).length,
        made.plan.proposals.length * 0.8,
        "nearly all is taken over",
      );
      assert(made.places?.freedom !== undefined, "the order goes on");
      assertEquals(unsafe(input, made.places), 0);
      previous = previousOf({ ...made.plan, places: made.places }, previous);
      before = made;
    }
  });
}

Deno.test("a re-plan leaves replicas on the log dirs that the plan before chose", () => {
  const input = withLogDirs(syntheticCluster({ ...SHAPE, seed: 6 }));
  const before = planned(input, {});
  const previous = previousOf({ ...before.plan, places: before.places });
  const made = planned(changedLoads(input, 50), { previous });
  const then = dirsOf(before.plan.proposals);
  let others = 0;
  for (const [where, dir] of dirsOf(made.plan.proposals)) {
    if (then.has(where) && then.get(where) !== dir) others++;
  }
  assertEquals(others, 0);
});

Deno.test("a plan does not go on from one of other log dirs", () => {
  const input = withLogDirs(syntheticCluster({ ...SHAPE, seed: 7 }));
  const keeper: Keeper = { kept: undefined };
  const before = planned(input, { keeper });
  const previous = previousOf({ ...before.plan, places: before.places });
  // Somebody moved replicas to other log dirs of their brokers.
  const replicaLogDir = input.replicaLogDir.map((dir, r) => r % 500 === 0 ? (dir + 1) % 3 : dir);
  const moved = { ...input, replicaLogDir };
  const made = planned(moved, { previous, keeper });
  assertEquals(problemsOf(moved, made.plan, constraint), []);
  const fails = moved.brokers.map((broker, b) =>
    b === 2
      ? {
        ...broker,
        logDirs: broker.logDirs.map((dir, d) => d === 2 ? { ...dir, capacityMb: 1 } : dir),
      }
      : broker
  );
  const full = { ...moved, brokers: fails };
  const next = planned(full, {
    previous: previousOf({ ...made.plan, places: made.places }, previous),
    keeper,
  });
  assertEquals(problemsOf(full, next.plan, constraint), []);
});
