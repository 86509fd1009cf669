/**
 * Starts the search from the plan that was made before: where little changed, little is left to search.
 *
 * ```
 * home ──previous plan, where still legal──► its target ──search──► goals met ──prune──► plan
 *   ▲                                                        │
 *   └─────────────── no goal is given up for it ◄── a goal is not met, or more bytes
 *                    (search from home, the better one wins)
 * ```
 *
 * @module
 */
import { AXIS_COUNT, AXIS_DISK, type ClusterModel } from "../model/cluster_model.ts";
import type { Proposal, ProposalReason } from "../model/proposal.ts";
import { attemptOf, bestAttempt, compareAttempts, goHome } from "./attempts.ts";
import type { Prepared } from "./prepare.ts";
import { standingOf } from "./search/checkpoint.ts";
import { restore } from "./search/checkpoint.ts";
import { guardsAccept } from "./search/destination.ts";
import { runSearch } from "./search/mod.ts";
import { NO_GOAL, REASON } from "./search/reasons.ts";
import {
  isBlocked,
  mayGoTo,
  mayLead,
  mayMove,
  promote,
  relocate,
  type Search,
} from "./search/state.ts";
import type { PlannerStep } from "./settings.ts";

/** One partition of the plan to start from. */
export type PreviousProposal = Pick<Proposal, "topic" | "partition" | "newReplicas" | "reasons">;

/** A plan with this much more MB than the one it started from, or than the bound, is measured against a cold one. */
const GROWTH_MAX = 1.02;

/** Partitions brought to their places between two yields. */
const CHUNK = 5000;

/** Leaves the model in the state of the plan, and returns its search. `boundMb`: what any plan must move. */
export function* warmAttempt(
  prepared: Prepared,
  previous: readonly PreviousProposal[],
  boundMb: number,
): Generator<PlannerStep, Search, void> {
  const search = prepared.searchOf(0);
  const step = { step: "Taking up the previous plan", completionPercentage: 0, steps: 0 };
  yield step;
  for (const _ of takeUp(search, previous)) yield step;
  const startMb = mbAway(search.model);
  yield step;
  yield* runSearch(search);
  const met = standingOf(search).every((out) => out === 0);
  if (met && mbAway(search.model) <= Math.max(startMb, boundMb) * GROWTH_MAX) return search;
  const warm = attemptOf(search);
  goHome(search);
  const cold = attemptOf(yield* bestAttempt(prepared, boundMb));
  if (compareAttempts(cold, warm) < 0) return cold.search;
  restore(search, warm.end);
  return search;
}

/** MB of all replicas that are not at home. O(R). */
function mbAway({ broker, home, loads, row }: ClusterModel): number {
  let mb = 0;
  for (let r = 0; r < broker.length; r++) {
    if (broker[r] !== home[r]) mb += loads[row[r]! * AXIS_COUNT + AXIS_DISK]!;
  }
  return mb;
}

/** Indices of names and ids. */
interface Names {
  readonly topics: ReadonlyMap<string, number>;
  readonly brokers: ReadonlyMap<number, number>;
  readonly goals: ReadonlyMap<string, number>;
}

/** Carries the previous plan out on the model, as far as partitions and brokers are still there and rules allow it. */
function* takeUp(search: Search, previous: readonly PreviousProposal[]): Generator<void, void> {
  const { input } = search.model;
  const names: Names = {
    topics: new Map(input.topicNames.map((name, t) => [name, t])),
    brokers: new Map(input.brokers.map(({ id }, b) => [id, b])),
    goals: new Map(search.goals.map(({ name }, i) => [name, i])),
  };
  search.reasons.previous = previous;
  yield;
  for (const [k, proposal] of previous.entries()) {
    const p = partitionOf(search.model, names, proposal);
    if (p >= 0) takeUpPartition(search, names, { p, k, proposal });
    if (k % CHUNK === CHUNK - 1) yield;
  }
}

/** -1 when there is none any more. */
function partitionOf({ input }: ClusterModel, names: Names, wanted: PreviousProposal): number {
  const t = names.topics.get(wanted.topic);
  if (t === undefined) return -1;
  const start = input.partitionStart[t]!;
  const end = input.partitionStart[t + 1]!;
  // Numbers are dense but for partitions that are left out.
  for (let p = Math.min(end - 1, start + wanted.partition); p >= start; p--) {
    if (input.partitionNumber[p] === wanted.partition) return p;
  }
  return -1;
}

interface Taken {
  readonly p: number;
  /** Index into the previous plan. */
  readonly k: number;
  readonly proposal: PreviousProposal;
}

function takeUpPartition(search: Search, names: Names, taken: Taken): void {
  const { model } = search;
  const { p, proposal } = taken;
  const wanted = proposal.newReplicas.map(({ brokerId }) => names.brokers.get(brokerId) ?? -1);
  const size = model.replicaStart[p + 1]! - model.replicaStart[p]!;
  if (wanted.length !== size || wanted.includes(-1)) return;
  let arriving = wanted.filter((b) => replicaOn(model, p, b) < 0);
  // A replica may have to wait until another one of its partition has left the rack.
  for (let left = arriving.length + 1; arriving.length > 0 && arriving.length < left;) {
    left = arriving.length;
    arriving = arriving.filter((to) => !moveOne(search, names, { ...taken, wanted, to }));
  }
  const next = replicaOn(model, p, wanted[0]!);
  if (next < 0 || next === model.leader[p] || model.pinned[p] === 1 || !mayLead(search, next)) {
    return;
  }
  if (search.guards.some((goal) => goal.leadDelta(p, next) > 0)) return;
  const reason = proposal.reasons.at(-1);
  search.reasons.noteLead(p, reasonOf(names, reason, taken.k));
  promote(search, p, next);
}

/** Moves the replica that the previous plan moved there, else any that has to leave; false when none may. */
function moveOne(
  search: Search,
  names: Names,
  move: Taken & { wanted: readonly number[]; to: number },
): boolean {
  const { model } = search;
  const { p, k, proposal, wanted, to } = move;
  const toId = model.input.brokers[to]!.id;
  const reason = proposal.reasons.find((given) => given.to === toId);
  const from = names.brokers.get(reason?.from ?? -1) ?? -1;
  let replica = from < 0 || wanted.includes(from) ? -1 : replicaOn(model, p, from);
  for (let r = model.replicaStart[p]!; replica < 0 && r < model.replicaStart[p + 1]!; r++) {
    if (!wanted.includes(model.broker[r]!)) replica = r;
  }
  if (replica < 0 || !mayMove(search, replica) || !mayGoTo(search, replica, to)) return false;
  if (isBlocked(search, replica, to) || !guardsAccept(search, replica, to)) return false;
  search.steps++;
  search.reasons.noteMove(replica, reasonOf(names, reason, k));
  relocate(search, replica, to);
  return true;
}

function reasonOf(names: Names, reason: ProposalReason | undefined, k: number) {
  const goal = names.goals.get(reason?.goal ?? "") ?? NO_GOAL;
  return { goal, kind: REASON.previous, value: k };
}

/** -1 when the partition has none on the broker. O(RF). */
function replicaOn(model: ClusterModel, p: number, broker: number): number {
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (model.broker[r] === broker) return r;
  }
  return -1;
}
