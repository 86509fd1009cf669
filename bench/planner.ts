/**
 * What planning costs and what the plans are worth, on synthetic clusters of three sizes. Each case is a process of
 * its own, so that figures are those of a cold start; CPU time counts all threads, the collector's and compiler's too.
 */
import process from "node:process";
import { defaultConfig } from "../config/parse.ts";
import { GOAL_NAMES } from "../goals/catalog.ts";
import { constraintOf } from "../goals/constraint.ts";
import { planText } from "../model/plan_file.ts";
import { readSnapshotFile } from "../model/snapshot_read.ts";
import { writeTextFile } from "../model/files.ts";
import { writeSnapshotFile } from "../model/snapshot_write.ts";
import { makeOutcome, type PlanOutcome } from "../planner/plan.ts";
import { plannerSettings } from "../planner/settings.ts";
import type { BenchResult } from "./result.ts";
import { syntheticCluster, type SyntheticOptions } from "./synthetic_cluster.ts";

type Shape = Pick<SyntheticOptions, "brokers" | "replicas" | "topics" | "racks">;

const SHAPES: Readonly<Record<string, Shape>> = {
  small: { brokers: 12, replicas: 3000, topics: 60, racks: 4 },
  medium: { brokers: 40, replicas: 50_000, topics: 3000, racks: 10 },
  large: { brokers: 200, replicas: 300_000, topics: 12_000, racks: 10 },
  huge: { brokers: 215, replicas: 2_800_000, topics: 20_000, racks: 10 },
};

/** What one case must reach. */
interface Case {
  readonly name: string;
  readonly shape: keyof typeof SHAPES;
  readonly distribution: SyntheticOptions["distribution"];
  readonly hetero?: boolean;
  readonly seed: number;
  /** CPU ms of planning with the model in memory. */
  readonly planMs: number;
  /** MB over the lower bound. */
  readonly ratio: number;
}

const CASES: readonly Case[] = [
  {
    name: "small exponential",
    shape: "small",
    distribution: "exponential",
    seed: 1,
    planMs: 500,
    ratio: 1.4,
  },
  {
    name: "medium exponential",
    shape: "medium",
    distribution: "exponential",
    seed: 1,
    planMs: 120,
    ratio: 1.05,
  },
  {
    name: "medium exponential, seed 2",
    shape: "medium",
    distribution: "exponential",
    seed: 2,
    planMs: 120,
    ratio: 1.05,
  },
  {
    name: "medium linear",
    shape: "medium",
    distribution: "linear",
    seed: 1,
    planMs: 120,
    ratio: 1.05,
  },
  {
    name: "medium uniform",
    shape: "medium",
    distribution: "uniform",
    seed: 1,
    planMs: 120,
    ratio: 1.12,
  },
  {
    name: "medium skewed",
    shape: "medium",
    distribution: "skewed",
    seed: 1,
    planMs: 180,
    ratio: 1.05,
  },
  {
    name: "medium hetero",
    shape: "medium",
    distribution: "exponential",
    hetero: true,
    seed: 1,
    planMs: 500,
    ratio: 1.06,
  },
  {
    name: "large exponential",
    shape: "large",
    distribution: "exponential",
    seed: 1,
    planMs: 350,
    ratio: 1.02,
  },
  {
    name: "large hetero",
    shape: "large",
    distribution: "exponential",
    hetero: true,
    seed: 1,
    planMs: 3000,
    ratio: 1.06,
  },
  {
    name: "huge exponential",
    shape: "huge",
    distribution: "exponential",
    seed: 1,
    planMs: 2000,
    ratio: 1.01,
  },
];

