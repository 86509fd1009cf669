/**
 * Takes surplus replicas of a topic off brokers where everybody is full, against replicas of other topics that leave all loads
 * within limits, and brings replicas to brokers that hold too few of a topic (`topic_supply.ts`).
 *
 * @module
 */
import { type AxisLimits, brokersOut, type PreparedGoal } from "../../../goals/goal.ts";
import { topicFigureSteps } from "../../../goals/topic_figures.ts";
import { AXIS_COUNT, type ClusterModel } from "../../../model/cluster_model.ts";
import { replicaMb } from "../../../model/replica_axes.ts";
import { REASON } from "../reasons.ts";
import { relocate, type Search } from "../state.ts";
import { aimAt, aimsOf } from "../create_search.ts";
import { isBlocked, mayGoTo, mayMove } from "../rules.ts";
import { fittingPartner, newTrading, type Trading } from "./topic_partners.ts";
import { supplyTopics } from "./topic_supply.ts";
import { replicasOf, surplusCells } from "./topics.ts";

/** Replicas of a partner that are tried; many only where few found none. */
const SAMPLES = [24, 400] as const;
/** Topics looked at between two yields. */
const CHUNK = 500;

/**
 * What is aimed at for goals that no plan can meet gives way by this part, where topics cannot be spread otherwise: all brokers are outside
 * or as near to it as they can come, so that hardly any two replicas could trade places.
 */
const GIVEN_WAY = 0.02;

/** See the file's head. What finds no partner stays. */
export function* swapTopics(search: Search): Generator<void, void> {
  const goal = search.goals.findIndex((candidate) => candidate.topicLimits !== undefined);
  if (goal < 0 || search.hopeless.has(search.goals[goal]!)) return;
  if (search.givenUp.has(search.goals[goal]!)) return;
  if (!(yield* isOut(search, goal))) return;
  const aimBack = search.aims.size === 0 ? () => {} : aimAt(search, givenWay(search));
  yield* trade(search, goal);
  aimBack();
}

function* isOut(search: Search, goal: number): Generator<void, boolean> {
  yield* topicFigureSteps(search.context);
  return brokersOut(search.goals[goal]!, search.context).length > 0;
}

/** One pass over the matrix for brokers with too many of a topic, and one for those with too few. */
function* trade(search: Search, goal: number): Generator<void, void> {
  const { topicCount, brokerCount } = search.model;
  const trading = newTrading(goal);
  for (let t = 0; t < topicCount; t += CHUNK) {
    for (const cell of surplusCells(search, t, Math.min(t + CHUNK, topicCount))) {
      const at = { topic: Math.floor(cell / brokerCount), broker: cell % brokerCount };
      relieve(search, trading, at);
    }
    yield;
  }
  yield* supplyTopics(search, newTrading(goal));
}

function givenWay(search: Search): Map<PreparedGoal, AxisLimits | undefined> {
  const limits = aimsOf(search, search.goals);
  for (const [goal, aim] of search.aims) limits.set(goal, wider(aim, search.model));
  return limits;
}

/** Brokers that are outside may come a little farther outside. */
function wider({ axis, upper, lower }: AxisLimits, { sums }: ClusterModel): AxisLimits {
  const sum = (b: number) => sums[b * AXIS_COUNT + axis]!;
  return {
    axis,
    upper: upper.map((limit, b) => Math.max(limit, sum(b)) * (1 + GIVEN_WAY)),
    lower: lower.map((limit, b) => Math.min(limit, sum(b)) * (1 - GIVEN_WAY)),
  };
}

function relieve(
  search: Search,
  trading: Trading,
  at: { readonly topic: number; readonly broker: number },
): void {
  const { model, topicUpper } = search;
  const cell = at.topic * model.brokerCount + at.broker;
  const disk = (r: number) => replicaMb(model, r);
  const replicas = replicasOf(search, at.topic, at.broker).filter((r) => mayMove(search, r));
  replicas.sort((a, b) => disk(a) - disk(b) || a - b);
  const { goal } = trading;
  for (const replica of replicas) {
    const count = model.topicReplicas[cell]!;
    if (count <= topicUpper[at.topic]!) return;
    let partner = -1;
    for (const sample of SAMPLES) {
      if (partner < 0) partner = findPartner(search, trading, { ...at, replica, sample });
    }
    if (partner < 0) continue;
    const to = model.broker[partner]!;
    search.reasons.noteMove(replica, { goal, kind: REASON.topic, value: count });
    search.reasons.noteMove(partner, { goal, kind: REASON.swap, value: 0 });
    relocate(search, replica, to);
    relocate(search, partner, at.broker);
  }
}

/** A fitting replica of the first broker that has one, from a random broker on. */
function findPartner(
  search: Search,
  trading: Trading,
  at: { topic: number; broker: number; replica: number; sample: number },
): number {
  const { model, prng, destinations, topicUpper } = search;
  const { replica, sample } = at;
  const start = destinations.length > 0 ? prng.below(destinations.length) : 0;
  for (let i = 0; i < destinations.length; i++) {
    const on = destinations[(start + i) % destinations.length]!;
    const room = model.topicReplicas[at.topic * model.brokerCount + on]! < topicUpper[at.topic]!;
    if (on === at.broker || !room) continue;
    // No partner makes room on a rack that holds another replica of the partition: not one of hundreds has to be tried.
    if (!mayGoTo(search, replica, on) || isBlocked(search, replica, on)) continue;
    const best = fittingPartner(search, trading, { replica, on, sample });
    if (best >= 0) return best;
  }
  return -1;
}
