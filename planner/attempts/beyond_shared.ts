/**
 * A search once more where limits of hosts, or in windows of time, left something offline: what may pass these limits at first, as it may those of
 * single brokers, others can be relieved for.
 *
 * @module
 */
import { strandedCount } from "../../model/cluster_model.ts";
import type { Prepared } from "../prepared.ts";
import { goHome, restore } from "../search/checkpoint.ts";
import { sharedGoals } from "../search/legal.ts";
import { goOn } from "../search/parts/go_on.ts";
import { withdraw } from "../search/parts/withdraw.ts";
import type { Search } from "../search/state.ts";
import { type PlannerStep, saying } from "../steps.ts";
import { attemptOf, compareAttempts, passesHardLimit } from "./attempt.ts";

/**
 * The better of what the search came to and what another from home does that passes such limits; what that leaves beyond them goes home again,
 * where the rest is to be healed. Leaves the model in its state.
 *
 * @param run runs the other search
 */
export function* betterBeyond(
  prepared: Prepared,
  search: Search,
  options: {
    readonly healsRest: boolean;
    readonly run: (beyond: Search) => Generator<PlannerStep, Search, void>;
  },
): Generator<PlannerStep, Search, void> {
  if (strandedCount(search.model) === 0 || sharedGoals(search).length === 0) return search;
  if (options.healsRest) yield* healed(search);
  if (strandedCount(search.model) === 0) return search;
  const left = attemptOf(search);
  goHome(search);
  const beyond = prepared.searchOf(0);
  beyond.passesShared = true;
  beyond.steps = search.steps;
  const found = yield* options.run(beyond);
  if (options.healsRest) yield* healed(found);
  if (compareAttempts(attemptOf(found), left) < 0) return found;
  restore(search, left.end);
  search.steps = found.steps;
  return search;
}

/** What is healed in the end where not everything can be. */
function* healed(search: Search): Generator<PlannerStep, void, void> {
  const step = { step: "Healing the rest", completionPercentage: 99, steps: search.steps };
  yield* saying(step, goOn(search, passesHardLimit(search) && withdraw(search)));
}
