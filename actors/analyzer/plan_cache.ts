/**
 * Plans that were made, by request, for as long as nothing they were made from has changed. Pure.
 *
 * Stricter than Cruise Control, which uses a plan until the cluster changed twice or the load five times: a plan here
 * takes seconds, and one that names replicas where they no longer are is worth nothing.
 *
 * @module
 */
import type { PlanRequest } from "../../messages/analyzer.ts";

/** Plans kept; the one used longest ago goes first. */
const ENTRIES_MAX = 8;

/** A plan from the window in progress is used this long: its load changes without a new generation. */
const ACTIVE_WINDOW_MS = 60_000;

/** What a plan was made from. */
export interface PlanOrigin {
  readonly topologyGeneration: number;
  readonly loadGeneration: number;
  readonly fromActiveWindow: boolean;
  readonly madeAtMs: number;
}

/** What is true now. */
export interface PlanTimes {
  readonly nowMs: number;
  readonly topologyGeneration: number;
  /** As far as it is known: 0 before the first news of it. */
  readonly loadGeneration: number;
}

/** A cache of plans or whatever else is made of a request. */
export interface PlanCache<T> {
  /** The plan of that key if it still holds. */
  get(key: string, times: PlanTimes): T | undefined;
  /** The last plan of that key, whether it holds or not: a new one may start from it. */
  previous(key: string): T | undefined;
  put(key: string, plan: T, origin: PlanOrigin): void;
  clear(): void;
}

/** An empty cache; `expirationMs` is the greatest age of any plan. */
export function createPlanCache<T>(expirationMs: number): PlanCache<T> {
  const entries = new Map<string, { readonly plan: T; readonly origin: PlanOrigin | undefined }>();
  return {
    get(key, times) {
      const entry = entries.get(key);
      if (entry?.origin === undefined) return undefined;
      entries.delete(key);
      const still = holds(entry.origin, times, expirationMs);
      entries.set(key, still ? entry : { plan: entry.plan, origin: undefined });
      return still ? entry.plan : undefined;
    },
    previous: (key) => entries.get(key)?.plan,
    put(key, plan, origin) {
      entries.delete(key);
      entries.set(key, { plan, origin });
      if (entries.size > ENTRIES_MAX) entries.delete(entries.keys().next().value!);
    },
    clear: () => entries.clear(),
  };
}

function holds(origin: PlanOrigin, times: PlanTimes, expirationMs: number): boolean {
  const ageMs = times.nowMs - origin.madeAtMs;
  const limitMs = origin.fromActiveWindow ? Math.min(ACTIVE_WINDOW_MS, expirationMs) : expirationMs;
  return ageMs < limitMs && origin.topologyGeneration === times.topologyGeneration &&
    // News of a load generation may lag behind the load itself, never be ahead of it.
    origin.loadGeneration >= times.loadGeneration;
}

/** A text that is equal for requests that want the same plan: absent and empty members are the same. */
export function requestKey(request: PlanRequest): string {
  const ids = (list: readonly number[] | undefined) => [...list ?? []].sort((a, b) => a - b);
  const goals = request.goals ?? [];
  return JSON.stringify([
    request.operation,
    goals,
    ids(request.brokerIds),
    request.excludedTopics ?? "",
    ids(request.destinationBrokerIds),
    ids(request.excludedForLeadership),
    ids(request.excludedForReplicaMove),
    goals.length > 0 && request.skipHardGoalCheck === true,
    request.requirements ?? null,
    request.triggeredByGoalViolation === true,
    request.heals === true,
    request.logDirs ?? [],
    request.topicFactors ?? [],
    request.skipRackCheck === true,
    request.mode ?? null,
    request.demoteUnderReplicated === true,
    request.demoteFollowers === true,
    request.expected ?? null,
    budgetKey(request.budget),
    request.over ?? "mean",
  ]);
}

function budgetKey(budget: PlanRequest["budget"]): readonly (number | null)[] | null {
  if (budget === undefined) return null;
  const { maxMb, maxMoves, maxMinutes, bandwidthMbPerSec } = budget;
  return [maxMb ?? null, maxMoves ?? null, maxMinutes ?? null, bandwidthMbPerSec ?? null];
}
