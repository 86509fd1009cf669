/**
 * Checks a plan against a snapshot without any of the planner's arrays or running sums: everything is added up anew,
 * broker by broker and goal by goal, in the plainest way.
 *
 * @module
 */
import { type BalancingConstraint, topicPattern } from "../../goals/constraint.ts";
import type { ClusterInput, InputBroker } from "../../model/cluster_input.ts";
import { DISK, RESOURCES } from "../../model/metrics.ts";
import { inputAt, inputOver, type WindowChoice } from "../../model/windows.ts";
import type { PlannedPartition, ReadPlan } from "../../model/plan_file.ts";
import { claimProblems } from "./claims.ts";
import { checkGoal, SCRATCH_GOALS } from "./goals.ts";
import type { CheckOptions, GoalCheck, VerifiedGoal } from "./goal_check.ts";
import { type Findings, judgeGoals, judgeOffline, mayLeave, strayed } from "./left.ts";
import { type Change, checkSteps, type Steps } from "./prefixes.ts";
import { type BrokerRules, ruleProblems } from "./broker_rules.ts";
import { amountsFound } from "./amounts.ts";
import { curveProblems } from "./curve_claims.ts";
import { reasonProblems } from "./reason_claims.ts";
import { isAbout } from "./rounding.ts";
import {
  type ExcludedBrokers,
  type Placed,
  placedAsIs,
  type PlacedReplica,
  type Tally,
  tallyOf,
} from "./tally.ts";

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

/** Where plans say that a replica comes from that did not exist. */
const NO_BROKER = -1;
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
  const { found, checks } = checkGoals(input, { plan, settings, tallies, options, problems });
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
  if (way.problem !== undefined) problems.push(`the plan's order is not good: ${way.problem}`);
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
  },
): {
  readonly found: ReadonlyMap<string, VerifiedGoal>;
  /** Those that the plan promises an order for. */
  readonly checks: readonly { name: string; check: GoalCheck }[];
} {
  const { plan, settings, tallies, options, problems } = parts;
  const found = new Map<string, VerifiedGoal>();
  const checks: { name: string; check: GoalCheck }[] = [];
  const hasSets = settings.constraint.brokerSets !== undefined;
  const spoken = [...plan.claims.violatedAfter.keys()].filter((name) =>
    SCRATCH_GOALS.includes(name) && (hasSets || name !== "BrokerSetAwareGoal")
  );
  let peaks: readonly PeakTally[] | undefined;
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
    if (settings.over === "each" && is.hard && is.resources.length > 0) {
      goal = atPeaks(goal, peaks ??= peakTallies(input, plan, settings), options);
    }
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
    });
  }
  return tallies;
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

interface Applied {
  readonly placed: Placed[];
  /** In the plan's order. */
  readonly changes: readonly Change[];
  readonly replicasMoved: number;
  /** To other log dirs. */
  readonly movedOnBroker: number;
  readonly leadersMoved: number;
  readonly mbToMove: number;
}

function apply(
  input: ClusterInput,
  before: readonly Placed[],
  options: { plan: ReadPlan; problems: string[] },
): Applied {
  const { plan, problems } = options;
  const rows = new Map<string, number>();
  for (const [row, placed] of before.entries()) {
    rows.set(`${placed.topic}-${placed.partition}`, row);
  }
  const ids = new Map(input.brokers.map((broker, index) => [broker.id, index]));
  const placed = [...before];
  const seen = new Set<number>();
  const changes: Change[] = [];
  let replicasMoved = 0;
  let movedOnBroker = 0;
  let leadersMoved = 0;
  let mbToMove = 0;
  for (const change of plan.partitions) {
    const name = `${change.topic}-${change.partition}`;
    const row = rows.get(name);
    if (row === undefined) {
      problems.push(`${name} is not in the snapshot`);
      continue;
    }
    if (seen.has(row)) problems.push(`${name} is in the plan twice`);
    seen.add(row);
    const old = before[row]!;
    const next = placementAfter(old, change, { ids, problems, input });
    if (next === undefined) continue;
    const { reasons, group } = change;
    changes.push({ was: placed[row]!, is: next, reasons, group });
    placed[row] = next;
    const had = new Set(old.replicas.map((replica) => replica.broker));
    const added = next.replicas.filter((replica) => !had.has(replica.broker));
    const mb = added.reduce((sum, { diskMb }) => sum + diskMb, 0);
    replicasMoved += added.length;
    mbToMove += mb;
    const { mbToMove: said = mb } = change;
    if (!isAbout(said, mb)) {
      problems.push(`${name} is to copy ${mb} MB, the plan says ${said} MB`);
    }
    const dirs = next.replicas.filter((replica) => {
      const stays = old.replicas.find(({ broker }) => broker === replica.broker);
      return stays !== undefined && stays.logDir !== replica.logDir;
    }).length;
    movedOnBroker += dirs;
    // Another order of the list is a change of leadership to come.
    if (added.length === 0 && (dirs === 0 || next.leader !== old.leader)) leadersMoved++;
  }
  return { placed, changes, replicasMoved, movedOnBroker, leadersMoved, mbToMove };
}

