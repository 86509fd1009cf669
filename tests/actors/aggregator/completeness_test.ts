/**
 * Acceptance vectors obtained by running Cruise Control's own aggregator: W = 1000 ms, N = 5, M = 4, metrics A (mean)
 * and L (last value), entities p and q in group t1, r in group t2.
 */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  activeRatio,
  completeness,
  type CompletenessOptions,
  extrapolationOf,
  writeValues,
} from "../../../actors/aggregator/completeness.ts";
import {
  addSamples,
  createRing,
  remapEntities,
  stableWindows,
  windowIndex,
  type WindowRing,
} from "../../../actors/aggregator/window_ring.ts";

const [P, Q, R] = [0, 1, 2];
const GROUPS = { entityCount: 3, groupStart: Int32Array.of(0, 2, 3) };

function add(ring: WindowRing, window: number, entity: number, values: number[]): number {
  return addSamples(ring, window, { rows: Int32Array.of(entity), metrics: values });
}

function vectorRing(): WindowRing {
  const shape = { metricCount: 2, windowCount: 5, minSamples: 4, latest: [false, true] };
  const ring = createRing(shape, 3);
  const counts = [[4, 1, 4, 2, 0, 4, 4], [4, 4, 4, 4, 4, 4, 4], [4, 0, 4, 1, 1, 0, 1]];
  for (let window = 1001; window <= 1007; window++) {
    for (const entity of [P, Q, R]) {
      for (let k = 0; k < counts[entity!]![window - 1001]!; k++) {
        const value = 100 * (window - 1000) + k;
        add(ring, window, entity!, [value, value]);
      }
    }
  }
  return ring;
}

function ask(ring: WindowRing, options: Partial<CompletenessOptions>) {
  return completeness(ring, GROUPS, {
    minValidEntityRatio: 0,
    minValidGroupRatio: 0,
    maxExtrapolations: 5,
    granularity: "entity",
    ...options,
  });
}

Deno.test("windowIndex() labels a window by its exclusive end", () => {
  assertEquals(windowIndex(0, 1000), 1);
  assertEquals(windowIndex(999, 1000), 1);
  assertEquals(windowIndex(1000, 1000), 2);
});

Deno.test("addSamples() rolls windows and counts generations as the reference does", () => {
  const ring = vectorRing();
  assertEquals(ring.current, 1007);
  assertEquals(stableWindows(ring), [1006, 1005, 1004, 1003, 1002]);
  assertEquals(ring.generation, 7);
  assertEquals(add(ring, 1001, P!, [1, 1]), 0, "older than the oldest window");
  assertEquals(add(ring, 1007, P!, [1, 1]), 1);
  assertEquals(ring.generation, 7, "the active window does not count");
  assertEquals(add(ring, 1006, R!, [600, 600]), 1);
  assertEquals(ring.generation, 8);
});

Deno.test("completeness() finds the reference's windows and entities", () => {
  const ring = vectorRing();
  const cases = [
    {
      options: {},
      windows: [1006, 1004, 1003, 1002],
      valid: [1, 1, 0],
      ratio: 2 / 3,
      group: 1 / 2,
    },
    {
      options: { maxExtrapolations: 1 },
      windows: [1006, 1004, 1003],
      valid: [1, 1, 0],
      ratio: 2 / 3,
      group: 1 / 2,
    },
    {
      options: { minValidEntityRatio: 1 },
      windows: [1004, 1003, 1002],
      valid: [1, 1, 1],
      ratio: 1,
      group: 1,
    },
  ];
  for (const { options, windows, valid, ratio, group } of cases) {
    const found = ask(ring, options);
    assertEquals(found.validWindows, windows);
    assertEquals([...found.validEntities], valid);
    assertEquals(found.validEntityRatio, ratio);
    assertEquals(found.validGroupRatio, group);
  }
  add(ring, 1006, R!, [600, 600]);
  const after = ask(ring, { minValidEntityRatio: 1 });
  assertEquals(after.validWindows, [1006, 1004, 1003, 1002]);
  assertEquals([...after.validEntities], [1, 1, 1]);
});

Deno.test("completeness() gives the reference's ratios of each window", () => {
  const found = ask(vectorRing(), {}).perWindow;
  assertEquals(found.map((w) => w.window), [1006, 1005, 1004, 1003, 1002]);
  assertEquals(found.map((w) => w.validRatio), [2 / 3, 2 / 3, 1, 1, 1]);
  assertEquals(found.map((w) => w.groupGranularityRatio), [2 / 3, 1 / 3, 1, 1, 1]);
  assertEquals(found.map((w) => w.extrapolatedRatio), [0, 1 / 3, 2 / 3, 0, 2 / 3]);
});

Deno.test("completeness() drops entities of broken groups at group granularity", () => {
  const found = ask(vectorRing(), { granularity: "entity_group", minValidEntityRatio: 0.5 });
  // 1005: p is missing, so q, of its group, does not count either.
  assertEquals(found.perWindow[1]!.validRatio, 1 / 3);
  assertEquals(found.validWindows, [1006, 1004, 1003, 1002]);
});

Deno.test("completeness() looks only at the windows asked for and needs one to call anything valid", () => {
  const ring = vectorRing();
  assertEquals(ask(ring, { fromWindow: 1003, toWindow: 1004 }).validWindows, [1004, 1003]);
  const none = ask(ring, { fromWindow: 1005, toWindow: 1005, minValidEntityRatio: 1 });
  assertEquals(none.validWindows, []);
  assertEquals([...none.validEntities], [0, 0, 0]);
  assertEquals(none.validEntityRatio, 0);
});

