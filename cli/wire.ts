/**
 * What this command line reads of the server's own API. A test holds these types to what the server sends; numbers
 * that are not known arrive as null.
 *
 * @module
 */
import type { Plan } from "../model/plan.ts";
import type { Figure } from "./units.ts";

/** GET /evenkeel/v1/status. Parts are null while their actor does not answer. */
export interface Status {
  readonly version: string;
  readonly nowMs: number;
  readonly health: {
    readonly ok: boolean;
    readonly actors: readonly {
      readonly actor: string;
      readonly ok: boolean;
      readonly problem?: string | undefined;
      readonly restarts?: number | undefined;
    }[];
  };
  readonly cluster: {
    readonly clusterId: string;
    readonly brokers: readonly { readonly id: number; readonly alive: boolean }[];
    readonly topics: number;
    readonly partitions: number;
    readonly replicas: number;
    readonly offlinePartitions: number;
    readonly underReplicatedPartitions: number;
    readonly failedLogDirs: readonly { readonly brokerId: number; readonly path: string }[];
  } | null;
  readonly sampler: {
    readonly state: string;
    readonly reason?: string | undefined;
    readonly pollsDone: number;
    readonly pollsFailed: number;
    readonly lastPollAtMs?: number | undefined;
    readonly lastPollDurationMs?: number | undefined;
    readonly lastFailure?: string | undefined;
    readonly silentBrokers: readonly number[];
    readonly sources: readonly string[];
    readonly brokerMetrics?: {
      readonly atMs: number;
      readonly unknownBrokers: readonly { readonly brokerId: number }[];
    } | undefined;
  } | null;
  readonly monitor: {
    readonly validPartitions: number;
    readonly totalPartitions: number;
    readonly activeRatio: number;
    readonly windows: readonly { readonly endMs: number; readonly monitoredRatio: number }[];
    readonly storeFailure?: string | undefined;
    readonly loadingProgress: number;
  } | null;
  readonly analyzer: {
    readonly isProposalReady: boolean;
    readonly readyGoals: readonly string[];
    readonly goalsOff: readonly { readonly goal: string; readonly reason: string }[];
  } | null;
  readonly classifier?: {
    readonly explanation: string;
    readonly predictedAtMs: number | null;
    readonly horizonMs: number;
    readonly brokers: readonly {
      readonly brokerId: number;
      readonly current: string | null;
      readonly predicted: string | null;
    }[];
    readonly storeFailure: string | null;
  } | null;
  readonly executor: Execution | null;
  readonly detector: Detector | null;
}

/** What watches for anomalies, and those that there are or were. */
export interface Detector {
  readonly detectors: readonly { readonly kind: string; readonly selfHealing: boolean }[];
  readonly recent: readonly {
    readonly condition: { readonly kind: string };
    readonly detectedAtMs: number;
    readonly status: string;
    readonly reason: string;
    readonly endedAtMs?: number | undefined;
  }[];
  readonly balancedness: number;
}

/** Task counts. */
export interface Counts {
  readonly pending: number;
  readonly inProgress: number;
  readonly aborting: number;
  readonly aborted: number;
  readonly dead: number;
  readonly completed: number;
  readonly total: number;
}

/** GET /evenkeel/v1/execution. */
export interface Execution {
  readonly phase: string;
  readonly executionUuid?: string | undefined;
  readonly reason?: string | undefined;
  readonly stopRequested: boolean;
  readonly startedAtMs?: number | undefined;
  readonly resumedAtMs?: number | undefined;
  readonly limits?: { readonly throttleBytesPerSec?: number | undefined } | undefined;
  readonly interBroker: Counts;
  readonly intraBroker: Counts;
  readonly leadership: Counts;
  readonly movedMb: number;
  readonly totalMb: number;
  readonly rateMbPerSec?: Figure;
  readonly secondsLeft?: Figure;
  readonly lastExecution?: LastExecution | undefined;
}

/** How an execution ended. */
export interface LastExecution {
  readonly executionUuid: string;
  readonly outcome: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly completed: number;
  readonly aborted: number;
  readonly dead: number;
  readonly notBegun: number;
  readonly movedMb: number;
  readonly explanation: string;
}

/** A broker's load. */
export interface BrokerLoad {
  readonly brokerId: number;
  readonly host: string;
  readonly rack: string;
  readonly state: string;
  readonly diskMb: Figure;
  readonly diskCapacityMb: Figure;
  /** 100 a core. */
  readonly cpuPct: Figure;
  readonly cores: Figure;
  readonly leaderNwIn: Figure;
  readonly followerNwIn: Figure;
  readonly nwOut: Figure;
  readonly replicas: number;
  readonly leaders: number;
  readonly capacityEstimated: boolean;
}

/** GET /evenkeel/v1/load. */
export interface Load {
  readonly brokers: readonly BrokerLoad[];
}

/** GET /evenkeel/v1/plan and POST /evenkeel/v1/rebalance. */
export interface MadePlan {
  readonly plan: Plan;
  readonly windows: number;
  readonly validRatio: number;
  readonly fromCache: boolean;
}

/** An answer 202: a step of what is being worked on. */
export interface ProgressStep {
  readonly step: string;
  readonly completionPercentage: number;
  readonly timeInMs: number;
}
