/**
 * Measures a cluster for a snapshot: a few polls, then the input of a model.
 *
 * @module
 */
import type { Gateway } from "../cluster/gateway.ts";
import type { Config } from "../config/table.ts";
import { type Clock, sleepUntil } from "../lib/clock.ts";
import { type Failure, failureFrom, ok, type Result } from "../lib/failure.ts";
import { resolveCapacities } from "../load/capacity.ts";
import {
  type BrokerCapacity,
  type CapacityFile,
  parseCapacityFile,
} from "../load/capacity_file.ts";
import { cpuWeightsOf } from "../load/cpu.ts";
import { createEstimatorState } from "../load/estimator_state.ts";
import { withReplicaBytes } from "../load/log_dir_bytes.ts";
import { buildClusterInput, type BuiltInput } from "../load/model_builder.ts";
import { fillLeaderCpu } from "../load/partition_cpu.ts";
import { estimateRates } from "../load/rate_estimator.ts";
import { loadsOfPairs, type SampledPair } from "../load/sampled_loads.ts";
import {
  BROKER_METRICS,
  type BrokerLogDirs,
  type BrokerMetricsReading,
} from "../model/readings.ts";
import type { Topology } from "../model/topology.ts";

/** Polls closer than this measure the jitter of the answers. */
const PAIR_MS_MIN = 200;

/** How to measure. */
export interface MeasureOptions {
  readonly gateway: Gateway;
  readonly config: Config;
  readonly clock: Clock;
  /** At least 2: rates need a pair. */
  readonly polls: number;
  /** From poll to poll, ms. */
  readonly intervalMs: number;
  /** Whether the load between each two polls is kept as a window. */
  readonly withWindows: boolean;
  /** Called after each poll, `done` from 1 on. */
  onPoll(done: number, partitions: number): void;
}

/** What was measured. */
export interface Measured extends BuiltInput {
  /** What could not be read, as messages. */
  readonly warnings: readonly string[];
}

interface Seen {
  readonly topology: Topology;
  readonly logDirs: readonly BrokerLogDirs[];
  readonly replicaLogDir: Int16Array | undefined;
  readonly brokerMetrics: BrokerMetricsReading | undefined;
}

/** Polls the cluster and builds the input. Fails when it cannot be reached, or when a capacity is not known. */
export async function measureCluster(options: MeasureOptions): Promise<Result<Measured>> {
  const { clock, config } = options;
  const file = await readCapacityFile(config["capacity.config.file"]);
  if (!file.ok) return file;
  const estimator = createEstimatorState();
  const pairs: SampledPair[] = [];
  const warnings = new Set<string>();
  let seen: Seen | undefined;
  const startMs = clock.nowMs();
  for (let poll = 0; poll < options.polls; poll++) {
    await sleepUntil(clock, startMs + poll * options.intervalMs);
    const look = await pollOnce(options.gateway);
    if (!look.ok) return look;
    const { topology, offsets, logDirs, groups, brokerMetrics, failures } = look.value;
    for (const failure of failures) warnings.add(failure.message);
    const samples = estimateRates(estimator, { topology, offsets, logDirs, groups }, {
      minPairMs: PAIR_MS_MIN,
      maxPairMs: options.polls * options.intervalMs + 60_000,
      consumerKbPerSecMax: config["evenkeel.capacity.network.kb.per.sec"],
      uncommittedFanout: config["evenkeel.sampling.uncommitted.fanout"],
    });
    if (brokerMetrics !== undefined) {
      fillLeaderCpu(samples, topology, { brokers: brokerMetrics, weights: cpuWeightsOf(config) });
    }
    // The first poll closes no pair.
    if (poll > 0) pairs.push({ atMs: clock.nowMs(), topology, samples });
    seen = {
      topology,
      brokerMetrics,
      logDirs: logDirs === undefined ? seen?.logDirs ?? [] : withReplicaBytes(topology, logDirs),
      replicaLogDir: logDirs?.replicaLogDir,
    };
    options.onPoll(poll + 1, topology.leader.length);
  }
  const built = build(seen!, pairs, { config, file: file.value, withWindows: options.withWindows });
  return built.ok ? ok({ ...built.value, warnings: [...warnings] }) : built;
}

