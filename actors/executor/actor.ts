/**
 * The executor: the only actor that changes the cluster. When, never how.
 *
 * @module
 */
import type { Gateway } from "../../cluster/gateway.ts";
import type { Config } from "../../config/table.ts";
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { Actor, ActorContext, Answers } from "../../messages/actor.ts";
import type { ExecutionSummary, ExecutorPhase, ExecutorState } from "../../messages/executor.ts";
import type { Message } from "../../messages/mod.ts";
import type { BrokerHistoryEntry, Journal } from "../../store/journal.ts";
import { begin, type Reservation } from "./beginning.ts";
import { Execution } from "./execution.ts";
import { cancelAll, makeRoom } from "./foreign.ts";
import { must, RoundInterrupted } from "./interrupt.ts";
import { TaskBook } from "./task_book.ts";
import { ThrottleControl, type ThrottleDeps } from "./throttle_control.ts";
import { idleState, summaryOf } from "./view.ts";

/** What the executor needs. */
export interface ExecutorDeps {
  readonly context: ActorContext;
  readonly config: Config;
  readonly gateway: Gateway;
  readonly journal: Journal;
}

/** Creates the executor. */
export function createExecutor({ context, config, gateway, journal }: ExecutorDeps): Actor {
  const { clock, log } = context;
  const ending = new AbortController();
  const deps: ThrottleDeps = { gateway, journal, clock, log, config, signal: ending.signal };
  const throttles = new ThrottleControl(deps);
  let execution: Execution | undefined;
  let reservation: Reservation | undefined;
  let starting = false;
  let last: ExecutionSummary | undefined;
  let ticking: Promise<unknown> = Promise.resolve();

  const busy = () =>
    fail("ongoing_execution", "Cannot begin: an execution or a plan for one is in progress", {
      retriable: true,
    });

  function state(withTasks: boolean): ExecutorState {
    const phase: ExecutorPhase = reservation === undefined
      ? "NO_TASK_IN_PROGRESS"
      : starting
      ? "INITIALIZING_PROPOSAL_EXECUTION"
      : "GENERATING_PROPOSALS_FOR_EXECUTION";
    const known = { reserved: reservation, history: journal.brokerHistory(), lastExecution: last };
    const idle = idleState(phase, known);
    return execution === undefined ? idle : execution.state(idle, { withTasks });
  }

  function takeUp(found: boolean): void {
    const record = journal.unfinishedExecutions()[0];
    if (record !== undefined) execution = new Execution(deps, record, { throttles, found });
  }

  function noteLast(): void {
    const record = journal.lastEndedExecution();
    if (record === undefined) return;
    last = summaryOf(record, new TaskBook(journal, clock, record.uuid));
  }

  async function tick(nowMs: number): Promise<number | undefined> {
    if (reservation !== undefined && !starting && nowMs >= reservation.expiresAtMs) {
      log.warn("A reservation expired", { execution: reservation.uuid });
      reservation = undefined;
    }
    forgetBrokers(nowMs);
    if (execution === undefined) return await keepHouse(nowMs);
    const outcome = await execution.round();
    if (outcome.kind === "ended") {
      execution = undefined;
      noteLast();
      context.emit({ kind: "execution_ended", summary: last! });
    }
    context.emit({ kind: "execution_progressed", state: state(false) });
    return outcome.kind === "again" ? outcome.atMs : await keepHouse(clock.nowMs());
  }

  /** Between executions: throttles that a broker's absence left behind are taken back as soon as it is there. */
  async function keepHouse(nowMs: number): Promise<number | undefined> {
    const open = throttles.open();
    if (open.length > 0) {
      try {
        const topology = must(await gateway.observe());
        const alive = new Set(topology.brokers.filter((b) => b.alive).map((b) => b.id));
        await throttles.clear(open.map((undo) => ({ undo, entries: undo.entriesAdded })), alive);
      } catch (error) {
        if (!(error instanceof RoundInterrupted)) throw error;
        log.warn("Cannot take throttles back yet", { why: error.failure.message });
      }
    }
    const again = config["execution.progress.check.interval.ms"];
    if (throttles.open().length > 0) return clock.nowMs() + Math.max(again, 1);
    return reservation === undefined ? undefined : Math.max(reservation.expiresAtMs, nowMs);
  }

  function forgetBrokers(nowMs: number): void {
    const keepMs = {
      demoted: config["demotion.history.retention.time.ms"],
      removed: config["removal.history.retention.time.ms"],
    };
    const old = journal.brokerHistory().filter((entry: BrokerHistoryEntry) =>
      entry.startedAtMs !== 0 && entry.startedAtMs + keepMs[entry.kind] < nowMs
    );
    // A full disk only delays the forgetting.
    if (old.length > 0) journal.dropBrokerHistory(old);
  }

  const answers: Answers = {
    async reserve_executor(request): Promise<Result<Record<never, never>>> {
      if (execution !== undefined || reservation !== undefined) return busy();
      const mine: Reservation = {
        uuid: request.executionUuid,
        reason: request.reason,
        userTriggered: request.userTriggered,
        expiresAtMs: clock.nowMs() + config["evenkeel.execution.reservation.timeout.ms"],
        cancelled: false,
      };
      reservation = mine;
      const room = await makeRoom({ gateway, clock, log, config });
      if (!room.ok && reservation === mine) reservation = undefined;
      context.wake(mine.expiresAtMs);
      return room.ok ? ok({}) : room;
    },
    release_executor(request) {
      if (reservation?.uuid === request.executionUuid && !starting) reservation = undefined;
      return ok({});
    },
    async execute_proposals(request): Promise<Result<{ tasks: number }>> {
      const mine = reservation;
      if (execution !== undefined || starting) return busy();
      if (mine === undefined || mine.uuid !== request.executionUuid) {
        const why = `Cannot execute ${request.executionUuid}: the executor is not reserved for it`;
        return fail("cancelled", `${why} (any more); ask for the operation again`);
      }
      starting = true;
      try {
        const begun = await begin({ gateway, journal, clock, log, config }, request, mine);
        if (!begun.ok) return begun;
        takeUp(false);
        context.wake();
        return ok({ tasks: execution!.taskCount });
      } finally {
        starting = false;
        reservation = undefined;
      }
    },
    async stop_execution(request) {
      if (execution !== undefined) {
        const stopped = execution.requestStop(request.reason);
        if (!stopped.ok) return stopped;
        context.wake();
        return ok({ wasExecuting: true, cancelledExternal: [] });
      }
      if (reservation !== undefined) {
        reservation.cancelled = true;
        if (!starting) reservation = undefined;
        return ok({ wasExecuting: true, cancelledExternal: [] });
      }
      if (!request.stopExternalAgent) return ok({ wasExecuting: false, cancelledExternal: [] });
      const cancelled = await cancelAll({ gateway, clock, log, config });
      return cancelled.ok
        ? ok({ wasExecuting: false, cancelledExternal: cancelled.value })
        : cancelled;
    },
    get_executor_state: (request) => ok(state(request.withTasks)),
  };

  return {
    start() {
      noteLast();
      takeUp(true);
      context.wake();
      return Promise.resolve();
    },
    handle(_message: Message) {
      // The executor looks at the cluster by itself: what others observed is always older.
    },
    answers,
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
