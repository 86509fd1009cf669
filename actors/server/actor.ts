/** The server: people and programs ask here; it asks the other actors. */
import type { Config } from "../../config/table.ts";
import { withDeadline } from "../../lib/clock.ts";
import { FailureError, ok, type Result } from "../../lib/failure.ts";
import type { Actor, ActorContext } from "../../messages/actor.ts";
import type { UserTaskStore } from "../../store/user_tasks.ts";
import type { Handler } from "./app.ts";
import { assemble } from "./assemble.ts";
import { type Credentials, readCredentials } from "./credentials.ts";
import { listen, type Listener } from "./listen.ts";
import { brokenOff } from "./long_body.ts";
import { type ServerSettings, settingsOf } from "./settings.ts";

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

/** Between two sweeps of sessions and tasks, upstream's interval. */
const SWEEP_MS = 5_000;

/** How long running requests may take to end when the server stops. */
const STOP_MS = 3_000;

/** How long connections may take to close once bodies on their way have been broken off. */
const CLOSE_MS = 500;

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
  const ending = new AbortController();
  const { fetch, facts, tasks, sessions, ends } = assemble(context, settings, {
    credentials,
    store,
    ending: ending.signal,
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
      const opened = listen(settings, fetch, { clock, log });
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
        const closing = listener.stop();
        const closed = await withDeadline(clock, clock.nowMs() + STOP_MS, closing);
        if (!closed.inTime) {
          ending.abort(brokenOff("Evenkeel is stopping"));
          await withDeadline(clock, clock.nowMs() + CLOSE_MS, closing);
        }
        listener = undefined;
      }
      tasks.flush();
    },
  };
}
