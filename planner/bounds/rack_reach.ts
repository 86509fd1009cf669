/**
 * Whether racks can be mended at all where replicas may only go to some brokers: to new ones, or to those of the
 * request. Found before the search, which would look for what is not there.
 *
 * @module
 */
import type { GoalContext, Infeasible } from "../../goals/goal.ts";
import { ALIVE, type ClusterModel, partitionName } from "../../model/cluster_model.ts";

/** Partitions named one by one. */
const NAMED_MAX = 3;

/**
 * Why replicas that share a rack cannot be put on different ones; undefined when all could, or when every broker takes
 * replicas. `destinations`: brokers that take replicas. O(partitions that share a rack) where they are not all.
 */
export function racksOutOfReach(
  { model, alive }: GoalContext,
  destinations: Int32Array,
): Infeasible | undefined {
  if (destinations.length === alive.length) return undefined;
  const reached = new Uint8Array(model.rackCount);
  for (const b of destinations) reached[model.rack[b]!] = 1;
  const stuck: number[] = [];
  for (const p of model.census.sharing) if (isStuck(model, p, reached)) stuck.push(p);
  if (stuck.length === 0) return undefined;
  const named = stuck.slice(0, NAMED_MAX).map((p) => partitionName(model, p)).join(", ");
  const what = stuck.length === 1
    ? `partition ${named} shares`
    : `${stuck.length} partitions share`;
  return {
    reason: `${what} a rack, and no broker that may receive replicas is on another one for ` +
      (stuck.length === 1 ? "it" : `them (${named}${stuck.length > NAMED_MAX ? ", ..." : ""})`),
    recommendation:
      "Add at least 1 broker on another rack, or rebalance first, where all brokers may receive replicas",
  };
}

/** Whether more racks are missing than there are free ones within reach. What is offline may go anywhere. */
function isStuck(model: ClusterModel, p: number, reached: Uint8Array): boolean {
  // Where replicas are at home: a kept model has them where the last plan put them.
  const { replicaStart, rack, home, flags, pinned, offline } = model;
  const start = replicaStart[p]!;
  const end = replicaStart[p + 1]!;
  if (pinned[p] === 1) return false;
  const used = new Set<number>();
  let alive = 0;
  for (let r = start; r < end; r++) {
    if (offline[r] === 1) return false;
    if ((flags[home[r]!]! & ALIVE) === 0) continue;
    alive++;
    used.add(rack[home[r]!]!);
  }
  let missing = alive - used.size;
  for (let k = 0; k < reached.length && missing > 0; k++) {
    if (reached[k] === 1 && !used.has(k)) missing--;
  }
  return missing > 0;
}
