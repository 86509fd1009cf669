/**
 * What carrying proposals out costs, and whether a budget allows it.
 *
 * @module
 */
import type { Budget } from "../../model/budget.ts";
import type { ClusterModel } from "../../model/cluster_model.ts";
import { replicaMb } from "../../model/replica_axes.ts";
import { wasAt } from "../proposals/changes.ts";
import type { Places } from "../search/checkpoint.ts";

/** Of some proposals together. */
export interface Cost {
  mb: number;
  /** Replicas that land on another broker. */
  moves: number;
  /** MB by broker: received and sent. */
  readonly received: Float64Array;
  readonly sent: Float64Array;
}

/** Of none. */
export function noCost(model: ClusterModel): Cost {
  const perBroker = () => new Float64Array(model.brokerCount);
  return { mb: 0, moves: 0, received: perBroker(), sent: perBroker() };
}

/** Adds what putting partition `p` where `target` has it costs, or takes it away (`sign` -1): the old leader sends what new replicas receive. */
export function addCost(
  model: ClusterModel,
  p: number,
  parts: { target: Places; cost: Cost; sign: number },
): void {
  const { target, cost, sign } = parts;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    const to = target.broker[r]!;
    if (to === model.home[r] || wasAt(model, p, to)) continue;
    const size = sign * replicaMb(model, r);
    cost.moves += sign;
    cost.mb += size;
    cost.received[to]! += size;
    cost.sent[model.home[model.homeLeader[p]!]!]! += size;
  }
}

/** What the model's present placement costs, from home. O(R). */
export function costOf(model: ClusterModel): Cost {
  const cost = noCost(model);
  for (let p = 0; p < model.partitionCount; p++) {
    addCost(model, p, { target: model, cost, sign: 1 });
  }
  return cost;
}

/** Whether the budget allows it. */
export function isWithin(cost: Cost, budget: Budget): boolean {
  if (cost.mb > (budget.maxMb ?? Infinity)) return false;
  if (cost.moves > (budget.maxMoves ?? Infinity)) return false;
  if (budget.maxMinutes === undefined) return true;
  const perBroker = (budget.bandwidthMbPerSec ?? 0) * 60 * budget.maxMinutes;
  return cost.received.every((mb) => mb <= perBroker) && cost.sent.every((mb) => mb <= perBroker);
}
