/** A server without a port, over actors whose answers the test decides. */
import { createServer, type ServerActor } from "../../../actors/server/mod.ts";
import type { SingleBrokerStats } from "../../../actors/server/shapes/broker_stats.ts";
import type { OptimizationResult } from "../../../actors/server/shapes/optimization_result.ts";
import type { PartitionRecord } from "../../../actors/server/shapes/partition_load.ts";
import { defaultConfig } from "../../../config/parse.ts";
import type { KeyName } from "../../../config/table.ts";
import { type Clock, ManualClock, settle } from "../../../lib/clock.ts";
import { fail, ok, type Result } from "../../../lib/failure.ts";
import { type LogRecord, logTo } from "../../../lib/log.ts";
import { createPrng } from "../../../lib/prng.ts";
import type { ActorContext } from "../../../messages/actor.ts";
import type { MonitorState } from "../../../messages/aggregator.ts";
import type {
  AnalyzerState,
  BrokerLoad,
  LogDirLoad,
  PartitionLoad,
} from "../../../messages/analyzer.ts";
import type { DetectorState } from "../../../messages/detector.ts";
import type { ExecutorState, TaskCounts } from "../../../messages/executor.ts";
import type { AnswerOf, RequestKind, RequestOf } from "../../../messages/mod.ts";
import type { ClusterObserved, SamplerState } from "../../../messages/sampler.ts";
import { ANOMALY_KINDS } from "../../../model/anomaly.ts";
import { buildTopology } from "../../../model/topology.ts";
import type { UserTaskRow, UserTaskStore } from "../../../store/user_tasks.ts";
import { recordedJson } from "./recorded.ts";

/** Mon, 23 Nov 2026 09:55:35 GMT, when the exchanges were recorded. */
export const START_MS = 1795427735000;

/** Answers by kind of request; a missing one is a failure of the test. */
export type Handlers = {
  [K in RequestKind]?: (
    request: RequestOf<K>,
  ) => Result<AnswerOf<K>> | Promise<Result<AnswerOf<K>>>;
};

/** A store in memory. */
export function memoryStore(rows: UserTaskRow[] = []): UserTaskStore & { rows: UserTaskRow[] } {
  const store = {
    rows,
    save(tasks: readonly UserTaskRow[]) {
      for (const task of tasks) {
        store.rows = store.rows.filter((row) => row.userTaskId !== task.userTaskId);
        store.rows.push(task);
      }
      return ok(undefined);
    },
    remove(ids: readonly string[]) {
      store.rows = store.rows.filter((row) => !ids.includes(row.userTaskId));
      return ok(undefined);
    },
    list: () => ok([...store.rows]),
  };
  return store;
}

/** Time that jumps to whatever is waited for. Timers fire one turn of the event loop after they were set. */
export function eagerClock(startMs = START_MS): Clock {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    setTimer(atMs, fire) {
      let isCancelled = false;
      void settle().then(() => {
        if (isCancelled) return;
        nowMs = Math.max(nowMs, atMs);
        fire();
      });
      return { cancel: () => void (isCancelled = true) };
    },
  };
}

/** A server and what a test moves. */
export interface Harness {
  readonly server: ServerActor;
  readonly clock: Clock;
  readonly asked: { readonly kind: RequestKind; readonly request: unknown }[];
  readonly logged: LogRecord[];
  readonly handlers: Handlers;
  readonly store: UserTaskStore;
  /** Asks the server; `path` from the root. Times stand still. */
  ask(path: string, init?: RequestInit & { address?: string }): Promise<Response>;
}

