/**
 * Lets replicas that stand on the old place of another one of their partition change places with it: on the real
 * brokers nothing moves there, and the plan should not count as if it did.
 *
 * ```
 * home    r: 1, q: 2        plan    r: 2, q: 3        is the same as    r: 3, q: 2
 * ```
 *
 * @module
 */
import { promote, relocate, type Search } from "./state.ts";

/** Partitions looked at between two yields. */
const CHUNK = 50_000;

/** One pass. O(R x RF) where replicas moved. */
export function* relabel(search: Search): Generator<void, void> {
  const { model } = search;
  const { replicaStart, broker, home } = model;
  for (let p = 0; p < model.partitionCount; p++) {
    if (p % CHUNK === CHUNK - 1) yield;
    const end = replicaStart[p + 1]!;
    for (let q = replicaStart[p]!; q < end; q++) {
      if (broker[q] === home[q]) continue;
      for (let r = replicaStart[p]!; r < end; r++) {
        if (r !== q && broker[r] === home[q]) changePlaces(search, q, r);
      }
    }
  }
}

/** `q` goes home, where `r` is; `r` takes the place of `q`. Leadership stays where it is. */
function changePlaces(search: Search, q: number, r: number): void {
  const { model } = search;
  const p = model.partition[q]!;
  const leader = model.leader[p]!;
  relocate(search, r, model.broker[q]!);
  relocate(search, q, model.home[q]!);
  if (leader === q) promote(search, p, r);
  else if (leader === r) promote(search, p, q);
}
