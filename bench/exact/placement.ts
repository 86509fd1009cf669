/**
 * Placing the replicas of a small cluster as a program: each goal as linear rows, from its definition alone. Shares
 * nothing with the planner but the input.
 *
 * ```
 * x[p][b] = 1   partition p has a replica on broker b        sum over b = replication factor
 * l[p][b] = 1   ... and it leads                             sum over b = 1, l <= x
 * ```
 *
 * @module
 */
import type { BalancingConstraint } from "../../goals/constraint.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { CPU, DISK, NW_IN, NW_OUT } from "../../model/metrics.ts";
import type { Row } from "./milp.ts";

/** Limits lie at this part of the threshold's distance from the average (Cruise Control's balance margin). */
const MARGIN = 0.9;
/** Rows keep this far inside their limits, because the solver's numbers are not exact. */
const INSIDE = 1e-7;

/** What a request keeps from moving; indices are those of the input. */
export interface PlacementRules {
  /** Brokers that get no replicas beyond those they have. */
  readonly noReplicas: readonly number[];
  /** Brokers that get no leadership beyond what they have; demoted ones are added to them. */
  readonly noLeadership: readonly number[];
  /** Topics that stay where they are: goals about racks and topics do not ask for them. */
  readonly fixedTopics: readonly number[];
}

/**
 * A small cluster as the program sees it. With a dead broker it says what hard goals can come to: which replicas may
 * move for soft ones as well is a matter of the request.
 */
export class Placement {
  readonly partitions: number;
  readonly brokers: number;
  readonly #topicOf: Int32Array;
  readonly #alive: readonly number[];
  /** Brokers that may receive replicas: means are over them. */
  readonly #allowed: readonly number[];
  readonly #noLeadership: ReadonlySet<number>;

  constructor(
    readonly input: ClusterInput,
    readonly constraint: BalancingConstraint,
    readonly rules: PlacementRules = { noReplicas: [], noLeadership: [], fixedTopics: [] },
  ) {
    const all = Array.from(input.brokers.keys());
    this.#alive = all.filter((b) => input.brokers[b]!.state !== "dead");
    this.#allowed = this.#alive.filter((b) => !rules.noReplicas.includes(b));
    const demoted = all.filter((b) => input.brokers[b]!.state === "demoted");
    this.#noLeadership = new Set([...rules.noLeadership, ...demoted]);
    this.partitions = input.leaderReplica.length;
    this.brokers = input.brokers.length;
    this.#topicOf = new Int32Array(this.partitions);
    for (let t = 0; t < input.topicNames.length; t++) {
      this.#topicOf.fill(t, input.partitionStart[t]!, input.partitionStart[t + 1]!);
    }
  }

  /** Binary variables: replicas first, then leaders. */
  get variables(): number {
    return 2 * this.partitions * this.brokers;
  }

