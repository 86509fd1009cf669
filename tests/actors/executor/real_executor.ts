/** The executor with the real gateway, a real journal and real time: in a test, or in a process that is killed. */
import { createExecutor } from "../../../actors/executor/mod.ts";
import { createKafkaGateway } from "../../../cluster/kafka/mod.ts";
import { defaultConfig } from "../../../config/parse.ts";
import type { KeyName } from "../../../config/table.ts";
import { sleepUntil, systemClock } from "../../../lib/clock.ts";
import type { Result } from "../../../lib/failure.ts";
import { logTo } from "../../../lib/log.ts";
import { createPrng } from "../../../lib/prng.ts";
import type { Actor, ActorContext } from "../../../messages/actor.ts";
import type {
  ExecutionOptions,
  ExecutionSummary,
  ExecutorState,
} from "../../../messages/executor.ts";
import type { Proposal } from "../../../model/proposal.ts";
import { openJournal } from "../../../store/journal.ts";
import { openState } from "../../../store/open.ts";

export interface RealExecutor {
  readonly actor: Actor;
  /** Everything that it told while it ran. */
  readonly progress: ExecutorState[];
  /** Reserves and executes. */
  execute(
    uuid: string,
    proposals: readonly Proposal[],
    options: ExecutionOptions,
  ): Promise<Result<{ tasks: number }>>;
  /** Ticks until `done` says so. */
  run(done: () => boolean | Promise<boolean>): Promise<void>;
  /** Ticks until the execution in progress has ended. */
  runToEnd(): Promise<ExecutionSummary>;
  close(): Promise<void>;
}

/** Settings that make short executions quick. */
export const QUICK: Partial<Record<KeyName, string>> = {
  "execution.progress.check.interval.ms": "500",
  "min.execution.progress.check.interval.ms": "100",
  "evenkeel.execution.settle.time.ms": "1000",
};

/** Starts an executor on the journal in `directory`. */
export async function startRealExecutor(
  bootstrap: string,
  directory: string,
  overrides: Partial<Record<KeyName, string>> = {},
): Promise<RealExecutor> {
  const clock = systemClock();
  const verbose = Deno.env.get("EVENKEEL_TEST_LOG") !== undefined;
  const log = logTo(
    (r) => verbose && console.error(r.atMs, r.level, r.message, JSON.stringify(r.fields)),
    "executor",
    { nowMs: () => clock.nowMs() },
  );
  const config = defaultConfig({ "bootstrap.servers": bootstrap, ...QUICK, ...overrides });
  const opened = openState({ directory, clock, log });
  if (!opened.ok) throw new Error(opened.failure.message);
  const store = opened.value;
  const gateway = createKafkaGateway({ config, clock, log, prng: createPrng(1) });
  const progress: ExecutorState[] = [];
  let ended: ExecutionSummary | undefined;
  let wake = new AbortController();
  const context: ActorContext = {
    name: "executor",
    clock,
    prng: createPrng(1),
    log,
    emit(message) {
      if (message.kind === "execution_progressed") progress.push(message.state);
      if (message.kind === "execution_ended") ended = message.summary;
    },
    request: () => Promise.reject(new Error("The executor asks nobody")),
    wake: () => wake.abort(),
  };
  const actor = createExecutor({ context, config, gateway, journal: openJournal(store) });
  await actor.start();
  const run = async (done: () => boolean | Promise<boolean>) => {
    while (!await done()) {
      wake = new AbortController();
      const next = await actor.tick(clock.nowMs());
      if (await done()) return;
      const atMs = Math.min(next ?? Infinity, clock.nowMs() + 500);
      await sleepUntil(clock, atMs, { signal: wake.signal });
    }
  };
  return {
    actor,
    progress,
    async execute(uuid, proposals, options) {
      const reserved = await actor.answers.reserve_executor!({
        kind: "reserve_executor",
        executionUuid: uuid,
        reason: "test",
        userTriggered: true,
      });
      if (!reserved.ok) return reserved;
      return await actor.answers.execute_proposals!({
        kind: "execute_proposals",
        executionUuid: uuid,
        operation: "rebalance",
        proposals,
        options,
      });
    },
    run,
    async runToEnd() {
      ended = undefined;
      await run(() => ended !== undefined);
      return ended!;
    },
    async close() {
      await actor.stop();
      await gateway.close();
      store.close();
    },
  };
}
