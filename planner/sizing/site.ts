/**
 * Where brokers may be added, of what sizes, and what for.
 *
 * @module
 */
import { resourceOfAxis } from "../../goals/axis_goal.ts";
import { rackAwareDistributionGoal } from "../../goals/rack_aware_distribution.ts";
import type { InputBroker } from "../../model/cluster_input.ts";
import { DISK } from "../../model/metrics.ts";
import { indexOfBroker } from "../prepare.ts";
import type { Prepared } from "../prepared.ts";
import { destinationsOf } from "../search/create_search.ts";
import type { PlannerSettings } from "../settings.ts";
import type { BrokerSize } from "./added_brokers.ts";
import { aliveRacks, type Demand, demandsOf, isLargeFor, strainOf } from "./demand.ts";
import type { Rack, Site } from "./layout.ts";

/** What is to take a large replica is so much larger than it: in one that it fills to the brim it hardly ever finds its place. */
const ROOM = 0.05;

/** What is demanded of racks, with everything at home; undefined where no broker is there that one to add could be like. */
export function* siteOf(
  prepared: Prepared,
  settings: PlannerSettings,
): Generator<void, Site | undefined, void> {
  const { model, context } = prepared;
  const requested = settings.destinationBrokerIds.map((id) => indexOfBroker(model.input, id));
  const receivers = new Set(destinationsOf(context, requested));
  const demands = yield* demandsOf(prepared, { receivers, racksDiffer: wantsRackEach(prepared) });
  const sizes = sizesOf(prepared, demands);
  if (sizes === undefined) return undefined;
  const there = aliveRacks(prepared).map((rack): Rack => ({
    rack: model.input.brokers[model.rack.indexOf(rack)]!.rack,
    newRack: 0,
  }));
  const more = Array.from({ length: racksMissing(prepared, there.length) }, (_, k): Rack => ({
    rack: "",
    newRack: k + 1,
  }));
  const racks = [...there, ...more];
  // What is added only leaves more room: what finds room now is asked of whole loads alone.
  const open = demands.filter((demand) =>
    demand.size === 0 || isLargeFor(demand, sizes[0]!) ||
    strainOf(demand, racks.map((_, k) => demand.rooms[k] ?? 0)) > 1
  );
  return { demands: open, sizes, racks };
}

/** Whether each replica of a partition is to have a rack for itself; how even is even otherwise changes with each rack. */
function wantsRackEach({ goals }: Prepared): boolean {
  return goals.some(({ goal, prepared }) =>
    prepared?.racksDiffer === true && goal !== rackAwareDistributionGoal
  );
}

/** Racks without which no partition of most replicas has one each, where a goal asks for that. */
function racksMissing(prepared: Prepared, there: number): number {
  if (!wantsRackEach(prepared)) return 0;
  const { model } = prepared;
  let factor = 0;
  for (let p = 0; p < model.partitionCount; p++) {
    if (model.pinned[p] === 1) continue;
    factor = Math.max(factor, model.replicaStart[p + 1]! - model.replicaStart[p]!);
  }
  return Math.max(0, factor - there);
}

/** Like most brokers; and, where replicas are too large for these, so large that they fit. */
function sizesOf(prepared: Prepared, demands: readonly Demand[]): BrokerSize[] | undefined {
  const { context, model } = prepared;
  const like = usualBroker(prepared);
  if (like === undefined) return undefined;
  const usual: BrokerSize = { like, capacity: like.capacity, dirScale: 1 };
  const large = [...like.capacity] as [number, number, number, number];
  for (const demand of demands) {
    const resource = resourceOfAxis(demand.axis);
    if (resource < 0 || !isLargeFor(demand, usual)) continue;
    const threshold = context.constraint.capacityThreshold[resource]!;
    large[resource] = Math.max(large[resource]!, Math.ceil(demand.size * (1 + ROOM) / threshold));
  }
  const dirs = Math.max(0, ...like.logDirs.map((dir) => dir.capacityMb)) *
    context.constraint.capacityThreshold[DISK]!;
  const largest = model.census.largest[0]! * (1 + ROOM);
  const dirScale = dirs > 0 ? Math.max(1, largest / dirs) : 1;
  const grown = Math.max(large[DISK]!, like.capacity[DISK]! * dirScale);
  const capacity = [large[0], large[1], large[2], grown] as const;
  if (capacity.every((amount, k) => amount === like.capacity[k])) return [usual];
  return [usual, { like, capacity, dirScale: Math.max(dirScale, grown / like.capacity[DISK]!) }];
}

/** The first of those that most are like, of as many the larger: of brokers that may receive replicas, else of all that are alive. */
function usualBroker({ context, model }: Prepared): InputBroker | undefined {
  const from = context.allowed.length > 0 ? context.allowed : context.alive;
  const brokers = Array.from(from, (b) => model.input.brokers[b]!);
  const alike = [...Map.groupBy(brokers, ({ capacity }) => capacity.join()).values()];
  const [most] = alike.sort((a, b) =>
    b.length - a.length || b[0]!.capacity[DISK]! - a[0]!.capacity[DISK]!
  );
  return most?.[0];
}