  /** What every placement keeps. */
  structure(): Row[] {
    const rows: Row[] = [];
    for (let p = 0; p < this.partitions; p++) {
      const factor = this.input.replicaStart[p + 1]! - this.input.replicaStart[p]!;
      rows.push(exactly(this.#over((b) => this.#x(p, b)), factor));
      rows.push(exactly(this.#over((b) => this.#l(p, b)), 1));
      for (let b = 0; b < this.brokers; b++) {
        rows.push(atMost(new Map([[this.#l(p, b), 1], [this.#x(p, b), -1]]), 0));
      }
      rows.push(...this.#ruled(p));
    }
    return rows;
  }

  /** Where the partition must be or may not be. */
  #ruled(p: number): Row[] {
    const { leaderReplica, replicaBroker } = this.input;
    const home = this.#home(p);
    const leader = replicaBroker[leaderReplica[p]!]!;
    const rows: Row[] = [];
    const fix = (variable: number, value: number) =>
      rows.push(exactly(new Map([[variable, 1]]), value));
    const isFixed = this.rules.fixedTopics.includes(this.#topicOf[p]!);
    for (let b = 0; b < this.brokers; b++) {
      if (isFixed) {
        fix(this.#x(p, b), home.has(b) ? 1 : 0);
        fix(this.#l(p, b), b === leader ? 1 : 0);
      } else if (!this.#alive.includes(b)) fix(this.#x(p, b), 0);
      else {
        if (!this.#allowed.includes(b) && !home.has(b)) fix(this.#x(p, b), 0);
        if (this.#noLeadership.has(b) && b !== leader) fix(this.#l(p, b), 0);
      }
    }
    return rows;
  }

  /** MB that arrive where they were not. */
  moved(): Map<number, number> {
    const cost = new Map<number, number>();
    for (let p = 0; p < this.partitions; p++) {
      const home = this.#home(p);
      for (let b = 0; b < this.brokers; b++) {
        if (!home.has(b)) cost.set(this.#x(p, b), this.#load(this.input.leaderLoad, p, DISK));
      }
    }
    return cost;
  }

  /** The rows of a goal. */
  rowsOf(goal: string): Row[] {
    const c = this.constraint;
    switch (goal) {
      case "RackAwareGoal":
        return this.#racks();
      case "MinTopicLeadersPerBrokerGoal":
        return []; // Is about topics that the settings name; there are none here.
      case "ReplicaCapacityGoal":
        return this.#within((b) => this.#replicas(b), () => [0, c.maxReplicasPerBroker]);
      case "DiskCapacityGoal":
        return this.#capacity(DISK);
      case "NetworkInboundCapacityGoal":
        return this.#capacity(NW_IN);
      case "NetworkOutboundCapacityGoal":
        return this.#capacity(NW_OUT);
      case "CpuCapacityGoal":
        return this.#capacity(CPU);
      case "ReplicaDistributionGoal":
        return this.#even((b) => this.#replicas(b), {
          all: this.input.replicaBroker.length,
          threshold: c.replicaCountThreshold,
        });
      case "LeaderReplicaDistributionGoal":
        return this.#even((b) => this.#leaders(b), {
          all: this.partitions,
          threshold: c.leaderCountThreshold,
        });
      case "PotentialNwOutGoal":
        return this.#within((b) => this.#potential(b), (b) => [0, this.#usable(b, NW_OUT)]);
      case "DiskUsageDistributionGoal":
        return this.#usage(DISK);
      case "NetworkInboundUsageDistributionGoal":
        return this.#usage(NW_IN);
      case "NetworkOutboundUsageDistributionGoal":
        return this.#usage(NW_OUT);
      case "CpuUsageDistributionGoal":
        return this.#usage(CPU);
      case "TopicReplicaDistributionGoal":
        return this.#topics();
      case "LeaderBytesInDistributionGoal":
        return this.#leaderBytesIn();
      default:
        throw new TypeError(`No rows are known for ${goal}`);
    }
  }

  #x(p: number, b: number): number {
    return p * this.brokers + b;
  }

  #l(p: number, b: number): number {
    return (this.partitions + p) * this.brokers + b;
  }

  #over(of: (b: number) => number): Map<number, number> {
    return new Map(Array.from({ length: this.brokers }, (_, b) => [of(b), 1]));
  }

  #home(p: number): Set<number> {
    const { replicaStart, replicaBroker } = this.input;
    return new Set(replicaBroker.subarray(replicaStart[p]!, replicaStart[p + 1]!));
  }

  #load(of: Float64Array, p: number, resource: number): number {
    return of[p * 4 + resource]!;
  }

  /** What a broker's replicas and leaders add up to. */
  #sum(b: number, replica: (p: number) => number, leading: (p: number) => number) {
    const terms = new Map<number, number>();
    for (let p = 0; p < this.partitions; p++) {
      if (replica(p) !== 0) terms.set(this.#x(p, b), replica(p));
      if (leading(p) !== 0) terms.set(this.#l(p, b), leading(p));
    }
    return terms;
  }

  #used(b: number, resource: number): Map<number, number> {
    const { leaderLoad, followerLoad } = this.input;
    const follower = (p: number) => this.#load(followerLoad, p, resource);
    return this.#sum(b, follower, (p) => this.#load(leaderLoad, p, resource) - follower(p));
  }

  #replicas(b: number): Map<number, number> {
    return this.#sum(b, () => 1, () => 0);
  }

  #leaders(b: number): Map<number, number> {
    return this.#sum(b, () => 0, () => 1);
  }

  #potential(b: number): Map<number, number> {
    return this.#sum(b, (p) => this.#load(this.input.leaderLoad, p, NW_OUT), () => 0);
  }

  #within(
    of: (b: number) => Map<number, number>,
    limits: (b: number) => readonly [number, number],
  ): Row[] {
    return this.#alive.map((b) => {
      const [least, high] = limits(b);
      const low = this.#allowed.includes(b) ? least : 0;
      return { terms: of(b), low: low + low * INSIDE, high: high - high * INSIDE };
    });
  }

  #usable(b: number, resource: number): number {
    return this.input.brokers[b]!.capacity[resource]! *
      this.constraint.capacityThreshold[resource]!;
  }

