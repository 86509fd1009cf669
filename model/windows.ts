/**
 * Loads over several windows of time, such as the hours of a day.
 *
 * @module
 */
import type { ClusterInput } from "./cluster_input.ts";
import { CPU, RESOURCE_COUNT } from "./metrics.ts";

/** Which load of a partition stands for all its windows. */
export type WindowChoice = "mean" | "max" | "p95";

/** Part of the windows that a p95 may exceed. */
const P95 = 0.95;

/** The input with every replica's load taken over its windows. O(P x W). */
export function inputOver(input: ClusterInput, choice: WindowChoice): ClusterInput {
  const { windows } = input;
  if (windows === undefined) return input;
  const { count, loads, followerCpu } = windows;
  const values = new Float64Array(count);
  const chosen = (valueIn: (window: number) => number): number => {
    for (let w = 0; w < count; w++) values[w] = valueIn(w);
    if (choice === "mean") return values.reduce((sum, value) => sum + value, 0) / count;
    values.sort();
    return values[choice === "max" ? count - 1 : Math.ceil(P95 * count) - 1]!;
  };
  return withLoads(input, {
    leader: (p, resource) => chosen((w) => loads[(p * count + w) * RESOURCE_COUNT + resource]!),
    ...(followerCpu && { followerCpu: (p) => chosen((w) => followerCpu[p * count + w]!) }),
  });
}

/** The input with the loads of one window. */
export function inputAt(input: ClusterInput, window: number): ClusterInput {
  const { windows } = input;
  if (windows === undefined) return input;
  const { count, loads, followerCpu } = windows;
  return withLoads(input, {
    leader: (p, resource) => loads[(p * count + window) * RESOURCE_COUNT + resource]!,
    ...(followerCpu && { followerCpu: (p) => followerCpu[p * count + window]! }),
  });
}

function withLoads(
  input: ClusterInput,
  loadOf: {
    leader: (partition: number, resource: number) => number;
    /** Absent: followers keep their share of the leader's. */
    followerCpu?: (partition: number) => number;
  },
): ClusterInput {
  const leaderLoad = new Float64Array(input.leaderLoad.length);
  const followerLoad = new Float64Array(input.followerLoad.length);
  for (let i = 0; i < leaderLoad.length; i++) {
    const p = Math.floor(i / RESOURCE_COUNT);
    const resource = i % RESOURCE_COUNT;
    const load = loadOf.leader(p, resource);
    leaderLoad[i] = load;
    followerLoad[i] = resource === CPU && loadOf.followerCpu !== undefined
      ? loadOf.followerCpu(p)
      : load * followerShare(input, i);
  }
  // Sizes of single replicas are of the newest window; where windows are asked for, those count.
  return { ...input, leaderLoad, followerLoad, replicaDiskMb: new Float64Array(0) };
}

/** What a follower has of its leader's load; `i` = partition x resource. */
export function followerShare(input: ClusterInput, i: number): number {
  const leader = input.leaderLoad[i]!;
  return leader > 0 ? input.followerLoad[i]! / leader : 0;
}
