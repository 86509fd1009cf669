/**
 * From a request to an answer: finds the endpoint, reads parameters, finds or makes the user task, waits.
 * The order of the checks is Cruise Control's.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import { withDeadline } from "../../lib/clock.ts";
import type { Endpoint, EndpointAnswer, EndpointDeps, PreparedCall, Role } from "./endpoint.ts";
import { mayCall, type User } from "./credentials.ts";
import { processingError } from "./errors.ts";
import { schemaHeader } from "./json.ts";
import { bodyOf, endedBy } from "./long_body.ts";
import { wantsJson } from "./params.ts";
import { readGiven } from "./request_body.ts";
import type { Sessions } from "./sessions.ts";
import { type Asked, progressOf, type Surface } from "./surface.ts";
import type { TaskAnswer, TaskHandle, TaskOutcome, UserTasks, UserTaskView } from "./user_tasks.ts";

/** Names that carry the caller's address, first match wins. */
const CLIENT_HEADERS = [
  "x-forwarded-for",
  "proxy-client-ip",
  "wl-proxy-client-ip",
  "http_x_forwarded_for",
  "http_x_forwarded",
  "http_x_cluster_client_ip",
  "http_client_ip",
  "http_forwarded_for",
  "http_forwarded",
  "http_via",
  "remote_addr",
];

/** What dispatching needs. */
export interface DispatchDeps extends EndpointDeps {
  readonly tasks: UserTasks;
  readonly sessions: Sessions;
  /** Aborted when the server ends and waits no longer for long bodies on their way. */
  readonly ending: AbortSignal;
}

/** Who asks. */
export interface Caller {
  /** Address of the socket's other end. */
  readonly address: string;
  /** Undefined when callers need not authenticate. */
  readonly user: User | undefined;
}

/** A request with what was found out about it. */
interface Received {
  readonly request: Request;
  readonly url: URL;
  readonly surface: Surface;
  readonly endpoint: Endpoint;
  readonly query: URLSearchParams;
  /** JSON, where the endpoint reads it. */
  readonly body: string | undefined;
  readonly asked: Asked;
  /** The body of the answer, when its task keeps less of it. */
  whole?: string;
  readonly sessionId: string;
  readonly clientIdentity: string;
  readonly roles: readonly Role[];
  readonly matchKey: string;
}

/** An answer before it becomes a response. */
interface Reply extends TaskAnswer {
  readonly taskId?: string;
  /** Sent instead of the body. */
  readonly stream?: ReadableStream<Uint8Array> | undefined;
}

/** The identity that tasks and reasons show. */
export function clientIdentityOf(headers: Headers, address: string): string {
  for (const name of CLIENT_HEADERS) {
    const value = headers.get(name)?.trim();
    if (value !== undefined && value !== "" && value.toLowerCase() !== "unknown") return value;
  }
  return address;
}

/** What a request that wants the same task must equal: method, path and parameters, whatever their order. */
export function matchKeyOf(
  surface: Surface,
  endpoint: Endpoint,
  given: { readonly query: URLSearchParams; readonly body?: string | undefined },
): string {
  const pairs = [...given.query].map(([name, value]) =>
    JSON.stringify([name.toLowerCase(), value])
  );
  const sorted = [...new Set(pairs)].sort();
  const body = given.body === undefined ? "" : ` ${given.body}`;
  return `${endpoint.method} ${surface.prefix}/${endpoint.name} ${sorted.join(" ")}${body}`;
}

/** The endpoint that the last segment of a path names, whatever its case. */
export function findEndpoint(
  surface: Surface,
  method: string,
  pathname: string,
): Endpoint | undefined {
  const name = lastSegment(pathname).toLowerCase();
  return surface.endpoints.find((endpoint) => endpoint.method === method && endpoint.name === name);
}

function lastSegment(pathname: string): string {
  return pathname.split("/").filter((segment) => segment !== "").at(-1) ?? "";
}

/** Answers requests to the surfaces. */
export class Dispatcher {
  readonly #deps: DispatchDeps;

  /** One for all surfaces. */
  constructor(deps: DispatchDeps) {
    this.#deps = deps;
  }