async function pollOnce(gateway: Gateway) {
  const observed = await gateway.observe();
  if (!observed.ok) return observed;
  const topology = observed.value;
  const [offsets, logDirs, groups, brokerMetrics] = await Promise.all([
    gateway.readOffsets(topology),
    gateway.readLogDirs(topology),
    gateway.readGroupOffsets(topology),
    gateway.readBrokerMetrics(topology),
  ]);
  if (!offsets.ok) return offsets;
  const failures: Failure[] = [
    ...[logDirs, groups, brokerMetrics].flatMap((one) => one.ok ? [] : [one.failure]),
    ...offsets.value.failures.map((one) => one.failure),
    ...(groups.ok ? groups.value.failures.map((one) => one.failure) : []),
    ...(brokerMetrics.ok ? brokerMetrics.value?.failures ?? [] : []).map((one) => one.failure),
  ];
  return ok({
    topology,
    offsets: offsets.value,
    logDirs: logDirs.ok ? logDirs.value : undefined,
    groups: groups.ok ? groups.value : undefined,
    brokerMetrics: brokerMetrics.ok ? brokerMetrics.value : undefined,
    failures,
  });
}

function build(
  seen: Seen,
  pairs: readonly SampledPair[],
  options: { config: Config; file: CapacityFile | undefined; withWindows: boolean },
): Result<BuiltInput> {
  const { topology, logDirs, replicaLogDir } = seen;
  const capacities = resolveCapacities(topology, {
    file: options.file,
    logDirs,
    networkKbPerSec: options.config["evenkeel.capacity.network.kb.per.sec"],
    cores: coresOf(seen.brokerMetrics),
    allowEstimation: true,
  });
  if (!capacities.ok) return capacities;
  const jbod = replicaLogDir !== undefined && isJbod(logDirs, capacities.value);
  return buildClusterInput(topology, loadsOfPairs(topology, pairs), {
    capacities: capacities.value,
    logDirs,
    weights: cpuWeightsOf(options.config),
    includeInvalid: true,
    withWindows: options.withWindows,
    ...(jbod ? { replicaLogDir } : {}),
  });
}

/** Some broker has several log dirs, and the capacity of every one is known. */
function isJbod(
  logDirs: readonly BrokerLogDirs[],
  capacities: ReadonlyMap<number, BrokerCapacity>,
): boolean {
  return logDirs.some((broker) => broker.dirs.length > 1) &&
    logDirs.every((broker) =>
      broker.dirs.every((dir) =>
        !dir.alive || capacities.get(broker.brokerId)?.logDirsMb?.has(dir.path) === true
      )
    );
}

function coresOf(reading: BrokerMetricsReading | undefined): Map<number, number> {
  const cores = new Map<number, number>();
  if (reading === undefined) return cores;
  const column = BROKER_METRICS.indexOf("cores");
  reading.brokerIds.forEach((id, i) => {
    const value = reading.values[i * BROKER_METRICS.length + column]!;
    if (value > 0) cores.set(id, value);
  });
  return cores;
}

/** Reads `capacity.config.file`; undefined when none is configured. Fails with `invalid_file`. */
export async function readCapacityFile(
  path: string | undefined,
): Promise<Result<CapacityFile | undefined>> {
  if (path === undefined) return ok(undefined);
  try {
    return parseCapacityFile(await Deno.readTextFile(path), path);
  } catch (error) {
    const action = `Cannot read capacity.config.file ${path}`;
    return { ok: false, failure: failureFrom(error, action, { code: "invalid_file" }) };
  }
}
