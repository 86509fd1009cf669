/**
 * Brings replicas to brokers that are below a lower limit. After shedding only a few need it.
 *
 * @module
 */
import { AXIS_COUNT } from "../../../model/cluster_model.ts";
import { guardsAccept } from "../destination.ts";
import { REASON } from "../reasons.ts";
import { gainOf } from "./picks.ts";
import { relocate, type Search } from "../state.ts";
import { isBlocked, mayGoTo, mayMove } from "../rules.ts";
import { shortGoal } from "../goal_of_limit.ts";

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

/** By place in {@link AXES}: what the broker lacks, relative to the target; negative where it has about enough. */
const wish = new Float64Array(AXES.length);
/** An axis this near to its upper limit, as part of the range, counts against a replica, and how much. */
const NEAR_UPPER = 0.25;
const NEAR_UPPER_WEIGHT = 0.15;

function fillWish({ upper, lower, target, model }: Search, broker: number): void {
  for (let k = 0; k < AXES.length; k++) {
    const i = broker * AXIS_COUNT + AXES[k]!;
    const size = Math.max(target[i]!, Number.MIN_VALUE);
    const sum = model.sums[i]!;
    const near = upper[i]! - NEAR_UPPER * (upper[i]! - lower[i]!);
    wish[k] = sum < lower[i]!
      ? (lower[i]! - sum) / size
      : sum > near
      ? NEAR_UPPER_WEIGHT * (near - sum) / size
      : 0;
  }
}

/**
 * The sampled replica that fits best what the broker lacks: where that is MB, by the mix of all it brings, since small
 * replicas would use up the count first; else by the gain for its MB.
 */
function pickReplica(search: Search, broker: number): number {
  const { model, prng, upper, lower, target } = search;
  const { loads, row, sums, broker: brokerOf, replicaCount } = model;
  const to = broker * AXIS_COUNT;
  search.steps++;
  fillWish(search, broker);
  let best = -1;
  let bestValue = 0;
  for (let k = 0; k < SAMPLE; k++) {
    const replica = prng.below(replicaCount);
    const from = brokerOf[replica]!;
    if (from === broker || !mayMove(search, replica)) continue;
    const o = from * AXIS_COUNT;
    const at = row[replica]! * AXIS_COUNT;
    let gain = 0;
    let norm = 0;
    let fits = true;
    for (let n = 0; n < AXES.length; n++) {
      const axis = AXES[n]!;
      const load = loads[at + axis]!;
      fits = fits && sums[o + axis]! - load >= lower[o + axis]! &&
        sums[to + axis]! + load <= upper[to + axis]!;
      const relative = target[to + axis]! > 0 ? load / target[to + axis]! : 0;
      gain += gainOf(wish[n]!, relative);
      norm += relative * relative;
    }
    if (!fits || gain <= 0) continue;
    const value = wish[0]! > 0 ? gain / Math.sqrt(norm) : gain / (loads[at]! + 1);
    if (value <= bestValue || !accepts(search, replica, broker)) continue;
    best = replica;
    bestValue = value;
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
