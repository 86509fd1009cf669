/**
 * Starts the search from the plan that was made before: where little changed, little is left to search.
 *
 * ```
 * home ──previous plan, where still legal──► its target ──search, prune──► plan
 *   ▲                                                        │
 *   └── searched from home as well, the better one wins ◄───┘ a goal is not met, or too many bytes
 * ```
 *
 * @module
 */
import { brokersUnmet, type PreparedGoal } from "../goals/goal.ts";
import { partitionAt } from "../model/cluster_input.ts";
import { arrangeSteps } from "../model/arrange.ts";
import { AXIS_COUNT, AXIS_REPLICAS, type ClusterModel } from "../model/cluster_model.ts";
import { moveReplica } from "../model/model_actions.ts";
import { homeSumSteps } from "../model/reload_model.ts";
import type { ProposalReason, Proposals } from "../model/proposal.ts";
import { attemptOf, compareAttempts } from "./attempts/attempt.ts";
import { annealOn } from "./attempts/anneal_on.ts";
import { type AtHome, bestAttempt } from "./attempts/attempts.ts";
import { easedOf, searchOn } from "./attempts/eased_search.ts";
import { type Altered, alteredSteps, changesAfter } from "./replan/altered.ts";
import { type Changes, changeSteps } from "./proposals/changes.ts";
import { placesHold } from "./replan/places.ts";
import { type Prepared, takenUp } from "./prepared.ts";
import { GROWTH_MAX, type PreviousPlan, type PreviousProposal } from "./previous.ts";
import { isAnnealed, MEND, REFINE } from "./search/annealing/anneal.ts";
import { restore, standingOf } from "./search/checkpoint.ts";
import { guardsAccept } from "./search/destination.ts";
import { NO_GOAL, REASON } from "./search/reasons.ts";
import {
  forgetConflicts,
  looksAtAll,
  type Part,
  promote,
  type Search,
  updatePulls,
} from "./search/state.ts";
import { isBlocked, mayGoTo, mayLead, mayMove } from "./search/rules.ts";
import { type PlannerStep, saying } from "./steps.ts";
import { unmetAfter } from "./unmet.ts";
import { withdraw } from "./search/parts/withdraw.ts";

/** Partitions brought to their places between two yields. */
const CHUNK = 5000;

/** As {@link GROWTH_MAX}, where what annealing from home comes to differs by as much from one draw to the next. */
const GROWTH_ANNEALED = 1.03;

/** The search of a plan, and what it changes, where that is known. */
export interface WarmAttempt {
  readonly search: Search;
  readonly changes: Changes | undefined;
  /** What is not as in the previous plan, where sums follow from those of it. */
  readonly altered: Altered | undefined;
}

/**
 * Leaves the model in the state of the plan, and returns its search.
 *
 * @param atHome with a search from home, with which nothing was done yet
 */
export function* warmAttempt(
  prepared: Prepared,
  previous: PreviousPlan,
  atHome: AtHome & { readonly search: Search },
): Generator<PlannerStep, WarmAttempt, void> {
  const { search } = atHome;
  // Only what has to leave moves for soft goals then: mostly some stay unmet, and all would be searched from home as well.
  // What brokers get that are new would shape the plan least of all.
  if (search.hasOffline || hasUnknownBroker(search, previous)) {
    return fromHome(yield* attemptFromHome(prepared, atHome));
  }
  const step = { step: "Taking up the previous plan", completionPercentage: 0, steps: 0 };
  yield step;
  const taken = (yield* saying(step, takePlaces(prepared, search))) ??
    (yield* saying(step, takeUp(search, previous.proposals)));
  // Carried out, or of no use any more: then this is the search from home.
  if (taken === 0) return fromHome(yield* attemptFromHome(prepared, atHome));
  const { before, open } = outBefore(prepared, search);
  const unmet = before.map((out, i) => out + open[i]!);
  search.conflicts.onlyKnown = unmet.some((out) => out > 0);
  const eased = easedOf(search, unmet, (prepared.places?.age ?? Infinity) < AGE_MAX);
  const mbFromHome = unmet.some((out) => out > 0) ? prepared.places!.mbFromHome : Infinity;
  // Nothing is known of the fewest bytes where the bound is 0.
  const mbByBound = atHome.boundMb > 0
    ? atHome.boundMb * previous.aboveBound
    : prepared.places?.mbFromHome ?? 0;
  const growth = isAnnealed(search.model.replicaCount) ? GROWTH_ANNEALED : GROWTH_MAX;
  const mostMb = Math.min(mbByBound, mbFromHome) * growth;
  const whole = search.part;
  search.part = partOf(prepared, search);
  const isMet = (out: number, i: number) =>
    open[i]! > 0 || out <= mostOut(before[i]!, search.goals[i]!);
  for (;;) {
    yield* searchOn(search, eased);
    takeBackHarm(prepared, search);
    const isLast = looksAtAll(search) || prepared.places?.unmet.some((out) => out > 0) === true;
    yield* annealBack(search, { isLast, isMet, before, open });
    const met = standingOf(search).every(isMet);
    yield step;
    let { changes, altered } = yield* saying(step, changesFrom(prepared, search));
    if (met && isLast && changes.totals.mbToMove > mostMb) {
      yield* annealOn(search, search.goals.filter((_, i) => unmet[i] === 0), REFINE);
      ({ changes, altered } = yield* saying(step, changesFrom(prepared, search)));
    }
    const { mbToMove } = changes.totals;
    const above = mbToMove / atHome.boundMb - 1;
    if (met && mbToMove <= mostMb && isDue(prepared, above, previous.aboveBound - 1)) break;
    if (met && mbToMove <= mostMb) return { search, changes, altered };
    // What the plan before could not meet is hardly met by looking at more.
    if (isLast) break;
    search.part = whole;
  }
  forgetConflicts(search.conflicts);
  const warm = attemptOf(search);
  const fresh = yield* attemptFromHome(prepared, atHome);
  takeBackHarm(prepared, fresh);
  const cold = attemptOf(fresh);
  if (compareAttempts(cold, warm) <= 0) return fromHome(fresh);
  restore(search, warm.end);
  return fromHome(search);
}

