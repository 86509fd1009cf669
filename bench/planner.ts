/**
 * What planning costs and what the plans are worth, on clusters of four sizes as `generate` writes them, five draws
 * each, of which the worst counts. Each is planned in a process of its own, so that figures are those of a cold start; CPU time counts all
 * threads, the collector's and compiler's too.
 */
import process from "node:process";
import { defaultConfig } from "../config/parse.ts";
import { GOAL_NAMES } from "../goals/catalog.ts";
import { constraintOf } from "../goals/constraint.ts";
import { BASE_CLUSTER, generateCluster, type GenerateOptions } from "../model/generate_cluster.ts";
import { planBytes } from "../model/plan_file.ts";
import { readSnapshotFile } from "../model/snapshot_read.ts";
import { v8FlagsOf } from "../tools/run.ts";
import { writeTextFile } from "../model/files.ts";
import { writeSnapshotFile } from "../model/snapshot_write.ts";
import { makeOutcome, type PlanOutcome } from "../planner/plan.ts";
import { plannerSettings } from "../planner/settings.ts";
import type { BenchResult } from "./result.ts";
import { seeds } from "./seeds.ts";

type Shape = Pick<GenerateOptions, "brokers" | "replicas" | "topics" | "racks">;

const SHAPES: Readonly<Record<string, Shape>> = {
  small: { brokers: 12, replicas: 3000, topics: 60, racks: 10 },
  medium: { brokers: 40, replicas: 50_000, topics: 3000, racks: 10 },
  large: { brokers: 200, replicas: 300_000, topics: 12_000, racks: 10 },
  huge: { brokers: 215, replicas: 2_800_000, topics: 20_000, racks: 10 },
};

/** Each case is drawn so often; the worst counts. */
const DRAWS = 5;

/** What a case must reach. */
interface Targets {
  /** CPU ms of planning with the input in memory. */
  readonly planMs: number;
  /** CPU ms of reading the snapshot, planning and writing the plan with its reasons. */
  readonly wholeMs?: number;
  /** Highest use of memory above that of a process that does nothing, MB. */
  readonly memoryMb?: number;
  /** MB over the lower bound. */
  readonly ratio: number;
}

interface Case extends Targets {
  readonly name: string;
  readonly shape: keyof typeof SHAPES;
  readonly distribution: GenerateOptions["distribution"];
  /** Equal unless given. */
  readonly capacities?: GenerateOptions["capacities"];
}

const MEDIUM: Targets = { planMs: 120, wholeMs: 200, memoryMb: 100, ratio: 1.05 };
const LARGE: Targets = { planMs: 350, wholeMs: 550, memoryMb: 140, ratio: 1.02 };

/** Every distribution for one shape, with equal brokers and with brokers of three sizes. */
function casesOf(shape: keyof typeof SHAPES, equal: Targets, hetero?: Targets): Case[] {
  const distributions = ["exponential", "linear", "uniform", "skewed"] as const;
  return [
    ...distributions.map((distribution): Case => ({
      ...equal,
      name: `${shape} ${distribution}`,
      shape,
      distribution,
    })),
    ...distributions.flatMap((distribution): Case[] =>
      hetero === undefined ? [] : [{
        ...hetero,
        name: `${shape} hetero ${distribution}`,
        shape,
        distribution,
        capacities: "mixed",
      }]
    ),
  ];
}

const CASES: readonly Case[] = [
  {
    name: "small exponential",
    shape: "small",
    distribution: "exponential",
    planMs: 500,
    ratio: 1.4,
  },
  ...casesOf("medium", MEDIUM, { ...MEDIUM, planMs: 500, wholeMs: 700, ratio: 1.06 }),
  ...casesOf("large", LARGE, { ...LARGE, planMs: 3000, wholeMs: 3500, ratio: 1.06 }),
  ...casesOf("huge", { planMs: 2000, wholeMs: 3200, memoryMb: 500, ratio: 1.01 }),
];

