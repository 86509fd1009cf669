/**
 * The first replica of a partition leads it, and demoted brokers and log dirs lead nothing that another could lead
 * (Cruise Control, PreferredLeaderElectionGoal).
 *
 * A plan writes the new leader first into the list of every partition that it changes, so those hold by themselves.
 *
 * @module
 */
import { ALIVE, DEMOTED, MAY_LEAD } from "../model/cluster_model.ts";
import { listsOf } from "../model/lists.ts";
import { UNDECIDED } from "./axis_goal.ts";
import type { Goal, GoalContext, PreparedGoal } from "./goal.ts";

/** See the file's head. */
export const preferredLeaderElectionGoal: Goal = {
  name: "PreferredLeaderElectionGoal",
  hard: false,
  resources: [],
  prepare: preparePreferred,
};

/** Whether a replica could lead where it is. */
export function canLead({ model, logDirs }: GoalContext, replica: number): boolean {
  const b = model.broker[replica]!;
  const needed = ALIVE | MAY_LEAD;
  if ((model.flags[b]! & needed) !== needed) return false;
  if (logDirs?.isDemoted(replica) === true) return false;
  return model.offline[replica] === 0 || b !== model.home[replica];
}

/** Whether the plan changes the partition, log dirs too, with `replica` taken as being on `to`. O(RF). */
function isChanged(
  { model, logDirs }: GoalContext,
  p: number,
  move: { replica: number; to: number },
): boolean {
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    const b = r === move.replica ? move.to : model.broker[r]!;
    if (b !== model.home[r] || logDirs?.changesDir(r) === true) return true;
  }
  return false;
}

const NOTHING = { replica: -1, to: -1 };

/** Whether the partition should have another leader, given who leads it. */
export function wantsOtherLeader(
  context: GoalContext,
  p: number,
  options: { leader: number; move?: { replica: number; to: number } },
): boolean {
  const { model } = context;
  if (model.pinned[p] === 1) return false;
  const { leader, move = NOTHING } = options;
  const start = model.replicaStart[p]!;
  const at = leader === move.replica ? move.to : model.broker[leader]!;
  const onDemoted = context.logDirs?.isDemoted(leader) === true && at === model.home[leader];
  if (onDemoted || (model.flags[at]! & DEMOTED) !== 0) {
    for (let r = start; r < model.replicaStart[p + 1]!; r++) {
      if (r !== leader && canLead(context, r)) return true;
    }
    return false;
  }
  if (leader === start || leader !== model.homeLeader[p]) return false;
  return canLead(context, start) && !isChanged(context, p, move);
}

function preparePreferred(context: GoalContext): PreparedGoal {
  const { model } = context;
  const wants = (p: number, leader: number, move?: { replica: number; to: number }) =>
    wantsOtherLeader(context, p, { leader, ...(move === undefined ? {} : { move }) }) ? 1 : 0;
  const penalty = (broker: number) => {
    const { lists, listLength } = listsOf(model);
    let count = 0;
    for (let i = 0; i < listLength[broker]!; i++) {
      const r = lists[broker]![i]!;
      const p = model.partition[r]!;
      if (model.leader[p] === r) count += wants(p, r);
    }
    return count;
  };
  return {
    name: "PreferredLeaderElectionGoal",
    hard: false,
    // Most moves concern it only by accident; it is asked where the search looks at goals one by one.
    guardsMoves: false,
    amount: { unit: "partitions", of: 1 },
    penalty,
    moveDelta(replica, to) {
      const p = model.partition[replica]!;
      const leader = model.leader[p]!;
      return wants(p, leader, { replica, to }) - wants(p, leader);
    },
    leadDelta: (p, replica) => wants(p, replica) - wants(p, model.leader[p]!),
    infeasible: () => undefined,
    provision: () => UNDECIDED,
    explain: (broker) => `leads ${penalty(broker)} partitions that another replica should lead`,
  };
}
