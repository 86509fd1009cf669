/** Runs an executor on the fake cluster under a manual clock, with crashes and restarts. */
import { assert, assertEquals } from "@std/assert";
import { createExecutor } from "../../../actors/executor/mod.ts";
import { isTerminal } from "../../../actors/executor/task_state.ts";
import type { Gateway } from "../../../cluster/gateway.ts";
import { defaultConfig } from "../../../config/parse.ts";
import type { KeyName } from "../../../config/table.ts";
import { ManualClock, settle } from "../../../lib/clock.ts";
import type { Result } from "../../../lib/failure.ts";
import { logTo, silentLog } from "../../../lib/log.ts";
import { createPrng } from "../../../lib/prng.ts";
import type { Actor, ActorContext } from "../../../messages/actor.ts";
import type {
  ExecutionOptions,
  ExecutionSummary,
  ExecutorState,
} from "../../../messages/executor.ts";
import type { Message } from "../../../messages/mod.ts";
import type { Proposal } from "../../../model/proposal.ts";
import { type Journal, openJournal } from "../../../store/journal.ts";
import { openState, type Store } from "../../../store/open.ts";

export class Crash extends Error {
  override name = "Crash";
}

const FAST: Partial<Record<KeyName, string>> = {
  "execution.progress.check.interval.ms": "1000",
  "min.execution.progress.check.interval.ms": "100",
  "evenkeel.execution.settle.time.ms": "500",
};

export interface BenchOptions {
  config?: Partial<Record<KeyName, string>>;
  gateway: (bench: Bench) => Gateway;
  /** Wraps the journal of each new process. */
  journal?: (journal: Journal) => Journal;
}

/** One executor process after the other on one journal. */
export class Bench {
  readonly clock = new ManualClock(1_000_000);
  readonly messages: Message[] = [];
  readonly store: Store;
  readonly #directory: string;
  readonly #options: BenchOptions;
  actor!: Actor;
  crashes = 0;

