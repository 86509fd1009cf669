import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { BULK_READ, meansBetween, readAnswer } from "../../../cluster/jolokia/beans.ts";
import { BROKER_METRICS } from "../../../model/readings.ts";
import { answerOf, type Attributes, entriesOf, numbersOf, recorded } from "./recorded.ts";

function valueOf<T>(
  result: { ok: true; value: T } | { ok: false; failure: { message: string } },
): T {
  assert(result.ok, result.ok ? "" : result.failure.message);
  return result.value;
}

Deno.test("readAnswer() gives every metric of brokers under load as their agents told them", async () => {
  for (const id of [1, 2, 3]) {
    const beans = await recorded(id);
    const got = numbersOf(valueOf(readAnswer(answerOf(beans))).row);
    const meter = (name: string) =>
      beans.get(`kafka.server:type=BrokerTopicMetrics,name=${name}`)!["OneMinuteRate"] as number;
    const system = beans.get("java.lang:type=OperatingSystem")!;
    const heap = beans.get("java.lang:type=Memory")!["HeapMemoryUsage"] as {
      used: number;
      max: number;
    };
    // These were the first looks at the JVMs; one of the three recordings has a CPU load of exactly 0.
    const load = system["ProcessCpuLoad"] as number;
    assertEquals(got.cpuUsage, load === 0 ? NaN : load);
    assertEquals(got.cores, 2);
    assertAlmostEquals(got.heapUsedFraction, heap.used / heap.max, 1e-12);
    assertAlmostEquals(got.bytesInRate, meter("BytesInPerSec") / 1024, 1e-9);
    assertAlmostEquals(got.bytesOutRate, meter("BytesOutPerSec") / 1024, 1e-9);
    assertAlmostEquals(got.replicationBytesInRate, meter("ReplicationBytesInPerSec") / 1024, 1e-9);
    assertAlmostEquals(
      got.replicationBytesOutRate,
      meter("ReplicationBytesOutPerSec") / 1024,
      1e-9,
    );
    assertEquals(got.messagesInRate, meter("MessagesInPerSec"));
    // From the recordings, by eye.
    assertAlmostEquals(got.produceTotalTimeMs, [18.3430, 18.0023, 15.4581][id - 1]!, 1e-4);
    assertAlmostEquals(got.fetchConsumerTotalTimeMs, [112.9548, 113.1520, 113.0661][id - 1]!, 1e-4);
    assertEquals(got.requestQueueSize, 0);
    assertAlmostEquals(got.requestHandlerIdleFraction, [0.9909, 0.9905, 0.9878][id - 1]!, 1e-4);
    for (const name of BROKER_METRICS) {
      if (name !== "cpuUsage") assert(!Number.isNaN(got[name]), name);
    }
  }
});

Deno.test("BULK_READ names each bean in full, so that topics and partitions do not make the answer longer", () => {
  const reads = JSON.parse(BULK_READ) as { type: string; mbean: string; attribute: string[] }[];
  for (const { type, mbean, attribute } of reads) {
    assertEquals(type, "read");
    assert(!mbean.includes("*") && attribute.length > 0);
  }
});

Deno.test("readAnswer() takes the recorded entry of a missing bean (404 within HTTP 200) as unknown, for each bean", async () => {
  const beans = await recorded(1);
  const all = numbersOf(valueOf(readAnswer(answerOf(beans))).row);
  const owners: Record<string, string[]> = {
    OperatingSystem: ["cpuUsage", "cores"],
    "type=Memory": ["heapUsedFraction"],
    "name=BytesInPerSec": ["bytesInRate"],
    "name=BytesOutPerSec": ["bytesOutRate"],
    ReplicationBytesInPerSec: ["replicationBytesInRate"],
    ReplicationBytesOutPerSec: ["replicationBytesOutRate"],
    MessagesInPerSec: ["messagesInRate"],
    RequestQueueSize: ["requestQueueSize"],
    RequestHandlerAvgIdlePercent: ["requestHandlerIdleFraction"],
    "request=Produce": ["produceTotalTimeMs"],
    "request=FetchConsumer": ["fetchConsumerTotalTimeMs"],
  };
  for (const [part, metrics] of Object.entries(owners)) {
    const without = new Map([...beans].filter(([name]) => !name.includes(part)));
    const got = numbersOf(valueOf(readAnswer(answerOf(without))).row);
    for (const name of BROKER_METRICS) {
      assertEquals(got[name], metrics.includes(name) ? NaN : all[name], `${name} without ${part}`);
    }
  }
});

Deno.test("readAnswer() takes CPU of 0 or -1, heap without a limit and a mean of no requests as unknown, never as idle", async () => {
  const changed = async (part: string, change: Attributes) => {
    const beans = new Map(
      [...await recorded(1)].map(([name, value]) => [
        name,
        name.includes(part) ? { ...value, ...change } : value,
      ]),
    );
    return numbersOf(valueOf(readAnswer(answerOf(beans))).row);
  };
  for (const load of [0, -1, "NaN", null]) {
    const got = await changed("OperatingSystem", { ProcessCpuLoad: load });
    assertEquals([got.cpuUsage, got.cores], [NaN, 2]);
  }
  const heap = await changed("type=Memory", { HeapMemoryUsage: { used: 10, max: -1 } });
  assertEquals(heap.heapUsedFraction, NaN);
  const idle = await changed("request=FetchConsumer", { Count: 0, Mean: 0 });
  assertEquals(idle.fetchConsumerTotalTimeMs, NaN);
  const quiet = await changed("name=BytesInPerSec", { OneMinuteRate: 0 });
  assertEquals(quiet.bytesInRate, 0); // A meter that exists does know that nothing came in.
});

Deno.test("readAnswer() refuses what is no answer of an agent", () => {
  const count = (JSON.parse(BULK_READ) as unknown[]).length;
  const denied = JSON.stringify(
    Array.from({ length: count }, () => ({ status: 403, error: "No access to this bean" })),
  );
  for (const text of ["", "<html>", "{}", "[]", "[{}]", "null", JSON.stringify(new Array(count))]) {
    const got = readAnswer(text);
    assertEquals(got.ok ? "read" : got.failure.code, "protocol_error", text);
  }
  const got = readAnswer(denied);
  assert(!got.ok);
  assertStringIncludes(got.failure.message, "No access to this bean");
});

Deno.test("meansBetween() gives the mean of the requests between two answers", async () => {
  const produced = async (Count: number, Mean: number) => {
    const beans = new Map(
      [...await recorded(1)].map(([name, value]) => [
        name,
        name.includes("request=Produce") ? { Count, Mean } : value,
      ]),
    );
    return valueOf(readAnswer(answerOf(beans)));
  };
  const first = await produced(100, 10);
  const time = (row: Float64Array) => numbersOf(row).produceTotalTimeMs;
  assertEquals(time(meansBetween(undefined, first)), 10);
  // 100 requests of 10 ms, then 50 of 40 ms: the bean's own mean is 20.
  assertAlmostEquals(time(meansBetween(first, await produced(150, 20))), 40, 1e-9);
  assertEquals(time(meansBetween(first, await produced(100, 10))), NaN);
  // The broker was restarted.
  assertEquals(time(meansBetween(first, await produced(3, 7))), 7);
  const others = numbersOf(meansBetween(first, await produced(150, 20)));
  assertEquals(others.messagesInRate, numbersOf(first.row).messagesInRate);
  assertEquals(entriesOf(await recorded(1)).length, (JSON.parse(BULK_READ) as unknown[]).length);
});
