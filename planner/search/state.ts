/**
 * What all parts of the search share: the model, the limits of all goals joined into one row a broker, and a record
 * of why each replica moved.
 *
 * ```
 * array        type           length   index           value
 * upper        Float64Array   B x 8    broker, axis    least upper limit of all goals that can be met; Infinity = none
 * lower        Float64Array   B x 8    broker, axis    greatest lower limit; 0 = none
 * hardUpper    Float64Array   B x 8    broker, axis    the same of hard goals alone
 * unlimited    Float64Array   B x 8    broker, axis    Infinity
 * target       Float64Array   B x 8    broker, axis    where the sum would be in perfect balance
 * steepness    Float64Array   B x 8    broker, axis    1 / target / mean target of the axis; 0 where the target is 0
 * pull         Float64Array   B x 4    broker, axis    how much worse one more unit makes the balance; PULL_AXES only
 * closed       Uint8Array     B        broker          1 = not one of `destinations`
 * axisGoals    number[][]     8        axis            goals with limits on it, by index
 * topicUpper   Int32Array     T        topic           most replicas of the topic on one broker
 * topicLower   Int32Array     T        topic           fewest
 * ```
 *
 * @module
 */
import type { AxisLimits, GoalContext, PreparedGoal } from "../../goals/goal.ts";
import type { Prng } from "../../lib/prng.ts";
import type { ClusterModel } from "../../model/cluster_model.ts";
import { moveLeadership, moveReplica } from "../../model/model_actions.ts";
import type { WindowSums } from "./window_sums.ts";
import { type Ranking, rankOnly } from "./ranking.ts";
import type { ReasonBook } from "./reasons.ts";

/**
 * Columns of `pull`: disk, incoming bytes, count and potential outgoing bytes, which only moving a replica changes;
 * the other axes follow leadership. Half a cache line a broker: looking at all brokers takes a third of the time that
 * it takes with rows of all axes.
 */
export const PULL_COUNT = 4;

/** See the table above. */
export interface Search {
  readonly model: ClusterModel;
  readonly context: GoalContext;
  /** Goals that are planned for, most important first. */
  readonly goals: readonly PreparedGoal[];
  /** Goals that no plan can meet; they are not aimed at, only not made worse for nothing. */
  readonly hopeless: ReadonlySet<PreparedGoal>;
  /** Limits that are aimed at for some of the hopeless goals. */
  readonly aims: Map<PreparedGoal, AxisLimits>;
  /** Those of them that depend on where replicas are: what they would be by now. */
  readonly aimsNow: ReadonlyMap<PreparedGoal, () => AxisLimits>;
  /** Goals whose limits are not in the joined rows; asked about each action. */
  readonly guards: readonly PreparedGoal[];
  readonly upper: Float64Array;
  readonly lower: Float64Array;
  readonly hardUpper: Float64Array;
  readonly unlimited: Float64Array;
  readonly target: Float64Array;
  readonly steepness: Float64Array;
  readonly pull: Float64Array;
  /** Brokers that may receive replicas in the order of `pull`. */
  readonly ranking: Ranking;
  readonly topicUpper: Int32Array;
  readonly topicLower: Int32Array;
  /** Whether replicas of a partition must be on different racks. */
  readonly racksDiffer: boolean;
  /** Racks with alive brokers; a partition with more replicas than that is spread as evenly as they allow. */
  readonly rackCount: number;
  /** Brokers that may receive replicas, ascending. */
  readonly destinations: Int32Array;
  /** By broker: 1 = may not receive replicas. */
  readonly closed: Uint8Array;
  /** Work space: brokers that may not take the replica in question; as `closed` between questions. */
  readonly rejected: Uint8Array;
  readonly axisGoals: readonly (readonly number[])[];
  /** Whether only replicas that already moved, or must, may move for soft goals. */
  readonly onlyImmigrants: boolean;
  /** Whether that holds for hard goals as well. */
  readonly strictImmigrants: boolean;
  /** Whether any partition has to stay where it is. */
  readonly hasPinned: boolean;
  /** Whether any replica has to leave its home. */
  readonly hasOffline: boolean;
  /** Whether replicas may only go to new brokers or home. */
  readonly onlyToNew: boolean;
  /** Whether brokers excluded from leadership may not receive leaders either. */
  readonly leadersNeedRight: boolean;
  /** Loads by window, where limits hold in each. */
  readonly windows: WindowSums | undefined;
  /** Goals that are proven not to be met beside more important ones, by whoever looked for them; for all searches of a plan. */
  readonly conflicts: Conflicts;
  readonly prng: Prng;
  readonly reasons: ReasonBook;
  readonly stepsMax: number;
  /** Replicas among which is looked for what may be shed, and for what may go home: all, unless little changed since an earlier plan. */
  part: Part;
  /** Whether what is offline may pass limits of hosts, and in windows of time, as it may those of single brokers: for others to be relieved. */
  passesShared: boolean;
  /** Whether racks are mended as far as they can be: from then on what shares a rack may move within it. */
  racksAreDone: boolean;
  /** Goals that prices could not meet beside more important ones: nothing aims at them any more. */
  readonly givenUp: Set<PreparedGoal>;
  /** Where places were priced, what prices came to. */
  prices: PricedOnce | undefined;
  /** Actions looked at so far. */
  steps: number;
}

