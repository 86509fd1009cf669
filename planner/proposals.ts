/**
 * From a model away from home to proposals, one a changed partition.
 *
 * @module
 */
import { drain } from "../lib/steps.ts";
import { AXIS_COUNT, AXIS_DISK, type ClusterModel, DEMOTED } from "../model/cluster_model.ts";
import { DISK, RESOURCE_COUNT } from "../model/metrics.ts";
import { replicaMb } from "../model/replica_axes.ts";
import type { LogDirState } from "../goals/log_dir_state.ts";
import type { Placement, Proposal, ProposalReason } from "../model/proposal.ts";
import type { Said } from "./search/reasons.ts";
import type { Search } from "./search/state.ts";
import { FiguresOnTheWay, metricOf } from "./way/figures.ts";

/** Partitions looked at between two yields. */
const CHUNK = 100_000;

/** What counts as a change besides brokers and leaders. */
export interface ChangesCounted {
  readonly logDirs?: LogDirState | undefined;
  readonly demoteFollowers?: boolean;
}

/**
 * Partitions that differ from home, ascending; log dirs count when they are given, and the order of demoted followers
 * when they are to be last. O(R).
 */
export function changedPartitions(model: ClusterModel, count: ChangesCounted = {}): Int32Array {
  return drain(changedSteps(model, count));
}

/** {@link changedPartitions} in steps. */
export function* changedSteps(
  model: ClusterModel,
  count: ChangesCounted = {},
): Generator<void, Int32Array, void> {
  const changed: number[] = [];
  for (let from = 0; from < model.partitionCount; from += CHUNK) {
    const to = Math.min(from + CHUNK, model.partitionCount);
    findChanged(model, changed, { ...count, from, to });
    yield;
  }
  return Int32Array.from(changed);
}

function findChanged(
  model: ClusterModel,
  changed: number[],
  range: ChangesCounted & { from: number; to: number },
): void {
  const { logDirs, demoteFollowers = false, to } = range;
  const { replicaStart, broker, home, leader, homeLeader } = model;
  let r = replicaStart[range.from]!;
  for (let p = range.from; p < to; p++) {
    const end = replicaStart[p + 1]!;
    let moved = leader[p]! ^ homeLeader[p]!;
    for (; r < end; r++) moved |= broker[r]! ^ home[r]!;
    const differs = moved !== 0 ||
      (logDirs !== undefined && changesDir(model, p, logDirs)) ||
      (demoteFollowers && model.pinned[p] === 0 && hasEarlyDemoted(model, p, logDirs));
    if (differs) changed.push(p);
  }
}

/** Whether a replica is on a broker or log dir that is to lead nothing. */
function isDemoted(model: ClusterModel, replica: number, logDirs?: LogDirState): boolean {
  return (model.flags[model.broker[replica]!]! & DEMOTED) !== 0 ||
    logDirs?.isDemoted(replica) === true;
}

/** Whether a demoted follower stands before a replica that is not demoted. */
function hasEarlyDemoted(model: ClusterModel, p: number, logDirs?: LogDirState): boolean {
  let seen = false;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    const demoted = isDemoted(model, r, logDirs);
    if (seen && !demoted) return true;
    seen ||= demoted && model.leader[p] !== r;
  }
  return false;
}

function changesDir(model: ClusterModel, p: number, logDirs: LogDirState): boolean {
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (logDirs.changesDir(r)) return true;
  }
  return false;
}

function isChanged(model: ClusterModel, p: number): boolean {
  if (model.leader[p] !== model.homeLeader[p]) return true;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (model.broker[r] !== model.home[r]) return true;
  }
  return false;
}

/** A move between two brokers, by index, what it is measured by, and its figures. */
interface Move {
  readonly from: number;
  readonly to: number;
  readonly measure: number;
  readonly figures: [number, number, number, number];
}

/**
 * Makes proposals on demand, so that a plan of a million partitions can be written without holding them all. They must
 * be asked for in the plan's order, each once: figures go on from one to the next.
 */
export class ProposalMaker {
  readonly #model: ClusterModel;
  readonly #search: Search;
  readonly #placements: Placement[];
  readonly #logDirs: LogDirState | undefined;
  readonly #way: FiguresOnTheWay;
  /** Whether anything is to lead nothing. */
  readonly #demotes: boolean;

  /** `atHome`: sums of the brokers before the first proposal, as in the model. */
  constructor(search: Search, atHome: Float64Array) {
    const { model } = search;
    this.#search = search;
    this.#model = model;
    // One object a broker serves all proposals: they are never changed.
    this.#placements = model.input.brokers.map((broker) => ({ brokerId: broker.id }));
    this.#logDirs = search.context.logDirs;
    this.#way = new FiguresOnTheWay(model, atHome);
    this.#demotes = this.#logDirs !== undefined || model.flags.some((flag) => (flag & DEMOTED) > 0);
  }

