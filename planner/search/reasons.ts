/**
 * Why each replica and each leadership moved, in two bytes and a number each, turned into sentences at the end.
 *
 * @module
 */
import {
  type Beyond,
  explainAxis,
  limitText,
  METRIC_OF_AXIS,
  shortNumber,
} from "../../goals/axis_goal.ts";
import type { PreparedGoal } from "../../goals/goal.ts";
import { AXIS_DISK, AXIS_LEADERS, type ClusterModel, DEMOTED } from "../../model/cluster_model.ts";
import {
  METRICS,
  type Proposal,
  type ProposalReason,
  type Proposals,
} from "../../model/proposal.ts";

/** No reason noted. */
export const NO_GOAL = 255;

/** What a move is measured by that is no axis: replicas of its topic on a broker. */
export const MEASURED_BY_TOPIC = -1;
/** The same: replicas of its partition on a broker's rack. */
export const MEASURED_BY_RACK = -2;

/** What a reason's number means. */
export const REASON = {
  /** The source broker's sum on the goal's axis, above its limit. */
  sourceOut: 0,
  /** The destination broker's sum, below its limit. */
  destinationShort: 1,
  /** The replica was offline; no number. */
  offline: 2,
  /** Another replica on the rack; no number. */
  rack: 3,
  /** Replicas of the topic on the source broker, above the limit. */
  topic: 4,
  /** It makes room for what comes the other way; no number. */
  swap: 5,
  /** Its broker leads instead of the preferred one, or is demoted; no number. */
  preferred: 6,
  /** The goal wants the replica on other brokers; no number. */
  misplaced: 7,
  /** The source broker is over its limit in some window; no number. */
  peak: 8,
  /** The plan that the search started from moved it; index into that plan. */
  previous: 9,
  /** Brokers differ in how many replica lists have them at a place; the place. */
  place: 10,
  /** Large brokers may lead less than their part of the bytes in, so smaller ones have to lead more; no number. */
  leaders: 11,
  /** Replicas of the topic on the destination broker, below the limit. */
  topicShort: 12,
  /** The broker left is to be removed; no number. */
  removed: 13,
} as const;

/** One of the values of {@link REASON}. */
export type ReasonKind = typeof REASON[keyof typeof REASON];

type OutsideKind = typeof REASON.sourceOut | typeof REASON.destinationShort;

/** A reason to note. */
export interface Reason {
  /** Index into the goals, or {@link NO_GOAL}. */
  readonly goal: number;
  readonly kind: ReasonKind;
  readonly value: number;
}

/** Reasons, two words each, side by side: noting one touches one place in memory. */
interface Notes {
  /** How many may be noted. */
  readonly count: number;
  /** Goal, kind x 256 and {@link NOTED}, then the value in `values`; there is no room before the first is noted. */
  words: Uint32Array;
  values: Float32Array;
  /** By index: its place, where few are noted; undefined where each has its own. */
  places: Map<number, number> | undefined;
  /** Which proposal of the plan before speaks of what is not noted; -1 = none. */
  before: (index: number) => number;
}

/** Set in the word of everything that is noted. */
const NOTED = 1 << 16;
/** Places that there is room for at first, where few are noted. */
const FEW = 512;

function createNotes(count: number): Notes {
  const none = new Uint32Array(0);
  return {
    count,
    words: none,
    values: new Float32Array(none.buffer),
    places: undefined,
    before: () => -1,
  };
}

function makeRoom(notes: Notes, count: number): void {
  const words = new Uint32Array(count * 2);
  words.set(notes.words);
  notes.words = words;
  notes.values = new Float32Array(words.buffer);
}

/** Where something is to be noted. */
function placeFor(notes: Notes, index: number): number {
  const { places, words } = notes;
  if (places === undefined) {
    if (words.length === 0) makeRoom(notes, notes.count);
    return index;
  }
  const place = places.get(index) ?? places.size;
  places.set(index, place);
  if (place << 1 >= words.length) makeRoom(notes, Math.max(FEW, 2 * place));
  return place;
}

/** -1 = it is not noted. */
function placeOf({ places, words }: Notes, index: number): number {
  const place = places === undefined ? index : places.get(index) ?? -1;
  return place << 1 < words.length && (words[place << 1]! & NOTED) !== 0 ? place : -1;
}

function note(notes: Notes, index: number, { goal, kind, value }: Reason): void {
  const place = placeFor(notes, index);
  notes.words[place << 1] = goal | (kind << 8) | NOTED;
  notes.values[(place << 1) | 1] = value;
}

/** Goal and kind x 256. */
function wordOf(notes: Notes, index: number): number {
  const place = placeOf(notes, index);
  if (place >= 0) return notes.words[place << 1]! & 0xffff;
  return notes.before(index) >= 0 ? REASON.previous << 8 : 0;
}

