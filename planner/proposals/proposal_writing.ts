/**
 * Proposals as they stand in a plan file, straight from the model: objects for half a million of them would take as long as
 * their text. Of the same pieces as in `plan_file.ts`. Texts of up to eight bytes are numbers, which are put at once; longer ones that come
 * back are pieces.
 *
 * ```
 * array        type          length       index         value
 * ids          Float64Array  B            broker        Kafka's id, as text
 * idBytes      Uint8Array    B            broker        its length
 * more         Float64Array  B            broker        the same behind a comma
 * begin        Int32Array    2 G          order, goal   piece of a reason up to the broker left, of the first reason and of others
 * amounts      Int32Array    256          goal          piece from the broker entered to the amount; 0 = the goal has no limits on an axis
 * limits       Float64Array  2 G x B      goal, broker  lower, upper
 * ends         Int32Array    3 G x B      goal, side,   piece from behind the amount to the figures; 0 = not made yet
 *                                         broker
 * racks        Int32Array    G x racks    goal, rack    piece from behind the broker entered to the figures; 0 = not made yet
 * ```
 *
 * @module
 */
import { type Beyond, limitText, METRIC_OF_AXIS, readsAlike } from "../../goals/axis_goal.ts";
import { NUMBER_BYTES, putWhole } from "../../lib/byte_numbers.ts";
import {
  BytePieces,
  type ByteText,
  ByteWord,
  eightBytes,
  type PieceId,
  putPiece,
  putWord,
} from "../../lib/byte_text.ts";
import type { ClusterModel } from "../../model/cluster_model.ts";
import { BETWEEN, figuresOf, quoted } from "../../model/plan_file.ts";
import { METRICS } from "../../model/proposal.ts";
import { replicaMb } from "../../model/replica_axes.ts";
import { putFigures, putMb, putShortened } from "./proposal_numbers.ts";
import { NO_GOAL, REASON, type Said, wantedText } from "../search/reasons.ts";
import type { Search } from "../search/state.ts";
import { FiguresOnTheWay, metricOf } from "../way/figures.ts";
import { MovesOnTheWay } from "../way/moves.ts";

/** Ids of brokers are below: with a comma they are eight bytes. */
const ID_END = 10_000_000;

/** Room that a proposal takes at most besides the name of its topic, its replicas and its reasons. */
const PROPOSAL_BYTES = 128 + 2 * NUMBER_BYTES;
/** By replica, in two lists. */
const REPLICA_BYTES = 16;
/** Room that a reason takes at most besides its pieces, and how many those are. */
const REASON_BYTES = 32 + 5 * NUMBER_BYTES;
const REASON_PIECES = 3;
const TOPIC_PIECES = 5;

const SPACE = 0x20;

// Of this module, as hot loops would load what they import anew each time.
const { rack: RACK, sourceOut: SOURCE_OUT, destinationShort: DESTINATION_SHORT, topic: TOPIC } =
  REASON;
/** Reasons whose sentence follows from goal and broker left alone. */
const PLAIN: number[] = [
  REASON.offline,
  REASON.swap,
  REASON.misplaced,
  REASON.peak,
  REASON.leaders,
  REASON.removed,
];

