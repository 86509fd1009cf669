/**
 * Which brokers are added where, one after the other, so that racks have room for what hard goals demand; and how many any
 * such cluster needs.
 *
 * @module
 */
import type { AddedBroker, BrokerSize } from "./added_brokers.ts";
import { type Demand, isLargeFor, isOversize, neededOf, strainOf } from "./demand.ts";

/** Strains this near to each other are the same. */
const SAME = 1e-9;

/** Racks with as little room that are told apart: where each broker is a rack there are many. */
const ALIKE_MAX = 12;

/** A rack that brokers may be added to. */
export type Rack = Pick<AddedBroker, "rack" | "newRack">;

/** What is asked of a layout. */
export interface Site {
  readonly demands: readonly Demand[];
  /** Racks there are, in the order of the rooms of demands, then those that have to be added. */
  readonly racks: readonly Rack[];
  /** The usual one, then one for replicas that are too large for it. */
  readonly sizes: readonly BrokerSize[];
}

/** Room by demand and rack, with what was added so far. */
export class Layout {
  readonly added: AddedBroker[] = [];
  readonly #site: Site;
  readonly #rooms: number[][];

  /** `added`: what was added before. */
  constructor(site: Site, added: readonly AddedBroker[] = []) {
    this.#site = site;
    this.#rooms = site.demands.map(({ rooms }) => site.racks.map((_, k) => rooms[k] ?? 0));
    for (const { rack, newRack, size } of added) {
      const index = site.racks.findIndex((one) => one.rack === rack && one.newRack === newRack);
      this.#add(index, size);
    }
  }

  /** Whether any rack has too little room. */
  isStrained(): boolean {
    return this.#most(this.#site.demands).strain > 1;
  }

  /** Adds brokers until no rack has too little room and no added rack is empty; at most so many. A step each. */
  *fill(most: number): Generator<void, void, void> {
    for (const [k, { newRack }] of this.#site.racks.entries()) {
      if (newRack > 0 && this.added.length < most) this.#add(k, this.#site.sizes[0]!);
    }
    while (this.added.length < most && this.isStrained()) {
      yield;
      if (!this.#addFor(this.#site.demands)) return;
    }
  }

  /** Adds so many brokers more for goals that are not met although no rack has too little room. */
  grow(unmet: readonly string[], more: number): void {
    for (let k = 0; k < more; k++) {
      const large = this.#largeFor(unmet, k);
      if (!this.#addFor(large.length > 0 ? large : wholesOf(this.#site.demands, unmet))) return;
    }
  }

  /**
   * Replicas too large for usual brokers: each may need a large one for itself, whatever it is that it is too large in.
   * Where there are brokers that may hold them every other one is such.
   */
  #largeFor(unmet: readonly string[], k: number): readonly Demand[] {
    const { demands, sizes } = this.#site;
    const usual = sizes[0]!;
    const large = demands.filter((demand) => isLargeFor(demand, usual));
    const most = new Map<string, number>();
    for (const demand of large) {
      most.set(demand.goal, Math.max(most.get(demand.goal) ?? 0, neededOf(demand)));
    }
    const count = this.added.filter(({ size }) => size !== usual).length;
    const all = most.values().reduce((sum, one) => sum + one, 0);
    if (count >= all) return [];
    return large.filter((demand) =>
      unmet.includes(demand.goal) && (k % 2 === 1 || isOversize(demand))
    );
  }

  /** Adds a broker for what is strained most of these; false when none would help. */
  #addFor(demands: readonly Demand[]): boolean {
    const { demand, strain } = this.#most(demands);
    if (demand === undefined) return false;
    const size = this.#site.sizes.find((one) => demand.roomOf(one) > 0);
    if (size === undefined) return false;
    // The least room on that axis; of racks with as much, where it is least strained otherwise.
    const rooms = this.#rooms[this.#site.demands.indexOf(demand)]!;
    const least = Math.min(...rooms);
    const near = rooms.flatMap((room, k) => room <= least * (1 + SAME) ? [k] : [])
      .slice(0, ALIKE_MAX);
    const best = near.length === 1 ? near[0]! : this.#leastStrained(near, size);
    this.#add(best, size);
    return strain > 0;
  }

  #leastStrained(racks: readonly number[], size: BrokerSize): number {
    let best = racks[0]!;
    let least = Infinity;
    for (const k of racks) {
      let sum = 0;
      for (const [d, demand] of this.#site.demands.entries()) {
        const rooms = this.#rooms[d]!.slice();
        rooms[k]! += demand.roomOf(size);
        sum += Math.max(0, Math.min(10, strainOf(demand, rooms)));
      }
      if (sum < least - SAME) {
        least = sum;
        best = k;
      }
    }
    return best;
  }

  #most(demands: readonly Demand[]): { demand: Demand | undefined; strain: number } {
    let worst: Demand | undefined;
    let strain = 0;
    for (const [d, demand] of this.#site.demands.entries()) {
      if (!demands.includes(demand)) continue;
      const own = strainOf(demand, this.#rooms[d]!);
      if (own > strain) {
        strain = own;
        worst = demand;
      }
    }
    return { demand: worst, strain };
  }

  #add(rack: number, size: BrokerSize): void {
    this.added.push({ ...this.#site.racks[rack]!, size });
    for (const [d, demand] of this.#site.demands.entries()) {
      this.#rooms[d]![rack]! += demand.roomOf(size);
    }
  }
}

/** What whole loads demand of these goals; of all where none of these has any. */
function wholesOf(demands: readonly Demand[], unmet: readonly string[]): Demand[] {
  const whole = demands.filter(({ size }) => size === 0);
  const named = whole.filter(({ goal }) => unmet.includes(goal));
  return named.length > 0 ? named : whole;
}

/**
 * Brokers of these sizes that any cluster needs in which all demands find room, wherever they are added, on racks of
 * their own too; Infinity where no number would do. For one demand the smallest rack is where a broker helps most, so adding
 * there until there is room shows how few can do; each of the demands shows a bound.
 */
export function* fewestBrokers(site: Site, most: number): Generator<void, number, void> {
  const factor = Math.max(0, ...site.demands.map(({ byFactor }) => byFactor.length - 1));
  const more = Array.from({ length: factor }, (): Rack => ({ rack: "", newRack: 1 }));
  let fewest = site.racks.filter(({ newRack }) => newRack > 0).length;
  for (const demand of site.demands) {
    yield;
    const rooms = [...site.racks, ...more].map((_, k) => demand.rooms[k] ?? 0);
    const room = Math.max(...site.sizes.map((size) => demand.roomOf(size)));
    let count = 0;
    for (; strainOf(demand, rooms) > 1; count++) {
      if (room <= 0 || count > most) return Infinity;
      rooms[rooms.indexOf(Math.min(...rooms))]! += room;
    }
    fewest = Math.max(fewest, count);
  }
  return fewest;
}
