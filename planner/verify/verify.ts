/**
 * Checks a plan against a snapshot without any of the planner's arrays or running sums: everything is added up anew,
 * broker by broker and goal by goal, in the plainest way.
 *
 * @module
 */
import { type BalancingConstraint, topicPattern } from "../../goals/constraint.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { DISK, RESOURCES } from "../../model/metrics.ts";
import { inputAt, inputOver, type WindowChoice } from "../../model/windows.ts";
import type { ReadPlan } from "../../model/plan_file.ts";
import { claimProblems } from "./claims.ts";
import { checkGoal, SCRATCH_GOALS } from "./goals.ts";
import type { CheckOptions, GoalCheck, VerifiedGoal } from "./goal_check.ts";
import { type Findings, judgeGoals, judgeOffline, mayLeave, strayed } from "./left.ts";
import { type Change, checkSteps, type Steps } from "./prefixes.ts";
import { type BrokerRules, ruleProblems } from "./broker_rules.ts";
import { apply } from "./apply.ts";
import { amountsFound } from "./amounts.ts";
import { curveProblems } from "./curve_claims.ts";
import { reasonProblems } from "./reason_claims.ts";
import { type ExcludedBrokers, type Placed, placedAsIs, type Tally, tallyOf } from "./tally.ts";

/** What a check is told besides snapshot and plan. */
export interface VerifySettings extends BrokerRules {
  /** Which loads count where the snapshot has windows; with `each`, capacity limits must hold in all of them. */
  readonly over?: WindowChoice | "each";
  /** Replicas that each partition of a topic must have afterwards; undefined = as many as before. */
  readonly factorOf?: (topic: string) => number | undefined;
  readonly goals: readonly string[];
  /** Whether these are the usual goals and not chosen ones: a plan may say that it was made for others. False when absent. */
  readonly usualGoals?: boolean;
  readonly constraint: BalancingConstraint;
  /**
   * Whether the plan goes on from one before within a process, which copies what it takes over with the figures of then:
   * figures of moves are not compared. False when absent.
   */
  readonly goesOn?: boolean;
  /** Whether the plan is of a kind that moves nothing between brokers, and leaves offline replicas where they are; false when absent. */
  readonly withinBrokers?: boolean;
}

/** The outcome. The plan is valid when `problems` is empty, and good when nothing is left, nor `without`, either. */
export interface Verification extends Findings {
  /** Partitions that a budget left out, as the plan says; 0 = none. */
  readonly leftOut: number;
  readonly goals: readonly VerifiedGoal[];
  readonly partitions: number;
  /** Steps of the plan's order that were checked; 0 when the plan claims nothing or adds or deletes replicas. */
  readonly steps: number;
  readonly replicasMoved: number;
  readonly leadersMoved: number;
  readonly mbToMove: number;
}

/** Findings of a kind listed one by one; more are counted. */
const LINES_MAX = 50;

/** Checks a plan. O(R + T x B). */
export function verifyPlan(
  given: ClusterInput,
  plan: ReadPlan,
  settings: VerifySettings,
): Verification {
  const findings: Findings = { problems: [], left: [], without: [] };
  const { problems } = findings;
  const { claims } = plan;
  const { over = "mean" } = settings;
  const input = over === "max" || over === "p95" ? inputOver(given, over) : given;
  const before = placedAsIs(input);
  const after = apply(input, before, { plan, problems });
  if (settings.withinBrokers === true) problems.push(...strayed(after.placed, before));
  else judgeOffline(after.placed, before, { findings, plan, brokers: input.brokers });
  checkFactors(after.placed, before, {
    findings,
    plan,
    factorOf: settings.factorOf ?? (() => undefined),
  });
  problems.push(...ruleProblems(after.changes, input.brokers, settings));
  const pattern = topicPattern(settings.constraint.excludedTopics, "excluded topics");
  const excluded = pattern.ok ? pattern.value : () => false;
  const tallies = {
    before: tallyOf(input, before, settings),
    after: tallyOf(input, after.placed, settings),
  };
  const options = { constraint: settings.constraint, excluded, before: tallies.before };
  const peaks = settings.over === "each" ? peakTallies(input, plan, settings) : [];
  const parts = { plan, settings, tallies, options, problems, peaks };
  const { found, checks } = checkGoals(input, parts);
  const goals = settings.goals.flatMap((name) => found.get(name) ?? []);
  const hadOffline = input.replicaOffline.includes(1) ||
    input.brokers.some(({ state }) => state === "dead");
  const racksYield = hadOffline || outgrowsRacks(input, settings);
  judgeGoals(goals, plan, { findings, racksYield, chosen: settings.usualGoals !== true });
  const { topicNames } = input;
  const { constraint } = settings;
  const { changes } = after;
  const kept = keepsCounts(changes);
  const all = { ...after, ...tallies, goals: found, topicNames, constraint, keepsCounts: kept };
  problems.push(...claimProblems(claims, all));
  if (kept) {
    const named = new Set((claims.goals ?? []).map((goal) => String(goal["name"])));
    const atHome = () => tallyOf(input, before, settings);
    const { goesOn = false } = settings;
    problems.push(...reasonProblems(changes, { atHome, goals: named, goesOn }));
    const curve = { changes, home: atHome, options, hasPeaks: over === "each" };
    problems.push(...curveProblems(claims, all, curve));
  }
  const dirThreshold = constraint.capacityThreshold[DISK]!;
  const way = checkWay(changes, { ...tallies, goals: checks, dirThreshold });
  const wrong = way.problem ?? peakProblem(peaks, checks, options);
  if (wrong !== undefined) problems.push(`the plan's order is not good: ${wrong}`);
  return {
    problems: shortened(problems),
    left: shortened(findings.left),
    without: findings.without,
    leftOut: claims.leftOut,
    goals,
    partitions: plan.partitions.length,
    steps: way.steps,
    replicasMoved: after.replicasMoved,
    leadersMoved: after.leadersMoved,
    mbToMove: after.mbToMove,
  };
}

