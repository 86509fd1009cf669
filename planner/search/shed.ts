/**
 * Takes replicas off brokers that are above a limit, most loaded broker first.
 *
 * Of a few random replicas of the broker the one moves that fits best what the broker has too much of: 8 of them
 * were measured to save 8 % of all bytes against the first one, more than 8 to save nothing more.
 *
 * @module
 */
import { AXIS_COUNT, AXIS_DISK } from "../../model/cluster_model.ts";
import { bestDestination } from "./destination.ts";
import { REASON } from "./reasons.ts";
import { mayMove, relocate, type Search } from "./state.ts";

/** Replicas compared for each move. */
const SAMPLE = 8;
/** Moves in a row without a taker after which a broker is left to the repair. */
const FAILURES_MAX = 60;
/** Axes that only moving a replica changes; the others follow leadership, which costs no bytes. */
const AXES = [0, 1, 3, 4] as const;
/** A broker this near to its lower limit, as part of the range, should not lose more on that axis. */
const NEAR_LOWER = 0.25;
/** How much such an axis counts against a replica. */
const NEAR_LOWER_WEIGHT = 0.15;

/** See the file's head. Yields after each broker. */
export function* shed(search: Search): Generator<void, void> {
  const order: { broker: number; excess: number }[] = [];
  for (const broker of search.context.alive) {
    const excess = largestExcess(search, broker).excess;
    if (excess > 0) order.push({ broker, excess });
  }
  order.sort((a, b) => b.excess - a.excess || a.broker - b.broker);
  for (const { broker } of order) {
    shedBroker(search, broker);
    yield;
  }
}

/** The axis on which a broker is furthest above its limit, relative to the target. */
function largestExcess(search: Search, broker: number): { axis: number; excess: number } {
  const { upper, target, model } = search;
  let axis = -1;
  let excess = 0;
  for (const candidate of AXES) {
    const i = broker * AXIS_COUNT + candidate;
    const over = model.sums[i]! - upper[i]!;
    if (over <= 0) continue;
    const relative = over / Math.max(target[i]!, Number.MIN_VALUE);
    if (relative > excess || axis < 0) {
      axis = candidate;
      excess = relative;
    }
  }
  return { axis, excess };
}

function shedBroker(search: Search, broker: number): void {
  const wish = new Float64Array(AXIS_COUNT);
  let failures = 0;
  while (failures < FAILURES_MAX) {
    const { axis } = largestExcess(search, broker);
    if (axis < 0) return;
    fillWish(search, broker, wish);
    const replica = pickReplica(search, broker, wish);
    const to = replica < 0 ? -1 : bestDestination(search, replica, "joint");
    if (to < 0) {
      failures++;
      continue;
    }
    failures = 0;
    search.reasons.noteMove(replica, {
      goal: exceededGoal(search, broker, axis),
      kind: REASON.sourceOut,
      value: search.model.sums[broker * AXIS_COUNT + axis]!,
    });
    relocate(search, replica, to);
  }
}

/** Relative excess by axis; negative where the broker comes near to a lower limit. */
function fillWish(search: Search, broker: number, wish: Float64Array): void {
  const { upper, lower, target, model } = search;
  for (const axis of AXES) {
    const i = broker * AXIS_COUNT + axis;
    const sum = model.sums[i]!;
    const size = Math.max(target[i]!, Number.MIN_VALUE);
    if (sum > upper[i]!) wish[axis] = (sum - upper[i]!) / size;
    else {
      const near = lower[i]! + NEAR_LOWER * (upper[i]! - lower[i]!);
      wish[axis] = lower[i]! > 0 && sum < near ? NEAR_LOWER_WEIGHT * (sum - near) / size : 0;
    }
  }
}

/** By axis, for one pick: what may leave, and 1 / target. Kept between calls, so that none allocates. */
const spare = new Float64Array(AXIS_COUNT);
const perUnit = new Float64Array(AXIS_COUNT);

/** The best of a sample; -1 when none may go. */
function pickReplica(search: Search, broker: number, wish: Float64Array): number {
  const { model, prng, target, lower } = search;
  const { loads, row, sums } = model;
  const list = model.lists[broker]!;
  const length = model.listLength[broker]!;
  const o = broker * AXIS_COUNT;
  for (const axis of AXES) {
    spare[axis] = sums[o + axis]! - lower[o + axis]!;
    perUnit[axis] = target[o + axis]! > 0 ? 1 / target[o + axis]! : 0;
  }
  const perMb = wish[AXIS_DISK]! <= 0;
  let best = -1;
  let bestValue = 0;
  for (let k = 0; k < SAMPLE; k++) {
    const replica = list[prng.below(length)]!;
    if (!mayMove(search, replica)) continue;
    const at = row[replica]! * AXIS_COUNT;
    let gain = 0;
    let squares = 0;
    let stays = false;
    for (let i = 0; i < AXES.length; i++) {
      const axis = AXES[i]!;
      const load = loads[at + axis]!;
      if (load > spare[axis]!) stays = true;
      const relative = load * perUnit[axis]!;
      const wanted = wish[axis]!;
      // No more than the excess counts: what a replica takes beyond it is bytes for nothing.
      gain += wanted * (wanted > 0 && relative > wanted ? wanted : relative);
      squares += relative * relative;
    }
    if (stays || gain <= 0) continue;
    const value = perMb ? gain / (loads[at]! + MB_FLOOR) : gain / Math.sqrt(squares);
    if (value > bestValue) {
      best = replica;
      bestValue = value;
    }
  }
  return best;
}

/** Keeps the gain per MB of an empty replica finite: moving it is not free, only cheap. */
const MB_FLOOR = 0.1;

/** The most important goal whose upper limit on the axis the broker exceeds. */
export function exceededGoal(search: Search, broker: number, axis: number): number {
  const sum = search.model.sums[broker * AXIS_COUNT + axis]!;
  const index = search.goals.findIndex((goal) =>
    goal.axisLimits?.axis === axis &&
    sum > goal.axisLimits.upper[broker]!
  );
  // Within the rounding margin no goal is exceeded yet; the first on the axis is meant.
  return index >= 0 ? index : search.goals.findIndex((goal) => goal.axisLimits?.axis === axis);
}