  constructor(options: BenchOptions) {
    this.#options = options;
    this.#directory = Deno.makeTempDirSync();
    const opened = openState({ directory: this.#directory, clock: this.clock, log: silentLog });
    if (!opened.ok) throw new Error(opened.failure.message);
    this.store = opened.value;
    // The crashes of these tests are thrown, the machine goes on: no need to wait for the disk.
    this.store.connection.pragma("synchronous = OFF");
  }

  journal(): Journal {
    const journal = openJournal(this.store);
    return this.#options.journal?.(journal) ?? journal;
  }

  /** Begins a new process. */
  async start(config: Partial<Record<KeyName, string>> = {}): Promise<void> {
    const context: ActorContext = {
      name: "executor",
      clock: this.clock,
      prng: createPrng(1),
      log: Deno.env.get("EVENKEEL_TEST_LOG") === undefined
        ? silentLog
        : logTo((r) => console.log(r.atMs, r.message, JSON.stringify(r.fields)), "executor", {
          nowMs: () => this.clock.nowMs(),
        }),
      emit: (message) => this.messages.push(message),
      request: () => Promise.reject(new Error("not used")),
      wake: () => {},
    };
    this.actor = createExecutor({
      context,
      config: defaultConfig({ ...FAST, ...this.#options.config, ...config }),
      gateway: this.#options.gateway(this),
      journal: this.journal(),
    });
    await this.actor.start();
  }

  /** Waits for something that may sleep on the clock. */
  async settled<T>(work: Promise<T> | T): Promise<T> {
    let done = false;
    const promise = Promise.resolve(work).finally(() => done = true);
    promise.catch(() => {});
    while (!done) {
      await settle();
      if (!done) {
        const due = this.clock.nextDueMs();
        if (due !== undefined) this.clock.fireNext(due);
      }
    }
    return await promise;
  }

  async execute(
    proposals: Proposal[],
    options: ExecutionOptions = {},
    uuid = "one",
  ): Promise<Result<{ tasks: number }>> {
    const reserved = await this.settled(
      this.actor.answers.reserve_executor!({
        kind: "reserve_executor",
        executionUuid: uuid,
        reason: "test",
        userTriggered: true,
      }),
    );
    if (!reserved.ok) return reserved;
    return await this.settled(
      this.actor.answers.execute_proposals!({
        kind: "execute_proposals",
        executionUuid: uuid,
        operation: "rebalance",
        proposals,
        options,
      }),
    );
  }

  async stop(stopExternalAgent = true, options: { atOnce?: boolean } = {}) {
    return await this.settled(
      this.actor.answers.stop_execution!({
        kind: "stop_execution",
        stopExternalAgent,
        reason: "Stopped by user",
        ...options,
      }),
    );
  }

  async state(): Promise<ExecutorState> {
    const answer = await this.actor.answers.get_executor_state!({
      kind: "get_executor_state",
      withTasks: true,
    });
    if (!answer.ok) throw new Error(answer.failure.message);
    return answer.value;
  }

  /** One tick, then time passes until the next one is wanted. False when none is. */
  async tick(): Promise<boolean> {
    const next = await this.settled(this.actor.tick(this.clock.nowMs()));
    if (next === undefined) return false;
    await this.clock.advanceTo(Math.max(next, this.clock.nowMs()));
    return true;
  }

  /** Ticks until the execution has ended; a crash is followed by a new process. */
  async runToEnd(maxTicks = 400): Promise<ExecutionSummary> {
    for (let i = 0; i < maxTicks; i++) {
      const ended = this.messages.find((m) => m.kind === "execution_ended");
      if (ended !== undefined) {
        this.messages.length = 0;
        return ended.summary;
      }
      try {
        await this.tick();
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        await this.restart();
        // The crash may have hit between the journal's last word and the message.
        const known = (await this.state()).lastExecution;
        if (this.journal().unfinishedExecutions().length === 0 && known !== undefined) return known;
      }
    }
    const { tasks: all } = await this.state();
    const tasks = all.filter((t) => t.state === "IN_PROGRESS" || t.state === "ABORTING").map((t) =>
      `${t.executionId} ${t.type} ${t.proposal.topic}-${t.proposal.partition} ${t.state} ${t.reason}`
    );
    throw new Error(`Not ended after ${maxTicks} ticks:\n${tasks.join("\n")}`);
  }

  async restart(): Promise<void> {
    this.crashes++;
    for (;;) {
      try {
        await this.start();
        return;
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
    }
  }

  /** The journal must hold nothing open, and its tasks must be over or never begun. */
  assertJournalConsistent(): void {
    const journal = openJournal(this.store);
    assertEquals(journal.unfinishedExecutions(), []);
    assertEquals(journal.openUndos(), []);
    const last = journal.lastEndedExecution();
    assert(last !== undefined, "No execution ended");
    for (const task of journal.tasksOf(last.uuid)) {
      assert(
        isTerminal(task.state) || task.state === "PENDING",
        `Task ${task.executionId} is ${task.state} in an ended execution`,
      );
      assertEquals(task.endedAtMs !== undefined, isTerminal(task.state));
    }
  }

  close(): void {
    this.store.close();
    Deno.removeSync(this.#directory, { recursive: true });
  }
}

/** A proposal in short: `move("t", 0, [1, 2], [3, 2])`. */
export function move(
  topic: string,
  partition: number,
  lists: { from: number[]; to: number[]; leader?: number; sizeMb?: number },
): Proposal {
  return {
    topic,
    partition,
    sizeMb: lists.sizeMb ?? 100 / (1024 * 1024),
    oldLeader: lists.leader ?? lists.from[0]!,
    oldReplicas: lists.from.map((brokerId) => ({ brokerId })),
    newReplicas: lists.to.map((brokerId) => ({ brokerId })),
    reasons: [],
  };
}