// Eight bytes of what stands between the parts, by their place.
const FIRST_0 = eightBytes(BETWEEN.first + BETWEEN.topic);
const FIRST_2 = eightBytes(BETWEEN.first + BETWEEN.topic, 2);
const FIRST_BYTES = (BETWEEN.first + BETWEEN.topic).length;
const NEXT_0 = eightBytes(BETWEEN.next + BETWEEN.topic);
const NEXT_3 = eightBytes(BETWEEN.next + BETWEEN.topic, 3);
const NEXT_BYTES = (BETWEEN.next + BETWEEN.topic).length;
const PARTITION_0 = eightBytes(BETWEEN.partition);
const PARTITION_5 = eightBytes(BETWEEN.partition, 5);
const PARTITION_BYTES = BETWEEN.partition.length;
const OLD_LEADER_0 = eightBytes(BETWEEN.oldLeader);
const OLD_LEADER_5 = eightBytes(BETWEEN.oldLeader, 5);
const OLD_LEADER_BYTES = BETWEEN.oldLeader.length;
const OLD_REPLICAS_0 = eightBytes(BETWEEN.oldReplicas);
const OLD_REPLICAS_8 = eightBytes(BETWEEN.oldReplicas, 8);
const OLD_REPLICAS_BYTES = BETWEEN.oldReplicas.length;
const NEW_REPLICAS_0 = eightBytes(BETWEEN.newReplicas);
const NEW_REPLICAS_8 = eightBytes(BETWEEN.newReplicas, 8);
const NEW_REPLICAS_9 = eightBytes(BETWEEN.newReplicas, 9);
const NEW_REPLICAS_BYTES = BETWEEN.newReplicas.length;
const MB_0 = eightBytes(BETWEEN.mbToMove);
const MB_5 = eightBytes(BETWEEN.mbToMove, 5);
const MB_BYTES = BETWEEN.mbToMove.length;
const TO_0 = eightBytes(BETWEEN.to);
const TO_BYTES = BETWEEN.to.length;
const FIGURES_END_0 = eightBytes(BETWEEN.figuresEnd);
const FIGURES_END_BYTES = BETWEEN.figuresEnd.length;
const NO_LEADER = eightBytes("-1");
const NO_LEADER_BYTES = 2;

/** Whether brokers have ids that can be written so. */
export function areWritable({ input }: ClusterModel): boolean {
  return input.brokers.every(({ id }) => id >= 0 && id < ID_END);
}

/**
 * Writes proposals of a plan without log dirs and demoted brokers, which differ from home by where replicas and leaders are. They must be
 * asked for in the plan's order, each once.
 */
export class ProposalWriting {
  readonly #model: ClusterModel;
  readonly #search: Search;
  readonly #text: ByteText;
  readonly #moves: MovesOnTheWay;
  readonly #pieces = new BytePieces();
  readonly #ids: Float64Array;
  readonly #idBytes: Uint8Array;
  readonly #more: Float64Array;
  readonly #begin: Int32Array;
  readonly #amounts = new Int32Array(NO_GOAL + 1);
  readonly #limits: Float64Array;
  readonly #ends: Int32Array;
  readonly #racks: Int32Array;
  /** Pieces from behind the broker entered, by reason and broker left. */
  readonly #plains = new Map<number | undefined, PieceId>();
  /** What reasons that name the topic are made of besides; pieces of their ends by goal and the most replicas wanted, -1 = no limit. */
  readonly #why = this.#pieces.add(`${BETWEEN.why}"`);
  readonly #ofTopic = this.#pieces.add(" replicas of topic ");
  readonly #onBroker = this.#pieces.add(" on broker ");
  readonly #mosts: Map<number | undefined, PieceId>[] = [];
  /** The topic that was written last, and its name in quotes. */
  #topic = -1;
  readonly #name = new ByteWord();
  #isFirst = true;
  /** MB of a proposal; an array, as a member would be a new number each time. */
  readonly #mb = new Float64Array(1);

