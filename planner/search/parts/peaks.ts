/**
 * Relieves brokers that are over a limit in some window, although their averages are fine.
 *
 * @module
 */
import { brokersOut, type PreparedGoal } from "../../../goals/goal.ts";
import { replicaMb } from "../../../model/replica_axes.ts";
import { listsOf } from "../../../model/lists.ts";
import { bestDestination } from "../destination.ts";
import { REASON } from "../reasons.ts";
import { promote, relocate, type Search } from "../state.ts";
import { mayLead, mayMove } from "../rules.ts";

/** Replicas of a broker looked at for one action. */
const SAMPLE = 24;
/** Actions of one broker in a row that find nothing. */
const FAILURES_MAX = 4;
/** A gain below this is rounding. */
const GAIN_MIN = 1e-12;

/** Does nothing unless limits hold by window. */
export function* relievePeaks(search: Search): Generator<void, void> {
  if (search.windows === undefined) return;
  for (const [index, goal] of search.goals.entries()) {
    if (goal.axisLimits === undefined || goal.guardsMoves !== true) continue;
    for (const broker of brokersOut(goal, search.context)) {
      let failures = 0;
      while (failures < FAILURES_MAX && goal.penalty(broker) > 0) {
        if (!relieve(search, { goal, index, broker })) failures++;
      }
      yield;
    }
  }
}

interface Relief {
  readonly goal: PreparedGoal;
  readonly index: number;
  readonly broker: number;
}

/** One transfer of leadership, else one move: the one with the best gain per MB. */
function relieve(search: Search, relief: Relief): boolean {
  const { model, prng } = search;
  const { goal, index, broker } = relief;
  const { lists, listLength } = listsOf(model);
  const length = listLength[broker]!;
  const sample: number[] = [];
  for (let k = 0; k < Math.min(SAMPLE, length); k++) {
    sample.push(lists[broker]![length <= SAMPLE ? k : prng.below(length)]!);
  }
  const reason = { goal: index, kind: REASON.peak, value: 0 };
  let best = { replica: -1, to: -1, value: 0 };
  for (const replica of sample) {
    const p = model.partition[replica]!;
    if (model.leader[p] === replica && model.pinned[p] === 0) {
      const next = bestSuccessor(search, goal, p);
      if (next >= 0) {
        search.reasons.noteLead(p, reason);
        promote(search, p, next);
        return true;
      }
    }
    if (!mayMove(search, replica)) continue;
    let to = bestDestination(search, replica, "joint");
    if (to < 0) to = bestDestination(search, replica, "hard");
    if (to < 0) continue;
    const away = model.broker[replica] !== model.home[replica];
    const mb = away ? 0 : replicaMb(model, replica);
    const value = -goal.moveDelta(replica, to) / (1 + mb);
    if (value > best.value) best = { replica, to, value };
  }
  if (best.replica < 0 || best.value <= GAIN_MIN) return false;
  search.reasons.noteMove(best.replica, reason);
  relocate(search, best.replica, best.to);
  return true;
}

function bestSuccessor(search: Search, goal: PreparedGoal, p: number): number {
  const { model, guards } = search;
  let best = -1;
  let least = -GAIN_MIN;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (r === model.leader[p] || !mayLead(search, r)) continue;
    search.steps++;
    const delta = goal.leadDelta(p, r);
    if (delta >= least || guards.some((other) => other.leadDelta(p, r) > 0)) continue;
    best = r;
    least = delta;
  }
  return best;
}
