import { assert, assertEquals } from "@std/assert";
import type { Look } from "../../../actors/sampler/look.ts";
import { afterLook, isStateNews, NOT_STARTED } from "../../../actors/sampler/state.ts";
import { fail } from "../../../lib/failure.ts";
import { BROKER_METRICS, type BrokerMetricsReading } from "../../../model/readings.ts";
import { buildTopology } from "../../../model/topology.ts";

const { topology } = buildTopology(
  { generation: 1, observedAtMs: 0, clusterId: "c", controllerId: 1, brokers: [] },
  [],
);

function lookWith(brokerMetrics: BrokerMetricsReading | undefined): Look {
  return {
    topology,
    offsets: {
      atMs: new Float64Array(0),
      endOffset: new Float64Array(0),
      startOffset: new Float64Array(0),
      failures: [],
    },
    logDirs: undefined,
    groups: undefined,
    brokerMetrics,
    silentBrokers: [],
    failures: [],
  };
}

function readingOf(ids: number[], silent: number[]): BrokerMetricsReading {
  const values = new Float64Array(ids.length * BROKER_METRICS.length).fill(NaN);
  ids.forEach((_, i) => values[i * BROKER_METRICS.length] = 0.25);
  return {
    atMs: 1234.5,
    brokerIds: Int32Array.from(ids),
    values,
    source: "Jolokia",
    failures: silent.map((brokerId) => ({
      brokerId,
      failure: fail("deadline_exceeded", `no answer of ${brokerId}`).failure,
    })),
  };
}

Deno.test("afterLook() says whose metrics are known, whose are not and why, with null for what is unknown", () => {
  const { sources, brokerMetrics } = afterLook(lookWith(readingOf([1, 3], [2])));
  assertEquals(sources, ["offsets and log dirs", "broker metrics by Jolokia of 2 of 3 brokers"]);
  assertEquals(brokerMetrics!.atMs, 1235);
  assertEquals(brokerMetrics!.unknownBrokers, [{ brokerId: 2, reason: "no answer of 2" }]);
  assertEquals(brokerMetrics!.brokers.map((one) => one.brokerId), [1, 3]);
  assertEquals(brokerMetrics!.brokers[0]!.metrics.cpuUsage, 0.25);
  assertEquals(brokerMetrics!.brokers[0]!.metrics.heapUsedFraction, null);
});

Deno.test("afterLook() leaves the latest broker metrics in the state when none are read, so that their age shows", () => {
  const before = { ...NOT_STARTED, ...afterLook(lookWith(readingOf([1], []))) };
  const after = { ...before, ...afterLook(lookWith(undefined)) };
  assertEquals(after.sources, ["offsets and log dirs"]);
  assertEquals(after.brokerMetrics, before.brokerMetrics);
});

Deno.test("isStateNews() tells others when a broker's metrics are lost or come back, not with every reading", () => {
  const state = (ids: number[], silent: number[]) => ({
    ...NOT_STARTED,
    ...afterLook(lookWith(readingOf(ids, silent))),
  });
  assert(isStateNews(state([1, 2], []), state([1], [2])));
  assert(isStateNews(state([1], [2]), state([1, 2], [])));
  assert(!isStateNews(state([1], [2]), state([1], [2])));
});
