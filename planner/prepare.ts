/**
 * From an input and settings to a model, goals and a search; refuses what cannot be asked for.
 *
 * @module
 */
import { drain } from "../lib/steps.ts";
import { ALL_GOAL_NAMES, goalNamed, stayWithinBrokers } from "../goals/catalog.ts";
import { topicPattern } from "../goals/constraint.ts";
import { kafkaAssignerEvenRackAwareGoal } from "../goals/kafka_assigner.ts";
import { rackAwareGoal } from "../goals/rack_aware.ts";
import { hostCapacity } from "../goals/host_capacity.ts";
import { goalContext } from "../goals/context.ts";
import type { Goal, GoalContext, Infeasible } from "../goals/goal.ts";
import { fail, ok, type Result } from "../lib/failure.ts";
import { nearest } from "../lib/nearest.ts";
import { createPrng } from "../lib/prng.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import {
  ALIVE,
  DEMOTED,
  IS_NEW,
  MAY_LEAD,
  MAY_RECEIVE,
  type ModelOptions,
  strandedCount,
} from "../model/cluster_model.ts";
import { buildModelSteps } from "../model/build_model.ts";
import { equal } from "../model/arrange.ts";
import { DISK, RESOURCES } from "../model/metrics.ts";
import { reloadModelSteps, reloadSomeSteps } from "../model/reload_model.ts";
import { inputOver } from "../model/windows.ts";
import { changeReplicationFactor } from "./operations/replication_factor.ts";
import { withDemotedLogDirs } from "./operations/demote_disks.ts";
import { withoutLogDirs } from "./operations/remove_disks.ts";
import { oversize } from "./bounds/oversize.ts";
import { type RackShare, rackShare, type SharedLoads, sharedLoads } from "./bounds/rack_share.ts";
import { isAnnealed } from "./search/annealing/anneal.ts";
import { WindowSums } from "./search/window_sums.ts";
import { windowedCapacity } from "./windowed_capacity.ts";
import { racksOutOfReach } from "./bounds/rack_reach.ts";
import { type Conflicts, newConflicts, type Search } from "./search/state.ts";
import { createSearch, destinationsOf } from "./search/create_search.ts";
import { carryOver } from "./replan/carry_over.ts";
import { canCompareLoads, carriedSums, changedLoadSteps } from "./replan/carried.ts";
import { isPlain } from "./keeper.ts";
import type { PlannedGoal, Prepared } from "./prepared.ts";
import type { Kept } from "./previous.ts";
import type { Places } from "./replan/places.ts";
import { sameTopology } from "./topology.ts";
import type { PlannerOperation, PlannerSettings } from "./settings.ts";

/** Builds model and search. Fails with `invalid_argument`. O(R + T x B). */
export function prepare(asked: ClusterInput, settings: PlannerSettings): Result<Prepared> {
  return drain(prepareSteps(asked, settings));
}