function valueOf(notes: Notes, index: number): number {
  const place = placeOf(notes, index);
  return place < 0 ? Math.max(0, notes.before(index)) : notes.values[(place << 1) | 1]!;
}

/** Why a replica cannot stay where it is. */
export function leavingKind({ input, home }: ClusterModel, replica: number): ReasonKind {
  const isAlive = input.replicaOffline[replica] === 0 &&
    input.brokers[home[replica]!]!.state !== "dead";
  return isAlive ? REASON.removed : REASON.offline;
}

/** Brokers by index, and a replica. */
export interface Way {
  readonly from: number;
  readonly to: number;
  readonly replica: number;
}

/** Goal, "" for none, and sentence. */
export interface Said {
  readonly goal: string;
  readonly why: string;
}

function measureOf(goal: PreparedGoal): number | undefined {
  if (goal.axisLimits !== undefined) return goal.axisLimits.axis;
  if (goal.topicLimits !== undefined) return MEASURED_BY_TOPIC;
  return goal.racksDiffer === true ? MEASURED_BY_RACK : undefined;
}

/** How many replicas of a topic a goal wants on a broker, as the end of a sentence. */
export function wantedText(side: "most" | "least", limit: number | undefined): string {
  return limit === undefined ? "" : `, at ${side} ${limit} wanted`;
}

/** A plan that a search goes on from: where it has everything, and why. */
export interface TakenUp {
  /** Broker by replica, leading replica by partition. */
  readonly broker: Int32Array;
  readonly leader: Int32Array;
  /** By partition: index into `proposals`, -1 = it does not change. */
  readonly proposalOf: Int32Array;
  readonly proposals: Proposals<Pick<Proposal, "reasons">>;
}

/** The first reason that took a replica from home is kept; coming home forgets it. */
export class ReasonBook {
  /** Of replicas and of partitions. */
  readonly #moves: Notes;
  readonly #leads: Notes;
  /** By goal, {@link NO_GOAL} included: what moves and leaderships are measured by. */
  readonly #moveMeasures = new Int32Array(NO_GOAL + 1).fill(AXIS_DISK);
  readonly #leadMeasures = new Int32Array(NO_GOAL + 1).fill(AXIS_LEADERS);
  /** The plan that the search started from: what it said is said again. */
  previous: Proposals<Pick<Proposal, "reasons">> = [];
  /** Set when that plan was taken up as a whole. */
  places: TakenUp | undefined;
  /** How many moves the model had made then. */
  movesThen = 0;

  constructor(readonly model: ClusterModel, readonly goals: readonly PreparedGoal[]) {
    this.#moves = createNotes(model.replicaCount);
    this.#leads = createNotes(model.partitionCount);
    for (const [g, goal] of goals.entries()) {
      const measure = measureOf(goal);
      if (measure !== undefined) this.#moveMeasures[g] = this.#leadMeasures[g] = measure;
    }
  }

  /**
   * Says of everything that is away from home what the plan before said, unless something else is noted, which is of few. Before
   * anything is noted. O(1).
   */
  continueFrom(places: TakenUp): void {
    this.places = places;
    this.previous = places.proposals;
    this.movesThen = this.model.moves;
    const { partition } = this.model;
    const { proposalOf } = places;
    this.#moves.before = (replica) => proposalOf[partition[replica]!]!;
    this.#leads.before = (p) => proposalOf[p]!;
    this.#moves.places = new Map();
    this.#leads.places = new Map();
  }

