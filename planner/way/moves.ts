/**
 * The moves of one proposal at a time, in the plan's order, with what each is measured by: arrays that serve all
 * proposals, since a large plan has millions of moves.
 *
 * ```
 * array     type          length       index  value
 * from, to  Int32Array    B + 1        move   broker index
 * subject   Int32Array    B + 1        move   replica
 * word      Int32Array    B + 1        move   goal and kind of its reason, see `ReasonBook`
 * value     Float32Array  B + 1        move   number of its reason
 * measure   Int32Array    B + 1        move   axis or constant of `reasons.ts`
 * earlier   Int32Array    B + 1        move   move of the plan before whose reason it has, -1 = a reason of its own
 * figures   Float64Array  (B + 1) x 4  move   from before, from after, to before, to after; not rounded
 * ```
 *
 * @module
 */
import { AXIS_NW_OUT, type ClusterModel } from "../../model/cluster_model.ts";
import { leadingLoad, replicaLoad } from "../../model/replica_axes.ts";
import {
  MEASURED_BY_TOPIC,
  NO_GOAL,
  REASON,
  type ReasonBook,
  type Said,
} from "../search/reasons.ts";
import type { FiguresOnTheWay } from "./figures.ts";

/** Figures of a move. */
const BEFORE = 0;
const AFTER = 1;

/** Moves of the plan before. */
export interface EarlierMoves {
  /** Of a partition the one of the same way, brokers by index, else the first from there; -1 when there is none. O(RF). */
  find(p: number, from: number, to: number): number;
  /** What it was measured by, undefined for nothing. */
  measureOf(move: number): number | undefined;
}

/** See the file's head. */
export class MovesOnTheWay {
  readonly #model: ClusterModel;
  readonly #reasons: ReasonBook;
  readonly #way: FiguresOnTheWay;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly subject: Int32Array;
  readonly word: Int32Array;
  readonly value: Float32Array;
  readonly measure: Int32Array;
  readonly earlier: Int32Array;
  readonly #before: EarlierMoves | undefined;
  readonly figures: Float64Array;
  /** Moves of replicas, and all: a change of leadership comes last. */
  replicas = 0;
  count = 0;

  constructor(
    model: ClusterModel,
    reasons: ReasonBook,
    way: FiguresOnTheWay,
    before?: EarlierMoves,
  ) {
    this.#before = before;
    this.#model = model;
    this.#reasons = reasons;
    this.#way = way;
    // A partition has one replica a broker at most, and its leadership may move.
    const most = model.brokerCount + 1;
    this.from = new Int32Array(most);
    this.to = new Int32Array(most);
    this.subject = new Int32Array(most);
    this.word = new Int32Array(most);
    this.value = new Float32Array(most);
    this.measure = new Int32Array(most);
    this.earlier = new Int32Array(most);
    this.figures = new Float64Array(4 * most);
  }

  /** Takes the moves of a partition's proposal, and carries it out. O(RF). */
  carryOut(p: number): void {
    const { home, broker, homeLeader, leader, replicaStart } = this.#model;
    const { from, to, subject, word, value, measure } = this;
    const reasons = this.#reasons;
    const end = replicaStart[p + 1]!;
    let count = 0;
    for (let r = replicaStart[p]!; r < end; r++) {
      if (home[r] === broker[r]) continue;
      from[count] = home[r]!;
      to[count] = broker[r]!;
      subject[count] = r;
      const said = reasons.wordOfMove(r);
      word[count] = said;
      value[count] = reasons.valueOfMove(r);
      measure[count] = reasons.measureOfMove(said);
      this.#takeEarlier(p, count++, reasons.measureOfMove(NO_GOAL));
    }
    this.replicas = count;
    const old = homeLeader[p]!;
    const next = leader[p]!;
    if (old !== next) {
      from[count] = home[old]!;
      to[count] = broker[next]!;
      subject[count] = next;
      const said = reasons.wordOfLead(p);
      word[count] = said;
      value[count] = reasons.valueOfLead(p);
      measure[count] = reasons.measureOfLead(said);
      this.#takeEarlier(p, count++, reasons.measureOfLead(NO_GOAL));
    }
    this.count = count;
    this.#chooseAnew(p);
    this.#measure(p, BEFORE);
    this.#tellWhatIs();
    this.#way.carryOut(p);
    this.#measure(p, AFTER);
  }

  /** Goal and sentence of the move. */
  said(i: number): Said {
    const { from, to, subject, word, value } = this;
    const way = { from: from[i]!, to: to[i]!, replica: subject[i]! };
    return this.#reasons.said(word[i]!, value[i]!, way);
  }

