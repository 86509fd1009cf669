/**
 * Hands leadership between replicas that exist: it costs no bytes and mends CPU, outgoing bytes, leader counts and
 * incoming bytes of leaders.
 *
 * @module
 */
import {
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  ROW_LEADER_CPU,
} from "../../model/cluster_model.ts";
import { exceededGoal } from "./shed.ts";
import { shortGoal } from "./fill.ts";
import { REASON } from "./reasons.ts";
import { mayLead, promote, type Search } from "./state.ts";

/** Axes that leadership changes. */
export const LEADER_AXES = [AXIS_CPU, AXIS_NW_OUT, AXIS_LEADERS, AXIS_LEADER_IN] as const;
/** Part of the target by which limits are kept away from, so that the next transfer does not break them at once. */
const MARGIN = 0.01;
const PASSES_MAX = 6;
/** Partitions looked at between two yields. */
const CHUNK = 20000;

/** Improving transfers until a pass finds none. */
export function* balanceLeadership(search: Search): Generator<void, void> {
  const { model } = search;
  const state = new Float64Array(model.brokerCount);
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    let changes = 0;
    let anyOut = false;
    for (const b of search.context.alive) {
      state[b] = violation(search, b);
      anyOut ||= state[b] > 0;
    }
    if (!anyOut) return;
    for (let p = 0; p < model.partitionCount; p++) {
      if (model.pinned[p] === 0) changes += improvePartition(search, p, state);
      if (p % CHUNK === CHUNK - 1) yield;
    }
    if (changes === 0) return;
  }
}

/** Squared relative distance outside the limits, over the axes of leadership. */
function violation(search: Search, broker: number): number {
  let sum = 0;
  for (const axis of LEADER_AXES) {
    sum += outside(
      search,
      broker * AXIS_COUNT + axis,
      search.model.sums[broker * AXIS_COUNT + axis]!,
    );
  }
  return sum;
}

function outside(search: Search, i: number, sum: number): number {
  const size = search.target[i]!;
  if (size <= 0) return 0;
  const high = search.upper[i]! - MARGIN * size;
  if (sum > high) return ((sum - high) / size) ** 2;
  const low = search.lower[i]!;
  if (low > 0 && sum < low + MARGIN * size) return ((low + MARGIN * size - sum) / size) ** 2;
  return 0;
}

/** Violation of a broker if leading `replica` were added (`sign` 1) or taken away (-1). */
function violationWith(
  search: Search,
  broker: number,
  change: { replica: number; sign: number },
): number {
  const { loads, row, sums } = search.model;
  const at = row[change.replica]! * AXIS_COUNT;
  const o = broker * AXIS_COUNT;
  const { sign } = change;
  return outside(search, o + AXIS_CPU, sums[o + AXIS_CPU]! + sign * loads[at + ROW_LEADER_CPU]!) +
    outside(
      search,
      o + AXIS_NW_OUT,
      sums[o + AXIS_NW_OUT]! + sign * loads[at + AXIS_POTENTIAL_OUT]!,
    ) +
    outside(search, o + AXIS_LEADERS, sums[o + AXIS_LEADERS]! + sign) +
    outside(search, o + AXIS_LEADER_IN, sums[o + AXIS_LEADER_IN]! + sign * loads[at + AXIS_NW_IN]!);
}

function improvePartition(search: Search, p: number, state: Float64Array): number {
  const { model } = search;
  const leader = model.leader[p]!;
  const from = model.broker[leader]!;
  const start = model.replicaStart[p]!;
  const end = model.replicaStart[p + 1]!;
  let best = -1;
  let bestDelta = -1e-12;
  let sourceDelta = NaN;
  for (let r = start; r < end; r++) {
    const to = model.broker[r]!;
    // Both within limits: nothing to mend.
    if (r === leader || (state[from] === 0 && state[to] === 0) || !mayLead(search, r)) continue;
    search.steps++;
    if (Number.isNaN(sourceDelta)) {
      sourceDelta = violationWith(search, from, { replica: leader, sign: -1 }) - state[from]!;
    }
    const delta = sourceDelta + violationWith(search, to, { replica: r, sign: 1 }) - state[to]!;
    if (delta < bestDelta && search.guards.every((goal) => goal.leadDelta(p, r) <= 0)) {
      best = r;
      bestDelta = delta;
    }
  }
  if (best < 0) return 0;
  noteLeadReason(search, p, best);
  promote(search, p, best);
  state[from] = violation(search, from);
  state[model.broker[best]!] = violation(search, model.broker[best]!);
  return 1;
}

/** The axis that is furthest out on either side says why. */
export function noteLeadReason(search: Search, p: number, replica: number): void {
  const { model } = search;
  const from = model.broker[model.leader[p]!]!;
  const to = model.broker[replica]!;
  let worst = -1;
  let axisOut = -1;
  let sourceOut = true;
  for (const axis of LEADER_AXES) {
    const source = from * AXIS_COUNT + axis;
    const target = to * AXIS_COUNT + axis;
    const size = Math.max(search.target[source]!, Number.MIN_VALUE);
    const over = (model.sums[source]! - search.upper[source]!) / size;
    const under = (search.lower[target]! - model.sums[target]!) / size;
    if (over > worst) [worst, axisOut, sourceOut] = [over, axis, true];
    if (search.lower[target]! > 0 && under > worst) {
      [worst, axisOut, sourceOut] = [under, axis, false];
    }
  }
  if (axisOut < 0) return;
  const side = sourceOut ? from : to;
  search.reasons.noteLead(p, {
    goal: sourceOut ? exceededGoal(search, side, axisOut) : shortGoal(search, side, axisOut),
    kind: sourceOut ? REASON.sourceOut : REASON.destinationShort,
    value: model.sums[side * AXIS_COUNT + axisOut]!,
  });
}
