/**
 * Which windows and entities are known well enough, and what their values are. Pure.
 * Rules: Cruise Control's MetricSampleCompleteness and RawMetricValues, with ratios compared in double precision
 * (19 of 20 meets 0.95) and unknown metrics read as NaN.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import {
  EXTRAPOLATED,
  hasGoodNeighbours,
  hasNeighbours,
  oldestWindow,
  slotOf,
  stableWindows,
  VALID,
  type WindowRing,
} from "./window_ring.ts";

/** What is asked of the load. */
export interface CompletenessOptions {
  /** 0..1, r: share of the entities that must be valid in every window used. */
  readonly minValidEntityRatio: number;
  /** 0..1, g: the same of groups. */
  readonly minValidGroupRatio: number;
  /** Extrapolated windows that an entity may have among those used, E. */
  readonly maxExtrapolations: number;
  /** `entity_group`: an entity counts only where its whole group qualifies. */
  readonly granularity: "entity" | "entity_group";
  /** First and last window, inclusive; the stable ones when absent. */
  readonly fromWindow?: number;
  readonly toWindow?: number;
}

/** The entities in question: rows 0 .. entityCount - 1, in groups (topics) of neighbouring rows. */
export interface EntityGroups {
  readonly entityCount: number;
  /** Length G + 1: first row of each group, as in `Topology.partitionStart`. */
  readonly groupStart: Int32Array;
}

/** What one stable window holds; ratios 0..1 of all entities or groups in question, NaN when there are none. */
export interface WindowCompleteness {
  readonly window: number;
  readonly validRatio: number;
  /** Counts an entity only where its whole group qualifies. */
  readonly groupGranularityRatio: number;
  readonly groupRatio: number;
  readonly extrapolatedRatio: number;
}

/** The answer. */
export interface Completeness {
  /** Windows that meet the ratios, newest first. */
  readonly validWindows: readonly number[];
  /** Length entityCount: 1 = valid in all of `validWindows`. All 0 when there is no such window. */
  readonly validEntities: Uint8Array;
  readonly validEntityCount: number;
  readonly validGroupCount: number;
  /** 0..1; NaN when nothing was asked about. */
  readonly validEntityRatio: number;
  readonly validGroupRatio: number;
  /** Length entityCount: extrapolated windows among `validWindows`. */
  readonly extrapolations: Uint16Array;
  /** Every stable window in range, newest first. */
  readonly perWindow: readonly WindowCompleteness[];
}

/** Looks at the stable windows in range, newest to oldest. O(windows x entities). */
export function completeness(
  ring: WindowRing,
  groups: EntityGroups,
  options: CompletenessOptions,
): Completeness {
  const { entityCount } = groups;
  const groupCount = groups.groupStart.length - 1;
  assert(groups.groupStart[groupCount] === entityCount, "Groups must cover all entities");
  const validEntities = new Uint8Array(entityCount).fill(1);
  const validGroups = new Uint8Array(groupCount).fill(1);
  const extrapolations = new Uint16Array(entityCount);
  const validWindows: number[] = [];
  const perWindow: WindowCompleteness[] = [];
  for (const window of stableWindows(ring)) {
    if (window > (options.toWindow ?? window) || window < (options.fromWindow ?? window)) continue;
    const found = qualify(ring, window, groups, { ...options, extrapolations });
    perWindow.push(ratiosOf(window, found, groups));
    const entities = countBoth(validEntities, found.entities);
    const both = countBoth(validGroups, found.groups);
    const enough = entities > 0 && entities / entityCount >= options.minValidEntityRatio &&
      both > 0 && both / groupCount >= options.minValidGroupRatio;
    if (!enough) continue;
    validWindows.push(window);
    keepBoth(validEntities, found.entities);
    keepBoth(validGroups, found.groups);
    const { bits } = slotOf(ring, window);
    for (let e = 0; e < entityCount; e++) {
      if (found.entities[e] === 1 && (bits[e]! & EXTRAPOLATED) !== 0) extrapolations[e]!++;
    }
  }
  if (validWindows.length === 0) {
    validEntities.fill(0);
    validGroups.fill(0);
  }
  const validEntityCount = countBoth(validEntities, validEntities);
  const validGroupCount = countBoth(validGroups, validGroups);
  return {
    validWindows,
    validEntities,
    validEntityCount,
    validGroupCount,
    validEntityRatio: validEntityCount / entityCount,
    validGroupRatio: validGroupCount / groupCount,
    extrapolations,
    perWindow,
  };
}

interface Qualified {
  /** 1 = qualifies in this window. */
  readonly entities: Uint8Array;
  readonly groups: Uint8Array;
  readonly extrapolated: number;
}

function qualify(
  ring: WindowRing,
  window: number,
  { entityCount, groupStart }: EntityGroups,
  options: CompletenessOptions & { readonly extrapolations: Uint16Array },
): Qualified {
  const { bits } = slotOf(ring, window);
  const { extrapolations, maxExtrapolations } = options;
  const entities = new Uint8Array(entityCount);
  const groups = new Uint8Array(groupStart.length - 1);
  let extrapolated = 0;
  for (let g = 0; g < groups.length; g++) {
    const end = groupStart[g + 1]!;
    let whole = 1;
    for (let e = groupStart[g]!; e < end; e++) {
      const isExtrapolated = (bits[e]! & EXTRAPOLATED) !== 0 ? 1 : 0;
      extrapolated += isExtrapolated;
      const good = (bits[e]! & VALID) !== 0 &&
        extrapolations[e]! + isExtrapolated <= maxExtrapolations;
      if (good) entities[e] = 1;
      else whole = 0;
    }
    groups[g] = whole;
    if (whole === 0 && options.granularity === "entity_group") {
      entities.fill(0, groupStart[g]!, end);
    }
  }
  return { entities, groups, extrapolated };
}

