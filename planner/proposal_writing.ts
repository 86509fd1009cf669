/**
 * Proposals as they stand in a plan file, straight from the model: objects for half a million of them would take as long as
 * their text. Of the same pieces as in `plan_file.ts`; strings, because V8 puts those together without compiled code of ours.
 *
 * @module
 */
import { limitText, METRIC_OF_AXIS, shortNumber, type Side, sideOf } from "../goals/axis_goal.ts";
import type { AxisLimits } from "../goals/goal.ts";
import type { ClusterModel } from "../model/cluster_model.ts";
import { numberText } from "../model/number_text.ts";
import { BETWEEN, figuresOf, quoted } from "../model/plan_file.ts";
import { METRICS } from "../model/proposal.ts";
import { replicaMb } from "../model/replica_axes.ts";
import { REASON, type Said } from "./search/reasons.ts";
import type { Search } from "./search/state.ts";
import { FiguresOnTheWay, metricOf } from "./way/figures.ts";
import { MovesOnTheWay } from "./way/moves.ts";

/**
 * Writes proposals of a plan without log dirs and demoted brokers, which differ from home by where replicas and leaders are. They must be
 * asked for in the plan's order, each once.
 *
 * Texts that come back are put together once for each broker, and flat: what V8 has only linked is walked through each time.
 */
export class ProposalWriting {
  readonly #model: ClusterModel;
  readonly #search: Search;
  readonly #moves: MovesOnTheWay;
  /** By broker index: Kafka's id, the same behind a comma, and as the old leader up to the list of old replicas. */
  readonly #ids: readonly string[];
  readonly #more: readonly string[];
  readonly #oldLeaders: readonly string[];
  /** Of reasons, by broker: from its goal to the broker that is left, of the first and of others; the broker that is entered. */
  readonly #first = new Texts();
  readonly #other = new Texts();
  readonly #entered = new Texts();
  /** How sentences end, up to the figures: by 3 x goal + side, and by goal those about racks. */
  readonly #ends = new Texts();
  readonly #racks = new Texts();
  /** How proposals of the latest topic begin: those of one mostly follow each other. */
  #topic = -1;
  #begin = "";
  #isFirst = true;

  /** `atHome`: sums of the brokers before the first proposal, as in the model; they are changed. */
  constructor(search: Search, atHome: Float64Array) {
    const { model } = search;
    this.#model = model;
    this.#search = search;
    this.#moves = new MovesOnTheWay(model, search.reasons, new FiguresOnTheWay(model, atHome));
    this.#ids = model.input.brokers.map(({ id }) => String(id));
    this.#more = this.#ids.map((id) => flat(",", id));
    this.#oldLeaders = this.#ids.map((id) => flat(BETWEEN.oldLeader, id, BETWEEN.oldReplicas));
  }

