/**
 * Goes on where not everything could be healed, after moves were taken back that passed hard limits: brokers are relieved as far as limits
 * allow, within their racks, too, also beyond the limits of what is less important. Of a partition with too many replicas on a rack any may go to another broker
 * there, which changes nothing for racks; before these were mended as far as they can be, it would only have stood in the way of that.
 *
 * @module
 */
import { outsideLimits } from "../../../goals/goal.ts";
import { replicasOnRack, sharingPartitions } from "../../../goals/rack_aware.ts";
import { strandedCount } from "../../../model/cluster_model.ts";
import {
  compareMet,
  compareStanding,
  type Places,
  placesOf,
  restore,
  standingOf,
} from "../checkpoint.ts";
import { descend } from "./descend.ts";
import { fill } from "./fill.ts";
import { balanceLeadership } from "./leadership.ts";
import { relieveHard } from "./meet_hard.ts";
import { mend } from "./mend.ts";
import { prune } from "./prune.ts";
import { repair } from "./repair.ts";
import { shedBySize, skimUnlessSized } from "./sizes.ts";
import { mostPerRack } from "../rules.ts";
import type { Search } from "../state.ts";
import { spreadTopics } from "./topics.ts";
import { withdraw } from "./withdraw.ts";

/** Amounts that differ by this part are the same. */
const ROUNDING = 1e-9;
/** What a hard goal that is not met either way has to come nearer to be worth a goal that was met, in parts of what it was and is. */
const WORTH = 0.025;

/**
 * Without what settles goals by priority: for racks it would pass hard limits again. All brokers are outside limits here as a rule:
 * repair alone looked at forty times as many actions for each that helps.
 */
const PARTS = [
  skimUnlessSized,
  spreadTopics,
  shedBySize,
  fill,
  balanceLeadership,
  descend,
  balanceLeadership,
  repair,
  balanceLeadership,
  prune,
];

/**
 * Leaves everything as it is where that comes to nothing better. Does nothing where what did not move before may not
 * either. `tookBack`: whether anything was taken back before.
 */
export function* goOn(search: Search, tookBack = true): Generator<void, void> {
  if (search.strictImmigrants) return;
  const before = placesOf(search);
  const [hard, standing] = [hardStanding(search), standingOf(search)];
  search.racksAreDone = true;
  yield* relieveHard(search);
  yield* mend(search);
  // The parts have had their turn: another one only where something has changed for them.
  const isAgain = tookBack || isAnyRackCrowded(search) || hasMovedSince(search, before);
  for (const part of isAgain && !search.onlyImmigrants ? PARTS : []) yield* part(search);
  withdraw(search);
  yield* mend(search);
  const [hardNow, now] = [hardStanding(search), standingOf(search)];
  const isHealing = hardNow.out < hard.out;
  const part = !isHealing && compareMet(search, now, standing) > 0 ? WORTH : ROUNDING;
  const change = compareAmounts(hardNow.amounts, hard.amounts, part) ||
    compareStanding(search, now, standing);
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

/** Replicas that are left offline, then how far hard goals are from being met, most important first; and how many brokers are outside them. */
function hardStanding({ goals, context, model }: Search): { amounts: number[]; out: number } {
  const hard = goals.filter((goal) => goal.hard).map((goal) => outsideLimits(goal, context));
  return {
    amounts: [strandedCount(model), ...hard.map(({ amount }) => amount)],
    out: hard.reduce((sum, { brokers }) => sum + brokers, 0),
  };
}

/** Negative where `a` is less at the first that differs by such a part. */
function compareAmounts(a: readonly number[], b: readonly number[], part: number): number {
  const at = a.findIndex((amount, i) => Math.abs(amount - b[i]!) > part * (amount + b[i]!));
  return at < 0 ? 0 : a[at]! - b[at]!;
}

function hasMovedSince({ model }: Search, { broker, leader }: Places): boolean {
  return broker.some((b, r) => model.broker[r] !== b) ||
    leader.some((r, p) => model.leader[p] !== r);
}

/** Whether a rack holds more replicas of a partition that may move than it should: they may move within it from now on. */
function isAnyRackCrowded(search: Search): boolean {
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
