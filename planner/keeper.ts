/**
 * Keeps the model of the last plan for the next one: while the topology stays the same, only loads and sums are made
 * anew. What it saves is time and never shows in a plan. A plan that fails or is cancelled leaves nothing behind.
 *
 * @module
 */
import type { ClusterInput } from "../model/cluster_input.ts";
import type { ClusterModel } from "../model/cluster_model.ts";
import type { ClusterStanding } from "./judge.ts";
import type { Places } from "./replan/places.ts";
import { sameTopology } from "./topology.ts";
import type { RackGroups } from "./bounds/rack_groups.ts";
import type { PlannerSettings } from "./settings.ts";

/** A model at the end of a plan, and how its cluster stood at home. */
export interface Kept {
  readonly settings: PlannerSettings;
  readonly model: ClusterModel;
  readonly places: Places;
  readonly before: ClusterStanding;
  /** Replicas that share racks at home, with their sizes; undefined where some have to leave. */
  readonly groups: RackGroups | undefined;
}

/** What lives from plan to plan; at most one model. */
export interface Keeper {
  kept: Kept | undefined;
}

/** Takes out what was kept, when a plan of this input with these settings may go on with it. O(R). */
export function takeKept(input: ClusterInput, settings: PlannerSettings): Kept | undefined {
  const { keeper, previous } = settings;
  const kept = keeper?.kept;
  if (keeper === undefined || kept === undefined) return undefined;
  keeper.kept = undefined;
  const fits = previous?.places === kept.places && isPlain(input, settings) &&
    sameRules(settings, kept.settings) && sameTopology(input, kept.places.topology);
  return fits ? kept : undefined;
}

/** Whether nothing but average loads, brokers and topics decides the plan. */
export function isPlain(input: ClusterInput, settings: PlannerSettings): boolean {
  return settings.over === "mean" && settings.factorChange === undefined &&
    settings.budget === undefined && settings.operation === "rebalance" &&
    input.brokers.every(({ logDirs }) => logDirs.length === 0) && !input.replicaOffline.includes(1);
}

function sameRules(a: PlannerSettings, b: PlannerSettings): boolean {
  const text = (settings: PlannerSettings) => {
    const { previous: _previous, keeper: _keeper, constraint: _constraint, ...rest } = settings;
    return JSON.stringify({ ...rest, pinned: [...rest.pinned] });
  };
  return a.constraint === b.constraint && text(a) === text(b);
}
