/**
 * Reasons for moves that were not made one by one for a goal, but came out of a placement as a whole: what is wrong at
 * home with the brokers concerned.
 *
 * @module
 */
import { followsLeadership } from "../../../goals/axis_goal.ts";
import { brokersOut } from "../../../goals/goal.ts";
import { preferredLeaderElectionGoal } from "../../../goals/preferred_leader_election.ts";
import { AXIS_COUNT } from "../../../model/cluster_model.ts";
import { sumsAtHome } from "../../../model/model_check.ts";
import { goHome, type Places, placesOf, restore } from "../checkpoint.ts";
import { NO_GOAL, REASON, type Reason } from "../reasons.ts";
import type { Search } from "../state.ts";

/**
 * Notes a reason for each replica and leader that is at home now and would not be in `places`. O(R).
 */
export function noteNewReasons(search: Search, places: Places): void {
  const { model, reasons } = search;
  const atHome = sumsAtHome(model);
  const rackGoal = search.goals.findIndex((goal) => goal.racksDiffer === true);
  const onAxis = goalOutAtHome(search, atHome, () => true);
  // Peaks, topics and places are no sums on an axis.
  const anyOut = onAxis === NO_GOAL ? anyOutAtHome(search) : onAxis;
  // Where only what is offline has to move, the others make room for it.
  const asked = anyOut === NO_GOAL && search.hasOffline ? tightest(search) : anyOut;
  const leaderGoal = goalOutAtHome(search, atHome, followsLeadership);
  const askedOfLeaders = leaderGoal === NO_GOAL ? asked : leaderGoal;
  const preferred = search.goals.findIndex(({ name }) => name === preferredLeaderElectionGoal.name);
  for (let r = 0; r < model.replicaCount; r++) {
    const from = model.home[r]!;
    const to = places.broker[r]!;
    if (model.broker[r] !== from || to === from) continue;
    if (rackGoal >= 0 && leavesOther(search, r, to)) {
      reasons.noteMove(r, { goal: rackGoal, kind: REASON.rack, value: 0 });
      continue;
    }
    reasons.noteMove(r, reasonAtHome(search, atHome, { from, to, leads: false, asked }));
  }
  for (let p = 0; p < model.partitionCount; p++) {
    const old = model.homeLeader[p]!;
    const leader = places.leader[p]!;
    if (model.leader[p] !== old || leader === old) continue;
    const [from, to] = [model.home[old]!, places.broker[leader]!];
    if (preferred >= 0 && (askedOfLeaders === NO_GOAL || askedOfLeaders === preferred)) {
      reasons.noteLead(p, { goal: preferred, kind: REASON.preferred, value: 0 });
      continue;
    }
    reasons.noteLead(
      p,
      reasonAtHome(search, atHome, { from, to, leads: true, asked: askedOfLeaders }),
    );
  }
}

/** Whether the replica leaves a rack that another one of its partition has its home on as well. */
function leavesOther({ model }: Search, replica: number, to: number): boolean {
  const { home, rack, partition, replicaStart } = model;
  const own = rack[home[replica]!]!;
  if (rack[to] === own) return false;
  const p = partition[replica]!;
  const end = replicaStart[p + 1]!;
  for (let r = replicaStart[p]!; r < end; r++) {
    if (r !== replica && rack[home[r]!] === own) return true;
  }
  return false;
}

/** The most important goal on one of the axes that any broker is outside at home; {@link NO_GOAL} when there is none. */
function goalOutAtHome(
  { goals, context }: Search,
  atHome: Float64Array,
  concerns: (axis: number) => boolean,
): number {
  const found = goals.findIndex(({ axisLimits }) => {
    if (axisLimits === undefined || !concerns(axisLimits.axis)) return false;
    const { axis, upper, lower } = axisLimits;
    return context.alive.some((b) => {
      const amount = atHome[b * AXIS_COUNT + axis]!;
      return amount > upper[b]! || amount < lower[b]!;
    });
  });
  return found < 0 ? NO_GOAL : found;
}

/** The first goal that any broker is outside at home, whatever it is about; {@link NO_GOAL} when there is none. The model comes back to where it is. O(R). */
function anyOutAtHome(search: Search): number {
  const here = placesOf(search);
  goHome(search);
  const found = search.goals.findIndex((goal) => brokersOut(goal, search.context).length > 0);
  restore(search, here);
  return found < 0 ? NO_GOAL : found;
}

/** The hard goal that leaves brokers the smallest part of their limits free once nothing is offline; {@link NO_GOAL} when none has limits. */
function tightest({ goals, context }: Search): number {
  let most = 0;
  let found: number = NO_GOAL;
  for (const [index, { hard, axisLimits }] of goals.entries()) {
    if (!hard || axisLimits === undefined) continue;
    const offered = context.alive.reduce((sum, b) => sum + axisLimits.upper[b]!, 0);
    const part = context.totals[axisLimits.axis]! / offered;
    if (!(part > most)) continue;
    most = part;
    found = index;
  }
  return found;
}

/** The goal that is most violated at home by either broker, on the side that the action mends. */
function reasonAtHome(
  search: Search,
  atHome: Float64Array,
  action: { from: number; to: number; leads: boolean; asked: number },
): Reason {
  let worst = 0;
  let reason: Reason = { goal: action.asked, kind: REASON.swap, value: 0 };
  for (const [goal, { axisLimits }] of search.goals.entries()) {
    if (axisLimits === undefined) continue;
    const { axis, upper, lower } = axisLimits;
    if (action.leads && !followsLeadership(axis)) continue;
    const source = atHome[action.from * AXIS_COUNT + axis]!;
    const target = atHome[action.to * AXIS_COUNT + axis]!;
    const over = source / upper[action.from]! - 1;
    const short = 1 - target / lower[action.to]!;
    if (over > worst) {
      worst = over;
      reason = { goal, kind: REASON.sourceOut, value: source };
    }
    if (lower[action.to]! > 0 && short > worst) {
      worst = short;
      reason = { goal, kind: REASON.destinationShort, value: target };
    }
  }
  return reason;
}
