/**
 * Brings brokers under their hard limits where soft goals may move nothing but what has to move anyway: a broker that
 * is too full is relieved all the same, of replicas that are online, too.
 *
 * @module
 */
import { AXIS_COUNT } from "../../../model/cluster_model.ts";
import { isAboveHard } from "../legal.ts";
import { balanceLeadership } from "./leadership.ts";
import { repair } from "./repair.ts";
import { shed } from "./shed.ts";
import { aimAt, aimsOf } from "../create_search.ts";
import type { Search } from "../state.ts";

/** Does nothing where all replicas may move, or not even hard goals may move what is online. */
export function* meetHardLimits(search: Search): Generator<void, void> {
  if (search.onlyImmigrants && !search.strictImmigrants) yield* relieveHard(search);
}

/** Looks at hard limits alone, and lets all replicas move for them. */
export function* relieveHard(search: Search): Generator<void, void> {
  const parts = [balanceLeadership, shed, balanceLeadership, repair];
  for (const part of parts) {
    if (!anyAbove(search)) return;
    const aimAtAll = aimAt(search, aimsOf(search, search.goals.filter((goal) => goal.hard)));
    const free: Search = { ...search, onlyImmigrants: false };
    yield* part(free);
    search.steps = free.steps;
    aimAtAll();
  }
}

function anyAbove(search: Search): boolean {
  return search.context.alive.some((b) => {
    for (let axis = 0; axis < AXIS_COUNT; axis++) if (isAboveHard(search, b, axis)) return true;
    return false;
  });
}
