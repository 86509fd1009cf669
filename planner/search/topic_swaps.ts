/**
 * Takes surplus replicas of a topic off brokers where everybody is full: against a replica of another topic that
 * leaves all loads within limits.
 *
 * @module
 */
import { brokersOut } from "../../goals/goal.ts";
import { topicFigureSteps } from "../../goals/topic_figures.ts";
import { AXIS_COUNT } from "../../model/cluster_model.ts";
import { replicaMb } from "../../model/replica_axes.ts";
import { listsOf } from "../../model/lists.ts";
import { keepsHardLimits, swapIsLegal } from "./legal.ts";
import { REASON } from "./reasons.ts";
import { isBlocked, mayGoTo, mayMove, relocate, type Search } from "./state.ts";
import { replicasOf, surplusCells } from "./topics.ts";
import { addReplica, violationOf, violationWith } from "./violation.ts";

/** Replicas of a partner that are tried; many only where few found none. */
const SAMPLES = [24, 400] as const;
/** Topics looked at between two yields. */
const CHUNK = 500;

interface Scratch {
  readonly away: Float64Array;
  readonly back: Float64Array;
}

/** See the file's head. One pass over the matrix; what finds no partner stays. */
export function* swapTopics(search: Search): Generator<void, void> {
  const goal = search.goals.findIndex((candidate) => candidate.topicLimits !== undefined);
  if (goal < 0 || search.hopeless.has(search.goals[goal]!)) return;
  yield* topicFigureSteps(search.context);
  if (brokersOut(search.goals[goal]!, search.context).length === 0) return;
  const { topicCount, brokerCount } = search.model;
  const scratch = { away: new Float64Array(AXIS_COUNT), back: new Float64Array(AXIS_COUNT) };
  for (let t = 0; t < topicCount; t += CHUNK) {
    for (const cell of surplusCells(search, t, Math.min(t + CHUNK, topicCount))) {
      const at = { topic: Math.floor(cell / brokerCount), broker: cell % brokerCount };
      relieve(search, { ...at, goal, scratch });
    }
    yield;
  }
}

function relieve(
  search: Search,
  at: { topic: number; broker: number; goal: number; scratch: Scratch },
): void {
  const { model, topicUpper } = search;
  const cell = at.topic * model.brokerCount + at.broker;
  const disk = (r: number) => replicaMb(model, r);
  const replicas = replicasOf(search, at.topic, at.broker).filter((r) => mayMove(search, r));
  replicas.sort((a, b) => disk(a) - disk(b) || a - b);
  for (const replica of replicas) {
    const count = model.topicReplicas[cell]!;
    if (count <= topicUpper[at.topic]!) return;
    let partner = -1;
    for (const sample of SAMPLES) {
      if (partner < 0) partner = findPartner(search, replica, { ...at, sample });
    }
    if (partner < 0) continue;
    const to = model.broker[partner]!;
    search.reasons.noteMove(replica, { goal: at.goal, kind: REASON.topic, value: count });
    search.reasons.noteMove(partner, { goal: at.goal, kind: REASON.swap, value: 0 });
    relocate(search, replica, to);
    relocate(search, partner, at.broker);
  }
}

/** The smallest fitting replica of the first broker that has one, from a random broker on. */
function findPartner(
  search: Search,
  replica: number,
  at: { topic: number; broker: number; scratch: Scratch; sample: number },
): number {
  const { model, prng, destinations, topicUpper } = search;
  const { lists, listLength } = listsOf(model);
  const start = destinations.length > 0 ? prng.below(destinations.length) : 0;
  for (let i = 0; i < destinations.length; i++) {
    const to = destinations[(start + i) % destinations.length]!;
    const room = model.topicReplicas[at.topic * model.brokerCount + to]! < topicUpper[at.topic]!;
    const length = listLength[to]!;
    if (to === at.broker || !room || length === 0) continue;
    // No partner makes room on a rack that holds another replica of the partition: not one of hundreds has to be tried.
    if (!mayGoTo(search, replica, to) || isBlocked(search, replica, to)) continue;
    let best = -1;
    let bestMb = Infinity;
    for (let k = 0; k < at.sample; k++) {
      const partner = lists[to]![prng.below(length)]!;
      const mb = replicaMb(model, partner);
      search.steps++;
      if (mb >= bestMb || !staysWithin(search, replica, partner, at.scratch)) continue;
      if (!swapIsLegal(search, replica, partner)) continue;
      best = partner;
      bestMb = mb;
    }
    if (best >= 0) return best;
  }
  return -1;
}

/** Neither broker gets further outside its limits. */
function staysWithin(search: Search, a: number, b: number, scratch: Scratch): boolean {
  const { away, back } = scratch;
  const from = search.model.broker[a]!;
  const to = search.model.broker[b]!;
  back.fill(0);
  addReplica(search, back, a, 1);
  addReplica(search, back, b, -1);
  for (let axis = 0; axis < AXIS_COUNT; axis++) away[axis] = -back[axis]!;
  const before = violationOf(search, from) + violationOf(search, to);
  const after = violationWith(search, from, away) + violationWith(search, to, back);
  return after <= before && keepsHardLimits(search, from, away) &&
    keepsHardLimits(search, to, back);
}
