/**
 * What hard limits measure of brokers: sums on the axes of the model, or loads in the windows of time in which limits hold.
 *
 * @module
 */
import { AXIS_COUNT } from "../../../model/cluster_model.ts";
import { followingLoad, leadingLoad } from "../../../model/replica_axes.ts";
import { resourceOfAxis } from "../../../goals/axis_goal.ts";
import type { PreparedGoal } from "../../../goals/goal.ts";
import { limitsOf } from "../annealing/draft_limits.ts";
import type { Search } from "../state.ts";
import type { WindowSums } from "../window_sums.ts";

/** One of them. */
export interface Measure {
  readonly upper: (broker: number) => number;
  /** What the broker has by now. */
  readonly sum: (broker: number) => number;
  /** What a replica adds as a follower. */
  readonly follow: (replica: number) => number;
  /** What it adds when it leads. */
  readonly leading: (replica: number) => number;
}

/** Those on which these goals limit any broker. */
export function measuresOf(search: Search, goals: readonly PreparedGoal[]): Measure[] {
  const { model, windows, context } = search;
  const limits = limitsOf(search, goals);
  const measures: Measure[] = [];
  for (let axis = 0; axis < AXIS_COUNT; axis++) {
    const upper = (b: number) => limits.upper[b << 3 | axis]!;
    if (context.alive.every((b) => upper(b) === Infinity)) continue;
    const resource = resourceOfAxis(axis);
    if (windows !== undefined && resource >= 0) {
      measures.push(...windowMeasures(search, windows, { resource, upper }));
      if (windows.coversMean(axis)) continue;
    }
    measures.push({
      upper,
      sum: (b) => model.sums[b << 3 | axis]!,
      follow: (r) => followingLoad(model, r, axis),
      leading: (r) => leadingLoad(model, r, axis),
    });
  }
  return measures;
}

/** One a window, but of those in which no partition has more than in another one. */
function windowMeasures(
  { model }: Search,
  windows: WindowSums,
  { resource, upper }: { resource: number; upper: (broker: number) => number },
): Measure[] {
  const { partitionCount } = model;
  const loadIn = (p: number, w: number) =>
    windows.loadAs(model.replicaStart[p]!, w, { resource, leads: true });
  const followerIn = (p: number, w: number) => loadIn(p, w) - windows.leadingLoad(p, w, resource);
  const isCovered = (w: number, other: number): boolean => {
    let isSame = true;
    for (let p = 0; p < partitionCount; p++) {
      const more = loadIn(p, other) - loadIn(p, w);
      const moreToFollow = followerIn(p, other) - followerIn(p, w);
      if (more < 0 || moreToFollow < 0) return false;
      isSame &&= more === 0 && moreToFollow === 0;
    }
    return !isSame || other < w;
  };
  const all = [...Array(windows.windows.count).keys()];
  return all.filter((w) => !all.some((other) => other !== w && isCovered(w, other))).map((w) => ({
    upper,
    sum: (b) => windows.sums[windows.at(b, w, resource)]!,
    follow: (r) => windows.loadAs(r, w, { resource, leads: false }),
    leading: (r) => windows.leadingLoad(model.partition[r]!, w, resource),
  }));
}
