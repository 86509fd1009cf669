/**
 * Parts replicas that are so large that a broker cannot hold as many of them as it does, whatever else it gives away. They go first, as large
 * things are packed first: once brokers are filled to their limits none takes such a replica, and its broker sheds all else for nothing.
 *
 * @module
 */
import {
  AXIS_COUNT,
  AXIS_DISK,
  AXIS_NW_IN,
  AXIS_POTENTIAL_OUT,
} from "../../../model/cluster_model.ts";
import { replicaLoad } from "../../../model/replica_axes.ts";
import { isAnnealed } from "../annealing/anneal.ts";
import { burdenOn, mayTake } from "../destination.ts";
import { REASON } from "../reasons.ts";
import { mayMove } from "../rules.ts";
import { relocate, type Search } from "../state.ts";
import { exceededGoal } from "../goal_of_limit.ts";

/** Loads that leave with a replica, whoever leads. */
const AXES = [AXIS_DISK, AXIS_NW_IN, AXIS_POTENTIAL_OUT] as const;
/** Part of the most that a broker may hold, from which on a replica is large: two or three of them may be too many. */
const LARGE = 1 / 3;
/** Replicas looked at between two yields. */
const CHUNK = 100_000;

/** Of large replicas alone, what each broker is to hold: B x 8 as in the model. */
type Claimed = Float64Array;

/** See the file's head. What fits nowhere stays. Small clusters are annealed, which finds the same. */
export function* partLarge(search: Search): Generator<void, void> {
  const { model } = search;
  if (isAnnealed(model.replicaCount)) return;
  const large = yield* largeReplicas(search);
  const claimed = new Float64Array(model.brokerCount * AXIS_COUNT);
  const rest: number[] = [];
  for (const replica of large) {
    const on = model.broker[replica]!;
    if (fits(search, claimed, replica, on)) claim(search, claimed, replica, on);
    else rest.push(replica);
  }
  for (const replica of rest) place(search, claimed, replica);
}

/** Largest first. No look at replicas where the census knows of none. */
function* largeReplicas(search: Search): Generator<void, number[]> {
  const { model } = search;
  const most = AXES.map((axis) => mostOn(search, axis));
  const mayBe = (axis: number, i: number) => model.census.largest[axis]! > LARGE * most[i]!;
  if (!AXES.some(mayBe)) return [];
  const found: { replica: number; part: number }[] = [];
  for (let r = 0; r < model.replicaCount; r++) {
    let part = 0;
    for (let i = 0; i < AXES.length; i++) {
      if (most[i]! > 0) part = Math.max(part, replicaLoad(model, r, AXES[i]!) / most[i]!);
    }
    if (part > LARGE) found.push({ replica: r, part });
    if (r % CHUNK === CHUNK - 1) yield;
  }
  found.sort((a, b) => b.part - a.part || a.replica - b.replica);
  return found.map(({ replica }) => replica);
}

/** The most that any broker may hold that receives replicas. */
function mostOn({ destinations, upper }: Search, axis: number): number {
  let most = 0;
  for (const b of destinations) most = Math.max(most, upper[b * AXIS_COUNT + axis]!);
  return most;
}

function fits({ model, upper }: Search, claimed: Claimed, replica: number, on: number): boolean {
  const row = on * AXIS_COUNT;
  return AXES.every((axis) =>
    claimed[row + axis]! + replicaLoad(model, replica, axis) <= upper[row + axis]!
  );
}

function claim({ model }: Search, claimed: Claimed, replica: number, on: number): void {
  for (const axis of AXES) claimed[on * AXIS_COUNT + axis]! += replicaLoad(model, replica, axis);
}

/** To the broker where it is the least burden, of those that hold it beside what is large there. */
function place(search: Search, claimed: Claimed, replica: number): void {
  const { model, destinations, closed, upper } = search;
  const from = model.broker[replica]!;
  if (!mayMove(search, replica)) return;
  const axis = AXES.find((one) =>
    model.sums[from * AXIS_COUNT + one]! > upper[from * AXIS_COUNT + one]!
  );
  if (axis === undefined) return;
  let best = -1;
  let least = Infinity;
  for (const b of destinations) {
    search.steps++;
    if (b === from || closed[b] === 1 || !fits(search, claimed, replica, b)) continue;
    const burden = burdenOn(search, replica, b);
    if (burden >= least || !mayTake(search, replica, b, Infinity)) continue;
    best = b;
    least = burden;
  }
  if (best < 0) return;
  const value = model.sums[from * AXIS_COUNT + axis]!;
  search.reasons.noteMove(replica, {
    goal: exceededGoal(search, from, axis),
    kind: REASON.sourceOut,
    value,
  });
  claim(search, claimed, replica, best);
  relocate(search, replica, best);
}
