import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  agentUrlOf,
  createJolokiaSource,
  type JolokiaSettings,
  jolokiaSettings,
} from "../../../cluster/jolokia/mod.ts";
import { defaultConfig } from "../../../config/parse.ts";
import type { KeyName } from "../../../config/table.ts";
import { ManualClock, settle } from "../../../lib/clock.ts";
import { BROKER_METRICS } from "../../../model/readings.ts";
import { buildTopology, type Topology } from "../../../model/topology.ts";
import { answerOf, numbersOf, recorded } from "./recorded.ts";

const START_MS = 1_700_000_000_000;

function settingsOf(settings: Partial<Record<KeyName, string>>): JolokiaSettings {
  const made = jolokiaSettings(defaultConfig(settings));
  assert(made.ok, made.ok ? "" : made.failure.message);
  assert(made.value !== undefined);
  return made.value;
}

function topologyOf(ids: readonly number[], dead: readonly number[] = []): Topology {
  return buildTopology({
    generation: 1,
    observedAtMs: START_MS,
    clusterId: "c",
    controllerId: 1,
    brokers: ids.map((id) => ({
      id,
      host: `kafka-${id}`,
      port: 9092,
      rack: undefined,
      alive: !dead.includes(id),
    })),
  }, []).topology;
}

type Answer = (request: Request) => Response | Promise<Response>;

