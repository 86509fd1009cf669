/** The server: people and programs ask here; it asks the other actors. */
import { withDeadline } from "../../lib/clock.ts";
import { fail, FailureError, ok, type Result } from "../../lib/failure.ts";
import type { Config } from "../../config/table.ts";
import type { Actor, ActorContext } from "../../messages/actor.ts";
import type { UserTaskRow, UserTaskStore } from "../../store/user_tasks.ts";
import { createApp, type Handler } from "./app.ts";
import { type Credentials, readCredentials } from "./credentials.ts";
import type { Endpoint, EndpointDeps } from "./endpoint.ts";
import { ENDPOINTS } from "./endpoints/mod.ts";
import { NATIVE_ENDPOINTS } from "./endpoints/native.ts";
import { createFacts } from "./facts.ts";
import { listen, type Listener } from "./listen.ts";
import { createMetrics } from "./metrics.ts";
import { createSessions } from "./sessions.ts";
import { type ServerSettings, settingsOf, type TaskType } from "./settings.ts";
import { cruiseControlSurface, nativeSurface, type Surface } from "./surface.ts";
import { UserTasks } from "./user_tasks.ts";
import { uuidSource } from "./uuid.ts";

/** What the server needs. */
export interface ServerDeps {
  readonly context: ActorContext;
  readonly config: Config;
  readonly userTasks: UserTaskStore;
}

/** The server, with a way to ask it without a port. */
export interface ServerActor extends Actor {
  /** Answers a request as if it had come through the port. Before `start()` it answers, too, without old tasks. */
  readonly fetch: Handler;
  /** The port it listens on, undefined while it does not. */
  readonly port: number | undefined;
}

/** Path of our own API. */
export const NATIVE_PREFIX = "/evenkeel/v1";

/** Between two sweeps of sessions and tasks, upstream's interval. */
const SWEEP_MS = 5_000;

/** How often a wait for the end of an execution looks for itself, in case the fact was lost. */
const RECHECK_MS = 1_000;

/** How long running requests may take to end when the server stops. */
const STOP_MS = 3_000;

/** Settings and credentials, checked. Fails with what to change; call it before starting anything. */
export function checkServer(
  config: Config,
): Result<{ settings: ServerSettings; credentials: Credentials | undefined }> {
  const settings = settingsOf(config);
  if (!settings.ok) return settings;
  if (settings.value.credentialsFile === undefined) {
    return ok({ settings: settings.value, credentials: undefined });
  }
  const credentials = readCredentials(settings.value.credentialsFile);
  return credentials.ok
    ? ok({ settings: settings.value, credentials: credentials.value })
    : credentials;
}

