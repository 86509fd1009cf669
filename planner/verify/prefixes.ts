/**
 * Whether a plan is valid and never worse on its way, in its order: every proposal is carried out on a tally of
 * objects, and the goals are looked at after each step. See "The order" in docs/planner.md for what that means; the
 * rule is written here a second time, from its definition alone.
 *
 * @module
 */
import type { ProposalReason } from "../../model/proposal.ts";
import type { GoalCheck } from "./goal_check.ts";
import { addPlaced, type BrokerTally, type Placed, type Tally } from "./tally.ts";

/** What is worse by this part of a goal's whole is rounding. */
const ROUNDING = 1e-8;

/** A goal whose amounts outside come to this part of its whole is met. */
const MET = 1e-11;

/** In place of a topic's index. */
const ALL = 0;

/** One proposal: the partition before and after. */
export interface Change {
  readonly was: Placed;
  readonly is: Placed;
  /** As the plan has them. */
  readonly reasons: readonly ProposalReason[];
  /** Changes in a row with the same number are one step; undefined = a step by itself. */
  readonly group: number | undefined;
}

/** What a plan is on its way. */
export interface Steps {
  readonly steps: number;
  /** The first step after which something is worse, in words. */
  readonly problem: string | undefined;
}

/** How one goal stands. */
interface Standing {
  readonly name: string;
  readonly isHard: boolean;
  readonly amounts: NonNullable<GoalCheck["amounts"]>;
  /** Sum of the amounts over all brokers. */
  readonly whole: number;
  /** Amounts outside by broker, or by broker and topic. */
  readonly outside: Map<number, number>;
  total: number;
  /** What the total may be: that at home, and nothing once the goal was met. */
  start: number;
}

/**
 * Carries the changes out one by one. O(changes x goals) and the tally.
 *
 * @param before the tally to begin with; it is changed
 * @param after the tally of the finished plan
 * @param dirThreshold part of its capacity that a log dir may hold
 */
export function checkSteps(
  changes: readonly Change[],
  parts: {
    before: Tally;
    after: Tally;
    goals: readonly { name: string; check: GoalCheck }[];
    dirThreshold: number;
  },
): Steps {
  const { before, after } = parts;
  const dirs = new LogDirWatch(parts);
  const standings = parts.goals.flatMap(({ name, check }) => standingOf(name, check, after));
  const update = (changed: readonly Change[]) => {
    const places = placesOf(changed, before.brokers.length);
    const worse = standings.map((standing) => measure(standing, { before, after, places }));
    return worse.find((name) => name !== undefined) ?? dirs.update(places);
  };
  update(changes);
  for (const standing of standings) standing.start = standing.total;
  let least = allOf(standings);
  let steps = 0;
  for (let from = 0; from < changes.length;) {
    const step = stepFrom(changes, from);
    from += step.length;
    steps++;
    for (const { was, is } of step) {
      addPlaced(before.brokers, was, -1);
      addPlaced(before.brokers, is, 1);
    }
    const worse = update(step) ?? farther(standings);
    const all = allOf(standings);
    const problem = worse ?? (all > least + ROUNDING ? "all goals together are" : undefined);
    if (problem !== undefined) {
      const { topic, partition } = step.at(-1)!.is;
      return { steps, problem: `${problem} worse after step ${steps}, ${topic}-${partition}` };
    }
    least = Math.min(least, all);
    keepMet(standings);
  }
  return { steps, problem: undefined };
}

/** MB above what log dirs may hold, whatever goals are asked for. */
class LogDirWatch {
  readonly #over = new Map<string, number>();
  readonly #parts: { before: Tally; after: Tally; dirThreshold: number };

  constructor(parts: { before: Tally; after: Tally; dirThreshold: number }) {
    this.#parts = parts;
  }

  /** Looks at the brokers that changed; words when a log dir holds more above its limit than before. */
  update({ all }: Places): string | undefined {
    const { before, after, dirThreshold } = this.#parts;
    let worse: string | undefined;
    for (const broker of all.keys()) {
      const { id, logDirs } = before.brokers[broker]!;
      for (const [d, { path, capacity, alive, mb }] of logDirs.entries()) {
        if (!alive) continue;
        const most = Math.max(capacity * dirThreshold, after.brokers[broker]!.logDirs[d]!.mb);
        const over = Math.max(0, mb - most * (1 + ROUNDING));
        const was = this.#over.get(`${broker} ${d}`) ?? Infinity;
        this.#over.set(`${broker} ${d}`, over);
        if (over <= was + ROUNDING * most) continue;
        worse ??= `log dir ${path} of broker ${id} is above its limit farther than before: it is`;
      }
    }
    return worse;
  }
}