  /**
   * @param text what they are put behind
   * @param atHome sums of the brokers before the first proposal, as in the model; they are changed
   */
  constructor(text: ByteText, search: Search, atHome: Float64Array) {
    const { model, goals } = search;
    const { brokerCount, input: { brokers } } = model;
    this.#model = model;
    this.#search = search;
    this.#text = text;
    this.#moves = new MovesOnTheWay(model, search.reasons, new FiguresOnTheWay(model, atHome));
    this.#ids = Float64Array.from(brokers, ({ id }) => eightBytes(String(id)));
    this.#idBytes = Uint8Array.from(brokers, ({ id }) => String(id).length);
    this.#more = Float64Array.from(brokers, ({ id }) => eightBytes(`,${id}`));
    const begin = [BETWEEN.reasons, ","].flatMap((gap) =>
      goals.map(({ name }) => this.#pieces.add(beginText(gap, name)))
    );
    this.#begin = Int32Array.from(begin);
    this.#limits = new Float64Array(2 * goals.length * brokerCount);
    this.#ends = new Int32Array(2 * goals.length * brokerCount);
    this.#racks = new Int32Array(goals.length * model.rackCount);
    for (const [g, { axisLimits }] of goals.entries()) {
      if (axisLimits === undefined) continue;
      const { word } = METRICS[METRIC_OF_AXIS[axisLimits.axis]!];
      this.#amounts[g] = this.#pieces.add(`${BETWEEN.why}"${word} `);
      this.#limits.set(axisLimits.lower, 2 * g * brokerCount);
      this.#limits.set(axisLimits.upper, (2 * g + 1) * brokerCount);
    }
  }

  /** Puts the proposal of a changed partition behind the text, with a number of its `group`, 0 = it stands by itself. */
  put(p: number, group: number): void {
    const text = this.#text;
    const moves = this.#moves;
    moves.carryOut(p);
    this.#putPlaces(p);
    const { count } = moves;
    for (let i = 0; i < count; i++) this.#putReason(p, i);
    if (count === 0) text.putText(BETWEEN.reasons);
    if (group > 0) text.putText(BETWEEN.group + group + BETWEEN.groupEnd);
    else {
      const view = text.room(FIGURES_END_BYTES);
      view.setFloat64(text.length, FIGURES_END_0, true);
      text.length += FIGURES_END_BYTES;
    }
  }

  /** Up to the MB to move. */
  #putPlaces(p: number): void {
    const { replicaStart, input, homeLeader, home, broker, leader, topic } = this.#model;
    const ids = this.#ids;
    const idBytes = this.#idBytes;
    const more = this.#more;
    const start = replicaStart[p]!;
    const end = replicaStart[p + 1]!;
    if (topic[p] !== this.#topic) {
      this.#topic = topic[p]!;
      this.#name.quote(input.topicNames[this.#topic]!);
    }
    const text = this.#text;
    const view = text.room(PROPOSAL_BYTES + this.#name.length + REPLICA_BYTES * (end - start));
    let at = text.length;
    if (this.#isFirst) {
      view.setFloat64(at, FIRST_0, true);
      view.setFloat64(at + 2, FIRST_2, true);
      at += FIRST_BYTES;
      this.#isFirst = false;
    } else {
      view.setFloat64(at, NEXT_0, true);
      view.setFloat64(at + 3, NEXT_3, true);
      at += NEXT_BYTES;
    }
    at = putWord(view, at, this.#name);
    view.setFloat64(at, PARTITION_0, true);
    view.setFloat64(at + 5, PARTITION_5, true);
    at = putWhole(view, at + PARTITION_BYTES, input.partitionNumber[p]!);
    view.setFloat64(at, OLD_LEADER_0, true);
    view.setFloat64(at + 5, OLD_LEADER_5, true);
    at += OLD_LEADER_BYTES;
    const isLed = input.leaderReplica[p]! >= 0;
    const led = home[homeLeader[p]!]!;
    view.setFloat64(at, isLed ? ids[led]! : NO_LEADER, true);
    at += isLed ? idBytes[led]! : NO_LEADER_BYTES;
    view.setFloat64(at, OLD_REPLICAS_0, true);
    view.setFloat64(at + 8, OLD_REPLICAS_8, true);
    at += OLD_REPLICAS_BYTES;
    view.setFloat64(at, ids[home[start]!]!, true);
    at += idBytes[home[start]!]!;
    for (let r = start + 1; r < end; r++) {
      const b = home[r]!;
      view.setFloat64(at, more[b]!, true);
      at += idBytes[b]! + 1;
    }
    view.setFloat64(at, NEW_REPLICAS_0, true);
    view.setFloat64(at + 8, NEW_REPLICAS_8, true);
    view.setFloat64(at + 9, NEW_REPLICAS_9, true);
    at += NEW_REPLICAS_BYTES;
    // The leader comes first and what was first takes its place.
    const leads = leader[p]!;
    view.setFloat64(at, ids[broker[leads]!]!, true);
    at += idBytes[broker[leads]!]!;
    for (let r = start + 1; r < end; r++) {
      const b = broker[r === leads ? start : r]!;
      view.setFloat64(at, more[b]!, true);
      at += idBytes[b]! + 1;
    }
    view.setFloat64(at, MB_0, true);
    view.setFloat64(at + 5, MB_5, true);
    at += MB_BYTES;
    this.#sumMb();
    text.length = putMb(view, at, this.#mb);
  }

  /** As the number of replicas to add times their mean size. */
  #sumMb(): void {
    const { from, to, subject, replicas } = this.#moves;
    const mb = this.#mb;
    let count = 0;
    mb[0] = replicas > 0 ? replicaMb(this.#model, subject[0]!) : 0;
    if (replicas <= 1) return;
    mb[0] = 0;
    for (let i = 0; i < replicas; i++) {
      let was = 0;
      // Where another replica of the partition was, nothing need be copied.
      while (was < replicas && from[was] !== to[i]) was++;
      if (was < replicas) continue;
      count++;
      mb[0]! += replicaMb(this.#model, subject[i]!);
    }
    if (count > 1) mb[0] = count * (mb[0]! / count);
  }

  /** From what is before a reason to behind its last figure. */
  #putReason(p: number, i: number): void {
    const { from, to, word, value, figures } = this.#moves;
    const { brokerCount, rack } = this.#model;
    const pieces = this.#pieces;
    const goal = word[i]! & 255;
    const kind = word[i]! >> 8;
    const left = from[i]!;
    let amount: PieceId = 0;
    let end: PieceId = 0;
    if (kind <= DESTINATION_SHORT) {
      amount = this.#amounts[goal]!;
      if (amount === 0) return this.#putRare(i);
      const broker = kind === SOURCE_OUT ? left : to[i]!;
      const at = 2 * goal * brokerCount + broker;
      const limits = this.#limits;
      const upper = limits[at + brokerCount]!;
      const lower = limits[at]!;
      const side = value[i]! > upper ? 1 : value[i]! < lower ? 2 : 0;
      if (side === 0) return this.#putRare(i);
      // Far from the limit, as nearly all are, it is not worth a call.
      const isNear = Math.abs(value[i]! - (side === 1 ? upper : lower)) <= 1;
      if (isNear && readsAlike(this.#search.goals[goal]!.axisLimits!, broker, side, value[i]!)) {
        return this.#putRare(i);
      }
      end = this.#ends[(2 * goal + side - 1) * brokerCount + broker]! ||
        this.#endOf(goal, broker, side);
    } else if (kind === RACK && 2 * goal < this.#begin.length) {
      end = this.#racks[goal * this.#model.rackCount + rack[left]!]! || this.#rack(i, goal);
    } else if (2 * goal < this.#begin.length && PLAIN.includes(kind)) end = this.#plain(i);
    else if (kind === TOPIC && 2 * goal < this.#begin.length) return this.#putTopicReason(p, i);
    else return this.#putRare(i);
    const text = this.#text;
    const view = text.room(REASON_BYTES + REASON_PIECES * pieces.longest);
    let at = this.#putWay(view, i);
    if (amount > 0) {
      at = putPiece(view, at, pieces, amount);
      at = putShortened(view, at, value, i);
    }
    at = putPiece(view, at, pieces, end);
    text.length = putFigures(view, at, figures, 4 * i);
  }

  /** From what is before a reason to behind the broker entered; returns where that ends. */
  #putWay(view: DataView, i: number): number {
    const { from, to, word } = this.#moves;
    const begin = (i === 0 ? 0 : this.#begin.length >> 1) + (word[i]! & 255);
    let at = putPiece(view, this.#text.length, this.#pieces, this.#begin[begin]!);
    view.setFloat64(at, this.#ids[from[i]!]!, true);
    at += this.#idBytes[from[i]!]!;
    view.setFloat64(at, TO_0, true);
    at += TO_BYTES;
    view.setFloat64(at, this.#ids[to[i]!]!, true);
    return at + this.#idBytes[to[i]!]!;
  }

  /** The same of a reason that names the topic, which is the one that was written last. */
  #putTopicReason(p: number, i: number): void {
    const { from, word, value, figures, measure } = this.#moves;
    const pieces = this.#pieces;
    const name = this.#name;
    const goal = word[i]! & 255;
    const { topicLimits } = this.#search.goals[goal]!;
    const ends = this.#mosts[goal] ??= new Map<number | undefined, PieceId>();
    const most = topicLimits?.upper[this.#model.topic[p]!];
    let end = ends.get(most);
    if (end === undefined) {
      ends.set(
        most,
        end = pieces.add(`${wantedText("most", most)}"${figuresOf(metricOf(measure[i]!))}`),
      );
    }
    const text = this.#text;
    const view = text.room(REASON_BYTES + TOPIC_PIECES * pieces.longest + name.length);
    let at = putPiece(view, this.#putWay(view, i), pieces, this.#why);
    at = putPiece(view, putShortened(view, at, value, i), pieces, this.#ofTopic);
    // Without the quotes of the name, each of which is where something else belongs.
    at = putWord(view, at - 1, name) - 1;
    view.setInt8(at - name.length + 1, SPACE);
    at = putPiece(view, at, pieces, this.#onBroker);
    view.setFloat64(at, this.#ids[from[i]!]!, true);
    at = putPiece(view, at + this.#idBytes[from[i]!]!, pieces, end);
    text.length = putFigures(view, at, figures, 4 * i);
  }

  /** From behind the broker entered to the figures, of a sentence that follows from goal, kind and the broker left. */
  #plain(i: number): PieceId {
    const { from, measure, word, replicas } = this.#moves;
    const key = (2 * word[i]! + (i === replicas ? 1 : 0)) * this.#model.brokerCount + from[i]!;
    let end = this.#plains.get(key);
    if (end === undefined) {
      const said = this.#moves.said(i);
      this.#plains.set(key, end = this.#pieces.add(whyText(said, measure[i]!)));
    }
    return end;
  }

  /** The same of a reason of which there are few. */
  #putRare(i: number): void {
    const { from, to, measure, figures } = this.#moves;
    const { brokers } = this.#model.input;
    const said = this.#moves.said(i);
    const text = this.#text;
    text.putText(
      beginText(i === 0 ? BETWEEN.reasons : ",", said.goal) + brokers[from[i]!]!.id + BETWEEN.to +
        brokers[to[i]!]!.id + whyText(said, measure[i]!),
    );
    const view = text.room(REASON_BYTES);
    text.length = putFigures(view, text.length, figures, 4 * i);
  }

  /** How the sentence of a goal with limits ends, as `ReasonBook` says it. */
  #endOf(goal: number, broker: number, side: Beyond): PieceId {
    const limits = this.#search.goals[goal]!.axisLimits!;
    const metric = METRIC_OF_AXIS[limits.axis]!;
    const ending = `${METRICS[metric].unit}${limitText(limits, broker, side)}"`;
    const at = (2 * goal + side - 1) * this.#model.brokerCount + broker;
    return this.#ends[at] = this.#pieces.add(ending + figuresOf(metric));
  }

  #rack(i: number, goal: number): PieceId {
    const { from, measure } = this.#moves;
    const { rack, rackCount } = this.#model;
    const why = whyText(this.#moves.said(i), measure[i]!);
    return this.#racks[goal * rackCount + rack[from[i]!]!] = this.#pieces.add(why);
  }
}

function beginText(gap: string, goal: string): string {
  return gap + BETWEEN.goal + quoted(goal) + BETWEEN.from;
}

/** From what is before a sentence to the figures. */
function whyText({ why }: Said, measure: number): string {
  return BETWEEN.why + quoted(why) + figuresOf(metricOf(measure));
}