/** Goals that are asked for, and those that the plan speaks of, before and after. */
function checkGoals(
  input: ClusterInput,
  parts: {
    plan: ReadPlan;
    settings: VerifySettings;
    tallies: { before: Tally; after: Tally };
    options: CheckOptions;
    problems: string[];
    /** Empty unless limits hold in each window. */
    peaks: readonly PeakTally[];
  },
): {
  readonly found: ReadonlyMap<string, VerifiedGoal>;
  /** Those that the plan promises an order for. */
  readonly checks: readonly { name: string; check: GoalCheck }[];
} {
  const { plan, settings, tallies, options, problems, peaks } = parts;
  const found = new Map<string, VerifiedGoal>();
  const checks: { name: string; check: GoalCheck }[] = [];
  const hasSets = settings.constraint.brokerSets !== undefined;
  const spoken = [...plan.claims.violatedAfter.keys()].filter((name) =>
    SCRATCH_GOALS.includes(name) && (hasSets || name !== "BrokerSetAwareGoal")
  );
  for (const { name } of plan.claims.goals ?? []) {
    if (SCRATCH_GOALS.includes(String(name))) continue;
    problems.push(`the plan speaks of goal ${name}, which there is not`);
  }
  for (const name of new Set([...settings.goals, ...spoken])) {
    const was = checkGoal(name, tallies.before, options);
    const is = checkGoal(name, tallies.after, options);
    if (was === undefined || is === undefined) {
      problems.push(`goal ${name} cannot be checked: must be one of ${SCRATCH_GOALS.join(", ")}`);
      continue;
    }
    let goal = verifiedGoal(input, { name, was, is, tallies });
    if (peaks.length > 0 && holdsAtPeaks(is)) goal = atPeaks(goal, peaks, options);
    found.set(name, goal);
    if (plan.claims.violatedAfter.has(name)) checks.push({ name, check: is });
  }
  return { found, checks };
}

function shortened(lines: readonly string[]): string[] {
  const more = lines.length - LINES_MAX;
  return more <= 0 ? [...lines] : [...lines.slice(0, LINES_MAX), `and ${more} more`];
}

/** One window before and after the plan. */
interface PeakTally {
  readonly before: Tally;
  readonly after: Tally;
  readonly changes: readonly Change[];
}

/** Everything added up once more for every window. */
function peakTallies(
  input: ClusterInput,
  plan: ReadPlan,
  excluded: ExcludedBrokers,
): PeakTally[] {
  const tallies: PeakTally[] = [];
  for (let w = 0; w < (input.windows?.count ?? 0); w++) {
    const then = inputAt(input, w);
    const before = placedAsIs(then);
    const after = apply(then, before, { plan, problems: [] });
    tallies.push({
      before: tallyOf(then, before, excluded),
      after: tallyOf(then, after.placed, excluded),
      changes: after.changes,
    });
  }
  return tallies;
}

/** Whether a goal has to be met in each window, where any has. */
function holdsAtPeaks({ hard, resources }: GoalCheck): boolean {
  return hard && resources.length > 0;
}

