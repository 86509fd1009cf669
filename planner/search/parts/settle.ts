/**
 * Goal after goal, most important first: what the joint search left is mended by actions that worsen no goal of
 * higher priority. This is where priorities decide when not all goals can be met.
 *
 * @module
 */
import { followsLeadership } from "../../../goals/axis_goal.ts";
import {
  brokersOut,
  farthestOut,
  type PreparedGoal,
  type TopicLimits,
} from "../../../goals/goal.ts";
import { AXIS_COUNT, type ClusterModel } from "../../../model/cluster_model.ts";
import { replicaLoad, replicaMb } from "../../../model/replica_axes.ts";
import { listsOf } from "../../../model/lists.ts";
import { isAnnealed } from "../annealing/anneal.ts";
import { checkpoint, compareStanding, restore, standingOf } from "../checkpoint.ts";
import { REASON } from "../reasons.ts";
import { createEnds, type Ends, fillEnds } from "./settle_ends.ts";
import { promote, relocate, type Search } from "../state.ts";
import { isBlocked, mayGoTo, mayLead, mayMove } from "../rules.ts";

/** A change of penalty below this is rounding. */
const EPSILON = 1e-9;
/** Share of the whole budget that settling may use, and that one goal may. */
const SETTLE_SHARE = 0.1;
const GOAL_SHARE = 0.02;
/** Steps without any action that helps a goal, after which it is left: of a thousand actions seven were found later. */
const PATIENCE = 100_000;
/** Replicas that are passed by, at no look at goals, in the time of a step. */
const PASSED = 32;
/** Steps of all settling where annealing follows. */
const ANNEALED_STEPS = 10_000;
/** Replicas tried on either side of a swap; all of them on small brokers. */
const SWAP_SAMPLE = 40;
/** Actions looked at between two yields. */
const YIELD_STEPS = 4000;

/** An action on the table. `second` is the replica that comes back in a swap; -1 none. */
interface Candidate {
  kind: "move" | "lead" | "none";
  replica: number;
  to: number;
  second: number;
  value: number;
}

/** Which goals an action may not worsen. */
interface Keep {
  readonly goal: PreparedGoal;
  readonly index: number;
  readonly protectedGoals: readonly PreparedGoal[];
  /** So many of them, the first, may never be worsened; the others are met goals of less priority. */
  readonly firm: number;
  /** Whether an action that would have helped was refused by one of the latter alone. */
  readonly refused: { byMet: boolean };
  /** Steps at which the goal is left. */
  readonly end: number;
}

/**
 * Tries each goal that is not met: first without breaking any goal that is, then without worsening more important
 * ones. What in the end neither met the goal nor left fewer brokers out is taken back.
 */
export function* settle(search: Search): Generator<void, void> {
  const end = search.steps + Math.min(search.stepsMax * SETTLE_SHARE, pairsOf(search.model));
  for (const [index, goal] of search.goals.entries()) {
    if (search.steps >= end) return;
    if (!isUnmet(search, goal)) continue;
    const earlier = search.goals.filter((other, i) =>
      other !== goal && !search.hopeless.has(other) && (other.hard || (!goal.hard && i < index))
    );
    const met = search.goals.filter((other) =>
      other !== goal && !search.hopeless.has(other) && !earlier.includes(other) &&
      brokersOut(other, search.context).length === 0
    );
    const start = checkpoint(search);
    // What can hardly be met must not use up the steps of what can; where annealing follows there are few to share.
    const waiting = search.goals.filter((other, i) => i >= index && isUnmet(search, other)).length;
    const share = isAnnealed(search.model.replicaCount)
      ? Infinity
      : (end - search.steps) / waiting / 2;
    const half = () => Math.min(end, search.steps + share);
    const firm = earlier.length;
    const refused = { byMet: false };
    const known = { goal, index, firm, refused };
    yield* improveGoal(search, { ...known, protectedGoals: [...earlier, ...met], end: half() });
    // What nothing was refused for alone need not be given up: without it the same would be looked at once more.
    const mayHelp = refused.byMet || isAnnealed(search.model.replicaCount);
    if (brokersOut(goal, search.context).length > 0 && met.length > 0 && mayHelp) {
      const careful = checkpoint(search);
      yield* improveGoal(search, { ...known, protectedGoals: earlier, end: half() });
      if (compareStanding(search, standingOf(search), careful.standing) >= 0) {
        restore(search, careful);
      }
    }
    if (compareStanding(search, standingOf(search), start.standing) >= 0) restore(search, start);
  }
}