/**
 * Anneals what is out of limits that the plan before kept, or that it did not try to keep with the rest. What loads have changed since is often
 * out by a hair, and near to a placement within limits.
 */
function* annealBack(
  search: Search,
  { isLast, isMet, before, open }: {
    isLast: boolean;
    isMet: (out: number, goal: number) => boolean;
    before: readonly number[];
    open: readonly number[];
  },
): Generator<PlannerStep, void, void> {
  const isWithin = () => standingOf(search).every(isMet);
  const tried = search.goals.filter((_, i) => before[i] === 0);
  const kept = tried.filter((goal) => open[search.goals.indexOf(goal)] === 0);
  if (isLast && !isWithin()) yield* annealOn(search, kept, REFINE);
  if (isLast && !isWithin()) yield* annealOn(search, kept, MEND);
  if (kept.length < tried.length && isWithin()) yield* annealOn(search, tried, MEND);
}

/** The search from home, as if there were no plan before: sums and lists are of the same order, so that all draws come to the same. */
function* attemptFromHome(
  prepared: Prepared,
  atHome: AtHome,
): Generator<PlannerStep, Search, void> {
  const { model, homeSums, carried } = prepared;
  const { home: broker, homeLeader: leader } = model;
  const step = { step: "Going home", completionPercentage: 0, steps: 0 };
  const known = carried === undefined ? homeSums : yield* saying(step, homeSumSteps(model));
  const sums = { sums: known, roundings: 0 };
  yield* saying(step, arrangeSteps(model, { broker, leader, sums }));
  return yield* bestAttempt(prepared, atHome);
}

/** What a plan would have to take back in the end, where not all hard goals can be met, counts for no search. */
function takeBackHarm(prepared: Prepared, search: Search): void {
  const mayHarm = (goal: PreparedGoal) =>
    goal.hard && (search.hopeless.has(goal) || brokersUnmet(goal, search.context).length > 0);
  if (search.goals.some(mayHarm) && unmetAfter(prepared, search).length > 0) withdraw(search);
}

/**
 * Bytes above the lower bound, in parts of it and added up over the plans in a row that were not searched from home, at which that is due: the farther
 * above the bound plans are, the more a search from home may save. What was above it from home already counts for less.
 */
const ABOVE_MAX = 0.5;
const KNOWN_COUNTS = 0.2;

function isDue({ places }: Prepared, above: number, known: number): boolean {
  if (!Number.isFinite(above)) return (places?.age ?? 0) >= AGE_MAX;
  return ((places?.age ?? 0) + 1) * (above - known + KNOWN_COUNTS * known) > ABOVE_MAX;
}

