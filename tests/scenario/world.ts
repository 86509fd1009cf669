/**
 * A whole Evenkeel on one thread: the real actors, a simulated cluster, real SQLite files, and a clock that moves when
 * told. Everything that varies is drawn from one seed.
 *
 * @module
 */
import { createAggregator } from "../../actors/aggregator/mod.ts";
import { createAnalyzer } from "../../actors/analyzer/mod.ts";
import { createDetector, type PostJson } from "../../actors/detector/mod.ts";
import { createClassifier, savePast } from "../../actors/classifier/mod.ts";
import { createExecutor } from "../../actors/executor/mod.ts";
import { createSampler } from "../../actors/sampler/mod.ts";
import type { Gateway } from "../../cluster/gateway.ts";
import {
  createSimCluster,
  pastMetrics,
  type SimCluster,
  type SimFault,
  simGateway,
  type SimSpec,
} from "../../cluster/sim/mod.ts";
import { defaultConfig } from "../../config/parse.ts";
import type { Config, KeyName } from "../../config/table.ts";
import { ManualClock, settle } from "../../lib/clock.ts";
import { ok, type Result } from "../../lib/failure.ts";
import { type LogRecord, silentLog } from "../../lib/log.ts";
import { createPrng } from "../../lib/prng.ts";
import type { PlanRequest } from "../../messages/analyzer.ts";
import type { ExecutionOptions, ExecutorState } from "../../messages/executor.ts";
import type { Plan } from "../../model/plan.ts";
import { anomalyStore } from "../../store/anomalies.ts";
import { brokerHistoryStore } from "../../store/broker_history.ts";
import { type Journal, openJournal } from "../../store/journal.ts";
import { modelStore } from "../../store/models.ts";
import { openState } from "../../store/open.ts";
import { openSampleStore } from "../../store/samples.ts";
import { createInProcessSystem, type InProcessSystem } from "../../workers/in_process.ts";

/** Monday, 00:00 UTC. */
export const START_MS = Date.UTC(2026, 0, 5);
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

/** Settings for days that are simulated in a fraction of a second: fewer polls, shorter windows. */
const SCENARIO_SETTINGS: Partial<Record<KeyName, string>> = {
  "evenkeel.sampling.poll.interval.ms": "300000",
  "evenkeel.sampling.warmup.interval.ms": "60000",
  "partition.metrics.window.ms": "1800000",
  "min.samples.per.partition.metrics.window": "2",
  "execution.progress.check.interval.ms": "10000",
  "evenkeel.samples.flush.interval.ms": "3600000",
  "evenkeel.classifier.predict.interval.ms": "300000",
  "evenkeel.classifier.history.flush.interval.ms": "3600000",
  // At least two polls; and no training within the few days of most stories.
  "evenkeel.classifier.cpu.window.minutes": "10",
  "evenkeel.classifier.train.min.minutes": "20160",
};

/** What to build. */
export interface WorldOptions {
  readonly seed: number;
  readonly spec: SimSpec;
  readonly settings?: Partial<Record<KeyName, string>>;
  /** Where the detector's notifications are posted; nowhere when absent. */
  readonly post?: PostJson;
  /** Broker metrics that the classifier remembers at the start; none when absent. */
  readonly past?: Past;
}

/** The time before the start. */
export interface Past {
  readonly days: number;
  readonly faults: readonly { readonly atMs: number; readonly fault: SimFault }[];
}

/** A running world. */
export interface World {
  readonly clock: ManualClock;
  readonly cluster: SimCluster;
  /** A gateway for the test itself, beside those of the actors. */
  readonly gateway: Gateway;
  readonly system: InProcessSystem;
  readonly journal: Journal;
  readonly config: Config;
  /** Warnings and errors, in order. */
  readonly complaints: LogRecord[];
  /** Moves time, firing everything on the way. */
  run(durationMs: number): Promise<void>;
  /** Settles a promise while time moves, at most `withinMs`. */
  settleWithin<T>(work: Promise<T>, withinMs: number, what: string): Promise<T>;
  plan(request: Partial<PlanRequest>, withinMs?: number): Promise<Result<Plan>>;
  /** Plans and hands the plan to the executor; a failure of either comes back. */
  rebalance(request?: Partial<PlanRequest>, options?: ExecutionOptions): Promise<Result<Plan>>;
  executorState(): Promise<ExecutorState>;
  /** Moves time until nothing executes. Fails with the state after `withinMs`. */
  untilIdle(withinMs: number): Promise<ExecutorState>;
  close(): Promise<void>;
}

/** A directory in memory where the machine has one: a day writes hundreds of durable steps. */
function makeDirectory(): string {
  try {
    return Deno.makeTempDirSync({ dir: "/dev/shm", prefix: "evenkeel-" });
  } catch {
    return Deno.makeTempDirSync({ prefix: "evenkeel-" });
  }
}

