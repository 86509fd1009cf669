/** Small actors and facts for tests of the runtime. */
import type { Actor, ActorContext, Answers } from "../../messages/actor.ts";
import type { Message } from "../../messages/mod.ts";
import type { ExecutionSummary } from "../../messages/executor.ts";
import { defaultConfig } from "../../config/parse.ts";
import { ManualClock } from "../../lib/clock.ts";
import { createPrng } from "../../lib/prng.ts";
import type { LogRecord } from "../../lib/log.ts";
import { createInProcessSystem, type InProcessDeps } from "../../workers/in_process.ts";

/** 2026-01-01T00:00:00Z. */
export const START_MS = 1_767_225_600_000;

/** An actor that does nothing except what is given. */
export function testActor(parts: Partial<Actor> & { answers?: Answers } = {}): Actor {
  return {
    start: () => Promise.resolve(),
    handle: () => {},
    answers: {},
    tick: () => undefined,
    stop: () => Promise.resolve(),
    ...parts,
  };
}

/** sampler -> server, keep_latest. `n` tells facts apart. */
export function samplingState(n: number): Message {
  return {
    kind: "sampling_state_changed",
    state: {
      state: "running",
      reason: undefined,
      pollsDone: n,
      pollsFailed: 0,
      lastPollAtMs: undefined,
      lastPollDurationMs: undefined,
      lastFailure: undefined,
      silentBrokers: [],
      sources: [],
    },
  };
}

/** aggregator -> analyzer and server, keep_latest. */
export function windowClosed(n: number): Message {
  return { kind: "window_closed", loadGeneration: n, windowEndMs: n };
}

/** executor -> server, sampler, analyzer, never_dropped. */
export function executionEnded(n: number): Message {
  const summary: ExecutionSummary = {
    executionUuid: `execution-${n}`,
    outcome: "completed",
    startedAtMs: n,
    endedAtMs: n,
    completed: n,
    aborted: 0,
    dead: 0,
    notBegun: 0,
    movedMb: 0,
    explanation: "",
  };
  return { kind: "execution_ended", summary };
}

/** sampler -> aggregator, drop_newest. */
export function samples(n: number, length = 4): Extract<Message, { kind: "samples_collected" }> {
  return {
    kind: "samples_collected",
    atMs: n,
    generation: 1,
    partitions: new Int32Array(length),
    leaders: new Int32Array(length),
    metrics: new Float32Array(length),
    replicaMb: new Float32Array(0),
    brokerIds: new Int32Array(0),
    brokerMetrics: new Float64Array(0),
  };
}

/** The number that the functions above put into a fact. */
export function numberOf(message: Message): number {
  switch (message.kind) {
    case "sampling_state_changed":
      return message.state.pollsDone;
    case "window_closed":
      return message.loadGeneration;
    case "execution_ended":
      return message.summary.completed;
    case "samples_collected":
      return message.atMs;
    default:
      throw new TypeError(`no number in ${message.kind}`);
  }
}

/** Facts but the runtime's own. */
export function isOurs(message: Message): boolean {
  return message.kind !== "runtime_observed";
}

/** A system under a manual clock, with its log. */
export function manualSystem(
  actors: InProcessDeps["actors"],
  options: Partial<Pick<InProcessDeps, "limits" | "config">> & { seed?: number } = {},
) {
  const clock = new ManualClock(START_MS);
  const log: LogRecord[] = [];
  const system = createInProcessSystem({
    clock,
    prng: createPrng(options.seed ?? 1),
    config: options.config ?? defaultConfig(),
    sink: (record) => log.push(record),
    actors,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  return { clock, log, system };
}

/** Lets time go on by `ms`. */
export async function pass(clock: ManualClock, ms = 0): Promise<void> {
  await clock.advanceTo(clock.nowMs() + ms);
}

/** What an actor wrote down about its life. */
export interface Seen {
  readonly contexts: ActorContext[];
  readonly facts: Message[];
}
