/**
 * A simulated Kafka cluster in virtual time. Same specification, seed and times of calls: same bytes.
 *
 * Time moves in steps that end at multiples of the step length, at each event and at the time that is asked for:
 *
 * ```
 *   rates -> produce -> replicate -> (commit, loads, retention when due) -> events of that instant
 * ```
 * @module
 */
import { createPrng } from "../../lib/prng.ts";
import { loseLogDir, start } from "./brokers.ts";
import { obeyBrokerConfigs } from "./configs.ts";
import { applyFault, type SimFault } from "./faults.ts";
import { computeLoads } from "./loads.ts";
import { isCopying, replicate } from "./replication.ts";
import type { SimSpec } from "./spec.ts";
import { ABSENT, allocateRows, ONLINE, schedule, type SimState } from "./state.ts";
import { cleanLogs, consume, produce, setRates } from "./storage.ts";
import { addTopic } from "./topics.ts";

/** A running simulation. */
export interface SimCluster {
  /** Everything, for gateway, truth and digest; others read through those. */
  readonly state: SimState;
  /** Moves the cluster to `nowMs`, epoch ms; a time that is past does nothing. */
  advanceTo(nowMs: number): void;
  /** Applies a fault at `atMs`, or now. */
  inject(fault: SimFault, atMs?: number): void;
}

/** Builds the cluster at `startMs`. Everything that varies is drawn from `seed`. */
export function createSimCluster(
  options: { spec: SimSpec; seed: number; startMs: number },
): SimCluster {
  const state = createState(options);
  return {
    state,
    advanceTo: (nowMs) => advance(state, nowMs),
    inject(fault, atMs) {
      if (atMs === undefined || atMs <= state.nowMs) applyFault(state, fault);
      else schedule(state, atMs, (now) => applyFault(now, fault));
    },
  };
}

function createState(options: { spec: SimSpec; seed: number; startMs: number }): SimState {
  const { seed, startMs } = options;
  const spec = {
    ...options.spec,
    brokers: [...options.spec.brokers].sort((a, b) => a.id - b.id),
  };
  const partitions = spec.topics.reduce((sum, topic) => sum + topic.assignment.length, 0);
  const slots = spec.topics.reduce(
    (most, topic) => topic.assignment.reduce((m, list) => Math.max(m, list.length), most),
    1,
  );
  const state: SimState = {
    seed,
    startMs,
    clusterId: spec.clusterId,
    settings: spec.settings,
    nowMs: startMs,
    metadataVersion: 1,
    controller: createPrng(seed).fork("controller").below(spec.brokers.length),
    controllerAwayUntilMs: startMs,
    loadsStale: true,
    copyingPossible: false,
    topicsCreated: 0,
    brokers: spec.brokers,
    brokerIndex: new Map(spec.brokers.map((broker, b) => [broker.id, b])),
    ...brokerArrays(spec),
    brokerConfigs: new Map(),
    topics: [],
    topicByName: new Map(),
    // One more slot than the longest list, so that the usual move of one replica fits at once.
    rows: allocateRows(Math.max(1, partitions), slots + 1),
    groupIds: spec.groups.map((group) => group.groupId),
    subscriptions: [],
    reassignments: new Map(),
    trailing: new Map(),
    laggingRows: [],
    futures: new Map(),
    wantedDirs: new Map(),
    callFaults: [],
    events: [],
    eventOrder: 0,
  };
  startBrokers(state);
  for (const topic of spec.topics) addTopic(state, topic);
  subscribe(state, spec);
  setRates(state, startMs);
  obeyBrokerConfigs(state);
  computeLoads(state);
  return state;
}

