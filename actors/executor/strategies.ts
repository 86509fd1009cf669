/**
 * Order in which moves between brokers are carried out. Names and meaning as in Cruise Control's movement strategies.
 *
 * A strategy gives each task a number; smaller goes first. Strategies are chained: the next one breaks the ties of the
 * one before, and the execution id breaks the last ones, so the order is total.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import { nearest } from "../../lib/nearest.ts";
import { mbToMove } from "../../model/proposal.ts";
import {
  findPartition,
  inSyncReplicasOf,
  OFFLINE,
  replicasOf,
  type Topology,
} from "../../model/topology.ts";
import type { Task } from "./task.ts";

/** What strategies look at besides the task. */
export interface StrategyContext {
  readonly topology: Topology;
  /** `min.insync.replicas` by topic; topics that are missing are not ranked by it. */
  readonly minInSync: ReadonlyMap<string, number>;
}

type Rank = (task: Task, context: StrategyContext) => number;

const RANKS: Readonly<Record<string, Rank>> = {
  BaseReplicaMovementStrategy: (task) => task.record.executionId,
  PostponeUrpReplicaMovementStrategy: (task, { topology }) => {
    const state = syncState(task, topology);
    return state !== undefined && state.inSync === state.replicas ? 0 : 1;
  },
  PrioritizeLargeReplicaMovementStrategy: (task) => -mbToMove(task.proposal),
  PrioritizeSmallReplicaMovementStrategy: (task) => mbToMove(task.proposal),
  PrioritizeMinIsrWithOfflineReplicasStrategy: (task, context) => {
    const spare = spareWithOffline(task, context);
    if (spare === undefined || spare > 0) return 2;
    return spare < 0 ? 0 : 1;
  },
  PrioritizeOneAboveMinIsrWithOfflineReplicasStrategy: (task, context) =>
    spareWithOffline(task, context) === 1 ? 0 : 1,
};

/** Names of all strategies. */
export const STRATEGY_NAMES: readonly string[] = Object.keys(RANKS);

/** Whether a chain looks at `min.insync.replicas`, which then has to be read. */
export function needsMinInSync(names: readonly string[]): boolean {
  return names.some((name) => name.includes("MinIsr"));
}

/**
 * The strategies that a list of names means: case is ignored, a Java package before the name too, and the base
 * strategy is appended when missing. Fails with `invalid_argument` for an unknown name.
 */
export function resolveStrategies(names: readonly string[]): Result<string[]> {
  const resolved: string[] = [];
  for (const name of names) {
    const simple = name.slice(name.lastIndexOf(".") + 1);
    const known = STRATEGY_NAMES.find((s) => s.toLowerCase() === simple.toLowerCase());
    if (known === undefined) {
      const hint = nearest(simple, STRATEGY_NAMES);
      return fail(
        "invalid_argument",
        `Cannot use movement strategy ${name}: must be one of ${STRATEGY_NAMES.join(", ")}` +
          (hint === undefined ? "" : `, did you mean ${hint}?`),
      );
    }
    resolved.push(known);
  }
  if (!resolved.includes("BaseReplicaMovementStrategy")) {
    resolved.push("BaseReplicaMovementStrategy");
  }
  return ok(resolved);
}

/** The tasks in the order of a chain of resolved names. O(n log n). */
export function orderTasks(
  tasks: readonly Task[],
  names: readonly string[],
  context: StrategyContext,
): Task[] {
  const ranked = tasks.map((task) => ({
    task,
    ranks: names.map((name) => RANKS[name]!(task, context)),
  }));
  ranked.sort((a, b) => {
    for (let i = 0; i < a.ranks.length; i++) {
      if (a.ranks[i] !== b.ranks[i]) return a.ranks[i]! - b.ranks[i]!;
    }
    return a.task.record.executionId - b.task.record.executionId;
  });
  return ranked.map((entry) => entry.task);
}

interface SyncState {
  readonly replicas: number;
  readonly inSync: number;
  readonly offline: boolean;
}

function syncState(task: Task, topology: Topology): SyncState | undefined {
  const row = findPartition(topology, task.proposal.topic, task.proposal.partition);
  if (row < 0) return undefined;
  let offline = false;
  for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++) {
    offline ||= (topology.replicaFlags[r]! & OFFLINE) !== 0;
  }
  return {
    replicas: replicasOf(topology, row).length,
    inSync: inSyncReplicasOf(topology, row).length,
    offline,
  };
}

/** |ISR| - min.insync.replicas of a partition that has an offline replica; undefined for all others. */
function spareWithOffline(task: Task, context: StrategyContext): number | undefined {
  const state = syncState(task, context.topology);
  const minInSync = context.minInSync.get(task.proposal.topic);
  if (state === undefined || !state.offline || minInSync === undefined) return undefined;
  return state.inSync - minInSync;
}