/** What a case's process reports. */
interface Measured {
  readonly readMs: number;
  readonly planMs: number;
  readonly writeMs: number;
  readonly rssMb: number;
  readonly ratio: number;
  readonly violated: number;
  readonly replicas: number;
  readonly mb: number;
  readonly balancedness: number;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Plans a snapshot file in this process and measures it. */
async function measure(snapshot: string, output: string): Promise<Measured> {
  const start = cpuMs();
  const input = await readSnapshotFile(snapshot);
  if (!input.ok) throw new TypeError(input.failure.message);
  const read = cpuMs();
  const constraint = constraintOf(defaultConfig({ "max.replicas.per.broker": "20000" }));
  if (!constraint.ok) throw new TypeError(constraint.failure.message);
  const made = makeOutcome(input.value, plannerSettings(GOAL_NAMES, constraint.value));
  if (!made.ok) throw new TypeError(made.failure.message);
  const planned = cpuMs();
  await write(made.value, output);
  const { summary } = made.value;
  return {
    readMs: read - start,
    planMs: planned - read,
    writeMs: cpuMs() - planned,
    rssMb: Deno.memoryUsage().rss / 2 ** 20,
    ratio: summary.lowerBoundMb > 0 ? summary.mbToMove / summary.lowerBoundMb : 1,
    violated: summary.goals.filter((goal) => goal.violatedAfter).length,
    replicas: summary.interBrokerReplicaMoves,
    mb: summary.mbToMove,
    balancedness: summary.balancednessAfter,
  };
}

async function write(outcome: PlanOutcome, output: string): Promise<void> {
  const source = {
    summary: outcome.summary,
    brokers: outcome.brokers,
    proposals: outcome.proposals(),
  };
  const written = await writeTextFile(output, planText(source, { wallMs: 0, cpuMs: 0 }), "plan");
  if (!written.ok) throw new TypeError(written.failure.message);
}

async function runCase(folder: string, wanted: Case): Promise<BenchResult[]> {
  const snapshot = `${folder}/${wanted.name.replaceAll(/\W+/g, "-")}.json`;
  const options = { ...SHAPES[wanted.shape]!, ...wanted };
  const saved = await writeSnapshotFile(snapshot, syntheticCluster(options));
  if (!saved.ok) throw new TypeError(saved.failure.message);
  const child = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", new URL(import.meta.url).pathname, snapshot, `${snapshot}.plan`],
    stderr: "inherit",
  }).output();
  if (!child.success) throw new TypeError(`${wanted.name} failed`);
  const found = JSON.parse(new TextDecoder().decode(child.stdout)) as Measured;
  await Deno.remove(snapshot);
  await Deno.remove(`${snapshot}.plan`);
  const { name } = wanted;
  return [
    {
      name: `${name}: plan, model in memory`,
      value: found.planMs,
      unit: "CPU ms",
      target: wanted.planMs,
    },
    { name: `${name}: read`, value: found.readMs, unit: "CPU ms" },
    { name: `${name}: write`, value: found.writeMs, unit: "CPU ms" },
    { name: `${name}: memory`, value: found.rssMb, unit: "MB" },
    { name: `${name}: goals violated`, value: found.violated, unit: "goals", target: 0 },
    {
      name: `${name}: MB over the lower bound`,
      value: found.ratio,
      unit: "x",
      target: wanted.ratio,
    },
    { name: `${name}: replicas moved`, value: found.replicas, unit: "replicas" },
  ];
}

/** Runs every case, or those whose name has `only` in it. */
export async function run(only = ""): Promise<BenchResult[]> {
  const folder = await Deno.makeTempDir();
  const results: BenchResult[] = [];
  try {
    for (const wanted of CASES) {
      if (wanted.name.includes(only)) results.push(...await runCase(folder, wanted));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return results;
}

if (import.meta.main) {
  const [snapshot, output] = Deno.args;
  if (output === undefined) {
    for (const row of await run(snapshot)) {
      console.log(
        row.name.padEnd(52),
        row.value.toFixed(3).padStart(14),
        row.unit,
        row.target === undefined ? "" : `(target ${row.target})`,
      );
    }
  } else console.log(JSON.stringify(await measure(snapshot!, output)));
}
