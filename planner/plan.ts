/**
 * The planner's entry: from a cluster and settings to a plan.
 *
 * @module
 */
import { drain } from "../lib/steps.ts";
import { balancednessCosts, balancednessOf } from "../goals/balancedness.ts";
import { ok, type Result } from "../lib/failure.ts";
import { type ClusterInput, NOWHERE } from "../model/cluster_input.ts";
import { ALIVE, modelAtHome } from "../model/cluster_model.ts";
import { refreshSteps } from "../model/model_check.ts";
import type { BrokerLimits, GoalOutcome, HeldPlan, Plan, Unmet } from "../model/plan.ts";
import type { Proposals } from "../model/proposal.ts";
import type { Altered } from "./replan/altered.ts";
import { settleLogDirs, staysAsSearched } from "./log_dirs/settle_log_dirs.ts";
import { bestAttempt } from "./attempts/attempts.ts";
import { type Changes, changeSteps } from "./proposals/changes.ts";
import {
  boundOfPlan,
  type Bounds,
  boundSteps,
  goalOutcomes,
  provisionOf,
  standingSteps,
} from "./judge.ts";
import type { ClusterStanding } from "./cluster_standing.ts";
import { rulesOf, takeKept } from "./keeper.ts";
import { costsGoals, type Settled, withHomeToo } from "./home_too.ts";
import { noticeSteps } from "./notices.ts";
import { orderSteps } from "./way/order.ts";
import type { Places } from "./replan/places.ts";
import { placesOfPlan } from "./replan/places_of_plan.ts";
import { prepareSteps } from "./prepare.ts";
import { type PlannedGoal, type Prepared, takenUp } from "./prepared.ts";
import { ProposalList } from "./proposal_list.ts";
import { ProposalTable } from "./proposals/proposal_table.ts";
import { type Reordered, reorderSteps } from "./replan/reorder.ts";
import { checkpoint } from "./search/checkpoint.ts";
import { isAnnealed } from "./search/annealing/anneal.ts";
import { goOn } from "./search/parts/go_on.ts";
import type { Search } from "./search/state.ts";
import type { PlannerSettings } from "./settings.ts";
import { looksForWider, widerFor } from "./sizing/wider.ts";
import { withEnough } from "./sizing/with_enough.ts";
import { withWider } from "./sizing/with_wider.ts";
import { type PlannerStep, saying } from "./steps.ts";
import { impossibleGoals, strandedAfter, unmetAfter, unmetFailure } from "./unmet.ts";
import { curveSteps } from "./budget/curve.ts";
import { spendWell, type Spent } from "./budget/spending.ts";
import { conflictsOf, type SoftConflicts } from "./attempts/soft_conflicts.ts";
import { rounded } from "./way/figures.ts";
import { fromHome, warmAttempt } from "./warm_start.ts";
import { withdraw } from "./search/parts/withdraw.ts";

/** A plan whose proposals are made one at a time, for plans too large to hold as objects. */
export interface PlanOutcome extends Settled {
  readonly brokers: Plan["brokers"];
  readonly proposalCount: number;
  /** Every proposal once, in the order to carry them out. */
  proposals(): ProposalList;
  /** The same to be held on to, in steps: for callers with an event loop to keep free. */
  heldSteps(): Generator<void, Proposals, void>;
  /**
   * Where the plan has everything, once {@link heldSteps} came to their end; undefined where the next plan cannot start from
   * that. Hands the model over to the keeper: afterwards no proposals can be made any more.
   */
  placesSteps(held: Proposals): Generator<void, Places | undefined, void>;
}

/** A plan and where it has everything, for the next plan to start from. */
export interface PlacedPlan {
  readonly plan: HeldPlan;
  readonly places: Places | undefined;
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
  const asked = { input, settings, makes: plannedSteps };
  const made = yield* withHomeToo(yield* plannedSteps(input, settings), asked);
  if (settings.findsEnough !== true) return made;
  return yield* withWider(yield* withEnough(made, asked), asked);
}

