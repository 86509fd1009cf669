/**
 * Which hard goals a plan does not meet, for what exactly, and what would help.
 *
 * @module
 */
import { shortNumber } from "../goals/axis_goal.ts";
import { brokersUnmet } from "../goals/goal.ts";
import { countOf } from "../lib/count_of.ts";
import type { Failure } from "../lib/failure.ts";
import { ALIVE, AXIS_COUNT, partitionName } from "../model/cluster_model.ts";
import type { Unmet } from "../model/plan.ts";
import type { PlannedGoal, Prepared } from "./prepared.ts";
import type { Search } from "./search/state.ts";
import { type Stranded, strandedOf } from "./stranded/stranded.ts";

/** Brokers and partitions named one by one in the details; more are only counted. */
const NAMED_MAX = 10;

/** A failure with the first of them, for callers that want all hard goals met or no plan. */
export function unmetFailure(unmet: readonly Unmet[]): Failure | undefined {
  const first = unmet[0];
  if (first === undefined) return undefined;
  return {
    code: "hard_goal_unmet",
    message: first.message,
    retriable: false,
    ...(first.details.length === 0 ? {} : { details: first.details }),
  };
}

/** Hard goals that no plan can meet, known before the search. */
export function impossibleGoals(prepared: Prepared): Unmet[] {
  return prepared.goals.filter(({ goal, infeasible }) =>
    goal.hard && goal.bestEffort !== true && infeasible !== undefined
  ).map(impossible);
}

/** What is left after the search: offline replicas first, then goals in their order. */
export function unmetAfter(prepared: Prepared, search: Search): Unmet[] {
  const stranded = strandedAfter(prepared, search);
  const unmet = stranded === undefined ? [] : [beside(prepared, stranded)];
  for (const planned of prepared.goals) {
    if (!planned.goal.hard || planned.goal.bestEffort === true) continue;
    if (planned.prepared === undefined) continue;
    const left = leftOver(prepared, planned);
    if (left !== undefined) unmet.push(left);
  }
  return unmet.map((left) => withCause(prepared, left));
}

/** Replicas that are offline after the search; undefined when none is. */
export function strandedAfter({ goals }: Prepared, search: Search): Stranded | undefined {
  if (!search.hasOffline) return undefined;
  const hard = goals.flatMap(({ goal, prepared }) =>
    goal.hard && goal.bestEffort !== true && prepared !== undefined ? [prepared] : []
  );
  return strandedOf(search, hard);
}

/** What is offline, and why goals are impossible that are in its way. */
function beside({ goals }: Prepared, { unmet, goals: named, count, proven }: Stranded): Unmet {
  const causes = goals.filter(({ goal, infeasible }) =>
    infeasible !== undefined && named.includes(goal.name)
  ).map(impossible);
  if (proven === count || causes.length > 0) return withDetails(unmet, causes);
  const which = proven > 0 ? "Of the others this" : "This";
  const open =
    `${which} is no proof that no plan can; another broker gives room, or a higher threshold`;
  return { ...unmet, details: [...unmet.details, open] };
}

function withDetails(left: Unmet, causes: readonly Unmet[]): Unmet {
  const more = causes.flatMap(({ message, details }) => [message, ...details]);
  return { ...left, details: [...left.details, ...more] };
}

/** What racks and limits ask of each other may leave either goal unmet: the one that is impossible is named with the other. */
function withCause({ goals }: Prepared, left: Unmet): Unmet {
  const own = goals.find(({ goal }) => goal.name === left.goal);
  if (own?.prepared?.racksDiffer !== true || own.infeasible !== undefined) return left;
  const others = goals.filter(({ goal, infeasible }) =>
    goal.hard && goal.bestEffort !== true && infeasible !== undefined
  ).map(impossible);
  return withDetails(left, others);
}

function impossible(planned: PlannedGoal): Unmet {
  const { reason, recommendation } = planned.infeasible!;
  return {
    goal: planned.goal.name,
    message: `Cannot meet ${planned.goal.name}: ${reason}`,
    details: recommendation === undefined ? [] : [recommendation],
  };
}

function leftOver(prepared: Prepared, planned: PlannedGoal): Unmet | undefined {
  const goal = planned.prepared!;
  const { model, context } = prepared;
  const out = brokersUnmet(goal, context);
  if (out.length === 0) return undefined;
  const ids = out.map((b) => model.input.brokers[b]!.id);
  const details = goal.racksDiffer === true
    ? sharedRacks(prepared)
    : out.slice(0, NAMED_MAX).map((b) =>
      `broker ${model.input.brokers[b]!.id}: ${goal.explain(b)}`
    );
  if (planned.infeasible !== undefined) {
    const known = impossible(planned);
    return { ...known, details: [...details, ...known.details] };
  }
  const limits = goal.racksDiffer === true ? undefined : goal.axisLimits;
  if (limits !== undefined) {
    const missing = out.reduce((sum, b) => {
      const load = model.sums[b * AXIS_COUNT + limits.axis]!;
      return sum + Math.max(0, load - limits.upper[b]!);
    }, 0);
    details.push(
      `In all ${
        shortNumber(missing)
      } too much, which is no proof that none fits; another broker gives room, or a higher threshold`,
    );
  }
  return {
    goal: planned.goal.name,
    message: `Cannot meet ${planned.goal.name}: no plan was found for ${
      countOf(out.length, "broker")
    } (${ids.slice(0, NAMED_MAX).join(", ")}${ids.length > NAMED_MAX ? ", ..." : ""})`,
    details,
  };
}

/** Partitions that still have two replicas on a rack, one by one. */
function sharedRacks(prepared: Prepared): string[] {
  const { model } = prepared;
  const named: string[] = [];
  let count = 0;
  for (let p = 0; p < model.partitionCount; p++) {
    if (model.pinned[p] === 1) continue;
    const start = model.replicaStart[p]!;
    const end = model.replicaStart[p + 1]!;
    const racks = new Set<number>();
    const offline = new Set<number>();
    let alive = 0;
    for (let r = start; r < end; r++) {
      const b = model.broker[r]!;
      const isAlive = (model.flags[b]! & ALIVE) !== 0;
      if (isAlive) alive++;
      (isAlive ? racks : offline).add(model.rack[b]!);
    }
    const isShared = racks.size < alive;
    if (!isShared && offline.isDisjointFrom(racks)) continue;
    if (++count > NAMED_MAX) continue;
    const name = partitionName(model, p);
    named.push(
      isShared
        ? `${name} has ${alive} replicas on ${countOf(racks.size, "rack")}`
        : `${name} has a replica that is left offline on the rack of another one`,
    );
  }
  return count > NAMED_MAX
    ? [...named, `and ${countOf(count - NAMED_MAX, "more partition")}`]
    : named;
}
