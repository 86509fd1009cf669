/**
 * The living analyzer: how long it holds its thread, how soon a cancelled plan is settled, and what a re-plan costs
 * when little changed. Each size is a process of its own.
 *
 * @module
 */
import process from "node:process";
import { runInSlices } from "../actors/analyzer/plan_jobs.ts";
import { defaultConfig } from "../config/parse.ts";
import { GOAL_NAMES } from "../goals/catalog.ts";
import { constraintOf } from "../goals/constraint.ts";
import { systemClock } from "../lib/clock.ts";
import { createPrng } from "../lib/prng.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import type { HeldPlan, PlanSummary } from "../model/plan.ts";
import { DISK, RESOURCE_COUNT } from "../model/metrics.ts";
import { parsePlan, planText } from "../model/plan_file.ts";
import { type Keeper, previousOf, type PreviousPlan } from "../planner/previous.ts";
import { type PlacedPlan, placedPlanSteps } from "../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../planner/settings.ts";
import { verifyPlan } from "../planner/verify/verify.ts";
import { withLogDirs, withOtherTopics } from "./pieces.ts";
import type { BenchResult } from "./result.ts";
import { firstSeed } from "./seeds.ts";
import { syntheticCluster, type SyntheticOptions } from "./synthetic_cluster.ts";

const MEDIUM = { brokers: 40, replicas: 50_000, topics: 3000, racks: 10 } as const;

/** What is planned for; `config` beside the defaults, `logDirs` of each broker, alike. */
type Shape = Omit<SyntheticOptions, "seed"> & {
  readonly config?: Readonly<Record<string, string>>;
  readonly logDirs?: number;
};

const SHAPES = {
  medium: { ...MEDIUM, distribution: "exponential" },
  "medium of even loads": { ...MEDIUM, distribution: "uniform" },
  "medium with loads doubled and halved": { ...MEDIUM, distribution: "exponential" },
  "medium with topics created and deleted": { ...MEDIUM, distribution: "exponential" },
  "medium with brokers of three sizes": { ...MEDIUM, distribution: "exponential", hetero: true },
  "medium of even loads with brokers of three sizes": {
    ...MEDIUM,
    distribution: "uniform",
    hetero: true,
  },
  "medium with log dirs": { ...MEDIUM, distribution: "exponential", logDirs: 4 },
  "medium with a goal that no plan meets": {
    ...MEDIUM,
    distribution: "exponential",
    // All partitions of a broker led there would send 63 % of what it can.
    config: { "network.outbound.capacity.threshold": "0.6" },
  },
  large: {
    brokers: 200,
    replicas: 300_000,
    topics: 12_000,
    racks: 10,
    distribution: "exponential",
  },
  huge: {
    brokers: 215,
    replicas: 2_800_000,
    topics: 20_000,
    racks: 10,
    distribution: "exponential",
  },
} as const satisfies Record<string, Shape>;

type Size = keyof typeof SHAPES;

const SEED = firstSeed();
/** Part of the partitions whose loads change, and by how much at most unless they are doubled and halved. */
const CHANGED_PART = 0.01;
const CHANGE_MAX = 0.5;
/** Part of the topics that go, and come, where topics are created and deleted. */
const TOPICS_PART = 0.003;
/** Moments at which a plan is cancelled. */
const CANCELS = 15;
const CANCELS_HUGE = 7;
/** Most that a re-plan may cost after loads changed, and after topics came and went, in % of a cold plan. */
const COST_MAX = { loads: 20, topics: 100 } as const;

const clock = systemClock();

/**
 * Loads change, and a re-plan is made, again and again in one process as in a server that runs for days; then cold plans of the same
 * clusters. One by one they would pay for each other: what a cold plan leaves behind is collected while the next plan is made. So they come in
 * blocks, of which the first rounds are not measured; some blocks of either kind in turns, as machines have slow minutes. Before them all, rounds of
 * both kinds are made until the compiler is hardly at work any more. Medians of what is measured count.
 */
interface Rounds {
  readonly unmeasured: number;
  readonly blocks: number;
  /** Rounds of a block before those that are measured. */
  readonly settling: number;
  readonly measured: number;
}

const OFTEN: Rounds = { unmeasured: 400, blocks: 5, settling: 4, measured: 21 };
const DEARER: Rounds = { unmeasured: 100, blocks: 3, settling: 3, measured: 9 };