/** Builds a server. Defaults answer like an idle cluster of the recorded exchanges. */
export function harness(
  options: {
    handlers?: Handlers;
    config?: Partial<Record<KeyName, string>>;
    store?: UserTaskStore;
    clock?: Clock;
  } = {},
): Harness {
  const clock = options.clock ?? new ManualClock(START_MS);
  const handlers: Handlers = { ...defaultHandlers(), ...options.handlers };
  const asked: { kind: RequestKind; request: unknown }[] = [];
  const logged: LogRecord[] = [];
  const context: ActorContext = {
    name: "server",
    clock,
    prng: createPrng(7),
    log: logTo((record) => logged.push(record), "server", { nowMs: () => clock.nowMs() }),
    emit() {},
    wake() {},
    async request(request) {
      const kind = request.kind as RequestKind;
      asked.push({ kind, request });
      await settle();
      const handler = handlers[kind] as ((request: unknown) => Result<never>) | undefined;
      if (handler === undefined) return fail("actor_died", `Nobody answers ${kind}`);
      return await handler(request);
    },
  };
  const store = options.store ?? memoryStore();
  const server = createServer({ context, config: defaultConfig(options.config), userTasks: store });
  return {
    server,
    clock,
    asked,
    logged,
    handlers,
    store,
    ask: (path, init = {}) =>
      server.fetch(new Request(`http://localhost:9090${path}`, init), {
        address: init.address ?? "127.0.0.1",
      }),
  };
}

const NO_TASKS: TaskCounts = {
  pending: 0,
  inProgress: 0,
  aborting: 0,
  aborted: 0,
  dead: 0,
  completed: 0,
  total: 0,
};

/** An executor that does nothing, with changes. */
export function executorState(change: Partial<ExecutorState> = {}): ExecutorState {
  return {
    phase: "NO_TASK_IN_PROGRESS",
    executionUuid: undefined,
    reason: undefined,
    userTriggered: false,
    stopRequested: false,
    startedAtMs: undefined,
    resumedAtMs: undefined,
    limits: undefined,
    interBroker: NO_TASKS,
    intraBroker: NO_TASKS,
    leadership: NO_TASKS,
    movedMb: 0,
    totalMb: 0,
    rateMbPerSec: undefined,
    secondsLeft: undefined,
    recentlyDemotedBrokers: [],
    recentlyRemovedBrokers: [],
    tasks: [],
    lastExecution: undefined,
    ...change,
  };
}

/** A sampler that runs, with changes. */
export function samplerState(change: Partial<SamplerState> = {}): SamplerState {
  return {
    state: "running",
    reason: undefined,
    pollsDone: 10,
    pollsFailed: 1,
    lastPollAtMs: START_MS - 1000,
    lastPollDurationMs: 40,
    lastFailure: undefined,
    silentBrokers: [],
    sources: ["offsets and log dirs"],
    ...change,
  };
}

/** The monitor of the recorded exchanges, with changes. */
export function monitorState(change: Partial<MonitorState> = {}): MonitorState {
  return {
    loadGeneration: 3,
    validPartitions: 29,
    totalPartitions: 29,
    flawedPartitions: 0,
    windows: [
      { endMs: 1795427720000, monitoredRatio: 1, validRatio: 1 },
      { endMs: 1795427710000, monitoredRatio: 1, validRatio: 1 },
      { endMs: 1795427700000, monitoredRatio: 0.5, validRatio: 0.5 },
    ],
    activeRatio: 1,
    samplesStored: 290,
    samplesRejected: 0,
    storeFailure: undefined,
    loadingProgress: 1,
    ...change,
  };
}

/** The analyzer of the recorded exchanges. */
export function analyzerState(): AnalyzerState {
  const json = recordedJson<{
    AnalyzerState: {
      isProposalReady: boolean;
      readyGoals: string[];
      goalReadiness: {
        name: string;
        status: string;
        modelCompleteRequirement: {
          requiredNumSnapshots: number;
          minMonitoredPartitionsPercentage: number;
          includeAllTopics: boolean;
        };
      }[];
    };
  }>(103).AnalyzerState;
  return {
    isProposalReady: json.isProposalReady,
    readyGoals: json.readyGoals,
    goalsOff: [],
    goalReadiness: json.goalReadiness.map((goal) => ({
      goal: goal.name,
      ready: goal.status === "ready",
      requirements: {
        windows: goal.modelCompleteRequirement.requiredNumSnapshots,
        minValidRatio: goal.modelCompleteRequirement.minMonitoredPartitionsPercentage,
        includeAllTopics: goal.modelCompleteRequirement.includeAllTopics,
      },
    })),
  };
}

