/**
 * The limits of some goals alone, for a draft to be held to.
 *
 * @module
 */
import { NO_LIMIT, type PreparedGoal } from "../../../goals/goal.ts";
import { aimAt, aimsOf } from "../create_search.ts";
import type { Search } from "../state.ts";

/** Limits by broker and axis as in {@link Search}, and by topic. */
export interface DraftLimits {
  readonly upper: Float64Array;
  readonly lower: Float64Array;
  readonly topicUpper: Int32Array;
  readonly topicLower: Int32Array;
}

/** Joins the limits of these goals; of hopeless ones what is aimed at instead, if anything. O(B x goals + T). */
export function limitsOf(search: Search, goals: Iterable<PreparedGoal>): DraftLimits {
  const { topicCount } = search.model;
  const aims = aimsOf(search, goals);
  const aimBack = aimAt(search, aims);
  const upper = search.upper.slice();
  const lower = search.lower.slice();
  aimBack();
  const topicUpper = new Int32Array(topicCount).fill(NO_LIMIT);
  const topicLower = new Int32Array(topicCount);
  for (const { topicLimits } of aims.keys()) {
    if (topicLimits === undefined) continue;
    for (let t = 0; t < topicCount; t++) {
      topicUpper[t] = Math.min(topicUpper[t]!, topicLimits.upper[t]!);
      topicLower[t] = Math.max(topicLower[t]!, topicLimits.lower[t]!);
    }
  }
  return { upper, lower, topicUpper, topicLower };
}
