/**
 * What being outside weighs, while a placement within limits is looked for: limits that are passed now weigh more and more,
 * those that are kept as little as at the begin again. So what seemed the least evil becomes a great one, and the draft
 * leaves the corner where it was (breakout method; Morris, 1993).
 *
 * @module
 */
import { AXIS_COUNT, AXIS_LEADERS, AXIS_REPLICAS } from "../../../model/cluster_model.ts";
import { addOutside, type Draft } from "./draft.ts";
import { MUST } from "./worth.ts";

/** Chains after which weights change. */
export const REWEIGH_CHAINS = 500;
/** What a weight is multiplied by, what is left of what it has gained, and how many times as much it may become. */
const WEIGHT = { grow: 1.1, fade: 0.9, most: 20 };
/**
 * What weighs more from the begin on: there are few chains that change counts alone, so that counts once out of limits are
 * hard to bring within them again.
 */
const AXIS_WEIGHTS = new Map([[AXIS_REPLICAS, 3], [AXIS_LEADERS, 1.5]]);

/** What a unit outside weighs at the least, and in parts of targets, by broker and axis. */
export interface Weights {
  readonly least: Float64Array;
  readonly even: Float64Array;
}

/** Gives the draft its first weights. O(B + T x B). */
export function beginWeights(draft: Draft): Weights {
  const even = draft.scale.slice();
  const least = even.map((scale, i) => scale * (AXIS_WEIGHTS.get(i % AXIS_COUNT) ?? 1));
  draft.scale.set(least);
  addOutside(draft);
  return { least, even };
}

/** Changes weights by where the draft is, and returns how far outside that is in parts of targets. O(B + T x B). */
export function reweigh(draft: Draft, { least, even }: Weights): number {
  const { scale, must, worth } = draft;
  const { sums } = draft.model;
  // Of topics: what brokers do not account for.
  let distance = worth[MUST]! - draft.mustOut.reduce((sum, out) => sum + out, 0);
  for (let i = 0; i < scale.length; i++) {
    const out = Math.max(sums[i]! - must.upper[i]!, must.lower[i]! - sums[i]!, 0);
    distance += out * even[i]!;
    const weight = out > 0
      ? scale[i]! * WEIGHT.grow
      : least[i]! + (scale[i]! - least[i]!) * WEIGHT.fade;
    scale[i] = Math.min(weight, WEIGHT.most * least[i]!);
  }
  addOutside(draft);
  return Math.max(0, distance);
}