const ROUNDS: Readonly<Record<Size, Rounds>> = {
  medium: OFTEN,
  "medium of even loads": OFTEN,
  "medium with loads doubled and halved": OFTEN,
  "medium with topics created and deleted": DEARER,
  "medium with brokers of three sizes": DEARER,
  "medium of even loads with brokers of three sizes": DEARER,
  "medium with log dirs": DEARER,
  "medium with a goal that no plan meets": DEARER,
  large: { unmeasured: 6, blocks: 2, settling: 1, measured: 4 },
  huge: { unmeasured: 2, blocks: 1, settling: 1, measured: 3 },
};

/** What a plan cost, and what it is worth: plans themselves would fill the memory, and no server holds so many. */
interface Run {
  readonly summary: PlanSummary;
  /** CPU of all threads, ms: until the plan is judged, and with the proposals. */
  readonly judgedMs: number;
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** The longest time between two steps, CPU of the thread and wall, and where the former was. */
interface Block {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly step: string;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** CPU that this thread used, ms: on a shared machine the wall clock tells of the neighbours. Linux only. */
function threadMs(): number {
  return Number(Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ")[0]) / 1e6;
}

function measured(
  input: ClusterInput,
  settings: PlannerSettings,
): { run: Run; placed: PlacedPlan } {
  const steps = placedPlanSteps(input, settings);
  const [startMs, startWallMs] = [cpuMs(), clock.monotonicMs()];
  let judgedMs = 0;
  for (;;) {
    const next = steps.next();
    if (next.done === true) {
      if (!next.value.ok) throw new TypeError(next.value.failure.message);
      const placed = next.value.value;
      const [tookMs, tookWallMs] = [cpuMs() - startMs, clock.monotonicMs() - startWallMs];
      const { summary } = placed.plan;
      return { run: { summary, judgedMs, cpuMs: tookMs, wallMs: tookWallMs }, placed };
    }
    if (judgedMs === 0 && next.value.step === "Writing proposals") judgedMs = cpuMs() - startMs;
  }
}

/** A look at the clocks of every step costs as much as a re-plan of a small cluster: apart from what plans cost. */
function longestBlock(input: ClusterInput, settings: PlannerSettings): Block {
  const steps = placedPlanSteps(input, settings);
  let block: Block = { cpuMs: 0, wallMs: 0, step: "" };
  for (let step = "start";;) {
    const [beganMs, beganWallMs] = [threadMs(), clock.monotonicMs()];
    const next = steps.next();
    const [tookMs, wallMs] = [threadMs() - beganMs, clock.monotonicMs() - beganWallMs];
    block = {
      cpuMs: Math.max(block.cpuMs, tookMs),
      wallMs: Math.max(block.wallMs, wallMs),
      step: tookMs > block.cpuMs ? step : block.step,
    };
    if (next.done === true) return block;
    step = next.value.step;
  }
}

/** The same cluster with some loads changed by up to half, up and down, or doubled or halved, and back again if they were already. */
function changedLoads(
  size: Size,
  input: ClusterInput,
  { first, seed }: { first: ClusterInput; seed: number },
): ClusterInput {
  const prng = createPrng(seed);
  const leaderLoad = input.leaderLoad.slice();
  const followerLoad = input.followerLoad.slice();
  const partitions = input.partitionNumber.length;
  for (let k = 0; k < partitions * CHANGED_PART; k++) {
    const p = prng.below(partitions);
    const drawn = prng.next();
    const factor = size.includes("doubled")
      ? doubledOrHalved(ratio(input, first, p), drawn)
      : 1 + CHANGE_MAX * (2 * drawn - 1);
    for (let i = p * RESOURCE_COUNT; i < (p + 1) * RESOURCE_COUNT; i++) {
      leaderLoad[i]! *= factor;
      followerLoad[i]! *= factor;
    }
  }
  return { ...input, leaderLoad, followerLoad };
}

/** Doubled again and again, loads would become those of another cluster. */
function doubledOrHalved(already: number, drawn: number): number {
  if (already > 1.5) return 0.5;
  if (already < 0.75) return 2;
  return drawn < 0.5 ? 0.5 : 2;
}

/** Of a partition's MB, to those of the first cluster. */
function ratio(input: ClusterInput, first: ClusterInput, p: number): number {
  const at = p * RESOURCE_COUNT + DISK;
  return input.leaderLoad[at]! / first.leaderLoad[at]!;
}

/** The same cluster with other loads, and other topics where they are created and deleted. */
function changed(
  size: Size,
  input: ClusterInput,
  { first, seed }: { first: ClusterInput; seed: number },
): ClusterInput {
  const loaded = changedLoads(size, input, { first, seed });
  if (!size.includes("topics")) return loaded;
  const count = Math.round(TOPICS_PART * input.topicNames.length);
  return withOtherTopics(loaded, count, createPrng(seed));
}

/** Milliseconds from the moment a cancellation is due to the moment the plan is settled, one a seeded moment. */
async function cancelled(
  input: ClusterInput,
  settings: PlannerSettings,
  options: { count: number; wholeMs: number },
): Promise<number[]> {
  const prng = createPrng(SEED);
  const tookMs: number[] = [];
  for (let k = 0; k < options.count; k++) {
    let isCancelled = false;
    const dueMs = clock.monotonicMs() + options.wholeMs * (k + prng.next()) / options.count;
    const timer = clock.setTimer(clock.nowMs() + dueMs - clock.monotonicMs(), () => {
      isCancelled = true;
    });
    const control = { cancelled: () => isCancelled, progress() {} };
    const outcome = await runInSlices(placedPlanSteps(input, settings), clock, control);
    // A run may be faster than the first and done before.
    if (!outcome.ok) tookMs.push(Math.max(0, clock.monotonicMs() - dueMs));
    timer.cancel();
  }
  return tookMs.sort((a, b) => a - b);
}

/** `verify` holds the cluster as objects: not for the huge one. */
function problemsOf(input: ClusterInput, plan: HeldPlan, settings: PlannerSettings): number {
  const read = parsePlan([...planText(plan, { wallMs: 0, cpuMs: 0 })].join(""));
  if (!read.ok) throw new TypeError(read.failure.message);
  // Moves that stay say what the plan before said of them.
  return verifyPlan(input, read.value, { ...settings, goesOn: true }).problems.length;
}

function violated({ summary }: Run): number {
  return summary.goals.filter((goal) => goal.violatedAfter).length;
}

function planFigures(name: string, run: Run): BenchResult[] {
  const { mbToMove, lowerBoundMb } = run.summary;
  return [
    { name: `${name} re-plan: judged`, value: run.judgedMs, unit: "CPU ms" },
    { name: `${name} re-plan: with proposals`, value: run.cpuMs, unit: "CPU ms" },
    { name: `${name} re-plan: MB moved`, value: mbToMove, unit: "MB" },
    { name: `${name} re-plan: MB over the lower bound`, value: mbToMove / lowerBoundMb, unit: "x" },
  ];
}

function median(runs: readonly Run[], of: (run: Run) => number): number {
  return runs.map(of).sort((a, b) => a - b)[runs.length >> 1]!;
}

/** Median costs, with the summary of the last run. */
function typical(runs: readonly Run[]): Run {
  return {
    ...runs.at(-1)!,
    judgedMs: median(runs, (run) => run.judgedMs),
    cpuMs: median(runs, (run) => run.cpuMs),
    wallMs: median(runs, (run) => run.wallMs),
  };
}

interface Played {
  readonly cold: readonly Run[];
  readonly warm: readonly Run[];
  /** Of the last round. */
  readonly input: ClusterInput;
  readonly plan: HeldPlan;
  readonly coldBlock: Block;
  readonly warmBlock: Block;
}

/** Re-plans in a row. */
class Chain {
  readonly #settings: PlannerSettings;
  readonly #keeper: Keeper = { kept: undefined };
  #previous: PreviousPlan;
  plan: HeldPlan;

  constructor(first: ClusterInput, settings: PlannerSettings) {
    this.#settings = settings;
    const { placed } = measured(first, { ...settings, keeper: this.#keeper });
    this.plan = placed.plan;
    this.#previous = previousOf({ ...placed.plan, places: placed.places });
  }

  /** What re-plans are made with. */
  get settings(): PlannerSettings {
    return { ...this.#settings, keeper: this.#keeper, previous: this.#previous };
  }

  next(input: ClusterInput): Run {
    const { run, placed } = measured(input, this.settings);
    this.plan = placed.plan;
    this.#previous = previousOf({ ...placed.plan, places: placed.places }, this.#previous);
    return run;
  }
}

/** See {@link ROUNDS}; then one more of each with a look at each step. */
function playRounds(size: Size, first: ClusterInput, settings: PlannerSettings): Played {
  const { unmeasured, blocks, settling, measured: count } = ROUNDS[size];
  const chain = new Chain(first, settings);
  let round = 0;
  let input = first;
  const next = () => input = changed(size, input, { first, seed: SEED + round++ });
  for (let k = 0; k < unmeasured; k++) chain.next(next());
  for (let k = 0; k < unmeasured; k++) measured(input, settings);
  const warm: Run[] = [];
  const cold: Run[] = [];
  for (let block = 0; block < blocks; block++) {
    const inputs: ClusterInput[] = [];
    for (let k = 0; k < settling + count; k++) inputs.push(next());
    warm.push(...inputs.map((cluster) => chain.next(cluster)).slice(settling));
    cold.push(...inputs.map((cluster) => measured(cluster, settings).run).slice(settling));
  }
  const [coldBlock, warmBlock] = [settings, chain.settings].map((asked) =>
    longestBlock(input, asked)
  );
  return {
    cold,
    warm,
    input,
    plan: chain.plan,
    coldBlock: coldBlock!,
    warmBlock: warmBlock!,
  };
}

async function measure(size: Size): Promise<BenchResult[]> {
  const { config, logDirs = 0, ...shape }: Shape = SHAPES[size];
  const constraint = constraintOf(
    defaultConfig({ "max.replicas.per.broker": "20000", ...config }),
  );
  if (!constraint.ok) throw new TypeError(constraint.failure.message);
  const settings = plannerSettings(GOAL_NAMES, constraint.value);
  const drawn = syntheticCluster({ ...shape, seed: SEED });
  const first = logDirs === 0 ? drawn : withLogDirs(drawn, logDirs, createPrng(SEED));
  const rounds = playRounds(size, first, settings);
  const [cold, warm] = [typical(rounds.cold), typical(rounds.warm)];
  const { coldBlock, warmBlock } = rounds;
  const costMax = size.includes("topics") ? COST_MAX.topics : COST_MAX.loads;
  const settledMs = await cancelled(rounds.input, settings, {
    count: size === "huge" ? CANCELS_HUGE : CANCELS,
    wholeMs: cold.wallMs * 0.9,
  });
  return [
    {
      name: `cold: longest block (${coldBlock.step})`,
      value: coldBlock.cpuMs,
      unit: "CPU ms of the thread",
      target: 200,
    },
    {
      name: `warm: longest block (${warmBlock.step})`,
      value: warmBlock.cpuMs,
      unit: "CPU ms of the thread",
      target: 200,
    },
    {
      name: "longest block by the wall clock",
      value: Math.max(coldBlock.wallMs, warmBlock.wallMs),
      unit: "ms",
    },
    { name: "cancel to settled, median", value: settledMs[settledMs.length >> 1]!, unit: "ms" },
    { name: "cancel to settled, longest", value: settledMs.at(-1)!, unit: "ms", target: 50 },
    ...planFigures("cold", cold),
    ...planFigures("warm", warm),
    {
      name: "warm re-plan: CPU of the cold one, judged",
      value: 100 * warm.judgedMs / cold.judgedMs,
      unit: "%",
      target: costMax,
    },
    {
      name: "warm re-plan: CPU of the cold one, with proposals",
      value: 100 * warm.cpuMs / cold.cpuMs,
      unit: "%",
      target: costMax,
    },
    {
      name: "warm re-plan: goals violated more than by the cold one",
      value: Math.max(0, violated(warm) - violated(cold)),
      unit: "goals",
      target: 0,
    },
    {
      name: "warm re-plan: MB of the cold one",
      value: warm.summary.mbToMove / cold.summary.mbToMove,
      unit: "x",
      target: 1.02,
    },
    ...(size === "huge" ? [] : [{
      name: "warm re-plan: problems found by verify",
      value: problemsOf(rounds.input, rounds.plan, settings),
      unit: "problems",
      target: 0,
    }]),
  ];
}

/** Runs every size, or the one that is named. */
export async function run(only = ""): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const size of Object.keys(SHAPES)) {
    if (!size.includes(only)) continue;
    const child = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", new URL(import.meta.url).pathname, size, "child"],
      stderr: "inherit",
    }).output();
    if (!child.success) throw new TypeError(`${size} failed`);
    const figures = JSON.parse(new TextDecoder().decode(child.stdout)) as BenchResult[];
    results.push(...figures.map((figure) => ({ ...figure, name: `${size}: ${figure.name}` })));
  }
  return results;
}

if (import.meta.main) {
  const [size, child] = Deno.args;
  if (child === "child") console.log(JSON.stringify(await measure(size as Size)));
  else {
    for (const { name, value, unit, target } of await run(size)) {
      const wanted = target === undefined ? "" : `(target ${target})`;
      console.log(name.padEnd(72), value.toFixed(2).padStart(14), unit, wanted);
    }
  }
}