/** Creates the server. Throws when the settings are refused: check them with {@link checkServer} before. */
export function createServer({ context, config, userTasks: store }: ServerDeps): ServerActor {
  const checked = checkServer(config);
  if (!checked.ok) throw new FailureError(checked.failure);
  const { settings, credentials } = checked.value;
  const { clock, log } = context;
  const facts = createFacts();
  const newId = uuidSource(clock, context.prng);
  const surfaces: readonly Surface[] = [
    cruiseControlSurface(settings.apiPrefix, ENDPOINTS),
    nativeSurface(NATIVE_PREFIX, NATIVE_ENDPOINTS),
  ];
  const types = taskTypes([...ENDPOINTS, ...NATIVE_ENDPOINTS]);
  const tasks = new UserTasks({
    clock,
    log,
    store,
    newId,
    activeMax: settings.activeTasksMax,
    typeOf: (endpoint) => types.get(endpoint) ?? "cruise_control_monitor",
    retention: settings.retention,
    lost: (row, reason) => lostAnswer(row, reason, surfaces),
  });
  const sessions = createSessions(newId, { idleMs: settings.sessionIdleMs });
  const ends = endSignal();
  const endpointDeps: EndpointDeps = {
    context,
    settings,
    facts,
    userTasks: () => tasks.all(),
    executionEnded: (options) => waitForEnd(context, settings, { ...options, ends }),
  };
  const fetch = createApp({
    ...endpointDeps,
    tasks,
    sessions,
    surfaces,
    credentials,
    metrics: createMetrics(),
    startedMonotonicMs: clock.monotonicMs(),
  });
  let listener: Listener | undefined;

  /** What became of executions that tasks of before a restart had started. */
  async function resolveRestored(): Promise<void> {
    const state = await context.request({ kind: "get_executor_state", withTasks: false }, {
      deadlineMs: settings.askTimeoutMs,
    });
    if (!state.ok) return; // the next tick asks again
    for (const executionUuid of tasks.resolveRestored(state.value)) {
      await context.request({ kind: "release_executor", executionUuid }, {
        deadlineMs: settings.askTimeoutMs,
      });
    }
  }

  return {
    fetch,
    get port() {
      return listener?.port;
    },
    start() {
      const restored = tasks.restore();
      if (!restored.ok) return Promise.reject(new FailureError(restored.failure));
      const opened = listen(settings, fetch);
      if (!opened.ok) return Promise.reject(new FailureError(opened.failure));
      listener = opened.value;
      log.info("Listening", { url: `http://${settings.address}:${listener.port}/` });
      context.wake();
      return Promise.resolve();
    },
    handle(message) {
      facts.record(message, (summary) => {
        tasks.executionEnded(summary);
        ends.fire();
      });
    },
    answers: {},
    async tick(nowMs) {
      sessions.sweep(nowMs);
      tasks.sweep(nowMs);
      if (tasks.hasUnresolved) await resolveRestored();
      return nowMs + SWEEP_MS;
    },
    async stop() {
      if (listener !== undefined) {
        const closed = await withDeadline(clock, clock.nowMs() + STOP_MS, listener.stop());
        if (!closed.inTime) listener.abort();
        listener = undefined;
      }
      tasks.flush();
    },
  };
}

function taskTypes(endpoints: readonly Endpoint[]): Map<string, TaskType> {
  return new Map(endpoints.map((endpoint) => [endpoint.name.toUpperCase(), endpoint.taskType]));
}

function lostAnswer(row: UserTaskRow, reason: string, surfaces: readonly Surface[]) {
  const surface = surfaces.find((one) => row.matchKey.includes(` ${one.prefix}/`)) ?? surfaces[0]!;
  const failure = { code: "cancelled" as const, message: reason, retriable: true };
  return surface.failure(failure, {
    method: row.matchKey.split(" ")[0]!,
    endpoint: row.endpoint.toLowerCase(),
    wantsJson: row.wantsJson,
  });
}

/** Tells those who wait that an execution ended. */
function endSignal() {
  let waiting = Promise.withResolvers<void>();
  return {
    next: () => waiting.promise,
    fire() {
      waiting.resolve();
      waiting = Promise.withResolvers<void>();
    },
  };
}

async function waitForEnd(
  context: ActorContext,
  settings: ServerSettings,
  options: { deadlineMs: number; ends: ReturnType<typeof endSignal> },
): Promise<Result<void>> {
  const { clock } = context;
  const untilMs = clock.nowMs() + options.deadlineMs;
  for (;;) {
    // Taken before asking: an end between the question and the wait must not be missed.
    const nextEnd = options.ends.next();
    const state = await context.request({ kind: "get_executor_state", withTasks: false }, {
      deadlineMs: settings.askTimeoutMs,
    });
    if (!state.ok) return state;
    if (state.value.phase === "NO_TASK_IN_PROGRESS") return ok(undefined);
    const nowMs = clock.nowMs();
    if (nowMs >= untilMs) {
      return fail(
        "deadline_exceeded",
        `Cannot wait longer for the running execution to end: it is ${state.value.phase} after ${options.deadlineMs} ms, see evenkeel.server.stop.timeout.ms`,
        { retriable: true },
      );
    }
    await withDeadline(clock, Math.min(untilMs, nowMs + RECHECK_MS), nextEnd);
  }
}
