/** The bridge to kafkajs and the link over it, against a server that misbehaves as told. */
import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { ELECT_LEADERS } from "../../../cluster/kafka/api/elect_leaders.ts";
import { LIST_GROUPS } from "../../../cluster/kafka/api/list_groups.ts";
import { openBridge } from "../../../cluster/kafka/bridge.ts";
import { Link } from "../../../cluster/kafka/link.ts";
import { settle, systemClock } from "../../../lib/clock.ts";
import { silentLog } from "../../../lib/log.ts";
import { answerFrame, type ScriptedBroker, startScriptedBroker } from "./scripted_broker.ts";

const clock = systemClock();
const CONNECT_MS = 300;
const OFFERS = { 16: [0, 5], 43: [0, 2] } as const;
const NO_GROUPS = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 0);

function linkTo(broker: ScriptedBroker): Link {
  const bridge = openBridge({
    clientId: "cc",
    security: { protocol: "PLAINTEXT", tls: undefined, sasl: undefined },
    connectTimeoutMs: CONNECT_MS,
    requestTimeoutMs: 30_000,
    log: silentLog,
  });
  return new Link({ host: "127.0.0.1", port: broker.port }, {
    bridge,
    clock,
    connectTimeoutMs: CONNECT_MS,
    securityProtocol: "PLAINTEXT",
  });
}

const soon = (ms = 2000) => clock.nowMs() + ms;

Deno.test("openBridge() finds the members of kafkajs that it rests on", () => {
  const bridge = openBridge({
    clientId: "cc",
    security: { protocol: "PLAINTEXT", tls: undefined, sasl: undefined },
    connectTimeoutMs: CONNECT_MS,
    requestTimeoutMs: 1000,
    log: silentLog,
  });
  assertEquals(typeof bridge.dial, "function");
});

Deno.test("Link.call() sends the frame byte by byte as Kafka defines it", async () => {
  const body = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 0);
  await using broker = startScriptedBroker(
    OFFERS,
    (request) => answerFrame(request.correlationId, body),
  );
  const link = linkTo(broker);
  const topics = [{ name: "t1", partitions: [0, 1] }];
  const { result } = await link.call(ELECT_LEADERS, { timeoutMs: 30_000, topics }, soon());
  assert(result.ok, JSON.stringify(result));
  const frame = broker.requests[0]!.frame.slice();
  frame.set([0, 0, 0, 7], 8); // The correlation id is kafkajs's to choose.
  const hex = [...frame].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  assertEquals(
    hex,
    "00000021002b00020000000700026363000002037431030000000000000001000000753000",
  );
  link.close("the test is over");
});

Deno.test("Link.call() gives up a silent broker at the deadline and connects anew for the next call", async () => {
  await using broker = startScriptedBroker(OFFERS, () => undefined);
  const link = linkTo(broker);
  const startMs = clock.monotonicMs();
  const { result, sent } = await link.call(LIST_GROUPS, null, soon(200));
  assertLess(clock.monotonicMs() - startMs, 2000);
  assertEquals([result.ok ? "ok" : result.failure.code, sent], ["deadline_exceeded", true]);
  assert(link.isSuspect(10_000));
  broker.script = (request) => answerFrame(request.correlationId, NO_GROUPS);
  assert((await link.call(LIST_GROUPS, null, soon())).result.ok);
  assertEquals(broker.connections, 2);
  assert(!link.isSuspect(10_000));
  link.close("the test is over");
});

Deno.test("Link.call() fails when the broker hangs up, and the request counts as sent", async () => {
  await using broker = startScriptedBroker(OFFERS, () => "close");
  const link = linkTo(broker);
  const { result, sent } = await link.call(LIST_GROUPS, null, soon());
  assert(!result.ok);
  assertEquals([result.failure.code, result.failure.retriable, sent], [
    "cluster_unreachable",
    true,
    true,
  ]);
  link.close("the test is over");
});

Deno.test("Link.call() never sends a version that the broker does not offer", async () => {
  await using broker = startScriptedBroker({ 16: [0, 2] }, () => "close");
  const link = linkTo(broker);
  for (const api of [LIST_GROUPS, { ...LIST_GROUPS, key: 99 }]) {
    const { result, sent } = await link.call(api, null, soon());
    assert(!result.ok);
    assertEquals([result.failure.code, sent], ["unsupported_version", false]);
    assertStringIncludes(result.failure.message, "Kafka 3.3");
  }
  assertEquals(broker.requests.length, 0);
  link.close("the test is over");
});

Deno.test("Link.call() survives answers whose length makes no sense", async () => {
  const lengths = [-1, -2147483648, 2147483647, 0, 1, 3];
  await using broker = startScriptedBroker(OFFERS, () => undefined);
  const link = linkTo(broker);
  for (const length of lengths) {
    broker.script = () => {
      const bytes = new Uint8Array(16);
      new DataView(bytes.buffer).setInt32(0, length);
      return bytes;
    };
    const { result } = await link.call(LIST_GROUPS, null, soon(300));
    assert(!result.ok, `Length ${length} must not give an answer`);
    assert(
      ["cluster_unreachable", "deadline_exceeded", "protocol_error"].includes(result.failure.code),
      result.failure.code,
    );
  }
  broker.script = (request) => answerFrame(request.correlationId, NO_GROUPS);
  assert((await link.call(LIST_GROUPS, null, soon())).result.ok);
  link.close("the test is over");
});

Deno.test("Link.call() turns an answer that is cut short into a protocol_error", async () => {
  await using broker = startScriptedBroker(
    OFFERS,
    (request) => answerFrame(request.correlationId, NO_GROUPS.subarray(0, 4)),
  );
  const link = linkTo(broker);
  const { result } = await link.call(LIST_GROUPS, null, soon());
  assertEquals(result.ok ? "ok" : result.failure.code, "protocol_error");
  link.close("the test is over");
});

Deno.test("Link.close() settles what waits, and later calls fail with shutting_down", async () => {
  await using broker = startScriptedBroker(OFFERS, () => undefined);
  const link = linkTo(broker);
  const waiting = link.call(LIST_GROUPS, null, soon(10_000));
  while (broker.requests.length === 0) await settle();
  link.close("the test is over");
  for (const { result } of [await waiting, await link.call(LIST_GROUPS, null, soon())]) {
    assertEquals(result.ok ? "ok" : result.failure.code, "shutting_down");
  }
});

Deno.test("Link.close() of a broker that has left lets the caller try again elsewhere", async () => {
  await using broker = startScriptedBroker(OFFERS, () => undefined);
  const link = linkTo(broker);
  link.close("it has left the cluster", { brokerHasGone: true });
  const { result } = await link.call(LIST_GROUPS, null, soon());
  assert(!result.ok);
  assertEquals([result.failure.code, result.failure.retriable], ["cluster_unreachable", true]);
});
