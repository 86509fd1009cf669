/**
 * Hands leadership between replicas that exist: it costs no bytes and mends CPU, outgoing bytes, leader counts and
 * incoming bytes of leaders.
 *
 * @module
 */
import {
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  ROW_LEADER_CPU,
} from "../../../model/cluster_model.ts";
import { REASON } from "../reasons.ts";
import { looksAtAll, promote, type Search } from "../state.ts";
import { mayLead } from "../rules.ts";
import { exceededGoal, shortGoal } from "../goal_of_limit.ts";

/** Axes that leadership changes. */
export const LEADER_AXES = [AXIS_CPU, AXIS_NW_OUT, AXIS_LEADERS, AXIS_LEADER_IN] as const;
/** Part of the target by which limits are kept away from, so that the next transfer does not break them at once. */
const MARGIN = 0.01;
const PASSES_MAX = 6;
/** With fewer partitions a pass over all is soon made, and each may be the one that fits. */
const LARGE_FIRST_MIN = 5000;
/** Partitions looked at before any of them changes, and such chunks between two yields. */
const CHUNK = 1024;
const CHUNKS_A_YIELD = 20;

/** How far brokers are out over the axes of leadership, and what one more unit costs there. */
interface Standing {
  /** By broker; nearer to a limit than the margin counts as out. */
  readonly state: Float64Array;
  /** By broker: 1 = beyond a limit itself. */
  readonly isOut: Uint8Array;
  /** By broker and place in {@link LEADER_AXES}. */
  readonly slopes: Float64Array;
}

/**
 * Improving transfers until no broker is out, or a pass finds none. In a large cluster the first pass looks at leaders of more than twice the mean
 * outgoing bytes alone: half the transfers do then, and what is left takes few small ones.
 */
export function* balanceLeadership(search: Search): Generator<void, void> {
  const { model } = search;
  const standing: Standing = {
    state: new Float64Array(model.brokerCount),
    isOut: new Uint8Array(model.brokerCount),
    slopes: new Float64Array(model.brokerCount * 4),
  };
  const candidates = new Int32Array(CHUNK);
  const mean = search.context.totals[AXIS_POTENTIAL_OUT]! / Math.max(1, model.replicaCount);
  const isLong = model.partitionCount >= LARGE_FIRST_MIN && looksAtAll(search);
  const leastByPass = isLong ? [2 * mean, 0] : [0];
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    if (!fillViolations(search, standing)) return;
    let changes = 0;
    for (let from = 0; from < model.partitionCount; from += CHUNK) {
      const to = Math.min(from + CHUNK, model.partitionCount);
      const least = leastByPass[pass] ?? 0;
      const count = partitionsOut(search, { isOut: standing.isOut, candidates, from, to, least });
      const before = changes;
      for (let i = 0; i < count; i++) changes += improvePartition(search, candidates[i]!, standing);
      if (changes > before && !standing.isOut.includes(1)) return;
      if ((from / CHUNK) % CHUNKS_A_YIELD === CHUNKS_A_YIELD - 1) yield;
    }
    if (changes === 0 && pass + 1 >= leastByPass.length) return;
  }
}

/** Whether any broker is out. */
function fillViolations(search: Search, standing: Standing): boolean {
  let anyOut = 0;
  for (const b of search.context.alive) {
    judge(search, b, standing);
    anyOut |= standing.isOut[b]!;
  }
  return anyOut !== 0;
}

/** Recomputes what is known of a broker: {@link outside} on each axis, and its derivative by the sum. */
function judge(search: Search, broker: number, { state, isOut, slopes }: Standing): void {
  const { upper, lower, target } = search;
  const { sums } = search.model;
  const into = broker << 2;
  let total = 0;
  let out = 0;
  for (let k = 0; k < 4; k++) {
    const i = (broker << 3) | LEADER_AXES[k]!;
    const sum = sums[i]!;
    const low = lower[i]!;
    const size = target[i]!;
    if (sum > upper[i]! || sum < low) out = 1;
    let distance = 0;
    if (size > 0) {
      const margin = MARGIN * size;
      distance = sum - upper[i]! + margin;
      if (distance <= 0) distance = low > 0 ? Math.min(0, sum - (low + margin)) : 0;
    }
    slopes[into | k] = distance === 0 ? 0 : 2 * distance / (size * size);
    if (distance !== 0) total += distance * distance / (size * size);
  }
  state[broker] = total;
  isOut[broker] = out;
}

/** Partitions of a range with a replica on a broker that is out, and `least` outgoing bytes; how many. A loop of its own, so that it compiles small. */
function partitionsOut(
  search: Search,
  range: { isOut: Uint8Array; candidates: Int32Array; from: number; to: number; least: number },
): number {
  const { broker, replicaStart, pinned, leader, row, loads } = search.model;
  const { isOut, candidates, from, to, least } = range;
  let count = 0;
  let r = replicaStart[from]!;
  for (let p = from; p < to; p++) {
    const end = replicaStart[p + 1]!;
    let out = 0;
    for (; r < end; r++) out |= isOut[broker[r]!]!;
    if (out === 0 || pinned[p] !== 0) continue;
    if (loads[row[leader[p]!]! << 3 | AXIS_POTENTIAL_OUT]! >= least) candidates[count++] = p;
  }
  return count;
}

