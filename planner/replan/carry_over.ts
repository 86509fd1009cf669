/**
 * Carries the places of a plan over to a cluster with other partitions: topics or partitions that came or went, and such as have been moved
 * since. All others keep their places, proposals and steps; what is new counts as if it had been in the plan, at home.
 *
 * ```
 * then   a-0  a-1  b-0  c-0        newOf:  0  1  -1  3
 * now    a-0  a-1  bb-0 c-0  d-0   oldOf:  0  1  -1  3  -1
 * ```
 *
 * @module
 */
import type { ClusterInput } from "../../model/cluster_input.ts";
import { FACTOR_COLUMNS } from "../../model/fill_model.ts";
import { AXIS_COUNT } from "../../model/cluster_model.ts";
import { writeRow } from "../../model/load_rows.ts";
import { RESOURCE_COUNT } from "../../model/metrics.ts";
import { addLeading } from "../../model/replica_axes.ts";
import { areAlike } from "./carried.ts";
import type { MoveTotals } from "../proposals/changes.ts";
import { ProposalTable } from "../proposals/proposal_table.ts";
import type { Places } from "./places.ts";
import { sameBrokers, type Topology, topologyOf } from "../topology.ts";
import type { Stretch } from "./freedom.ts";
import { addNet } from "./stretches.ts";
import { addVolumes, noVolumes, type Volumes } from "../way/volumes.ts";

/** Where more than this part of the partitions is another, little can be carried over. */
const OTHERS_MAX = 0.25;

/** Which partition is which; -1 = none. */
interface Mapping {
  readonly oldOf: Int32Array;
  readonly newOf: Int32Array;
  /** Partitions of now that were not there as they are, and of then that are not any more. */
  readonly come: number[];
  readonly gone: number[];
  readonly runs: readonly Run[];
}

/** Partitions of now, `from` the first on, that are as many of then, in the same order. */
interface Run {
  readonly from: number;
  readonly old: number;
  readonly count: number;
}

/**
 * The places of a plan as if it had been made for this cluster, in steps. Undefined where too little would be left: other brokers, many other
 * partitions, loads by replica, or a plan that has nothing to go on from; and where brokers have log dirs. O(R).
 */
export function* carryOver(
  input: ClusterInput,
  places: Places,
): Generator<void, Places | undefined, void> {
  const { loads, changes } = places;
  const isUsable = loads !== undefined && changes !== undefined &&
    input.replicaDiskMb.length === 0 && places.dirOf === undefined &&
    sameBrokers(input, places.topology);
  if (!isUsable) return undefined;
  const mapping = mapPartitions(input, places.topology);
  yield;
  const most = OTHERS_MAX * mapping.oldOf.length;
  if (mapping.come.length > most || mapping.gone.length > most) return undefined;
  if (!mapping.come.every((p) => areAlike(input, p))) return undefined;
  const proposals = proposalsOf(input, places, mapping);
  if (proposals.table.length === 0) return undefined;
  yield;
  const where = placesNow(input, places, mapping);
  yield;
  const now = loadsNow(input, loads, mapping);
  yield;
  const sums = sumsNow(input, places, mapping);
  const { gone, newOf } = mapping;
  const partitions = changes.partitions.map((q) => newOf[q]!).filter((p) => p >= 0);
  if (partitions.some((p, i) => p < partitions[i - 1]!)) partitions.sort();
  return {
    ...places,
    ...where,
    ...sums,
    topology: topologyOf(input),
    loads: now,
    proposals: proposals.table,
    changed: proposals.order,
    joined: proposals.joined,
    proposalOf: proposals.proposalOf,
    unasked: proposals.order,
    changes: { partitions, totals: totalsWithout(places, changes.totals, gone) },
    freedom: freedomWithout(places, gone, proposals.placeOf),
  };
}

function mapPartitions(input: ClusterInput, then: Topology): Mapping {
  const oldOf = new Int32Array(input.partitionNumber.length).fill(-1);
  const newOf = new Int32Array(then.partitionNumber.length).fill(-1);
  const topics = new Map(then.topicNames.map((name, t) => [name, t]));
  for (let t = 0; t < input.topicNames.length; t++) {
    const old = topics.get(input.topicNames[t]!);
    if (old === undefined) continue;
    let q = then.partitionStart[old]!;
    const end = then.partitionStart[old + 1]!;
    for (let p = input.partitionStart[t]!; p < input.partitionStart[t + 1]!; p++) {
      // Both are in the order of their numbers.
      while (q < end && then.partitionNumber[q]! < input.partitionNumber[p]!) q++;
      if (q === end || then.partitionNumber[q] !== input.partitionNumber[p]) continue;
      if (!isAtSameHome(input, p, then, q)) continue;
      oldOf[p] = q;
      newOf[q] = p;
    }
  }
  return {
    oldOf,
    newOf,
    come: placesOfNone(oldOf),
    gone: placesOfNone(newOf),
    runs: runsOf(oldOf),
  };
}

