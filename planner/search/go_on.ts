/**
 * Goes on where moves were taken back that not everything could be healed with: brokers are relieved as far as limits
 * allow, within their racks, too. Of a partition with too many replicas on a rack any may go to another broker
 * there, which changes nothing for racks; before these were mended as far as they can be, it would only have stood in the way of that.
 *
 * @module
 */
import { totalPenalty } from "../../goals/goal.ts";
import { replicasOnRack, sharingPartitions } from "../../goals/rack_aware.ts";
import { compareStanding, placesOf, restore, standingOf } from "./checkpoint.ts";
import { fill } from "./fill.ts";
import { balanceLeadership } from "./leadership.ts";
import { relieveHard } from "./meet_hard.ts";
import { prune } from "./prune.ts";
import { repair } from "./repair.ts";
import { shedBySize, skimUnlessSized } from "./sizes.ts";
import { mostPerRack, type Search } from "./state.ts";
import { spreadTopics } from "./topics.ts";
import { withdraw } from "./withdraw.ts";

/** Amounts that differ by this part are the same. */
const ROUNDING = 1e-9;

/** Without what settles goals by priority: for racks it would pass hard limits again. */
const PARTS = [
  skimUnlessSized,
  spreadTopics,
  shedBySize,
  fill,
  balanceLeadership,
  repair,
  balanceLeadership,
  prune,
];

/**
 * Leaves everything as it is where that comes to nothing better. Does nothing where what did not move before may not
 * either.
 */
export function* goOn(search: Search): Generator<void, void> {
  if (search.strictImmigrants) return;
  const before = placesOf(search);
  const [amounts, standing] = [hardAmounts(search), standingOf(search)];
  search.racksAreDone = true;
  yield* relieveHard(search);
  for (const part of search.onlyImmigrants ? [] : PARTS) yield* part(search);
  withdraw(search);
  const change = compareAmounts(hardAmounts(search), amounts) ||
    compareStanding(search, standingOf(search), standing);
  if (change > 0) restore(search, before);
}

/** {@link goOn} with these partitions left where they are. */
export function* goOnWithout(search: Search, partitions: Iterable<number>): Generator<void, void> {
  const { pinned } = search.model;
  const held = [...partitions].filter((p) => pinned[p] === 0);
  for (const p of held) pinned[p] = 1;
  const rest: Search = { ...search, hasPinned: true };
  try {
    yield* goOn(rest);
  } finally {
    for (const p of held) pinned[p] = 0;
    search.steps = rest.steps;
  }
}

/** How far hard goals are from being met, most important first. */
function hardAmounts({ goals, context }: Search): number[] {
  return goals.filter((goal) => goal.hard).map((goal) => totalPenalty(goal, context));
}

/** Negative where `a` is less at the first that differs. */
function compareAmounts(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((amount, i) => Math.abs(amount - b[i]!) > ROUNDING * (amount + b[i]!));
  return at < 0 ? 0 : a[at]! - b[at]!;
}

/** Whether a rack holds more replicas of a partition that may move than it should. */
export function isAnyRackCrowded(search: Search): boolean {
  const { racksDiffer, model } = search;
  const { replicaStart, broker, pinned } = model;
  return racksDiffer && sharingPartitions(model).some((p) => {
    if (pinned[p] === 1) return false;
    const most = mostPerRack(search, replicaStart[p + 1]! - replicaStart[p]!);
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      if (replicasOnRack(model, r, broker[r]!) >= most) return true;
    }
    return false;
  });
}