/**
 * Whether a goal that may be met is not. Of goals that were given up the least important one is left: it may not be met at the price of any other.
 */
function isUnmet({ context, hopeless, goals, givenUp }: Search, goal: PreparedGoal): boolean {
  if (goal.idle === true || hopeless.has(goal)) return false;
  if (goals.findLast((other) => givenUp.has(other)) === goal) return false;
  return brokersOut(goal, context).length > 0;
}

/** Steps that are enough where replicas are few: annealing follows there, and finds what is left in less time. */
function pairsOf({ replicaCount }: ClusterModel): number {
  const pairs = replicaCount * replicaCount / 2;
  return isAnnealed(replicaCount) ? Math.min(pairs, ANNEALED_STEPS) : pairs;
}

function* improveGoal(search: Search, keep: Keep): Generator<void, void> {
  const end = Math.min(keep.end, search.stepsMax, search.steps + search.stepsMax * GOAL_SHARE);
  let nextYield = search.steps + YIELD_STEPS;
  let helpedAt = search.steps;
  const stuck = new Set<number>();
  const moves = mayAnyMove(search);
  const ends = createEnds(search.model.brokerCount);
  let isHelped = false;
  while (search.steps < end && search.steps < helpedAt + PATIENCE) {
    const broker = farthestOut(keep.goal, search.context).find((b) => !stuck.has(b));
    if (broker === undefined) {
      // What helped one broker may let others be helped: all are asked again, but not after each action.
      if (!isHelped) return;
      stuck.clear();
      isHelped = false;
      continue;
    }
    if (moves) fillEnds(search, keep, { broker, ends });
    const best: Candidate = { kind: "none", replica: -1, to: -1, second: -1, value: 0 };
    if (isLed(keep.goal)) tryLeadership(search, keep, { broker, best, ends });
    if (moves && best.kind === "none") tryMovesOut(search, keep, { broker, best, ends });
    if (moves && best.kind === "none") tryMovesIn(search, keep, { broker, best, ends });
    if (moves && best.kind === "none") trySwaps(search, keep, { broker, best, ends });
    if (best.kind === "none") stuck.add(broker);
    else {
      helpedAt = search.steps;
      carryOut(search, keep, { broker, best, ends });
      isHelped = true;
    }
    if (search.steps >= nextYield) {
      nextYield = search.steps + YIELD_STEPS;
      yield;
    }
  }
}

/** Whether any replica may move: where a request concerns few partitions, often leadership alone is left to try. */
function mayAnyMove(search: Search): boolean {
  for (let r = 0; r < search.model.replicaCount; r++) if (mayMove(search, r)) return true;
  return false;
}

/** Whether leadership changes anything of the goal. */
function isLed({ axisLimits, topicLimits, racksDiffer, guardsMoves }: PreparedGoal): boolean {
  if (guardsMoves !== undefined) return true;
  if (axisLimits !== undefined) return followsLeadership(axisLimits.axis);
  return topicLimits === undefined && racksDiffer !== true;
}

interface Attempt {
  readonly broker: number;
  readonly best: Candidate;
  /** Between which brokers moves may help this one. */
  readonly ends: Ends;
}

