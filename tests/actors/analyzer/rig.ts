/** An analyzer with hand-made answers of the other actors. */
import { createAnalyzer } from "../../../actors/analyzer/mod.ts";
import { defaultConfig } from "../../../config/parse.ts";
import type { KeyName } from "../../../config/table.ts";
import { ManualClock } from "../../../lib/clock.ts";
import { fail, ok, type Result } from "../../../lib/failure.ts";
import { type LogRecord, logTo } from "../../../lib/log.ts";
import { createPrng } from "../../../lib/prng.ts";
import type { Actor, ActorContext } from "../../../messages/actor.ts";
import type { LoadSnapshot, MonitorState } from "../../../messages/aggregator.ts";
import type { PlanRequest } from "../../../messages/analyzer.ts";
import type { AnswerOf, Message } from "../../../messages/mod.ts";
import type { ClusterObserved } from "../../../messages/sampler.ts";
import {
  CPU_USAGE,
  DISK_USAGE,
  LEADER_BYTES_IN,
  LEADER_BYTES_OUT,
  PARTITION_METRIC_COUNT,
} from "../../../model/metrics.ts";
import { buildTopology, partitionCount, replicaCount } from "../../../model/topology.ts";

const GB = 1024 ** 3;

/** Brokers in racks of their own; `count` partitions on brokers 1 and 2, all led by 1, the others empty. */
export function skewedCluster(
  generation: number,
  count = 12,
  brokerIds: readonly number[] = [1, 2, 3],
): ClusterObserved {
  const { topology } = buildTopology({
    generation,
    observedAtMs: 0,
    clusterId: "test",
    controllerId: 1,
    brokers: brokerIds.map((id) => ({
      id,
      host: `host${id}`,
      port: 9092,
      rack: `rack${id}`,
      alive: true,
    })),
  }, [{
    name: "t",
    id: "id-t",
    partitions: Array.from({ length: count }, (_, partition) => ({
      partition,
      leader: 1,
      leaderEpoch: 0,
      replicas: [1, 2],
      inSync: [1, 2],
      offline: [],
    })),
  }]);
  return {
    kind: "cluster_observed",
    topology,
    logDirs: brokerIds.map((brokerId) => ({
      brokerId,
      dirs: [{
        path: `/data/${brokerId}`,
        alive: true,
        totalBytes: 100 * GB + brokerId * GB,
        usableBytes: 90 * GB,
        replicaBytes: 10 * GB,
      }],
    })),
  };
}

/** 1,000 KB/s in, as much out, 1,000 MB on every partition; CPU not known. */
export function evenLoad(
  cluster: ClusterObserved,
  overrides: Partial<LoadSnapshot> = {},
): LoadSnapshot {
  const count = partitionCount(cluster.topology);
  const metrics = new Float32Array(count * PARTITION_METRIC_COUNT);
  for (let p = 0; p < count; p++) {
    const at = p * PARTITION_METRIC_COUNT;
    metrics[at + CPU_USAGE] = NaN;
    metrics[at + DISK_USAGE] = 1_000;
    metrics[at + LEADER_BYTES_IN] = 1_000;
    metrics[at + LEADER_BYTES_OUT] = 1_000;
  }
  return {
    generation: cluster.topology.generation,
    loadGeneration: 1,
    windowEndsMs: Float64Array.of(60_000),
    valid: new Uint8Array(count).fill(1),
    metrics,
    replicaMb: new Float32Array(replicaCount(cluster.topology)).fill(NaN),
    validRatio: 1,
    fromActiveWindow: false,
    brokerIds: new Int32Array(0),
    brokerMetrics: new Float64Array(0),
    ...overrides,
  };
}

/** Everything known: one good window. */
export const MONITOR: MonitorState = {
  loadGeneration: 1,
  validPartitions: 12,
  totalPartitions: 12,
  flawedPartitions: 0,
  windows: [{ endMs: 60_000, monitoredRatio: 1, validRatio: 1 }],
  activeRatio: 1,
  samplesStored: 12,
  samplesRejected: 0,
  storeFailure: undefined,
  loadingProgress: 1,
};

/** The analyzer and its surroundings, which a test may change. */
export interface Rig {
  readonly actor: Actor;
  readonly clock: ManualClock;
  readonly emitted: Message[];
  readonly records: LogRecord[];
  /** What the sampler and the aggregator answer. */
  cluster: ClusterObserved | undefined;
  load: Result<LoadSnapshot>;
  /** Kinds of the requests that the analyzer made. */
  readonly asked: string[];
}

/** An analyzer beside a skewed cluster whose load is known. */
export function createRig(settings: Partial<Record<KeyName, string>> = {}): Rig {
  const clock = new ManualClock(1_700_000_000_000);
  const cluster = skewedCluster(1);
  const records: LogRecord[] = [];
  const emitted: Message[] = [];
  const rig = {
    clock,
    emitted,
    records,
    cluster: cluster as ClusterObserved | undefined,
    load: ok(evenLoad(cluster)) as Result<LoadSnapshot>,
    asked: [] as string[],
  };
  function answer(kind: string): Result<unknown> {
    rig.asked.push(kind);
    if (kind === "get_load") return rig.load;
    if (kind === "get_monitor_state") return ok(MONITOR);
    if (kind === "get_cluster" && rig.cluster !== undefined) return ok(rig.cluster);
    return fail("cluster_unreachable", `Nobody answers ${kind}`);
  }
  const context = {
    name: "analyzer",
    clock,
    prng: createPrng(1),
    log: logTo((record) => records.push(record), "analyzer", { nowMs: () => clock.nowMs() }),
    emit: (message: Message) => emitted.push(message),
    wake: () => {},
    request: (request: { kind: string }) => Promise.resolve(answer(request.kind)),
  } as unknown as ActorContext;
  const actor = createAnalyzer({ context, config: defaultConfig(settings) });
  return Object.assign(rig, { actor });
}

/** Asks for a plan. */
export async function plan(
  rig: Rig,
  request: Partial<PlanRequest> = {},
  planUuid = "uuid",
): Promise<Result<AnswerOf<"make_plan">>> {
  return await rig.actor.answers.make_plan!({
    kind: "make_plan",
    planUuid,
    plan: { operation: "rebalance", ...request },
  });
}