/** What the order does to limits that hold in each window; the tallies before the plan are changed. */
function peakProblem(
  peaks: readonly PeakTally[],
  goals: readonly { name: string; check: GoalCheck }[],
  options: CheckOptions,
): string | undefined {
  const names = goals.filter(({ check }) => holdsAtPeaks(check)).map(({ name }) => name);
  for (const [w, { before, after, changes }] of peaks.entries()) {
    const limits = names.map((name) => ({ name, check: checkGoal(name, after, options)! }));
    // Log dirs are held to what they have on average.
    const { problem } = checkWay(changes, { before, after, goals: limits, dirThreshold: Infinity });
    if (problem !== undefined) return `in window ${w} ${problem}`;
  }
  return undefined;
}

/** Brokers that are out in any window. */
function atPeaks(
  goal: VerifiedGoal,
  peaks: readonly PeakTally[],
  options: CheckOptions,
): VerifiedGoal {
  const before = new Set(goal.brokersOutBefore);
  const after = new Set(goal.brokersOutAfter);
  let { example } = goal;
  for (const [w, peak] of peaks.entries()) {
    for (const id of checkGoal(goal.name, peak.before, options)!.brokersOut) before.add(id);
    const now = checkGoal(goal.name, peak.after, options)!;
    for (const id of now.brokersOut) after.add(id);
    if (now.example !== undefined) example ??= `in window ${w} ${now.example}`;
  }
  const sorted = (ids: ReadonlySet<number>) => [...ids].sort((a, b) => a - b);
  const { amount: _ofMeans, ...rest } = goal;
  return { ...rest, brokersOutBefore: sorted(before), brokersOutAfter: sorted(after), example };
}

function verifiedGoal(
  input: ClusterInput,
  parts: {
    name: string;
    was: GoalCheck;
    is: GoalCheck;
    tallies: { before: Tally; after: Tally };
  },
): VerifiedGoal {
  const { name, was, is, tallies } = parts;
  const unknown = is.resources.find((resource) => input.unknownResources.has(resource));
  if (unknown !== undefined) {
    return {
      name,
      hard: is.hard,
      bestEffort: is.bestEffort === true,
      off: `load of ${RESOURCES[unknown]} is not known`,
      brokersOutBefore: [],
      brokersOutAfter: [],
      example: undefined,
    };
  }
  return {
    name,
    hard: is.hard,
    bestEffort: is.bestEffort === true,
    off: undefined,
    isCounted: is.amounts !== undefined && is.bestEffort !== true && is.amounts.onlyWished !== true,
    ...amountsFound({ was, is }, tallies),
    brokersOutBefore: was.brokersOut,
    brokersOutAfter: is.brokersOut,
    example: is.example,
  };
}

/** Only plans that name their goals promise an order; and limits move while replicas are added or deleted. */
function checkWay(changes: readonly Change[], parts: Parameters<typeof checkSteps>[1]): Steps {
  if (parts.goals.length === 0 || !keepsCounts(changes)) return { steps: 0, problem: undefined };
  return checkSteps(changes, parts);
}

/** Whether no replica is added or deleted. */
function keepsCounts(changes: readonly Change[]): boolean {
  return changes.every(({ was, is }) => was.replicas.length === is.replicas.length);
}

function checkFactors(
  placed: readonly Placed[],
  before: readonly Placed[],
  { findings, plan, factorOf }: {
    findings: Findings;
    plan: ReadPlan;
    factorOf: (topic: string) => number | undefined;
  },
): void {
  for (const [row, { topic, partition, replicas }] of placed.entries()) {
    const had = before[row]!.replicas.length;
    const wanted = factorOf(topic) ?? had;
    if (replicas.length === wanted) continue;
    // Room for some of the new ones is better than none.
    const isLeft = replicas.length >= had && replicas.length < wanted && mayLeave(plan);
    (isLeft ? findings.left : findings.problems).push(
      `${topic}-${partition} has ${had} replicas, the plan gives it ${replicas.length}` +
        (wanted === had ? "" : `, wanted ${wanted}`),
    );
  }
}

/** Whether partitions are to get more replicas than there are racks with alive brokers. */
function outgrowsRacks(
  { brokers, topicNames }: ClusterInput,
  { factorOf }: Pick<VerifySettings, "factorOf">,
): boolean {
  if (factorOf === undefined) return false;
  const alive = brokers.filter(({ state }) => state !== "dead");
  const racks = new Set(alive.map(({ rack }) => rack)).size;
  return topicNames.some((topic) => (factorOf(topic) ?? 0) > racks);
}
