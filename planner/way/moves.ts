/**
 * The moves of one proposal at a time, in the plan's order, with what each is measured by: arrays that serve all
 * proposals, since a large plan has millions of moves.
 *
 * ```
 * array     type          length       index  value
 * from, to  Int32Array    B + 1        move   broker index
 * subject   Int32Array    B + 1        move   replica
 * measure   Int32Array    B + 1        move   axis or constant of `reasons.ts`
 * figures   Float64Array  (B + 1) x 4  move   from before, from after, to before, to after
 * ```
 *
 * @module
 */
import type { ClusterModel } from "../../model/cluster_model.ts";
import type { ReasonBook } from "../search/reasons.ts";
import type { FiguresOnTheWay } from "./figures.ts";

/** See the file's head. */
export class MovesOnTheWay {
  readonly #model: ClusterModel;
  readonly #reasons: ReasonBook;
  readonly #way: FiguresOnTheWay;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly subject: Int32Array;
  readonly measure: Int32Array;
  readonly figures: Float64Array;
  /** Moves of replicas, and all: a change of leadership comes last. */
  replicas = 0;
  count = 0;

  constructor(model: ClusterModel, reasons: ReasonBook, way: FiguresOnTheWay) {
    this.#model = model;
    this.#reasons = reasons;
    this.#way = way;
    // A partition has one replica a broker at most, and its leadership may move.
    const most = model.brokerCount + 1;
    this.from = new Int32Array(most);
    this.to = new Int32Array(most);
    this.subject = new Int32Array(most);
    this.measure = new Int32Array(most);
    this.figures = new Float64Array(4 * most);
  }

  /** Takes the moves of a partition's proposal, and carries it out. O(RF). */
  carryOut(p: number): void {
    const { home, broker, homeLeader, leader, replicaStart } = this.#model;
    const way = this.#way;
    const reasons = this.#reasons;
    const end = replicaStart[p + 1]!;
    this.count = 0;
    for (let r = replicaStart[p]!; r < end; r++) {
      if (home[r] !== broker[r]) this.#add(p, r, home[r]!, reasons.measureOfMove(r));
    }
    this.replicas = this.count;
    const old = homeLeader[p]!;
    const next = leader[p]!;
    if (old !== next) this.#add(p, next, home[old]!, reasons.measureOfLead(p));
    way.carryOut(p);
    const { from, to, measure, figures } = this;
    for (let i = 0; i < this.count; i++) {
      way.putAmount(p, from[i]!, measure[i]!, figures, 4 * i + 1);
      way.putAmount(p, to[i]!, measure[i]!, figures, 4 * i + 3);
    }
  }

  #add(p: number, replica: number, from: number, measure: number): void {
    const i = this.count++;
    const to = this.#model.broker[replica]!;
    this.from[i] = from;
    this.to[i] = to;
    this.subject[i] = replica;
    this.measure[i] = measure;
    this.#way.putAmount(p, from, measure, this.figures, 4 * i);
    this.#way.putAmount(p, to, measure, this.figures, 4 * i + 2);
  }
}
