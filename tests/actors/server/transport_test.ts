/** Paths, methods, parameters, headers and limits, compared with a real Cruise Control where it was recorded. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { ENDPOINTS } from "../../../actors/server/endpoints/mod.ts";
import { NATIVE_ENDPOINTS } from "../../../actors/server/endpoints/native.ts";
import { fail, type FailureCode, ok } from "../../../lib/failure.ts";
import { eagerClock, executorState, harness } from "./harness.ts";
import { recorded } from "./recorded.ts";

const API = "/kafkacruisecontrol";

Deno.test("errors have the recorded status, content type, text and members", async () => {
  for (const number of [281, 282, 363, 192, 286, 307, 358]) {
    const exchange = recorded(number);
    const response = await harness().ask(exchange.target, { method: exchange.method });
    const body = await response.text();
    assertEquals(response.status, exchange.status, `${number}`);
    assertEquals(response.headers.get("content-type"), exchange.headers.get("content-type"));
    assertEquals(response.headers.get("user-task-id"), null);
    if (number === 281) {
      assertEquals(body, exchange.body);
      continue;
    }
    const got = JSON.parse(body);
    const wanted = JSON.parse(exchange.body);
    assertEquals(Object.keys(got).sort(), ["errorMessage", "stackTrace", "version"]);
    assertEquals(got.errorMessage, wanted.errorMessage);
    assertEquals(got.stackTrace === "", wanted.stackTrace === "", `${number}: stack trace`);
  }
});

Deno.test("an unknown endpoint and the wrong method are 404 and list what there is", async () => {
  for (const number of [268, 270]) {
    const exchange = recorded(number);
    const response = await harness().ask(exchange.target, { method: exchange.method });
    const body = await response.text();
    assertEquals(response.status, 404);
    assertEquals(body.split("\n")[0], exchange.body.split("\n")[0]);
    assertMatch(body.split("\n")[1]!, /^Supported (GET|POST) endpoints: \[[A-Z_, ]+\]$/);
  }
  assertEquals((await harness().ask(API)).status, 404);
  assertEquals((await harness().ask(`${API}/`)).status, 404);
  assertEquals((await harness().ask("/elsewhere")).status, 404);
});

Deno.test("PUT is 405, HEAD is 400, OPTIONS is 200, letters of a path may be upper case", async () => {
  assertEquals((await harness().ask(`${API}/state`, { method: "PUT" })).status, 405);
  assertEquals((await harness().ask(`${API}/state`, { method: "HEAD" })).status, 400);
  assertEquals((await harness().ask(`${API}/state`, { method: "OPTIONS" })).status, 200);
  assertEquals((await harness().ask(`${API}/STATE/`)).status, 200);
  assertEquals((await harness().ask(`${API}/x/y/State`)).status, 200);
});

Deno.test("every answer carries version, date and content type; tasks carry their id", async () => {
  for (const path of [`${API}/state`, `${API}/nope`, `${API}/state?foo=1`, `${API}/load?time=x`]) {
    const { headers } = await harness().ask(path);
    const version = headers.get("cruise-control-version")!.split(".").map(Number);
    assert(version[0]! > 2 || (version[1] === 0 && version[2]! >= 61), `${version}`);
    assertEquals(headers.get("date"), "Mon, 23 Nov 2026 09:55:35 GMT");
    assertEquals(headers.get("content-type"), "text/plain;charset=utf-8");
    assertMatch(headers.get("set-cookie")!, /^JSESSIONID=[0-9a-f-]+;Path=\/;HttpOnly$/);
    assert(headers.has("cruise-control-commit_id"));
  }
  const response = await harness().ask(`${API}/state`);
  assertMatch(response.headers.get("user-task-id")!, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const bytes = new Uint8Array(await response.arrayBuffer());
  assertEquals(response.headers.get("content-length"), String(bytes.length));
});

Deno.test("parameters: case of names, first of repeated ones, booleans, form bodies, stray bodies", async () => {
  const h = harness();
  const json = async (path: string, init?: RequestInit) => {
    const response = await h.ask(path, init);
    assertEquals(response.status, 200, path);
    return response.headers.get("content-type") === "application/json;charset=utf-8";
  };
  assertEquals(await json(`${API}/state?JSON=TRUE&SubStates=EXECUTOR`), true);
  assertEquals(await json(recorded(284).target), true);
  assertEquals(await json(recorded(289).target), false);
  assertEquals(await json(recorded(383).target), true);
  assertEquals(
    await json(recorded(379).target, { headers: { Accept: "application/json" } }),
    false,
  );
  const form = new URLSearchParams({ json: "true", dryrun: "True", goals: "RackAwareGoal" });
  assertEquals(await json(`${API}/rebalance`, { method: "POST", body: form }), true);
  const stray = { method: "POST", body: '{"withCredentials":true}' };
  assertEquals(
    await json(`${API}/rebalance?json=true`, {
      ...stray,
      headers: { "content-type": "application/json" },
    }),
    true,
  );
});

Deno.test("a dryrun that is neither true nor false executes nothing, unlike Cruise Control's", async () => {
  for (const word of ["maybe", "yes", "1", "", "flase"]) {
    const h = harness();
    const target = recorded(191).target.replace("maybe", word);
    const response = await h.ask(target, { method: "POST" });
    assertEquals(response.status, 400, word);
    assertStringIncludes(
      await response.text(),
      `dryrun must be true or false, got ${JSON.stringify(JSON.stringify(word)).slice(1, -1)}`,
    );
    assertEquals(h.asked, []);
  }
  const h = harness();
  const target = recorded(191).target.replace("maybe", "FALSE");
  assertEquals((await h.ask(target, { method: "POST" })).status, 200);
  assertEquals(h.asked.some(({ kind }) => kind === "reserve_executor"), true);
});

Deno.test("rules across parameters are 400 and nothing is executed", async () => {
  const posts = [
    "rebalance?stop_ongoing_execution=true",
    "rebalance?kafka_assigner=true",
    "rebalance?kafka_assigner=true&exclude_recently_removed_brokers=false&goals=RackAwareGoal",
    "rebalance?kafka_assigner=true&exclude_recently_removed_brokers=false&rebalance_disk=true",
    "rebalance?kafka_assigner=true&exclude_recently_removed_brokers=false&destination_broker_ids=1",
    "rebalance?rebalance_disk=true&goals=RackAwareGoal",
    "rebalance?rebalance_disk=true&destination_broker_ids=1",
    "demote_broker?brokerid=0&brokerid_and_logdirs=0-/a",
    "remove_disks",
    "remove_disks?brokerid_and_logdirs=/a",
    "topic_configuration",
    "topic_configuration?topic=a",
    "topic_configuration?replication_factor=2",
    "topic_configuration?topic=a&replication_factor=0",
    "topic_configuration?topic=%5B%5B&replication_factor=2",
    "rebalance?goals=RackAwareGoal&ignore_proposal_cache=true",
    "rebalance?goals=RackAwareGoal&use_ready_default_goals=true",
    "rebalance?dryrun=false&review_id=1",
    "rebalance?dryrun=false&replica_movement_strategies=Nope",
    "rebalance?dryrun=false&replication_throttle=-1",
    "rebalance?dryrun=false&destination_broker_ids=1,,2",
    "rebalance?dryrun=false&excluded_topics=%5B%5B",
    "rebalance?dryrun=false&data_from=elsewhere",
    "rebalance?dryrun=false&execution_progress_check_interval_ms=0",
    "rebalance?dryrun=false&concurrent_leader_movements=99999999999",
  ];
  for (const target of posts) {
    const h = harness();
    const response = await h.ask(`${API}/${target}`, { method: "POST" });
    assertEquals(response.status, 400, target);
    assertEquals(h.asked.length, 0, target);
  }
  const gets = ["load?time=now&end=5", "load?start=5&end=5", "load?start=9&time=8"];
  for (const target of gets) assertEquals((await harness().ask(`${API}/${target}`)).status, 400);
  const required = harness({ config: { "request.reason.required": "true" } });
  const execute = `${API}/rebalance?dryrun=false`;
  assertEquals((await required.ask(execute, { method: "POST" })).status, 400);
  assertEquals((await required.ask(`${execute}&reason=why`, { method: "POST" })).status, 200);
});

Deno.test("failures of a task are 500 with the texts that clients search for", async () => {
  const cases: [FailureCode, string[]][] = [
    ["not_enough_windows", ["NotEnoughValidWindowsException"]],
    ["hard_goal_unmet", ["OptimizationFailureException", "broker 1 is full"]],
    ["ongoing_execution", ["OngoingExecutionException", "stop_ongoing_execution"]],
    ["invalid_argument", ["IllegalArgumentException"]],
  ];
  for (const [code, texts] of cases) {
    const h = harness({
      handlers: {
        make_plan: () => fail(code, "Cannot plan:\n two lines", { details: ["broker 1 is full"] }),
      },
    });
    const response = await h.ask(`${API}/rebalance?json=true`, { method: "POST" });
    assertEquals(response.status, 500);
    assert(response.headers.has("user-task-id"));
    const body = await response.json();
    assertEquals(Object.keys(body).sort(), ["errorMessage", "stackTrace", "version"]);
    assertMatch(body.errorMessage, /^Error processing POST request '\/rebalance' due to: '.*'\.$/);
    for (const text of texts) assertStringIncludes(body.errorMessage, text);
  }
});

Deno.test("a hard goal that no plan meets while an execution is in progress is told with that", async () => {
  const h = harness({ handlers: { make_plan: () => fail("hard_goal_unmet", "no rack") } });
  const ask = async () => await (await h.ask("/evenkeel/v1/plan")).text();
  const hint =
    "An execution is in progress, and partitions on their way have replicas at both ends";
  assertEquals((await ask()).includes(hint), false);
  const phase = "INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS";
  h.server.handle({ kind: "execution_progressed", state: executorState({ phase }) });
  assertStringIncludes(await ask(), hint);
  h.server.handle({ kind: "execution_progressed", state: executorState() });
  assertEquals((await ask()).includes(hint), false);
});

Deno.test("allow_capacity_estimation=false refuses guessed capacities", async () => {
  const h = harness();
  const load = await h.ask(`${API}/load?allow_capacity_estimation=False`);
  assertEquals(load.status, 200);
  const original = h.handlers.get_broker_load!;
  h.handlers.get_broker_load = async (request) => {
    const answer = await original(request);
    if (!answer.ok) return answer;
    const [first, ...rest] = answer.value.brokers;
    return { ok: true, value: { brokers: [{ ...first!, capacityEstimated: true }, ...rest] } };
  };
  const refused = await h.ask(`${API}/load?allow_capacity_estimation=False`);
  assertEquals(refused.status, 500);
  assertStringIncludes(await refused.text(), "capacity of brokers [0]");
});

Deno.test("get_response_schema describes the body, errors included", async () => {
  const path = `${API}/state?substates=executor&json=true&get_response_schema=true`;
  const response = await harness().ask(path);
  assertEquals(JSON.parse(response.headers.get("cruise-control-json-schema")!), {
    type: "object",
    properties: {
      ExecutorState: { type: "object", properties: { state: { type: "string" } } },
      version: { type: "number" },
    },
  });
  const wrong = await harness().ask(`${path}&foo=1`);
  assertStringIncludes(wrong.headers.get("cruise-control-json-schema")!, "errorMessage");
});

Deno.test("get_response_schema names members of any script, though headers hold no more than ASCII", async () => {
  const h = harness();
  const original = h.handlers.get_broker_load!;
  h.handlers.get_broker_load = async (request) => {
    const answer = await original(request);
    if (!answer.ok) return answer;
    const brokers = answer.value.brokers.map((broker) => ({
      ...broker,
      logDirs: [{
        path: "/データ",
        alive: true,
        usedMb: 1,
        capacityMb: 2,
        replicas: 1,
        leaders: 1,
      }],
    }));
    return ok({ brokers });
  };
  const query = "json=true&populate_disk_info=true&get_response_schema=true";
  const answer = await h.ask(`${API}/load?${query}`);
  assertEquals(answer.status, 200, await answer.text());
  const schema = answer.headers.get("cruise-control-json-schema")!;
  assertMatch(schema, /^[\x20-\x7e]*$/);
  const { DiskState } = JSON.parse(schema).properties.brokers.items[0].properties;
  assert(Object.keys(DiskState.properties)[0]!.startsWith("/データ"));
});

Deno.test("CORS: headers only when enabled, the caller's origin instead of *", async () => {
  const origin = { headers: { Origin: "http://ui.example" } };
  const off = await harness().ask(`${API}/state`, origin);
  assertEquals(off.headers.get("access-control-allow-origin"), null);
  const h = harness({ config: { "webserver.http.cors.enabled": "true" } });
  const on = await h.ask(`${API}/nope`, origin);
  assertEquals(on.headers.get("access-control-allow-origin"), "http://ui.example");
  assertEquals(on.headers.get("access-control-expose-headers"), "User-Task-ID");
  assertEquals(on.headers.get("access-control-allow-credentials"), "true");
  const preflight = await h.ask(`${API}/state`, { method: "OPTIONS", ...origin });
  assertEquals(preflight.headers.get("access-control-allow-methods"), "OPTIONS, GET, POST");
  assertEquals(
    preflight.headers.get("access-control-allow-headers"),
    "User-Task-ID, Content-Type, Cache-Control, Cache-buster",
  );
  assertEquals(preflight.headers.get("access-control-max-age"), "1728000");
});

Deno.test("a page of another site cannot make a browser execute", async () => {
  const h = harness();
  const cross = { method: "POST", headers: { "Sec-Fetch-Site": "cross-site" } };
  const refused = await h.ask(`${API}/rebalance?dryrun=false`, cross);
  assertEquals(refused.status, 403);
  assertEquals(h.asked.length, 0);
  const trusted = harness({
    config: {
      "webserver.http.cors.enabled": "true",
      "webserver.http.cors.origin": "http://ui.example",
    },
  });
  const from = async (Origin: string) =>
    (await trusted.ask(`${API}/rebalance`, { ...cross, headers: { ...cross.headers, Origin } }))
      .status;
  assertEquals([await from("http://ui.example"), await from("http://evil.example")], [200, 403]);
  const same = { method: "POST", headers: { "Sec-Fetch-Site": "same-origin" } };
  assertEquals((await h.ask(`${API}/rebalance`, same)).status, 200);
});

Deno.test("requests that are too long are refused before anything is read", async () => {
  const h = harness();
  assertEquals((await h.ask(`${API}/state?reason=${"x".repeat(9000)}`)).status, 414);
  assertEquals(
    (await h.ask(`${API}/state`, { headers: { "X-Pad": "x".repeat(9000) } })).status,
    431,
  );
  const form = new URLSearchParams({ reason: "x".repeat(2 * 1024 * 1024) });
  assertEquals((await h.ask(`${API}/rebalance`, { method: "POST", body: form })).status, 413);
  assertEquals(h.asked.length, 0);
});

Deno.test("a body that never arrives, or breaks off, ends in a status instead of holding on for good", async () => {
  const silent = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("reason="));
    },
  });
  const broken = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(new TypeError("Cannot read request body"));
    },
  });
  for (const [body, status, text] of [[silent, 408, /30 s/], [broken, 400, /broke/]] as const) {
    const h = harness({ clock: eagerClock() });
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const answer = await h.ask(`${API}/pause_sampling`, { method: "POST", body, headers });
    assertEquals(answer.status, status);
    assertMatch(await answer.text(), text);
    assertEquals([h.asked, h.logged.filter(({ level }) => level === "error")], [[], []]);
  }
});

Deno.test("substates without a name are those that are shown unless others are asked for", async () => {
  const { version: _, ...state } = await (await harness().ask(`${API}/state?json=true&substates=`))
    .json();
  assertEquals(Object.keys(state).sort(), [
    "AnalyzerState",
    "AnomalyDetectorState",
    "ExecutorState",
    "MonitorState",
  ]);
});

Deno.test("/ lists every endpoint, /healthz and /metrics tell of every actor", async () => {
  const h = harness();
  const index = await (await h.ask("/")).text();
  for (const endpoint of ENDPOINTS) assertStringIncludes(index, `${API}/${endpoint.name}`);
  for (const endpoint of NATIVE_ENDPOINTS) {
    assertStringIncludes(index, `/evenkeel/v1/${endpoint.name}`);
  }
  const well = await h.ask("/healthz");
  assertEquals(well.status, 200);
  const { actors } = await well.json();
  assertEquals(
    actors.map((actor: { actor: string }) => actor.actor),
    ["sampler", "aggregator", "analyzer", "executor", "detector", "server"],
  );
  h.handlers.get_monitor_state = () => fail("deadline_exceeded", "No answer within 5000 ms");
  const ill = await h.ask("/healthz");
  assertEquals(ill.status, 503);
  assertStringIncludes(await ill.text(), "No answer within 5000 ms");
  const text = await (await h.ask("/metrics")).text();
  assertStringIncludes(text, 'evenkeel_actor_up{actor="aggregator"} 0');
  assertStringIncludes(text, 'evenkeel_actor_up{actor="sampler"} 1');
  assertStringIncludes(text, 'evenkeel_http_requests_total{endpoint="other",status="503"} 1');
  assertMatch(text, /evenkeel_process_resident_bytes \d+/);
  assert(!text.includes("NaN"), "what is not known is left out");
});

Deno.test("/metrics and /healthz show what the runtime tells", async () => {
  const h = harness();
  h.server.handle({
    kind: "runtime_observed",
    atMs: 1,
    actors: [{
      name: "analyzer",
      state: "given_up",
      restarts: 5,
      lastFailure: "out of memory",
      lastHeartbeatMs: 1,
      mailboxLength: 3,
      messagesHandled: 10,
      messagesDropped: 2,
      requestsOwed: 1,
      deadLetters: 4,
    }],
  });
  const text = await (await h.ask("/metrics")).text();
  assertStringIncludes(text, 'evenkeel_actor_restarts{actor="analyzer"} 5');
  assertStringIncludes(text, 'evenkeel_actor_messages_dropped{actor="analyzer"} 2');
  assertStringIncludes(text, 'evenkeel_actor_dead_letters{actor="analyzer"} 4');
  const ill = await h.ask("/healthz");
  assertEquals(ill.status, 503);
  assertStringIncludes(await ill.text(), "given_up: out of memory");
});

const NAMES = [
  "json",
  "verbose",
  "goals",
  "dryrun",
  "start",
  "end",
  "time",
  "entries",
  "substates",
  "user_task_ids",
  "excluded_topics",
  "destination_broker_ids",
  "replication_throttle",
  "topic",
  "data_from",
  "foo",
  "__proto__",
  "constructor",
];

Deno.test("a pattern of topics that may take forever is refused before anything is asked", async () => {
  for (const path of ["kafka_cluster_state", "partition_load", "proposals"]) {
    const h = harness();
    const name = path === "proposals" ? "excluded_topics" : "topic";
    const pattern = encodeURIComponent("(a*)*\\1");
    const answer = await h.ask(`${API}/${path}?${name}=${pattern}`);
    assertEquals(answer.status, 400);
    assertMatch(await answer.text(), /back references are not taken beside several quantifiers/);
    assertEquals(h.asked, []);
  }
});

Deno.test("no request, however odd, is answered with a throw or an unforeseen 500", async () => {
  const paths = [...ENDPOINTS, ...NATIVE_ENDPOINTS].map((endpoint) => endpoint.name);
  const h = harness({ config: { "max.active.user.tasks": "100000" } });
  const value = fc.oneof(
    fc.uint16Array().map((codes) => String.fromCharCode(...codes)),
    fc.constantFrom("true", "-1", "NaN", "1e400", "a,b", ",,", "[[", "(?<", "\\Q", "%00", "0x10"),
    fc.integer().map(String),
  );
  const property = fc.asyncProperty(
    fc.constantFrom("GET", "POST", "HEAD", "OPTIONS", "DELETE", "PATCH"),
    fc.constantFrom(API, "/evenkeel/v1", ""),
    fc.oneof(fc.constantFrom(...paths), fc.webPath()),
    fc.array(fc.tuple(fc.oneof(fc.constantFrom(...NAMES), fc.string()), value), { maxLength: 5 }),
    fc.constantFrom("", "JSESSIONID=x", "JSESSIONID=;;", "=;"),
    async (method, prefix, path, pairs, cookie) => {
      const query = new URLSearchParams(pairs);
      const response = await h.ask(`${prefix}/${path}?${query}`, { method, headers: { cookie } });
      const body = await response.text();
      assert(
        [200, 400, 403, 404, 405, 414].includes(response.status),
        `${response.status} ${body}`,
      );
      const isJson = response.headers.get("content-type")?.startsWith("application/json");
      if (isJson && method !== "HEAD") JSON.parse(body);
    },
  );
  await fc.assert(property, { seed: 20261124, numRuns: 400 });
  assertEquals(h.logged.filter((record) => record.level === "error"), []);
});
