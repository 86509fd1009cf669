/**
 * Which entity of the ring is which partition: first the partitions of the newest topology, row by row, then those of
 * topics that are not in it any more but may come back, because one reading of the metadata can be incomplete. Pure.
 *
 * @module
 */
import { partitionCount, type Topology } from "../../model/topology.ts";
import type { EntityLayout, LayoutTopic } from "../../store/samples.ts";
import type { EntityRun } from "./window_ring.ts";

/** How long a topic's history outlives its last sight. Cruise Control: 8 metadata refreshes of 37.5 s. */
export const PARKED_MS = 300_000;

/** A layout with what is needed to change it. */
export interface EntityMap {
  readonly layout: EntityLayout;
  /** By name: when the topics that are in the layout but not in the topology were missed first, epoch ms. */
  readonly parkedSinceMs: ReadonlyMap<string, number>;
}

/** No topics. */
export const EMPTY_MAP: EntityMap = {
  layout: { topics: [], entityCount: 0 },
  parkedSinceMs: new Map(),
};

/** A stored layout whose topics all wait to be seen: they are parked since now. */
export function parkedMap(layout: EntityLayout, nowMs: number): EntityMap {
  return { layout, parkedSinceMs: new Map(layout.topics.map((topic) => [topic.name, nowMs])) };
}

/**
 * The map for a new topology. Topics that it lacks are parked; parked ones that it has are taken back; a topic that
 * was deleted and created again (another id) starts anew. Gives `before` itself when nothing changed. O(T).
 */
export function nextMap(before: EntityMap, topology: Topology, nowMs: number): EntityMap {
  const topics: LayoutTopic[] = topology.topicNames.map((name, t) => ({
    name,
    id: topology.topicIds[t]!,
    firstRow: topology.partitionStart[t]!,
    partitions: topology.partitionStart[t + 1]! - topology.partitionStart[t]!,
  }));
  const present = new Set(topology.topicNames);
  const parkedSinceMs = new Map<string, number>();
  let end = partitionCount(topology);
  for (const topic of before.layout.topics) {
    if (present.has(topic.name)) continue;
    const sinceMs = before.parkedSinceMs.get(topic.name) ?? nowMs;
    if (nowMs - sinceMs >= PARKED_MS) continue;
    parkedSinceMs.set(topic.name, sinceMs);
    topics.push({ ...topic, firstRow: end });
    end += topic.partitions;
  }
  const layout = sameTopics(topics, before.layout.topics)
    ? before.layout
    : { topics, entityCount: end };
  const unchanged = layout === before.layout && parkedSinceMs.size === before.parkedSinceMs.size;
  return unchanged ? before : { layout, parkedSinceMs };
}

function sameTopics(a: readonly LayoutTopic[], b: readonly LayoutTopic[]): boolean {
  return a.length === b.length && a.every((topic, i) => {
    const other = b[i]!;
    return topic.name === other.name && topic.id === other.id &&
      topic.firstRow === other.firstRow && topic.partitions === other.partitions;
  });
}

/** When the first parked topic has to go, epoch ms; undefined when none is parked. */
export function parkedUntilMs(map: EntityMap): number | undefined {
  if (map.parkedSinceMs.size === 0) return undefined;
  return Math.min(...map.parkedSinceMs.values()) + PARKED_MS;
}

/** The entities that both layouts have, as runs as long as possible. Topics are the same when name and known ids are. */
export function runsBetween(from: EntityLayout, to: EntityLayout): EntityRun[] {
  const old = new Map(from.topics.map((topic) => [topic.name, topic]));
  const runs: { from: number; to: number; length: number }[] = [];
  for (const topic of to.topics) {
    const before = old.get(topic.name);
    if (before === undefined || isOther(before.id, topic.id)) continue;
    const length = Math.min(before.partitions, topic.partitions);
    const last = runs.at(-1);
    const continues = last !== undefined && last.from + last.length === before.firstRow &&
      last.to + last.length === topic.firstRow;
    if (continues) last.length += length;
    else runs.push({ from: before.firstRow, to: topic.firstRow, length });
  }
  return runs;
}

function isOther(oldId: string, newId: string): boolean {
  return oldId !== "" && newId !== "" && oldId !== newId;
}
