/**
 * Puts the server's parts together.
 *
 * @module
 */
import type { ActorContext } from "../../messages/actor.ts";
import type { UserTaskRow, UserTaskStore } from "../../store/user_tasks.ts";
import { createApp, type Handler } from "./app.ts";
import type { Credentials } from "./credentials.ts";
import type { Endpoint, EndpointDeps } from "./endpoint.ts";
import { ENDPOINTS } from "./endpoints/mod.ts";
import { NATIVE_ENDPOINTS } from "./endpoints/native.ts";
import { type EndSignal, endSignal, waitForEnd } from "./execution_end.ts";
import { createFacts, type FactsBoard } from "./facts.ts";
import { createMetrics } from "./metrics.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import type { ServerSettings, TaskType } from "./settings.ts";
import { cruiseControlSurface, nativeSurface, type Surface } from "./surface.ts";
import { UserTasks } from "./user_tasks.ts";
import { uuidSource } from "../../lib/uuid.ts";

/** Path of our own API. */
const NATIVE_PREFIX = "/evenkeel/v1";

/** The parts that the actor's life cycle needs. */
export interface ServerParts {
  readonly fetch: Handler;
  readonly facts: FactsBoard;
  readonly tasks: UserTasks;
  readonly sessions: Sessions;
  readonly ends: EndSignal;
}

/** The parts, ready to answer. */
export function assemble(
  context: ActorContext,
  settings: ServerSettings,
  options: { credentials: Credentials | undefined; store: UserTaskStore; ending: AbortSignal },
): ServerParts {
  const { clock, log } = context;
  const facts = createFacts();
  const ends = endSignal();
  const newId = uuidSource(clock, context.prng);
  const surfaces: readonly Surface[] = [
    cruiseControlSurface(settings.apiPrefix, ENDPOINTS),
    nativeSurface(NATIVE_PREFIX, NATIVE_ENDPOINTS),
  ];
  const types = taskTypes([...ENDPOINTS, ...NATIVE_ENDPOINTS]);
  const tasks = new UserTasks({
    clock,
    log,
    store: options.store,
    newId,
    activeMax: settings.activeTasksMax,
    typeOf: (endpoint) => types.get(endpoint) ?? "cruise_control_monitor",
    retention: settings.retention,
    lost: (row, reason) => lostAnswer(row, reason, surfaces),
  });
  const sessions = createSessions(newId, { idleMs: settings.sessionIdleMs });
  const endpointDeps: EndpointDeps = {
    context,
    settings,
    facts,
    userTasks: () => tasks.all(),
    executionEnded: (limit) => waitForEnd(context, settings, { ...limit, ends }),
  };
  const fetch = createApp({
    ...endpointDeps,
    tasks,
    sessions,
    ending: options.ending,
    surfaces,
    credentials: options.credentials,
    metrics: createMetrics(),
    startedMonotonicMs: clock.monotonicMs(),
  });
  return { fetch, facts, tasks, sessions, ends };
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