/** {@link prepare} in steps, so that an event loop stays free at any size. */
export function* prepareSteps(
  asked: ClusterInput,
  settings: PlannerSettings,
  wasKept?: Kept,
): Generator<void, Result<Prepared>, void> {
  const { over } = settings;
  if (over !== "mean" && asked.windows === undefined) {
    return fail("invalid_argument", `Cannot plan over ${over}: the cluster has no windows of load`);
  }
  const overWindows = over === "max" || over === "p95" ? inputOver(asked, over) : asked;
  const named = withNamedLogDirs(overWindows, settings);
  if (!named.ok) return named;
  const given = named.value;
  const change = settings.factorChange;
  if ((change !== undefined) !== (settings.operation === "topic_replication_factor")) {
    return fail(
      "invalid_argument",
      `Cannot plan ${settings.operation}: topics and replication ` +
        "factor belong to topic_replication_factor, and it needs both",
    );
  }
  const changed = change === undefined ? ok(undefined) : changeReplicationFactor(given, change);
  if (!changed.ok) return changed;
  const input = changed.value?.input ?? given;
  const problem = unknownBrokers(input, settings);
  if (problem !== undefined) return fail("invalid_argument", problem);
  const excluded = topicPattern(
    settings.excludedTopics === "" ? settings.constraint.excludedTopics : settings.excludedTopics,
    "the pattern of excluded topics",
  );
  if (!excluded.ok) return excluded;
  const counted = topicPattern(
    settings.constraint.minLeaderTopics,
    "topics.with.min.leaders.per.broker",
  );
  if (!counted.ok) return counted;
  const wanted = goalsOf(settings);
  if (!wanted.ok) return wanted;
  const flags = brokerFlags(input, settings);
  if (!flags.some((flag) => (flag & ALIVE) !== 0)) {
    return fail("invalid_argument", "Cannot plan: no broker would be alive, wanted at least one");
  }
  yield;
  const kept = wasKept !== undefined && equal(wasKept.model.flags, flags) ? wasKept : undefined;
  const places = kept?.places ?? (yield* fittingPlaces(asked, settings));
  // A small model is added up in no time, and its annealing comes to something else for the last digit of a sum.
  const found = places === undefined ? undefined : yield* changedLoadSteps(input, places);
  const isCarried = found?.canBeCarried === true && !isAnnealed(input.replicaBroker.length);
  const changes = isCarried ? found : undefined;
  yield;
  const model = kept !== undefined && changes !== undefined
    ? yield* reloadSomeSteps(kept.model, input, changes.partitions)
    : kept !== undefined
    ? yield* reloadModelSteps(kept.model, input)
    : yield* buildModelSteps(input, {
      flags,
      withinBrokers: withinBrokers(settings),
      topicExcluded: (t) => excluded.value(input.topicNames[t]!),
      ...pinning(input, settings.pinned),
      countLeaders: (t) => counted.value(input.topicNames[t]!),
    });
  const carried = changes === undefined ? undefined : carriedSums(model, places!, changes);
  if (carried !== undefined) {
    model.sums.set(carried.homeSums);
    model.census.byFactor.set(carried.byFactor);
  }
  yield;
  const hasOffline = strandedCount(model) > 0;
  if (settings.operation === "fix_offline_replicas" && !hasOffline) {
    return fail("invalid_argument", "Cannot fix offline replicas: the cluster has none");
  }
  const context = goalContext(model, settings.constraint, settings);
  const racksDiffer = wanted.value.some((goal) =>
    goal === rackAwareGoal || goal === kafkaAssignerEvenRackAwareGoal
  );
  const windows = over === "each" ? new WindowSums(model, input.windows!) : undefined;
  const requested = settings.destinationBrokerIds.map((id) => indexOfBroker(input, id));
  const reach = racksDiffer
    ? racksOutOfReach(context, destinationsOf(context, requested))
    : undefined;
  if (windows !== undefined) {
    const mb = (r: number, w: number) => windows.loadOf(r, w, DISK);
    context.logDirs?.holdIn({ count: windows.windows.count, mb });
  }
  const shared = racksDiffer ? sharedLoads(context, reach === undefined) : undefined;
  const known = { shared, windows, reach };
  const goals: PlannedGoal[] = [];
  for (const goal of wanted.value) {
    yield;
    goals.push(plannedGoal(goal, context, known));
  }
  const conflicts = newConflicts(places?.proofs ?? []);
  const parts = { context, goals, hasOffline, windows, requested, conflicts };
  const made: Prepared = {
    model,
    homeSums: model.sums.slice(),
    context,
    goals,
    changed: changed.value,
    kept,
    places,
    carried,
    changedCount: found?.partitions.length ?? (canCompareLoads(input, places) ? Infinity : 0),
    isPlain: places !== undefined || isPlain(asked, settings),
    withConstraint: (goal, constraint) => plannedGoal(goal, { ...context, constraint }, known),
    searchOf: (attempt) => searchOf(settings, { ...parts, attempt }),
    withGoals: (some) => {
      const alone = {
        ...parts,
        goals: some,
        conflicts: newConflicts([]),
      };
      return {
        ...made,
        goals: some,
        kept: undefined,
        places: undefined,
        carried: undefined,
        searchOf: (attempt) => searchOf(settings, { ...alone, attempt }),
      };
    },
  };
  return ok(made);
}

/**
 * Whether nothing moves between brokers, and offline replicas are left alone: who takes leadership off a broker, or evens out log dirs, does not ask for
 * copies between brokers, and goals that would say where to are not asked either.
 */
function withinBrokers({ operation, goals }: PlannerSettings): boolean {
  const moves: readonly PlannerOperation[] = [
    "remove_broker",
    "fix_offline_replicas",
    "topic_replication_factor",
  ];
  return stayWithinBrokers(goals) && !moves.includes(operation);
}