/** What a case's process reports. */
interface Measured {
  readonly planMs: number;
  readonly wholeMs: number;
  readonly peakMb: number;
  readonly ratio: number;
  readonly violated: number;
  readonly replicas: number;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Highest use of memory of this process so far, MB; the present one where the system does not tell. */
function peakMb(): number {
  if (Deno.build.os !== "linux") return Deno.memoryUsage().rss / 2 ** 20;
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(/VmHWM:\s*(\d+)/.exec(status)?.[1]) / 1024;
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
    planMs: planned - read,
    wholeMs: cpuMs() - start,
    peakMb: peakMb(),
    ratio: summary.lowerBoundMb > 0 ? summary.mbToMove / summary.lowerBoundMb : 1,
    violated: summary.goals.filter((goal) => goal.violatedAfter).length,
    replicas: summary.interBrokerReplicaMoves,
  };
}

async function write(outcome: PlanOutcome, output: string): Promise<void> {
  const source = {
    summary: outcome.summary,
    brokers: outcome.brokers,
    proposals: outcome.proposals(),
  };
  const written = await writeTextFile(output, planBytes(source, { wallMs: 0, cpuMs: 0 }), "plan");
  if (!written.ok) throw new TypeError(written.failure.message);
}

/** What the runtime says in a process of its own. */
async function child(args: readonly string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    stderr: "inherit",
  }).output();
  if (!success) throw new TypeError(`${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}

/** Highest use of memory of a process that loads nothing of ours, MB. */
async function bareRuntimeMb(): Promise<number> {
  return Number(await child(["eval", `${peakMb}\nconsole.log(peakMb());`]));
}

async function measureSeed(folder: string, wanted: Case, seed: number): Promise<Measured> {
  const snapshot = `${folder}/snapshot.json`;
  const plan = `${folder}/plan.json`;
  const { shape, distribution, capacities = BASE_CLUSTER.capacities } = wanted;
  const drawn = generateCluster({
    ...BASE_CLUSTER,
    ...SHAPES[shape],
    distribution,
    capacities,
    seed,
  });
  if (!drawn.ok) throw new TypeError(drawn.failure.message);
  const saved = await writeSnapshotFile(snapshot, drawn.value);
  if (!saved.ok) throw new TypeError(saved.failure.message);
  const module = new URL(import.meta.url).pathname;
  return JSON.parse(
    await child(["run", "-A", "--quiet", ...v8FlagsOf("evenkeel"), module, snapshot, plan]),
  ) as Measured;
}

/** The worst of all seeds, figure by figure. */
async function runCase(folder: string, wanted: Case, bareMb: number): Promise<BenchResult[]> {
  const found: Measured[] = [];
  for (const seed of seeds(DRAWS)) found.push(await measureSeed(folder, wanted, seed));
  const worst = (of: (measured: Measured) => number) => Math.max(...found.map(of));
  const row = (what: string, value: number, unit: string, target?: number): BenchResult => ({
    name: `${wanted.name}: ${what}`,
    value,
    unit,
    ...(target === undefined ? {} : { target }),
  });
  return [
    row("plan, model in memory", worst((m) => m.planMs), "CPU ms", wanted.planMs),
    row("read, plan and write", worst((m) => m.wholeMs), "CPU ms", wanted.wholeMs),
    row("memory above bare", worst((m) => m.peakMb) - bareMb, "MB", wanted.memoryMb),
    row("goals violated", worst((m) => m.violated), "goals", 0),
    row("MB over the lower bound", worst((m) => m.ratio), "x", wanted.ratio),
    row("replicas moved", worst((m) => m.replicas), "replicas"),
  ];
}

/** Runs every case, or those whose name has `only` in it. */
export async function run(only = ""): Promise<BenchResult[]> {
  const folder = await Deno.makeTempDir();
  const results: BenchResult[] = [];
  try {
    const bareMb = await bareRuntimeMb();
    for (const wanted of CASES) {
      if (wanted.name.includes(only)) results.push(...await runCase(folder, wanted, bareMb));
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