/** A recorded broker as the analyzer would tell it. */
export function brokerLoad(stats: SingleBrokerStats, change: Partial<BrokerLoad> = {}): BrokerLoad {
  return {
    brokerId: stats.Broker,
    host: stats.Host,
    rack: stats.Rack,
    state: stats.BrokerState,
    diskMb: stats.DiskMB,
    cpuPct: stats.CpuPct,
    leaderNwIn: stats.LeaderNwInRate,
    followerNwIn: stats.FollowerNwInRate,
    nwOut: stats.NwOutRate,
    potentialNwOut: stats.PnwOutRate,
    replicas: stats.Replicas,
    leaders: stats.Leaders,
    diskCapacityMb: stats.DiskCapacityMB,
    nwInCapacity: stats.NetworkInCapacity,
    nwOutCapacity: stats.NetworkOutCapacity,
    cores: stats.NumCore,
    capacityEstimated: false,
    ...(stats.DiskState === undefined ? {} : { logDirs: logDirsOf(stats.DiskState) }),
    ...change,
  };
}

function logDirsOf(state: NonNullable<SingleBrokerStats["DiskState"]>): LogDirLoad[] {
  return Object.entries(state).map(([path, disk]) => {
    const usedMb = disk.DiskMB === "DEAD" ? 0 : disk.DiskMB;
    return {
      path,
      alive: disk.DiskMB !== "DEAD",
      // Every recorded log dir has the same size.
      capacityMb: 4000,
      usedMb,
      replicas: disk.NumReplicas,
      leaders: disk.NumLeaderReplicas,
    };
  });
}

/** The recorded verbose plan as the analyzer would answer it. */
export function madePlan(): AnswerOf<"make_plan"> {
  const result = recordedJson<OptimizationResult>(183);
  const { summary, goalSummary } = result;
  const last = goalSummary.at(-1)!.clusterModelStats;
  const statistics = {
    ...last.metadata,
    avg: last.statistics.AVG,
    max: last.statistics.MAX,
    min: last.statistics.MIN,
    std: last.statistics.STD,
  };
  const figures = { cpu: NaN, nwIn: 1, nwOut: 1, disk: 1, potentialNwOut: 1, leaderNwIn: 1 };
  return {
    plan: {
      proposals: result.proposals!.map((proposal) => ({
        topic: proposal.topicPartition.topic,
        partition: proposal.topicPartition.partition,
        sizeMb: 5,
        oldLeader: proposal.oldLeader,
        oldReplicas: proposal.oldReplicas.map((brokerId) => ({ brokerId })),
        newReplicas: proposal.newReplicas.map((brokerId) => ({ brokerId })),
        reasons: [{
          goal: "ReplicaDistributionGoal",
          from: 0,
          to: 1,
          why: "broker 0 has too many",
        }],
      })),
      summary: {
        steps: 10,
        seed: 1,
        interBrokerReplicaMoves: summary.numReplicaMovements,
        intraBrokerReplicaMoves: summary.numIntraBrokerReplicaMovements,
        leadershipMoves: summary.numLeaderMovements,
        mbToMove: summary.dataToMoveMB + 0.25,
        lowerBoundMb: 40,
        balancednessBefore: summary.onDemandBalancednessScoreBefore,
        balancednessAfter: summary.onDemandBalancednessScoreAfter,
        goals: goalSummary.map((goal) => ({
          name: goal.goal,
          hard: goal.goal.endsWith("CapacityGoal"),
          violatedBefore: goal.status !== "NO-ACTION",
          violatedAfter: goal.status === "VIOLATED",
          brokersOutBefore: goal.status !== "NO-ACTION" ? 1 : 0,
          brokersOutAfter: goal.status === "VIOLATED" ? 1 : 0,
          lowerBoundMb: 0,
        })),
        statisticsBefore: statistics,
        statisticsAfter: statistics,
        provision: { status: "RIGHT_SIZED", recommendations: [] },
      },
      brokers: [0, 1, 2].map((id) => ({
        id,
        before: { ...figures, replicas: 1, leaders: 1 },
        after: { ...figures, replicas: 1, leaders: 1 },
      })),
    },
    before: result.loadBeforeOptimization!.brokers.map((broker) => brokerLoad(broker)),
    after: result.loadAfterOptimization.brokers.map((broker) => brokerLoad(broker)),
    windows: summary.recentWindows,
    validRatio: summary.monitoredPartitionsPercentage / 100,
    fromCache: false,
  };
}