function runsOf(oldOf: Int32Array): Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < oldOf.length;) {
    const old = oldOf[from]!;
    let count = 1;
    while (old >= 0 && oldOf[from + count] === old + count) count++;
    if (old >= 0) runs.push({ from, old, count });
    from += count;
  }
  return runs;
}

function placesOfNone(other: Int32Array): number[] {
  const none: number[] = [];
  for (let i = 0; i < other.length; i++) if (other[i]! < 0) none.push(i);
  return none;
}

function isAtSameHome(now: Topology, p: number, then: Topology, q: number): boolean {
  const from = now.replicaStart[p]!;
  const count = now.replicaStart[p + 1]! - from;
  const was = then.replicaStart[q]!;
  if (then.replicaStart[q + 1]! - was !== count) return false;
  if (now.leaderReplica[p]! - from !== then.leaderReplica[q]! - was) return false;
  for (let i = 0; i < count; i++) {
    if (now.replicaBroker[from + i] !== then.replicaBroker[was + i]) return false;
    if (now.replicaOffline[from + i] !== then.replicaOffline[was + i]) return false;
  }
  return true;
}

function placesNow(
  input: ClusterInput,
  places: Places,
  { runs }: Mapping,
): Pick<Places, "broker" | "leader"> {
  const broker = input.replicaBroker.slice();
  const leader = homeLeaders(input).slice();
  const start = input.replicaStart;
  const was = places.topology.replicaStart;
  for (const { from, old, count } of runs) {
    const first = was[old]!;
    broker.set(places.broker.subarray(first, was[old + count]), start[from]);
    const ahead = start[from]! - first;
    for (let i = 0; i < count; i++) leader[from + i] = places.leader[old + i]! + ahead;
  }
  return { broker, leader };
}

/** Of then, and of now where there was nothing then. */
function loadsNow(
  input: ClusterInput,
  then: NonNullable<Places["loads"]>,
  { runs }: Mapping,
): NonNullable<Places["loads"]> {
  const now = { leaderLoad: input.leaderLoad.slice(), followerLoad: input.followerLoad.slice() };
  for (const { from, old, count } of runs) {
    for (const which of ["leaderLoad", "followerLoad"] as const) {
      const some = then[which].subarray(old * RESOURCE_COUNT, (old + count) * RESOURCE_COUNT);
      now[which].set(some, from * RESOURCE_COUNT);
    }
  }
  return now;
}

/** Proposals that stay, in their order and steps. */
interface Staying {
  readonly table: ProposalTable;
  readonly order: Int32Array;
  readonly joined: Uint8Array;
  readonly proposalOf: Int32Array;
  /** How many of those before each place of then, and of all in the end. */
  readonly placeOf: Int32Array;
}

function proposalsOf(input: ClusterInput, places: Places, { oldOf, newOf }: Mapping): Staying {
  const { changed, joined, proposals } = places;
  const order = new Int32Array(changed.length);
  const joins = new Uint8Array(changed.length);
  const proposalOf = new Int32Array(oldOf.length).fill(-1);
  const rows = new Int32Array(changed.length);
  const groups = new Int32Array(changed.length);
  let count = 0;
  const placeOf = new Int32Array(changed.length + 1);
  let isBegun = false;
  for (let k = 0; k < changed.length; k++) {
    placeOf[k] = count;
    if (joined[k] === 0) isBegun = false;
    const p = newOf[changed[k]!]!;
    if (p < 0) continue;
    order[count] = p;
    rows[count] = proposals.rows[k]!;
    groups[count] = proposals.group[k]!;
    joins[count] = isBegun ? 1 : 0;
    proposalOf[p] = count++;
    isBegun = true;
  }
  placeOf[changed.length] = count;
  for (let k = 0; k < count; k++) {
    // What was joined to it is gone.
    if (joins[k] === 0 && joins[k + 1] !== 1) groups[k] = 0;
  }
  const partition = order.slice(0, count);
  const columns = { rows: rows.slice(0, count), partition, group: groups.slice(0, count) };
  return {
    table: new ProposalTable(proposals.store, columns, topologyOf(input)),
    order: partition,
    joined: joins.slice(0, count),
    proposalOf,
    placeOf,
  };
}

function totalsWithout(
  places: Places,
  totals: MoveTotals,
  gone: readonly number[],
): MoveTotals {
  const { replicaStart, replicaBroker } = places.topology;
  const row = new Float64Array(8);
  let { interBrokerReplicaMoves: moves, leadershipMoves: leaders, mbToMove: mb } = totals;
  for (const q of gone) {
    if (places.proposalOf[q]! < 0) continue;
    const home = replicaBroker.subarray(replicaStart[q], replicaStart[q + 1]);
    let count = 0;
    for (let r = replicaStart[q]!; r < replicaStart[q + 1]!; r++) {
      if (!home.includes(places.broker[r]!)) count++;
    }
    writeRow(places.loads!, q, row);
    moves -= count;
    mb -= count * row[0]!;
    if (count === 0) leaders--;
  }
  return {
    ...totals,
    interBrokerReplicaMoves: moves,
    leadershipMoves: leaders,
    mbToMove: moves > 0 ? mb : 0,
  };
}

