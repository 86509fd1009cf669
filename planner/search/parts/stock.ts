/**
 * What brokers above a limit may give away, with its loads: read once in the order of memory, so that choosing from it again and again does not
 * look for loads all over memory.
 *
 * ```
 * array     type           length   index    value
 * start     Int32Array     B        broker   where its part begins
 * end       Int32Array     B        broker   behind its last replica; brokers within their limits have none
 * replica   Int32Array     some     place    replica, -1 = given away
 * loads     Float32Array   x 3      place    disk, incoming and potential outgoing bytes: only to compare replicas
 * ```
 *
 * @module
 */
import { AXIS_REPLICAS } from "../../../model/cluster_model.ts";
import type { Part, Search } from "../state.ts";
import { mayMove } from "../rules.ts";

/** See the table above. */
export interface Stock {
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly replica: Int32Array;
  readonly loads: Float32Array;
}

/** Replicas between two yields: a few milliseconds. */
const CHUNK = 200_000;

/** Takes stock of some brokers, of what they have of a part of all replicas. O(part). */
export function* stockSteps(
  search: Search,
  brokers: Int32Array,
  part: Part,
): Generator<void, Stock, void> {
  const { sums, brokerCount } = search.model;
  const start = new Int32Array(brokerCount);
  const isOut = new Uint8Array(brokerCount);
  let total = 0;
  for (const b of brokers) {
    start[b] = total;
    isOut[b] = 1;
    total += sums[b << 3 | AXIS_REPLICAS]!;
  }
  const stock = {
    start,
    end: start.slice(),
    replica: new Int32Array(total),
    loads: new Float32Array(total * 3),
  };
  for (let { from } = part; from < part.to; from += CHUNK) {
    addReplicas(search, stock, { isOut, from, to: Math.min(from + CHUNK, part.to) });
    yield;
  }
  return stock;
}

/** `isOut`: 1 = of the brokers. */
function addReplicas(
  search: Search,
  { end, replica, loads }: Stock,
  { isOut, from, to }: { isOut: Uint8Array; from: number; to: number },
): void {
  const { broker, row, loads: rows } = search.model;
  for (let r = from; r < to; r++) {
    const b = broker[r]!;
    if (isOut[b] === 0 || !mayMove(search, r)) continue;
    const place = end[b]!;
    end[b] = place + 1;
    const at = row[r]! << 3;
    const into = place * 3;
    replica[place] = r;
    loads[into] = rows[at]!;
    loads[into + 1] = rows[at | 1]!;
    loads[into + 2] = rows[at | 4]!;
  }
}
