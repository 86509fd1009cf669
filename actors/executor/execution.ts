/**
 * One execution from its journal entry to its end, a round at a time.
 *
 * Beginning anew and going on after a crash are the same: the journal is read, the cluster is looked at, and the round
 * does what follows from both.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import type { Result } from "../../lib/failure.ts";
import type {
  ExecutorPhase,
  ExecutorState,
  LimitChanges,
  TaskCounts,
} from "../../messages/executor.ts";
import { BYTES_PER_MB } from "../../model/metrics.ts";
import type { LogDirsReading } from "../../model/readings.ts";
import type { JournalExecution, JournalTaskType } from "../../store/journal_rows.ts";
import { endingOf } from "./ending.ts";
import { halfDoneText } from "./groups.ts";
import { must, RoundInterrupted } from "./interrupt.ts";
import { diskRound } from "./intra_broker.ts";
import { moveRound } from "./inter_broker.ts";
import { leadershipRound } from "./leadership.ts";
import { changedSteering, type Steering } from "./limits.ts";
import { isMeasuringDue, movedSoFar, noteMoved, noteSizes } from "./measure.ts";
import { nextDelayMs } from "./pace.ts";
import { judgeUnknownMove } from "./recovery.ts";
import { newMemory, type PhaseReport, type Run, wishToStop } from "./run.ts";
import { sightOf, type View, viewOf } from "./sight.ts";
import { tellSlowTasks } from "./slow_tasks.ts";
import { TaskBook } from "./task_book.ts";
import { isInExecution } from "./task_state.ts";
import { partitionKey } from "./task.ts";
import type { ThrottleControl, ThrottleDeps } from "./throttle_control.ts";
import { runningState } from "./view.ts";

const PHASES: readonly { readonly phase: ExecutorPhase; readonly type: JournalTaskType }[] = [
  {
    phase: "INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS",
    type: "INTER_BROKER_REPLICA_ACTION",
  },
  {
    phase: "INTRA_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS",
    type: "INTRA_BROKER_REPLICA_ACTION",
  },
  { phase: "LEADER_MOVEMENT_TASK_IN_PROGRESS", type: "LEADER_ACTION" },
];

/** Rounds at the end that try to take throttles back before the rest is left to later. */
const LAST_CLEARINGS_MAX = 3;

/** What a round came to. */
export type RoundOutcome =
  | { readonly kind: "again"; readonly atMs: number }
  | { readonly kind: "ended" };

/** An execution that has not ended. */
export class Execution {
  readonly #deps: ThrottleDeps;
  readonly #record: JournalExecution;
  readonly #run: Run;
  readonly #resumedAtMs: number | undefined;
  #phase = 0;
  #shown: ExecutorPhase = "STARTING_EXECUTION";
  #delayMs: number;
  #lastClearings = 0;