function placementAfter(
  old: Placed,
  change: PlannedPartition,
  options: { ids: ReadonlyMap<number, number>; problems: string[]; input: ClusterInput },
): Placed | undefined {
  const { ids, problems, input } = options;
  const name = `${change.topic}-${change.partition}`;
  const oldIds = old.replicas.map((replica) => input.brokers[replica.broker]!.id);
  if (change.oldReplicas !== undefined && !sameMembers(change.oldReplicas, oldIds)) {
    problems.push(`${name} is on ${oldIds} in the snapshot, the plan says ${change.oldReplicas}`);
  }
  const leads = input.brokers[old.leader]!.id;
  if (change.oldLeader !== undefined && change.oldLeader !== leads) {
    problems.push(
      `${name} is led by broker ${leads} in the snapshot, the plan says ${change.oldLeader}`,
    );
  }
  if (new Set(change.newReplicas).size !== change.newReplicas.length) {
    problems.push(`${name} would have two replicas on one broker: ${change.newReplicas}`);
    return undefined;
  }
  const unknown = change.newReplicas.filter((id) => !ids.has(id));
  if (unknown.length > 0) {
    problems.push(`${name} would go to broker ${unknown}, which the snapshot does not have`);
    return undefined;
  }
  const brokers = change.newReplicas.map((id) => ids.get(id)!);
  const replicas = inOldPlaces(old, brokers).map((broker, i): PlacedReplica => {
    const stays = old.replicas.find((replica) => replica.broker === broker);
    const dir = logDirAfter(change, input.brokers[broker]!);
    if (stays !== undefined) {
      if (dir === undefined || dir === stays.logDir) return stays;
      return { ...stays, logDir: dir, offline: false };
    }
    // Sizes may differ between replicas: what arrives takes over from the one that the plan names, or from the
    // replica at its place in the list.
    const from = change.moves.find((move) => move.to === input.brokers[broker]!.id)?.from;
    const source = from === NO_BROKER
      ? old.newFollower
      : old.replicas.find((replica) => input.brokers[replica.broker]!.id === from) ??
        old.replicas[i] ?? old.newFollower;
    return { ...source, broker, logDir: dir ?? -1, offline: false };
  });
  return { ...old, replicas, leader: brokers[0]!, preferred: brokers[0]! };
}

/** Index of the log dir that the plan names for the replica on a broker; undefined when it names none. */
function logDirAfter(change: PlannedPartition, broker: InputBroker): number | undefined {
  const path = change.newLogDirs?.[change.newReplicas.indexOf(broker.id)];
  if (path === undefined || path === "any") return undefined;
  return broker.logDirs.findIndex((dir) => dir.path === path);
}

/** The new list with the leader put back where it came from: plans put it first, in exchange for what was first. */
function inOldPlaces(old: Placed, brokers: readonly number[]): number[] {
  const before = old.replicas.map((replica) => replica.broker);
  const came = before.indexOf(brokers[0]!);
  const went = brokers.indexOf(before[0]!);
  const places = [...brokers];
  const place = came >= 0 ? came : Math.max(0, went);
  if (place < places.length) [places[0], places[place]] = [places[place]!, places[0]!];
  return places;
}

function sameMembers(a: readonly number[], b: readonly number[]): boolean {
  const sorted = (list: readonly number[]) => [...list].sort((x, y) => x - y).join();
  return sorted(a) === sorted(b);
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
