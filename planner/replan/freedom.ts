/**
 * Which proposals of an order are free to come at any time within their stretch of it; see `stretches.ts`.
 *
 * @module
 */
import type { TopicLimits } from "../../goals/goal.ts";
import type { Tight } from "../way/tight.ts";
import type { Volumes } from "../way/volumes.ts";

/** Proposals of an order that follow each other. */
export interface Stretch {
  /** The places behind those that are free, and behind all. */
  readonly free: number;
  readonly end: number;
  readonly volumes: Volumes;
  /** What all that are free change the sums of brokers by, B x 8 as in the model. */
  readonly net: Float64Array;
  /** Free is what touches none of this, and costs no more than it earns. */
  readonly tight: Tight;
}

/** Which proposals of an order may come at any time within their stretch, and why. */
export interface Freedom {
  readonly stretches: readonly Stretch[];
  /** What is known of each topic, with its limits: see `way/topic_row.ts`. */
  readonly ways: Uint8Array;
  readonly limits: TopicLimits | undefined;
}
