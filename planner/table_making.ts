/**
 * From a model away from home to a table of proposals, one a changed partition. They are made in the plan's order, each once: figures
 * go on from one to the next. What the plan before had is copied where nothing of it has changed.
 *
 * @module
 */
import { readsAlike, shortNumber, sideOf } from "../goals/axis_goal.ts";
import { dirCapacityLimits, INTRA_BROKER_GOALS } from "../goals/intra_broker_disk.ts";
import { kafkaAssignerEvenRackAwareGoal } from "../goals/kafka_assigner.ts";
import type { LogDirState } from "../goals/log_dir_state.ts";
import { AXIS_COUNT, AXIS_DISK, type ClusterModel, DEMOTED } from "../model/cluster_model.ts";
import { DISK, RESOURCE_COUNT } from "../model/metrics.ts";
import { replicaMb } from "../model/replica_axes.ts";
import { isDemoted, wasAt } from "./proposals/changes.ts";
import { isAlone, type Places } from "./replan/places.ts";
import { MovesBefore } from "./proposals/earlier_moves.ts";
import type { Room } from "./proposals/proposal_store.ts";
import type { ProposalTable } from "./proposals/proposal_table.ts";
import { isElsewhere } from "./search/checkpoint.ts";
import { REASON, type Said } from "./search/reasons.ts";
import type { Search } from "./search/state.ts";
import { TableWriting } from "./proposals/table_writing.ts";
import { topologyOf } from "./topology.ts";
import { FiguresOnTheWay, metricOf, rounded } from "./way/figures.ts";
import { MovesOnTheWay } from "./way/moves.ts";

/** A table that is being made. */
export class TableMaking {
  readonly #model: ClusterModel;
  readonly #search: Search;
  readonly #logDirs: LogDirState | undefined;
  /** MB by broker and log dir at home, once a reason asks for it. */
  #usedAtHome: readonly (readonly number[])[] | undefined;
  readonly #moves: MovesOnTheWay;
  /** Whether anything is to lead nothing. */
  readonly #demotes: boolean;
  readonly #table: TableWriting;
  readonly #before: Places | undefined;
  /** By goal, side and broker: the phrase of a reason that tells of limits on an axis, -1 = not made yet. */
  readonly #outside: Int32Array;

