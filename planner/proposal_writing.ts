/**
 * Proposals as they stand in a plan file, straight from the model: objects for half a million of them would take as long as
 * their text. Of the same pieces as in `plan_file.ts`; strings, because V8 puts those together without compiled code of ours.
 *
 * @module
 */
import { limitText, METRIC_OF_AXIS, shortNumber, sideOf } from "../goals/axis_goal.ts";
import type { AxisLimits } from "../goals/goal.ts";
import type { ClusterModel } from "../model/cluster_model.ts";
import { numberText } from "../model/number_text.ts";
import { BETWEEN, figuresOf, quoted } from "../model/plan_file.ts";
import { METRICS } from "../model/proposal.ts";
import { replicaMb } from "../model/replica_axes.ts";
import { MEASURED_BY_RACK, MEASURED_BY_TOPIC, REASON } from "./search/reasons.ts";
import type { Search } from "./search/state.ts";
import { FiguresOnTheWay, metricOf } from "./way/figures.ts";
import { MovesOnTheWay } from "./way/moves.ts";

/** All that moves are measured by, in the order of their numbers. */
const MEASURES = [MEASURED_BY_RACK, MEASURED_BY_TOPIC, ...METRIC_OF_AXIS.keys()];

/**
 * Writes proposals of a plan without log dirs and demoted brokers, which differ from home by where replicas and leaders are. They must be
 * asked for in the plan's order, each once.
 */
export class ProposalWriting {
  readonly #model: ClusterModel;
  readonly #search: Search;
  readonly #moves: MovesOnTheWay;
  /** Kafka's ids by broker index. */
  readonly #ids: readonly string[];
  /** By goal: how its reasons begin. */
  readonly #goals: readonly string[];
  /** By place in {@link MEASURES}: what is between a sentence and its figures. */
  readonly #metrics: readonly string[];
  /** By axis: how sentences about it begin. */
  readonly #words: readonly string[];
  /** By goal and side, and by broker, how they end; by broker, sentences about its rack. */
  readonly #ends: string[][] = [];
  readonly #racks: string[] = [];
  #gap: string = BETWEEN.first;
  /** How proposals of the latest topic begin: those of one mostly follow each other. */
  #topic = -1;
  #begin = "";

  /** `atHome`: sums of the brokers before the first proposal, as in the model; they are changed. */
  constructor(search: Search, atHome: Float64Array) {
    const { model, goals } = search;
    this.#model = model;
    this.#search = search;
    this.#moves = new MovesOnTheWay(model, search.reasons, new FiguresOnTheWay(model, atHome));
    this.#ids = model.input.brokers.map(({ id }) => String(id));
    this.#goals = goals.map(({ name }) => goalText(name));
    this.#metrics = MEASURES.map((measure) => figuresOf(metricOf(measure)));
    this.#words = METRIC_OF_AXIS.map((metric) => `"${METRICS[metric].word} `);
  }

  /** A text with the proposal of a changed partition behind it; `group` 0 = it stands by itself. */
  withProposal(text: string, p: number, group: number): string {
    const { replicaStart, input, homeLeader, home, broker, leader, topic } = this.#model;
    const moves = this.#moves;
    const start = replicaStart[p]!;
    const count = replicaStart[p + 1]! - start;
    if (topic[p] !== this.#topic) this.#beginTopic(topic[p]!);
    text += this.#gap + this.#begin + numberText(input.partitionNumber[p]!) + BETWEEN.oldLeader +
      (input.leaderReplica[p]! < 0 ? "-1" : this.#ids[home[homeLeader[p]!]!]!) +
      BETWEEN.oldReplicas;
    text = this.#withIds(text, home, { start, count, leads: 0 }) + BETWEEN.newReplicas;
    text = this.#withIds(text, broker, { start, count, leads: leader[p]! - start });
    moves.carryOut(p);
    text += BETWEEN.mbToMove + numberText(Math.round(this.#mbToMove() * 1000) / 1000);
    let gap: string = BETWEEN.reasons;
    for (let i = 0; i < moves.count; i++) {
      text = this.#withReason(text + gap, p, i);
      gap = ",";
    }
    this.#gap = BETWEEN.next;
    if (moves.count === 0) text += gap;
    return text + (group === 0 ? BETWEEN.end : BETWEEN.group + group + BETWEEN.groupEnd);
  }

  #beginTopic(topic: number): void {
    this.#topic = topic;
    this.#begin = BETWEEN.topic + quoted(this.#model.input.topicNames[topic]!) + BETWEEN.partition;
  }

  /** Brokers of replicas; the one at `leads` comes first and what was first takes its place. */
  #withIds(
    text: string,
    where: Int32Array,
    { start, count, leads }: { start: number; count: number; leads: number },
  ): string {
    const ids = this.#ids;
    text += ids[where[start + leads]!]!;
    for (let i = 1; i < count; i++) {
      text += "," + ids[where[start + (i === leads ? 0 : i)]!]!;
    }
    return text;
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

  #withReason(text: string, p: number, i: number): string {
    const { from, to, subject, measure, figures, replicas } = this.#moves;
    const { reasons, goals } = this.#search;
    const ids = this.#ids;
    const leads = i === replicas;
    const word = leads ? reasons.wordOfLead(p) : reasons.wordOfMove(subject[i]!);
    const goal = word & 255;
    const kind = word >> 8;
    const limits = kind <= REASON.destinationShort ? goals[goal]?.axisLimits : undefined;
    const between = ids[from[i]!]! + BETWEEN.to + ids[to[i]!]! + BETWEEN.why;
    if (limits !== undefined) {
      const value = leads ? reasons.valueOfLead(p) : reasons.valueOfMove(subject[i]!);
      const broker = kind === REASON.sourceOut ? from[i]! : to[i]!;
      text += this.#goals[goal]! + between + this.#words[limits.axis]! + shortNumber(value) +
        this.#endOf(limits, { goal, broker, value });
    } else if (kind === REASON.rack && goal < goals.length) {
      text += this.#goals[goal]! + between +
        (this.#racks[from[i]!] ??= quoted(reasons.ofMove(subject[i]!).why));
    } else {
      const said = leads ? reasons.ofLead(p) : reasons.ofMove(subject[i]!);
      text += goalText(said.goal) + between + quoted(said.why);
    }
    const at = 4 * i;
    return text + this.#metrics[measure[i]! - MEASURED_BY_RACK]! + numberText(figures[at]!) + "," +
      numberText(figures[at + 1]!) + "," + numberText(figures[at + 2]!) + "," +
      numberText(figures[at + 3]!) + BETWEEN.figuresEnd;
  }

  /** How the sentence of a goal with limits ends, as `ReasonBook` says it. */
  #endOf(limits: AxisLimits, amount: { goal: number; broker: number; value: number }): string {
    const { goal, broker, value } = amount;
    const side = sideOf(limits, broker, value);
    const ends = this.#ends[3 * goal + side] ??= [];
    return ends[broker] ??= `${METRICS[METRIC_OF_AXIS[limits.axis]!].unit}${
      limitText(limits, broker, side)
    }"`;
  }
}

function goalText(name: string): string {
  return BETWEEN.goal + quoted(name) + BETWEEN.from;
}
