/**
 * What a budget has left is spent on what brings goals nearer that it cannot meet.
 *
 * @module
 */
import type { Budget } from "../../model/budget.ts";
import { AXIS_COUNT } from "../../model/cluster_model.ts";
import { changesOf } from "../proposals/changes.ts";
import { apply, brokersOf, EPSILON, putBack, worthOf } from "./gain.ts";
import { addCost, type Cost, costOf, isWithin } from "./plan_cost.ts";
import { isElsewhere, type Places } from "../search/checkpoint.ts";
import type { Search } from "../search/state.ts";

/** Looks at what did not fit: what came meanwhile may have made room. */
const ROUNDS = 3;

/**
 * Takes of another plan what brings no broker farther outside on any side, the most gain per MB first, as long as the
 * budget allows it. What is away from home already stays where it is. Nothing is taken where more than limits of
 * brokers and topics decides. O(rounds x changed partitions).
 */
export function* fillUp(search: Search, target: Places, budget: Budget): Generator<void, void> {
  const { model } = search;
  if (search.guards.length > 0 || search.windows !== undefined) return;
  const cost = costOf(model);
  const moved = new Set(changesOf(model).partitions);
  const worth = new Map<number, number>();
  for (let p = 0; p < model.partitionCount; p++) {
    if (!moved.has(p) && isElsewhere(model, p, model, target)) {
      worth.set(p, worthOf(search, p, target));
    }
  }
  let waiting = [...worth.keys()].sort((a, b) => worth.get(b)! - worth.get(a)! || a - b);
  for (let round = 0; round < ROUNDS; round++) {
    yield;
    waiting = waiting.filter((p) => !takeAlone(search, p, { target, cost, budget }));
  }
}

/** Puts the partition where the target has it, if that helps, worsens nothing and is within the budget; whether it does. */
function takeAlone(
  search: Search,
  p: number,
  { target, cost, budget }: { target: Places; cost: Cost; budget: Budget },
): boolean {
  const { model } = search;
  const places = brokersOf(model, p);
  const leader = model.leader[p]!;
  const before = outsideAround(search, p, target);
  apply(search, p, target);
  addCost(model, p, { target, cost, sign: 1 });
  const after = outsideAround(search, p, target);
  const helps = after.some((out, i) => out < before[i]! - EPSILON);
  const worsens = after.some((out, i) => out > before[i]! + EPSILON);
  if (helps && !worsens && isWithin(cost, budget)) return true;
  addCost(model, p, { target, cost, sign: -1 });
  putBack(search, p, { places, leader });
  return false;
}

/** How far brokers that the partition leaves or enters are outside, by axis and in its topic; then replicas that share racks. */
function outsideAround(search: Search, p: number, target: Places): number[] {
  const { model, upper, lower, topicUpper, topicLower } = search;
  const start = model.replicaStart[p]!;
  const end = model.replicaStart[p + 1]!;
  const t = model.topic[p]!;
  const outside: number[] = [];
  let sharing = 0;
  for (let r = start; r < end; r++) {
    for (const b of [model.home[r]!, target.broker[r]!]) {
      for (let i = b * AXIS_COUNT; i < (b + 1) * AXIS_COUNT; i++) {
        const sum = model.sums[i]!;
        const size = search.target[i]! > 0 ? search.target[i]! : 1;
        outside.push(Math.max(0, sum - upper[i]!, lower[i]! - sum) / size);
      }
      const count = model.topicReplicas[t * model.brokerCount + b]!;
      outside.push(Math.max(0, count - topicUpper[t]!, topicLower[t]! - count));
    }
    for (let other = start; other < r; other++) {
      if (model.rack[model.broker[other]!] === model.rack[model.broker[r]!]) sharing++;
    }
  }
  return [...outside, search.racksDiffer ? sharing : 0];
}
