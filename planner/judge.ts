/**
 * How a cluster stands at home and under the plan: figures by broker, statistics, and goals.
 *
 * @module
 */
import { countOf } from "../lib/count_of.ts";
import {
  brokersUnmet,
  farthestOut,
  outsideLimits,
  type PreparedGoal,
  type ProvisionVote,
} from "../goals/goal.ts";
import { aggregate, validatedVote } from "../goals/provision.ts";
import { clusterStatistics } from "../goals/statistics.ts";
import { topicFigureSteps } from "../goals/topic_figures.ts";
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
import { CPU, DISK, NW_IN, NW_OUT, RESOURCES } from "../model/metrics.ts";
import type { BrokerFigures, GoalOutcome, PlanSummary } from "../model/plan.ts";
import { boundSource, type LowerBound, lowerBound, lowerBoundOf } from "./bounds/lower_bound.ts";
import type { ClusterStanding } from "./cluster_standing.ts";
import type { PlannedGoal, Prepared } from "./prepared.ts";
import { type RackGroups, resizeGroups } from "./bounds/rack_groups.ts";
import type { Search } from "./search/state.ts";
import { LET_MORE, type Stranded } from "./stranded/stranded.ts";
import type { SoftConflicts } from "./attempts/soft_conflicts.ts";
import { rounded } from "./way/figures.ts";

/** MB that any plan must move. */
export interface Bounds {
  readonly all: number;
  /** By goal of the request. */
  readonly byGoal: readonly number[];
  /** Replicas that share racks, for the next plan; undefined where that has to look for them again. */
  readonly groups: RackGroups | undefined;
  /** Brokers whose limits count for `all`. */
  readonly counted: LowerBound["counted"];
}

/** Computes the bounds on a model at home, a step a goal. */
export function* boundSteps(prepared: Prepared, atHome: Search): Generator<void, Bounds, void> {
  const { kept, places, carried } = prepared;
  const known = carried === undefined ? undefined : kept?.groups;
  if (known !== undefined) resizeGroups(known, atHome.model, carried!.changed);
  const source = yield* boundSource(atHome, known);
  const byGoal: number[] = [];
  for (const goal of prepared.goals) {
    yield;
    byGoal.push(goal.prepared === undefined ? 0 : yield* lowerBoundOf(source, goal.prepared));
  }
  const groups = atHome.hasOffline ? undefined : source.groups;
  const { mb, counted } = yield* lowerBound(
    source,
    carried === undefined ? undefined : places?.counted,
  );
  return { all: mb, byGoal, groups, counted };
}

/**
 * MB that any plan must move which meets the goals that this one meets. What {@link boundSteps} found before the search
 * is that, unless the plan misses a goal which was counted on.
 *
 * @param atHome the search with everything at home
 * @param out brokers out by goal of the request, with the plan carried out
 */
export function* boundOfPlan(
  { goals, context }: Prepared,
  atHome: Search,
  { bounds, out }: { bounds: Bounds; out: readonly number[] },
): Generator<void, number, void> {
  const missed = goals.flatMap(({ prepared: goal }, i) =>
    goal !== undefined && out[i]! > 0 && !atHome.hopeless.has(goal) && decidesBound(goal)
      ? [goal]
      : []
  );
  if (missed.length === 0) return bounds.all;
  const met: Search = {
    ...atHome,
    hopeless: new Set([...atHome.hopeless, ...missed]),
    // What is only wished for beside racks may be missed.
    racksDiffer: atHome.racksDiffer &&
      !missed.some((goal) => goal.racksDiffer === true && brokersUnmet(goal, context).length > 0),
  };
  return (yield* lowerBound(yield* boundSource(met, bounds.groups))).mb;
}

function decidesBound(goal: PreparedGoal): boolean {
  return goal.racksDiffer === true || goal.axisLimits?.axis === AXIS_DISK;
}

/**
 * Judges the model as it is now, a step a goal.
 *
 * @param counts how the same replicas and leaders stood before, in what is not a question of loads: only the sums of
 *   the model are asked then, as those of brokers at that time
 */
