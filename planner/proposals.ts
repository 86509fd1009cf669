/**
 * From a model away from home to proposals, one a changed partition.
 *
 * @module
 */
import { AXIS_COUNT, AXIS_DISK, type ClusterModel, DEMOTED } from "../model/cluster_model.ts";
import { DISK, RESOURCE_COUNT } from "../model/metrics.ts";
import { replicaMb } from "../model/replica_axes.ts";
import { dirCapacityLimits, INTRA_BROKER_GOALS } from "../goals/intra_broker_disk.ts";
import type { LogDirState } from "../goals/log_dir_state.ts";
import { isDemoted, wasAt } from "./changes.ts";
import { isAlone } from "./places.ts";
import type { Placement, Proposal, ProposalReason } from "../model/proposal.ts";
import type { Said } from "./search/reasons.ts";
import type { Search } from "./search/state.ts";
import { FiguresOnTheWay, metricOf, rounded } from "./way/figures.ts";
import { MovesOnTheWay } from "./way/moves.ts";

/**
 * Makes proposals on demand, so that a plan of a million partitions can be written without holding them all. They must
 * be asked for in the plan's order, each once: figures go on from one to the next.
 */
export class ProposalMaker {
  readonly #model: ClusterModel;
  readonly #search: Search;
  readonly #placements: Placement[];
  readonly #logDirs: LogDirState | undefined;
  /** MB by broker and log dir at home, once a reason asks for it. */
  #usedAtHome: readonly (readonly number[])[] | undefined;
  readonly #moves: MovesOnTheWay;
  /** Whether anything is to lead nothing. */
  readonly #demotes: boolean;

  /**
   * @param sums of the brokers before the first proposal, as in the model; they are changed
   * @param coming partitions whose proposals come, where others were carried out before the first
   */
  constructor(search: Search, sums: Float64Array, coming?: Int32Array) {
    const { model } = search;
    this.#search = search;
    this.#model = model;
    // One object a broker serves all proposals: they are never changed.
    this.#placements = model.input.brokers.map((broker) => ({ brokerId: broker.id }));
    this.#logDirs = search.context.logDirs;
    this.#moves = new MovesOnTheWay(
      model,
      search.reasons,
      new FiguresOnTheWay(model, sums, coming),
    );
    this.#demotes = this.#logDirs !== undefined || model.flags.some((flag) => (flag & DEMOTED) > 0);
  }

  /** The proposal of a changed partition. */
  proposalOf(p: number): Proposal {
    const same = this.#sameProposal(p);
    if (same === undefined) return this.#newProposal(p);
    this.pass(p);
    return same;
  }

  /** Passes over a proposal that is made already. */
  pass(p: number): void {
    this.#moves.pass(p);
  }

  /** Passes over many, after which brokers have these sums. */
  skip(partitions: Int32Array, sums: Float64Array): void {
    this.#moves.skip(partitions, sums);
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
    if (isSameSize && isAlone(places, k)) return known;
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
    const { reasons } = this.#search;
    const moves = this.#moves;
    moves.carryOut(p);
    const list: ProposalReason[] = [];
    for (let i = 0; i < moves.replicas; i++) {
      list.push(this.#reason(i, reasons.ofMove(moves.subject[i]!)));
    }
    if (this.#logDirs !== undefined) list.push(...this.#dirReasons(p));
    if (moves.count > moves.replicas) list.push(this.#reason(moves.replicas, reasons.ofLead(p)));
    return list;
  }

  #reason(move: number, { goal, why }: Said): ProposalReason {
    const placements = this.#placements;
    const { from, to, measure, figures } = this.#moves;
    const at = 4 * move;
    return {
      goal,
      from: placements[from[move]!]!.brokerId,
      to: placements[to[move]!]!.brokerId,
      why,
      metric: metricOf(measure[move]!),
      figures: [
        rounded(figures[at]!),
        rounded(figures[at + 1]!),
        rounded(figures[at + 2]!),
        rounded(figures[at + 3]!),
      ],
    };
  }

  /** The goal that a replica leaves a log dir for: capacity where that is passed at home, else the even use of all. */
  #dirGoal(broker: number, dir: number): string {
    const { goals, context } = this.#search;
    const asked = INTRA_BROKER_GOALS.filter((wanted) => goals.some(({ name }) => name === wanted));
    if (asked.length < 2 || this.#logDirs === undefined) return asked[0] ?? "";
    this.#usedAtHome ??= this.#logDirs.usedAtHome();
    const used = this.#usedAtHome[broker]?.[dir];
    const isWithin = used !== undefined && this.#logDirs.isUsable(broker, dir) &&
      used <= dirCapacityLimits(context)(broker, dir).upper;
    return asked[isWithin ? 1 : 0]!;
  }

  #dirReasons(p: number): ProposalReason[] {
    const { model } = this.#search;
    const list: ProposalReason[] = [];
    for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
      if (this.#logDirs?.changesDir(r) !== true) continue;
      const { id, logDirs } = model.input.brokers[model.home[r]!]!;
      const path = logDirs[model.input.replicaLogDir[r]!]?.path ?? "its log dir";
      const goal = this.#dirGoal(model.home[r]!, model.input.replicaLogDir[r]!);
      list.push({ from: id, to: id, goal, why: `relieves log dir ${path}` });
    }
    return list;
  }
}
