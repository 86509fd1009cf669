/** The asynchronous protocol, user tasks over restarts, and executions that tasks start. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { settle } from "../../../lib/clock.ts";
import { fail, ok } from "../../../lib/failure.ts";
import { executorState, harness, madePlan, memoryStore, START_MS } from "./harness.ts";
import { recorded, recordedJson } from "./recorded.ts";
import { API, cookieOf, EXECUTE, idOf, PLAN, slow, SUMMARY, tasksOf } from "./slow_server.ts";

Deno.test("a slow request: 202 with progress, then the result by session, one task in all", async () => {
  const { h, askSlowly, finish } = slow();
  const first = await askSlowly(PLAN);
  assertEquals(first.status, 202);
  const { progress, version } = await first.json();
  assertEquals(version, 1);
  assertEquals(progress[0].operation, "Get customized proposals");
  assertEquals(progress[0].operationProgress[0].step, "WAITING_FOR_CLUSTER_MODEL");
  assertEquals(progress[0].operationProgress[0]["time-in-ms"], 10_000);
  const cookie = cookieOf(first);
  const again = await askSlowly(PLAN, { headers: { cookie } });
  assertEquals([again.status, idOf(again)], [202, idOf(first)]);
  assertEquals(again.headers.get("set-cookie"), null);
  await finish();
  const last = await h.ask(PLAN, { headers: { cookie } });
  assertEquals([last.status, idOf(last)], [200, idOf(first)]);
  assert(!("progress" in await last.json()));
  assertEquals((await tasksOf(h)).length, 1);
  assertEquals(h.asked.filter(({ kind }) => kind === "make_plan").length, 1);
});

Deno.test("progress shows the steps that the analyzer tells, in text and JSON", async () => {
  const { h, askSlowly } = slow();
  const first = await askSlowly(PLAN);
  h.server.handle({
    kind: "plan_progressed",
    planUuid: idOf(first),
    steps: [{ step: "OPTIMIZING RackAwareGoal", completionPercentage: 12.5, timeInMs: 7 }],
  });
  const headers = { "User-Task-ID": idOf(first) };
  const { progress } = await (await askSlowly(PLAN, { headers })).json();
  assertEquals(progress[0].operationProgress[1].step, "OPTIMIZING RackAwareGoal");
  const text = await (await askSlowly(`${API}/proposals`)).text();
  assertMatch(
    text,
    /^Get customized proposals:\n\( 10000 ms\) - \(0\.0%\) WAITING_FOR_CLUSTER_MODEL: /,
  );
});

Deno.test("a slow request without cookies: the result by User-Task-ID, parameters in any order", async () => {
  const { h, askSlowly, finish } = slow();
  const first = await askSlowly(`${PLAN}&goals=RackAwareGoal`);
  assertEquals(first.status, 202);
  await finish();
  const headers = { "User-Task-ID": idOf(first) };
  const again = await h.ask(`${API}/proposals?goals=RackAwareGoal&json=true`, { headers });
  assertEquals([again.status, idOf(again)], [200, idOf(first)]);
  assertEquals((await h.ask(`${PLAN}&goals=RackAwareGoal`, { headers })).status, 200);
});

Deno.test("an unknown id, and an id of other parameters, are 500 with the recorded text", async () => {
  const unknown = recorded(290);
  const response = await harness().ask(unknown.target, {
    headers: Object.fromEntries(unknown.requestHeaders),
  });
  assertEquals(response.status, 500);
  assertEquals(
    (await response.json()).errorMessage,
    JSON.parse(unknown.body).errorMessage,
  );
  const h = harness();
  const source = await h.ask(recorded(292).target);
  const headers = { "User-Task-ID": idOf(source) };
  const same = await h.ask(recorded(293).target, { headers });
  assertEquals([same.status, await same.text()], [200, await source.text()]);
  assertEquals((await h.ask(recorded(295).target, { headers })).status, 500);
  assertEquals((await h.ask(recorded(293).target, { method: "POST", headers })).status, 404);
  assertEquals((await h.ask(PLAN, { headers: { "User-Task-ID": "no uuid" } })).status, 500);
});

Deno.test("a reader gets fresh figures after the final answer, a form that is sent twice executes once", async () => {
  const h = harness();
  const first = await h.ask(`${API}/state`);
  const cookie = cookieOf(first);
  assert(idOf(await h.ask(`${API}/state`, { headers: { cookie } })) !== idOf(first));
  const post = await h.ask(EXECUTE, { method: "POST", headers: { cookie } });
  const twice = await h.ask(EXECUTE, { method: "POST", headers: { cookie } });
  assertEquals(idOf(twice), idOf(post));
  assertEquals(h.asked.filter(({ kind }) => kind === "execute_proposals").length, 1);
});

Deno.test("a session forgets its tasks after the idle time", async () => {
  const { h, clock } = slow({ handlers: { make_plan: () => ok(madePlan()) } });
  const post = await h.ask(EXECUTE, { method: "POST" });
  const cookie = cookieOf(post);
  await clock.advanceTo(clock.nowMs() + 60_000);
  await h.server.tick(clock.nowMs());
  assertEquals(idOf(await h.ask(EXECUTE, { method: "POST", headers: { cookie } })), idOf(post));
  await clock.advanceTo(clock.nowMs() + 60_001);
  await h.server.tick(clock.nowMs());
  const later = await h.ask(EXECUTE, { method: "POST", headers: { cookie } });
  assert(idOf(later) !== idOf(post) && later.headers.has("set-cookie"));
});

Deno.test("the sixth active task is refused with the text that clients search for; a stop is let in", async () => {
  const { h, askSlowly, finish } = slow();
  for (let i = 0; i < 5; i++) assertEquals((await askSlowly(PLAN)).status, 202);
  const sixth = await h.ask(PLAN);
  assertEquals(sixth.status, 500);
  assertEquals(sixth.headers.get("user-task-id"), null);
  assertStringIncludes(
    (await sixth.json()).errorMessage,
    "There are already 5 active user tasks, which has reached the servlet capacity.",
  );
  assertEquals((await h.ask(`${API}/stop_proposal_execution`, { method: "POST" })).status, 200);
  await finish();
  assertEquals((await h.ask(`${API}/state`)).status, 200);
});

Deno.test("user_tasks: order, members, filters and the original response", async () => {
  const { h, askSlowly } = slow();
  const state = await h.ask(`${API}/state?json=true&substates=executor`, {
    headers: { "X-Forwarded-For": "10.1.2.3" },
  });
  const stateBody = await state.text();
  const plan = await askSlowly(PLAN);
  const listed = await tasksOf(h);
  assertEquals(listed.map((task) => task["Status"]), ["Active", "Completed"]);
  const entry = recordedJson<{ userTasks: Record<string, string>[] }>(300).userTasks[0]!;
  assertEquals(Object.keys(listed[0]!).sort(), Object.keys(entry).sort());
  for (const value of Object.values(listed[0]!)) assertEquals(typeof value, "string");
  assertEquals(listed[1], {
    UserTaskId: idOf(state),
    RequestURL: `GET ${API}/state?json=true&substates=executor`,
    ClientIdentity: "10.1.2.3",
    StartMs: String(START_MS),
    Status: "Completed",
  });
  const only = async (query: string) => (await tasksOf(h, query)).map((task) => task["UserTaskId"]);
  assertEquals(await only("&client_ids=10.1.2.3"), [idOf(state)]);
  assertEquals(await only("&endpoints=STATE,nonsense"), [idOf(state)]);
  assertEquals(await only("&types=Active,nonsense"), [idOf(plan)]);
  assertEquals(await only(`&user_task_ids=${idOf(plan).toUpperCase()}`), [idOf(plan)]);
  assertEquals(await only("&types=Active,Completed&entries=1"), [idOf(plan)]);
  const [fetched] = await tasksOf(h, `&fetch_completed_task=true&user_task_ids=${idOf(state)}`);
  assertEquals(fetched!["originalResponse"], stateBody);
});

Deno.test("fetching all answers again and again does not fetch those of the fetches before", async () => {
  const h = harness();
  const loaded = await h.ask(`${API}/load?json=true`);
  const load = await loaded.text();
  let tasks: Record<string, string>[] = [];
  for (let i = 0; i < 20; i++) tasks = await tasksOf(h, "&fetch_completed_task=true");
  assertEquals(tasks.length, 20);
  for (const task of tasks) {
    const answer = task["originalResponse"]!;
    if (task["UserTaskId"] === idOf(loaded)) assertEquals(answer, load);
    else for (const one of JSON.parse(answer).userTasks) assert(!("originalResponse" in one));
  }
  const text = await h.ask(`${API}/user_tasks?fetch_completed_task=true`);
  const whole = await text.text();
  assertStringIncludes(whole, `Original response for task ${idOf(loaded)}:\n${load}`);
  const again = await h.ask(`${API}/user_tasks?fetch_completed_task=true`, {
    headers: { "User-Task-ID": idOf(text) },
  });
  assertEquals(await again.text(), whole.slice(0, whole.indexOf("\nOriginal response")));
});

Deno.test("user_tasks in plain text equals the recorded table", async () => {
  const h = harness();
  const wanted = recorded(355).body.split("\n");
  const table = (await (await h.ask(`${API}/user_tasks`)).text()).split("\n");
  const head = (line: string) => line.trimEnd().split(/ {2,}/);
  assertEquals(head(table[1]!), head(wanted[1]!));
  await h.ask(`${API}/partition_load`);
  await h.ask(`${API}/load?json=true`);
  await h.ask(`${API}/state?reason=a%0Aforged%20row`);
  const forged = await (await h.ask(`${API}/user_tasks?endpoints=state`)).text();
  assertStringIncludes(forged, "reason=a forged row");
  const rows = (await (await h.ask(`${API}/user_tasks?endpoints=load`)).text()).split("\n");
  assertEquals(rows.length, 3);
  assertMatch(
    rows[2]!,
    /^[0-9a-f-]{36} {2}127\.0\.0\.1 {13}2026-11-23T09:55:35Z {2}Completed {3}GET /,
  );
  assertEquals(rows[1]!.length, rows[2]!.length);
});

Deno.test("rebalance reserves, plans, executes; the task is in execution until it ends", async () => {
  for (const outcome of ["completed", "stopped"] as const) {
    const h = harness();
    const response = await h.ask(`${EXECUTE}&reason=recording`, { method: "POST" });
    const body = await response.text();
    const id = idOf(response);
    assertEquals(response.status, 200);
    const kinds = h.asked.map(({ kind }) => kind);
    assertEquals(kinds, [
      "reserve_executor",
      "get_cluster",
      "get_executor_state",
      "make_plan",
      "execute_proposals",
    ]);
    assertEquals(h.asked[0]!.request, {
      kind: "reserve_executor",
      executionUuid: id,
      reason: "recording (Client: 127.0.0.1, Date: 2026-11-23T09:55:35Z)",
      userTriggered: true,
    });
    assertEquals((await tasksOf(h))[0]!["Status"], "InExecution");
    h.server.handle({
      kind: "execution_ended",
      summary: { ...SUMMARY, executionUuid: id, outcome },
    });
    const [task] = await tasksOf(h, "&endpoints=rebalance&fetch_completed_task=true");
    assertEquals(task!["Status"], outcome === "completed" ? "Completed" : "CompletedWithError");
    assertEquals(task!["originalResponse"], body, "a failed execution still has its plan");
  }
});

Deno.test("an execution that ends before its start is answered is not left in execution", async () => {
  const h = harness();
  h.handlers.execute_proposals = (request) => {
    const { executionUuid } = request;
    h.server.handle({ kind: "execution_ended", summary: { ...SUMMARY, executionUuid } });
    return ok({ tasks: 1 });
  };
  await h.ask(EXECUTE, { method: "POST" });
  assertEquals((await tasksOf(h))[0]!["Status"], "Completed");
});

Deno.test("rebalance gives the executor back when planning or starting fails, or nothing is to do", async () => {
  const nothing = madePlan();
  const cases: [string, Parameters<typeof harness>[0], number][] = [
    ["plan", { handlers: { make_plan: () => fail("hard_goal_unmet", "no room") } }, 500],
    ["throw", {
      handlers: {
        make_plan: () => {
          throw new Error("unforeseen");
        },
      },
    }, 500],
    ["start", { handlers: { execute_proposals: () => fail("store_full", "disk full") } }, 500],
    ["empty", {
      handlers: {
        make_plan: () => ok({ ...nothing, plan: { ...nothing.plan, proposals: [] } }),
      },
    }, 200],
  ];
  for (const [name, options, status] of cases) {
    const h = harness(options);
    const response = await h.ask(EXECUTE, { method: "POST" });
    assertEquals(response.status, status, name);
    assertEquals(h.asked.at(-1)!.kind, "release_executor", name);
    const [task] = await tasksOf(h, "&fetch_completed_task=true");
    assertEquals(task!["Status"], status === 200 ? "Completed" : "CompletedWithError", name);
    if (status === 500) assertEquals(task!["originalResponse"], "CompletedWithError");
  }
});

Deno.test("rebalance while something executes: refused as recorded, or it stops that first", async () => {
  const busy = harness({
    handlers: { reserve_executor: () => fail("ongoing_execution", "Execution 7 is running") },
  });
  const refused = await busy.ask(recorded(408).target, { method: "POST" });
  assertEquals(refused.status, 500);
  const { errorMessage } = await refused.json();
  assertStringIncludes(
    errorMessage,
    "Cannot start a new execution while there is an ongoing execution",
  );
  assertStringIncludes(errorMessage, "stop_ongoing_execution=true");
  assertEquals(busy.asked.map(({ kind }) => kind), ["reserve_executor"]);

  let phase: "STOPPING_EXECUTION" | "NO_TASK_IN_PROGRESS" = "STOPPING_EXECUTION";
  const h = harness({ handlers: { get_executor_state: () => ok(executorState({ phase })) } });
  const response = h.ask(`${EXECUTE}&stop_ongoing_execution=true`, { method: "POST" });
  for (let i = 0; i < 5; i++) await settle();
  assertEquals(h.asked.map(({ kind }) => kind), ["stop_execution", "get_executor_state"]);
  phase = "NO_TASK_IN_PROGRESS";
  h.server.handle({ kind: "execution_ended", summary: { ...SUMMARY, executionUuid: "x" } });
  assertEquals((await response).status, 200);
  assertEquals(h.asked.at(-1)!.kind, "execute_proposals");
});

Deno.test("brokers removed or demoted lately are left alone as the caller wishes", async () => {
  const state = executorState({ recentlyDemotedBrokers: [1], recentlyRemovedBrokers: [2] });
  const h = harness({ handlers: { get_executor_state: () => ok(state) } });
  const body = await (await h.ask(`${PLAN}&exclude_recently_demoted_brokers=true`)).json();
  assertEquals(body.summary.excludedBrokersForLeadership, [1]);
  assertEquals(body.summary.excludedBrokersForReplicaMove, [2], "true unless told otherwise");
  const asked = h.asked.at(-1)!.request as { plan: Record<string, unknown> };
  assertEquals(asked.plan["excludedForLeadership"], [1]);
  assertEquals(asked.plan["excludedForReplicaMove"], [2]);
});

Deno.test("finished tasks are forgotten by count and by age, each kind for itself", async () => {
  const store = memoryStore();
  const { h, clock } = slow({
    store,
    config: {
      "max.cached.completed.user.tasks": "3",
      "completed.kafka.monitor.user.task.retention.time.ms": "1000",
    },
    handlers: { make_plan: () => ok(madePlan()) },
  });
  for (let i = 0; i < 5; i++) await h.ask(`${API}/pause_sampling`, { method: "POST" });
  await h.ask(PLAN);
  await h.server.tick(clock.nowMs());
  assertEquals((await tasksOf(h, "&endpoints=pause_sampling")).length, 3);
  assertEquals((await tasksOf(h, "&endpoints=proposals")).length, 1);
  await clock.advanceTo(clock.nowMs() + 1001);
  await h.server.tick(clock.nowMs());
  assertEquals((await tasksOf(h, "&endpoints=proposals")).length, 0);
  assertEquals(store.rows.filter((row) => row.endpoint === "PAUSE_SAMPLING").length, 3);
  assertEquals(store.rows.filter((row) => row.endpoint === "PROPOSALS").length, 0);
});

Deno.test("a store that is full costs the memory over a restart, not the request", async () => {
  const store = { ...memoryStore(), save: () => fail("store_full", "Cannot save: disk full") };
  const h = harness({ store });
  assertEquals((await h.ask(EXECUTE, { method: "POST" })).status, 200);
  assert(h.logged.some((record) => record.fields["reason"] === "Cannot save: disk full"));
});