function tryLeadership(search: Search, keep: Keep, attempt: Attempt): void {
  const { model } = search;
  const { broker, best } = attempt;
  const { lists, listLength } = listsOf(model);
  for (let i = 0; i < listLength[broker]!; i++) {
    const own = lists[broker]![i]!;
    const p = model.partition[own]!;
    if (model.pinned[p] === 1) continue;
    const leads = model.leader[p] === own;
    const start = leads ? model.replicaStart[p]! : own;
    const end = leads ? model.replicaStart[p + 1]! : own + 1;
    for (let r = start; r < end; r++) {
      if (r === model.leader[p] || !mayLead(search, r)) continue;
      search.steps++;
      const gain = -keep.goal.leadDelta(p, r);
      if (gain <= best.value + EPSILON) continue;
      if (isRefused(keep, (goal) => goal.leadDelta(p, r))) continue;
      Object.assign(best, { kind: "lead", replica: r, to: -1, second: -1, value: gain });
    }
  }
}

/** Whether any of the protected goals is worsened, `delta` being how far an action takes it. */
function isRefused(
  { protectedGoals, firm, refused }: Keep,
  delta: (goal: PreparedGoal) => number,
): boolean {
  for (let i = 0; i < protectedGoals.length; i++) {
    if (delta(protectedGoals[i]!) <= EPSILON) continue;
    if (i >= firm) refused.byMet = true;
    return true;
  }
  return false;
}

function allowed(search: Search, replica: number, to: number): boolean {
  const { model } = search;
  return model.broker[replica] !== to && mayGoTo(search, replica, to) &&
    !isBlocked(search, replica, to);
}

function tryMove(
  search: Search,
  keep: Keep,
  move: { replica: number; to: number; best: Candidate },
): void {
  const { replica, to, best } = move;
  search.steps++;
  const delta = keep.goal.moveDelta(replica, to);
  if (delta >= -EPSILON) return;
  const value = -delta / mbFor(search, replica, to);
  if (value <= best.value || !allowed(search, replica, to)) return;
  if (isRefused(keep, (goal) => goal.moveDelta(replica, to))) return;
  Object.assign(best, { kind: "move", replica, to, second: -1, value });
}

/** MB that the move adds to the plan, at least a little. */
function mbFor(search: Search, replica: number, to: number): number {
  const { model } = search;
  const away = model.broker[replica] !== model.home[replica];
  if (away || model.home[replica] === to) return 1;
  return 1 + replicaMb(model, replica);
}

function tryMovesOut(search: Search, keep: Keep, attempt: Attempt): void {
  const { model, destinations } = search;
  const { broker, best, ends: { takers } } = attempt;
  const { lists, listLength } = listsOf(model);
  const open = destinations.filter((to) => takers[to] === 1);
  const { topicLimits } = keep.goal;
  for (let i = 0; i < listLength[broker]!; i++) {
    const replica = lists[broker]![i]!;
    if (!mayMove(search, replica)) continue;
    if (topicLimits !== undefined && excess(model, topicLimits, replica, broker) <= 0) continue;
    for (let k = 0; k < open.length; k++) tryMove(search, keep, { replica, to: open[k]!, best });
    const home = model.home[replica]!;
    if (home !== broker && takers[home] === 1) tryMove(search, keep, { replica, to: home, best });
  }
}

function tryMovesIn(search: Search, keep: Keep, attempt: Attempt): void {
  const { model } = search;
  const { broker, best, ends: { givers } } = attempt;
  if (!givers.includes(1)) return;
  // To pass by is not for nothing either.
  search.steps += Math.ceil(model.replicaCount / PASSED);
  const { topicLimits } = keep.goal;
  for (let r = 0; r < model.replicaCount; r++) {
    const from = model.broker[r]!;
    if (from === broker || givers[from] === 0 || !mayMove(search, r)) continue;
    if (topicLimits !== undefined && lack(model, topicLimits, r, broker) <= 0) continue;
    tryMove(search, keep, { replica: r, to: broker, best });
  }
}

/** By how many replicas of its topic a broker is above their limit. */
function excess(
  model: ClusterModel,
  { upper }: TopicLimits,
  replica: number,
  broker: number,
): number {
  const t = model.topic[model.partition[replica]!]!;
  return model.topicReplicas[t * model.brokerCount + broker]! - upper[t]!;
}

