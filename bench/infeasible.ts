/**
 * What plans cost where some goal cannot be met, in parts of what they cost where all can, on clusters of the same size; and what is
 * left of goals. Seeded; all in one process of its own, warmed up, with the flags of the command line.
 */
import process from "node:process";
import { defaultConfig } from "../config/parse.ts";
import { GOAL_NAMES } from "../goals/catalog.ts";
import { constraintOf } from "../goals/constraint.ts";
import { makeOutcome } from "../planner/plan.ts";
import { plannerSettings } from "../planner/settings.ts";
import { v8FlagsOf } from "../tools/run.ts";
import type { BenchResult } from "./result.ts";
import { seeds } from "./seeds.ts";
import { type Strain, strainedCluster, STRAINS } from "./strained_cluster.ts";

/** Replicas, and draws of each. */
const SIZES = [{ replicas: 20_000, draws: 3 }, { replicas: 100_000, draws: 1 }] as const;
const WARM_UP = 9000;
/** Of the CPU of a cluster whose goals can all be met. */
const RATIO_MAX = 10;

/** One plan. */
interface Measured {
  readonly replicas: number;
  readonly strain: Strain;
  readonly ms: number;
  /** Goals left violated. */
  readonly hard: number;
  readonly soft: number;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function measure(strain: Strain, size: { replicas: number; seed: number }): Measured {
  const { input, config, options } = strainedCluster(strain, size);
  const constraint = constraintOf(
    defaultConfig({ "max.replicas.per.broker": "20000", ...config }),
  );
  if (!constraint.ok) throw new TypeError(constraint.failure.message);
  const settings = plannerSettings(GOAL_NAMES, constraint.value, {
    ...options,
    unmetHardGoals: "report",
  });
  const from = cpuMs();
  const made = makeOutcome(input, settings);
  const ms = cpuMs() - from;
  if (!made.ok) throw new TypeError(made.failure.message);
  const left = made.value.summary.goals.filter((goal) => goal.violatedAfter);
  const hard = left.filter((goal) => goal.hard).length;
  return { replicas: size.replicas, strain, ms, hard, soft: left.length - hard };
}

function measureAll(): Measured[] {
  for (const strain of STRAINS) measure(strain, { replicas: WARM_UP, seed: 0 });
  return SIZES.flatMap(({ replicas, draws }) =>
    STRAINS.flatMap((strain) => seeds(draws).map((seed) => measure(strain, { replicas, seed })))
  );
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

function figuresOf(all: readonly Measured[]): BenchResult[] {
  const usual = mean(all.filter(({ strain }) => strain === "feasible").map(({ ms }) => ms));
  const size = all[0]!.replicas.toLocaleString("en");
  const rows: BenchResult[] = [{ name: `${size}: feasible`, value: usual, unit: "CPU ms" }];
  for (const strain of STRAINS) {
    if (strain === "feasible") continue;
    const ms = mean(all.filter((one) => one.strain === strain).map((one) => one.ms));
    const name = `${size}: ${strain}: CPU of a feasible one`;
    rows.push({ name, value: ms / usual, unit: "x", target: RATIO_MAX });
  }
  const left = (kind: "hard" | "soft") => all.reduce((sum, one) => sum + one[kind], 0);
  rows.push({ name: `${size}: hard goals left, all clusters`, value: left("hard"), unit: "goals" });
  rows.push({ name: `${size}: soft goals left, all clusters`, value: left("soft"), unit: "goals" });
  return rows;
}

/** The figures. */
export async function run(): Promise<BenchResult[]> {
  const module = new URL(import.meta.url).pathname;
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", ...v8FlagsOf("evenkeel"), module],
    stderr: "inherit",
  }).output();
  if (!success) throw new TypeError(`${module} failed`);
  const all = JSON.parse(new TextDecoder().decode(stdout)) as Measured[];
  return SIZES.flatMap(({ replicas }) => figuresOf(all.filter((one) => one.replicas === replicas)));
}

if (import.meta.main) console.log(JSON.stringify(measureAll()));