/** Places of the previous plan, carried over to this cluster, where nothing but average loads decides. O(R). */
function* fittingPlaces(
  asked: ClusterInput,
  settings: PlannerSettings,
): Generator<void, Places | undefined, void> {
  const places = settings.previous?.places;
  if (places === undefined || !isPlain(asked, settings)) return undefined;
  return sameTopology(asked, places.topology) ? places : yield* carryOver(asked, places);
}

/** What the operation makes of the log dirs that it is about. */
function withNamedLogDirs(
  input: ClusterInput,
  { operation, logDirs, constraint }: PlannerSettings,
): Result<ClusterInput> {
  if (operation === "demote_broker") return withDemotedLogDirs(input, logDirs);
  if (operation !== "remove_disks") return ok(input);
  return withoutLogDirs(input, logDirs, constraint.capacityThreshold[DISK]!);
}

function pinning(
  input: ClusterInput,
  pinned: ReadonlySet<string>,
): Pick<ModelOptions, "partitionPinned"> {
  if (pinned.size === 0) return {};
  const topicOf = new Int32Array(input.partitionNumber.length);
  for (let t = 0; t < input.topicNames.length; t++) {
    topicOf.fill(t, input.partitionStart[t]!, input.partitionStart[t + 1]!);
  }
  return {
    partitionPinned: (p) =>
      pinned.has(`${input.topicNames[topicOf[p]!]}-${input.partitionNumber[p]}`),
  };
}

function searchOf(
  settings: PlannerSettings,
  parts: {
    context: GoalContext;
    goals: readonly PlannedGoal[];
    hasOffline: boolean;
    windows: WindowSums | undefined;
    /** Destination brokers of the request. */
    requested: readonly number[];
    conflicts: Conflicts;
    attempt: number;
  },
): Search {
  const active = parts.goals.filter((goal) => goal.prepared !== undefined);
  const hopeless = active.filter((goal) => goal.infeasible !== undefined);
  return createSearch(parts.context, {
    goals: active.map((goal) => goal.prepared!),
    hopeless: new Set(hopeless.map((goal) => goal.prepared!)),
    aims: new Map(
      hopeless.flatMap((goal) => goal.aim === undefined ? [] : [[goal.prepared!, goal.aim]]),
    ),
    aimsNow: new Map(
      hopeless.flatMap((goal) => goal.aimNow === undefined ? [] : [[goal.prepared!, goal.aimNow]]),
    ),
    requestedDestinations: parts.requested,
    onlyImmigrants: parts.hasOffline || settings.onlyMoveImmigrants,
    strictImmigrants: settings.onlyMoveImmigrants,
    windows: parts.windows,
    conflicts: parts.conflicts,
    prng: createPrng(settings.seed).fork(`attempt ${parts.attempt}`),
    stepsMax: settings.stepsMax,
  });
}

function plannedGoal(
  goal: Goal,
  context: GoalContext,
  known: {
    shared: SharedLoads | undefined;
    windows: WindowSums | undefined;
    reach: Infeasible | undefined;
  },
): PlannedGoal {
  const unknown = goal.resources.find((id) => context.model.input.unknownResources.has(id));
  if (unknown !== undefined) {
    const why = context.model.input.unknownResources.get(unknown);
    const off = `load of ${RESOURCES[unknown]} is not known: ${why}`;
    return {
      goal,
      off,
      prepared: undefined,
      infeasible: undefined,
      aim: undefined,
      aimNow: undefined,
    };
  }
  const usually = goal.prepare(context);
  const isCapacity = goal.hard && usually.axisLimits !== undefined && goal.resources.length > 0 &&
    goal.bestEffort !== true;
  const prepared = !isCapacity
    ? usually
    : known.windows === undefined
    ? hostCapacity(usually, context)
    : windowedCapacity(usually, context, known.windows);
  const large = oversize(context, prepared);
  const share: RackShare | undefined = known.shared === undefined
    ? undefined
    : rackShare(context, prepared, known.shared);
  // What is only wished for may well be impossible.
  const reach = prepared.racksDiffer === true ? known.reach : undefined;
  const demanded = prepared.onlyWished === undefined ? large?.infeasible : undefined;
  const spread = prepared.onlyWished === undefined ? share : undefined;
  const ofRacks = spread?.isOfSome === true ? spread.infeasible : undefined;
  const infeasible = [goal.hard ? demanded : undefined, goal.hard ? ofRacks : undefined]
    .reduce(both, prepared.infeasible()) ?? reach ?? demanded ?? spread?.infeasible;
  // Limits of a hard goal hold for the brokers that can keep them, whatever becomes of the others.
  const usual = goal.hard && infeasible !== undefined ? prepared.axisLimits : undefined;
  const aim = large?.aim ?? share?.aim ?? usual;
  return { goal, off: undefined, prepared, infeasible, aim, aimNow: large?.aimNow };
}