/** By how many it is below. */
function lack(
  model: ClusterModel,
  { lower }: TopicLimits,
  replica: number,
  broker: number,
): number {
  const t = model.topic[model.partition[replica]!]!;
  return lower[t]! - model.topicReplicas[t * model.brokerCount + broker]!;
}

function trySwaps(search: Search, keep: Keep, attempt: Attempt): void {
  const { model, prng } = search;
  const { broker, best, ends } = attempt;
  const mine = sampleOf(search, broker);
  const { axis, isOver, traders } = ends;
  for (const partner of search.context.alive) {
    if (partner === broker || traders[partner] === 0) continue;
    const theirs = sampleOf(search, partner);
    const loads = theirs.map((b) => axis < 0 ? 0 : replicaLoad(model, b, axis));
    for (const a of mine) {
      if (!mayMove(search, a) || !allowed(search, a, partner)) continue;
      const load = axis < 0 ? 0 : replicaLoad(model, a, axis);
      for (const [k, b] of theirs.entries()) {
        search.steps++;
        // What goes has to be more than what comes, or less where the broker lacks something.
        if (axis >= 0 && (isOver ? load <= loads[k]! : load >= loads[k]!)) continue;
        if (model.partition[a] === model.partition[b] || !mayMove(search, b)) continue;
        if (!allowed(search, b, broker)) continue;
        trySwap(search, keep, { a, b, best });
      }
    }
    if (best.kind !== "none" && prng.below(4) === 0) return;
  }
}

function sampleOf(search: Search, broker: number): number[] {
  const { model, prng } = search;
  const { lists, listLength } = listsOf(model);
  const length = listLength[broker]!;
  const list = lists[broker]!;
  if (length <= SWAP_SAMPLE) return Array.from(list.subarray(0, length));
  const sample = new Set<number>();
  for (let k = 0; k < SWAP_SAMPLE; k++) sample.add(list[prng.below(length)]!);
  return [...sample];
}

/** Penalties of the two halves do not add up, so the first is carried out to judge the second. */
function trySwap(
  search: Search,
  keep: Keep,
  swap: { a: number; b: number; best: Candidate },
): void {
  const { model } = search;
  const { a, b, best } = swap;
  const from = model.broker[a]!;
  const to = model.broker[b]!;
  const mb = mbFor(search, a, to) + mbFor(search, b, from);
  const goals = [keep.goal, ...keep.protectedGoals];
  const first = goals.map((goal) => goal.moveDelta(a, to));
  relocate(search, a, to);
  let value = 0;
  let accepted = true;
  for (const [i, goal] of goals.entries()) {
    const delta = first[i]! + goal.moveDelta(b, from);
    if (i === 0) value = -delta / mb;
    accepted = i === 0 ? delta < -EPSILON && value > best.value : delta <= EPSILON;
    if (!accepted) {
      if (i > keep.firm) keep.refused.byMet = true;
      break;
    }
  }
  relocate(search, a, from);
  if (accepted) Object.assign(best, { kind: "move", replica: a, to, second: b, value });
}

function carryOut(search: Search, keep: Keep, attempt: Attempt): void {
  const { model, reasons } = search;
  const { broker, best } = attempt;
  const limits = keep.goal.axisLimits;
  const sum = limits === undefined ? 0 : model.sums[broker * AXIS_COUNT + limits.axis]!;
  const short = limits !== undefined && sum < limits.lower[broker]!;
  const reason = {
    goal: keep.index,
    kind: short ? REASON.destinationShort : REASON.sourceOut,
    value: sum,
  };
  if (best.kind === "lead") {
    const p = model.partition[best.replica]!;
    reasons.noteLead(p, reason);
    promote(search, p, best.replica);
    return;
  }
  const from = model.broker[best.replica]!;
  reasons.noteMove(best.replica, reason);
  relocate(search, best.replica, best.to);
  if (best.second < 0) return;
  reasons.noteMove(best.second, { goal: keep.index, kind: REASON.swap, value: 0 });
  relocate(search, best.second, from);
}
