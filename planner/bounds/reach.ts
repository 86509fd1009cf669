/**
 * How many replicas of a partition no plan can have on alive brokers, however everything else is placed: a matching of its replicas
 * with the brokers, and racks, that could ever hold them. What that leaves out is proven to stay where it is; the reverse is not, as brokers
 * may be too full for all of them.
 *
 * @module
 */
import { dirCapacityLimits } from "../../goals/intra_broker_disk.ts";
import type { PreparedGoal } from "../../goals/goal.ts";
import { ALIVE, AXIS_COUNT } from "../../model/cluster_model.ts";
import { followingLoad, leadingLoad, replicaMb } from "../../model/replica_axes.ts";
import { mostPerRack } from "../search/rules.ts";
import type { Search } from "../search/state.ts";

/** What is larger than a limit by this part is larger, whatever rounding does. */
const ROUNDING = 1e-6;

/** What is not asked of a plan, to see what stands in the way. */
export interface Without {
  /** Brokers that may receive nothing. */
  readonly request?: boolean;
  /** Limits of what a broker holds. */
  readonly limits?: boolean;
  /** Goals that keep replicas on some brokers. */
  readonly sets?: boolean;
  readonly racks?: boolean;
}

/** What a plan may ever do, found once for a search; the placement of now is not asked. */
export interface Reach {
  readonly search: Search;
  /** Hard goals that a plan may not leave unmet. */
  readonly hard: readonly PreparedGoal[];
  /** By broker 1 = a replica that has to leave its home may go there. */
  readonly open: Uint8Array;
  /** What brokers hold that may not leave them, B x 8 as in the model; undefined where everything may. */
  readonly fixed: Float64Array | undefined;
}

/** O(B), and O(R) where replicas have to stay. */
export function reachOf(search: Search, hard: readonly PreparedGoal[]): Reach {
  const open = new Uint8Array(search.model.brokerCount);
  // New brokers come first, but what has to leave goes to others where it must.
  const destinations = search.onlyToNew ? search.context.allowed : search.destinations;
  for (const b of destinations) open[b] = 1;
  return { search, hard, open, fixed: fixedSums(search) };
}

/** Replicas of the partition that no plan can have on alive brokers, at least. O(RF x B x goals). */
export function outOfReach(reach: Reach, p: number, without: Without = {}): number {
  const { model, racksDiffer, rackCount } = reach.search;
  const start = model.replicaStart[p]!;
  const count = model.replicaStart[p + 1]! - start;
  const brokers = Array.from({ length: count }, (_, k) => brokersFor(reach, start + k, without));
  const onBrokers = count - matched(brokers, 1);
  const spreads = racksDiffer && without.racks !== true && rackCount > 0 && model.pinned[p] === 0 &&
    reach.hard.some((goal) => goal.racksDiffer === true);
  if (!spreads) return onBrokers;
  const racks = brokers.map((some) => [...new Set(some.map((b) => model.rack[b]!))]);
  const most = mostPerRack({ ...reach.search, rackCount: racksOf(reach) }, count);
  return Math.max(onBrokers, count - matched(racks, most));
}

/** Alive brokers that could ever hold the replica, apart from others of its partition. O(B x goals). */
export function brokersFor(reach: Reach, replica: number, without: Without = {}): number[] {
  const found: number[] = [];
  for (const b of reach.search.context.alive) {
    if (couldHold(reach, replica, b, without)) found.push(b);
  }
  return found;
}

function couldHold(reach: Reach, replica: number, b: number, without: Without): boolean {
  const { search, open, hard } = reach;
  const { model } = search;
  if (b === model.home[replica] && model.offline[replica] === 0) return true;
  if (staysHome(search, replica) || hasFailedHere(search, replica, b)) return false;
  if (without.request !== true && open[b] === 0) return false;
  const isOutside = without.sets !== true &&
    hard.some((goal) => goal.mayHold?.(replica, b) === false);
  return !isOutside && (without.limits === true || goalsTooSmall(reach, replica, b).length === 0 &&
      fitsOnSomeDir(search, replica, b));
}

