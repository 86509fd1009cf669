/**
 * Brings replicas to brokers that are below a lower limit. After shedding only a few need it.
 *
 * @module
 */
import { AXIS_COUNT } from "../../model/cluster_model.ts";
import { guardsAccept } from "./destination.ts";
import { REASON } from "./reasons.ts";
import { gradientAt, isBlocked, mayGoTo, mayMove, relocate, type Search } from "./state.ts";

const AXES = [0, 1, 3, 4] as const;
/** Replicas compared for each move. */
const SAMPLE = 24;
/** Tries in a row without a fitting replica after which a broker is left to the repair. */
const FAILURES_MAX = 40;

/** Emptiest broker first. Yields after each broker. */
export function* fill(search: Search): Generator<void, void> {
  const order: { broker: number; deficit: number }[] = [];
  for (const broker of search.destinations) {
    const { deficit } = largestDeficit(search, broker);
    if (deficit > 0) order.push({ broker, deficit });
  }
  order.sort((a, b) => b.deficit - a.deficit || a.broker - b.broker);
  for (const { broker } of order) {
    fillBroker(search, broker);
    yield;
  }
}

function largestDeficit(search: Search, broker: number): { axis: number; deficit: number } {
  const { lower, target, model } = search;
  let axis = -1;
  let deficit = 0;
  for (const candidate of AXES) {
    const i = broker * AXIS_COUNT + candidate;
    const under = lower[i]! - model.sums[i]!;
    if (under <= 0) continue;
    const relative = under / Math.max(target[i]!, Number.MIN_VALUE);
    if (relative > deficit || axis < 0) {
      axis = candidate;
      deficit = relative;
    }
  }
  return { axis, deficit };
}

function fillBroker(search: Search, broker: number): void {
  let failures = 0;
  while (failures < FAILURES_MAX) {
    const { axis } = largestDeficit(search, broker);
    if (axis < 0) return;
    const replica = pickReplica(search, broker);
    if (replica < 0) {
      failures++;
      continue;
    }
    failures = 0;
    search.reasons.noteMove(replica, {
      goal: shortGoal(search, broker, axis),
      kind: REASON.destinationShort,
      value: search.model.sums[broker * AXIS_COUNT + axis]!,
    });
    relocate(search, replica, broker);
  }
}

/** The sampled replica whose move lowers the imbalance of both brokers most for its MB. */
function pickReplica(search: Search, broker: number): number {
  const { model, prng, upper, lower } = search;
  const { loads, row, sums, broker: brokerOf, replicaCount } = model;
  const to = broker * AXIS_COUNT;
  search.steps++;
  let best = -1;
  let bestValue = 0;
  for (let k = 0; k < SAMPLE; k++) {
    const replica = prng.below(replicaCount);
    const from = brokerOf[replica]!;
    if (from === broker || !mayMove(search, replica)) continue;
    const o = from * AXIS_COUNT;
    const at = row[replica]! * AXIS_COUNT;
    let gain = 0;
    let fits = true;
    for (const axis of AXES) {
      const load = loads[at + axis]!;
      fits = fits && sums[o + axis]! - load >= lower[o + axis]! &&
        sums[to + axis]! + load <= upper[to + axis]!;
      gain += load * (gradientAt(search, o + axis) - gradientAt(search, to + axis));
    }
    if (!fits || gain <= 0 || gain / (loads[at]! + 1) <= bestValue) continue;
    if (!accepts(search, replica, broker)) continue;
    best = replica;
    bestValue = gain / (loads[at]! + 1);
  }
  return best;
}

function accepts(search: Search, replica: number, to: number): boolean {
  const { model, topicUpper, topicLower } = search;
  const t = model.topic[model.partition[replica]!]!;
  const cell = t * model.brokerCount;
  if (model.topicReplicas[cell + to]! + 1 > topicUpper[t]!) return false;
  if (model.topicReplicas[cell + model.broker[replica]!]! - 1 < topicLower[t]!) return false;
  return mayGoTo(search, replica, to) && !isBlocked(search, replica, to) &&
    guardsAccept(search, replica, to);
}

/** The most important goal whose lower limit on the axis the broker misses. */
export function shortGoal(search: Search, broker: number, axis: number): number {
  const { goals } = search;
  const onAxis = search.axisGoals[axis]!;
  const sum = search.model.sums[broker * AXIS_COUNT + axis]!;
  for (let i = 0; i < onAxis.length; i++) {
    if (sum < goals[onAxis[i]!]!.axisLimits!.lower[broker]!) return onAxis[i]!;
  }
  return onAxis[0] ?? -1;
}
