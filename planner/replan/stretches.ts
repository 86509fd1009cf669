/**
 * Stretches of an order: proposals that follow each other, of which some are free to come at any time within theirs. What they
 * bring to brokers follows from what those of the plan before did.
 *
 * @module
 */
import type { ClusterModel } from "../../model/cluster_model.ts";
import { writeRow } from "../../model/load_rows.ts";
import type { Altered } from "./altered.ts";
import type { Places } from "./places.ts";
import type { Part } from "../search/state.ts";
import type { Stretch } from "./freedom.ts";
import { addVolumes, copyVolumes, noVolumes, type Volumes, volumesOfMany } from "../way/volumes.ts";

/**
 * Most stretches of an order, and proposals that one has at least. With 16 two thirds of the free ones of many more are free. Each costs the same
 * however short it is: below some 700 proposals that is more than it takes to judge what is not free in a longer one.
 */
const STRETCHES_MAX = 16;
const STRETCH_LEAST = 768;
/** An order is cut anew when the last stretch, which gets all that is new, has more than so many times its part. */
const LAST_MAX = 3;

/** What an order goes on from. */
export interface Before {
  readonly places: Places;
  readonly altered: Altered;
}

/** State of a partition: it is elsewhere than in the plan before, or led by another replica. */
export const MOVED = 1;
/** It is where it was, with other loads. */
export const RESIZED = 2;
/** It is as it was, but of a topic that is weighed now. */
export const WEIGHED = 3;

/** A stretch of the order before, from place `from` to `to`; `known` is of then. */
export interface Old extends Part {
  readonly known: Stretch | undefined;
  /** A copy of those of then, or none. */
  readonly volumes: Volumes;
  /** Those of its partitions that are altered. */
  readonly altered: number[];
}

/** By partition: one of the states above, 0 = as before. */
export function statesOf({ partitionCount }: ClusterModel, { altered }: Before): Uint8Array {
  const state = new Uint8Array(partitionCount);
  for (const p of altered.any) state[p] = RESIZED;
  for (const p of altered.moved) state[p] = MOVED;
  return state;
}

/** The stretches of the order before, or as many places as there would be for each; at least one. */
export function oldStretches(
  { brokerCount }: ClusterModel,
  { places, altered }: Before,
): Old[] {
  const { changed, freedom, proposalOf } = places;
  const count = Math.min(STRETCHES_MAX, Math.max(1, Math.floor(changed.length / STRETCH_LEAST)));
  const known = freedom !== undefined && isEven(freedom.stretches, changed.length, count)
    ? freedom.stretches
    : undefined;
  const ends = known?.map(({ end }) => end) ??
    Array.from(
      { length: count },
      (_, i) => stepEnd(places, Math.floor(changed.length * (i + 1) / count)),
    );
  const volumes = volumesOfMany(brokerCount, ends.length);
  known?.forEach((stretch, i) => copyVolumes(volumes[i]!, stretch.volumes));
  const olds = ends.map((to, i): Old => ({
    from: ends[i - 1] ?? 0,
    to,
    known: known?.[i],
    volumes: volumes[i]!,
    altered: [],
  }));
  for (let i = 0; i < altered.any.length; i++) {
    const p = altered.any[i]!;
    const k = proposalOf[p]!;
    if (k < 0) continue;
    let at = 0;
    while (k >= ends[at]!) at++;
    olds[at]!.altered.push(p);
  }
  return olds;
}

/** The first place from there on that is not behind another of its step. */
function stepEnd({ joined }: Places, place: number): number {
  let end = place;
  while (joined[end] === 1) end++;
  return end;
}

function isEven(stretches: readonly Stretch[], length: number, count: number): boolean {
  const last = length - (stretches.at(-2)?.end ?? 0);
  return count === 1 || (stretches.length > count / 2 && last * count <= LAST_MAX * length);
}

/** Adds these proposals, or takes them off with `sign` -1. */
export function addToVolumes(
  volumes: Volumes,
  model: ClusterModel,
  partitions: ArrayLike<number>,
  sign = 1,
): void {
  const row = { loads: model.loads, at: 0 };
  for (let i = 0; i < partitions.length; i++) {
    row.at = partitions[i]! << 3;
    addVolumes(volumes, model, partitions[i]!, { places: model, row, sign });
  }
}

/** Of a stretch without what has moved: from those of then, where they are known. `state`: by partition, see above. */
export function volumesNow(
  model: ClusterModel,
  { places }: Before,
  { old, state }: { old: Old; state: Uint8Array },
): Volumes {
  const { volumes, altered, known } = old;
  const stays = (p: number) => state[p] !== MOVED;
  if (known === undefined) {
    addToVolumes(volumes, model, places.changed.subarray(old.from, old.to).filter(stays));
    return volumes;
  }
  takeOff(volumes, model, places, altered);
  addToVolumes(volumes, model, altered.filter(stays));
  return volumes;
}

/** What volumes change sums by. */
export function netOf(volumes: Volumes): Float64Array {
  return addNet(new Float64Array(volumes.gains.length), volumes);
}

/** Adds that to sums. A loop: with a callback it takes ten times as long. */
export function addNet(sums: Float64Array, { losses, gains }: Volumes): Float64Array {
  for (let i = 0; i < sums.length; i++) sums[i]! += gains[i]! - losses[i]!;
  return sums;
}

/** What of that was free in the plan before is another now: still free, or not any more though it is as it was. */
export interface Refreed {
  readonly stay: number[];
  readonly weighed: number[];
}

/** What all that is free changes sums by, from what that was then. */
export function netAgain(
  model: ClusterModel,
  { places }: Before,
  { altered, known }: Old,
  { stay, weighed }: Refreed,
): Float64Array {
  const { net, free } = known!;
  const change = noVolumes(model.brokerCount);
  takeOff(change, model, places, altered.filter((p) => places.proposalOf[p]! < free));
  addToVolumes(change, model, stay);
  addToVolumes(change, model, weighed, -1);
  return addNet(net.slice(), change);
}

/** Takes off what these were in the plan before. */
function takeOff(
  volumes: Volumes,
  model: ClusterModel,
  places: Places,
  partitions: ArrayLike<number>,
): void {
  const row = { loads: new Float64Array(8), at: 0 };
  for (let i = 0; i < partitions.length; i++) {
    writeRow(places.loads!, partitions[i]!, row.loads);
    addVolumes(volumes, model, partitions[i]!, { places, row, sign: -1 });
  }
}
