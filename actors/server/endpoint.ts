/**
 * What an endpoint is: parameters as data, and a function from their values to an answer.
 *
 * @module
 */
import type { Failure, Result } from "../../lib/failure.ts";
import type { ActorContext } from "../../messages/actor.ts";
import type { Facts } from "./facts.ts";
import {
  type ParamRefusal,
  type ParamSpecs,
  type ReadParams,
  readParams,
  type ValuesOf,
} from "./params.ts";
import type { ServerSettings, TaskType } from "./settings.ts";
import type { UserTaskView } from "./user_tasks.ts";

/** Least role that may call; ADMIN may everything, USER what VIEWER may, too. */
export type Role = "VIEWER" | "USER" | "ADMIN";

/** What endpoints work with. */
export interface EndpointDeps {
  readonly context: ActorContext;
  readonly settings: ServerSettings;
  readonly facts: Facts;
  /** The user tasks of now, for the endpoint that lists them. */
  userTasks(): readonly UserTaskView[];
  /** Resolves when nothing executes any more, with `deadline_exceeded` after `deadlineMs` milliseconds. */
  executionEnded(options: { deadlineMs: number }): Promise<Result<void>>;
}

/** What was read from a request, with its JSON body where the endpoint reads one. */
export type Read<S extends ParamSpecs> = ReadParams<S> & { readonly body: string | undefined };

/** One call of an endpoint. */
export interface Call<S extends ParamSpecs> {
  readonly values: ValuesOf<S>;
  /** Names that the request gave, in lower case. */
  readonly given: ReadonlySet<string>;
  /** The JSON body as text, where the endpoint reads one and the request has it. */
  readonly body: string | undefined;
  /** Id of the user task; also the uuid of the plan and of the execution that it makes. */
  readonly taskId: string;
  readonly clientIdentity: string;
  /** Roles of the caller; empty where callers need not authenticate. */
  readonly roles: readonly Role[];
  /** Adds a step that people who wait are shown; the step before it is done. */
  step(name: string, description: string): void;
  /** Keeps the answer before an execution starts, so that a crash in between does not lose it. */
  prepared(answer: EndpointAnswer): Promise<void>;
}

/** An answer. */
export interface EndpointAnswer {
  /** JSON without the version, which is added to all. */
  readonly json: object;
  /** What our own API answers, where it is more than `json`. */
  readonly native?: object;
  /** Plain text, made only when asked for; a promise where it is long and made with pauses. */
  text(): string | Promise<string>;
  /** Set when an execution with the task's id was started. */
  readonly inExecution?: boolean;
  /** What is sent instead of `json`, piece by piece; of untracked endpoints of our own API alone. */
  readonly stream?: ReadableStream<Uint8Array>;
  /** What the task keeps instead of the whole. */
  readonly kept?: EndpointAnswer;
}

/** An endpoint as it is declared. */
export interface EndpointSpec<S extends ParamSpecs> {
  /** Lower case, as in the path. */
  readonly name: string;
  readonly method: "GET" | "POST";
  /** Asynchronous ones answer 202 when they take long. */
  readonly isAsync: boolean;
  readonly role: Role;
  readonly taskType: TaskType;
  /** What the progress calls it. */
  readonly operation: string;
  /** Let in when the limit of active tasks is reached, too. */
  readonly alwaysAdmitted?: boolean;
  /** No user task is made for it: it is asked every second and changes nothing. */
  readonly untracked?: boolean;
  /** Whether it reads a JSON body; others ignore theirs. */
  readonly readsJson?: boolean;
  readonly params: S;
  /** Why these values cannot be used together, undefined when they can. */
  check?(read: Read<S>, settings: ServerSettings): string | ParamRefusal | undefined;
  /** Whether these values may start an execution. */
  executes?(read: Read<S>): boolean;
  run(call: Call<S>, deps: EndpointDeps): Promise<Result<EndpointAnswer>>;
}

/** A call whose parameters are read and checked. */
export interface PreparedCall {
  readonly executes: boolean;
  run(
    task: Pick<Call<ParamSpecs>, "taskId" | "clientIdentity" | "roles" | "step" | "prepared">,
    deps: EndpointDeps,
  ): Promise<Result<EndpointAnswer>>;
}

/** An endpoint as the dispatcher uses it. */
export interface Endpoint {
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly isAsync: boolean;
  readonly role: Role;
  readonly taskType: TaskType;
  readonly operation: string;
  readonly alwaysAdmitted: boolean;
  readonly untracked: boolean;
  readonly readsJson: boolean;
  /** Names of the parameters, for the index page. */
  readonly paramNames: readonly string[];
  prepare(
    query: URLSearchParams,
    settings: ServerSettings,
    body?: string,
  ): { ok: true; call: PreparedCall } | { ok: false; refusal: ParamRefusal };
}

/** Closes an endpoint over the types of its parameters. */
export function defineEndpoint<S extends ParamSpecs>(spec: EndpointSpec<S>): Endpoint {
  return {
    name: spec.name,
    method: spec.method,
    isAsync: spec.isAsync,
    role: spec.role,
    taskType: spec.taskType,
    operation: spec.operation,
    alwaysAdmitted: spec.alwaysAdmitted ?? false,
    untracked: spec.untracked ?? false,
    readsJson: spec.readsJson ?? false,
    paramNames: Object.keys(spec.params),
    prepare(query, settings, body) {
      const title = `${spec.name.toUpperCase()} ${spec.method}`;
      const params = readParams(spec.params, query, { title });
      if (!params.ok) return params;
      const read = { ...params.read, body };
      const problem = spec.check?.(read, settings);
      if (typeof problem === "string") {
        return { ok: false, refusal: { message: problem, kind: "unusable" } };
      }
      if (problem !== undefined) return { ok: false, refusal: problem };
      return {
        ok: true,
        call: {
          executes: spec.executes?.(read) ?? false,
          run: (task, deps) => spec.run({ ...task, ...read }, deps),
        },
      };
    },
  };
}

/** The answer of endpoints that only say that it is done. */
export function messageAnswer(message: string): EndpointAnswer {
  return { json: { message }, text: () => message };
}

/** A failed result of another type. */
export function failed(failure: Failure): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure };
}
