/** An aggregator under a manual clock, for tests. */
import { assert } from "@std/assert";
import { createAggregator } from "../../../actors/aggregator/mod.ts";
import { defaultConfig } from "../../../config/parse.ts";
import { ManualClock } from "../../../lib/clock.ts";
import { fail, ok, type Result } from "../../../lib/failure.ts";
import { type LogRecord, logTo, silentLog } from "../../../lib/log.ts";
import { createPrng } from "../../../lib/prng.ts";
import type { Actor, ActorContext } from "../../../messages/actor.ts";
import type { LoadSnapshot, MonitorState } from "../../../messages/aggregator.ts";
import type { Message } from "../../../messages/mod.ts";
import { PARTITION_METRIC_COUNT } from "../../../model/metrics.ts";
import type { Topology } from "../../../model/topology.ts";
import { openSampleStore, type SampleStore } from "../../../store/samples.ts";
import { testBatch } from "./bench_cluster.ts";

/** Length of a window. */
export const WINDOW_MS = 60_000;
/** The start of a window. */
export const START_MS = 1_700_000_040_000;

/** Settings of every rig. */
export const SETTINGS = {
  "partition.metrics.window.ms": String(WINDOW_MS),
  "num.partition.metrics.windows": "3",
  "min.samples.per.partition.metrics.window": "2",
  "evenkeel.samples.flush.interval.ms": "10000",
  "evenkeel.samples.retention.windows": "5",
};

/** An aggregator with a clock that stands, and what it said. */
export interface Rig {
  readonly actor: Actor;
  readonly clock: ManualClock;
  readonly emitted: Message[];
  readonly records: LogRecord[];
  /** Cluster that the sampler answers, undefined = it does not. */
  cluster: Topology | undefined;
  wokenAtMs: number | undefined;
}

/** An aggregator on a store; not started. */
export function rigOn(
  store: SampleStore,
  options: { nowMs?: number; settings?: Record<string, string> } = {},
): Rig {
  const clock = new ManualClock(options.nowMs ?? START_MS);
  const records: LogRecord[] = [];
  const emitted: Message[] = [];
  const rig: Rig = {
    clock,
    emitted,
    records,
    cluster: undefined,
    wokenAtMs: undefined,
    actor: undefined as unknown as Actor,
  };
  const context = {
    name: "aggregator",
    clock,
    prng: createPrng(1),
    log: logTo((record) => records.push(record), "aggregator", { nowMs: () => clock.nowMs() }),
    emit: (message: Message) => emitted.push(message),
    wake: (atMs?: number) => rig.wokenAtMs = atMs ?? clock.nowMs(),
    request: (request: { kind: string }) =>
      Promise.resolve(
        request.kind === "get_cluster" && rig.cluster !== undefined
          ? ok({ kind: "cluster_observed", topology: rig.cluster, logDirs: [] })
          : fail("actor_died", "Cannot ask the sampler: it is not running", { retriable: true }),
      ),
  } as unknown as ActorContext;
  const config = defaultConfig({ ...SETTINGS, ...options.settings });
  return Object.assign(rig, { actor: createAggregator({ context, config, store }) });
}

/** Runs a test on a started aggregator with a store of its own. */
export async function withRig(
  test: (rig: Rig, directory: string) => Promise<void>,
  settings: Record<string, string> = {},
): Promise<void> {
  const directory = Deno.makeTempDirSync();
  const rig = rigOn(open(directory), { settings });
  await rig.actor.start();
  try {
    await test(rig, directory);
  } finally {
    await rig.actor.stop();
    Deno.removeSync(directory, { recursive: true });
  }
}

/** Opens the store below `directory`. */
export function open(directory: string): SampleStore {
  const opened = openSampleStore({ directory, clock: new ManualClock(START_MS), log: silentLog });
  assert(opened.ok);
  return opened.value;
}

/** The cluster is seen. */
export async function observe(rig: Rig, topology: Topology): Promise<void> {
  rig.actor.handle({ kind: "cluster_observed", topology, logDirs: [] });
  await rig.actor.tick(rig.clock.nowMs());
}

/** One sample of every partition at `atMs`; the clock moves there. */
export async function sample(
  rig: Rig,
  topology: Topology,
  atMs: number,
  value: (row: number, metric: number) => number,
): Promise<void> {
  await rig.clock.advanceTo(atMs);
  rig.actor.handle(testBatch(topology, atMs, value));
  await rig.actor.tick(atMs);
}

/** Asks for the load. */
export async function load(
  rig: Rig,
  wish: Partial<
    { windows: number; minValidRatio: number; includeAllTopics: boolean; newest: boolean }
  > = {},
): Promise<Result<LoadSnapshot>> {
  const { newest = false, ...requirements } = wish;
  return await rig.actor.answers.get_load!({
    kind: "get_load",
    fromMs: undefined,
    toMs: undefined,
    requirements: { windows: 1, minValidRatio: 0.95, includeAllTopics: false, ...requirements },
    newest,
  });
}

/** The load, which must be there. */
export async function mustLoad(rig: Rig, requirements = {}): Promise<LoadSnapshot> {
  const answer = await load(rig, requirements);
  assert(answer.ok, answer.ok ? "" : answer.failure.message);
  return answer.value;
}

/** The state of the monitor. */
export async function monitor(rig: Rig): Promise<MonitorState> {
  const answer = await rig.actor.answers.get_monitor_state!({ kind: "get_monitor_state" });
  assert(answer.ok);
  return answer.value;
}

/** A metric of a partition row in one of the windows. */
export function at(snapshot: LoadSnapshot, window: number, row: number, metric: number): number {
  const partitions = snapshot.valid.length;
  return snapshot.metrics[(window * partitions + row) * PARTITION_METRIC_COUNT + metric]!;
}