/** One reason for both, since what would help against the one is no help against the other. */
function both(one: Infeasible | undefined, other: Infeasible | undefined): Infeasible | undefined {
  if (one === undefined || other === undefined) return one;
  const help = [one.recommendation, other.recommendation].filter((text) => text !== undefined);
  return {
    reason: `${one.reason}; ${other.reason}`,
    ...(help.length === 0 ? {} : { recommendation: help.join(" ") }),
  };
}

function goalsOf(settings: PlannerSettings): Result<readonly Goal[]> {
  const goals: Goal[] = [];
  for (const name of settings.goals) {
    const goal = goalNamed(name);
    if (goal === undefined) {
      const near = nearest(name, ALL_GOAL_NAMES);
      const hint = near === undefined ? "" : `, did you mean ${near}?`;
      return fail(
        "invalid_argument",
        `Cannot plan for goal ${name}: must be one of ${ALL_GOAL_NAMES.join(", ")}${hint}`,
      );
    }
    if (!goals.includes(goal)) goals.push(goal);
  }
  if (goals.length === 0) return fail("invalid_argument", "Cannot plan: no goal given, wanted one");
  return ok(goals);
}

/** Index of a broker id, -1 when there is none. */
export function indexOfBroker(input: ClusterInput, id: number): number {
  return input.brokers.findIndex((broker) => broker.id === id);
}

function unknownBrokers(input: ClusterInput, settings: PlannerSettings): string | undefined {
  const named = {
    "brokers of the operation": settings.brokerIds,
    "destination brokers": settings.destinationBrokerIds,
    "brokers excluded from leadership": settings.excludedForLeadership,
    "brokers excluded from replica moves": settings.excludedForReplicaMove,
  };
  for (const [what, ids] of Object.entries(named)) {
    const unknown = ids.filter((id) => indexOfBroker(input, id) < 0);
    if (unknown.length > 0) {
      return `Cannot plan with ${what} ${unknown.join(", ")}: must be brokers of the cluster (${
        input.brokers.slice(0, 20).map((broker) => broker.id).join(", ")
      }${input.brokers.length > 20 ? ", ..." : ""})`;
    }
  }
  const needsBrokers = settings.operation === "add_broker" ||
    settings.operation === "remove_broker" || settings.operation === "demote_broker";
  if (needsBrokers && settings.brokerIds.length === 0) {
    const isDemotion = settings.operation === "demote_broker";
    if (isDemotion && settings.logDirs.length > 0) return undefined;
    const what = isDemotion ? "broker or log dir" : "broker";
    return `Cannot plan ${settings.operation}: no ${what} named, wanted at least one`;
  }
  if (settings.operation !== "add_broker") return undefined;
  // With no new broker alive this would become a rebalance of all the others.
  const dead = settings.brokerIds.filter((id) =>
    input.brokers[indexOfBroker(input, id)]!.state === "dead"
  );
  if (dead.length === 0) return undefined;
  return `Cannot add broker ${dead.join(", ")}: wanted brokers that are alive`;
}

function brokerFlags(input: ClusterInput, settings: PlannerSettings): Uint8Array {
  const named = new Set(settings.brokerIds);
  const noLead = new Set(settings.excludedForLeadership);
  const noReceive = new Set(settings.excludedForReplicaMove);
  return Uint8Array.from(input.brokers, (broker) => {
    const removed = settings.operation === "remove_broker" && named.has(broker.id);
    if (broker.state === "dead" || removed) return 0;
    const added = settings.operation === "add_broker" && named.has(broker.id);
    let flags = ALIVE;
    if (!noReceive.has(broker.id)) flags |= MAY_RECEIVE;
    const demoted = settings.operation === "demote_broker" && named.has(broker.id);
    if (demoted || broker.state === "demoted") flags |= DEMOTED;
    else if (!noLead.has(broker.id)) flags |= MAY_LEAD;
    if (added || broker.state === "new") flags |= IS_NEW;
    return flags;
  });
}
