import { assertEquals } from "@std/assert";
import { ManualClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import { openState, type Store } from "../../store/open.ts";
import { type UserTaskRow, userTaskStore } from "../../store/user_tasks.ts";

function openIn(directory: string): Store {
  const opened = openState({ directory, clock: new ManualClock(1_000), log: silentLog });
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

function task(userTaskId: string, startMs: number, more: Partial<UserTaskRow> = {}): UserTaskRow {
  return {
    userTaskId,
    endpoint: "REBALANCE",
    matchKey: "POST /kafkacruisecontrol/rebalance dryrun=false",
    requestUrl: "POST /kafkacruisecontrol/rebalance?dryrun=false",
    clientIdentity: "127.0.0.1",
    startMs,
    status: "Active",
    executes: true,
    wantsJson: false,
    answer: undefined,
    ...more,
  };
}

Deno.test("userTaskStore() gives back what was saved, after the file was closed, too", () => {
  const directory = Deno.makeTempDirSync();
  const first = openIn(directory);
  const done = task("b", 20, {
    status: "Completed",
    executes: false,
    wantsJson: true,
    answer: { httpStatus: 200, body: '{"version":1}' },
  });
  const tasks = userTaskStore(first);
  assertEquals(tasks.save([done, task("a", 10)]).ok, true);
  first.close();
  const second = openIn(directory);
  assertEquals(userTaskStore(second).list(), { ok: true, value: [task("a", 10), done] });
  second.close();
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("userTaskStore() replaces a task with the same id and removes tasks", () => {
  const directory = Deno.makeTempDirSync();
  const store = openIn(directory);
  const tasks = userTaskStore(store);
  tasks.save([task("a", 10), task("b", 20)]);
  const ended = task("a", 10, {
    status: "CompletedWithError",
    answer: { httpStatus: 500, body: "no" },
  });
  tasks.save([ended]);
  assertEquals(tasks.list(), { ok: true, value: [ended, task("b", 20)] });
  tasks.remove(["b", "unknown"]);
  assertEquals(tasks.list(), { ok: true, value: [ended] });
  store.close();
  Deno.removeSync(directory, { recursive: true });
});
