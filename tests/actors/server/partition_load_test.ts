/** partition_load over HTTP, compared with what a real Cruise Control answered. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { ok } from "../../../lib/failure.ts";
import { harness, partitionLoads } from "./harness.ts";
import { recorded, recordedJson } from "./recorded.ts";

const API = "/kafkacruisecontrol";

Deno.test("partition_load answers the recorded JSON and text", async () => {
  const json = await (await harness().ask(recorded(127).target)).json();
  assertEquals(json, recordedJson(127));
  assertEquals(await (await harness().ask(recorded(128).target)).text(), recorded(128).body);
  const three = harness({
    handlers: {
      get_partition_load: ({ wish }) =>
        ok({
          partitions: partitionLoads().slice(0, wish.entries),
          longestTopic: 42,
          estimatedBrokers: [],
        }),
    },
  });
  assertEquals(await (await three.ask(recorded(130).target)).text(), recorded(130).body);
});

Deno.test("partition_load without partitions answers the recorded JSON", async () => {
  const h = harness({
    handlers: {
      get_partition_load: () => ok({ partitions: [], longestTopic: 42, estimatedBrokers: [] }),
    },
  });
  assertEquals(await (await h.ask(recorded(144).target)).json(), recordedJson(144));
  assertEquals(h.asked[0]!.request, {
    kind: "get_partition_load",
    wish: {
      sortBy: "disk",
      entries: 2 ** 31 - 1,
      choice: "expected",
      partitions: { from: 5, to: 1 },
    },
  });
});

Deno.test("partition_load refuses an unknown resource in the recorded words", async () => {
  for (const number of [133, 141]) {
    const response = await harness().ask(recorded(number).target);
    assertEquals(response.status, 400);
    const { errorMessage } = await response.json();
    assertEquals(errorMessage, recordedJson<{ errorMessage: string }>(number).errorMessage);
  }
});

Deno.test("partition_load hands every parameter on", async () => {
  const h = harness();
  const query = "resource=networkInbound&start=1&end=2&entries=3&topic=a.*&partition=0-4&" +
    "min_valid_partition_ratio=0.5&max_load=true&brokerid=1,2";
  assertEquals((await h.ask(`${API}/partition_load?${query}`)).status, 200);
  assertEquals(h.asked[0]!.request, {
    kind: "get_partition_load",
    wish: {
      sortBy: "nwIn",
      entries: 3,
      choice: "max",
      fromMs: 1,
      toMs: 2,
      topics: "a.*",
      partitions: { from: 0, to: 4 },
      minValidRatio: 0.5,
      brokerIds: [1, 2],
    },
  });
});

Deno.test("partition_load refuses values that make no sense and asks nobody", async () => {
  const queries = [
    "max_load=true&avg_load=true",
    "start=2&end=1",
    "entries=0",
    "partition=a",
    "partition=1-",
    "min_valid_partition_ratio=1.5",
    "min_valid_partition_ratio=",
    "brokerid=x",
    "topic=%5B%5B",
    "granularity=broker",
  ];
  for (const query of queries) {
    const h = harness();
    assertEquals((await h.ask(`${API}/partition_load?${query}`)).status, 400, query);
    assertEquals(h.asked.length, 0);
  }
});

Deno.test("partition_load keeps guessed capacities out when asked to, and says unknown in text", async () => {
  const unknown = partitionLoads().slice(0, 1).map((load) => ({ ...load, cpu: NaN }));
  const h = harness({
    handlers: {
      get_partition_load: () =>
        ok({ partitions: unknown, longestTopic: 42, estimatedBrokers: [4] }),
    },
  });
  const refused = await h.ask(`${API}/partition_load?allow_capacity_estimation=false`);
  assertEquals(refused.status, 500);
  assertStringIncludes(await refused.text(), "brokers [4]");
  assertStringIncludes(await (await h.ask(`${API}/partition_load`)).text(), " unknown ");
  const json = await (await h.ask(`${API}/partition_load?json=true`)).json();
  assertEquals(json.records[0].cpu, 0);
});
