/**
 * Gets what a cluster model is built from: the topology of the sampler, the load of the aggregator, the capacities.
 *
 * @module
 */
import type { Config } from "../../config/table.ts";
import { sleepUntil } from "../../lib/clock.ts";
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { BrokerCapacity } from "../../load/capacity_file.ts";
import { cpuWeightsOf } from "../../load/cpu.ts";
import { buildClusterInputSteps } from "../../load/model_builder.ts";
import type { ActorContext } from "../../messages/actor.ts";
import type { CompletenessRequirements, LoadSnapshot } from "../../messages/aggregator.ts";
import type { ClusterObserved } from "../../messages/sampler.ts";
import type { BrokerState, ClusterInput } from "../../model/cluster_input.ts";
import { PARTITION_METRIC_COUNT } from "../../model/metrics.ts";
import { BROKER_METRICS, type BrokerLogDirs } from "../../model/readings.ts";
import { partitionCount, replicaCount, type Topology } from "../../model/topology.ts";
import { createCapacitySource } from "./capacity_source.ts";
import { inSlices } from "./plan_jobs.ts";

/** Topology and load can be of different readings for a moment: how often to look again, and how far apart. */
const TRIES_MAX = 20;
const TRY_EVERY_MS = 250;

/** Requirements of a look at the load: whatever is known. Cruise Control's. */
export const ANY_LOAD: CompletenessRequirements = {
  windows: 1,
  minValidRatio: 0,
  includeAllTopics: true,
};

/** Which model is wanted. */
export interface ModelWish {
  /** Epoch ms; undefined = as far as there are stable windows. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly requirements: CompletenessRequirements;
  /** States that the operation gives to brokers. */
  readonly states: ReadonlyMap<number, BrokerState>;
  /** Whether the log dirs of brokers are modelled. */
  readonly withLogDirs?: boolean;
  /** Generation that the caller has seen: an older one is asked for anew. Not insisted on. */
  readonly topologyGeneration?: number | undefined;
  /** Only the newest load that is known, not the mean of all stable windows. */
  readonly newest?: boolean;
  /** Whether the load of each window is kept besides their mean. */
  readonly withWindows?: boolean;
}

/** A model's input and what it was made from. */
export interface SourcedModel {
  readonly input: ClusterInput;
  /** Topology row of each of the input's partitions. */
  readonly partitionRows: Int32Array;
  readonly topology: Topology;
  readonly load: LoadSnapshot;
  readonly topologyGeneration: number;
  readonly loadGeneration: number;
  /** Stable windows; 0 when the load is that of the active window. */
  readonly windows: number;
  /** 0..1 */
  readonly validRatio: number;
}

/** Makes models from the newest news of the cluster. */
export interface ModelSource {
  /** Records what the sampler saw. */
  observed(cluster: ClusterObserved): void;
  /** Generation of the newest topology, 0 before the first. */
  topologyGeneration(): number;
  /**
   * Fails as `get_load` and `get_cluster` do, with `invalid_file` or `invalid_argument` for capacities, and with
   * `cancelled`.
   */
  model(wish: ModelWish, cancelled: () => boolean): Promise<Result<SourcedModel>>;
  /** The cluster as if nothing were on its replicas: needs no measurement. Fails as `model` does. */
  unloaded(): Promise<Result<SourcedModel>>;
}

