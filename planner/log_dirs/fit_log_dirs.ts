/**
 * Brokers and log dirs of all replicas as one question, where what was decided one after the other leaves log dirs above limits.
 *
 * @module
 */
import { INTRA_BROKER_GOALS } from "../../goals/intra_broker_disk.ts";
import { brokersOut } from "../../goals/goal.ts";
import { isAnnealed } from "../search/annealing/anneal.ts";
import { placesOf, restore } from "../search/checkpoint.ts";
import { fit } from "../search/fitting/fit.ts";
import type { Fitting } from "../search/fitting/fitting.ts";
import { placesOfFitting } from "../search/fitting/places.ts";
import { puzzleOf } from "../search/fitting/puzzle.ts";
import { shrink } from "../search/fitting/shrink.ts";
import { noteNewReasons } from "../search/parts/late_reasons.ts";
import type { Search } from "../search/state.ts";

/**
 * Looks for a placement within all hard limits, those of log dirs among them, and leaves everything there. Gives brokers whose replicas
 * changed: none where none was found, or the cluster is too large.
 */
export function* fitLogDirs(search: Search): Generator<void, ReadonlySet<number>, void> {
  const { context: { logDirs }, goals, strictImmigrants, model } = search;
  const changed = new Set<number>();
  if (logDirs === undefined || !isAnnealed(model.replicaCount)) return changed;
  const hard = goals.filter((goal) => goal.hard);
  const free: Search = strictImmigrants ? search : { ...search, onlyImmigrants: false };
  const puzzle = puzzleOf(free, hard, true);
  if (puzzle === undefined) return changed;
  const { found, steps } = yield* fit(puzzle, search.prng.fork("fit log dirs"));
  search.steps += steps;
  if (found === undefined) return changed;
  shrink(found);
  const before = hard.map((goal) => brokersOut(goal, search.context).length);
  const [broker, dirOf] = [placesOf(search), logDirs.dirOf.slice()];
  const places = placesOfFitting(found);
  noteNewReasons(search, places);
  restore(search, places);
  enterDirs(search, found);
  // Sums of brokers do not tell of hosts and topics.
  if (hard.some((goal, i) => brokersOut(goal, search.context).length > before[i]!)) {
    restore(search, broker);
    logDirs.dirOf.set(dirOf);
    logDirs.refresh();
    return changed;
  }
  for (let r = 0; r < model.replicaCount; r++) {
    if (broker.broker[r] === model.broker[r] && dirOf[r] === logDirs.dirOf[r]) continue;
    changed.add(broker.broker[r]!).add(model.broker[r]!);
  }
  return changed;
}

/** Whether a log dir is above its limit that could be within. */
export function passesDirLimits({ goals, context, hopeless }: Search): boolean {
  return goals.some((goal) =>
    goal.name === INTRA_BROKER_GOALS[0] && !hopeless.has(goal) &&
    brokersOut(goal, context).length > 0
  );
}

/** The same of brokers and hard limits. */
export function passesLimits({ goals, context, hopeless }: Search): boolean {
  return context.logDirs !== undefined &&
    goals.some((goal) =>
      goal.hard && goal.axisLimits !== undefined && !hopeless.has(goal) &&
      brokersOut(goal, context).length > 0
    );
}

function enterDirs({ context }: Search, { puzzle, at }: Fitting): void {
  const logDirs = context.logDirs!;
  for (const [i, r] of puzzle.items.entries()) logDirs.dirOf[r] = puzzle.binDir[at[i]!]!;
  logDirs.refresh();
}
