/**
 * The port to a simulated cluster. Each call first moves the cluster to the clock's time, so nothing else has to.
 *
 * Under a manual clock a call that needs no waiting is answered without a timer; one that a fault keeps waiting ends
 * by a timer at its deadline, so whoever moves the clock gets every answer.
 *
 * @module
 */
import { type Clock, sleepUntil } from "../../lib/clock.ts";
import { fail, type Failure, ok, type Result } from "../../lib/failure.ts";
import type { OngoingReassignment } from "../../model/readings.ts";
import { sameTopology, type Topology } from "../../model/topology.ts";
import type {
  CallOptions,
  ConfigChange,
  ConfigOutcome,
  ConfigReading,
  ConfigResource,
  Gateway,
  LogDirOutcome,
  LogDirTarget,
  PartitionOutcome,
} from "../gateway.ts";
import type { SimCluster } from "./cluster.ts";
import { applyChanges, configEntries } from "./configs.ts";
import { alterReassignment, electPreferred, KAFKA_ERRORS, type Verdict } from "./controller.ts";
import {
  readBrokerMetrics,
  readGroupOffsets,
  readLogDirs,
  readOffsets,
  readTopology,
  silence,
} from "./readings.ts";
import {
  ABSENT,
  findRow,
  findSlot,
  futureKey,
  HUNG,
  NONE,
  ONLINE,
  replicaBrokers,
  type SimState,
} from "./state.ts";

/** How the gateway behaves. */
export interface SimGatewayOptions {
  /** The cluster's time is this clock's. */
  readonly clock: Clock;
  /** Milliseconds from a call to its effect and answer; 0 = at once. */
  readonly latencyMs?: number;
  /** Milliseconds until a call gives up when it does not say. */
  readonly deadlineMs?: number;
}

/** Kafka's error code for a request that reached nobody, by why. */
function codeOf(failure: Failure): number {
  if (failure.code === "not_found") return KAFKA_ERRORS.invalidRequest;
  if (failure.code === "deadline_exceeded") return KAFKA_ERRORS.requestTimedOut;
  return KAFKA_ERRORS.brokerNotAvailable;
}

const CHANGING_CALLS = [
  "alterReassignments",
  "electPreferredLeaders",
  "alterLogDirs",
  "alterConfigs",
];

/** What a call does once the cluster's time is now. */
interface Call<T> {
  readonly name: string;
  /** Whether the active controller must answer. */
  readonly controller?: boolean;
  /** Brokers that must answer; one that hangs costs the whole deadline. */
  readonly brokers?: () => Iterable<number>;
  readonly body: (state: SimState) => T;
}

/** Opens the port. Several gateways may share a cluster, as several clients do. */
export function simGateway(cluster: SimCluster, options: SimGatewayOptions): Gateway {
  const closing = new AbortController();
  const call = caller(cluster, options, closing.signal);
  return {
    ...readingCalls(call),
    ...changingCalls(call),
    close() {
      closing.abort();
      return Promise.resolve();
    },
  };
}

type Caller = <T>(work: Call<T>, callOptions: CallOptions | undefined) => Promise<Result<T>>;

/** Runs calls in the cluster's time, with latency, deadline and the faults that concern them. */
function caller(cluster: SimCluster, options: SimGatewayOptions, closing: AbortSignal): Caller {
  const { clock } = options;
  const { state } = cluster;
  return async (work, callOptions) => {
    const shut = () => fail("shutting_down", `Cannot call ${work.name}: the gateway is closed`);
    if (closing.aborted) return shut();
    const deadlineAtMs = clock.nowMs() + (callOptions?.deadlineMs ?? options.deadlineMs ?? 10_000);
    const wait = (atMs: number) => sleepUntil(clock, atMs, { signal: closing });
    const late = async () => {
      await wait(deadlineAtMs);
      return closing.aborted ? shut() : fail(
        "deadline_exceeded",
        `Cannot call ${work.name}: no answer before the deadline`,
        { retriable: true },
      );
    };
    const latencyMs = options.latencyMs ?? 0;
    if (latencyMs > 0) await wait(Math.min(deadlineAtMs, clock.nowMs() + latencyMs));
    if (closing.aborted) return shut();
    cluster.advanceTo(clock.nowMs());
    const lost = takeCallFault(state, work.name);
    if (lost === "request") return await late();
    const failure = clusterFailure(state, work);
    if (failure?.code === "deadline_exceeded") return await late();
    if (failure !== undefined) return { ok: false, failure };
    const value = work.body(state);
    if (lost === "response") return await late();
    if (someHang(state, work.brokers?.() ?? [])) await wait(deadlineAtMs);
    return closing.aborted ? shut() : ok(value);
  };
}