  /** Takes an execution up from the journal. `found`: it was there already when the process started. */
  constructor(
    deps: ThrottleDeps,
    record: JournalExecution,
    options: { throttles: ThrottleControl; found: boolean },
  ) {
    const { gateway, journal, clock, log, config } = deps;
    this.#deps = deps;
    this.#record = record;
    this.#resumedAtMs = options.found ? clock.nowMs() : undefined;
    const steering = record.limits as Steering;
    this.#run = {
      uuid: record.uuid,
      gateway,
      clock,
      log,
      config,
      // Undefined does not survive JSON; the row has the value of its own.
      steering: { ...steering, throttleBytesPerSec: record.throttleBytesPerSec },
      book: new TaskBook(journal, clock, record.uuid),
      throttles: options.throttles,
      memory: newMemory(),
      stop: undefined,
    };
    this.#delayMs = config["evenkeel.execution.recheck.interval.ms"];
    if (record.stopRequested) {
      const reason = record.stopReason ?? "Stopped by user";
      this.#run.stop = { kind: "user", reason, atOnce: record.stopAtOnce };
    } else if (options.found) this.#applyPolicy();
  }

  /** Unique name of the execution. */
  get uuid(): string {
    return this.#run.uuid;
  }

  /** Number of its tasks. */
  get taskCount(): number {
    return this.#totals().total;
  }

  /** The tasks, for the summary. */
  get book(): TaskBook {
    return this.#run.book;
  }

  /** Partitions whose reassignment belongs to this execution, by topic and number. */
  ownedPartitions(): Set<string> {
    const inFlight = [...this.#run.book.all()].filter((t) => isInExecution(t.record.state));
    return new Set(inFlight.map((task) => partitionKey(task.proposal)));
  }

  /**
   * Records the wish to stop; the next round begins to roll back, after it has finished groups that are half done unless
   * it is to end at once. Fails when the journal cannot be written.
   */
  requestStop(reason: string, options: { atOnce: boolean }): Result<void> {
    const { journal, clock } = this.#deps;
    const { atOnce } = options;
    const written = journal.requestStop(this.uuid, { reason, atOnce }, clock.nowMs());
    if (written.ok) wishToStop(this.#run, { kind: "user", reason, atOnce });
    return written;
  }

  /** Changes its limits from the next round on. Fails with `invalid_argument`, or when it cannot be written down. */
  changeLimits(changes: LimitChanges): Result<void> {
    const { journal, clock, config } = this.#deps;
    const changed = changedSteering(this.#run.steering, changes, config);
    if (!changed.ok) return changed;
    const written = journal.setLimits(this.uuid, changed.value, clock.nowMs());
    if (written.ok) this.#run.steering = changed.value;
    return written;
  }

  /** What people see of it now. */
  state(idle: ExecutorState, options: { withTasks: boolean }): ExecutorState {
    const phase = this.#run.stop === undefined ? this.#shown : "STOPPING_EXECUTION";
    const resumedAtMs = this.#resumedAtMs;
    return runningState(this.#run, this.#record, { ...options, phase, idle, resumedAtMs });
  }

  /** Does one round. What cannot be done now is done in a later one; only programmer errors are thrown. */
  async round(): Promise<RoundOutcome> {
    const { clock, log, config, signal } = this.#deps;
    const startedMs = clock.monotonicMs();
    let somethingHappened = false;
    try {
      const report = await this.#step();
      if (report === "ended") return { kind: "ended" };
      somethingHappened = report.somethingHappened;
    } catch (error) {
      if (!(error instanceof RoundInterrupted)) throw error;
      if (!signal.aborted) {
        log.warn("Execution could not go on; trying again", {
          execution: this.uuid,
          why: error.failure.message,
        });
      }
    }
    this.#delayMs = nextDelayMs(this.#delayMs, {
      somethingHappened,
      checkTookMs: clock.monotonicMs() - startedMs,
    }, {
      leastMs: config["evenkeel.execution.recheck.interval.ms"],
      mostMs: this.#run.steering.progressCheckIntervalMs,
    });
    return { kind: "again", atMs: clock.nowMs() + this.#delayMs };
  }

  async #step(): Promise<PhaseReport | "ended"> {
    const run = this.#run;
    this.#skipEmptyPhases();
    const view = await this.#look();
    if (run.stop?.kind === "abandon") this.#abandon(view);
    const current = PHASES[this.#phase];
    if (current !== undefined && run.stop?.kind !== "abandon") {
      this.#show(run.stop === undefined ? current.phase : "STOPPING_EXECUTION");
      const report = await this.#phaseRound(current.type, view);
      noteMoved(run);
      tellSlowTasks(run);
      if (!report.done) return report;
      this.#phase++;
      run.memory.idleRounds = 0;
      this.#skipEmptyPhases();
      if (this.#phase < PHASES.length) return { somethingHappened: true, done: false };
    }
    return await this.#finish(view) ? "ended" : { somethingHappened: false, done: false };
  }

  #skipEmptyPhases(): void {
    let current = PHASES[this.#phase];
    while (current !== undefined && !this.#run.book.hasOpen(current.type)) {
      current = PHASES[++this.#phase];
    }
  }

  async #phaseRound(type: JournalTaskType, view: View): Promise<PhaseReport> {
    const run = this.#run;
    let reading: LogDirsReading | undefined;
    if (type === "INTRA_BROKER_REPLICA_ACTION" || isMeasuringDue(run)) {
      reading = must(await run.gateway.readLogDirs(view.topology));
      noteSizes(run, view, reading);
    }
    switch (type) {
      case "INTER_BROKER_REPLICA_ACTION":
        return await moveRound(run, view);
      case "INTRA_BROKER_REPLICA_ACTION":
        assert(reading !== undefined, "Log dirs were not read");
        return await diskRound(run, view, reading);
      case "LEADER_ACTION":
        return await leadershipRound(run, view);
    }
  }

  /** The list first: see `sight.ts`. */
  async #look(): Promise<View> {
    const listed = must(await this.#run.gateway.listReassignments());
    return viewOf(must(await this.#run.gateway.observe()), listed);
  }

  #show(phase: ExecutorPhase): void {
    if (this.#shown === phase) return;
    const { journal, clock } = this.#deps;
    must(journal.setExecutionState(this.uuid, phase, clock.nowMs()));
    this.#shown = phase;
  }

  #applyPolicy(): void {
    const policy = this.#deps.config["executor.recovery.policy"];
    const { log } = this.#deps;
    log.warn("Found an unfinished execution", { execution: this.uuid, policy });
    const because = `Evenkeel ended during the execution and executor.recovery.policy is ${policy}`;
    if (policy === "rollback") this.#run.stop = { kind: "recovery", reason: because };
    if (policy === "abandon") this.#run.stop = { kind: "abandon", reason: because };
  }

  /** Ends every task without touching the cluster. */
  #abandon(view: View): void {
    const { book, stop } = this.#run;
    const inFlight = [...book.all()].filter((task) => isInExecution(task.record.state));
    book.change(inFlight.map((task) => {
      const sight = sightOf(task, view);
      const move = task.record.type === "INTER_BROKER_REPLICA_ACTION";
      const reached = move && judgeUnknownMove(sight, { rollingBack: true }).kind === "completed";
      if (reached) return { task, to: "COMPLETED" };
      return { task, to: "ABORTED", reason: `${stop!.reason}. Kafka goes on by itself` };
    }));
  }

  /** Takes the last throttles back and closes the execution; true when it is closed. */
  async #finish(view: View): Promise<boolean> {
    const run = this.#run;
    assert(!run.book.hasInExecution(), "An execution must not end with tasks in execution");
    const own = run.throttles.open().filter((undo) => undo.executionUuid === this.uuid);
    if (own.length > 0 && this.#lastClearings < LAST_CLEARINGS_MAX) {
      this.#lastClearings++;
      const clearings = own.map((undo) => ({ undo, entries: undo.entriesAdded }));
      await run.throttles.clear(clearings, view.alive);
      const left = run.throttles.open().filter((undo) => undo.executionUuid === this.uuid);
      const reachable = left.filter((undo) =>
        undo.resourceType === "topic" || view.alive.has(Number(undo.resourceName))
      );
      if (reachable.length > 0) return false;
    }
    const failed = [...run.book.all()].filter((task) =>
      task.record.state === "DEAD" || task.record.state === "ABORTED"
    );
    const half = halfDoneText(run.book);
    const ending = endingOf({
      stop: run.stop,
      counts: this.#totals(),
      notes: half === undefined ? run.memory.notes : [...run.memory.notes, half],
      failed,
      openThrottles: run.throttles.open().filter((u) => u.executionUuid === this.uuid).length,
    });
    must(this.#deps.journal.endExecution(this.uuid, {
      ...ending,
      movedMb: movedSoFar(run) / BYTES_PER_MB,
      endedAtMs: run.clock.nowMs(),
    }));
    return true;
  }

  #totals(): TaskCounts {
    const { book } = this.#run;
    const counts = PHASES.map(({ type }) => book.counts(type));
    const sum = (of: keyof TaskCounts) => counts.reduce((total, count) => total + count[of], 0);
    return {
      pending: sum("pending"),
      inProgress: sum("inProgress"),
      aborting: sum("aborting"),
      aborted: sum("aborted"),
      dead: sum("dead"),
      completed: sum("completed"),
      total: sum("total"),
    };
  }
}
