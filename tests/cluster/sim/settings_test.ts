import { assertEquals } from "@std/assert";
import { simClusterOf, simPaceOf, simProblems, specOf } from "../../../cluster/sim/mod.ts";
import { defaultConfig } from "../../../config/parse.ts";
import type { Config } from "../../../config/table.ts";
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