function brokerArrays(spec: SimSpec): Pick<SimState, "broker" | "dir"> {
  const count = spec.brokers.length;
  const floats = () => new Float64Array(count);
  const dirStart = new Int32Array(count + 1);
  spec.brokers.forEach((broker, b) => dirStart[b + 1] = dirStart[b]! + broker.logDirs.length);
  const dirs = spec.brokers.flatMap((broker, b) => broker.logDirs.map((dir) => ({ ...dir, b })));
  return {
    broker: {
      status: new Uint8Array(count),
      fenced: new Uint8Array(count),
      incarnation: new Int32Array(count),
      speed: floats().fill(1),
      serve: floats().fill(1),
      clientIn: floats(),
      clientOut: floats(),
      replicationIn: floats(),
      replicationOut: floats(),
      catchUpIn: floats(),
      catchUpOut: floats(),
      messages: floats(),
      replicaCount: new Int32Array(count),
      leaderRate: floats().fill(Infinity),
      followerRate: floats().fill(Infinity),
      dirMoveRate: floats().fill(Infinity),
      dirStart,
    },
    dir: {
      broker: Int32Array.from(dirs, (dir) => dir.b),
      path: dirs.map((dir) => dir.path),
      totalBytes: Float64Array.from(dirs, (dir) => dir.totalBytes),
      alive: new Uint8Array(dirs.length).fill(1),
      bytes: new Float64Array(dirs.length),
      replicaCount: new Int32Array(dirs.length),
    },
  };
}

function startBrokers(state: SimState): void {
  state.brokers.forEach((spec, b) => {
    const joinsAtMs = spec.joinsAtMs ?? state.startMs;
    if (joinsAtMs <= state.startMs) {
      state.broker.status[b] = ONLINE;
      return;
    }
    state.broker.status[b] = ABSENT;
    state.broker.fenced[b] = 1;
    schedule(state, joinsAtMs, (now) => start(now, b));
  });
}

function subscribe(state: SimState, spec: SimSpec): void {
  spec.groups.forEach((group, g) => {
    for (const name of group.topics) {
      const index = state.topicByName.get(name);
      if (index === undefined) continue;
      const topic = state.topics[index]!;
      const committed = state.rows.endOffset.slice(topic.start, topic.start + topic.count);
      group.committed?.[name]?.forEach((offset, partition) => committed[partition] = offset ?? NaN);
      state.subscriptions.push({ group: g, topic: index, capacity: group.capacity, committed });
    }
  });
}

function advance(state: SimState, nowMs: number): void {
  while (state.nowMs < nowMs) {
    const grid = isCopying(state) ? state.settings.replicationStepMs : state.settings.stepMs;
    const gridMs = (Math.floor(state.nowMs / grid) + 1) * grid;
    const eventMs = state.events[0]?.atMs ?? Infinity;
    step(state, Math.min(nowMs, gridMs, Math.max(eventMs, state.nowMs)));
    runEvents(state);
  }
  runEvents(state);
}

function step(state: SimState, untilMs: number): void {
  const fromMs = state.nowMs;
  const seconds = (untilMs - fromMs) / 1000;
  if (seconds > 0) {
    setRates(state, (fromMs + untilMs) / 2);
    state.nowMs = untilMs;
    produce(state, seconds);
    replicate(state, seconds);
  }
  const { commitIntervalMs, loadIntervalMs, retentionCheckMs } = state.settings;
  const commits = Math.floor(untilMs / commitIntervalMs) - Math.floor(fromMs / commitIntervalMs);
  if (commits > 0) consume(state, commits * commitIntervalMs / 1000);
  if (crosses(fromMs, untilMs, retentionCheckMs)) cleanLogs(state);
  if (state.loadsStale || crosses(fromMs, untilMs, loadIntervalMs)) {
    computeLoads(state);
    if (state.settings.failFullLogDirs) failFullDirs(state);
  }
}

/** Whether a multiple of the interval lies in (from, until]. */
function crosses(fromMs: number, untilMs: number, intervalMs: number): boolean {
  return Math.floor(untilMs / intervalMs) > Math.floor(fromMs / intervalMs);
}

function failFullDirs(state: SimState): void {
  const { alive, bytes, totalBytes } = state.dir;
  for (let d = 0; d < bytes.length; d++) {
    if (alive[d] === 1 && bytes[d]! > totalBytes[d]!) loseLogDir(state, d);
  }
}

function runEvents(state: SimState): void {
  while (state.events.length > 0 && state.events[0]!.atMs <= state.nowMs) {
    state.events.shift()!.run(state);
  }
}
