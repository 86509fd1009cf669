/**
 * Loads of brokers in every window, kept up to date by every move of the search.
 *
 * ```
 * array   type           length       index
 * sums    Float64Array   B x W x 4    broker, window, resource
 * share   Float64Array   P x 4        what a follower has of its leader's load, by resource; its CPU may be known by window
 * ```
 *
 * @module
 */
import { resourceOfAxis } from "../../goals/axis_goal.ts";
import type { ClusterModel } from "../../model/cluster_model.ts";
import { CPU, RESOURCE_COUNT } from "../../model/metrics.ts";
import { followerShare } from "../../model/windows.ts";
import { followingLoad, leadingLoad } from "../../model/replica_axes.ts";
import type { LoadWindows } from "../../model/cluster_input.ts";

/** Averages that differ from those of windows by this part are the same. */
const ROUNDING = 1e-9;

/** See the table above. */
export class WindowSums {
  readonly sums: Float64Array;
  readonly #share: Float64Array;

  constructor(readonly model: ClusterModel, readonly windows: LoadWindows) {
    const { input } = model;
    this.sums = new Float64Array(model.brokerCount * windows.count * RESOURCE_COUNT);
    this.#share = new Float64Array(input.leaderLoad.length);
    for (let i = 0; i < this.#share.length; i++) this.#share[i] = followerShare(input, i);
    this.refresh();
  }

  /**
   * Whether no replica has more of a resource on average than in its windows together: then no broker's average can be above its peak. Where
   * averages were measured apart from windows it may be. O(R + P x W).
   */
  coversMean(axis: number): boolean {
    const { model } = this;
    const resource = resourceOfAxis(axis);
    const { count } = this.windows;
    for (let p = 0; p < model.partitionCount; p++) {
      const [following, leading] = this.#inAllWindows(p, resource);
      let row = -1;
      for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
        if (model.row[r] === row) continue;
        row = model.row[r]!;
        const mean = followingLoad(model, r, axis);
        if (mean * count > following * (1 + ROUNDING)) return false;
        const leads = mean + leadingLoad(model, r, axis);
        if (leads * count > leading * (1 + ROUNDING)) return false;
      }
    }
    return true;
  }

  /** Sums over the windows of what the partition's followers have, and its leader. */
  #inAllWindows(p: number, resource: number): readonly [following: number, leading: number] {
    let following = 0;
    let leading = 0;
    for (let w = 0; w < this.windows.count; w++) {
      following += this.#followerLoad(p, w, resource);
      leading += this.#leaderLoad(p, w, resource);
    }
    return [following, leading];
  }

  /** Adds everything up anew. O(R x W). */
  refresh(): void {
    this.sums.fill(0);
    for (let r = 0; r < this.model.replicaCount; r++) this.#add(r, this.model.broker[r]!, 1);
  }

  /** The replica went from one broker to another, leadership with it. O(W). */
  move(replica: number, from: number, to: number): void {
    this.#add(replica, from, -1);
    this.#add(replica, to, 1);
  }

  /** Another replica leads now: `old` and `next` are where the leaders are. O(W). */
  lead(partition: number, old: number, next: number): void {
    for (let resource = 0; resource < RESOURCE_COUNT; resource++) {
      if (resource !== CPU && this.#share[partition * RESOURCE_COUNT + resource] === 1) continue;
      for (let w = 0; w < this.windows.count; w++) {
        const load = this.leadingLoad(partition, w, resource);
        this.sums[this.at(old, w, resource)]! -= load;
        this.sums[this.at(next, w, resource)]! += load;
      }
    }
  }

  /** Place in `sums`. */
  at(broker: number, window: number, resource: number): number {
    return (broker * this.windows.count + window) * RESOURCE_COUNT + resource;
  }

  /** Load of a replica in its present role. */
  loadOf(replica: number, window: number, resource: number): number {
    const leads = this.model.leader[this.model.partition[replica]!] === replica;
    return this.loadAs(replica, window, { resource, leads });
  }

  /** Load of a replica if it led its partition, or followed. */
  loadAs(replica: number, window: number, role: { resource: number; leads: boolean }): number {
    const p = this.model.partition[replica]!;
    return role.leads
      ? this.#leaderLoad(p, window, role.resource)
      : this.#followerLoad(p, window, role.resource);
  }

  /** What leading the partition adds to following it. */
  leadingLoad(partition: number, window: number, resource: number): number {
    return this.#leaderLoad(partition, window, resource) -
      this.#followerLoad(partition, window, resource);
  }

  #leaderLoad(partition: number, window: number, resource: number): number {
    const { count, loads } = this.windows;
    return loads[(partition * count + window) * RESOURCE_COUNT + resource]!;
  }

  #followerLoad(partition: number, window: number, resource: number): number {
    const { count, followerCpu } = this.windows;
    if (resource === CPU && followerCpu !== undefined) {
      return followerCpu[partition * count + window]!;
    }
    return this.#leaderLoad(partition, window, resource) *
      this.#share[partition * RESOURCE_COUNT + resource]!;
  }

  #add(replica: number, broker: number, sign: number): void {
    for (let w = 0; w < this.windows.count; w++) {
      for (let resource = 0; resource < RESOURCE_COUNT; resource++) {
        this.sums[this.at(broker, w, resource)]! += sign * this.loadOf(replica, w, resource);
      }
    }
  }
}
