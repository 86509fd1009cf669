/**
 * The two faces of the API: Cruise Control's, and our own. They share endpoints, tasks and sessions, and differ in
 * how answers and failures are written.
 *
 * @module
 */
import type { Failure, FailureCode } from "../../lib/failure.ts";
import type { PlanStep } from "../../messages/analyzer.ts";
import type { Endpoint, EndpointAnswer } from "./endpoint.ts";
import { badRequest, errorBody, exceptionText, processingError } from "./errors.ts";
import { jsonText, longText, nativeJsonText } from "./json.ts";
import type { ParamRefusal } from "./params.ts";
import { fixed, right } from "./java_format.ts";
import type { TaskAnswer, TaskStep } from "./user_tasks.ts";

/** What an answer is to: for the texts of failures. */
export interface Asked {
  readonly method: string;
  /** Lower case. */
  readonly endpoint: string;
  readonly wantsJson: boolean;
}

/** Progress of a task, for people who wait. */
export interface Progress {
  readonly operation: string;
  readonly steps: readonly PlanStep[];
  /** Step descriptions by step, where there are some. */
  readonly descriptions: ReadonlyMap<string, string>;
}

/** One face. */
export interface Surface {
  /** Without a slash at the end. */
  readonly prefix: string;
  readonly endpoints: readonly Endpoint[];
  isJson(wantsJson: boolean): boolean;
  /** With pauses where it is long. */
  answer(answer: EndpointAnswer, asked: Asked): Promise<string>;
  failure(failure: Failure, asked: Asked): TaskAnswer;
  refusal(refusal: ParamRefusal, asked: Asked): TaskAnswer;
  /** An error that is neither: wrong path, wrong method, limits. */
  error(httpStatus: number, message: string, asked: Asked): TaskAnswer;
  progress(progress: Progress, asked: Asked): string;
}

/** Own steps and the analyzer's, as progress. `nowMs` is when the current step has lasted until. */
export function progressOf(
  operation: string,
  steps: readonly TaskStep[],
  options: { planSteps: readonly PlanStep[]; nowMs: number },
): Progress {
  const own = steps.map((step, i): PlanStep => {
    const next = steps[i + 1]?.startedMs;
    return {
      step: step.step,
      completionPercentage: next === undefined && options.planSteps.length === 0 ? 0 : 100,
      timeInMs: (next ?? options.nowMs) - step.startedMs,
    };
  });
  const all = own.length === 0
    ? [{ step: "PENDING", completionPercentage: 0, timeInMs: 0 }]
    : [...own, ...options.planSteps];
  return {
    operation,
    steps: all,
    descriptions: new Map(steps.map((step) => [step.step, step.description])),
  };
}

function ccProgress(progress: Progress, asked: Asked): string {
  const describe = (step: PlanStep) => progress.descriptions.get(step.step) ?? "";
  if (asked.wantsJson) {
    const operationProgress = progress.steps.map((step) => ({
      step: step.step,
      description: describe(step),
      "time-in-ms": Math.round(step.timeInMs),
      completionPercentage: step.completionPercentage,
    }));
    return jsonText({
      version: 1,
      progress: [{ operation: progress.operation, operationProgress }],
    });
  }
  const lines = progress.steps.map((step) =>
    `(${right(Math.round(step.timeInMs), 6)} ms) - (${
      fixed(step.completionPercentage, 1)
    }%) ${step.step}: ${describe(step)}`
  );
  return `${progress.operation}:\n${lines.join("\n")}\n`;
}

/** Cruise Control's face, under `prefix`. */
export function cruiseControlSurface(prefix: string, endpoints: readonly Endpoint[]): Surface {
  const error = (httpStatus: number, message: string, asked: Asked, stackTrace = "") => ({
    httpStatus,
    body: asked.wantsJson ? jsonText(errorBody(message, stackTrace)) : message,
  });
  return {
    prefix,
    endpoints,
    isJson: (wantsJson) => wantsJson,
    answer: async (answer, asked) =>
      asked.wantsJson ? await longText({ ...answer.json, version: 1 }, jsonText) : answer.text(),
    failure(failure, asked) {
      const reason = exceptionText(failure);
      return error(500, processingError(asked.method, asked.endpoint, reason), asked, reason);
    },
    refusal(refusal, asked) {
      switch (refusal.kind) {
        case "unknown_name":
          return error(400, refusal.message, asked);
        case "unreadable":
          return error(400, refusal.message, asked, `UserRequestException: ${refusal.message}`);
        case "forbidden":
          return error(403, refusal.message, asked);
        case "unusable":
          return error(400, badRequest(asked.method, asked.endpoint, refusal.message), asked);
      }
    },
    error: (httpStatus, message, asked) => error(httpStatus, message, asked),
    progress: ccProgress,
  };
}

const HTTP_STATUS: Partial<Record<FailureCode, number>> = {
  invalid_argument: 400,
  not_found: 404,
  ongoing_execution: 409,
  hard_goal_unmet: 422,
  mailbox_full: 429,
  not_enough_windows: 503,
  cluster_unreachable: 503,
  actor_died: 503,
  shutting_down: 503,
  deadline_exceeded: 504,
};

/** Our own face: JSON only, failures as they are. */
export function nativeSurface(prefix: string, endpoints: readonly Endpoint[]): Surface {
  const error = (httpStatus: number, failure: Failure): TaskAnswer => ({
    httpStatus,
    body: nativeJsonText({ failure }),
  });
  const invalid = (message: string): Failure => ({
    code: "invalid_argument",
    message,
    retriable: false,
  });
  return {
    prefix,
    endpoints,
    isJson: () => true,
    answer: (answer) => longText(answer.native ?? answer.json, nativeJsonText),
    failure: (failure) => error(HTTP_STATUS[failure.code] ?? 500, failure),
    refusal: ({ kind, message }) => error(kind === "forbidden" ? 403 : 400, invalid(message)),
    error: (httpStatus, message) => error(httpStatus, invalid(message)),
    progress: (progress) =>
      nativeJsonText({ operation: progress.operation, progress: progress.steps }),
  };
}
