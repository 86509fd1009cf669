/**
 * Replicas of topics on brokers, on the way from home to the plan.
 *
 * @module
 */
import { ALIVE, type ClusterModel } from "../../model/cluster_model.ts";
import type { TopicLimits } from "../../goals/goal.ts";
import type { Search } from "../search/state.ts";
import type { Outside } from "./cells.ts";
import type { CellRow } from "./cells_of.ts";

/** What is known of a topic, 0 = nothing: its changed partitions were seen, some counts go up and down on the way, it came twice. */
const SEEN = 1;
const MIXED = 2;
const TWICE = 4;

/** What a plan before has found of topics, and the changed partitions of those that it is not to be believed about. */
export interface TopicWays {
  readonly ways: Uint8Array;
  readonly unseen: Int32Array;
}

/** Topics that there is room for at first. */
const ROWS_FIRST = 64;

/** Counts begin as in the plan; see {@link TopicRow.foresee}. Undefined when no goal is about topics. */
export function topicRow({ model, goals }: Search): TopicRow | undefined {
  const limits = goals.find((goal) => goal.topicLimits !== undefined)?.topicLimits;
  return limits === undefined ? undefined : new TopicRow(model, limits);
}

/**
 * Limits are widened to the plan's own counts. Plain loops over arrays of one type: they run for every proposal.
 *
 * A count that the plan only adds to, or only takes from, comes nearer to its end with each proposal, and to its limits as well. Where that
 * holds for all counts of a topic, they are left out of all sums: what can only get better need not be weighed against what gets worse.
 * So are those of a topic whose counts go up and down, but are within limits in whatever order.
 */
export class TopicRow implements CellRow, Outside {
  readonly cells = this;
  readonly weight: number;
  readonly isHard = false;
  total = 0;
  /** What the counts are now less what they are in the end: a row of brokers for each topic that needs one, and which one, counted from 1. */
  #ahead: Int16Array;
  readonly #rowOf: Int32Array;
  #rowCount = 0;
  /** By topic: what is known of it. */
  readonly ways: Uint8Array;
  /** By broker: the last topic, counted from 1, that was seen to leave and to enter it. */
  readonly #left: Int32Array;
  readonly #entered: Int32Array;
  /** By broker: replicas of a topic that leave and enter it. */
  readonly #leaving: Int32Array;
  readonly #entering: Int32Array;
  /** Brokers with any of that. */
  readonly #around: Int32Array;
  #aroundCount = 0;
  #latest = -1;
  /** Where that begins among the changed partitions. */
  #first = 0;
  #hasTwice = false;
  #isRecalled = false;

  constructor(readonly model: ClusterModel, readonly limits: TopicLimits) {
    this.weight = 1 / Math.max(1, model.replicaCount);
    this.#ahead = new Int16Array(ROWS_FIRST * model.brokerCount);
    this.#rowOf = new Int32Array(model.topicCount);
    this.ways = new Uint8Array(model.topicCount);
    this.#left = new Int32Array(model.brokerCount);
    this.#entered = new Int32Array(model.brokerCount);
    this.#leaving = new Int32Array(model.brokerCount);
    this.#entering = new Int32Array(model.brokerCount);
    this.#around = new Int32Array(model.brokerCount);
  }

  /** Takes over what is known, so that only the unseen have to be seen. */
  recall(ways: Uint8Array, unseen: Int32Array): void {
    this.ways.set(ways);
    for (let k = 0; k < unseen.length; k++) this.ways[this.model.topic[unseen[k]!]!] = 0;
    this.#isRecalled = true;
  }

  /**
   * Looks at some of the changed partitions, in their order, and takes counts home; all must be seen before any is added. A topic
   * that comes twice is taken for mixed, see {@link notHome}.
   */
  foresee(changed: Int32Array, start: number, end: number): void {
    const { home, broker, replicaStart, topic } = this.model;
    const left = this.#left;
    const entered = this.#entered;
    const ways = this.ways;
    for (let k = start; k < end; k++) {
      const p = changed[k]!;
      const t = topic[p]!;
      if (t !== this.#latest) {
        this.#endTopic(changed, k);
        if (ways[t] !== 0) this.#hasTwice = true;
        ways[t] = ways[t] === 0 ? SEEN : TWICE;
        this.#latest = t;
        this.#first = k;
      }
      const last = replicaStart[p + 1]!;
      for (let r = replicaStart[p]!; r < last; r++) {
        const from = home[r]!;
        const to = broker[r]!;
        if (from === to) continue;
        left[from] = t + 1;
        entered[to] = t + 1;
        if (entered[from] === t + 1 || left[to] === t + 1) ways[t]! |= MIXED;
      }
    }
    if (end === changed.length) this.#endTopic(changed, end);
  }

  /** All changed partitions of the latest topic were seen, up to `end`: if it is weighed, its counts go home. */
  #endTopic(changed: Int32Array, end: number): void {
    const t = this.#latest;
    if (t < 0 || this.ways[t] !== (SEEN | MIXED)) return;
    this.#count(changed, this.#first, end);
    if (this.#staysWithin(t)) this.ways[t] = SEEN;
    this.#forget(t);
  }

