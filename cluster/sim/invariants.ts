/**
 * What must hold in a simulated cluster at any time, recomputed from scratch.
 *
 * @module
 */
import { isUsable } from "./controller.ts";
import {
  findSlot,
  missingBytes,
  NONE,
  replicaBrokers,
  SEGMENT_RING,
  type SimState,
} from "./state.ts";

/** Relative rounding that sums of many small writes may show. */
const ROUNDING = 1e-6;

/** Every violated invariant as a sentence; empty when all hold. O(P x K). */
export function simProblems(state: SimState): string[] {
  const problems: string[] = [];
  const counts = new Int32Array(state.dir.replicaCount.length);
  for (const topic of state.topics) {
    if (!topic.alive) continue;
    for (let partition = 0; partition < topic.count; partition++) {
      const row = topic.start + partition;
      const report = (problem: string) => problems.push(`${topic.name}-${partition} ${problem}`);
      checkReplicas(state, row, report);
      checkLog(state, row, report);
      for (let k = 0; k < state.rows.replicas[row]!; k++) {
        counts[state.rows.replicaDir[row * state.rows.stride + k]!]!++;
      }
    }
  }
  counts.forEach((count, dir) => {
    if (count !== state.dir.replicaCount[dir]) {
      problems.push(`log dir ${dir} counts ${state.dir.replicaCount[dir]} of ${count} replicas`);
    }
  });
  for (const { topic: index, group, committed } of state.subscriptions) {
    const topic = state.topics[index]!;
    committed.forEach((offset, partition) => {
      if (topic.alive && offset > state.rows.endOffset[topic.start + partition]!) {
        problems.push(
          `group ${state.groupIds[group]} is past the end of ${topic.name}-${partition}`,
        );
      }
    });
  }
  return problems;
}

function checkReplicas(state: SimState, row: number, report: (problem: string) => void): void {
  const { rows } = state;
  const list = replicaBrokers(rows, row);
  if (list.length === 0) report("has no replica");
  if (new Set(list).size < list.length) report(`is twice on a broker: ${list}`);
  const ongoing = state.reassignments.get(row);
  for (const b of [...ongoing?.adding ?? [], ...ongoing?.removing ?? []]) {
    if (!list.includes(b)) report(`reassigns broker ${b}, which is not in ${list}`);
  }
  if (ongoing?.adding.some((b) => ongoing.removing.includes(b))) {
    report("adds and removes the same broker");
  }
  const first = row * rows.stride;
  const inSync = list.filter((_, k) => rows.inSync[first + k] === 1);
  if (inSync.length === 0) report("has an empty ISR");
  const leader = rows.leader[row]!;
  if (leader !== NONE) {
    if (!inSync.includes(leader)) report(`is led by ${leader}, which is not in the ISR ${inSync}`);
    else if (!isUsable(state, findSlot(rows, row, leader))) report("is led by an unusable replica");
  } else if (list.some((_, k) => rows.inSync[first + k] === 1 && isUsable(state, first + k))) {
    report("has no leader although one could lead");
  }
  list.forEach((b, k) => {
    const missing = missingBytes(rows, row, first + k);
    if (!(missing >= -ROUNDING)) report(`misses ${missing} bytes on broker ${b}`);
    if (rows.behind[first + k] === 1 && rows.lagging[row] === 0) {
      report("lags without being listed");
    }
  });
}

function checkLog(state: SimState, row: number, report: (problem: string) => void): void {
  const { rows } = state;
  const bytes = rows.logBytes[row]!;
  const active = rows.activeBytes[row]!;
  if (!(active >= 0)) report(`has ${active} bytes in the active segment`);
  let sum = active;
  let before = rows.startOffset[row]!;
  for (let i = 0; i < rows.segments[row]!; i++) {
    const at = row * SEGMENT_RING + (rows.segmentHead[row]! + i) % SEGMENT_RING;
    if (!(rows.segmentBytes[at]! >= 0)) report(`has a segment of ${rows.segmentBytes[at]} bytes`);
    if (rows.segmentEnd[at]! < before) report("has segments out of order");
    before = rows.segmentEnd[at]!;
    sum += rows.segmentBytes[at]!;
  }
  if (before > rows.endOffset[row]!) report("has a segment past its end");
  if (Math.abs(sum - bytes) > ROUNDING * Math.max(1, bytes, rows.produced[row]! * 1e-6)) {
    report(`has ${bytes} bytes in segments of ${sum} bytes`);
  }
}
