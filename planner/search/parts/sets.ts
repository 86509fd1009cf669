/**
 * Moves replicas off brokers where a goal does not want them at all, such as those of another broker set.
 *
 * @module
 */
import { ALIVE } from "../../../model/cluster_model.ts";
import { bestDestination } from "../destination.ts";
import { REASON } from "../reasons.ts";
import { relocate, type Search } from "../state.ts";
import { mayMove } from "../rules.ts";

/** Replicas looked at between two yields. */
const CHUNK = 20000;

/** Replicas for which no broker is left stay as they are. */
export function* moveIntoSets(search: Search): Generator<void, void> {
  const { model } = search;
  for (const [index, goal] of search.goals.entries()) {
    if (goal.mayHold === undefined || search.hopeless.has(goal)) continue;
    for (let r = 0; r < model.replicaCount; r++) {
      if (r % CHUNK === CHUNK - 1) yield;
      const from = model.broker[r]!;
      if ((model.flags[from]! & ALIVE) === 0 || goal.mayHold(r, from) || !mayMove(search, r)) {
        continue;
      }
      let to = bestDestination(search, r, "joint");
      if (to < 0) to = bestDestination(search, r, "hard");
      if (to < 0) to = bestDestination(search, r, "none");
      if (to < 0) continue;
      search.reasons.noteMove(r, { goal: index, kind: REASON.misplaced, value: 0 });
      relocate(search, r, to);
    }
  }
}
