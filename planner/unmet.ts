/**
 * The failure that says which hard goal no plan meets, where, and what would help.
 *
 * @module
 */
import { shortNumber } from "../goals/axis_goal.ts";
import { brokersOut } from "../goals/goal.ts";
import type { Failure } from "../lib/failure.ts";
import { AXIS_COUNT, mustLeave } from "../model/cluster_model.ts";
import type { PlannedGoal, Prepared } from "./prepare.ts";

/** Brokers named one by one in the details; more are only counted. */
const BROKERS_NAMED_MAX = 10;

/**
 * What stands against a plan: before the search only what no search can solve, after it what is left.
 * Undefined when all hard goals are, or may still be, met.
 */
export function unmetFailure(prepared: Prepared, when: "before" | "after"): Failure | undefined {
  for (const planned of prepared.goals) {
    if (!planned.goal.hard || planned.prepared === undefined) continue;
    if (planned.infeasible !== undefined) return impossible(planned);
  }
  if (when === "before") return undefined;
  const stuck = stuckReplicas(prepared);
  if (stuck !== undefined) return stuck;
  for (const planned of prepared.goals) {
    if (!planned.goal.hard || planned.prepared === undefined) continue;
    const failure = leftOver(prepared, planned);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function impossible(planned: PlannedGoal): Failure {
  const { reason, recommendation } = planned.infeasible!;
  return {
    code: "hard_goal_unmet",
    message: `Cannot meet ${planned.goal.name}: ${reason}`,
    retriable: false,
    ...(recommendation === undefined ? {} : { details: [recommendation] }),
  };
}

function leftOver(prepared: Prepared, planned: PlannedGoal): Failure | undefined {
  const goal = planned.prepared!;
  const { model, context } = prepared;
  const out = brokersOut(goal, context);
  if (out.length === 0) return undefined;
  const ids = out.map((b) => model.input.brokers[b]!.id);
  const details = out.slice(0, BROKERS_NAMED_MAX).map((b) =>
    `broker ${model.input.brokers[b]!.id}: ${goal.explain(b)}`
  );
  const limits = goal.axisLimits;
  if (limits !== undefined) {
    const missing = out.reduce((sum, b) => {
      const load = model.sums[b * AXIS_COUNT + limits.axis]!;
      return sum + Math.max(0, load - limits.upper[b]!);
    }, 0);
    details.push(
      `In all ${shortNumber(missing)} too much; add at least 1 broker, or raise the threshold`,
    );
  }
  return {
    code: "hard_goal_unmet",
    message: `Cannot meet ${planned.goal.name}: no plan was found for ${out.length} ${
      out.length === 1 ? "broker" : "brokers"
    } (${ids.slice(0, BROKERS_NAMED_MAX).join(", ")}${
      ids.length > BROKERS_NAMED_MAX ? ", ..." : ""
    })`,
    retriable: false,
    details,
  };
}

function stuckReplicas(prepared: Prepared): Failure | undefined {
  const { model } = prepared;
  const named: string[] = [];
  let count = 0;
  for (let r = 0; r < model.replicaCount; r++) {
    if (!mustLeave(model, r)) continue;
    count++;
    if (named.length >= BROKERS_NAMED_MAX) continue;
    const p = model.partition[r]!;
    const topic = model.input.topicNames[model.topic[p]!];
    const broker = model.input.brokers[model.broker[r]!]!.id;
    named.push(`${topic}-${model.input.partitionNumber[p]} on broker ${broker}`);
  }
  if (count === 0) return undefined;
  const goal = prepared.goals.find((planned) => planned.goal.hard)?.goal.name;
  return {
    code: "hard_goal_unmet",
    message: `Cannot move ${count} offline ${count === 1 ? "replica" : "replicas"}: ` +
      `no alive broker may take ${count === 1 ? "it" : "them"}` +
      (goal === undefined ? "" : ` under ${goal} and the other hard goals`),
    retriable: false,
    details: [...named, "Add at least 1 broker on a rack that the partition does not use"],
  };
}