/** Whether a broker holds nothing that may, and the plan before has nothing for it: it was not there then. */
function hasUnknownBroker({ model, destinations }: Search, { proposals }: PreviousPlan): boolean {
  const isEmpty = (b: number) => model.sums[b * AXIS_COUNT + AXIS_REPLICAS] === 0;
  const empty = new Set([...destinations].filter(isEmpty).map((b) => model.input.brokers[b]!.id));
  if (empty.size === 0) return false;
  for (const { newReplicas } of proposals) {
    for (const { brokerId } of newReplicas) empty.delete(brokerId);
  }
  return empty.size > 0;
}

/** Plans in a row that may leave a goal unmet before all is searched from home again, at most, and with more than which part of the loads changed none. */
const AGE_MAX = 16;
const LITTLE = 0.05;

/**
 * Brokers out under the plan before by goal of the search, where nothing more is to be tried for that, and where annealing may still meet it; 0 for what
 * no plan can meet. A search from home that met no other goals than the one before it is repeated half as often each time.
 */
function outBefore(
  { places, goals, changedCount, context }: Prepared,
  { hopeless, model }: Search,
): { readonly before: readonly number[]; readonly open: readonly number[] } {
  const isKnown = places !== undefined && changedCount <= LITTLE * model.partitionCount &&
    places.constraint === context.constraint &&
    places.age < Math.min(AGE_MAX, 2 ** places.fruitless - 1);
  const ofSearch = (known: readonly number[] | undefined) =>
    goals.flatMap(({ prepared: goal }, i) =>
      goal === undefined ? [] : [hopeless.has(goal) ? 0 : known?.[i] ?? 0]
    );
  const open = isKnown && isAnnealed(model.replicaCount) ? places.open : undefined;
  return { before: ofSearch(isKnown ? places.unmet : undefined), open: ofSearch(open) };
}

/** To brokers that are out for a soft goal that the plan before could not meet one in so many may come: which are out changes with every load. */
const MORE_OUT = 8;

function mostOut(before: number, { hard }: PreparedGoal): number {
  return hard ? before : before + Math.ceil(before / MORE_OUT);
}

/** Parts of all replicas that plans in a row look at in turn, and how many replicas a part has of each broker at least. */
const PARTS_MAX = 8;
const LEAST_A_BROKER = 128;

/** The part of all replicas whose turn it is; all, where brokers hold few or the plan before was not taken up as a whole. */
function partOf(prepared: Prepared, search: Search): Part {
  const { replicaCount, brokerCount } = search.model;
  const places = takenUp(prepared, search);
  const fitting = Math.floor(replicaCount / (brokerCount * LEAST_A_BROKER));
  const count = places === undefined ? 1 : Math.max(1, Math.min(PARTS_MAX, fitting));
  const turn = (places?.turn ?? 0) % count;
  return {
    from: Math.floor(replicaCount * turn / count),
    to: Math.floor(replicaCount * (turn + 1) / count),
  };
}

/** A search of which nothing else is known. */
export function fromHome(search: Search): WarmAttempt {
  return { search, changes: undefined, altered: undefined };
}

/** What the plan changes, counted anew only where it is another than the one before. */
function* changesFrom(
  prepared: Prepared,
  search: Search,
): Generator<void, Pick<WarmAttempt, "altered"> & { readonly changes: Changes }, void> {
  const { carried } = prepared;
  const { model, reasons: { movesThen } } = search;
  const places = takenUp(prepared, search);
  if (carried === undefined || places?.changes === undefined) {
    return { changes: yield* changeSteps(model), altered: undefined };
  }
  const altered = yield* alteredSteps(model, places, { movesThen, resized: carried.changed });
  return { changes: changesAfter(model, places, altered), altered };
}

/**
 * Puts everything where the previous plan had it, at once. Undefined when it is a plan of another topology, or the rules
 * do not allow all of it any more: then the model is at home. Gives the number of changed partitions.
 */
function* takePlaces(
  prepared: Prepared,
  search: Search,
): Generator<void, number | undefined, void> {
  const { model } = search;
  const { places, carried } = prepared;
  if (places === undefined) return undefined;
  const { broker, leader } = places;
  const stays = prepared.kept !== undefined;
  yield* arrangeSteps(model, { broker, leader, stays, sums: carried });
  const hold = yield* placesHold(search, places, { sameRules: prepared.kept !== undefined });
  if (hold) search.reasons.continueFrom(places);
  else yield* arrangeSteps(model, { broker: model.home, leader: model.homeLeader });
  updatePulls(search);
  return hold ? places.proposals.length : undefined;
}

/** Indices of names and ids. */
interface Names {
  readonly topics: ReadonlyMap<string, number>;
  readonly brokers: ReadonlyMap<number, number>;
  readonly goals: ReadonlyMap<string, number>;
}