/** Builds and starts a world. */
export async function createWorld(options: WorldOptions): Promise<World> {
  const clock = new ManualClock(START_MS);
  const directory = makeDirectory();
  const config = defaultConfig({
    ...SCENARIO_SETTINGS,
    "evenkeel.data.dir": directory,
    ...options.settings,
  });
  const cluster = createSimCluster({ spec: options.spec, seed: options.seed, startMs: START_MS });
  const gateways: Gateway[] = [];
  const gateway = () => {
    const made = simGateway(cluster, { clock, latencyMs: 5 });
    gateways.push(made);
    return made;
  };
  const state = must(openState({ directory, clock, log: silentLog }));
  const samples = must(openSampleStore({ directory, clock, log: silentLog }));
  const journal = openJournal(state);
  const history = brokerHistoryStore({ directory, clock, log: silentLog });
  if (options.past !== undefined) {
    const { days, faults } = options.past;
    const span = { startMs: START_MS - days * 24 * HOUR_MS, endMs: START_MS };
    must(savePast(history, pastMetrics(options.spec, { seed: options.seed, ...span, faults })));
  }
  const complaints: LogRecord[] = [];
  const system = createInProcessSystem({
    clock,
    prng: createPrng(options.seed),
    config,
    sink: (record) => {
      if (record.level === "warn" || record.level === "error") complaints.push(record);
    },
    actors: {
      sampler: (context) => createSampler({ context, config, gateway: gateway() }),
      aggregator: (context) => createAggregator({ context, config, store: samples }),
      classifier: (context) =>
        createClassifier({ context, config, models: modelStore(state), history }),
      analyzer: (context) => createAnalyzer({ context, config }),
      executor: (context) => createExecutor({ context, config, gateway: gateway(), journal }),
      detector: (context) =>
        createDetector({
          context,
          config,
          anomalies: anomalyStore(state),
          post: options.post,
        }),
    },
  });
  const world = drive({ clock, system, cluster, gateway: gateway(), journal, config, complaints });
  must(await world.settleWithin(system.start(), MINUTE_MS, "the start"));
  return {
    ...world,
    async close() {
      await world.settleWithin(system.stop(), HOUR_MS, "the stop");
      for (const open of gateways) await open.close();
      state.close();
      samples.close();
      history.close();
      Deno.removeSync(directory, { recursive: true });
    },
  };
}

function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.failure.message);
}

type Parts = Pick<
  World,
  "clock" | "system" | "cluster" | "gateway" | "journal" | "config" | "complaints"
>;

function drive(parts: Parts): Omit<World, "close"> {
  const { clock, system } = parts;
  let operations = 0;
  const settleWithin = async <T>(work: Promise<T>, withinMs: number, what: string): Promise<T> => {
    let done = false;
    work.then(() => done = true, () => done = true);
    const giveUpMs = clock.nowMs() + withinMs;
    await settle();
    while (!done && clock.fireNext(giveUpMs)) await settle();
    if (!done) throw new Error(`Waited ${withinMs} ms of simulated time in vain for ${what}`);
    return await work;
  };
  const executorState = async () =>
    must(
      await settleWithin(
        system.request({ kind: "get_executor_state", withTasks: false }),
        HOUR_MS,
        "the executor's state",
      ),
    );
  const plan = async (request: Partial<PlanRequest>, withinMs = HOUR_MS): Promise<Result<Plan>> => {
    const planUuid = `plan-${operations++}`;
    const made = await settleWithin(
      system.request({ kind: "make_plan", planUuid, plan: { operation: "rebalance", ...request } }),
      withinMs,
      "a plan",
    );
    return made.ok ? ok(made.value.plan) : made;
  };
  return {
    ...parts,
    settleWithin,
    executorState,
    plan,
    run: (durationMs) => clock.advanceTo(clock.nowMs() + durationMs),
    async rebalance(request = {}, options = {}) {
      const executionUuid = `execution-${operations++}`;
      const ask = <T>(work: Promise<T>) => settleWithin(work, HOUR_MS, "the executor");
      const reserved = await ask(
        system.request({
          kind: "reserve_executor",
          executionUuid,
          reason: "scenario",
          userTriggered: true,
        }),
      );
      if (!reserved.ok) return reserved;
      const made = await plan(request);
      if (!made.ok || made.value.proposals.length === 0) {
        await ask(system.request({ kind: "release_executor", executionUuid }));
        return made;
      }
      const accepted = await ask(
        system.request({
          kind: "execute_proposals",
          executionUuid,
          operation: "rebalance",
          proposals: made.value.proposals,
          options,
        }),
      );
      return accepted.ok ? made : accepted;
    },
    async untilIdle(withinMs) {
      const giveUpMs = clock.nowMs() + withinMs;
      for (;;) {
        const state = await executorState();
        if (state.phase === "NO_TASK_IN_PROGRESS") return state;
        if (clock.nowMs() >= giveUpMs) {
          throw new Error(`Still executing after ${withinMs} ms: ${JSON.stringify(state)}`);
        }
        await clock.advanceTo(clock.nowMs() + MINUTE_MS);
      }
    },
  };
}