function readingCalls(
  call: Caller,
): Pick<
  Gateway,
  | "observe"
  | "readLogDirs"
  | "readOffsets"
  | "readGroupOffsets"
  | "readBrokerMetrics"
  | "readConfigs"
> {
  const observe = observer();
  return {
    observe: (o) => call({ name: "observe", body: observe }, o),
    readLogDirs: (topology, o) =>
      call({
        name: "readLogDirs",
        brokers: () => topology.brokers.filter((one) => one.alive).map((one) => one.id),
        body: (state) => readLogDirs(state, topology),
      }, o),
    readOffsets: (topology, o) =>
      call({
        name: "readOffsets",
        brokers: () => new Set(topology.leader),
        body: (state) => readOffsets(state, topology),
      }, o),
    readGroupOffsets: (topology, o) =>
      call({ name: "readGroupOffsets", body: (state) => readGroupOffsets(state, topology) }, o),
    readBrokerMetrics: (_topology, o) =>
      call({ name: "readBrokerMetrics", body: readBrokerMetrics }, o),
    readConfigs: (resources, keys, o) =>
      call({
        name: "readConfigs",
        brokers: () => brokerIdsOf(resources),
        body: (state) => resources.map((one) => readConfig(state, one, keys)),
      }, o),
  };
}

/** Reads metadata; the arrays are built anew only when something changed. */
function observer(): (state: SimState) => Topology {
  let version = -1;
  let topology: Topology | undefined;
  return (state) => {
    if (topology === undefined || version !== state.metadataVersion) {
      const fresh = readTopology(state, (topology?.generation ?? 0) + 1);
      const same = topology !== undefined && sameTopology(topology, fresh);
      topology = same ? { ...fresh, generation: fresh.generation - 1 } : fresh;
      version = state.metadataVersion;
    }
    topology = { ...topology, observedAtMs: state.nowMs };
    return topology;
  };
}

function changingCalls(
  call: Caller,
): Pick<
  Gateway,
  | "alterReassignments"
  | "listReassignments"
  | "electPreferredLeaders"
  | "alterLogDirs"
  | "alterConfigs"
> {
  return {
    alterReassignments(targets, o) {
      const allowFactorChange = o?.allowReplicationFactorChange ?? false;
      return call({
        name: "alterReassignments",
        controller: true,
        body: (state) =>
          targets.map((one) =>
            outcome(
              state,
              one,
              (row) => alterReassignment(state, row, { target: one.replicas, allowFactorChange }),
            )
          ),
      }, o);
    },
    listReassignments: (o) =>
      call({ name: "listReassignments", controller: true, body: listReassignments }, o),
    electPreferredLeaders: (partitions, o) =>
      call({
        name: "electPreferredLeaders",
        controller: true,
        body: (state) =>
          partitions.map((one) => outcome(state, one, (row) => electPreferred(state, row))),
      }, o),
    alterLogDirs: (targets, o) =>
      call({
        name: "alterLogDirs",
        brokers: () => targets.map((one) => one.brokerId),
        body: (state) => targets.map((one) => alterLogDir(state, one)),
      }, o),
    alterConfigs: (changes, o) =>
      call({
        name: "alterConfigs",
        controller: true,
        brokers: () => brokerIdsOf(changes.map((change) => change.resource)),
        body: (state) => alterConfigs(state, changes),
      }, o),
  };
}

function takeCallFault(state: SimState, name: string): "request" | "response" | undefined {
  const fault = state.callFaults.find((one) =>
    one.remaining > 0 && one.untilMs >= state.nowMs &&
    (one.calls.length === 0 ? CHANGING_CALLS : one.calls).includes(name)
  );
  if (fault === undefined) return undefined;
  fault.remaining--;
  return fault.loses;
}

/** Why the cluster as a whole cannot answer the call now. */
function clusterFailure(
  state: SimState,
  work: { name: string; controller?: boolean },
): Failure | undefined {
  const { status } = state.broker;
  if (!status.includes(ONLINE)) {
    const hangs = status.includes(HUNG);
    return {
      code: hangs ? "deadline_exceeded" : "cluster_unreachable",
      message: `Cannot call ${work.name}: no broker answers`,
      retriable: true,
    };
  }
  if (work.controller !== true || state.nowMs >= state.controllerAwayUntilMs) return undefined;
  return {
    code: "kafka_error",
    message: `Cannot call ${work.name}: the active controller is changing`,
    retriable: true,
    kafkaErrorCode: KAFKA_ERRORS.notController,
  };
}