  /** A text with the proposal of a changed partition behind it, which ends as {@link endingOf} says. */
  withProposal(text: string, p: number, ending: string): string {
    const { replicaStart, input, homeLeader, home, broker, leader, topic } = this.#model;
    const moves = this.#moves;
    const start = replicaStart[p]!;
    const count = replicaStart[p + 1]! - start;
    if (topic[p] !== this.#topic) this.#beginTopic(topic[p]!);
    text += (this.#isFirst ? this.#begin.slice(1) : this.#begin) +
      numberText(input.partitionNumber[p]!);
    this.#isFirst = false;
    if (input.leaderReplica[p]! < 0) text += `${BETWEEN.oldLeader}-1${BETWEEN.oldReplicas}`;
    else text += this.#oldLeaders[home[homeLeader[p]!]!]!;
    text = this.#withIds(text, home, start, count, 0) + BETWEEN.newReplicas;
    text = this.#withIds(text, broker, start, count, leader[p]! - start);
    moves.carryOut(p);
    text += BETWEEN.mbToMove + numberText(Math.round(this.#mbToMove() * 1000) / 1000);
    for (let i = 0; i < moves.count; i++) text = this.#withReason(text, p, i);
    if (moves.count === 0) text += BETWEEN.reasons;
    return text + ending;
  }

  #beginTopic(topic: number): void {
    const name = quoted(this.#model.input.topicNames[topic]!);
    this.#topic = topic;
    this.#begin = flat(BETWEEN.next, BETWEEN.topic, name, BETWEEN.partition);
  }

  /** Brokers of replicas; the one at `leads` comes first and what was first takes its place. */
  #withIds(text: string, where: Int32Array, start: number, count: number, leads: number): string {
    const more = this.#more;
    text += this.#ids[where[start + leads]!]!;
    for (let i = 1; i < count; i++) text += more[where[start + (i === leads ? 0 : i)]!]!;
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
    const leads = i === replicas;
    const word = leads ? reasons.wordOfLead(p) : reasons.wordOfMove(subject[i]!);
    const goal = word & 255;
    const kind = word >> 8;
    const limits = kind <= REASON.destinationShort ? goals[goal]?.axisLimits : undefined;
    const asked = i === 0 ? this.#first : this.#other;
    if (limits !== undefined) {
      const value = leads ? reasons.valueOfLead(p) : reasons.valueOfMove(subject[i]!);
      text += asked.at(goal, from[i]!) ?? this.#ask(asked, goal, from[i]!);
      text += this.#entered.at(goal, to[i]!) ?? this.#enter(goal, limits, to[i]!);
      const broker = kind === REASON.sourceOut ? from[i]! : to[i]!;
      const side = sideOf(limits, broker, value);
      text += shortNumber(value) +
        (this.#ends.at(3 * goal + side, broker) ?? this.#end(goal, limits, broker, side));
    } else if (kind === REASON.rack && goal < goals.length) {
      text += asked.at(goal, from[i]!) ?? this.#ask(asked, goal, from[i]!);
      text += this.#ids[to[i]!]! + (this.#racks.at(goal, from[i]!) ??
        this.#racks.set(goal, from[i]!, whyText(reasons.ofMove(subject[i]!), measure[i]!)));
    } else {
      const said = leads ? reasons.ofLead(p) : reasons.ofMove(subject[i]!);
      text += this.#askText(asked, said.goal, from[i]!) + this.#ids[to[i]!]! +
        whyText(said, measure[i]!);
    }
    const at = 4 * i;
    return text + numberText(figures[at]!) + "," + numberText(figures[at + 1]!) + "," +
      numberText(figures[at + 2]!) + "," + numberText(figures[at + 3]!) + BETWEEN.figuresEnd;
  }

  #ask(asked: Texts, goal: number, broker: number): string {
    return asked.set(goal, broker, this.#askText(asked, this.#search.goals[goal]!.name, broker));
  }

  #askText(asked: Texts, goal: string, broker: number): string {
    const gap = asked === this.#first ? BETWEEN.reasons : ",";
    return flat(gap, BETWEEN.goal, quoted(goal), BETWEEN.from, this.#ids[broker]!, BETWEEN.to);
  }

  #enter(goal: number, { axis }: AxisLimits, broker: number): string {
    const { word } = METRICS[METRIC_OF_AXIS[axis]!];
    return this.#entered.set(goal, broker, flat(this.#ids[broker]!, BETWEEN.why, `"${word} `));
  }

  /** How the sentence of a goal with limits ends, as `ReasonBook` says it. */
  #end(goal: number, limits: AxisLimits, broker: number, side: Side): string {
    const metric = METRIC_OF_AXIS[limits.axis]!;
    const ending = `${METRICS[metric].unit}${limitText(limits, broker, side)}"`;
    return this.#ends.set(3 * goal + side, broker, flat(ending, figuresOf(metric)));
  }
}

/** How a proposal of a group ends; 0 = it stands by itself. */
export function endingOf(group: number): string {
  return group === 0 ? BETWEEN.end : BETWEEN.group + group + BETWEEN.groupEnd;
}

/** From what is before a sentence to the figures. */
function whyText({ why }: Said, measure: number): string {
  return flat(BETWEEN.why, quoted(why), figuresOf(metricOf(measure)));
}

/** Joined to one piece, not only linked. */
function flat(...parts: readonly string[]): string {
  return parts.join("");
}

/** Texts by kind and broker. */
class Texts {
  readonly #rows: string[][] = [];

  at(kind: number, broker: number): string | undefined {
    return this.#rows[kind]?.[broker];
  }

  /** Keeps a text and returns it. */
  set(kind: number, broker: number, text: string): string {
    return (this.#rows[kind] ??= [])[broker] = text;
  }
}