/** What is known of goals that cannot be met together. */
export interface Conflicts {
  /** By goal the more important ones; undefined where nobody looked for them. */
  found: ReadonlyMap<PreparedGoal, readonly PreparedGoal[]> | undefined;
  /** Proofs of the plan before, which may hold for the loads of now. */
  readonly known: readonly ConflictProof[];
  /** Those that hold. */
  readonly proofs: ConflictProof[];
  /** Whether no others are looked for: the plan before found none. */
  onlyKnown: boolean;
}

/** Nothing is known yet but the proofs of a plan before. */
export function newConflicts(known: readonly ConflictProof[]): Conflicts {
  return { found: undefined, known, proofs: [], onlyKnown: false };
}

/** Forgets what was found, so that all is looked for anew. */
export function forgetConflicts(conflicts: Conflicts): void {
  conflicts.found = undefined;
  conflicts.proofs.length = 0;
  conflicts.onlyKnown = false;
}

/** Goals by name, and prices by which all of them together cost more than anything that is allowed. */
export interface ConflictProof {
  readonly goals: readonly string[];
  readonly prices: AskedPrices;
}

/** What brokers, and topics on brokers, ask for the whole of a target, or a replica, beyond limits; as in `pricing/prices.ts`. */
export interface AskedPrices {
  readonly above: Float64Array;
  readonly below: Float64Array;
  readonly topicAbove: Float64Array;
  readonly topicBelow: Float64Array;
}

/** What prices came to, and where everything was before. */
export interface PricedOnce extends AskedPrices {
  readonly before: { readonly broker: Int32Array; readonly leader: Int32Array };
}

/** Replicas `[from, to)`. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/** Whether nothing is left for the plans to come. */
export function looksAtAll({ part, model }: Search): boolean {
  return part.to - part.from === model.replicaCount;
}

/** From now on these brokers alone receive replicas. */
export function openOnly({ closed, rejected, ranking }: Search, destinations: Int32Array): void {
  closed.fill(1);
  for (const b of destinations) closed[b] = 0;
  rejected.set(closed);
  rankOnly(ranking, destinations);
}

/** What `find` finds, a broker, where all that are allowed receive replicas and not new ones alone. */
export function amongAllowed(search: Search, find: () => number): number {
  openOnly(search, search.context.allowed);
  const found = find();
  openOnly(search, search.destinations);
  return found;
}

/** How much worse one more unit makes the balance; `i` = broker x axis. */
export function gradientAt(search: Search, i: number): number {
  return (search.model.sums[i]! - search.target[i]!) * search.steepness[i]!;
}

/** Recomputes all of `pull` after many moves past {@link relocate}. O(B). */
export function updatePulls(search: Search): void {
  for (let b = 0; b < search.model.brokerCount; b++) updatePull(search, b);
  search.ranking.movesLeft = 0;
}

/** Recomputes a broker's row of `pull` after its sums changed. O(1). */
function updatePull(search: Search, broker: number): void {
  const { pull, target, steepness } = search;
  const { sums } = search.model;
  const i = broker << 3;
  const into = broker << 2;
  pull[into] = (sums[i]! - target[i]!) * steepness[i]!;
  pull[into | 1] = (sums[i | 1]! - target[i | 1]!) * steepness[i | 1]!;
  pull[into | 2] = (sums[i | 3]! - target[i | 3]!) * steepness[i | 3]!;
  pull[into | 3] = (sums[i | 4]! - target[i | 4]!) * steepness[i | 4]!;
}

/** Moves a replica and keeps what follows from sums up to date. */
export function relocate(search: Search, replica: number, to: number): void {
  const from = search.model.broker[replica]!;
  moveReplica(search.model, replica, to);
  search.windows?.move(replica, from, to);
  updatePull(search, from);
  updatePull(search, to);
  search.ranking.movesLeft--;
}

/** Changes a leader; nothing that `pull` knows depends on it. */
export function promote(search: Search, partition: number, replica: number): void {
  const { model } = search;
  const old = model.broker[model.leader[partition]!]!;
  moveLeadership(model, partition, replica);
  search.windows?.lead(partition, old, model.broker[replica]!);
}