function outside(search: Search, i: number, sum: number): number {
  const size = search.target[i]!;
  if (size <= 0) return 0;
  const margin = MARGIN * size;
  const low = search.lower[i]!;
  let distance = sum - search.upper[i]! + margin;
  if (distance <= 0) {
    distance = low + margin - sum;
    if (low <= 0 || distance <= 0) return 0;
  }
  return distance * distance / (size * size);
}

/** Violation of a broker if leading `replica` were added (`sign` 1) or taken away (-1). */
function violationIf(search: Search, replica: number, sign: number): number {
  const { loads, row, sums, broker } = search.model;
  const at = row[replica]! << 3;
  const o = broker[replica]! << 3;
  return outside(search, o | AXIS_CPU, sums[o | AXIS_CPU]! + sign * loads[at | ROW_LEADER_CPU]!) +
    outside(
      search,
      o | AXIS_NW_OUT,
      sums[o | AXIS_NW_OUT]! + sign * loads[at | AXIS_POTENTIAL_OUT]!,
    ) +
    outside(search, o | AXIS_LEADERS, sums[o | AXIS_LEADERS]! + sign) +
    outside(search, o | AXIS_LEADER_IN, sums[o | AXIS_LEADER_IN]! + sign * loads[at | AXIS_NW_IN]!);
}

function improvePartition(search: Search, p: number, standing: Standing): number {
  const { model } = search;
  const { state } = standing;
  const leader = model.leader[p]!;
  const from = model.broker[leader]!;
  const end = model.replicaStart[p + 1]!;
  let best = -1;
  let bestDelta = -1e-12;
  let sourceDelta = NaN;
  const relief = steepness(search, leader, standing);
  for (let r = model.replicaStart[p]!; r < end; r++) {
    // Distances are convex: what does not pay on the slope does not pay at all. Spares most of the exact looks.
    if (r === leader || steepness(search, r, standing) - relief >= bestDelta) continue;
    const to = model.broker[r]!;
    search.steps++;
    if (sourceDelta !== sourceDelta) sourceDelta = violationIf(search, leader, -1) - state[from]!;
    const delta = sourceDelta + violationIf(search, r, 1) - state[to]!;
    if (delta < bestDelta && mayLead(search, r) && guardsAcceptLeader(search, p, r)) {
      best = r;
      bestDelta = delta;
    }
  }
  if (best < 0) return 0;
  noteLeadReason(search, p, best);
  promote(search, p, best);
  judge(search, from, standing);
  judge(search, model.broker[best]!, standing);
  return 1;
}

/** What leading a replica costs on the slope of its broker. */
function steepness(search: Search, replica: number, { slopes }: Standing): number {
  const { loads, row, broker } = search.model;
  const at = row[replica]! << 3;
  const o = broker[replica]! << 2;
  return loads[at | ROW_LEADER_CPU]! * slopes[o]! +
    loads[at | AXIS_POTENTIAL_OUT]! * slopes[o | 1]! +
    slopes[o | 2]! + loads[at | AXIS_NW_IN]! * slopes[o | 3]!;
}

/** Whether the goals that are not in the joined rows accept a leader. */
export function guardsAcceptLeader(search: Search, p: number, replica: number): boolean {
  for (const goal of search.guards) if (goal.leadDelta(p, replica) > 0) return false;
  return true;
}

/** The axis that is furthest out on either side says why. */
export function noteLeadReason(search: Search, p: number, replica: number): void {
  const { model } = search;
  // Only the first reason is kept.
  if (model.leader[p] !== model.homeLeader[p]) return;
  const from = model.broker[model.leader[p]!]!;
  const to = model.broker[replica]!;
  let worst = -1;
  let axisOut = -1;
  let sourceOut = true;
  for (let k = 0; k < LEADER_AXES.length; k++) {
    const axis = LEADER_AXES[k]!;
    const source = (from << 3) | axis;
    const target = (to << 3) | axis;
    const size = Math.max(search.target[source]!, Number.MIN_VALUE);
    const over = (model.sums[source]! - search.upper[source]!) / size;
    const under = (search.lower[target]! - model.sums[target]!) / size;
    if (over > worst) {
      worst = over;
      axisOut = axis;
      sourceOut = true;
    }
    if (search.lower[target]! > 0 && under > worst) {
      worst = under;
      axisOut = axis;
      sourceOut = false;
    }
  }
  if (axisOut < 0) return;
  const side = sourceOut ? from : to;
  search.reasons.noteLead(p, {
    goal: sourceOut ? exceededGoal(search, side, axisOut) : shortGoal(search, side, axisOut),
    kind: sourceOut ? REASON.sourceOut : REASON.destinationShort,
    value: model.sums[(side << 3) | axisOut]!,
  });
}
