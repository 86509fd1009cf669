/**
 * The planner's entry: from a cluster and settings to a plan.
 *
 * @module
 */
import { aggregate, validatedVote } from "../goals/provision.ts";
import { BALANCEDNESS_MAX, balancednessCosts } from "../goals/balancedness.ts";
import { brokersOut } from "../goals/goal.ts";
import { clusterStatistics } from "../goals/statistics.ts";
import { ok, type Result } from "../lib/failure.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import {
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_DISK,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  AXIS_REPLICAS,
  type ClusterModel,
} from "../model/cluster_model.ts";
import { CPU, DISK, NW_IN, NW_OUT } from "../model/metrics.ts";
import { refreshSums } from "../model/model_check.ts";
import type {
  BrokerFigures,
  ClusterStatistics,
  GoalOutcome,
  Plan,
  PlanSummary,
  Unmet,
} from "../model/plan.ts";
import type { Proposal } from "../model/proposal.ts";
import { INTRA_BROKER_GOALS } from "../goals/intra_broker_disk.ts";
import { assignLogDirs } from "./assign_log_dirs.ts";
import { bestAttempt } from "./attempts.ts";
import { type Budgeted, spend } from "./budget.ts";
import { lowerBoundMb, lowerBoundMbOf } from "./lower_bound.ts";
import { NOWHERE } from "./operations/replication_factor.ts";
import { orderOf } from "./order.ts";
import { prepare, type Prepared } from "./prepare.ts";
import { changedPartitions, moveTotals, ProposalMaker } from "./proposals.ts";
import type { Search } from "./search/state.ts";
import type { PlannerSettings, PlannerStep } from "./settings.ts";
import { impossibleGoals, unmetAfter, unmetFailure } from "./unmet.ts";
import { withdraw } from "./withdraw.ts";

/** A plan whose proposals are made one at a time, for plans too large to hold as objects. */
export interface PlanOutcome {
  readonly summary: PlanSummary;
  readonly brokers: Plan["brokers"];
  readonly proposalCount: number;
  /** Every proposal once, in the order to carry them out. */
  proposals(): Generator<Proposal, void>;
}

/** Proposals made between two steps. */
const PROPOSALS_A_STEP = 1000;

/** How things stand before or after the search. */
interface Standing {
  readonly figures: readonly BrokerFigures[];
  readonly statistics: ClusterStatistics;
  /** Brokers out by goal of the request; 0 for one that is off. */
  readonly out: readonly number[];
}

/**
 * Makes a plan in steps, so that a caller can keep its event loop free, show progress, or stop by not asking for
 * the next step. The same input and settings give the same plan.
 *
 * @returns `invalid_argument` when the settings do not fit the cluster; `hard_goal_unmet` when no plan was found
 *   that meets a hard goal or leaves no offline replica, with goal, brokers and missing capacity in its details.
 */
export function* outcomeSteps(
  input: ClusterInput,
  settings: PlannerSettings,
): Generator<PlannerStep, Result<PlanOutcome>, void> {
  yield { step: "Building the cluster model", completionPercentage: 0, steps: 0 };
  const prepared = prepare(input, settings);
  if (!prepared.ok) return prepared;
  const { model } = prepared.value;
  const strict = settings.unmetHardGoals === "fail";
  const impossible = strict ? unmetFailure(impossibleGoals(prepared.value)) : undefined;
  if (impossible !== undefined) return { ok: false, failure: impossible };
  yield { step: "Judging the cluster as it is", completionPercentage: 0, steps: 0 };
  const before = standing(prepared.value);
  const atHome = prepared.value.searchOf(0);
  const bounds = {
    all: lowerBoundMb(atHome),
    byGoal: prepared.value.goals.map((goal) =>
      goal.prepared === undefined ? 0 : lowerBoundMbOf(atHome, goal.prepared)
    ),
  };
  const search = yield* bestAttempt(prepared.value, bounds.all);
  yield { step: "Judging the plan", completionPercentage: 100, steps: search.steps };
  // Limits are compared with sums added up anew: what a million moves round away must not decide.
  yield* chooseLogDirs(prepared.value, search);
  refreshSums(model);
  search.windows?.refresh();
  let unmet = unmetAfter(prepared.value);
  if (strict && unmet.length > 0) return { ok: false, failure: unmetFailure(unmet)! };
  if (unmet.length > 0) {
    withdraw(search);
    refreshSums(model);
    unmet = unmetAfter(prepared.value);
  }
  const spent = yield* spendBudget(prepared.value, search, settings);
  if (spent !== undefined || unmet.length > 0) yield* chooseLogDirs(prepared.value, search);
  return ok(outcome(prepared.value, { before, bounds, settings, search, unmet, spent }));
}

