/**
 * Rules for calls that go to several brokers at once.
 *
 * @module
 */
import type { Failure, Result } from "../../lib/failure.ts";

/** The failure of a round in which no broker answered, the one most worth reading; undefined when at least one did. */
export function allFailed(
  results: readonly Result<unknown>[],
): { readonly ok: false; readonly failure: Failure } | undefined {
  let worst: Failure | undefined;
  for (const result of results) {
    if (result.ok) return undefined;
    // What somebody has to change comes before what may pass by itself.
    if (worst === undefined || (worst.retriable && !result.failure.retriable)) {
      worst = result.failure;
    }
  }
  return worst === undefined ? undefined : { ok: false, failure: worst };
}

/** Items by the broker that they are for, in the order of first appearance. */
export function groupBy<K, T>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** Partition numbers by topic, as most requests list them. */
export function byTopic(
  items: readonly { readonly topic: string; readonly partition: number }[],
): { name: string; partitions: number[] }[] {
  return [...groupBy(items, (item) => item.topic)].map(([name, group]) => ({
    name,
    partitions: group.map((item) => item.partition),
  }));
}
