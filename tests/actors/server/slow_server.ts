/** What tests of user tasks share: a server whose plans take as long as the test says, and reading the list of tasks. */
import { ManualClock, settle } from "../../../lib/clock.ts";
import { ok, type Result } from "../../../lib/failure.ts";
import type { ExecutionSummary } from "../../../messages/executor.ts";
import type { AnswerOf } from "../../../messages/mod.ts";
import { type Harness, harness, madePlan, START_MS } from "./harness.ts";

/** Path of the Cruise Control API. */
export const API = "/kafkacruisecontrol";
/** A request for a plan. */
export const PLAN = `${API}/proposals?json=true`;
/** A request that executes. */
export const EXECUTE = `${API}/rebalance?dryrun=false&json=true`;

/** How an execution ends that goes well. */
export const SUMMARY: Omit<ExecutionSummary, "executionUuid"> = {
  outcome: "completed",
  startedAtMs: START_MS,
  endedAtMs: START_MS + 1,
  completed: 10,
  aborted: 0,
  dead: 0,
  notBegun: 0,
  movedMb: 59,
  explanation: "All tasks are done",
};

/** A server whose plans are ready when the test says so. */
export function slow(config: Parameters<typeof harness>[0] = {}) {
  const clock = new ManualClock(START_MS);
  const waiting: ((answer: Result<AnswerOf<"make_plan">>) => void)[] = [];
  const h = harness({
    ...config,
    clock,
    handlers: {
      make_plan: () => new Promise((resolve) => waiting.push(resolve)),
      ...config.handlers,
    },
  });
  return {
    h,
    clock,
    async finish(answer: Result<AnswerOf<"make_plan">> = ok(madePlan())) {
      await settle();
      for (const resolve of waiting.splice(0)) resolve(answer);
      for (let i = 0; i < 5; i++) await settle();
    },
    /** Asks, and lets the time pass that the server waits for a result. */
    async askSlowly(path: string, init: RequestInit = {}): Promise<Response> {
      const response = h.ask(path, init);
      for (let i = 0; i < 5; i++) await settle();
      await clock.advanceTo(clock.nowMs() + 10_000);
      return await response;
    },
  };
}

/** The session that an answer begins. */
export const cookieOf = (response: Response) => response.headers.get("set-cookie")!.split(";")[0]!;
/** The task of an answer. */
export const idOf = (response: Response) => response.headers.get("user-task-id")!;

/** The listed tasks. */
export async function tasksOf(h: Harness, query = "") {
  const response = await h.ask(`${API}/user_tasks?json=true${query}`);
  return (await response.json()).userTasks as Record<string, string>[];
}
