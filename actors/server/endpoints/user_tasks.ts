/** `user_tasks`: what was asked of this server and what became of it. */
import type { UserTaskStatus } from "../../../store/user_tasks.ts";
import { defineEndpoint } from "../endpoint.ts";
import { bool, int, text, texts, uuids } from "../params.ts";
import { userTaskList, userTasksText } from "../shapes/user_tasks.ts";

const STATUSES: readonly string[] = [
  "Active",
  "InExecution",
  "Completed",
  "CompletedWithError",
] satisfies UserTaskStatus[];

/** Upstream's default: as many as an int can count. */
const ALL = 2 ** 31 - 1;

/** GET user_tasks. Unknown types and endpoints are ignored, as upstream does. */
export const userTasks = defineEndpoint({
  name: "user_tasks",
  method: "GET",
  isAsync: false,
  role: "VIEWER",
  taskType: "cruise_control_monitor",
  operation: "USER_TASKS request",
  params: {
    user_task_ids: uuids(),
    client_ids: texts(),
    endpoints: texts(),
    types: texts(),
    entries: int(ALL, { positive: "entries" }),
    fetch_completed_task: bool(false),
    reason: text(),
  },
  run({ values, taskId }, deps) {
    const types = values.types.filter((type) => STATUSES.includes(type));
    const endpoints = values.endpoints.map((name) => name.toUpperCase());
    const tasks = deps.userTasks().filter((task) =>
      task.userTaskId !== taskId &&
      (values.user_task_ids.length === 0 || values.user_task_ids.includes(task.userTaskId)) &&
      (values.client_ids.length === 0 || values.client_ids.includes(task.clientIdentity)) &&
      (endpoints.length === 0 || endpoints.includes(task.endpoint)) &&
      (types.length === 0 || types.includes(task.status))
    );
    const answerWith = (options: { fetchCompleted: boolean }) => {
      const listed = userTaskList(tasks, { ...options, entries: values.entries });
      return { json: { userTasks: listed }, text: () => userTasksText(listed) };
    };
    const plain = answerWith({ fetchCompleted: false });
    if (!values.fetch_completed_task) return Promise.resolve({ ok: true, value: plain });
    // The answers of others are not kept with this one: the next to fetch all would get each of them twice, the tenth
    // a thousand times.
    const whole = answerWith({ fetchCompleted: true });
    return Promise.resolve({ ok: true, value: { ...whole, kept: plain } });
  },
});