function* plannedSteps(
  input: ClusterInput,
  settings: PlannerSettings,
): Generator<PlannerStep, Result<PlanOutcome>, void> {
  const building = { step: "Building the cluster model", completionPercentage: 0, steps: 0 };
  yield building;
  const kept = takeKept(input, settings);
  yield building;
  const prepared = yield* saying(building, prepareSteps(input, settings, kept));
  if (!prepared.ok) return prepared;
  const { model } = prepared.value;
  const notices = yield* saying(building, noticeSteps(prepared.value, settings));
  yield notices.length === 0 ? building : { ...building, notices };
  const strict = settings.unmetHardGoals === "fail";
  const impossible = strict ? unmetFailure(impossibleGoals(prepared.value)) : undefined;
  if (impossible !== undefined) return { ok: false, failure: impossible };
  const judging = { ...building, step: "Judging the cluster as it is" };
  yield judging;
  const before = yield* saying(judging, standingSteps(prepared.value, prepared.value.kept?.before));
  yield judging;
  const atHome = prepared.value.searchOf(0);
  yield judging;
  const bounds = yield* saying(judging, boundSteps(prepared.value, homeOf(prepared.value, atHome)));
  const { previous } = settings;
  const known = { boundMb: bounds.all, out: before.out, healsRest: !strict };
  const { search, changes, altered } = previous !== undefined
    ? yield* warmAttempt(prepared.value, previous, { ...known, search: atHome })
    : fromHome(yield* bestAttempt(prepared.value, known));
  const settled = { step: "Judging the plan", completionPercentage: 100, steps: search.steps };
  yield settled;
  const places = takenUp(prepared.value, search);
  const goesOn = previous !== undefined && search.context.logDirs !== undefined;
  const searched = goesOn ? checkpoint(search) : undefined;
  yield* settleLogDirs(settings.goals, search, { before: places });
  // Limits are compared with sums added up anew: what a million moves round away must not decide.
  if (!areSumsFresh(prepared.value, search)) yield* saying(settled, refreshSteps(model));
  search.windows?.refresh();
  let unmet = unmetAfter(prepared.value, search);
  if (strict && unmet.length > 0) return { ok: false, failure: unmetFailure(unmet)! };
  if (unmet.length > 0) {
    yield* saying(settled, goOn(search, withdraw(search)));
    yield* settleLogDirs(settings.goals, search, { fits: false });
    yield* saying(settled, refreshSteps(model));
    unmet = unmetAfter(prepared.value, search);
  }
  const dirsCost = searched !== undefined && costsGoals(search, searched.standing);
  const spent = yield* spendBudget(prepared.value, search, { settings, before, bounds });
  if (spent !== undefined) {
    // What goes home costs nothing; what came instead of it might.
    yield* settleLogDirs(settings.goals, search, { rounds: 0 });
    // What a budget left undone may be what broke a goal.
    const left = new Set(unmetAfter(prepared.value, search).map(({ goal }) => goal));
    unmet = unmet.filter(({ goal }) => left.has(goal));
  }
  yield settled;
  const isSettled = prepared.value.isPlain && !settings.demoteFollowers && unmet.length === 0;
  const isWarm = isSettled && changes !== undefined;
  const parts = { before, bounds, settings, search, unmet, spent, isWarm, dirsCost };
  const counted = isSettled && staysAsSearched(search, searched?.broker, places)
    ? { changes, altered }
    : { changes: undefined, altered: undefined };
  return ok(yield* saying(settled, outcome(prepared.value, { ...parts, ...counted })));
}

/** Whether the sums of a plan that goes on from the one before took few changes since they were added up. */
function areSumsFresh({ carried, model }: Prepared, search: Search): boolean {
  return carried !== undefined && search.reasons.places !== undefined &&
    model.roundings <= model.replicaCount;
}

/** The same with everything at home, for who only looks. */
function homeOf({ homeSums }: Prepared, search: Search): Search {
  return { ...search, model: { ...modelAtHome(search.model), sums: homeSums } };
}

/** Keeps to the budget, when the settings ask for one. */
function* spendBudget(
  prepared: Prepared,
  search: Search,
  known: { settings: PlannerSettings; before: ClusterStanding; bounds: Bounds },
): Generator<PlannerStep, Spent | undefined, void> {
  const { budget, constraint } = known.settings;
  if (budget === undefined) return undefined;
  const { out, amounts } = known.before;
  const ofGoals = { out, amounts, bounds: known.bounds.byGoal };
  const spent = yield* spendWell(prepared, search, { budget, constraint, ...ofGoals });
  const step = { step: "Judging the plan", completionPercentage: 100, steps: search.steps };
  yield* saying(step, refreshSteps(prepared.model));
  return spent;
}

