import { assert, assertEquals } from "@std/assert";
import {
  pastMetrics,
  simClusterOf,
  simPaceOf,
  simProblems,
  specOf,
} from "../../../cluster/sim/mod.ts";
import { defaultConfig } from "../../../config/parse.ts";
import type { Config } from "../../../config/table.ts";
import { cpuOf } from "../../../cluster/sim/loads.ts";
import { START_MS } from "./fixture.ts";

function config(changes: Partial<Config>): Config {
  return { ...defaultConfig(), ...changes };
}

Deno.test("specOf() draws the default: 12 brokers in 3 racks, the last one empty, 600 partitions", () => {
  const spec = specOf(config({}));
  assertEquals(spec.brokers.length, 12);
  assertEquals(new Set(spec.brokers.map((broker) => broker.rack)).size, 3);
  const own = spec.topics.filter((topic) => !topic.name.startsWith("__"));
  assertEquals(own.length, 60);
  assertEquals(own.reduce((sum, topic) => sum + topic.assignment.length, 0), 600);
  const lists = spec.topics.flatMap((topic) => topic.assignment);
  assertEquals(lists.some((list) => list.includes(11)), false);
  assertEquals([...new Set(lists.map((list) => list.length))].sort(), [2, 3]);
  const blind = lists.filter((list) => new Set(list.map((id) => id % 3)).size < list.length);
  assertEquals(blind.length > 0 && blind.length < lists.length / 10, true);
});

Deno.test("simClusterOf() schedules the faults that are asked for and stays sound for ten days", () => {
  const cluster = simClusterOf(
    config({ "evenkeel.sim.faults.per.day": 10, "evenkeel.seed": 4, "evenkeel.sim.topics": 5 }),
    START_MS,
  );
  assertEquals(cluster.state.events.length, 300);
  cluster.advanceTo(START_MS + 10 * 86_400_000);
  assertEquals(simProblems(cluster.state), []);
});

Deno.test("simPaceOf() gives speed and latency", () => {
  assertEquals(simPaceOf(config({ "evenkeel.sim.speed": 60 })), { speed: 60, latencyMs: 2 });
});

Deno.test("simClusterOf() makes a broker hot when that is asked for, at its time", () => {
  const cluster = simClusterOf(
    config({ "evenkeel.sim.hot.broker": 5, "evenkeel.sim.hot.broker.after.minutes": 20 }),
    START_MS,
  );
  const cpuAfter = (minutes: number) => {
    cluster.advanceTo(START_MS + minutes * 60_000);
    return cpuOf(cluster.state, 5);
  };
  const before = cpuAfter(19);
  assert(before < 0.4, `${before}`);
  assert(cpuAfter(81) > 0.5, `${cpuAfter(81)} after the ramp of an hour`);
});

Deno.test("pastMetrics() gives a reading a minute of all brokers, the same for the same seed", () => {
  const past = (seed: number) => {
    const spec = specOf(config({ "evenkeel.seed": seed }));
    return [...pastMetrics(spec, { seed, startMs: START_MS - 600_000, endMs: START_MS })];
  };
  const readings = past(1);
  assertEquals(
    readings.map(({ atMs }) => (atMs - START_MS) / 60_000),
    [-9, -8, -7, -6, -5, -4, -3, -2, -1],
  );
  assert(readings.every(({ brokerIds }) => brokerIds.length === 12));
  assertEquals(past(1), readings);
});