  /**
   * @param sums of the brokers before the first proposal, as in the model; they are changed
   * @param before the plan that this one goes on from, where it took up all of it
   * @param coming partitions whose proposals come, where others were carried out before the first
   */
  constructor(
    search: Search,
    room: Room,
    { sums, before, coming }: {
      sums: Float64Array;
      before: Places | undefined;
      coming: Int32Array | undefined;
    },
  ) {
    const { model, goals, reasons } = search;
    this.#search = search;
    this.#model = model;
    this.#logDirs = search.context.logDirs;
    const earlier = before === undefined
      ? undefined
      : new MovesBefore(before.proposals, before.proposalOf);
    this.#moves = new MovesOnTheWay(
      model,
      reasons,
      new FiguresOnTheWay(model, sums, coming),
      earlier,
    );
    // Lists whose places are evened out stay in that order.
    this.#demotes = !goals.some(({ name }) => name === kafkaAssignerEvenRackAwareGoal.name) &&
      (model.flags.some((flag) => (flag & DEMOTED) > 0) ||
        model.input.brokers.some(({ logDirs }) => logDirs.some(({ demoted }) => demoted)));
    this.#table = new TableWriting(room, before?.proposals);
    this.#before = before;
    this.#outside = new Int32Array(2 * goals.length * model.brokerCount).fill(-1);
  }

  /** Makes the proposal of a changed partition; `group`: number of its group, 0 = it stands by itself. */
  put(p: number, group: number): void {
    if (this.#putSame(p, group)) return;
    this.#moves.carryOut(p);
    this.#table.begin(p, group, this.#sizeMb(p));
    this.#putReplicas(p);
    this.#putReasons(p);
  }

  /** Takes proposals over from the plan before as they are, from the `k`th on. */
  copy(k: number, count: number): void {
    this.#table.copy(k, count);
  }

  /** Gives the `k`th proposal, of a partition that is where it was then, its size of now; `group` as in {@link put}. */
  renew(k: number, p: number, group: number): void {
    this.#table.change(k, group, this.#sizeMb(p));
  }

  /** Passes over a proposal that is made already. */
  pass(p: number): void {
    this.#moves.pass(p);
  }

  /** Passes over many, after which brokers have these sums. */
  skip(partitions: Int32Array, sums: Float64Array): void {
    this.#moves.skip(partitions, sums);
  }

  /** The table, once all proposals are made. */
  finish(): ProposalTable {
    return this.#table.finish(topologyOf(this.#model.input));
  }

  /** As in the plan before, where nothing of the partition has changed since. */
  #putSame(p: number, group: number): boolean {
    const places = this.#before;
    const k = places?.proposalOf[p] ?? -1;
    if (places === undefined || k < 0 || isElsewhere(this.#model, p, this.#model, places)) {
      return false;
    }
    if (!this.#isOnSameDirs(p, places)) return false;
    const place = this.#table.length;
    this.#table.copy(k, 1);
    // Which ones have to go together follows from the loads of now.
    this.#table.change(
      place,
      group,
      isSameSize(this.#model, places, p) && isAlone(places, k) ? undefined : this.#sizeMb(p),
    );
    this.pass(p);
    return true;
  }

  #isOnSameDirs(p: number, { dirOf }: Places): boolean {
    if (this.#logDirs === undefined || dirOf === undefined) return true;
    const { replicaStart } = this.#model;
    const end = replicaStart[p + 1]!;
    for (let r = replicaStart[p]!; r < end; r++) {
      if (this.#logDirs.dirOf[r] !== dirOf[r]) return false;
    }
    return true;
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

  /** The leader comes first; what was first takes its place. */
  #putReplicas(p: number): void {
    const { leader, broker, replicaStart } = this.#model;
    const dirOf = this.#logDirs?.dirOf;
    const start = replicaStart[p]!;
    const count = replicaStart[p + 1]! - start;
    const leads = leader[p]! - start;
    const order = this.#demotes ? this.#demotedLast(start, count, leads) : undefined;
    for (let i = 0; i < count; i++) {
      const r = start + (order !== undefined ? order[i]! : i === 0 ? leads : i === leads ? 0 : i);
      this.#table.store.putReplica(broker[r]!, dirOf === undefined ? -1 : dirOf[r]!);
    }
  }

  /** Kafka elects in the order of the list: what is demoted comes last, behind the leader in any case. */
  #demotedLast(start: number, count: number, leads: number): number[] {
    const order = Array.from({ length: count }, (_, i) => i === 0 ? leads : i === leads ? 0 : i);
    const isLast = (i: number) => i !== leads && isDemoted(this.#model, start + i, this.#logDirs);
    if (!order.some(isLast)) return order;
    return [...order.filter((i) => !isLast(i)), ...order.filter(isLast)];
  }

  /** Reasons of replicas, of log dirs, of the leader; moves between brokers with figures. */
  #putReasons(p: number): void {
    const { replicas, count } = this.#moves;
    for (let i = 0; i < replicas; i++) this.#putReason(i);
    if (this.#logDirs !== undefined) this.#putDirReasons(p);
    if (count > replicas) this.#putReason(replicas);
  }

  #putReason(i: number): void {
    const { from, to, value, figures, earlier } = this.#moves;
    const { store } = this.#table;
    const said = earlier[i]! < 0
      ? { phrase: this.#phrase(i), amount: value[i]! }
      : this.#saidBefore(earlier[i]!);
    store.putMove({ from: from[i]!, to: to[i]!, ...said });
    for (let k = 0; k < 4; k++) store.putFigure(k, rounded(figures[4 * i + k]!));
  }

  /** What a move of the plan before said, without making a sentence of it: phrases of that plan keep their indices. */
  #saidBefore(move: number): { readonly phrase: number; readonly amount: number } {
    const { phrase, amount } = this.#before!.proposals.store.columns;
    return { phrase: phrase[move]!, amount: amount[move]! };
  }

  #phrase(i: number): number {
    const { word, from, to, value, measure } = this.#moves;
    const { goals, reasons } = this.#search;
    const goal = word[i]! & 255;
    const kind = word[i]! >> 8;
    const limits = goals[goal]?.axisLimits;
    const isOutside = kind === REASON.sourceOut || kind === REASON.destinationShort;
    const b = kind === REASON.sourceOut ? from[i]! : to[i]!;
    const side = isOutside && limits !== undefined ? sideOf(limits, b, value[i]!) : 0;
    if (side === 0 || limits === undefined || readsAlike(limits, b, side, value[i]!)) {
      return this.#wholePhrase(this.#moves.said(i), measure[i]!);
    }
    const at = (2 * goal + side - 1) * this.#model.brokerCount + b;
    if (this.#outside[at]! >= 0) return this.#outside[at]!;
    const phrase = { goal: goals[goal]!.name, metric: metricOf(measure[i]!) };
    const added = this.#table.store.addPhrase({
      ...phrase,
      ...reasons.partsOfOutside(goal, b, side),
    });
    return this.#outside[at] = added;
  }

  #wholePhrase({ goal, why }: Said, measure: number): number {
    return this.#table.store.phraseOf({
      goal,
      metric: metricOf(measure),
      begin: why,
      end: undefined,
    });
  }

  /** The goal that a replica leaves a log dir for: capacity where that is passed at home, else the even use of all. */
  #dirGoal(broker: number, dir: number): string {
    const { goals, context } = this.#search;
    const asked = INTRA_BROKER_GOALS.filter((wanted) => goals.some(({ name }) => name === wanted));
    if (asked.length < 2 || this.#logDirs === undefined) return asked[0] ?? "";
    const used = this.#usedIn(broker, dir);
    const isWithin = used !== undefined && used <= dirCapacityLimits(context)(broker, dir).upper;
    return asked[isWithin ? 1 : 0]!;
  }

  /** MB that a log dir holds at home; undefined of one that is to hold nothing. */
  #usedIn(broker: number, dir: number): number | undefined {
    if (this.#logDirs?.isUsable(broker, dir) !== true) return undefined;
    this.#usedAtHome ??= this.#logDirs.usedAtHome;
    return this.#usedAtHome[broker]![dir]!;
  }

  #dirSentence(broker: number, dir: number): string {
    const found = this.#model.input.brokers[broker]!.logDirs[dir];
    if (found === undefined) return "relieves its log dir";
    const used = this.#usedIn(broker, dir);
    return used === undefined
      ? `empties log dir ${found.path}`
      : `relieves log dir ${found.path}, which holds ${shortNumber(used)} MB of ${
        shortNumber(found.capacityMb)
      } MB before the plan`;
  }

  #putDirReasons(p: number): void {
    const { input, home, replicaStart } = this.#model;
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      if (this.#logDirs?.changesDir(r) !== true) continue;
      const broker = home[r]!;
      const dir = input.replicaLogDir[r]!;
      const phrase = this.#table.store.phraseOf({
        goal: this.#dirGoal(broker, dir),
        metric: undefined,
        begin: this.#dirSentence(broker, dir),
        end: undefined,
      });
      this.#table.store.putMove({ from: broker, to: broker, phrase, amount: 0 });
    }
  }
}

function isSameSize({ loads, row, partition }: ClusterModel, places: Places, p: number): boolean {
  return row === partition &&
    places.loads?.leaderLoad[p * RESOURCE_COUNT + DISK] === loads[p * AXIS_COUNT + AXIS_DISK];
}