/** A source that knows nothing yet. */
export function createModelSource(
  { context, config }: { context: ActorContext; config: Config },
): ModelSource {
  const capacitySource = createCapacitySource(config);
  const weights = cpuWeightsOf(config);
  let cluster: ClusterObserved | undefined;

  /** After a restart of this actor nobody tells the cluster unasked. */
  async function newestCluster(atLeast: number): Promise<Result<ClusterObserved>> {
    if (cluster !== undefined && cluster.topology.generation >= atLeast) return ok(cluster);
    const asked = await context.request({ kind: "get_cluster", fresh: false });
    if (asked.ok) cluster = asked.value;
    return asked;
  }

  async function build(
    wish: ModelWish,
    seen: ClusterObserved,
    { load, cancelled }: { load: LoadSnapshot; cancelled: () => boolean },
  ): Promise<Result<SourcedModel>> {
    const { topology, logDirs, replicaLogDir } = seen;
    if (wish.withLogDirs === true && replicaLogDir === undefined) {
      return fail(
        "not_enough_windows",
        "Cannot plan between log dirs: the brokers have not told yet which replica is where; ask again",
        { retriable: true },
      );
    }
    const capacities = capacitySource.capacities(topology, { logDirs, cores: coresOf(load) });
    if (!capacities.ok) return capacities;
    const unlisted = wish.withLogDirs === true ? unlistedDir(logDirs, capacities.value) : undefined;
    if (unlisted !== undefined) {
      return fail(
        "invalid_argument",
        `Cannot look at log dirs: capacity.config.file gives no capacity for ${unlisted}; list the ` +
          "log dirs of its broker by path under DISK",
      );
    }
    const steps = buildClusterInputSteps(topology, load, {
      capacities: capacities.value,
      logDirs,
      weights,
      includeInvalid: wish.requirements.includeAllTopics,
      states: wish.states,
      withWindows: wish.withWindows ?? false,
      ...(wish.withLogDirs === true && replicaLogDir !== undefined ? { replicaLogDir } : {}),
    });
    const built = await inSlices(steps, context.clock, { cancelled });
    if (!built.ok) return built;
    return ok({
      input: built.value.input,
      partitionRows: built.value.partitionRows,
      topology,
      load,
      topologyGeneration: topology.generation,
      loadGeneration: load.loadGeneration,
      windows: load.fromActiveWindow ? 0 : load.windowEndsMs.length,
      validRatio: load.validRatio,
    });
  }

  return {
    observed: (news) => cluster = news,
    topologyGeneration: () => cluster?.topology.generation ?? 0,
    async unloaded() {
      const seen = await newestCluster(0);
      if (!seen.ok) return seen;
      const load = noLoad(seen.value.topology, context.clock.nowMs());
      const wish = { requirements: ANY_LOAD, states: new Map() };
      return await build(wish, seen.value, { load, cancelled: () => false });
    },
    async model(wish, cancelled) {
      for (let tried = 1;; tried++) {
        const load = await context.request({
          kind: "get_load",
          fromMs: wish.fromMs,
          toMs: wish.toMs,
          requirements: wish.requirements,
          newest: wish.newest ?? false,
        });
        if (!load.ok) return load;
        const seen = await newestCluster(
          Math.max(load.value.generation, wish.topologyGeneration ?? 0),
        );
        if (!seen.ok) return seen;
        if (cancelled()) return fail("cancelled", "Cannot give the plan: it was cancelled");
        const { topology } = seen.value;
        const fits = topology.generation === load.value.generation &&
          partitionCount(topology) === load.value.valid.length;
        if (fits) return await build(wish, seen.value, { load: load.value, cancelled });
        if (tried === TRIES_MAX) {
          return fail(
            "not_enough_windows",
            `Cannot build the cluster model: load is of topology generation ` +
              `${load.value.generation}, the cluster of ${topology.generation}; ask again`,
            { retriable: true },
          );
        }
        await sleepUntil(context.clock, context.clock.nowMs() + TRY_EVERY_MS);
      }
    },
  };
}

/** A load of 0 on every partition. */
function noLoad(topology: Topology, nowMs: number): LoadSnapshot {
  const partitions = partitionCount(topology);
  return {
    generation: topology.generation,
    loadGeneration: 0,
    windowEndsMs: Float64Array.of(nowMs),
    valid: new Uint8Array(partitions).fill(1),
    metrics: new Float32Array(partitions * PARTITION_METRIC_COUNT),
    replicaMb: new Float32Array(replicaCount(topology)),
    validRatio: 1,
    fromActiveWindow: true,
    brokerIds: new Int32Array(0),
    brokerMetrics: new Float64Array(0),
  };
}

/** A live log dir without a capacity of its own. */
function unlistedDir(
  readings: readonly BrokerLogDirs[],
  capacities: ReadonlyMap<number, BrokerCapacity>,
): string | undefined {
  for (const { brokerId, dirs } of readings) {
    const known = capacities.get(brokerId);
    if (known === undefined) continue;
    const dir = dirs.find(({ path, alive }) => alive && known.logDirsMb?.has(path) !== true);
    if (dir !== undefined) return `${dir.path} of broker ${brokerId}`;
  }
  return undefined;
}

const CORES = BROKER_METRICS.indexOf("cores");

function coresOf(load: LoadSnapshot): Map<number, number> {
  const cores = new Map<number, number>();
  load.brokerIds.forEach((id, i) => {
    const value = load.brokerMetrics[i * BROKER_METRICS.length + CORES]!;
    if (value > 0) cores.set(id, value);
  });
  return cores;
}
