/** Whom the directory asks, against servers that misbehave as told. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { ALTER_PARTITION_REASSIGNMENTS } from "../../../cluster/kafka/api/alter_partition_reassignments.ts";
import { LIST_GROUPS } from "../../../cluster/kafka/api/list_groups.ts";
import { openBridge } from "../../../cluster/kafka/bridge.ts";
import { Directory } from "../../../cluster/kafka/directory.ts";
import { kafkaSettings } from "../../../cluster/kafka/settings.ts";
import { defaultConfig } from "../../../config/parse.ts";
import { systemClock } from "../../../lib/clock.ts";
import { silentLog } from "../../../lib/log.ts";
import { createPrng } from "../../../lib/prng.ts";
import { answerFrame, type ScriptedBroker, startScriptedBroker } from "./scripted_broker.ts";

const clock = systemClock();
const OFFERS = { 16: [0, 5], 45: [0, 0], 60: [0, 2] } as const;
const NO_GROUPS = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 0);
/** DescribeCluster 2: no error, cluster "c", no brokers. */
const CLUSTER = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 99, 0, 0, 0, 1, 1, 128, 0, 0, 0, 0);
/** AlterPartitionReassignments 0: no error, no results. */
const ALTERED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 0);
const ANSWERS: Readonly<Record<number, Uint8Array>> = { 16: NO_GROUPS, 45: ALTERED, 60: CLUSTER };
const CHANGE = { timeoutMs: 1000, allowReplicationFactorChange: true, topics: [] };

function startBroker(silentFor: readonly number[] = []): ScriptedBroker {
  return startScriptedBroker(
    OFFERS,
    ({ apiKey, correlationId }) =>
      silentFor.includes(apiKey) ? undefined : answerFrame(correlationId, ANSWERS[apiKey]!),
  );
}

function directoryOf(brokers: readonly ScriptedBroker[]): Directory {
  const settings = kafkaSettings(defaultConfig({
    "bootstrap.servers": brokers.map((broker) => `127.0.0.1:${broker.port}`).join(","),
    "evenkeel.kafka.hedge.ms": "100",
    "evenkeel.kafka.connect.timeout.ms": "300",
  }));
  assert(settings.ok);
  const bridge = openBridge({
    clientId: "test",
    security: settings.value.security,
    connectTimeoutMs: 300,
    requestTimeoutMs: 30_000,
    log: silentLog,
  });
  return new Directory({
    bridge,
    clock,
    prng: createPrng(1),
    settings: settings.value,
    connectTimeoutMs: 300,
    securityProtocol: "PLAINTEXT",
  });
}

const keysSentTo = (broker: ScriptedBroker) => broker.requests.map((request) => request.apiKey);

Deno.test("Directory.askAny() asks another broker when one is silent, and takes the first answer", async () => {
  await using silent = startBroker([16]);
  await using good = startBroker();
  const directory = directoryOf([silent, good]);
  for (let i = 0; i < 4; i++) {
    const startMs = clock.monotonicMs();
    assert((await directory.askAny(LIST_GROUPS, null, clock.nowMs() + 10_000)).ok);
    assertLess(clock.monotonicMs() - startMs, 3000);
  }
  // In turn the silent one comes first every second time; while it still waits it is asked last.
  assertLess(keysSentTo(silent).length, 3);
  directory.close("the test is over");
});

Deno.test("Directory.tell() goes past a broker that does not answer the probe, and sends once", async () => {
  await using silent = startBroker([60]);
  await using good = startBroker();
  const directory = directoryOf([silent, good]);
  for (let i = 0; i < 2; i++) {
    const told = await directory.tell(
      ALTER_PARTITION_REASSIGNMENTS,
      CHANGE,
      clock.nowMs() + 10_000,
    );
    assert(told.ok, JSON.stringify(told));
  }
  assertEquals(keysSentTo(silent).filter((key) => key === 45), []);
  assertEquals(keysSentTo(good).filter((key) => key === 45), [45, 45]);
  directory.close("the test is over");
});

Deno.test("Directory.tell() does not send again what may have been done", async () => {
  await using first = startBroker([45]);
  await using second = startBroker([45]);
  const directory = directoryOf([first, second]);
  const told = await directory.tell(ALTER_PARTITION_REASSIGNMENTS, CHANGE, clock.nowMs() + 400);
  assertEquals(told.ok ? "ok" : told.failure.code, "deadline_exceeded");
  const sent = [...keysSentTo(first), ...keysSentTo(second)].filter((key) => key === 45);
  assertEquals(sent, [45]);
  directory.close("the test is over");
});

Deno.test("Directory.linkToBroker() names the brokers that there are", async () => {
  await using broker = startBroker();
  const directory = directoryOf([broker]);
  const link = await directory.linkToBroker(7, "own", clock.nowMs() + 5000);
  assert(!link.ok);
  assertEquals([link.failure.code, link.failure.retriable], ["not_found", false]);
  directory.close("the test is over");
});
