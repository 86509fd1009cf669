/**
 * The order in which to carry proposals out: leadership first, and no broker is pushed over a hard limit on the way
 * that it kept before, as far as the plan allows.
 *
 * @module
 */
import {
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  type ClusterModel,
  ROW_LEADER_CPU,
} from "../model/cluster_model.ts";
import { sumsSteps } from "../model/model_check.ts";

/** Partitions looked at between two yields. */
const CHUNK = 10_000;

/** Rounds in which proposals wait for room; what still waits then is part of a circle and goes anyway. */
const ROUNDS_MAX = 50;

/** Sums on the way from home to the plan. */
interface Way {
  readonly model: ClusterModel;
  readonly sums: Float64Array;
  readonly hardUpper: Float64Array;
}

/**
 * Orders changed partitions. Every prefix of the result keeps the hard limits of `hardUpper` (B x 8) that held at
 * home, but for proposals that only fit together. O(R) when nothing has to wait.
 */
export function* orderSteps(
  model: ClusterModel,
  changed: Int32Array,
  hardUpper: Float64Array,
): Generator<void, Int32Array, void> {
  const home = { ...model, broker: model.home, leader: model.homeLeader };
  const way: Way = { model, sums: yield* sumsSteps(home), hardUpper };
  const order = new Int32Array(changed.length);
  let done = 0;
  let waiting: number[] = [];
  const take = (p: number, force: boolean) => {
    addPartition(way, p, 1);
    if (!force && !fits(way, p)) {
      addPartition(way, p, -1);
      waiting.push(p);
      return;
    }
    order[done++] = p;
  };
  yield;
  for (const moving of [false, true]) {
    for (const [i, p] of changed.entries()) {
      if (movesReplica(model, p) === moving) take(p, false);
      if (i % CHUNK === CHUNK - 1) yield;
    }
  }
  for (let round = 0; round < ROUNDS_MAX && waiting.length > 0; round++) {
    const again = waiting;
    waiting = [];
    for (const [i, p] of again.entries()) {
      take(p, false);
      if (i % CHUNK === CHUNK - 1) yield;
    }
    if (waiting.length === again.length) break;
  }
  const rest = waiting;
  waiting = [];
  for (const p of rest) take(p, true);
  return order;
}

function movesReplica(model: ClusterModel, p: number): boolean {
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (model.broker[r] !== model.home[r]) return true;
  }
  return false;
}

/** Whether no broker that gained by the proposal, which is added already, is over. */
function fits(way: Way, p: number): boolean {
  const { model, sums, hardUpper } = way;
  let fit = true;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]! && fit; r++) {
    const b = model.broker[r]!;
    const gains = b !== model.home[r] || model.leader[p] === r;
    if (!gains) continue;
    for (let i = b * AXIS_COUNT; i < (b + 1) * AXIS_COUNT && fit; i++) {
      fit = sums[i]! <= hardUpper[i]!;
    }
  }
  return fit;
}

/** Adds what the proposal changes to the sums, or takes it off again with `sign` -1. */
function addPartition(way: Way, p: number, sign: number): void {
  const { model } = way;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    const led = model.homeLeader[p] === r;
    const leads = model.leader[p] === r;
    const from = model.home[r]!;
    const to = model.broker[r]!;
    if (from === to && led === leads) continue;
    addReplica(way, r, { broker: from, leads: led, sign: -sign });
    addReplica(way, r, { broker: to, leads, sign });
  }
}

function addReplica(
  way: Way,
  replica: number,
  change: { broker: number; leads: boolean; sign: number },
): void {
  const { loads, row } = way.model;
  const { sums } = way;
  const { sign } = change;
  const at = row[replica]! * AXIS_COUNT;
  const o = change.broker * AXIS_COUNT;
  for (let axis = 0; axis <= AXIS_NW_OUT; axis++) sums[o + axis]! += sign * loads[at + axis]!;
  if (!change.leads) return;
  sums[o + AXIS_CPU]! += sign * loads[at + ROW_LEADER_CPU]!;
  sums[o + AXIS_NW_OUT]! += sign * loads[at + AXIS_POTENTIAL_OUT]!;
  sums[o + AXIS_LEADERS]! += sign;
  sums[o + AXIS_LEADER_IN]! += sign * loads[at + AXIS_NW_IN]!;
}