/** An agent that takes the request and never answers; like a real one it ends with the request. */
const hang: Answer = ({ signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

const refuse: Answer = () =>
  Promise.reject(
    new TypeError("error sending request", {
      cause: new Error("client error (Connect)", { cause: new Error("Connection refused") }),
    }),
  );

function sourceWith(
  answers: Record<string, Answer>,
  settings: Partial<Record<KeyName, string>> = {},
) {
  const clock = new ManualClock(START_MS);
  const asked: Request[] = [];
  const source = createJolokiaSource({
    settings: settingsOf({ "evenkeel.jolokia.url": "http://{host}:8778/jolokia", ...settings }),
    clock,
    fetch: (request) => {
      asked.push(request);
      const answer = answers[new URL(request.url).hostname];
      return Promise.resolve(answer === undefined ? refuse(request) : answer(request));
    },
  });
  return { clock, source, asked };
}

async function agent(id: number): Promise<Answer> {
  const text = answerOf(await recorded(id));
  return () => new Response(text);
}

Deno.test("createJolokiaSource() reads all alive brokers at once; a dead agent and a hung one cost one deadline and harm nobody", async () => {
  const { clock, source, asked } = sourceWith({
    "kafka-1": await agent(1),
    "kafka-2": hang,
    "kafka-3": await agent(3),
    "kafka-5": hang,
  });
  const reading = source.read(topologyOf([1, 2, 3, 4, 5, 6], [6]), { deadlineMs: 5000 });
  await settle();
  assertEquals(
    asked.map(({ url, method }) => `${method} ${url}`),
    [1, 2, 3, 4, 5].map((id) => `POST http://kafka-${id}:8778/jolokia/`),
  );
  await clock.advanceTo(START_MS + 2999);
  let ended = false;
  reading.then(() => ended = true);
  await settle();
  assert(!ended);
  await clock.advanceTo(START_MS + 3000);
  const got = await reading;
  assert(got.ok);
  const { brokerIds, values, failures, source: name } = got.value;
  assertEquals([...brokerIds], [1, 3]);
  assertEquals(name, "Jolokia");
  const rows = [0, 1].map((i) =>
    numbersOf(values.subarray(i * BROKER_METRICS.length, (i + 1) * BROKER_METRICS.length))
  );
  assertEquals(rows.map((row) => Math.round(row.produceTotalTimeMs)), [18, 15]);
  assertEquals(failures!.map(({ brokerId, failure }) => [brokerId, failure.code]), [
    [2, "deadline_exceeded"],
    [4, "cluster_unreachable"],
    [5, "deadline_exceeded"],
  ]);
  assertEquals(
    failures![0]!.failure.message,
    "Cannot read metrics of broker 2 from http://kafka-2:8778/jolokia/: no answer within 3000 ms",
  );
  assertStringIncludes(failures![1]!.failure.message, "Connection refused");
  assertEquals(clock.nextDueMs(), undefined);
});

Deno.test("createJolokiaSource() keeps the caller's deadline when it is shorter", async () => {
  const { clock, source } = sourceWith({ "kafka-1": hang, "kafka-2": await agent(2) });
  const reading = source.read(topologyOf([1, 2]), { deadlineMs: 700 });
  await clock.advanceTo(START_MS + 700);
  const got = await reading;
  assert(got.ok);
  assertEquals([...got.value.brokerIds], [2]);
});

Deno.test("createJolokiaSource() gives the mean latency of the interval from the second reading on", async () => {
  const beans = await recorded(1);
  const produced = (Count: number, Mean: number) =>
    answerOf(
      new Map(
        [...beans].map(([name, value]) => [
          name,
          name.includes("request=Produce") ? { Count, Mean } : value,
        ]),
      ),
    );
  let text = produced(1000, 5);
  const { source } = sourceWith({ "kafka-1": () => new Response(text) });
  const next = async () => {
    const got = await source.read(topologyOf([1]));
    assert(got.ok);
    return numbersOf(got.value.values).produceTotalTimeMs;
  };
  assertEquals(await next(), 5);
  text = produced(1100, 10);
  assertEquals(await next(), 60);
  assertEquals(await next(), NaN);
});

Deno.test("createJolokiaSource() fails as a whole only when no agent answers", async () => {
  const { source } = sourceWith({});
  const got = await source.read(topologyOf([1, 2]));
  assert(!got.ok);
  assertEquals([got.failure.code, got.failure.retriable], ["cluster_unreachable", true]);
  const none = await source.read(topologyOf([1], [1]));
  assert(none.ok);
  assertEquals(none.value.brokerIds.length, 0);
});

Deno.test("createJolokiaSource() says what to change when an agent refuses, redirects, answers nonsense or too much", async () => {
  const huge = new Uint8Array(300 * 1024).fill(32);
  const cases: [Answer, string, string][] = [
    [() => new Response("no", { status: 401 }), "authentication_failed", "evenkeel.jolokia.user"],
    [() => new Response("no", { status: 403 }), "authentication_failed", "allows this host"],
    [() => new Response("", { status: 404 }), "protocol_error", "check the address, HTTP 404"],
    [() => Response.redirect("http://elsewhere/"), "protocol_error", "HTTP 302"],
    [() => new Response("<html>"), "protocol_error", "the answer must be a list"],
    [() => new Response(huge), "protocol_error", "must be < 262144 bytes"],
  ];
  for (const [answer, code, text] of cases) {
    const { source } = sourceWith({ "kafka-1": answer, "kafka-2": await agent(2) });
    const got = await source.read(topologyOf([1, 2]));
    assert(got.ok);
    const [failed] = got.value.failures!;
    assertEquals(failed!.failure.code, code);
    assertStringIncludes(failed!.failure.message, text);
    assertEquals([...got.value.brokerIds], [2]);
  }
});

Deno.test("createJolokiaSource() logs in, and shows the password nowhere", async () => {
  const { source, asked } = sourceWith({ "kafka-1": () => new Response("", { status: 401 }) }, {
    "evenkeel.jolokia.user": "reader",
    "evenkeel.jolokia.password": "pässword",
  });
  const got = await source.read(topologyOf([1]));
  const header = asked[0]!.headers.get("authorization")!;
  assertEquals(header, "Basic cmVhZGVyOnDDpHNzd29yZA==");
  assert(!JSON.stringify(got).includes("pässword"));
});

Deno.test("agentUrlOf() fills in host and id, prefers the broker's own address, and ends with a slash", () => {
  const settings = settingsOf({
    "evenkeel.jolokia.url": "https://{host}/agents/{id}",
    "evenkeel.jolokia.broker.urls": "7=http://other:1/j, 8 = http://third:2/j/",
  });
  const url = (id: number, host: string) => agentUrlOf(settings, { id, host });
  assertEquals(url(1, "a.b"), "https://a.b/agents/1/");
  assertEquals(url(2, "::1"), "https://[::1]/agents/2/");
  assertEquals(url(7, "a"), "http://other:1/j/");
  assertEquals(url(8, "a"), "http://third:2/j/");
  const only = settingsOf({ "evenkeel.jolokia.broker.urls": "7=http://other:1/j" });
  assertEquals(agentUrlOf(only, { id: 1, host: "a" }), undefined);
});

Deno.test("jolokiaSettings() is undefined without an address, and refuses addresses that cannot work", () => {
  assertEquals(jolokiaSettings(defaultConfig()), { ok: true, value: undefined });
  const refused: [Partial<Record<KeyName, string>>, string][] = [
    [{ "evenkeel.jolokia.url": "{host}:8778" }, "must be"],
    [{ "evenkeel.jolokia.url": "ftp://{host}/" }, "must begin with http://"],
    [{ "evenkeel.jolokia.url": "http://u:p@{host}/" }, "evenkeel.jolokia.user"],
    [{ "evenkeel.jolokia.broker.urls": "http://a/" }, "must be ID=URL"],
    [{ "evenkeel.jolokia.broker.urls": "1=here" }, "must be"],
  ];
  for (const [settings, text] of refused) {
    const made = jolokiaSettings(defaultConfig(settings));
    assert(!made.ok);
    assertEquals(made.failure.code, "invalid_argument");
    assertStringIncludes(made.failure.message, Object.keys(settings)[0]!);
    assertStringIncludes(made.failure.message, text);
  }
});