  /**
   * Those of the changed partitions that are still to be taken home, once all were seen: none, unless a topic came twice or
   * was not looked at.
   */
  notHome(changed: Int32Array): Int32Array {
    if (!this.#hasTwice && !this.#isRecalled) return changed.subarray(0, 0);
    this.#ahead.fill(0);
    this.total = 0;
    return this.watched(changed);
  }

  /** Counts what leaves and enters brokers with the changed partitions `[start, end)`. */
  #count(changed: Int32Array, start: number, end: number): void {
    const { home, broker, replicaStart } = this.model;
    const leaving = this.#leaving;
    const entering = this.#entering;
    for (let k = start; k < end; k++) {
      const last = replicaStart[changed[k]! + 1]!;
      for (let r = replicaStart[changed[k]!]!; r < last; r++) {
        const from = home[r]!;
        const to = broker[r]!;
        if (from === to) continue;
        if (leaving[from]! + entering[from]! === 0) this.#around[this.#aroundCount++] = from;
        if (leaving[to]! + entering[to]! === 0) this.#around[this.#aroundCount++] = to;
        leaving[from]!++;
        entering[to]!++;
      }
    }
  }

  /** Whether no count is outside limits on the way, whether all that enters comes first or all that leaves. */
  #staysWithin(t: number): boolean {
    const { brokerCount, topicReplicas } = this.model;
    const upper = this.limits.upper[t]!;
    const lower = this.limits.lower[t]!;
    for (let i = 0; i < this.#aroundCount; i++) {
      const b = this.#around[i]!;
      const end = topicReplicas[t * brokerCount + b]!;
      const most = end + this.#leaving[b]!;
      const least = end - this.#entering[b]!;
      if (most > Math.max(upper, end) || least < Math.min(lower, end)) return false;
    }
    return true;
  }

  /** Forgets what was counted of a topic; if it is weighed, its counts are those of home from now on. */
  #forget(t: number): void {
    const { brokerCount, topicReplicas, flags } = this.model;
    const goesHome = this.ways[t]! > SEEN && !this.#isRecalled;
    while (this.#aroundCount > 0) {
      const b = this.#around[--this.#aroundCount]!;
      const ahead = this.#leaving[b]! - this.#entering[b]!;
      this.#leaving[b] = this.#entering[b] = 0;
      if (!goesHome) continue;
      const row = this.#rowFor(t);
      const end = topicReplicas[t * brokerCount + b]!;
      this.#ahead[row + b] = ahead;
      if ((flags[b]! & ALIVE) === 0) continue;
      this.total += outside(end + ahead, end, this.limits.upper[t]!, this.limits.lower[t]!);
    }
  }

  /** Whether anything of a partition's topic is weighed. */
  watches(p: number): boolean {
    return this.ways[this.model.topic[p]!]! > SEEN;
  }

  /** Those of some partitions of whose topics anything is weighed. A plain loop: most are not, and a plan has many. */
  watched(partitions: Int32Array): Int32Array {
    const { topic } = this.model;
    const ways = this.ways;
    const found: number[] = [];
    for (let k = 0; k < partitions.length; k++) {
      const p = partitions[k]!;
      if (ways[topic[p]!]! > SEEN) found.push(p);
    }
    return Int32Array.from(found);
  }

  /** Where a topic's row of brokers begins. */
  #rowFor(t: number): number {
    const { brokerCount } = this.model;
    const known = this.#rowOf[t]!;
    if (known > 0) return (known - 1) * brokerCount;
    const row = this.#rowCount++ * brokerCount;
    this.#rowOf[t] = this.#rowCount;
    if (row === this.#ahead.length) {
      const ahead = new Int16Array(2 * row);
      ahead.set(this.#ahead);
      this.#ahead = ahead;
    }
    return row;
  }

  add(p: number, sign: number): void {
    const { home, broker, replicaStart, topic, brokerCount, topicReplicas, flags } = this.model;
    const t = topic[p]!;
    if (this.ways[t] === SEEN) return;
    const row = this.#rowFor(t);
    const ahead = this.#ahead;
    const counts = t * brokerCount;
    const upper = this.limits.upper[t]!;
    const lower = this.limits.lower[t]!;
    const last = replicaStart[p + 1]!;
    for (let r = replicaStart[p]!; r < last; r++) {
      const from = home[r]!;
      const to = broker[r]!;
      if (from === to) continue;
      const fewer = ahead[row + from]! - sign;
      const more = ahead[row + to]! + sign;
      ahead[row + from] = fewer;
      ahead[row + to] = more;
      if ((flags[from]! & ALIVE) !== 0) {
        const end = topicReplicas[counts + from]!;
        this.total += outside(end + fewer, end, upper, lower) -
          outside(end + fewer + sign, end, upper, lower);
      }
      if ((flags[to]! & ALIVE) !== 0) {
        const end = topicReplicas[counts + to]!;
        this.total += outside(end + more, end, upper, lower) -
          outside(end + more - sign, end, upper, lower);
      }
    }
  }

  worse(): number {
    return 0;
  }

  /** What all topics have outside counts, none by itself. */
  holds(): boolean {
    return false;
  }

  settle(): void {}
}

/**
 * What of a count is outside limits that are widened to its `end`. All is computed each time: a branch that is rarely taken has
 * compiled code thrown away when it is.
 */
function outside(count: number, end: number, upper: number, lower: number): number {
  return Math.max(count - Math.max(upper, end), Math.min(lower, end) - count, 0);
}
