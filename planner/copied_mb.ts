/**
 * What it costs to move replicas where those of a partition differ in size. A replica takes its own MB off a broker, but
 * what is copied is its leader's log.
 *
 * @module
 */
import { AXIS_COUNT, type ClusterModel } from "../model/cluster_model.ts";
import { replicaMb } from "../model/replica_axes.ts";

/** Replicas are told apart by this many steps of copied over own MB; a finer look would change bounds by less than 0.4 %. */
const STEPS = 256;
const WIDTH = STEPS + 1;

/** Costs of one cluster. */
export interface Copies {
  /** MB that moving the replica copies at least: as much as the smallest replica of its partition, which may lead. */
  of(replica: number): number;
  /** The fewest MB to copy so that replicas of `mb` in all leave a broker; any brokers, when none is given. */
  fewest(mb: number, broker?: number): number;
}

/**
 * By broker and step of copied over own MB, `brokers x WIDTH` each: MB that replicas have, MB that moving them copies,
 * and the least copied over own MB.
 */
interface Table {
  readonly own: Float64Array;
  readonly copied: Float64Array;
  readonly least: Float64Array;
}

/** Undefined where replicas of a partition are alike: then as much is copied as moves. O(R). */
export function copiesOf(model: ClusterModel): Copies | undefined {
  if (model.loads.length === model.partitionCount * AXIS_COUNT) return undefined;
  const smallest = new Float64Array(model.partitionCount).fill(Infinity);
  for (let r = 0; r < model.replicaCount; r++) {
    const p = model.partition[r]!;
    smallest[p] = Math.min(smallest[p]!, replicaMb(model, r));
  }
  const table = tableOf(model, smallest);
  return {
    of: (replica) => smallest[model.partition[replica]!]!,
    fewest: (mb, broker) =>
      broker === undefined
        ? fewest(table, mb, [0, model.brokerCount])
        : fewest(table, mb, [broker, broker + 1]),
  };
}

function tableOf(model: ClusterModel, smallest: Float64Array): Table {
  const size = model.brokerCount * WIDTH;
  const table = {
    own: new Float64Array(size),
    copied: new Float64Array(size),
    least: new Float64Array(size).fill(1),
  };
  for (let r = 0; r < model.replicaCount; r++) {
    const mb = replicaMb(model, r);
    if (mb <= 0) continue;
    const cost = smallest[model.partition[r]!]!;
    const at = model.broker[r]! * WIDTH + Math.floor(cost / mb * STEPS);
    table.own[at]! += mb;
    table.copied[at]! += cost;
    table.least[at] = Math.min(table.least[at]!, cost / mb);
  }
  return table;
}

/** Those replicas first that copy least for what they hold, and of the last ones only a part. */
function fewest(table: Table, mb: number, [from, to]: readonly [number, number]): number {
  let left = mb;
  let total = 0;
  for (let step = 0; step < WIDTH && left > 0; step++) {
    for (let b = from; b < to && left > 0; b++) {
      const at = b * WIDTH + step;
      total += left >= table.own[at]! ? table.copied[at]! : left * table.least[at]!;
      left -= table.own[at]!;
    }
  }
  return total;
}