function* chooseLogDirs(prepared: Prepared, search: Search): Generator<PlannerStep, void, void> {
  const asked = (name: string) => prepared.goals.some(({ goal }) => goal.name === name);
  const wishes = { capacity: asked(INTRA_BROKER_GOALS[0]), balance: asked(INTRA_BROKER_GOALS[1]) };
  for (const _ of assignLogDirs(search, wishes)) {
    yield { step: "Choosing log dirs", completionPercentage: 100, steps: search.steps };
  }
}

/** Orders by worth and cuts to the budget, when the settings ask for that. */
function* spendBudget(
  prepared: Prepared,
  search: Search,
  settings: PlannerSettings,
): Generator<PlannerStep, Budgeted | undefined, void> {
  const { budget, constraint } = settings;
  if (budget === undefined) return undefined;
  const step = "Weighing moves against their bytes";
  const spending = spend(prepared, search, { budget, constraint });
  for (;;) {
    const next = spending.next();
    if (next.done !== true) {
      yield { step, completionPercentage: 100, steps: search.steps };
      continue;
    }
    refreshSums(prepared.model);
    return next.value;
  }
}

/** {@link outcomeSteps} with the proposals as a list, ready to be sent to another thread. */
export function* planSteps(
  input: ClusterInput,
  settings: PlannerSettings,
): Generator<PlannerStep, Result<Plan>, void> {
  const made = yield* outcomeSteps(input, settings);
  if (!made.ok) return made;
  const { summary, brokers } = made.value;
  const proposals: Proposal[] = [];
  for (const proposal of made.value.proposals()) {
    proposals.push(proposal);
    if (proposals.length % PROPOSALS_A_STEP !== 0) continue;
    yield { step: "Writing proposals", completionPercentage: 100, steps: summary.steps };
  }
  return ok({ proposals, summary, brokers });
}

/** Runs a plan through at once; see {@link planSteps} for the failures. */
export function makePlan(input: ClusterInput, settings: PlannerSettings): Result<Plan> {
  const steps = planSteps(input, settings);
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
  }
}

/** Runs a plan through at once without making its proposals; see {@link outcomeSteps}. */
export function makeOutcome(input: ClusterInput, settings: PlannerSettings): Result<PlanOutcome> {
  const steps = outcomeSteps(input, settings);
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
  }
}

function standing(prepared: Prepared): Standing {
  const { model, context, goals } = prepared;
  return {
    figures: model.input.brokers.map((_, b) => figuresOf(model, b)),
    statistics: clusterStatistics(model, context),
    out: goals.map((goal) =>
      goal.prepared === undefined ? 0 : brokersOut(goal.prepared, context).length
    ),
  };
}

function figuresOf(model: ClusterModel, broker: number): BrokerFigures {
  const sum = (axis: number) => Math.max(0, model.sums[broker * AXIS_COUNT + axis]!);
  const unknown = model.input.unknownResources;
  const known = (resource: number, axis: number) => unknown.has(resource) ? NaN : sum(axis);
  return {
    cpu: known(CPU, AXIS_CPU),
    nwIn: known(NW_IN, AXIS_NW_IN),
    nwOut: known(NW_OUT, AXIS_NW_OUT),
    disk: known(DISK, AXIS_DISK),
    potentialNwOut: known(NW_OUT, AXIS_POTENTIAL_OUT),
    leaderNwIn: known(NW_IN, AXIS_LEADER_IN),
    replicas: sum(AXIS_REPLICAS),
    leaders: sum(AXIS_LEADERS),
  };
}