export function* standingSteps(
  prepared: Prepared,
  counts?: ClusterStanding,
): Generator<void, ClusterStanding, void> {
  const { model, context, goals } = prepared;
  const figures = model.input.brokers.map((_, b) => figuresOf(model, b));
  if (counts === undefined) yield* topicFigureSteps(context);
  const statistics = clusterStatistics(model, context, counts?.statistics);
  const out: number[] = [];
  const amounts: number[] = [];
  for (const [i, { prepared: goal }] of goals.entries()) {
    yield;
    const known = goal === undefined
      ? { brokers: 0, amount: 0 }
      : counts !== undefined && goal.axisLimits === undefined
      ? { brokers: counts.out[i]!, amount: counts.amounts[i]! }
      : outsideLimits(goal, context);
    out.push(known.brokers);
    amounts.push(known.amount);
  }
  return { figures, statistics, out, amounts };
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

/** What became of each goal. */
export function goalOutcomes(
  prepared: Prepared,
  parts: {
    before: ClusterStanding;
    after: ClusterStanding;
    bounds: readonly number[];
    conflicts: SoftConflicts | undefined;
  },
): GoalOutcome[] {
  return prepared.goals.map((planned, i) => {
    const { goal, off, infeasible } = planned;
    const outBefore = parts.before.out[i]!;
    const outAfter = parts.after.out[i]!;
    const conflict = outAfter === 0 || infeasible !== undefined || planned.prepared === undefined
      ? undefined
      : parts.conflicts?.get(planned.prepared)?.map((other) => other.name);
    const explanation = outAfter === 0 ? undefined : infeasible?.reason ??
      (beside(conflict) + (worstBroker(prepared, i) ?? ""));
    return {
      name: goal.name,
      hard: goal.hard,
      ...(off === undefined ? {} : { off }),
      violatedBefore: outBefore > 0,
      violatedAfter: outAfter > 0,
      brokersOutBefore: outBefore,
      brokersOutAfter: outAfter,
      ...amountsOf(planned.prepared, parts.before.amounts[i]!, parts.after.amounts[i]!),
      lowerBoundMb: parts.bounds[i]!,
      ...(explanation === undefined ? {} : { explanation }),
      ...(conflict === undefined ? {} : { conflictsWith: conflict }),
    };
  });
}

/** "cannot be met beside DiskUsageDistributionGoal and ReplicaDistributionGoal; ". */
function beside(conflict: readonly string[] | undefined): string {
  if (conflict === undefined) return "";
  if (conflict.length === 0) return "no plan can meet it; ";
  return `cannot be met beside ${conflict.slice(0, -1).join(", ")}${
    conflict.length > 1 ? " and " : ""
  }${conflict.at(-1)}; `;
}

function amountsOf(
  goal: PreparedGoal | undefined,
  before: number,
  after: number,
): Pick<GoalOutcome, "amountBefore" | "amountAfter" | "unit"> {
  if (goal?.amount === undefined) return {};
  const { unit } = goal.amount;
  return { amountBefore: rounded(before), amountAfter: rounded(after), unit };
}

/** "broker 7: disk 412345 MB is above 330000 MB, and 2 more brokers". */
function worstBroker(prepared: Prepared, index: number): string | undefined {
  const goal = prepared.goals[index]!.prepared;
  if (goal === undefined) return undefined;
  const out = farthestOut(goal, prepared.context);
  const worst = out[0];
  if (worst === undefined) return undefined;
  const more = out.length > 1 ? `, and ${countOf(out.length - 1, "more broker")}` : "";
  return `broker ${prepared.model.input.brokers[worst]!.id}: ${goal.explain(worst)}${more}`;
}

/**
 * The votes of all goals on the size of the cluster, joined, and what replicas that are left offline need. `isCut`: a budget left things out, so
 * that what is unmet says nothing of the cluster. Nobody is told to remove anything while a hard goal is violated or a replica offline.
 */
export function provisionOf(
  prepared: Prepared,
  outcomes: readonly GoalOutcome[],
  { isCut, stranded }: { isCut: boolean; stranded: Stranded | undefined },
): PlanSummary["provision"] {
  const votes = prepared.goals.flatMap((planned, i) => {
    if (planned.prepared === undefined) return [];
    const { violatedAfter } = outcomes[i]!;
    const isUnmet = violatedAfter && brokersUnmet(planned.prepared, prepared.context).length > 0;
    if (isCut && isUnmet && planned.infeasible === undefined) return [];
    const vote = planned.goal.hard && planned.goal.bestEffort !== true && isUnmet
      ? tooSmall(planned, outcomes[i]!)
      : validatedVote(planned.prepared.provision(!violatedAfter), prepared.context);
    return [{ goal: planned.goal.name, vote }];
  });
  const lacking = isCut ? [] : strandedVotes(prepared, stranded);
  const provision = aggregate([...lacking, ...votes]);
  const isWhole = !outcomes.some(({ hard, violatedAfter }) => hard && violatedAfter) &&
    !isAnyOffline(prepared.model);
  return provision.status === "OVER_PROVISIONED" && !isWhole
    ? { status: "UNDECIDED", recommendations: [] }
    : provision;
}

/** Also what no plan of this kind moves, or has no leader to copy from. */
function isAnyOffline({ offlineReplicas, broker, home }: ClusterModel): boolean {
  return offlineReplicas.some((r) => broker[r] === home[r]);
}

/** None where it is the request alone that keeps brokers from taking what is offline. */
function strandedVotes(
  { goals }: Prepared,
  stranded: Stranded | undefined,
): { goal: string; vote: ProvisionVote }[] {
  if (stranded === undefined) return [];
  const { proven, count, recommendations } = stranded;
  if (proven === count && recommendations.every((text) => text === LET_MORE)) return [];
  const causes = goals.flatMap(({ goal, infeasible }) =>
    infeasible?.recommendation !== undefined && stranded.goals.includes(goal.name)
      ? [infeasible.recommendation]
      : []
  );
  const known = [...causes, ...recommendations.map((text) => `${text}.`)];
  const text = known.length > 0 ? known.join(" ") : roomText("");
  return [{
    goal: stranded.goals[0] ?? goals[0]!.goal.name,
    vote: { status: "UNDER_PROVISIONED", text },
  }];
}

/**
 * A hard goal that cannot be met asks for what is known to be missing, and else for a broker. Where nothing proves that it cannot,
 * because a plan was looked for and not found, nobody knows what it takes at least.
 */
function tooSmall(
  { goal, infeasible }: PlannedGoal,
  { conflictsWith }: GoalOutcome,
): ProvisionVote {
  const status = "UNDER_PROVISIONED";
  if (infeasible?.recommendation !== undefined) return { status, text: infeasible.recommendation };
  const [resource] = goal.resources;
  const named = resource === undefined ? {} : { resource: RESOURCES[resource]! };
  if (infeasible !== undefined || conflictsWith !== undefined) {
    return { status, recommendation: { brokers: 1, ...named } };
  }
  return {
    status,
    text: roomText(resource === undefined ? "" : ` for ${RESOURCES[resource]!}`),
  };
}

function roomText(what: string): string {
  return `Another broker gives room${what}: no plan was found, nor proof that there is none.`;
}
