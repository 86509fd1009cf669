/**
 * Recomputes a cluster model from scratch: for tests, and for figures that are reported.
 *
 * @module
 */
import { drain } from "../lib/steps.ts";
import {
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  type ClusterModel,
  modelAtHome,
  ROW_LEADER_CPU,
} from "./cluster_model.ts";
import { listsOf } from "./lists.ts";

/** Partitions added up between two yields: a few milliseconds. */
const CHUNK = 60_000;

/** Sums may drift by rounding: each move adds at most one rounding error of 2^-53 of the sum. */
const DRIFT_RELATIVE = 1e-9;

/** The sums of every broker if all replicas and leaders were at home. O(R). */
export function sumsAtHome(model: ClusterModel): Float64Array {
  return sumsFromScratch(modelAtHome(model));
}

/** The sums of every broker, added up anew in replica order. O(R). */
export function sumsFromScratch(model: ClusterModel): Float64Array {
  return drain(sumsSteps(model));
}

/** {@link sumsFromScratch} in steps. */
export function* sumsSteps(model: ClusterModel): Generator<void, Float64Array, void> {
  const sums = new Float64Array(model.brokerCount * AXIS_COUNT);
  for (let from = 0; from < model.partitionCount; from += CHUNK) {
    addUp(model, sums, { from, to: Math.min(from + CHUNK, model.partitionCount) });
    yield;
  }
  return sums;
}

function addUp(
  model: ClusterModel,
  sums: Float64Array,
  range: { from: number; to: number },
): void {
  if (model.row === model.partition) addUpShared(model, sums, range);
  else addUpOwn(model, sums, range);
}

/** Where all replicas have the row of their partition, it is read once. */
function addUpShared(
  { broker, loads, leader, replicaStart }: ClusterModel,
  sums: Float64Array,
  { from: first, to: last }: { from: number; to: number },
): void {
  let r = replicaStart[first]!;
  for (let p = first; p < last; p++) {
    const from = p << 3;
    const leads = leader[p]!;
    const end = replicaStart[p + 1]!;
    const disk = loads[from]!;
    const nwIn = loads[from | 1]!;
    const cpu = loads[from | 2]!;
    const potential = loads[from | 4]!;
    for (; r < end; r++) {
      const at = broker[r]! << 3;
      sums[at]! += disk;
      sums[at | 1]! += nwIn;
      sums[at | 2]! += cpu;
      sums[at | 3]! += 1;
      sums[at | 4]! += potential;
      if (r !== leads) continue;
      sums[at | AXIS_CPU]! += loads[from | ROW_LEADER_CPU]!;
      sums[at | AXIS_NW_OUT]! += potential;
      sums[at | AXIS_LEADERS]! += 1;
      sums[at | AXIS_LEADER_IN]! += nwIn;
    }
  }
}

function addUpOwn(
  model: ClusterModel,
  sums: Float64Array,
  range: { from: number; to: number },
): void {
  const { broker, row, loads, leader, replicaStart } = model;
  const { from: first, to: end } = range;
  let r = replicaStart[first]!;
  for (let p = first; p < end; p++) {
    const leads = leader[p]!;
    for (const stop = replicaStart[p + 1]!; r < stop; r++) {
      const at = broker[r]! << 3;
      const from = row[r]! << 3;
      sums[at]! += loads[from]!;
      sums[at | 1]! += loads[from | 1]!;
      sums[at | 2]! += loads[from | 2]!;
      sums[at | 3]! += 1;
      sums[at | 4]! += loads[from | 4]!;
      sums[at | 5]! += loads[from | 5]!;
      if (r !== leads) continue;
      sums[at | AXIS_CPU]! += loads[from | ROW_LEADER_CPU]!;
      sums[at | AXIS_NW_OUT]! += loads[from | AXIS_POTENTIAL_OUT]!;
      sums[at | AXIS_LEADERS]! += 1;
      sums[at | AXIS_LEADER_IN]! += loads[from | 1]!;
    }
  }
}

/** Replaces the running sums by fresh ones, so that limits are compared without drift. O(R). */
export function* refreshSteps(model: ClusterModel): Generator<void, void, void> {
  model.sums.set(yield* sumsSteps(model));
  model.roundings = 0;
}

/** Everything that contradicts the table of `cluster_model.ts`, as sentences; empty when all is well. O(R + T x B). */
export function checkInvariants(model: ClusterModel): string[] {
  return [...sumProblems(model), ...listProblems(model), ...partitionProblems(model)];
}

function sumProblems(model: ClusterModel): string[] {
  const problems: string[] = [];
  const fresh = sumsFromScratch(model);
  const totals = new Float64Array(AXIS_COUNT);
  for (let i = 0; i < fresh.length; i++) totals[i % AXIS_COUNT]! += Math.abs(fresh[i]!);
  for (let i = 0; i < fresh.length; i++) {
    const allowed = DRIFT_RELATIVE * (1 + totals[i % AXIS_COUNT]!);
    if (Math.abs(fresh[i]! - model.sums[i]!) > allowed) {
      problems.push(
        `sums of broker ${Math.floor(i / AXIS_COUNT)} axis ${i % AXIS_COUNT}: is ${
          model.sums[i]
        }, from scratch ${fresh[i]}`,
      );
    }
  }
  return problems;
}

function listProblems(model: ClusterModel): string[] {
  const problems: string[] = [];
  const { lists, listLength, slot } = listsOf(model);
  let listed = 0;
  for (let b = 0; b < model.brokerCount; b++) {
    listed += listLength[b]!;
    for (let i = 0; i < listLength[b]!; i++) {
      const r = lists[b]![i]!;
      if (model.broker[r] !== b) problems.push(`list of broker ${b} has replica ${r} of another`);
      if (slot[r] !== i) problems.push(`slot of replica ${r} is ${slot[r]}, not ${i}`);
    }
  }
  if (listed !== model.replicaCount) problems.push(`lists have ${listed} replicas`);
  const cells = new Int32Array(model.topicReplicas.length);
  for (let r = 0; r < model.replicaCount; r++) {
    cells[model.topic[model.partition[r]!]! * model.brokerCount + model.broker[r]!]!++;
  }
  for (let i = 0; i < cells.length; i++) {
    if (cells[i] !== model.topicReplicas[i]) {
      problems.push(`topicReplicas[${i}] is not ${cells[i]}`);
    }
  }
  return problems;
}

function partitionProblems(model: ClusterModel): string[] {
  const problems: string[] = [];
  for (let p = 0; p < model.partitionCount; p++) {
    const seen = new Set<number>();
    for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
      if (model.partition[r] !== p) problems.push(`replica ${r} is not of partition ${p}`);
      if (seen.has(model.broker[r]!)) problems.push(`partition ${p} twice on ${model.broker[r]}`);
      seen.add(model.broker[r]!);
    }
    const leader = model.leader[p]!;
    if (leader < model.replicaStart[p]! || leader >= model.replicaStart[p + 1]!) {
      problems.push(`leader of partition ${p} is replica ${leader} of another`);
    }
  }
  return problems;
}
