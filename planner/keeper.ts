/**
 * Keeps the model of the last plan for the next one: while the topology stays the same, only loads and sums are made
 * anew. What it saves is time and never shows in a plan. A plan that fails or is cancelled leaves nothing behind.
 *
 * @module
 */
import { INTRA_BROKER_GOALS } from "../goals/intra_broker_disk.ts";
import type { ClusterInput, InputBroker } from "../model/cluster_input.ts";
import { hasLogDirs, sameTopology } from "./topology.ts";
import type { Kept, KeptRules } from "./previous.ts";
import type { PlannerSettings } from "./settings.ts";

/** Takes out what was kept, when a plan of this input with these settings may go on with it. O(R). */
export function takeKept(input: ClusterInput, settings: PlannerSettings): Kept | undefined {
  const { keeper, previous } = settings;
  const kept = keeper?.kept;
  if (keeper === undefined || kept === undefined) return undefined;
  keeper.kept = undefined;
  const fits = previous?.places === kept.places && isPlain(input, settings) &&
    sameRules(rulesOf(settings), kept.rules) && sameTopology(input, kept.places.topology);
  return fits ? kept : undefined;
}

/**
 * Whether nothing but average loads, brokers and topics decides where replicas go; which log dir of a broker follows from that, where all may be
 * used and no goal is about them.
 */
export function isPlain(input: ClusterInput, settings: PlannerSettings): boolean {
  return settings.over === "mean" && settings.factorChange === undefined &&
    settings.budget === undefined && settings.operation === "rebalance" &&
    !input.replicaOffline.includes(1) && (!hasLogDirs(input) || hasPlainDirs(input, settings));
}

function hasPlainDirs({ brokers }: ClusterInput, { goals }: PlannerSettings): boolean {
  const isPlainDir = ({ alive, capacityMb, demoted, untouched }: InputBroker["logDirs"][number]) =>
    alive && capacityMb > 0 && demoted !== true && untouched !== true;
  return !INTRA_BROKER_GOALS.some((name) => goals.includes(name)) &&
    brokers.every(({ logDirs }) => logDirs.every(isPlainDir));
}

/** What two plans have to have in common for the model of one to serve the other. */
export function rulesOf(settings: PlannerSettings): KeptRules {
  const { previous: _previous, keeper: _keeper, constraint, ...rest } = settings;
  return { constraint, text: JSON.stringify({ ...rest, pinned: [...rest.pinned] }) };
}

function sameRules(one: KeptRules, other: KeptRules): boolean {
  return one.constraint === other.constraint && one.text === other.text;
}
