/**
 * Cruise Control's list of user tasks, as JSON and as a table.
 *
 * @module
 */
import type { UserTaskStatus } from "../../../store/user_tasks.ts";
import { left, utcSeconds } from "../java_format.ts";
import type { UserTaskView } from "../user_tasks.ts";

/** A task as clients read it. No other members: one client's parser is strict. */
export interface UserTaskJson {
  readonly UserTaskId: string;
  readonly RequestURL: string;
  readonly ClientIdentity: string;
  /** Digits, a text: upstream sends it so. */
  readonly StartMs: string;
  readonly Status: UserTaskStatus;
  readonly originalResponse?: string;
}

const ORDER: readonly UserTaskStatus[] = [
  "Active",
  "InExecution",
  "Completed",
  "CompletedWithError",
];

function rank(status: UserTaskStatus): number {
  return Math.min(ORDER.indexOf(status), ORDER.indexOf("Completed"));
}

function originalResponse(task: UserTaskView): string {
  // A failed computation is told by this word; a failed execution still has its plan.
  return task.answer === undefined || task.answer.httpStatus !== 200
    ? "CompletedWithError"
    : task.answer.body;
}

/** The first tasks in upstream's order: active, in execution, finished. */
export function userTaskList(
  tasks: readonly UserTaskView[],
  options: { fetchCompleted: boolean; entries: number },
): UserTaskJson[] {
  const sorted = [...tasks].sort((a, b) => rank(a.status) - rank(b.status));
  return sorted.slice(0, options.entries).map((task) => ({
    UserTaskId: task.userTaskId,
    RequestURL: task.requestUrl,
    ClientIdentity: task.clientIdentity,
    StartMs: String(task.startMs),
    Status: task.status,
    ...(options.fetchCompleted && task.status !== "Active"
      ? { originalResponse: originalResponse(task) }
      : {}),
  }));
}

/** The table in plain text; stored answers follow it when they were fetched. */
export function userTasksText(tasks: readonly UserTaskJson[]): string {
  // A parameter or a header may hold a line feed, which would make rows of its own.
  const shown = (text: string) => text.replace(/\p{Cc}/gu, " ");
  const columns: readonly [string, number, (task: UserTaskJson) => string][] = [
    ["USER TASK ID", 20, (task) => task.UserTaskId],
    ["CLIENT ADDRESS", 20, (task) => shown(task.ClientIdentity)],
    ["START TIME", 20, (task) => utcSeconds(Number(task.StartMs))],
    ["STATUS", 10, (task) => task.Status],
    ["REQUEST URL", 20, (task) => shown(task.RequestURL)],
  ];
  const widths = columns.map(([, least, cell]) =>
    Math.max(least, ...tasks.map((task) => cell(task).length)) + 2
  );
  const header = columns.map(([label], i) => left(label, widths[i]!)).join("");
  const rows = tasks.map((task) =>
    columns.map(([, , cell], i) => left(cell(task), widths[i]!)).join("")
  );
  const answers = tasks.filter((task) => task.originalResponse !== undefined).map((task) =>
    `\nOriginal response for task ${task.UserTaskId}:\n${task.originalResponse}`
  );
  return [header, ...rows].map((line) => `\n${line}`).join("") + answers.join("");
}
