/**
 * The executor: the only actor that changes the cluster. When, never how.
 *
 * @module
 */
import type { Gateway } from "../../cluster/gateway.ts";
import type { Config } from "../../config/table.ts";
import type { Actor, ActorContext } from "../../messages/actor.ts";
import type { Message } from "../../messages/mod.ts";
import type { Journal } from "../../store/journal.ts";
import { Desk } from "./desk.ts";
import { clearLeftThrottles, forgetBrokers } from "./housekeeping.ts";
import { executorAnswers } from "./requests.ts";
import type { ThrottleDeps } from "./throttle_control.ts";

/** What the executor needs. */
export interface ExecutorDeps {
  readonly context: ActorContext;
  readonly config: Config;
  readonly gateway: Gateway;
  readonly journal: Journal;
}

/** Creates the executor. It goes on with what the journal holds unfinished, and begins nothing by itself. */
export function createExecutor({ context, config, gateway, journal }: ExecutorDeps): Actor {
  const { clock, log } = context;
  const ending = new AbortController();
  const deps: ThrottleDeps = { gateway, journal, clock, log, config, signal: ending.signal };
  const desk = new Desk(deps);
  let ticking: Promise<unknown> = Promise.resolve();

  async function tick(nowMs: number): Promise<number | undefined> {
    expireReservation(nowMs);
    forgetBrokers(deps, nowMs);
    if (desk.execution !== undefined) {
      const outcome = await desk.execution.round();
      if (outcome.kind === "ended") {
        desk.execution = undefined;
        desk.noteLast();
        if (desk.last !== undefined) context.emit({ kind: "execution_ended", summary: desk.last });
      }
      context.emit({ kind: "execution_progressed", state: desk.state({ withTasks: false }) });
      if (outcome.kind === "again") return outcome.atMs;
    }
    const againMs = await clearLeftThrottles(desk.throttles, deps);
    return againMs ?? desk.reservation?.expiresAtMs;
  }

  function expireReservation(nowMs: number): void {
    const { reservation, starting } = desk;
    if (reservation === undefined || starting || nowMs < reservation.expiresAtMs) return;
    log.warn("A reservation of the executor expired", { execution: reservation.uuid });
    desk.reservation = undefined;
  }

  return {
    start() {
      desk.noteLast();
      desk.takeUp(true);
      context.wake();
      return Promise.resolve();
    },
    handle(_message: Message) {
      // The executor looks at the cluster by itself: what others observed is older.
    },
    answers: executorAnswers(desk, {
      ...deps,
      wake: (atMs) => context.wake(atMs),
      request: (request, options) => context.request(request, options),
    }),
    tick(nowMs) {
      const done = tick(nowMs);
      ticking = done.catch(() => {});
      return done;
    },
    async stop() {
      // What is in flight goes on in Kafka; the journal holds it, and the next start goes on from there.
      ending.abort();
      await ticking;
    },
  };
}
