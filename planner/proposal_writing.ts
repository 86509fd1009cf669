/**
 * Proposals as they stand in a plan file, straight from the model: objects for half a million of them would take as long as
 * their text. Of the same pieces as in `plan_file.ts`.
 *
 * ```
 * array      type          length   index          value
 * begin      Int32Array    2 G x B  order, goal,   piece of a reason up to the broker entered, of the first reason and of
 *                                   broker left    others; 0 = not made yet
 * entered    Int32Array    G x B    goal, broker   piece with the broker entered, up to the amount
 * ends       Int32Array    3 G x B  goal, side,    piece from behind the amount to the figures
 *                                   broker
 * racks      Int32Array    G x B    goal, broker   piece from behind the broker entered to the figures
 * ```
 *
 * @module
 */
import { limitText, METRIC_OF_AXIS, shortened, type Side, sideOf } from "../goals/axis_goal.ts";
import type { AxisLimits } from "../goals/goal.ts";
import type { ByteText, PieceId } from "../lib/byte_text.ts";
import type { ClusterModel } from "../model/cluster_model.ts";
import { BETWEEN, figuresOf, quoted } from "../model/plan_file.ts";
import { METRICS } from "../model/proposal.ts";
import { replicaMb } from "../model/replica_axes.ts";
import { REASON, type Said } from "./search/reasons.ts";
import type { Search } from "./search/state.ts";
import { FiguresOnTheWay, metricOf } from "./way/figures.ts";
import { MovesOnTheWay } from "./way/moves.ts";

const COMMA = 0x2c;

/**
 * Writes proposals of a plan without log dirs and demoted brokers, which differ from home by where replicas and leaders are. They must be
 * asked for in the plan's order, each once.
 */
export class ProposalWriting {
  readonly #model: ClusterModel;
  readonly #search: Search;
  readonly #text: ByteText;
  readonly #moves: MovesOnTheWay;
  /** By broker index: Kafka's id, the same behind a comma, and as the old leader up to the list of old replicas. */
  readonly #ids: readonly PieceId[];
  readonly #more: readonly PieceId[];
  readonly #oldLeaders: readonly PieceId[];
  /** The old leader that is the first old replica as well, and what begins the list of new replicas. */
  readonly #oldFirst: readonly PieceId[];
  readonly #newFirst: readonly PieceId[];
  readonly #mb: PieceId;
  readonly #reasonEnd: PieceId;
  readonly #end: PieceId;
  readonly #begin: Int32Array;
  readonly #entered: Int32Array;
  readonly #ends: Int32Array;
  readonly #racks: Int32Array;
  /** By topic: how its proposals begin; 0 = not made yet. */
  readonly #topics: Int32Array;
  #isFirst = true;

  /**
   * @param text what they are put behind
   * @param atHome sums of the brokers before the first proposal, as in the model; they are changed
   */
  constructor(text: ByteText, search: Search, atHome: Float64Array) {
    const { model, goals } = search;
    const { brokerCount } = model;
    this.#model = model;
    this.#search = search;
    this.#text = text;
    this.#moves = new MovesOnTheWay(model, search.reasons, new FiguresOnTheWay(model, atHome));
    const piecesOf = (textOf: (id: number) => string) =>
      model.input.brokers.map(({ id }) => text.pieceOf(textOf(id)));
    this.#ids = piecesOf(String);
    this.#more = piecesOf((id) => `,${id}`);
    this.#oldLeaders = piecesOf(oldLeaderText);
    this.#oldFirst = piecesOf((id) => `${oldLeaderText(id)}${id}`);
    this.#newFirst = piecesOf((id) => `${BETWEEN.newReplicas}${id}`);
    this.#mb = text.pieceOf(BETWEEN.mbToMove);
    this.#reasonEnd = text.pieceOf(BETWEEN.figuresEnd);
    this.#end = text.pieceOf(BETWEEN.figuresEnd + BETWEEN.end);
    const size = goals.length * brokerCount;
    this.#begin = new Int32Array(2 * size);
    this.#entered = new Int32Array(size);
    this.#ends = new Int32Array(3 * size);
    this.#racks = new Int32Array(size);
    this.#topics = new Int32Array(model.topicCount);
  }

