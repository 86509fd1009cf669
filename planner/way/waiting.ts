/**
 * Proposals that wait for others, by the brokers that they change.
 *
 * ```
 * array    type         length   index    value
 * state    Uint8Array   P        p        what has become of a partition's proposal
 * start    Int32Array   B + 1    broker   first place
 * count    Int32Array   B        broker   places from there on that were not dropped
 * next     Int32Array   B        broker   where to look next, from its first place
 * around   Int32Array   places   place    partition
 * turns    Uint16Array  places   place    by 2 bits an axis: how its proposal changes the broker; 1 = more, 2 = less
 * ```
 *
 * @module
 */
import {
  AXIS_CPU,
  AXIS_DISK,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  AXIS_REPLICAS,
  type ClusterModel,
} from "../../model/cluster_model.ts";
import type { Need } from "./judged.ts";

/** Places looked at for one answer. */
const LOOKS = 256;

/** By axis; see the file's head. */
const MORE = 1;
const LESS = 2;

/** What has become of a proposal; 0 = it does not wait. */
const WAITS = 1;
const HELD = 2;

/** See the file's head. */
export class Waiting {
  readonly #state: Uint8Array;
  readonly #start: Int32Array;
  readonly #count: Int32Array;
  readonly #next: Int32Array;
  readonly #around: Int32Array;
  readonly #turns: Uint16Array;
  #size: number;

  /** O(proposals x RF). */
  constructor(model: ClusterModel, proposals: Int32Array) {
    const { brokerCount } = model;
    this.#state = new Uint8Array(model.partitionCount);
    this.#start = new Int32Array(brokerCount + 1);
    this.#count = new Int32Array(brokerCount);
    this.#next = new Int32Array(brokerCount);
    this.#size = proposals.length;
    const start = this.#start;
    const change = new Turns();
    for (let i = 0; i < proposals.length; i++) {
      this.#state[proposals[i]!] = WAITS;
      change.take(model, proposals[i]!);
      for (let k = 0; k < change.brokers.length; k++) start[change.brokers[k]! + 1]!++;
    }
    for (let b = 0; b < brokerCount; b++) start[b + 1]! += start[b]!;
    this.#around = new Int32Array(start[brokerCount]!);
    this.#turns = new Uint16Array(start[brokerCount]!);
    for (let i = 0; i < proposals.length; i++) {
      change.take(model, proposals[i]!);
      for (let k = 0; k < change.brokers.length; k++) {
        const b = change.brokers[k]!;
        const place = start[b]! + this.#count[b]!++;
        this.#around[place] = proposals[i]!;
        this.#turns[place] = change.turns[k]!;
      }
    }
  }

  /** How many wait or are held. */
  get size(): number {
    return this.#size;
  }

  /** Whether it waits and is not held. */
  has(p: number): boolean {
    return this.#state[p] === WAITS;
  }

  /** Leaves one out of what is found, until it is let go or removed. */
  hold(p: number): void {
    this.#state[p] = HELD;
  }

  /** It waits as before. */
  letGo(p: number): void {
    this.#state[p] = WAITS;
  }

  /** It waits no longer. */
  remove(p: number): void {
    this.#state[p] = 0;
    this.#size--;
  }

  /**
   * Puts some that change a sum of a broker as needed into an array: others each time, until all had their turn. O(1).
   *
   * @returns how many were found
   */
  find({ broker, axis, sign }: Need, into: Int32Array, most: number): number {
    return this.#find(broker, (sign > 0 ? MORE : LESS) << (2 * axis), into, most);
  }

  /** The same of those that change anything of a broker. */
  findAround(broker: number, into: Int32Array, most: number): number {
    return this.#find(broker, 0xffff, into, most);
  }

  #find(broker: number, wanted: number, into: Int32Array, most: number): number {
    const around = this.#around;
    const turns = this.#turns;
    const state = this.#state;
    const first = this.#start[broker]!;
    let count = this.#count[broker]!;
    let k = this.#next[broker]!;
    let found = 0;
    for (let looks = Math.min(LOOKS, count); looks > 0 && count > 0; looks--) {
      if (k >= count) k = 0;
      const place = first + k;
      const p = around[place]!;
      if (state[p] === 0) {
        const last = first + --count;
        around[place] = around[last]!;
        turns[place] = turns[last]!;
        continue;
      }
      k++;
      if ((turns[place]! & wanted) === 0 || state[p] === HELD) continue;
      into[found++] = p;
      if (found === most) break;
    }
    this.#count[broker] = count;
    this.#next[broker] = k;
    return found;
  }
}

/** How moving a replica, and leading, change the broker that gets them. */
const MOVES = [AXIS_DISK, AXIS_NW_IN, AXIS_CPU, AXIS_REPLICAS, AXIS_POTENTIAL_OUT]
  .reduce((turns, axis) => turns | (MORE << (2 * axis)), 0);
const LEADS = [AXIS_CPU, AXIS_NW_OUT, AXIS_LEADERS, AXIS_LEADER_IN]
  .reduce((turns, axis) => turns | (MORE << (2 * axis)), 0);

/** The brokers that a proposal changes, each once, and how; for one proposal after the other. */
class Turns {
  readonly brokers: number[] = [];
  readonly turns: number[] = [];

  take(model: ClusterModel, p: number): void {
    const { replicaStart, home, broker, homeLeader, leader } = model;
    this.brokers.length = 0;
    const end = replicaStart[p + 1]!;
    for (let r = replicaStart[p]!; r < end; r++) {
      const led = homeLeader[p] === r;
      const leads = leader[p] === r;
      const moves = home[r] !== broker[r] ? MOVES : 0;
      if (moves === 0 && led === leads) continue;
      // What is less is the bit next to what is more.
      this.#add(home[r]!, (moves | (led ? LEADS : 0)) << 1);
      this.#add(broker[r]!, moves | (leads ? LEADS : 0));
    }
  }

  #add(broker: number, turns: number): void {
    if (turns === 0) return;
    const k = this.brokers.indexOf(broker);
    if (k >= 0) this.turns[k]! |= turns;
    else this.turns[this.brokers.push(broker) - 1] = turns;
  }
}