/** Online, and not to be moved by any plan. */
function staysHome({ model, strictImmigrants }: Search, replica: number): boolean {
  const isOnline = model.offline[replica] === 0 &&
    (model.flags[model.home[replica]!]! & ALIVE) !== 0;
  return isOnline && (strictImmigrants || model.pinned[model.partition[replica]!] === 1);
}

/** Whether a replica of the partition has to leave the broker, because its log dir is dead: then none may come to it. O(RF). */
export function hasFailedHere({ model }: Search, replica: number, b: number): boolean {
  const p = model.partition[replica]!;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (model.home[r] === b && model.offline[r] === 1) return true;
  }
  return false;
}

/** Hard goals under which the broker could not hold the replica beside what has to stay on it. */
export function goalsTooSmall(reach: Reach, replica: number, b: number): PreparedGoal[] {
  const { search: { model }, hard, fixed } = reach;
  return hard.filter(({ axisLimits: limits }) => {
    if (limits === undefined) return false;
    const held = fixed?.[b * AXIS_COUNT + limits.axis] ?? 0;
    const most = limits.upper[b]!;
    return held + leastLoad(reach, replica, limits.axis) >
      most + ROUNDING * Math.max(most, model.sums[b * AXIS_COUNT + limits.axis]!);
  });
}

/** What the replica puts on any broker: others of its partition may lead. */
export function leastLoad({ search: { model } }: Reach, replica: number, axis: number): number {
  const p = model.partition[replica]!;
  const isAlone = model.replicaStart[p + 1]! - model.replicaStart[p]! === 1;
  const following = followingLoad(model, replica, axis);
  return isAlone ? following + leadingLoad(model, replica, axis) : following;
}

/** Whether the replica alone fits on a log dir of the broker, as far as log dirs are known. */
export function fitsOnSomeDir({ model, context }: Search, replica: number, b: number): boolean {
  const { logDirs } = model.input.brokers[b]!;
  if (context.logDirs === undefined || logDirs.length === 0) return true;
  const limits = dirCapacityLimits(context);
  const mb = replicaMb(model, replica);
  return logDirs.some(({ alive }, dir) => alive && mb <= limits(b, dir).upper * (1 + ROUNDING));
}

/** What stays on each broker whatever a plan does, as if nothing of it led; undefined where nothing has to. O(R). */
function fixedSums(search: Search): Float64Array | undefined {
  const { model, hasPinned, strictImmigrants } = search;
  if (!hasPinned && !strictImmigrants) return undefined;
  const fixed = new Float64Array(model.brokerCount * AXIS_COUNT);
  for (let r = 0; r < model.replicaCount; r++) {
    if (!staysHome(search, r)) continue;
    const at = model.home[r]! * AXIS_COUNT;
    for (let axis = 0; axis < AXIS_COUNT; axis++) {
      fixed[at + axis]! += followingLoad(model, r, axis);
    }
  }
  return fixed;
}

/** Racks over which a partition is spread: alive ones, or those that receive where that is what the only goal about racks counts. */
function racksOf({ hard, search: { context, rackCount, model } }: Reach): number {
  if (hard.some((goal) => goal.racksDiffer === true && goal.guardsMoves !== true)) return rackCount;
  const allowed = new Set(Array.from(context.allowed, (b) => model.rack[b]!)).size;
  return Math.max(1, Math.min(rackCount, allowed));
}

/** Most of them that can be matched, when each place takes `most` (augmenting paths; Kuhn, 1955). */
function matched(places: readonly (readonly number[])[], most: number): number {
  const holders = new Map<number, number[]>();
  const place = (k: number, seen: Set<number>): boolean =>
    places[k]!.some((where) => {
      if (seen.has(where)) return false;
      seen.add(where);
      const held = holders.get(where) ?? [];
      if (held.length < most) {
        holders.set(where, [...held, k]);
        return true;
      }
      const at = held.findIndex((other) => place(other, seen));
      if (at >= 0) held[at] = k;
      return at >= 0;
    });
  return places.filter((_, k) => place(k, new Set())).length;
}