  /** Puts the proposal of a changed partition behind the text, with a number of its `group`, 0 = it stands by itself. */
  put(p: number, group: number): void {
    const { replicaStart, input, homeLeader, home, broker, leader, topic } = this.#model;
    const text = this.#text;
    const moves = this.#moves;
    const start = replicaStart[p]!;
    const end = replicaStart[p + 1]!;
    if (this.#isFirst) text.putText(this.#beginText(topic[p]!).slice(1));
    else text.putPiece(this.#topics[topic[p]!] || this.#beginTopic(topic[p]!));
    this.#isFirst = false;
    text.putNumber(input.partitionNumber[p]!, 0);
    const led = homeLeader[p]!;
    if (led === start && input.leaderReplica[p]! >= 0) text.putPiece(this.#oldFirst[home[start]!]!);
    else {
      if (input.leaderReplica[p]! < 0) text.putText(oldLeaderText(-1));
      else text.putPiece(this.#oldLeaders[home[led]!]!);
      text.putPiece(this.#ids[home[start]!]!);
    }
    const more = this.#more;
    for (let r = start + 1; r < end; r++) text.putPiece(more[home[r]!]!);
    // The leader comes first and what was first takes its place.
    const leads = leader[p]!;
    text.putPiece(this.#newFirst[broker[leads]!]!);
    for (let r = start + 1; r < end; r++) text.putPiece(more[broker[r === leads ? start : r]!]!);
    text.putPiece(this.#mb);
    moves.carryOut(p);
    text.putNumber(Math.round(this.#mbToMove() * 1000) / 1000, 0);
    const last = moves.count - 1;
    for (let i = 0; i <= last; i++) {
      this.#putReason(p, i);
      text.putPiece(i < last || group > 0 ? this.#reasonEnd : this.#end);
    }
    if (last < 0) text.putText(BETWEEN.reasons + (group > 0 ? "" : BETWEEN.end));
    if (group > 0) text.putText(BETWEEN.group + group + BETWEEN.groupEnd);
  }

  #beginTopic(topic: number): PieceId {
    return this.#topics[topic] = this.#text.pieceOf(this.#beginText(topic));
  }

  #beginText(topic: number): string {
    const name = quoted(this.#model.input.topicNames[topic]!);
    return BETWEEN.next + BETWEEN.topic + name + BETWEEN.partition;
  }

  /** As the number of replicas to add times their mean size. */
  #mbToMove(): number {
    const { from, to, subject, replicas } = this.#moves;
    let count = 0;
    let mb = 0;
    for (let i = 0; i < replicas; i++) {
      let was = 0;
      // Where another replica of the partition was, nothing need be copied.
      while (was < replicas && from[was] !== to[i]) was++;
      if (was < replicas) continue;
      count++;
      mb += replicaMb(this.#model, subject[i]!);
    }
    return count > 0 ? count * (mb / count) : 0;
  }

  /** Up to the last figure. Those about limits and racks, which nearly all are, of pieces. */
  #putReason(p: number, i: number): void {
    const { from, to, subject, measure, figures, replicas } = this.#moves;
    const { reasons, goals } = this.#search;
    const text = this.#text;
    const leads = i === replicas;
    const word = leads ? reasons.wordOfLead(p) : reasons.wordOfMove(subject[i]!);
    const goal = word & 255;
    const kind = word >> 8;
    const count = this.#model.brokerCount;
    const limits = kind <= REASON.destinationShort ? goals[goal]?.axisLimits : undefined;
    if (limits !== undefined) {
      const value = leads ? reasons.valueOfLead(p) : reasons.valueOfMove(subject[i]!);
      const broker = kind === REASON.sourceOut ? from[i]! : to[i]!;
      const side = sideOf(limits, broker, value);
      this.#putBegin(i, goal, from[i]!);
      text.putPiece(this.#entered[goal * count + to[i]!] || this.#enter(goal, limits, to[i]!));
      text.putNumber(shortened(value), 0);
      text.putPiece(
        this.#ends[(3 * goal + side) * count + broker] || this.#endOf(goal, limits, broker, side),
      );
    } else if (kind === REASON.rack && goal < goals.length) {
      this.#putBegin(i, goal, from[i]!);
      text.putPiece(this.#ids[to[i]!]!);
      text.putPiece(
        this.#racks[goal * count + from[i]!] ||
          this.#rack(goal, from[i]!, whyText(reasons.ofMove(subject[i]!), measure[i]!)),
      );
    } else {
      const said = leads ? reasons.ofLead(p) : reasons.ofMove(subject[i]!);
      text.putText(this.#askText(i, said.goal, from[i]!));
      text.putPiece(this.#ids[to[i]!]!);
      text.putText(whyText(said, measure[i]!));
    }
    text.putNumber(figures[4 * i]!, COMMA);
    text.putNumber(figures[4 * i + 1]!, COMMA);
    text.putNumber(figures[4 * i + 2]!, COMMA);
    text.putNumber(figures[4 * i + 3]!, 0);
  }

  #putBegin(i: number, goal: number, broker: number): void {
    const { brokerCount } = this.#model;
    const { goals } = this.#search;
    const at = ((i === 0 ? 0 : goals.length) + goal) * brokerCount + broker;
    const piece = this.#begin[at] ||
      (this.#begin[at] = this.#text.pieceOf(this.#askText(i, goals[goal]!.name, broker)));
    this.#text.putPiece(piece);
  }

  #askText(i: number, goal: string, broker: number): string {
    const { id } = this.#model.input.brokers[broker]!;
    return (i === 0 ? BETWEEN.reasons : ",") + BETWEEN.goal + quoted(goal) + BETWEEN.from + id +
      BETWEEN.to;
  }

  #enter(goal: number, { axis }: AxisLimits, broker: number): PieceId {
    const { brokerCount, input } = this.#model;
    const { word } = METRICS[METRIC_OF_AXIS[axis]!];
    const piece = this.#text.pieceOf(`${input.brokers[broker]!.id}${BETWEEN.why}"${word} `);
    return this.#entered[goal * brokerCount + broker] = piece;
  }

  /** How the sentence of a goal with limits ends, as `ReasonBook` says it. */
  #endOf(goal: number, limits: AxisLimits, broker: number, side: Side): PieceId {
    const metric = METRIC_OF_AXIS[limits.axis]!;
    const ending = `${METRICS[metric].unit}${limitText(limits, broker, side)}"`;
    const at = (3 * goal + side) * this.#model.brokerCount + broker;
    return this.#ends[at] = this.#text.pieceOf(ending + figuresOf(metric));
  }

  #rack(goal: number, broker: number, why: string): PieceId {
    return this.#racks[goal * this.#model.brokerCount + broker] = this.#text.pieceOf(why);
  }
}

function oldLeaderText(id: number): string {
  return BETWEEN.oldLeader + id + BETWEEN.oldReplicas;
}

/** From what is before a sentence to the figures. */
function whyText({ why }: Said, measure: number): string {
  return BETWEEN.why + quoted(why) + figuresOf(metricOf(measure));
}
