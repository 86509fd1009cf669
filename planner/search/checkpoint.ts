/**
 * Remembers where everything is, to come back when a part of the search was not worth its bytes.
 *
 * @module
 */
import { brokersOut } from "../../goals/goal.ts";
import type { ClusterModel } from "../../model/cluster_model.ts";
import { promote, relocate, type Search } from "./state.ts";

/** Where replicas and leaders are: a broker for each replica, a replica for each partition. */
export interface Places {
  readonly broker: Int32Array;
  readonly leader: Int32Array;
}

/** Where they were, and what goals that met. */
export interface Checkpoint extends Places {
  readonly standing: readonly number[];
}

/** Takes a copy. O(R). */
export function checkpoint(search: Search): Checkpoint {
  return { ...placesOf(search), standing: standingOf(search) };
}

/** A copy of where everything is. O(R). */
export function placesOf({ model }: Search): Places {
  return { broker: model.broker.slice(), leader: model.leader.slice() };
}

/** Brokers out by goal of the search; hopeless goals count as met. */
export function standingOf(search: Search): number[] {
  return search.goals.map((goal) =>
    search.hopeless.has(goal) ? 0 : brokersOut(goal, search.context).length
  );
}

/** Puts everything back. Reasons of replicas that are at home again are forgotten with them. O(R). */
export function restore(search: Search, to: Places): void {
  const { model } = search;
  for (let r = 0; r < model.replicaCount; r++) {
    if (model.broker[r] !== to.broker[r]) relocate(search, r, to.broker[r]!);
  }
  for (let p = 0; p < model.partitionCount; p++) {
    if (model.leader[p] !== to.leader[p]) promote(search, p, to.leader[p]!);
  }
}

/** Puts everything back to where it is in the real cluster. O(R). */
export function goHome(search: Search): void {
  restore(search, placesAtHome(search.model));
}

/** Where everything is in the real cluster: no copy. */
export function placesAtHome({ home, homeLeader }: ClusterModel): Places {
  return { broker: home, leader: homeLeader };
}

/** Whether a partition is in other places, or led by another replica, in the one than in the other. O(RF). */
export function isElsewhere(
  { replicaStart }: ClusterModel,
  p: number,
  one: Places,
  other: Places,
): boolean {
  let differs = one.leader[p]! ^ other.leader[p]!;
  const end = replicaStart[p + 1]!;
  for (let r = replicaStart[p]!; r < end; r++) differs |= one.broker[r]! ^ other.broker[r]!;
  return differs !== 0;
}

/**
 * Compares two standings as users rank them: hard goals first, then by priority; met beats not met. Negative when
 * `a` is better, 0 when the same goals are met.
 */
export function compareMet(search: Search, a: readonly number[], b: readonly number[]): number {
  for (const hard of [true, false]) {
    for (let i = 0; i < a.length; i++) {
      if (search.goals[i]!.hard !== hard) continue;
      const difference = (a[i]! > 0 ? 1 : 0) - (b[i]! > 0 ? 1 : 0);
      if (difference !== 0) return difference;
    }
  }
  return 0;
}

/** {@link compareMet}, and among equals fewer brokers out, most important goal first. */
export function compareStanding(
  search: Search,
  a: readonly number[],
  b: readonly number[],
): number {
  const met = compareMet(search, a, b);
  if (met !== 0) return met;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
