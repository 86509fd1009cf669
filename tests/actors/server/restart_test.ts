/** User tasks over a restart of the server. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ManualClock } from "../../../lib/clock.ts";
import { fail, ok } from "../../../lib/failure.ts";
import { silentLog } from "../../../lib/log.ts";
import { openState } from "../../../store/open.ts";
import { type UserTaskRow, userTaskStore } from "../../../store/user_tasks.ts";
import { executorState, harness, memoryStore, START_MS } from "./harness.ts";
import { API, EXECUTE, idOf, PLAN, slow, SUMMARY, tasksOf } from "./slow_server.ts";

function openTasks(directory: string) {
  const opened = openState({ directory, clock: new ManualClock(START_MS), log: silentLog });
  assert(opened.ok);
  return opened.value;
}

Deno.test("finished tasks survive a restart, the slow ones that somebody was told to come back for, too", async () => {
  const directory = Deno.makeTempDirSync();
  const before = openTasks(directory);
  const { h, askSlowly } = slow({ store: userTaskStore(before) });
  const done = await h.ask(`${API}/pause_sampling?json=true`, { method: "POST" });
  const active = await askSlowly(PLAN);
  assertEquals(active.status, 202);
  before.close(); // as a crash would: no orderly stop

  const after = openTasks(directory);
  const next = harness({ store: userTaskStore(after), config: { "webserver.http.port": "0" } });
  await next.server.start();
  const ask = (path: string, response: Response, method = "GET") =>
    next.ask(path, { method, headers: { "User-Task-ID": idOf(response) } });
  const again = await ask(`${API}/pause_sampling?json=true`, done, "POST");
  assertEquals([again.status, await again.text()], [200, await done.text()]);
  const lost = await ask(PLAN, active);
  assertEquals(lost.status, 500);
  assertStringIncludes((await lost.json()).errorMessage, "Evenkeel was restarted while it worked");
  const statuses = (await tasksOf(next)).map((task) => task["Status"]);
  assertEquals(statuses, ["Completed", "CompletedWithError"]);
  await next.server.stop();
  after.close();
  Deno.removeSync(directory, { recursive: true });
});

function executingRow(id: string, change: Partial<UserTaskRow> = {}): UserTaskRow {
  return {
    userTaskId: id,
    endpoint: "REBALANCE",
    matchKey: `POST ${API}/rebalance ["dryrun","false"] ["json","true"]`,
    requestUrl: `POST ${EXECUTE}`,
    clientIdentity: "127.0.0.1",
    startMs: START_MS - 1000,
    status: "InExecution",
    executes: true,
    wantsJson: true,
    answer: { httpStatus: 200, body: '{"version":1}' },
    ...change,
  };
}

Deno.test("after a restart tasks follow the execution that the executor recovered, ended or never had", async () => {
  const rows = () => [
    executingRow("00000000-0000-7000-8000-000000000001"),
    executingRow("00000000-0000-7000-8000-000000000002", { status: "Active" }),
    executingRow("00000000-0000-7000-8000-000000000003"),
    executingRow("00000000-0000-7000-8000-000000000004"),
    executingRow("00000000-0000-7000-8000-000000000005", { status: "Active", answer: undefined }),
  ];
  const id = (n: number) => `00000000-0000-7000-8000-00000000000${n}`;
  const h = harness({
    store: memoryStore(rows()),
    config: { "webserver.http.port": "0" },
    handlers: {
      get_executor_state: () =>
        ok(executorState({
          phase: "INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS",
          executionUuid: id(2),
          lastExecution: { ...SUMMARY, executionUuid: id(3) },
        })),
    },
  });
  await h.server.start();
  await h.server.tick(h.clock.nowMs());
  const listed = await tasksOf(h, "&fetch_completed_task=true");
  const status = Object.fromEntries(listed.map((task) => [task["UserTaskId"], task["Status"]]));
  assertEquals(status, {
    [id(1)]: "CompletedWithError", // the executor knows nothing of it
    [id(2)]: "InExecution", // crashed after the hand-over, recovered
    [id(3)]: "Completed", // ended while the server was away
    [id(4)]: "CompletedWithError",
    [id(5)]: "CompletedWithError", // never handed over
  });
  h.server.handle({ kind: "execution_ended", summary: { ...SUMMARY, executionUuid: id(2) } });
  assertEquals((await tasksOf(h, `&user_task_ids=${id(2)}`))[0]!["Status"], "Completed");
  await h.server.stop();
});

Deno.test("after a restart a reservation that nobody will use is given back", async () => {
  const id = "00000000-0000-7000-8000-000000000001";
  let isSilent = true;
  const h = harness({
    store: memoryStore([executingRow(id, { status: "Active", answer: undefined })]),
    config: { "webserver.http.port": "0" },
    handlers: {
      get_executor_state: () =>
        isSilent ? fail("actor_died", "restarting") : ok(executorState({
          phase: "GENERATING_PROPOSALS_FOR_EXECUTION",
          executionUuid: id,
        })),
    },
  });
  await h.server.start();
  await h.server.tick(h.clock.nowMs());
  assertEquals((await tasksOf(h))[0]!["Status"], "Active", "undecided until the executor answers");
  isSilent = false;
  await h.server.tick(h.clock.nowMs());
  assertEquals(h.asked.at(-1), {
    kind: "release_executor",
    request: { kind: "release_executor", executionUuid: id },
  });
  assertEquals((await tasksOf(h))[0]!["Status"], "CompletedWithError");
  await h.server.stop();
});