  /** The proposal of a changed partition. */
  proposalOf(p: number): Proposal {
    return this.#sameProposal(p) ?? this.#newProposal(p);
  }

  /** That of the plan before, where nothing of the partition has changed since. */
  #sameProposal(p: number): Proposal | undefined {
    const { places } = this.#search.reasons;
    const k = places?.proposalOf[p] ?? -1;
    if (places === undefined || k < 0) return undefined;
    const { leader, replicaStart, broker } = this.#model;
    if (leader[p] !== places.leader[p]) return undefined;
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      if (broker[r] !== places.broker[r]) return undefined;
    }
    const known = places.proposals[k]!;
    const { loads, row, partition } = this.#model;
    const isSameSize = row === partition &&
      places.loads?.leaderLoad[p * RESOURCE_COUNT + DISK] === loads[p * AXIS_COUNT + AXIS_DISK];
    // Not a look at the proposal itself: those of the plan before lie scattered in memory.
    if (isSameSize && places.isAlone[p] === 1) return known;
    const sizeMb = this.#sizeMb(p);
    // Which ones have to go together follows from the loads of now.
    if (known.group === undefined && known.sizeMb === sizeMb) return known;
    const { group: _, ...proposal } = known;
    return { ...proposal, sizeMb };
  }

  /** On average, where those that come to a broker differ in size; the leader's, where none does. */
  #sizeMb(p: number): number {
    const model = this.#model;
    const { replicaStart, broker, home } = model;
    const end = replicaStart[p + 1]!;
    let count = 0;
    let mb = 0;
    for (let r = replicaStart[p]!; r < end; r++) {
      if (broker[r] === home[r] || wasAt(model, p, broker[r]!)) continue;
      count++;
      mb += replicaMb(model, r);
    }
    return count > 0 ? mb / count : replicaMb(model, model.leader[p]!);
  }

  #newProposal(p: number): Proposal {
    const { input, homeLeader, leader, home, broker, replicaStart, topic } = this.#model;
    const { replicaLogDir } = input;
    const placements = this.#placements;
    const dirOf = this.#logDirs?.dirOf;
    const start = replicaStart[p]!;
    const count = replicaStart[p + 1]! - start;
    // The leader comes first; what was first takes its place.
    const leads = leader[p]! - start;
    const order = this.#demotes ? this.#demotedLast(start, count, leads) : undefined;
    const oldReplicas = new Array<Placement>(count);
    const newReplicas = new Array<Placement>(count);
    for (let i = 0; i < count; i++) {
      const r = start + (order !== undefined ? order[i]! : i === 0 ? leads : i === leads ? 0 : i);
      const from = home[start + i]!;
      const dir = replicaLogDir[start + i]!;
      const newDir = dirOf === undefined ? -1 : dirOf[r]!;
      oldReplicas[i] = dir < 0 ? placements[from]! : this.#placement(from, dir);
      newReplicas[i] = newDir < 0 ? placements[broker[r]!]! : this.#placement(broker[r]!, newDir);
    }
    const leaderless = input.leaderReplica[p]! < 0;
    return {
      topic: input.topicNames[topic[p]!]!,
      partition: input.partitionNumber[p]!,
      sizeMb: this.#sizeMb(p),
      oldLeader: leaderless ? -1 : input.brokers[home[homeLeader[p]!]!]!.id,
      oldReplicas,
      newReplicas,
      reasons: this.#reasons(p),
    };
  }

  /** Kafka elects in the order of the list: what is demoted comes last, behind the leader in any case. */
  #demotedLast(start: number, count: number, leads: number): number[] {
    const order = Array.from({ length: count }, (_, i) => i === 0 ? leads : i === leads ? 0 : i);
    const isLast = (i: number) => i !== leads && isDemoted(this.#model, start + i, this.#logDirs);
    if (!order.some(isLast)) return order;
    return [...order.filter((i) => !isLast(i)), ...order.filter(isLast)];
  }

  #placement(broker: number, dir: number): Placement {
    return {
      ...this.#placements[broker]!,
      logDir: this.#model.input.brokers[broker]!.logDirs[dir]!.path,
    };
  }

  /** Reasons of replicas, of log dirs, of the leader; moves between brokers with figures. */
  #reasons(p: number): ProposalReason[] {
    const { home, broker, homeLeader, leader, replicaStart } = this.#model;
    const { reasons } = this.#search;
    const list: ProposalReason[] = [];
    const moves: Move[] = [];
    const end = replicaStart[p + 1]!;
    for (let r = replicaStart[p]!; r < end; r++) {
      if (home[r] === broker[r]) continue;
      const said = reasons.ofMove(r);
      const move = this.#move(p, home[r]!, broker[r]!, said.measure);
      moves.push(move);
      list.push(this.#reason(move, said));
    }
    if (this.#logDirs !== undefined) list.push(...this.#dirReasons(p));
    const old = homeLeader[p]!;
    const next = leader[p]!;
    if (old !== next) {
      const said = reasons.ofLead(p);
      const move = this.#move(p, home[old]!, broker[next]!, said.measure);
      moves.push(move);
      list.push(this.#reason(move, said));
    }
    this.#way.carryOut(p);
    for (let i = 0; i < moves.length; i++) {
      const { from, to, measure, figures } = moves[i]!;
      figures[1] = this.#way.amount(p, from, measure);
      figures[3] = this.#way.amount(p, to, measure);
    }
    return list;
  }

  /** With the figures before; those after are filled in when the proposal has been carried out. */
  #move(p: number, from: number, to: number, measure: number): Move {
    const before = this.#way.amount(p, from, measure);
    const there = this.#way.amount(p, to, measure);
    return { from, to, measure, figures: [before, before, there, there] };
  }

  #reason({ from, to, measure, figures }: Move, { goal, why }: Said): ProposalReason {
    const placements = this.#placements;
    const left = placements[from]!.brokerId;
    const metric = metricOf(measure);
    return { goal, from: left, to: placements[to]!.brokerId, why, metric, figures };
  }

  #dirReasons(p: number): ProposalReason[] {
    const { model, goals } = this.#search;
    const list: ProposalReason[] = [];
    for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
      if (this.#logDirs?.changesDir(r) !== true) continue;
      const { id, logDirs } = model.input.brokers[model.home[r]!]!;
      const path = logDirs[model.input.replicaLogDir[r]!]?.path ?? "its log dir";
      const goal = goals.find(({ name }) => name.startsWith("IntraBroker"))?.name ?? "";
      list.push({ from: id, to: id, goal, why: `relieves log dir ${path}` });
    }
    return list;
  }
}