  /** Answers one GET or POST under the surface's prefix. */
  async handle(request: Request, surface: Surface, caller: Caller): Promise<Response> {
    const { sessions, context } = this.#deps;
    const url = new URL(request.url);
    const session = sessions.enter(cookieOf(request), context.clock.nowMs());
    const asked: Asked = {
      method: request.method,
      endpoint: lastSegment(url.pathname).toLowerCase(),
      wantsJson: wantsJson(url.searchParams),
    };
    const respond = (reply: Reply) => this.#respond(reply, { surface, asked, session, url });
    if (request.method !== "GET" && request.method !== "POST") {
      return respond(surface.error(400, `${request.method} is not supported`, asked));
    }
    const endpoint = findEndpoint(surface, request.method, url.pathname);
    if (endpoint === undefined) return respond(unknownEndpoint(surface, url, asked));
    if (caller.user !== undefined && !mayCall(caller.user, endpoint.role)) {
      return respond(surface.error(403, `Role ${endpoint.role} is needed`, asked));
    }
    const { readsJson } = endpoint;
    const given = await readGiven(request, { readsJson, clock: context.clock });
    if (!given.ok) return respond(surface.error(given.status, given.problem, asked));
    const received: Received = {
      request,
      url,
      surface,
      endpoint,
      query: given.query,
      body: given.body,
      asked: { ...asked, wantsJson: wantsJson(given.query) },
      sessionId: session.id,
      clientIdentity: clientIdentityOf(request.headers, caller.address),
      roles: [...caller.user?.roles ?? []],
      matchKey: matchKeyOf(surface, endpoint, given),
    };
    const reply = await this.#answer(received);
    return this.#respond(reply, { surface, asked: received.asked, session, url });
  }

  async #answer(received: Received): Promise<Reply> {
    const { endpoint, surface, asked } = received;
    const prepared = endpoint.prepare(received.query, this.#deps.settings, received.body);
    if (!prepared.ok) return surface.refusal(prepared.refusal, asked);
    if (endpoint.untracked) return await this.#runUntracked(received, prepared.call);
    const found = this.#findTask(received);
    if (found === "mismatch") {
      const id = received.request.headers.get("user-task-id");
      const reason = `Unexpected header ${id} (value: User-Task-ID) in the request.`;
      return surface.error(500, processingError(asked.method, endpoint.name, reason), asked);
    }
    const task = found ?? this.#begin(received, prepared.call);
    if (!("done" in task)) return task;
    return await this.#waitFor(task, received);
  }