/** {@link outcomeSteps} with the proposals, and what the next plan may start from; a keeper of the settings gets the model. */
export function* placedPlanSteps(
  input: ClusterInput,
  settings: PlannerSettings,
): Generator<PlannerStep, Result<PlacedPlan>, void> {
  const made = yield* outcomeSteps(input, settings);
  if (!made.ok) return made;
  const { summary, brokers } = made.value;
  const writing = { step: "Writing proposals", completionPercentage: 100, steps: summary.steps };
  yield writing;
  const proposals = yield* saying(writing, made.value.heldSteps());
  yield writing;
  const places = yield* saying(writing, made.value.placesSteps(proposals));
  return ok({ plan: { proposals, summary, brokers }, places });
}

/** Runs a plan through at once, with the proposals as a plain list; see {@link outcomeSteps} for the failures. */
export function makePlan(input: ClusterInput, settings: PlannerSettings): Result<Plan> {
  const made = drain(placedPlanSteps(input, settings));
  if (!made.ok) return made;
  const { plan } = made.value;
  return ok({ ...plan, proposals: plan.proposals.slice() });
}

/** Runs a plan through at once without making its proposals; see {@link outcomeSteps}. */
export function makeOutcome(input: ClusterInput, settings: PlannerSettings): Result<PlanOutcome> {
  return drain(outcomeSteps(input, settings));
}

/** Whether all that goals judge follows from sums and counts, which a kept model has at hand. */
function isKeepable({ goals }: Prepared): boolean {
  return goals.every(({ prepared: goal }) =>
    goal === undefined || goal.idle === true || (goal.onlyWished === undefined &&
      (goal.axisLimits !== undefined || goal.topicLimits !== undefined ||
        goal.racksDiffer === true))
  );
}

