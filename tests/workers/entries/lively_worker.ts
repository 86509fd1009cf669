/**
 * A thread with an actor that does what facts tell it: the number in a `samples_collected` says how it dies. It counts
 * its facts in a file, as an actor of ours keeps its state in the store.
 */
import { ok, type Result } from "../../../lib/failure.ts";
import type { ActorContext } from "../../../messages/actor.ts";
import type { MonitorState } from "../../../messages/aggregator.ts";
import type { LoadSnapshot } from "../../../messages/aggregator.ts";
import { runActorWorker } from "../../../workers/actor_worker.ts";
import type { Init } from "../../../workers/control.ts";
import { executionEnded, isOurs, numberOf, samples, testActor } from "../helpers.ts";
import { DEATHS, STUCK_MS } from "./deaths.ts";

runActorWorker((context, init) =>
  init.name === "aggregator" ? counting(context, init) : sending(context)
);

/** aggregator: counts facts, dies on request. */
function counting(context: ActorContext, init: Init) {
  const path = `${init.config["evenkeel.data.dir"]}/count`;
  let count = 0;
  const seen: number[] = [];
  return testActor({
    start() {
      try {
        count = Number(Deno.readTextFileSync(path));
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      return Promise.resolve();
    },
    handle(message) {
      if (message.kind !== "samples_collected" || !isOurs(message)) return;
      const n = numberOf(message);
      if (n === DEATHS.throwInHandle) throw new TypeError("thrown in handle");
      if (n === DEATHS.rejection) Promise.reject(new TypeError("never awaited"));
      if (n === DEATHS.throwInTimer) {
        context.clock.setTimer(context.clock.nowMs(), () => {
          throw new TypeError("thrown in a timer");
        });
      }
      if (n === DEATHS.stuck) {
        const until = Date.now() + STUCK_MS;
        while (Date.now() < until);
      }
      if (n < 0) return;
      Deno.writeTextFileSync(path, String(++count));
      seen.push(message.metrics[0]!);
    },
    answers: {
      get_monitor_state: (): Result<MonitorState> =>
        ok({ loadGeneration: count, samplesStored: seen.at(-1) ?? -1 } as MonitorState),
      // Never answered: what is owed when it dies.
      get_load: () => new Promise<Result<LoadSnapshot>>(() => {}),
    },
  });
}

/** sampler: sends on request, and says what became of its own buffers. */
function sending(context: ActorContext) {
  let emptied = -1;
  return testActor({
    handle(message) {
      // From the test: "send that many".
      if (message.kind !== "execution_ended") return;
      for (let n = 1; n <= numberOf(message); n++) {
        const fact = samples(n, 8);
        fact.metrics[0] = n;
        context.emit(fact, [fact.metrics.buffer]);
        emptied = fact.metrics.length;
      }
    },
    answers: {
      get_sampler_state: async () => {
        const owed = await context.request({
          kind: "get_load",
          fromMs: undefined,
          toMs: undefined,
          requirements: { windows: 1, minValidRatio: 0, includeAllTopics: false },
        });
        return ok({
          state: "running",
          reason: owed.ok ? "" : owed.failure.code,
          pollsDone: emptied,
          pollsFailed: 0,
          lastPollAtMs: undefined,
          lastPollDurationMs: undefined,
          lastFailure: undefined,
          silentBrokers: [],
          sources: [executionEnded(0).kind],
        });
      },
    },
  });
}