/** Topics are others, so what was known of them is not. */
function freedomWithout(
  places: Places,
  gone: readonly number[],
  placeOf: Int32Array,
): Places["freedom"] {
  const known = places.freedom;
  if (known === undefined) return undefined;
  const moved = gone.filter((q) => places.proposalOf[q]! >= 0);
  const { stretches } = known;
  return {
    ...known,
    limits: undefined,
    stretches: stretches.map((stretch, i): Stretch => {
      const { volumes, net, free, end } = stretch;
      const from = stretches[i - 1]?.end ?? 0;
      const within = moved.filter((q) =>
        places.proposalOf[q]! >= from && places.proposalOf[q]! < end
      );
      return {
        ...stretch,
        free: placeOf[free]!,
        end: placeOf[end]!,
        volumes: volumesWithout(volumes, places, within),
        net: netWithout(net, places, within.filter((q) => places.proposalOf[q]! < free)),
      };
    }),
  };
}

function volumesWithout(
  { losses, gains }: Volumes,
  places: Places,
  gone: readonly number[],
): Volumes {
  const volumes = { losses: losses.slice(), gains: gains.slice() };
  if (gone.length === 0) return volumes;
  const { replicaStart, replicaBroker: home } = places.topology;
  const at = { home, homeLeader: homeLeaders(places.topology), replicaStart };
  const row = { loads: new Float64Array(8), at: 0 };
  for (const q of gone) {
    writeRow(places.loads!, q, row.loads);
    addVolumes(volumes, at, q, { places, row, sign: -1 });
  }
  return volumes;
}

function netWithout(net: Float64Array, places: Places, gone: readonly number[]): Float64Array {
  const none = noVolumes(net.length / AXIS_COUNT);
  return addNet(net.slice(), volumesWithout(none, places, gone));
}

/** What has no leader is led by its first replica, as in the model. */
function homeLeaders({ leaderReplica, replicaStart }: Topology): Int32Array {
  if (!leaderReplica.includes(-1)) return leaderReplica;
  return leaderReplica.map((r, p) => r < 0 ? replicaStart[p]! : r);
}

/** Sums with what is gone taken off, where it was, and what has come added at home. */
function sumsNow(
  input: ClusterInput,
  places: Places,
  { come, gone }: Mapping,
): Pick<Places, "sums" | "homeSums" | "byFactor" | "roundings"> {
  const then = places.topology;
  const home = { broker: then.replicaBroker, leader: homeLeaders(then) };
  const now = { broker: input.replicaBroker, leader: homeLeaders(input) };
  const factors = Math.max(highestFactor(input), highestFactor(then)) + 1;
  const byFactor = new Float64Array(factors * FACTOR_COLUMNS);
  byFactor.set(places.byFactor.subarray(0, byFactor.length));
  const made = { sums: places.sums.slice(), homeSums: places.homeSums.slice(), byFactor };
  const row = new Float64Array(8);
  let { roundings } = places;
  for (const q of gone) {
    writeRow(places.loads!, q, row);
    roundings += addPartition(made.sums, then, q, { row, at: places, sign: -1 });
    addPartition(made.homeSums, then, q, { row, at: home, sign: -1 });
    addFactor(byFactor, then, q, row, -1);
  }
  for (const p of come) {
    writeRow(input, p, row);
    roundings += addPartition(made.sums, input, p, { row, at: now, sign: 1 });
    addPartition(made.homeSums, input, p, { row, at: now, sign: 1 });
    addFactor(byFactor, input, p, row, 1);
  }
  const length = (highestFactor(input) + 1) * FACTOR_COLUMNS;
  return { ...made, byFactor: byFactor.slice(0, length), roundings };
}

/** Returns how many changes sums took. */
function addPartition(
  sums: Float64Array,
  { replicaStart }: Topology,
  p: number,
  { row, at, sign }: { row: Float64Array; at: Pick<Places, "broker" | "leader">; sign: number },
): number {
  const [start, end] = [replicaStart[p]!, replicaStart[p + 1]!];
  for (let r = start; r < end; r++) {
    const to = at.broker[r]! << 3;
    for (let axis = 0; axis < 5; axis++) sums[to | axis]! += sign * row[axis]!;
  }
  addLeading(sums, at.broker[at.leader[p]!]! << 3, row, 0, sign);
  return end - start + 1;
}

/** Columns as in the model's census. */
function addFactor(
  byFactor: Float64Array,
  { replicaStart }: Topology,
  p: number,
  row: Float64Array,
  sign: number,
): void {
  const into = (replicaStart[p + 1]! - replicaStart[p]!) * FACTOR_COLUMNS;
  byFactor[into]! += sign * row[0]!;
  byFactor[into + 1]! += sign * row[1]!;
  byFactor[into + 2]! += sign;
  byFactor[into + 3]! += sign * row[4]!;
}

function highestFactor({ replicaStart }: Topology): number {
  let most = 0;
  for (let p = 1; p < replicaStart.length; p++) {
    most = Math.max(most, replicaStart[p]! - replicaStart[p - 1]!);
  }
  return most;
}