/** The changes of the step that begins there. */
export function stepFrom(changes: readonly Change[], from: number): readonly Change[] {
  const { group } = changes[from]!;
  let end = from + 1;
  while (group !== undefined && changes[end]?.group === group) end++;
  return changes.slice(from, end);
}

function standingOf(name: string, check: GoalCheck, after: Tally): Standing[] {
  const { amounts } = check;
  if (amounts === undefined) return [];
  const whole = after.brokers.reduce(
    (sum, broker) => sum + Math.abs(amounts.byTopic ? broker.replicas : amounts.of(broker, ALL)),
    0,
  );
  const isHard = check.hard && check.bestEffort !== true && amounts.onlyWished !== true;
  return [{ name, isHard, amounts, whole, outside: new Map(), total: 0, start: 0 }];
}

/** Looks at what the changes touch; words when a hard limit is passed farther than before. */
function measure(
  standing: Standing,
  parts: { before: Tally; after: Tally; places: Places },
): string | undefined {
  const { name, isHard, whole, outside } = standing;
  const { byTopic, all } = parts.places;
  let worse: string | undefined;
  for (const [key, { broker, topic }] of standing.amounts.byTopic ? byTopic : all) {
    const now = parts.before.brokers[broker]!;
    const is = outsideOf(standing, { now, end: parts.after.brokers[broker]!, topic });
    const was = outside.get(key);
    outside.set(key, is);
    standing.total += is - (was ?? 0);
    if (isHard && was !== undefined && is > was + ROUNDING * whole) {
      worse ??= `the limit of ${name} on broker ${now.id} is passed farther than before: it is`;
    }
  }
  return worse;
}

interface Place {
  readonly broker: number;
  /** Index; {@link ALL} where topics do not count. */
  readonly topic: number;
}

/** Brokers that changes touch, by themselves and with each topic, each once. */
interface Places {
  readonly all: ReadonlyMap<number, Place>;
  readonly byTopic: ReadonlyMap<number, Place>;
}

function placesOf(changed: readonly Change[], brokerCount: number): Places {
  const all = new Map<number, Place>();
  const byTopic = new Map<number, Place>();
  for (const { was, is } of changed) {
    const topic = is.topicIndex;
    for (const { replicas } of [was, is]) {
      for (const { broker } of replicas) {
        all.set(broker, { broker, topic: ALL });
        byTopic.set(broker + topic * brokerCount, { broker, topic });
      }
    }
  }
  return { all, byTopic };
}

/** Limits are widened where the finished plan itself is outside. */
function outsideOf(
  { amounts, whole }: Standing,
  { now, end, topic }: { now: BrokerTally; end: BrokerTally; topic: number },
): number {
  if (!now.alive) return 0;
  const slack = amounts.byTopic ? 0 : ROUNDING * whole / 100;
  const last = amounts.of(end, topic);
  const high = Math.max(amounts.high(now, topic), last + slack);
  const low = Math.min(amounts.low(now, topic), last - slack);
  const amount = amounts.of(now, topic);
  return Math.max(0, amount - high, low - amount);
}

/** What is met stays met. */
function keepMet(standings: readonly Standing[]): void {
  for (const standing of standings) {
    if (standing.total <= MET * standing.whole) standing.start = Math.min(standing.start, 0);
  }
}

function farther(standings: readonly Standing[]): string | undefined {
  const worse = standings.find(({ total, start, whole }) => total > start + ROUNDING * whole);
  if (worse === undefined) return undefined;
  const than = worse.start > 0 ? "than at first" : "although it was met";
  return `${worse.name} is farther from being met ${than}:`;
}

/** All that is outside, each goal in parts of its whole; leaders by topic are watched one by one. */
function allOf(standings: readonly Standing[]): number {
  return standings.reduce(
    (sum, { total, whole, isHard, amounts }) =>
      whole > 0 && !(isHard && amounts.byTopic) ? sum + total / whole : sum,
    0,
  );
}