  /**
   * The search notes what it sees, and the plan comes to something else in another order. A replica that moved for what leaders bring or take
   * may lead nothing in the end, and a broker may be within its limits by the time a move is due. Such a move says what it helps then.
   * O(moves of the partition), for those O(goals).
   */
  #chooseAnew(p: number): void {
    const { word, measure, count } = this;
    for (let i = 0; i < count; i++) {
      const kind = word[i]! >> 8;
      if (measure[i]! < 0 || kind > REASON.destinationShort) continue;
      const isFromSource = kind === REASON.sourceOut;
      if (!this.#concerns(p, i, isFromSource, measure[i]!)) this.#choose(p, i, -Infinity);
      else if (!this.#isOutside(i, isFromSource)) this.#choose(p, i, 0);
    }
  }

  /** Whether what a goal measures changes with the move on the broker left, or on the one entered. */
  #concerns(p: number, i: number, isFromSource: boolean, axis: number): boolean {
    const { homeLeader, leader } = this.#model;
    const replica = this.subject[i]!;
    if (i >= this.replicas) return leadingLoad(this.#model, replica, axis) > 0;
    if (axis < AXIS_NW_OUT) return replicaLoad(this.#model, replica, axis) > 0;
    const leads = (isFromSource ? homeLeader : leader)[p] === replica;
    return leads && leadingLoad(this.#model, replica, axis) > 0;
  }

  /** Whether the broker that a reason is about is beyond the goal's limit now. */
  #isOutside(i: number, isFromSource: boolean): boolean {
    const limits = this.#reasons.goals[this.word[i]! & 255]?.axisLimits;
    if (limits === undefined) return true;
    const { sums } = this.#way;
    const b = isFromSource ? this.from[i]! : this.to[i]!;
    const sum = sums[(b << 3) | limits.axis]!;
    return isFromSource ? sum > limits.upper[b]! : sum < limits.lower[b]!;
  }

  /** The most important goal that the move helps on a broker outside its limits; of none the one whose limit is nearest, if nearer than `least`. */
  #choose(p: number, i: number, least: number): void {
    const { sums } = this.#way;
    const { goals } = this.#reasons;
    const from = this.from[i]!;
    const to = this.to[i]!;
    // While something is offline all else moves for hard goals alone.
    const isHard = this.#model.offlineReplicas.length > 0 &&
      goals[this.word[i]! & 255]?.hard === true;
    let nearest = least;
    for (let g = 0; g < goals.length && nearest <= 0; g++) {
      const limits = goals[g]!.axisLimits;
      if (limits === undefined || (isHard && !goals[g]!.hard)) continue;
      const { axis, upper, lower } = limits;
      const over = this.#concerns(p, i, true, axis)
        ? sums[(from << 3) | axis]! / upper[from]! - 1
        : -Infinity;
      const short = this.#concerns(p, i, false, axis)
        ? 1 - sums[(to << 3) | axis]! / lower[to]!
        : -Infinity;
      const isOver = over > 0 || !(short > over);
      const beyond = isOver ? over : short;
      if (!(beyond > nearest)) continue;
      nearest = beyond;
      this.word[i] = g | (isOver ? REASON.sourceOut : REASON.destinationShort) << 8;
      this.value[i] = sums[((isOver ? from : to) << 3) | axis]!;
      this.measure[i] = axis;
    }
  }

  /** What is outside is told as it is when the move is due, not as it was when the search looked: so it agrees with the figures. */
  #tellWhatIs(): void {
    const { from, to, word, value, figures, count } = this;
    const { goals } = this.#reasons;
    for (let i = 0; i < count; i++) {
      const kind = word[i]! >> 8;
      if (kind > REASON.destinationShort) continue;
      const limits = goals[word[i]! & 255]?.axisLimits;
      if (limits === undefined) continue;
      const isOut = kind === REASON.sourceOut
        ? figures[4 * i]! > limits.upper[from[i]!]!
        : figures[4 * i + 2]! < limits.lower[to[i]!]!;
      if (isOut) value[i] = figures[4 * i + (kind === REASON.sourceOut ? 0 : 2)]!;
    }
  }

  /** What says the same as in the plan before is measured by the same. */
  #takeEarlier(p: number, i: number, otherwise: number): void {
    const before = this.#before;
    this.earlier[i] = -1;
    if (before === undefined || this.word[i]! >> 8 !== REASON.previous) return;
    const move = this.earlier[i] = before.find(p, this.from[i]!, this.to[i]!);
    this.measure[i] = (move < 0 ? undefined : before.measureOf(move)) ?? otherwise;
  }

  /** Carries a proposal out whose moves are known. O(RF). */
  pass(p: number): void {
    this.#way.carryOut(p);
  }

  /** See `FiguresOnTheWay`. */
  skip(partitions: Int32Array, sums: Float64Array): void {
    this.#way.skip(partitions, sums);
  }

  #measure(p: number, when: typeof BEFORE | typeof AFTER): void {
    const { from, to, measure, figures, count } = this;
    const way = this.#way;
    const { sums } = way;
    for (let i = 0; i < count; i++) {
      const axis = measure[i]!;
      const at = 4 * i + when;
      if (axis >= 0) {
        figures[at] = sums[(from[i]! << 3) | axis]!;
        figures[at + 2] = sums[(to[i]! << 3) | axis]!;
      } else if (axis === MEASURED_BY_TOPIC) {
        figures[at] = way.topicReplicas(p, from[i]!);
        figures[at + 2] = way.topicReplicas(p, to[i]!);
      } else if (when === BEFORE) this.#measureRacks(p, i);
    }
  }

  /** How many replicas of the partition are on the racks of both brokers, before and after its proposal. */
  #measureRacks(p: number, i: number): void {
    const { replicaStart, home, broker, rack } = this.#model;
    const { figures } = this;
    const left = rack[this.from[i]!]!;
    const entered = rack[this.to[i]!]!;
    const end = replicaStart[p + 1]!;
    let fromBefore = 0;
    let fromAfter = 0;
    let toBefore = 0;
    let toAfter = 0;
    for (let r = replicaStart[p]!; r < end; r++) {
      const was = rack[home[r]!]!;
      const is = rack[broker[r]!]!;
      if (was === left) fromBefore++;
      if (is === left) fromAfter++;
      if (was === entered) toBefore++;
      if (is === entered) toAfter++;
    }
    figures[4 * i] = fromBefore;
    figures[4 * i + 1] = fromAfter;
    figures[4 * i + 2] = toBefore;
    figures[4 * i + 3] = toAfter;
  }
}
