/**
 * Keeps the windows: takes samples in, answers what the load is, and saves it.
 *
 * @module
 */
import type { Config } from "../../config/table.ts";
import { earliestMs } from "../../lib/clock.ts";
import type { Actor, ActorContext } from "../../messages/actor.ts";
import type { Message } from "../../messages/mod.ts";
import type { SamplesCollected } from "../../messages/sampler.ts";
import type { Topology } from "../../model/topology.ts";
import type { SampleStore } from "../../store/samples.ts";
import { parkedUntilMs } from "./entity_layout.ts";
import { createFlusher } from "./flusher.ts";
import { loadSnapshot, monitorState } from "./load_query.ts";
import { acceptSamples, acceptTopology, createLoadState, refreshEntities } from "./load_state.ts";
import { restoreState } from "./persistence.ts";
import { dirtyBeforeRollOut, newestFilledWindow, windowIndex } from "./window_ring.ts";

/** Batches that wait for their topology. Beyond it the oldest is dropped: a gap that the windows account for. */
const EARLY_BATCHES_MAX = 16;

/** How long to wait before the sampler is asked for the cluster again. */
const ASK_AGAIN_MS = 2_000;

/** What the aggregator needs. `store` is its own: {@link Actor.stop} closes it. */
export interface AggregatorDeps {
  readonly context: ActorContext;
  readonly config: Config;
  readonly store: SampleStore;
}

/** The aggregator. */
export function createAggregator({ context, config, store }: AggregatorDeps): Actor {
  const { clock, log } = context;
  const windowMs = config["partition.metrics.window.ms"];
  const windowCount = config["num.partition.metrics.windows"];
  const maxExtrapolations = config["max.allowed.extrapolations.per.partition"];
  const minSamples = config["min.samples.per.partition.metrics.window"];
  const state = createLoadState({ windowMs, windowCount, minSamples });
  const flusher = createFlusher({
    store,
    log,
    intervalMs: config["evenkeel.samples.flush.interval.ms"],
    retentionWindows: config["evenkeel.samples.retention.windows"],
  });
  let inbox: (Topology | SamplesCollected)[] = [];
  let emittedGeneration = -1;
  let askAtMs = -Infinity;

  /** Takes in what arrived, in order. Samples that came before their topology wait for it. */
  function drain(): void {
    const nowMs = clock.nowMs();
    const early: SamplesCollected[] = [];
    for (const item of inbox) {
      if (!("kind" in item)) acceptTopology(state, item, nowMs);
      else if (take(item, nowMs) === "early") early.push(item);
    }
    for (const batch of early.slice(0, -EARLY_BATCHES_MAX)) {
      state.samplesRejected += batch.partitions.length;
    }
    inbox = early.slice(-EARLY_BATCHES_MAX);
  }

  function take(batch: SamplesCollected, nowMs: number) {
    const window = windowIndex(batch.atMs, windowMs);
    if (dirtyBeforeRollOut(state.partitions, window).length > 0) flusher.flush(state, nowMs);
    return acceptSamples(state, batch);
  }

  function announce(): void {
    const { partitions } = state;
    if (partitions.generation === emittedGeneration) return;
    emittedGeneration = partitions.generation;
    const newest = newestFilledWindow(partitions);
    if (newest === undefined) return;
    context.emit({
      kind: "window_closed",
      loadGeneration: partitions.generation,
      windowEndMs: newest * windowMs,
    });
  }

  /** The sampler tells the cluster at its own start; after a restart of this actor it has to be asked. */
  function askForCluster(nowMs: number): number | undefined {
    if (state.topology !== undefined) return undefined;
    if (nowMs < askAtMs) return askAtMs;
    askAtMs = nowMs + ASK_AGAIN_MS;
    void context.request({ kind: "get_cluster", fresh: false }).then((answer) => {
      const seen = state.topology !== undefined || inbox.some((item) => !("kind" in item));
      if (!answer.ok || seen) return;
      // In front: samples that wait already may be of this topology.
      inbox.unshift(answer.value.topology);
      context.wake();
    });
    return askAtMs;
  }

  function tick(nowMs: number): number | undefined {
    drain();
    const parkedMs = parkedUntilMs(state.entities);
    if (parkedMs !== undefined && parkedMs <= nowMs) refreshEntities(state, nowMs);
    const dueMs = flusher.dueMs(state);
    if (dueMs !== undefined && dueMs <= nowMs) flusher.flush(state, nowMs);
    announce();
    return earliestMs(
      askForCluster(nowMs),
      flusher.dueMs(state),
      state.topology === undefined ? undefined : parkedUntilMs(state.entities),
    );
  }

  return {
    start() {
      const loaded = store.load({ windowMs, count: windowCount + 1 });
      if (loaded.ok) restoreState(state, loaded.value, clock.nowMs());
      else log.error("Starting without stored samples", { reason: loaded.failure.message });
      context.wake();
      return Promise.resolve();
    },
    handle(message: Message) {
      if (message.kind === "cluster_observed") inbox.push(message.topology);
      else if (message.kind === "samples_collected") inbox.push(message);
      else return;
      context.wake();
    },
    answers: {
      get_load(request) {
        drain();
        const mayUseActive = config["evenkeel.plan.from.active.window"];
        const nowMs = clock.nowMs();
        return loadSnapshot(state, request, { nowMs, maxExtrapolations, mayUseActive });
      },
      get_monitor_state() {
        drain();
        const storeFailure = flusher.failure();
        return { ok: true, value: monitorState(state, { maxExtrapolations, storeFailure }) };
      },
    },
    tick,
    stop() {
      drain();
      if (flusher.dueMs(state) !== undefined) flusher.flush(state, clock.nowMs());
      store.close();
      return Promise.resolve();
    },
  };
}