/** A cluster of three brokers: broker 1 is down, topic `b` suffers from it. */
export function observedCluster(): ClusterObserved {
  const partition = (number: number, leader: number, replicas: number[], inSync: number[]) => ({
    partition: number,
    leader,
    leaderEpoch: 1,
    replicas,
    inSync,
    offline: replicas.filter((id) => id === 1),
  });
  const { topology } = buildTopology({
    generation: 1,
    observedAtMs: START_MS,
    clusterId: "test",
    controllerId: 2,
    brokers: [0, 1, 2].map((id) => ({
      id,
      host: "localhost",
      port: 9092 + id,
      rack: `rack${id}`,
      alive: id !== 1,
    })),
  }, [
    { name: "a", id: "", partitions: [partition(0, 0, [0, 2], [0, 2])] },
    {
      name: "b",
      id: "",
      partitions: [partition(0, 2, [1, 2], [2]), partition(1, -1, [1], [])],
    },
  ]);
  return {
    kind: "cluster_observed",
    topology,
    logDirs: [0, 2].map((brokerId) => ({
      brokerId,
      dirs: [{ path: `/kafka/b${brokerId}`, alive: true, totalBytes: 1, usableBytes: 1 }],
    })),
    minInsyncReplicas: Int32Array.from([1, 2]),
  };
}

/** A detector that has looked once and found nothing. */
export function detectorState(change: Partial<DetectorState> = {}): DetectorState {
  return {
    detectors: ANOMALY_KINDS.map((kind) => ({
      kind,
      status: "READY",
      problem: undefined,
      lastRunAtMs: START_MS,
      nextRunAtMs: START_MS + 300_000,
      selfHealing: false,
      selfHealingRatio: 0,
      detected: 0,
    })),
    recent: [],
    healing: undefined,
    balancedness: 100,
    uptimeMs: 1000,
    fixesStarted: 0,
    fixesFailedToStart: 0,
    meanTimeToStartFixMs: undefined,
    ongoingSinceMs: undefined,
    notificationsSent: 0,
    notificationsLost: 0,
    ...change,
  };
}

/** The recorded partitions as the analyzer would tell them. */
export function partitionLoads(): PartitionLoad[] {
  const { records } = recordedJson<{ records: PartitionRecord[] }>(127);
  return records.map((record) => ({
    topic: record.topic,
    partition: record.partition,
    leader: record.leader,
    followers: record.followers,
    cpu: record.cpu,
    disk: record.disk,
    nwIn: record.networkInbound,
    nwOut: record.networkOutbound,
    messagesIn: record.msg_in,
  }));
}

function defaultHandlers(): Handlers {
  const load = recordedJson<{ brokers: SingleBrokerStats[] }>(116);
  return {
    get_sampler_state: () => ok(samplerState()),
    get_monitor_state: () => ok(monitorState()),
    get_analyzer_state: () => ok(analyzerState()),
    get_executor_state: () => ok(executorState()),
    get_detector_state: () => ok(detectorState()),
    set_self_healing: ({ enable, disable }) => {
      const before = {
        BROKER_FAILURE: false,
        DISK_FAILURE: true,
        PREDICTED_OVERLOAD: false,
        GOAL_VIOLATION: false,
      };
      const after = { ...before };
      for (const kind of enable) after[kind] = true;
      for (const kind of disable) after[kind] = false;
      return ok({ before, after });
    },
    get_broker_load: () => ok({ brokers: load.brokers.map((broker) => brokerLoad(broker)) }),
    get_partition_load: () =>
      ok({ partitions: partitionLoads(), longestTopic: 42, estimatedBrokers: [] }),
    change_limits: () => ok({ isExecuting: true }),
    forget_brokers: () =>
      ok({ removed: { before: [], left: [] }, demoted: { before: [], left: [] } }),
    get_cluster: () => ok(observedCluster()),
    make_plan: () => ok(madePlan()),
    cancel_plan: () => ok({}),
    reserve_executor: () => ok({}),
    release_executor: () => ok({}),
    execute_proposals: (request) => ok({ tasks: request.proposals.length }),
    stop_execution: () => ok({ wasExecuting: false, cancelledExternal: [] }),
    pause_sampling: (request) => ok(samplerState({ state: "paused", reason: request.reason })),
    resume_sampling: (request) => ok(samplerState({ reason: request.reason })),
  };
}