  /** The task that the request comes back for: by header, else by session. */
  #findTask(received: Received): UserTaskView | "mismatch" | undefined {
    const { tasks, sessions } = this.#deps;
    const header = received.request.headers.get("user-task-id");
    if (header !== null) {
      const task = tasks.get(header.trim().toLowerCase());
      return task !== undefined && task.matchKey === received.matchKey ? task : "mismatch";
    }
    if (!received.endpoint.isAsync) return undefined;
    const id = sessions.taskOf(received.sessionId, received.matchKey);
    return id === undefined ? undefined : tasks.get(id);
  }

  #begin(received: Received, call: PreparedCall): UserTaskView | Reply {
    const { endpoint, surface, asked } = received;
    const { tasks, sessions } = this.#deps;
    const begun = tasks.begin({
      endpoint: endpoint.name.toUpperCase(),
      matchKey: received.matchKey,
      requestUrl: requestUrlOf(received),
      clientIdentity: received.clientIdentity,
      executes: call.executes,
      wantsJson: asked.wantsJson,
      isAdmin: endpoint.method === "POST",
      alwaysAdmitted: endpoint.alwaysAdmitted,
    }, (handle) => this.#run(received, call, handle));
    if (!begun.ok) {
      const { message } = begun.failure;
      return surface.error(500, processingError(asked.method, endpoint.name, message), asked);
    }
    if (endpoint.isAsync) {
      sessions.remember(received.sessionId, received.matchKey, begun.value.userTaskId);
    }
    return begun.value;
  }

  async #run(received: Received, call: PreparedCall, handle: TaskHandle): Promise<TaskOutcome> {
    const { surface, asked } = received;
    const write = async (answer: EndpointAnswer) => ({
      httpStatus: 200,
      body: await surface.answer(answer, asked),
    });
    const result = await call.run({
      taskId: handle.userTaskId,
      clientIdentity: received.clientIdentity,
      roles: received.roles,
      step: handle.step,
      prepared: async (answer) => handle.prepared(await write(answer)),
    }, this.#deps);
    if (!result.ok) return { ...surface.failure(result.failure, asked), inExecution: false };
    const { kept, inExecution = false } = result.value;
    if (kept === undefined) return { ...await write(result.value), inExecution };
    received.whole = (await write(result.value)).body;
    return { ...await write(kept), inExecution };
  }

  async #runUntracked(received: Received, call: PreparedCall): Promise<Reply> {
    const { surface, asked } = received;
    const result = await call.run({
      taskId: "",
      clientIdentity: received.clientIdentity,
      roles: received.roles,
      step() {},
      prepared: () => Promise.resolve(),
    }, this.#deps);
    if (!result.ok) return surface.failure(result.failure, asked);
    const { stream } = result.value;
    return { httpStatus: 200, body: await surface.answer(result.value, asked), stream };
  }

  async #waitFor(task: UserTaskView, received: Received): Promise<Reply> {
    const { context, settings, tasks, sessions, facts } = this.#deps;
    const { endpoint, surface, asked } = received;
    const taskId = task.userTaskId;
    if (endpoint.isAsync) {
      const nowMs = context.clock.nowMs();
      await withDeadline(context.clock, nowMs + settings.maxBlockMs, task.done);
    } else {
      await task.done;
    }
    if (task.status === "Active") {
      tasks.handedOut(taskId);
      const progress = progressOf(endpoint.operation, task.steps, {
        planSteps: facts.planSteps(taskId),
        nowMs: context.clock.nowMs(),
      });
      return { httpStatus: 202, body: surface.progress(progress, asked), taskId };
    }
    assert(task.answer !== undefined, "A task that is not active has an answer");
    // A reader wants fresh figures next time; a form that is sent twice must not execute twice.
    if (endpoint.method === "GET") sessions.forget(received.sessionId, received.matchKey);
    return { ...task.answer, body: received.whole ?? task.answer.body, taskId };
  }

  #respond(
    reply: Reply,
    to: {
      surface: Surface;
      asked: Asked;
      session: { id: string; isNew: boolean };
      url: URL;
    },
  ): Response {
    const isJson = to.surface.isJson(to.asked.wantsJson);
    const made = reply.stream ?? bodyOf(reply.body);
    const body = made instanceof ReadableStream ? endedBy(made, this.#deps.ending) : made;
    const headers = new Headers({
      "Content-Type": isJson ? "application/json;charset=utf-8" : "text/plain;charset=utf-8",
    });
    if (body instanceof Uint8Array) headers.set("Content-Length", String(body.byteLength));
    if (reply.taskId !== undefined) headers.set("User-Task-ID", reply.taskId);
    if (to.session.isNew) {
      const path = this.#deps.settings.sessionPath;
      headers.set("Set-Cookie", `JSESSIONID=${to.session.id};Path=${path};HttpOnly`);
    }
    if (isJson && to.url.searchParams.get("get_response_schema")?.toLowerCase() === "true") {
      headers.set("Cruise-Control-JSON-Schema", schemaHeader(JSON.parse(reply.body)));
    }
    return new Response(body, { status: reply.httpStatus, headers });
  }
}

function cookieOf(request: Request): string | undefined {
  return /(?:^|;)\s*JSESSIONID=([^;]+)/.exec(request.headers.get("cookie") ?? "")?.[1];
}

function unknownEndpoint(surface: Surface, url: URL, asked: Asked): Reply {
  const known = surface.endpoints.filter((endpoint) => endpoint.method === asked.method)
    .map((endpoint) => endpoint.name.toUpperCase()).join(", ");
  return surface.error(
    404,
    `Unrecognized endpoint in request '/${
      lastSegment(url.pathname.slice(surface.prefix.length))
    }'\nSupported ${asked.method} endpoints: [${known}]`,
    asked,
  );
}

function requestUrlOf(received: Received): string {
  const pairs = [...received.query].map(([name, value]) => `${name}=${value}`);
  const path = received.url.pathname;
  return `${received.request.method} ${path}${pairs.length === 0 ? "" : `?${pairs.join("&")}`}`;
}