  #capacity(resource: number): Row[] {
    return this.#within((b) => this.#used(b, resource), (b) => [0, this.#usable(b, resource)]);
  }

  #total(resource: number): number {
    const { leaderLoad, followerLoad, replicaStart } = this.input;
    let total = 0;
    for (let p = 0; p < this.partitions; p++) {
      const followers = replicaStart[p + 1]! - replicaStart[p]! - 1;
      total += this.#load(leaderLoad, p, resource) +
        followers * this.#load(followerLoad, p, resource);
    }
    return total;
  }

  #usage(resource: number): Row[] {
    const c = this.constraint;
    const capacity = (b: number) => this.input.brokers[b]!.capacity[resource]!;
    const available = this.#allowed.reduce((sum, b) => sum + capacity(b), 0);
    const mean = this.#total(resource) / available;
    const least = c.lowUtilizationThreshold[resource]!;
    const distance = (c.balanceThreshold[resource]! - 1) * MARGIN;
    const isLow = mean <= least;
    const high = isLow ? Math.max(mean * (1 + distance), least * MARGIN) : mean * (1 + distance);
    const low = isLow ? 0 : mean * (1 - distance);
    return this.#within((b) => this.#used(b, resource), (b) => [
      low * capacity(b),
      high * capacity(b),
    ]);
  }

  /** Counts are whole, so their rows need no distance from the limit. */
  #even(
    of: (b: number) => Map<number, number>,
    { all, threshold }: { all: number; threshold: number },
  ): Row[] {
    const mean = all / this.#allowed.length;
    const distance = (threshold - 1) * MARGIN;
    const low = Math.floor(mean * Math.max(0, 1 - distance));
    const high = Math.ceil(mean * (1 + distance));
    return this.#alive.map((b) => this.#counted(b, { terms: of(b), low, high }));
  }

  /** What may receive nothing need not have the least either. */
  #counted(b: number, row: Row): Row {
    return this.#allowed.includes(b) ? row : { ...row, low: 0 };
  }

  #leaderBytesIn(): Row[] {
    const { leaderLoad } = this.input;
    let total = 0;
    for (let p = 0; p < this.partitions; p++) total += this.#load(leaderLoad, p, NW_IN);
    const mean = total / this.#allowed.length;
    const c = this.constraint;
    return this.#within(
      (b) => this.#sum(b, () => 0, (p) => this.#load(leaderLoad, p, NW_IN)),
      (b) => [
        0,
        Math.max(
          mean * c.balanceThreshold[NW_IN]!,
          c.lowUtilizationThreshold[NW_IN]! * this.input.brokers[b]!.capacity[NW_IN]!,
        ),
      ],
    );
  }

  #racks(): Row[] {
    const racks = new Map<string, number[]>();
    for (const [b, { rack }] of this.input.brokers.entries()) {
      racks.set(rack, [...racks.get(rack) ?? [], b]);
    }
    const rows: Row[] = [];
    for (let p = 0; p < this.partitions; p++) {
      if (this.rules.fixedTopics.includes(this.#topicOf[p]!)) continue;
      for (const brokers of racks.values()) {
        if (brokers.length < 2) continue;
        rows.push(atMost(new Map(brokers.map((b) => [this.#x(p, b), 1])), 1));
      }
    }
    return rows;
  }

  #topics(): Row[] {
    const c = this.constraint;
    const distance = (c.topicReplicaCountThreshold - 1) * MARGIN;
    const rows: Row[] = [];
    for (let t = 0; t < this.input.topicNames.length; t++) {
      if (this.rules.fixedTopics.includes(t)) continue;
      const [from, to] = [this.input.partitionStart[t]!, this.input.partitionStart[t + 1]!];
      const total = this.input.replicaStart[to]! - this.input.replicaStart[from]!;
      const mean = total / this.#allowed.length;
      const { topicReplicaMinGap: minGap, topicReplicaMaxGap: maxGap } = c;
      const high = Math.min(
        Math.max(Math.ceil(mean * (1 + distance)), Math.ceil(mean) + minGap),
        Math.ceil(mean) + maxGap,
      );
      const low = Math.min(
        Math.max(
          Math.floor(mean * Math.max(0, 1 - distance)),
          Math.max(0, Math.floor(mean) - maxGap),
        ),
        Math.max(0, Math.floor(mean) - minGap),
      );
      for (const b of this.#alive) {
        const terms = this.#sum(b, (p) => this.#topicOf[p] === t ? 1 : 0, () => 0);
        rows.push(this.#counted(b, { terms, low, high }));
      }
    }
    return rows;
  }
}

function exactly(terms: Map<number, number>, value: number): Row {
  return { terms, low: value, high: value };
}

function atMost(terms: Map<number, number>, high: number): Row {
  return { terms, low: -Infinity, high };
}