/**
 * Carries the previous plan out on the model, as far as partitions and brokers are still there and rules allow it.
 * Returns how many replicas and leaders changed.
 */
function* takeUp(
  search: Search,
  previous: Proposals<PreviousProposal>,
): Generator<void, number, void> {
  const { input } = search.model;
  const names: Names = {
    topics: new Map(input.topicNames.map((name, t) => [name, t])),
    brokers: new Map(input.brokers.map(({ id }, b) => [id, b])),
    goals: new Map(search.goals.map(({ name }, i) => [name, i])),
  };
  search.reasons.previous = previous;
  yield;
  let changes = 0;
  for (let k = 0; k < previous.length; k++) {
    const proposal = previous.at(k)!;
    const p = partitionOf(search.model, names, proposal);
    if (p >= 0) changes += takeUpPartition(search, names, { p, k, proposal });
    if (k % CHUNK === CHUNK - 1) yield;
  }
  updatePulls(search);
  return changes;
}

/** -1 when there is none any more. */
function partitionOf({ input }: ClusterModel, names: Names, wanted: PreviousProposal): number {
  const t = names.topics.get(wanted.topic);
  if (t === undefined) return -1;
  return partitionAt(input, t, wanted.partition);
}

interface Taken {
  readonly p: number;
  /** Index into the previous plan. */
  readonly k: number;
  readonly proposal: PreviousProposal;
}

/** Returns the number of changes. */
function takeUpPartition(search: Search, names: Names, taken: Taken): number {
  const { model } = search;
  const { p, proposal } = taken;
  const { newReplicas } = proposal;
  const wanted: number[] = [];
  for (let i = 0; i < newReplicas.length; i++) {
    wanted.push(names.brokers.get(newReplicas[i]!.brokerId) ?? -1);
  }
  const size = model.replicaStart[p + 1]! - model.replicaStart[p]!;
  if (wanted.length !== size || wanted.includes(-1)) return 0;
  let arriving = wanted.filter((b) => replicaOn(model, p, b) < 0);
  const missing = arriving.length;
  // A replica may have to wait until another one of its partition has left the rack.
  for (let left = arriving.length + 1; arriving.length > 0 && arriving.length < left;) {
    left = arriving.length;
    arriving = arriving.filter((to) => !moveOne(search, names, { ...taken, wanted, to }));
  }
  const moved = missing - arriving.length;
  const next = replicaOn(model, p, wanted[0]!);
  if (next < 0 || next === model.leader[p] || model.pinned[p] === 1 || !mayLead(search, next)) {
    return moved;
  }
  if (search.guards.some((goal) => goal.leadDelta(p, next) > 0)) return moved;
  const reason = proposal.reasons.at(-1);
  search.reasons.noteLead(p, reasonOf(names, reason, taken.k));
  promote(search, p, next);
  return moved + 1;
}

/** Moves the replica that the previous plan moved there, else any that has to leave; false when none may. */
function moveOne(
  search: Search,
  names: Names,
  move: Taken & { wanted: readonly number[]; to: number },
): boolean {
  const { model } = search;
  const { p, k, proposal, wanted, to } = move;
  const toId = model.input.brokers[to]!.id;
  const reason = proposal.reasons.find((given) => given.to === toId);
  const from = names.brokers.get(reason?.from ?? -1) ?? -1;
  let replica = from < 0 || wanted.includes(from) ? -1 : replicaOn(model, p, from);
  for (let r = model.replicaStart[p]!; replica < 0 && r < model.replicaStart[p + 1]!; r++) {
    if (!wanted.includes(model.broker[r]!)) replica = r;
  }
  if (replica < 0 || !mayMove(search, replica) || !mayGoTo(search, replica, to)) return false;
  if (isBlocked(search, replica, to) || !guardsAccept(search, replica, to)) return false;
  search.reasons.noteMove(replica, reasonOf(names, reason, k));
  const left = model.broker[replica]!;
  // Gradients are of no use before all are in place: relocate() would keep them up to date at each move.
  moveReplica(model, replica, to);
  search.windows?.move(replica, left, to);
  return true;
}

function reasonOf(names: Names, reason: ProposalReason | undefined, k: number) {
  const goal = names.goals.get(reason?.goal ?? "") ?? NO_GOAL;
  return { goal, kind: REASON.previous, value: k };
}

/** -1 when the partition has none on the broker. O(RF). */
function replicaOn(model: ClusterModel, p: number, broker: number): number {
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (model.broker[r] === broker) return r;
  }
  return -1;
}