function* outcome(
  prepared: Prepared,
  parts: {
    before: ClusterStanding;
    bounds: Bounds;
    settings: PlannerSettings;
    search: Search;
    unmet: readonly Unmet[];
    spent: Spent | undefined;
    /** Whether it goes on from the plan before, and was not searched from home as well. */
    isWarm: boolean;
    /** See `home_too.ts`. */
    dirsCost: boolean;
    /** What the plan changes, and what is not as in the plan that it started from, where that is known. */
    changes: Changes | undefined;
    altered: Altered | undefined;
  },
): Generator<void, PlanOutcome, void> {
  const { model, goals } = prepared;
  const { before, bounds, settings, search, unmet, spent } = parts;
  const after = yield* standingSteps(prepared);
  yield;
  const boundMb = yield* boundOfPlan(prepared, homeOf(prepared, search), {
    bounds,
    out: after.out,
  });
  const conflicts = misses(prepared, search, after) ? yield* conflictsOf(search) : undefined;
  const isWhole = unmet.length === 0 && (spent?.leftOut ?? 0) === 0;
  // They count what is offline, which a plan that leaves something may leave.
  const byGoal = isWhole || !search.hasOffline ? bounds.byGoal : bounds.byGoal.map(() => 0);
  const outcomes = goalOutcomes(prepared, { before, after, bounds: byGoal, conflicts });
  // The next annealing may well meet what this one did not, unless that is proven.
  const isForNow = ({ prepared: goal }: PlannedGoal, known: SoftConflicts | undefined) =>
    goal !== undefined && (!isAnnealed(model.replicaCount) || known?.has(goal) === true);
  const mayStillBeMet = (planned: PlannedGoal, known: SoftConflicts | undefined) =>
    planned.prepared?.hard === false && !isForNow(planned, known);
  const wider = unmet.length === 0 && looksForWider(prepared, settings)
    ? yield* widerFor(prepared, outcomes)
    : undefined;
  const costs = balancednessCosts(goals.map((goal) => goal.goal), settings.constraint);
  const score = (violated: (goal: GoalOutcome) => boolean) =>
    balancednessOf(costs, (i) => violated(outcomes[i]!));
  yield;
  const { logDirs } = prepared.context;
  const { demoteFollowers } = settings;
  const { altered } = parts;
  const changes = parts.changes ?? (yield* changeSteps(model, { logDirs, demoteFollowers }));
  const { partitions: changed, totals } = changes;
  const preferred = preferredOrder(changed, spent);
  let ordered: Reordered | undefined;
  const places = takenUp(prepared, search);
  const ordering = function* () {
    const again = altered === undefined || places === undefined
      ? undefined
      : yield* reorderSteps(search, changed, prepared.homeSums, { places, altered });
    return again ?? (yield* orderSteps(search, preferred, prepared.homeSums, spent?.stage));
  };
  // A plan that no budget cut has the curve of the order that it is carried out in.
  const isCurved = spent !== undefined && spent.leftOut === 0;
  const { constraint } = settings;
  let curve = spent?.curve;
  if (isCurved) {
    const order = { ...ordered = yield* ordering(), stage: spent.stage };
    curve = yield* curveSteps(prepared, search, { order, constraint });
  }
  const moved = new Set(prepared.changed === undefined ? [] : changed);
  const reducedOnly = prepared.changed?.reduced.filter((p) => !moved.has(p)) ?? new Int32Array(0);
  return {
    summary: {
      steps: search.steps,
      seed: settings.seed,
      ...totals,
      // What is left undone costs nothing, so nothing is known of the fewest bytes.
      lowerBoundMb: isWhole ? boundMb : 0,
      balancednessBefore: score((goal) => goal.violatedBefore),
      balancednessAfter: score((goal) => goal.violatedAfter),
      goals: outcomes,
      ...(unmet.length === 0 ? {} : { unmet }),
      ...(wider === undefined ? {} : { wider }),
      ...(curve === undefined ? {} : { curve }),
      ...(spent?.cheaper === undefined ? {} : { cheaper: spent.cheaper }),
      ...(spent === undefined || spent.leftOut === 0 ? {} : { leftOut: spent.leftOut }),
      statisticsBefore: before.statistics,
      statisticsAfter: after.statistics,
      provision: provisionOf(prepared, outcomes, {
        isCut: (spent?.leftOut ?? 0) > 0,
        stranded: strandedAfter(prepared, search),
      }),
    },
    brokers: model.input.brokers.map((broker, b) => ({
      id: broker.id,
      before: before.figures[b]!,
      after: after.figures[b]!,
      limits: limitsOf(prepared, b),
    })).filter((broker) => broker.id !== NOWHERE),
    proposalCount: changed.length + reducedOnly.length,
    costsGoals: parts.dirsCost,
    proposals() {
      ordered ??= drain(ordering());
      return new ProposalList(prepared, search, { ordered, reducedOnly });
    },
    *heldSteps() {
      ordered ??= yield* ordering();
      return yield* new ProposalList(prepared, search, { ordered, reducedOnly }).heldSteps();
    },
    *placesSteps(held) {
      if (ordered === undefined || !prepared.isPlain) return undefined;
      if (!(held instanceof ProposalTable)) return undefined;
      const made = yield* placesOfPlan(model, ordered, {
        proposals: held,
        from: places,
        earlier: prepared.places,
        constraint: settings.constraint,
        isWarm: parts.isWarm,
        proofs: search.conflicts.proofs,
        unmet: after.out.map((out, i) => isForNow(goals[i]!, conflicts) ? out : 0),
        open: after.out.map((out, i) => mayStillBeMet(goals[i]!, conflicts) ? out : 0),
        altered,
        changes: demoteFollowers ? undefined : changes,
        homeSums: prepared.homeSums,
        homeRoundings: prepared.carried?.roundings ?? 0,
        counted: bounds.counted,
        dirOf: logDirs?.dirOf,
      });
      const { keeper } = settings;
      if (keeper !== undefined && isKeepable(prepared)) {
        const rules = rulesOf(settings);
        keeper.kept = { rules, model, places: made, before, groups: bounds.groups };
      }
      return made;
    },
  };
}

/** Whether a goal is left violated that might be met. */
function misses({ goals }: Prepared, { hopeless }: Search, { out }: ClusterStanding): boolean {
  return goals.some(({ prepared: goal }, i) =>
    goal !== undefined && out[i]! > 0 && !hopeless.has(goal)
  );
}

/** What goals with limits on an axis allow a broker; nothing when it is dead. */
function limitsOf({ goals, model }: Prepared, b: number): BrokerLimits {
  const limits: Record<string, readonly [number, number | null]> = {};
  if ((model.flags[b]! & ALIVE) === 0) return limits;
  for (const { goal, prepared } of goals) {
    if (prepared?.axisLimits === undefined) continue;
    const { lower, upper } = prepared.axisLimits;
    const most = Number.isFinite(upper[b]!) ? rounded(upper[b]!) : null;
    limits[goal.name] = [rounded(lower[b]!), most];
  }
  return limits;
}

/** What a budget weighed comes in the order of worth, then the rest. */
function preferredOrder(changed: Int32Array, spent: Spent | undefined): Int32Array {
  if (spent === undefined) return changed;
  const left = new Set(changed);
  return Int32Array.from([...spent.order.filter((p) => left.delete(p)), ...left]);
}
