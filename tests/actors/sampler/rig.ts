/** The sampler on a small simulated cluster under a manual clock, with a gateway that can be made to fail. */
import { createSampler } from "../../../actors/sampler/mod.ts";
import type { Gateway } from "../../../cluster/gateway.ts";
import {
  brokerSpec,
  createSimCluster,
  exactSpec,
  simGateway,
  type SimSettings,
  topicSpec,
} from "../../../cluster/sim/mod.ts";
import { defaultConfig } from "../../../config/parse.ts";
import type { KeyName } from "../../../config/table.ts";
import { ManualClock, settle } from "../../../lib/clock.ts";
import { fail, type Failure, ok, type Result } from "../../../lib/failure.ts";
import { logTo } from "../../../lib/log.ts";
import { createPrng } from "../../../lib/prng.ts";
import type { ActorContext } from "../../../messages/actor.ts";
import type { ExecutorPhase, ExecutorState } from "../../../messages/executor.ts";
import type { Message, MessageKind, MessageOf } from "../../../messages/mod.ts";
import type { SamplerState } from "../../../messages/sampler.ts";

/** Where the manual clock starts, epoch ms. */
export const START_MS = 1_700_000_000_000;

/** Everything a test touches. */
export interface Rig {
  readonly clock: ManualClock;
  readonly cluster: ReturnType<typeof createSimCluster>;
  readonly actor: ReturnType<typeof createSampler>;
  /** The gateway past the actor: neither counted nor made to fail. */
  readonly gateway: Gateway;
  /** All that was sent, with when. */
  readonly sent: { readonly atMs: number; readonly message: Message }[];
  /** Gateway methods called, with when, epoch ms. */
  readonly calls: { readonly atMs: number; readonly name: string }[];
  /** While set, every gateway call fails with it. */
  failure: Failure | undefined;
  /** What the executor answers. */
  executor: Result<ExecutorState>;
  /** Runs the actor until so many ms after the start. */
  runTo(afterStartMs: number): Promise<void>;
  /** Facts of a kind. */
  facts<K extends MessageKind>(kind: K): MessageOf<K>[];
  state(): SamplerState;
  progress(phase: ExecutorPhase): void;
}

/** Builds and starts it. Three brokers, two topics with 100 KB/s each and three partitions each. */
export async function startRig(
  options: { config?: Partial<Record<KeyName, string>>; sim?: Partial<SimSettings> } = {},
): Promise<Rig> {
  const clock = new ManualClock(START_MS);
  const assignment = [[1, 2], [2, 3], [3, 1]];
  const spec = exactSpec({
    brokers: [1, 2, 3].map((id) => brokerSpec(id, `r${id}`)),
    topics: [topicSpec("a", assignment), topicSpec("b", assignment)],
    groups: [{ groupId: "g", topics: ["a"], capacity: 2 }],
    settings: { brokerMetrics: false, ...options.sim },
  });
  const cluster = createSimCluster({ spec, seed: 1, startMs: START_MS });
  const inner = simGateway(cluster, { clock });
  const sent: Rig["sent"] = [];
  const calls: Rig["calls"] = [];
  let wakeAtMs: number | undefined;
  const gateway = new Proxy(inner, {
    get(target, name: keyof Gateway & string) {
      const method = target[name] as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) => {
        calls.push({ atMs: clock.nowMs(), name });
        return rig.failure === undefined
          ? method.apply(target, args)
          : Promise.resolve({ ok: false, failure: rig.failure });
      };
    },
  });
  const context: ActorContext = {
    name: "sampler",
    clock,
    prng: createPrng(1),
    log: logTo(() => {}, "sampler", { nowMs: () => clock.nowMs() }),
    emit: (message) => {
      sent.push({ atMs: clock.nowMs(), message });
    },
    request: () => Promise.resolve(rig.executor) as never,
    wake(atMs = clock.nowMs()) {
      wakeAtMs = Math.min(wakeAtMs ?? Infinity, atMs);
    },
  };
  const actor = createSampler({ context, config: defaultConfig(options.config), gateway });
  const rig: Rig = {
    clock,
    cluster,
    gateway: inner,
    actor,
    sent,
    calls,
    failure: undefined,
    executor: fail("actor_died", "Cannot ask the executor: it is gone"),
    async runTo(afterStartMs) {
      const untilMs = START_MS + afterStartMs;
      while (wakeAtMs !== undefined && wakeAtMs <= untilMs) {
        await clock.advanceTo(Math.max(wakeAtMs, clock.nowMs()));
        wakeAtMs = undefined;
        let done = false;
        const tick = Promise.resolve(actor.tick(clock.nowMs())).finally(() => done = true);
        // A hung broker holds the tick until a deadline of the manual clock.
        for (await settle(); !done && clock.nextDueMs() !== undefined; await settle()) {
          clock.fireNext(Infinity);
        }
        const next = await tick;
        if (next !== undefined) context.wake(next);
      }
      await clock.advanceTo(untilMs);
    },
    facts: <K extends MessageKind>(kind: K) =>
      sent.filter(({ message }) => message.kind === kind)
        .map(({ message }) => message as MessageOf<K>),
    state() {
      const answer = actor.answers.get_sampler_state!({ kind: "get_sampler_state" });
      return (answer as { value: SamplerState }).value;
    },
    progress(phase) {
      actor.handle({ kind: "execution_progressed", state: executorState(phase) });
    },
  };
  await actor.start();
  return rig;
}

/** An executor in this phase that has nothing to tell otherwise. */
export function executorState(phase: ExecutorPhase): ExecutorState {
  const counts = {
    pending: 0,
    inProgress: 0,
    aborting: 0,
    aborted: 0,
    dead: 0,
    completed: 0,
    total: 0,
  };
  return {
    phase,
    executionUuid: "u",
    reason: undefined,
    userTriggered: true,
    stopRequested: false,
    startedAtMs: START_MS,
    resumedAtMs: undefined,
    limits: undefined,
    interBroker: counts,
    intraBroker: counts,
    leadership: counts,
    movedMb: 0,
    totalMb: 0,
    rateMbPerSec: undefined,
    secondsLeft: undefined,
    recentlyDemotedBrokers: [],
    recentlyRemovedBrokers: [],
    tasks: [],
    lastExecution: undefined,
  };
}

export { ok };