/** What a plan does, counted. */
export interface MoveTotals {
  readonly interBrokerReplicaMoves: number;
  readonly intraBrokerReplicaMoves: number;
  readonly leadershipMoves: number;
  readonly mbToMove: number;
}

/** Counts moves and MB: replicas that land on a broker where their partition was not. O(R x RF). */
export function moveTotals(
  model: ClusterModel,
  changed: Int32Array,
  logDirs?: LogDirState,
): MoveTotals {
  return drain(moveTotalSteps(model, changed, logDirs));
}

/** {@link moveTotals} in steps. */
export function* moveTotalSteps(
  model: ClusterModel,
  changed: Int32Array,
  logDirs?: LogDirState,
): Generator<void, MoveTotals, void> {
  let totals: MoveTotals = {
    interBrokerReplicaMoves: 0,
    intraBrokerReplicaMoves: 0,
    leadershipMoves: 0,
    mbToMove: 0,
  };
  for (let from = 0; from < changed.length; from += CHUNK) {
    const range = { from, to: Math.min(from + CHUNK, changed.length), logDirs };
    totals = addMoves(model, changed, { ...range, before: totals });
    yield;
  }
  return totals;
}

function addMoves(
  model: ClusterModel,
  changed: Int32Array,
  range: { from: number; to: number; before: MoveTotals; logDirs: LogDirState | undefined },
): MoveTotals {
  const { replicaStart, broker, home } = model;
  const { to, logDirs } = range;
  let moves = range.before.interBrokerReplicaMoves;
  let onBroker = range.before.intraBrokerReplicaMoves;
  let leaders = range.before.leadershipMoves;
  let mb = range.before.mbToMove;
  for (let i = range.from; i < to; i++) {
    const p = changed[i]!;
    const end = replicaStart[p + 1]!;
    const before = moves;
    let dirs = 0;
    for (let r = replicaStart[p]!; r < end; r++) {
      if (logDirs?.changesDir(r) === true) dirs++;
      if (broker[r] === home[r] || wasAt(model, p, broker[r]!)) continue;
      moves++;
      mb += replicaMb(model, r);
    }
    onBroker += dirs;
    // Another order of the list is a change of leadership to come.
    if (moves === before && (dirs === 0 || isChanged(model, p))) leaders++;
  }
  return {
    interBrokerReplicaMoves: moves,
    intraBrokerReplicaMoves: onBroker,
    leadershipMoves: leaders,
    mbToMove: mb,
  };
}

function wasAt(model: ClusterModel, p: number, broker: number): boolean {
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (model.home[r] === broker) return true;
  }
  return false;
}