function someHang(state: SimState, brokerIds: Iterable<number>): boolean {
  for (const id of brokerIds) {
    const b = state.brokerIndex.get(id);
    if (b !== undefined && state.broker.status[b] === HUNG) return true;
  }
  return false;
}

function brokerIdsOf(resources: readonly ConfigResource[]): number[] {
  return resources.filter((one) => one.type === "broker" && one.name !== "")
    .map((one) => Number(one.name));
}

function outcome(
  state: SimState,
  target: { readonly topic: string; readonly partition: number },
  act: (row: number) => Verdict,
): PartitionOutcome {
  const { topic, partition } = target;
  const row = findRow(state, topic, partition);
  const verdict = row === NONE
    ? {
      code: KAFKA_ERRORS.unknownTopicOrPartition,
      message: "This server does not host this topic-partition",
    }
    : act(row);
  return { topic, partition, errorCode: verdict.code, errorMessage: verdict.message };
}

function listReassignments(state: SimState): OngoingReassignment[] {
  const ids = (brokers: readonly number[]) => brokers.map((b) => state.brokers[b]!.id);
  return [...state.reassignments].map(([row, { adding, removing }]) => {
    const topic = state.topics[state.rows.topic[row]!]!;
    return {
      topic: topic.name,
      partition: row - topic.start,
      replicas: ids(replicaBrokers(state.rows, row)),
      adding: ids(adding),
      removing: ids(removing),
    };
  });
}

/** Why the resource cannot be read or changed, or undefined. */
function resourceFailure(state: SimState, resource: ConfigResource): Failure | undefined {
  if (resource.type === "broker") {
    if (resource.name === "") return undefined;
    return silence(state, Number(resource.name));
  }
  if (state.topicByName.has(resource.name)) return undefined;
  return {
    code: "kafka_error",
    message: `Cannot find topic ${resource.name}`,
    retriable: false,
    kafkaErrorCode: KAFKA_ERRORS.unknownTopicOrPartition,
  };
}

function readConfig(
  state: SimState,
  resource: ConfigResource,
  keys: readonly string[],
): ConfigReading {
  const failure = resourceFailure(state, resource);
  if (failure !== undefined) return { resource, failure, entries: [] };
  return { resource, entries: configEntries(state, resource, keys) };
}

function alterConfigs(state: SimState, changes: readonly ConfigChange[]): ConfigOutcome[] {
  const groups = new Map<string, ConfigChange[]>();
  for (const change of changes) {
    const key = `${change.resource.type} ${change.resource.name}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [change]);
    else group.push(change);
  }
  return [...groups.values()].map((group) => {
    const resource = group[0]!.resource;
    const failure = resourceFailure(state, resource);
    if (failure !== undefined) {
      const errorCode = failure.kafkaErrorCode ?? codeOf(failure);
      return { resource, errorCode, errorMessage: failure.message };
    }
    const verdict = applyChanges(state, resource, group);
    return { resource, errorCode: verdict.code, errorMessage: verdict.message };
  });
}

function alterLogDir(state: SimState, target: LogDirTarget): LogDirOutcome {
  const failure = silence(state, target.brokerId);
  const errorCode = failure !== undefined ? codeOf(failure) : startDirMove(state, target);
  return { ...target, errorCode };
}

function startDirMove(state: SimState, target: LogDirTarget): number {
  const b = state.brokerIndex.get(target.brokerId)!;
  if (state.broker.status[b] === ABSENT) return KAFKA_ERRORS.brokerNotAvailable;
  const first = state.broker.dirStart[b]!;
  const end = state.broker.dirStart[b + 1]!;
  const dir = state.dir.path.findIndex((path, d) =>
    d >= first && d < end && path === target.logDir
  );
  if (dir < 0) return KAFKA_ERRORS.logDirNotFound;
  if (state.dir.alive.subarray(first, end).includes(0)) return KAFKA_ERRORS.storageError;
  const row = findRow(state, target.topic, target.partition);
  if (row === NONE) return KAFKA_ERRORS.unknownTopicOrPartition;
  const slot = findSlot(state.rows, row, b);
  const key = futureKey(row, b);
  if (slot === NONE) {
    state.wantedDirs.set(key, dir);
    return KAFKA_ERRORS.replicaNotAvailable;
  }
  if (state.rows.replicaDir[slot] === dir) {
    state.futures.delete(key);
    return KAFKA_ERRORS.none;
  }
  if (state.futures.get(key)?.dir === dir) return KAFKA_ERRORS.none;
  state.futures.set(key, { row, broker: b, dir, copiedBytes: 0 });
  return KAFKA_ERRORS.none;
}