Deno.test("writeValues() gives the reference's values and extrapolations", () => {
  const ring = vectorRing();
  const windows = [1006, 1004, 1003, 1002];
  const out = new Float32Array(windows.length * 3 * 2);
  windows.forEach((window, i) =>
    writeValues(ring, window, { out, offset: i * 6, entityCount: 3, absent: 0 })
  );
  const column = (entity: number, metric: number) =>
    windows.map((_, i) => out[i * 6 + entity * 2 + metric]!);
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  assertEquals(column(P!, 0), [601.5, 400.5, 301.5, 200]);
  assertEquals(column(P!, 1), [603, 401, 303, 200]);
  assertEquals(mean(column(P!, 0)), 375.875);
  assertEquals(column(Q!, 0), [601.5, 401.5, 301.5, 201.5]);
  assertEquals(column(Q!, 1), [603, 403, 303, 203]);
  assertEquals(mean(column(Q!, 0)), 376.5);
  assertEquals(column(R!, 0), [0, 400, 301.5, 0]);
  assertEquals(column(R!, 1), [0, 400, 303, 0]);
  assertEquals(mean(column(R!, 0)), 175.375);
  const extrapolations = (entity: number) => windows.map((w) => extrapolationOf(ring, w, entity));
  assertEquals(extrapolations(P!), ["none", "avg_available", "none", "forced_insufficient"]);
  assertEquals(extrapolations(Q!), ["none", "none", "none", "none"]);
  assertEquals(extrapolations(R!), [
    "no_valid_extrapolation",
    "forced_insufficient",
    "none",
    "no_valid_extrapolation",
  ]);
});

Deno.test("writeValues() borrows from both neighbours until the empty window is the oldest", () => {
  const shape = { metricCount: 1, windowCount: 4, minSamples: 2, latest: [false] };
  const ring = createRing(shape, 1);
  const empty = 12;
  const value = (window: number) => {
    const out = new Float32Array(1);
    writeValues(ring, window, { out, offset: 0, entityCount: 1, absent: 0 });
    return out[0];
  };
  for (let window = 10; window <= 14; window++) {
    for (let k = 0; window !== empty && k < 2; k++) add(ring, window, 0, [10 * window]);
  }
  // Stable are 10 .. 13: window 12 has stable neighbours on both sides.
  assertEquals(extrapolationOf(ring, empty, 0), "avg_adjacent");
  assertEquals(value(empty), 10 * empty);
  for (let window = 15; window <= 16; window++) {
    for (let k = 0; k < 2; k++) add(ring, window, 0, [10 * window]);
  }
  assertEquals(stableWindows(ring).at(-1), empty);
  assertEquals(extrapolationOf(ring, empty, 0), "no_valid_extrapolation");
  assertEquals(value(empty), 0);
});

Deno.test("writeValues() reads a metric that no sample knew as NaN and averages over the samples that knew it", () => {
  const shape = { metricCount: 2, windowCount: 2, minSamples: 1, latest: [false, true] };
  const ring = createRing(shape, 2);
  add(ring, 5, 0, [NaN, 7]);
  add(ring, 5, 0, [10, NaN]);
  add(ring, 5, 0, [20, Infinity]);
  add(ring, 5, 1, [NaN, NaN]);
  add(ring, 6, 0, [1, 1]);
  const out = new Float32Array(4);
  writeValues(ring, 5, { out, offset: 0, entityCount: 2, absent: 0 });
  assertEquals([...out], [15, 7, NaN, NaN]);
});

Deno.test("completeness() compares ratios in double precision: 19 of 20 meets 0.95", () => {
  const shape = { metricCount: 1, windowCount: 2, minSamples: 1, latest: [false] };
  const ring = createRing(shape, 20);
  for (let e = 0; e < 19; e++) add(ring, 5, e, [1]);
  add(ring, 6, 0, [1]);
  const groups = { entityCount: 20, groupStart: Int32Array.from({ length: 21 }, (_, i) => i) };
  const found = completeness(ring, groups, {
    minValidEntityRatio: 0.95,
    minValidGroupRatio: 0,
    maxExtrapolations: 5,
    granularity: "entity",
  });
  assertEquals(found.validWindows, [5]);
  assertAlmostEquals(activeRatio(ring, 20), 1 / 20);
});

Deno.test("remapEntities() moves the history of entities and starts new ones empty", () => {
  const ring = vectorRing();
  const generation = ring.generation;
  // q leaves; a new entity enters in front.
  remapEntities(ring, 3, [{ from: 0, to: 1, length: 1 }, { from: 2, to: 2, length: 1 }]);
  assertEquals(ring.generation, generation + 1);
  const out = new Float32Array(6);
  writeValues(ring, 1003, { out, offset: 0, entityCount: 3, absent: NaN });
  assertEquals([...out], [NaN, NaN, 301.5, 303, 301.5, 303]);
  assertEquals([...ring.dirty].includes(1007), true);
});

Deno.test("addSamples() of a late sample makes an empty neighbour usable", () => {
  const shape = { metricCount: 1, windowCount: 4, minSamples: 1, latest: [false] };
  const ring = createRing(shape, 1);
  for (const window of [10, 11, 14]) add(ring, window, 0, [window]);
  assertEquals(completenessOf(ring), [11, 10]);
  add(ring, 13, 0, [13]);
  assertEquals(completenessOf(ring), [13, 12, 11, 10]);
});

function completenessOf(ring: WindowRing): readonly number[] {
  return completeness(ring, { entityCount: 1, groupStart: Int32Array.of(0, 1) }, {
    minValidEntityRatio: 1,
    minValidGroupRatio: 0,
    maxExtrapolations: 5,
    granularity: "entity",
  }).validWindows;
}
