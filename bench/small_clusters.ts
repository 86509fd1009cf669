/**
 * How near plans for small clusters come to the best that there is, found by an exact solver. `deno task bench
 * small_clusters` takes about 15 minutes; EVENKEEL_INSTANCES says how many clusters (200), EVENKEEL_FIRST_SEED where
 * to begin (1). With EVENKEEL_ODD=1 each of them has something odd about it, such as a demoted broker.
 */
import process from "node:process";
import { defaultConfig } from "../config/parse.ts";
import { GOAL_NAMES, GOALS } from "../goals/catalog.ts";
import { type BalancingConstraint, constraintOf } from "../goals/constraint.ts";
import { makeOutcome } from "../planner/plan.ts";
import { plannerSettings } from "../planner/settings.ts";
import { type OddCluster, oddCluster, smallCluster } from "./exact/instances.ts";
import { optimumOf } from "./exact/optimum.ts";
import { Placement } from "./exact/placement.ts";
import type { BenchResult } from "./result.ts";
import { firstSeed } from "./seeds.ts";

/** What the solver may take for each question; what it has not proven by then counts as unproven. */
const EFFORT = { seconds: 5, gap: 0.002 };

const names = (hard: boolean) =>
  GOALS.filter((goal) => goal.hard === hard).map((goal) => goal.name);
const HARD = names(true);
const SOFT = names(false);

/** One cluster: the plan beside the optimum. */
export interface Compared {
  readonly seed: number;
  readonly planMs: number;
  /** Whether plan and solver agree that the hard goals can, or cannot, be met; undefined when unproven. */
  readonly hardAgrees: boolean | undefined;
  /** Goals that could be met and were not, in the solver's order of priority; undefined when unproven. */
  readonly missed: readonly string[] | undefined;
  /** MB of the plan over the fewest; undefined when that is unproven or the plan meets other goals. */
  readonly ratio: number | undefined;
  /** Whether all soft goals can be met. */
  readonly allCanBeMet: boolean;
}

/** Plans for the cluster of a seed and solves it. `isOdd`: for the odd one of the seed. */
export function compare(seed: number, isOdd = false): Compared {
  const constraint = constraintOf(defaultConfig());
  if (!constraint.ok) throw new TypeError(constraint.failure.message);
  const cluster = isOdd
    ? oddCluster(seed)
    : { input: smallCluster(seed), noReplicas: [], noLeadership: [], fixedTopics: [] };
  const { input } = cluster;
  const settings = plannerSettings(GOAL_NAMES, constraint.value, {
    excludedForReplicaMove: cluster.noReplicas,
    excludedForLeadership: cluster.noLeadership,
    excludedTopics: cluster.fixedTopics.map((t) => input.topicNames[t]!).join("|"),
  });
  const from = process.cpuUsage();
  const made = makeOutcome(input, settings);
  const used = process.cpuUsage(from);
  const planMs = (used.user + used.system) / 1000;
  // Beside replicas that have to leave a dead broker, soft goals move nothing: only hard ones are asked about.
  const soft = input.replicaOffline.includes(1) ? [] : SOFT;
  const optimum = optimumFor(cluster, constraint.value, soft);
  const known = { seed, planMs, missed: undefined, ratio: undefined, allCanBeMet: false };
  if (optimum === undefined) return { ...known, hardAgrees: undefined };
  const hardAgrees = optimum.hardFeasible === made.ok;
  if (!made.ok || !optimum.hardFeasible) return { ...known, hardAgrees, missed: [] };
  const { summary } = made.value;
  const met = new Set(summary.goals.filter((one) => !one.violatedAfter).map((one) => one.name));
  const missed = soft.filter((goal) => optimum.met.has(goal) && !met.has(goal));
  const alike = soft.length > 0 && soft.every((goal) => optimum.met.has(goal) === met.has(goal));
  const ratio = alike && optimum.mb !== undefined
    ? (summary.mbToMove + 1) / (optimum.mb + 1)
    : undefined;
  const allCanBeMet = soft.length > 0 && optimum.met.size === soft.length;
  return { seed, planMs, hardAgrees, missed, ratio, allCanBeMet };
}

function optimumFor(
  cluster: OddCluster,
  constraint: BalancingConstraint,
  soft: readonly string[],
) {
  const placement = new Placement(cluster.input, constraint, cluster);
  return optimumOf(placement, { hard: HARD, soft }, EFFORT);
}

/** The figures. */
export function run(): BenchResult[] {
  const count = Number(Deno.env.get("EVENKEEL_INSTANCES") ?? 200);
  const first = firstSeed();
  const isOdd = Deno.env.get("EVENKEEL_ODD") === "1";
  const all: Compared[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const compared = compare(seed, isOdd);
    all.push(compared);
    if (compared.hardAgrees !== true || compared.missed?.length !== 0) {
      const missed = compared.missed?.join(", ") ?? "unproven";
      console.error(`seed ${seed}: hard goals agree: ${compared.hardAgrees}; missed: ${missed}`);
    }
  }
  return figures(all);
}

function figures(all: readonly Compared[]): BenchResult[] {
  const proven = all.filter((one) => one.missed !== undefined);
  const short = proven.filter((one) => one.missed!.length > 0);
  const ratios = (wanted: boolean | undefined) =>
    all.filter((one) => wanted === undefined || one.allCanBeMet === wanted)
      .flatMap((one) => one.ratio ?? []);
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return [
    { name: "clusters", value: all.length, unit: "clusters" },
    { name: "  of them proven", value: proven.length, unit: "clusters" },
    {
      name: "hard goals judged otherwise than by the solver",
      value: all.filter((one) => one.hardAgrees === false).length,
      unit: "clusters",
      target: 0,
    },
    {
      name: "goal missed that could be met",
      value: 100 * short.length / Math.max(1, proven.length),
      unit: "% of proven",
      target: 5,
    },
    {
      name: "MB over the fewest for the goals that can be met, mean",
      value: mean(ratios(undefined)),
      unit: "x",
      target: 1.03,
    },
    { name: "  clusters in that mean", value: ratios(undefined).length, unit: "clusters" },
    { name: "  of them with all goals met, mean", value: mean(ratios(true)), unit: "x" },
    {
      name: "  of them with a goal that cannot be met, mean",
      value: mean(ratios(false)),
      unit: "x",
    },
    {
      name: "CPU of the slowest plan",
      value: Math.max(...all.map((one) => one.planMs)),
      unit: "ms",
      target: 500,
    },
  ];
}
