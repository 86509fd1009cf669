/**
 * What each proposal changes on its brokers, given those before it: figures for people, in the plan's order.
 *
 * @module
 */
import { METRIC_OF_AXIS } from "../../goals/axis_goal.ts";
import type { ClusterModel } from "../../model/cluster_model.ts";
import type { Metric } from "../../model/proposal.ts";
import { MEASURED_BY_RACK, MEASURED_BY_TOPIC } from "../search/reasons.ts";
import { addProposal } from "./sums.ts";

/** Follows the plan from home on; proposals must come in its order, each once. */
export class FiguresOnTheWay {
  readonly #model: ClusterModel;
  /** As they are now, B x 8 as in the model. */
  readonly sums: Float64Array;
  /** By partition: 1 = carried out. */
  readonly #done: Uint8Array;
  /** By broker: replicas of `#topic`. Proposals of a topic mostly follow each other. */
  readonly #topicReplicas: Int32Array;
  #topic = -1;

  /** The sums to begin with, which are changed, and partitions to come where others were carried out before. */
  constructor(model: ClusterModel, sums: Float64Array, coming?: Int32Array) {
    this.#model = model;
    this.sums = sums;
    this.#done = new Uint8Array(model.partitionCount);
    if (coming !== undefined) {
      this.#done.fill(1);
      for (let i = 0; i < coming.length; i++) this.#done[coming[i]!] = 0;
    }
    this.#topicReplicas = new Int32Array(model.brokerCount);
  }

  /** Carries a partition's proposal out. O(RF). */
  carryOut(p: number): void {
    addProposal(this.#model, this.sums, p, 1);
    this.#done[p] = 1;
    if (this.#model.topic[p] !== this.#topic) return;
    this.#addReplicas(p, this.#model.home, -1);
    this.#addReplicas(p, this.#model.broker, 1);
  }

  /** Passes over proposals, after which brokers have these sums. */
  skip(partitions: Int32Array, sums: Float64Array): void {
    this.sums.set(sums);
    for (let i = 0; i < partitions.length; i++) this.#done[partitions[i]!] = 1;
    this.#topic = -1;
  }

  /** How many replicas of a partition's topic are on a broker now. O(1), for a topic that was not asked about last O(its replicas). */
  topicReplicas(p: number, broker: number): number {
    const topic = this.#model.topic[p]!;
    if (topic !== this.#topic) this.#count(topic);
    return this.#topicReplicas[broker]!;
  }

  #count(topic: number): void {
    const { broker, home, input: { partitionStart } } = this.#model;
    this.#topic = topic;
    this.#topicReplicas.fill(0);
    for (let p = partitionStart[topic]!; p < partitionStart[topic + 1]!; p++) {
      this.#addReplicas(p, this.#done[p] === 1 ? broker : home, 1);
    }
  }

  #addReplicas(p: number, where: Int32Array, sign: number): void {
    const { replicaStart } = this.#model;
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      this.#topicReplicas[where[r]!]! += sign;
    }
  }
}

/** What a measure is called in files. */
export function metricOf(measure: number): Metric {
  if (measure === MEASURED_BY_TOPIC) return "topicReplicas";
  return measure === MEASURED_BY_RACK ? "rackReplicas" : METRIC_OF_AXIS[measure]!;
}

/** The measure that {@link metricOf} names so. */
export function measureOfMetric(metric: Metric): number {
  if (metric === "topicReplicas") return MEASURED_BY_TOPIC;
  return metric === "rackReplicas" ? MEASURED_BY_RACK : METRIC_OF_AXIS.indexOf(metric);
}

/** Whole from 1000 on, else three digits behind the point: short to write, and enough to compare with a limit. */
export function rounded(value: number): number {
  return value >= 1000 ? Math.round(value) : Math.max(0, Math.round(value * 1000) / 1000);
}