  /** Notes why a replica is about to move. */
  noteMove(replica: number, reason: Reason): void {
    if (this.model.broker[replica] !== this.model.home[replica]) return;
    note(this.#moves, replica, reason);
  }

  /** Notes why leadership of a partition is about to move. */
  noteLead(partition: number, reason: Reason): void {
    if (this.model.leader[partition] !== this.model.homeLeader[partition]) return;
    note(this.#leads, partition, reason);
  }

  /** What the move of a replica is measured by, given its word: an axis, or one of the constants above. */
  measureOfMove(word: number): number {
    const kind = word >> 8;
    const measure = this.#moveMeasures[word & 255]!;
    // What leaves a broker changes that, but not how many replicas of its partition are on the rack.
    const leaves = kind === REASON.offline || kind === REASON.removed;
    return leaves && measure < 0 ? AXIS_DISK : measure;
  }

  /** The same of a leadership. */
  measureOfLead(word: number): number {
    return this.#leadMeasures[word & 255]!;
  }

  /** Goal, kind x 256 and value of what was noted, as a reason that need not be made. */
  wordOfMove(replica: number): number {
    return wordOf(this.#moves, replica);
  }

  /** The same of a leadership. */
  wordOfLead(partition: number): number {
    return wordOf(this.#leads, partition);
  }

  /** The number that belongs to {@link wordOfMove}. */
  valueOfMove(replica: number): number {
    return valueOf(this.#moves, replica);
  }

  /** The number that belongs to {@link wordOfLead}. */
  valueOfLead(partition: number): number {
    return valueOf(this.#leads, partition);
  }

  /** Goal and sentence, given a word and its number, of a replica that moves, or of one that leads instead of one on `from`. */
  said(word: number, value: number, { from, to, replica }: Way): Said {
    const reason = { goal: word & 255, kind: word >> 8 as ReasonKind, value };
    return this.#said(reason, from, to, replica);
  }

  /** Its reason of the replica or leadership of that way, also when the way has become another. */
  #previousReason(index: number, from: number, to: number): ProposalReason | undefined {
    const { brokers } = this.model.input;
    const { reasons } = this.previous.at(index)!;
    const left = brokers[from]!.id;
    const entered = brokers[to]!.id;
    return reasons.find((given) => given.from === left && given.to === entered) ??
      reasons.find((given) => given.from === left);
  }

  /** Why the replica was to give leadership away; undefined where nothing is demoted. */
  #demotion(replica: number): string | undefined {
    const { flags, home, input } = this.model;
    const { id, logDirs } = input.brokers[home[replica]!]!;
    if ((flags[home[replica]!]! & DEMOTED) !== 0) return `broker ${id} is demoted`;
    const dir = logDirs[input.replicaLogDir[replica]!];
    return dir?.demoted === true ? `log dir ${dir.path} of broker ${id} is demoted` : undefined;
  }

  #said(
    { goal: index, kind, value }: Reason,
    from: number,
    to: number,
    replica: number,
  ): Said {
    if (kind === REASON.previous) {
      const { goal = "", why = "was in the plan before" } = this.#previousReason(value, from, to) ??
        {};
      return { goal, why };
    }
    const goal = this.goals[index];
    const why = kind === REASON.sourceOut || kind === REASON.destinationShort
      ? this.#outside(index, kind === REASON.sourceOut ? from : to, value)
      : this.#sentence(goal, kind, { value, from, to, replica });
    return { goal: goal?.name ?? "", why };
  }

  #outside(index: number, broker: number, value: number): string {
    const limits = this.goals[index]?.axisLimits;
    if (limits === undefined) {
      return `brings broker ${this.model.input.brokers[broker]!.id} nearer to its limits`;
    }
    return explainAxis(limits, broker, value);
  }

  /** What is before and behind the amount in the sentence of a goal with limits on an axis: alike for many moves. */
  partsOfOutside(index: number, broker: number, side: Beyond): { begin: string; end: string } {
    const limits = this.goals[index]!.axisLimits!;
    const { word, unit } = METRICS[METRIC_OF_AXIS[limits.axis]!];
    return { begin: `${word} `, end: unit + limitText(limits, broker, side) };
  }

  #sentence(
    goal: PreparedGoal | undefined,
    kind: Exclude<ReasonKind, OutsideKind | typeof REASON.previous>,
    { value, from, to, replica }: { value: number; from: number; to: number; replica: number },
  ): string {
    const { input, topic, partition } = this.model;
    switch (kind) {
      case REASON.offline:
        return "the replica is offline";
      case REASON.removed:
        return `broker ${input.brokers[from]!.id} is to be removed`;
      case REASON.rack:
        return `another replica is on rack ${input.brokers[from]!.rack}`;
      case REASON.topic:
      case REASON.topicShort: {
        const t = topic[partition[replica]!]!;
        const isShort = kind === REASON.topicShort;
        const { id } = input.brokers[isShort ? to : from]!;
        const wanted = isShort
          ? wantedText("least", goal?.topicLimits?.lower[t])
          : wantedText("most", goal?.topicLimits?.upper[t]);
        return `${shortNumber(value)} replicas of topic ${
          input.topicNames[t]
        } on broker ${id}${wanted}`;
      }
      case REASON.swap:
        return "makes room for what comes the other way";
      case REASON.preferred:
        return this.#demotion(this.model.homeLeader[partition[replica]!]!) ??
          "the first replica is the preferred leader";
      case REASON.peak:
        return `broker ${input.brokers[from]!.id} is over its limit at its peak`;
      case REASON.place:
        return `evens out who is at place ${value} of replica lists`;
      case REASON.leaders:
        return `broker ${
          input.brokers[from]!.id
        } has to lead more of the bytes in than of those out`;
      case REASON.misplaced:
        return `broker ${input.brokers[from]!.id} is not of the topic's set`;
    }
  }
}
