/** The sampler: polls the cluster, tells others what it looks like and how loaded each partition is. */
import type { Gateway } from "../../cluster/gateway.ts";
import type { Config } from "../../config/table.ts";
import { type Failure, ok, type Result } from "../../lib/failure.ts";
import { createEstimatorState, forgetBaselines } from "../../load/estimator_state.ts";
import type { Actor, ActorContext } from "../../messages/actor.ts";
import type { ClusterObserved, SamplerState } from "../../messages/sampler.ts";
import { type ExecutionMode, isMoving, modeAfter, mustAsk } from "./execution_mode.ts";
import { clusterObserved, isNews, type Look, lookAtCluster, lookAtTopology } from "./look.ts";
import { brokerMetricsOf, buffersOf, samplesOf } from "./samples.ts";
import { nextPollAtMs } from "./schedule.ts";
import { samplerSettings } from "./settings.ts";
import { sharedCalls } from "./shared_calls.ts";
import { TopicSettings } from "./topic_settings.ts";
import { afterLook, isStateNews, NOT_STARTED } from "./state.ts";

/** What the sampler needs. The gateway is closed by who opened it. */
export interface SamplerDeps {
  readonly context: ActorContext;
  readonly config: Config;
  readonly gateway: Gateway;
}

/** Creates the sampler. It polls from `start()` on, at the times of `nextPollAtMs()`. */
export function createSampler({ context, config, gateway }: SamplerDeps): Actor {
  const settings = samplerSettings(config);
  const { clock } = context;
  const estimator = createEstimatorState();
  const topicSettings = new TopicSettings(gateway, clock, { deadlineMs: settings.deadlineMs });
  let state: SamplerState = NOT_STARTED;
  let latest: ClusterObserved | undefined;
  let mode: ExecutionMode = { moving: false, heardAtMs: 0 };
  let pollAtMs = 0;
  let pollsSinceResume = 0;
  let failuresInRow = 0;
  let paused = false;
  let stopped = false;

  function changeState(change: Partial<SamplerState>): void {
    const before = state;
    state = { ...state, ...change };
    if (isStateNews(before, state)) context.emit({ kind: "sampling_state_changed", state });
  }

  /** Returns the newest that is known: a look that began earlier may end later. */
  function remember(seen: ClusterObserved): ClusterObserved {
    if (latest !== undefined && seen.topology.generation < latest.topology.generation) {
      return latest;
    }
    const logDirs = seen.logDirs.length === 0 ? latest?.logDirs ?? [] : seen.logDirs;
    const observed = { ...seen, logDirs };
    const news = isNews(latest, observed);
    latest = observed;
    if (news && !stopped) context.emit(observed);
    return observed;
  }

  const lookAfresh = sharedCalls(async () => {
    const seen = await lookAtTopology(gateway, { deadlineMs: settings.deadlineMs });
    if (!seen.ok) return seen;
    return ok(remember(clusterObserved(seen.value.topology, seen.value.logDirs)));
  });

  /** Others are not told of settings: nobody plans by them. */
  async function withMinInsync(seen: Result<ClusterObserved>): Promise<Result<ClusterObserved>> {
    if (!seen.ok) return seen;
    const minInsyncReplicas = await topicSettings.minInsyncReplicas(seen.value.topology);
    return ok({ ...seen.value, minInsyncReplicas });
  }

  async function poll(startedAtMs: number): Promise<void> {
    const startMs = clock.monotonicMs();
    changeState({ state: "sampling" });
    const look = await lookAtCluster(gateway, { deadlineMs: settings.deadlineMs });
    if (stopped) return;
    if (look.ok) takeLook(look.value);
    else takeFailure(look.failure);
    changeState({
      state: paused ? "paused" : "running",
      lastPollAtMs: startedAtMs,
      lastPollDurationMs: clock.monotonicMs() - startMs,
    });
  }

  function takeLook(look: Look): void {
    if (failuresInRow > 0) context.log.info("Polls succeed again", { failed: failuresInRow });
    failuresInRow = 0;
    pollsSinceResume++;
    remember(clusterObserved(look.topology, look.logDirs));
    const atMs = clock.nowMs();
    const samples = samplesOf(estimator, look, { settings, atMs, moving: mode.moving });
    if (samples !== undefined) context.emit(samples, buffersOf(samples));
    const brokers = brokerMetricsOf(look);
    if (brokers !== undefined) {
      context.emit(brokers, [brokers.brokerIds.buffer, brokers.brokerMetrics.buffer]);
    }
    changeState({ pollsDone: state.pollsDone + 1, ...afterLook(look) });
  }

  function takeFailure({ code, message }: Failure): void {
    failuresInRow++;
    if (message !== state.lastFailure) context.log.warn("A poll failed", { code, message });
    changeState({ pollsFailed: state.pollsFailed + 1, lastFailure: message });
  }

  async function askExecutor(): Promise<void> {
    const answer = await context.request<"get_executor_state">({
      kind: "get_executor_state",
      withTasks: false,
    });
    if (!answer.ok) return;
    mode = { moving: isMoving(answer.value.phase), heardAtMs: clock.nowMs() };
  }

  return {
    start() {
      changeState({ state: "running" });
      context.wake();
      return Promise.resolve();
    },
    handle(message) {
      mode = modeAfter(mode, message, clock.nowMs());
    },
    answers: {
      get_sampler_state: () => ok(state),
      pause_sampling({ reason }) {
        paused = true;
        changeState({ state: "paused", reason });
        return ok(state);
      },
      resume_sampling({ reason }) {
        // A pair across the pause would bring in what the pause was meant to keep out.
        if (paused) forgetBaselines(estimator);
        paused = false;
        pollsSinceResume = 0;
        pollAtMs = 0;
        changeState({ state: "running", reason });
        context.wake();
        return ok(state);
      },
      get_cluster({ fresh, withMinInsync: wanted }) {
        const seen = fresh || latest === undefined ? lookAfresh() : ok(latest);
        return wanted === true ? Promise.resolve(seen).then(withMinInsync) : seen;
      },
    },
    async tick(nowMs) {
      if (paused || stopped) return undefined;
      if (nowMs < pollAtMs) return pollAtMs;
      if (mustAsk(mode, nowMs, settings.executionSilenceMs)) await askExecutor();
      await poll(nowMs);
      const endedAtMs = clock.nowMs();
      const history = { startedAtMs: nowMs, endedAtMs, pollsSinceResume, failuresInRow };
      pollAtMs = nextPollAtMs(history, settings, context.prng.next());
      return paused || stopped ? undefined : pollAtMs;
    },
    stop() {
      stopped = true;
      return Promise.resolve();
    },
  };
}