function outcome(
  prepared: Prepared,
  parts: {
    before: Standing;
    bounds: { all: number; byGoal: readonly number[] };
    settings: PlannerSettings;
    search: Search;
    unmet: readonly Unmet[];
    spent: Budgeted | undefined;
  },
): PlanOutcome {
  const { model, goals } = prepared;
  const { before, bounds, settings, search, unmet, spent } = parts;
  const after = standing(prepared);
  const outcomes = goalOutcomes(prepared, { before, after, bounds: bounds.byGoal });
  const costs = balancednessCosts(goals.map((goal) => goal.goal), settings.constraint);
  const score = (violated: (goal: GoalOutcome) => boolean) =>
    outcomes.reduce((left, goal, i) => violated(goal) ? left - costs[i]! : left, BALANCEDNESS_MAX);
  const { logDirs } = prepared.context;
  const changed = changedPartitions(model, { logDirs, demoteFollowers: settings.demoteFollowers });
  const moved = new Set(prepared.changed === undefined ? [] : changed);
  const reducedOnly = prepared.changed?.reduced.filter((p) => !moved.has(p)) ?? new Int32Array(0);
  return {
    summary: {
      steps: search.steps,
      seed: settings.seed,
      ...moveTotals(model, changed, logDirs),
      // What is left undone costs nothing, so nothing is known of the fewest bytes.
      lowerBoundMb: unmet.length > 0 || (spent?.leftOut ?? 0) > 0 ? 0 : bounds.all,
      balancednessBefore: Math.max(0, score((goal) => goal.violatedBefore)),
      balancednessAfter: Math.max(0, score((goal) => goal.violatedAfter)),
      goals: outcomes,
      ...(unmet.length === 0 ? {} : { unmet }),
      ...(spent === undefined ? {} : { curve: spent.curve }),
      ...(spent === undefined || spent.leftOut === 0 ? {} : { leftOut: spent.leftOut }),
      statisticsBefore: before.statistics,
      statisticsAfter: after.statistics,
      provision: provisionOf(prepared, outcomes),
    },
    brokers: model.input.brokers.map((broker, b) => ({
      id: broker.id,
      before: before.figures[b]!,
      after: after.figures[b]!,
    })).filter((broker) => broker.id !== NOWHERE),
    proposalCount: changed.length + reducedOnly.length,
    *proposals() {
      const maker = new ProposalMaker(search);
      const restore = prepared.changed?.restore ?? ((proposal: Proposal) => proposal);
      for (const p of reducedOnly) yield restore(maker.proposalOf(p), p);
      const between = new Set(spent?.order ?? []);
      const rest = spent === undefined ? changed : changed.filter((p) => !between.has(p));
      if (spent !== undefined) {
        for (const p of spent.order) yield restore(maker.proposalOf(p), p);
      }
      for (const p of orderOf(model, rest, search.hardUpper)) {
        yield restore(maker.proposalOf(p), p);
      }
    },
  };
}

function goalOutcomes(
  prepared: Prepared,
  parts: { before: Standing; after: Standing; bounds: readonly number[] },
): GoalOutcome[] {
  return prepared.goals.map((planned, i) => {
    const { goal, off, infeasible } = planned;
    const outBefore = parts.before.out[i]!;
    const outAfter = parts.after.out[i]!;
    const explanation = outAfter === 0 ? undefined : infeasible?.reason ??
      worstBroker(prepared, i);
    return {
      name: goal.name,
      hard: goal.hard,
      ...(off === undefined ? {} : { off }),
      violatedBefore: outBefore > 0,
      violatedAfter: outAfter > 0,
      brokersOutBefore: outBefore,
      brokersOutAfter: outAfter,
      lowerBoundMb: parts.bounds[i]!,
      ...(explanation === undefined ? {} : { explanation }),
    };
  });
}

/** "broker 7: disk 412345 MB is above 330000 MB, and 2 more brokers". */
function worstBroker(prepared: Prepared, index: number): string | undefined {
  const goal = prepared.goals[index]!.prepared;
  if (goal === undefined) return undefined;
  const out = brokersOut(goal, prepared.context);
  out.sort((a, b) => goal.penalty(b) - goal.penalty(a) || a - b);
  const worst = out[0];
  if (worst === undefined) return undefined;
  const more = out.length > 1 ? `, and ${out.length - 1} more brokers` : "";
  return `broker ${prepared.model.input.brokers[worst]!.id}: ${goal.explain(worst)}${more}`;
}

function provisionOf(
  prepared: Prepared,
  outcomes: readonly GoalOutcome[],
): PlanSummary["provision"] {
  const votes = prepared.goals.flatMap((planned, i) =>
    planned.prepared === undefined ? [] : [{
      goal: planned.goal.name,
      vote: validatedVote(
        planned.prepared.provision(!outcomes[i]!.violatedAfter),
        prepared.context,
      ),
    }]
  );
  return aggregate(votes);
}