function ratiosOf(window: number, found: Qualified, groups: EntityGroups): WindowCompleteness {
  const { entityCount, groupStart } = groups;
  let inWholeGroups = 0;
  for (let g = 0; g < found.groups.length; g++) {
    if (found.groups[g] === 1) inWholeGroups += groupStart[g + 1]! - groupStart[g]!;
  }
  return {
    window,
    validRatio: countBoth(found.entities, found.entities) / entityCount,
    groupGranularityRatio: inWholeGroups / entityCount,
    groupRatio: countBoth(found.groups, found.groups) / found.groups.length,
    extrapolatedRatio: found.extrapolated / entityCount,
  };
}

function countBoth(a: Uint8Array, b: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) count += a[i]! & b[i]!;
  return count;
}

function keepBoth(into: Uint8Array, other: Uint8Array): void {
  for (let i = 0; i < into.length; i++) into[i]! &= other[i]!;
}

/** How the value of a window came about; Cruise Control's names. */
export type Extrapolation =
  | "none"
  | "avg_available"
  | "avg_adjacent"
  | "forced_insufficient"
  | "no_valid_extrapolation";

/** How the entity's value in a stable window, or the active one, is found. */
export function extrapolationOf(ring: WindowRing, window: number, entity: number): Extrapolation {
  const count = slotOf(ring, window).sampleCounts[entity]!;
  const { minSamples } = ring.shape;
  if (count >= minSamples) return "none";
  if (count >= Math.max(1, minSamples >> 1)) return "avg_available";
  if (hasGoodNeighbours(ring, window, entity)) return "avg_adjacent";
  return count > 0 ? "forced_insufficient" : "no_valid_extrapolation";
}

/** Where {@link writeValues} puts what it finds. */
export interface ValueTarget {
  /** `out[offset + entity * metricCount + metric]` is written. */
  readonly out: Float32Array;
  readonly offset: number;
  readonly entityCount: number;
  /** Entities with a 0 here are left as they are; all are written when absent. */
  readonly only?: Uint8Array;
  /** What stands for "no sample at all": NaN for use in planning, 0 for parity with Cruise Control. */
  readonly absent: number;
}

/** Writes the values of every metric in one window. A metric that no sample knew is NaN. O(entities x metrics). */
export function writeValues(ring: WindowRing, window: number, target: ValueTarget): void {
  const { sampleCounts, values, knownCounts } = slotOf(ring, window);
  const { out, offset, entityCount, only, absent } = target;
  const { metricCount, minSamples, latest } = ring.shape;
  const enough = Math.max(1, minSamples >> 1);
  const stride = ring.entityCount;
  const mayBorrow = hasNeighbours(ring, window);
  for (let e = 0; e < entityCount; e++) {
    if (only !== undefined && only[e] === 0) continue;
    const count = sampleCounts[e]!;
    const at = offset + e * metricCount;
    if (count < enough && mayBorrow && hasGoodNeighbours(ring, window, e)) {
      for (let m = 0; m < metricCount; m++) out[at + m] = adjacentValue(ring, window, m, e);
    } else if (count === 0) {
      out.fill(absent, at, at + metricCount);
    } else {
      for (let m = 0, from = e; m < metricCount; m++, from += stride) {
        const known = knownCounts[from]!;
        out[at + m] = known === 0 ? NaN : latest[m] ? values[from]! : values[from]! / known;
      }
    }
  }
}

/** The window's value with the help of both neighbours: sums over counts, or the mean of the last values. */
function adjacentValue(ring: WindowRing, window: number, metric: number, entity: number): number {
  const at = metric * ring.entityCount + entity;
  let sum = 0;
  let count = 0;
  for (let w = window - 1; w <= window + 1; w++) {
    const slot = slotOf(ring, w);
    const known = slot.knownCounts[at]!;
    if (known === 0) continue;
    sum += slot.values[at]!;
    count += ring.shape.latest[metric] ? 1 : known;
  }
  return count === 0 ? NaN : sum / count;
}

/** Share of the first `entityCount` entities with at least one sample in the active window; NaN when there are none. */
export function activeRatio(ring: WindowRing, entityCount: number): number {
  if (ring.current === 0) return entityCount === 0 ? NaN : 0;
  const { sampleCounts } = slotOf(ring, ring.current);
  let seen = 0;
  for (let e = 0; e < entityCount; e++) if (sampleCounts[e]! > 0) seen++;
  return seen / entityCount;
}

/** Windows that a time range covers: `fromMs` undefined = the oldest, `toMs` undefined = the newest stable one. */
export function windowRange(
  ring: WindowRing,
  range: { fromMs: number | undefined; toMs: number | undefined; windowMs: number },
): { fromWindow: number; toWindow: number } {
  const oldest = oldestWindow(ring);
  const newest = ring.current - 1;
  const index = (ms: number) => Math.floor(ms / range.windowMs) + 1;
  return {
    fromWindow: range.fromMs === undefined ? oldest : Math.max(oldest, index(range.fromMs)),
    toWindow: range.toMs === undefined ? newest : Math.min(newest, index(range.toMs)),
  };
}
