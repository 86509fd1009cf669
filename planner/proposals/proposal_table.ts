/**
 * The proposals of a plan as columns: as objects, those of a cluster with millions of replicas would be millions of objects,
 * and a collector of garbage that walks through them holds the thread for longer than anything else does.
 *
 * ```
 * column       type          length  index      value
 * rows         Int32Array    n       proposal   row of the store (`proposal_store.ts`) that says the rest of it
 * partition    Int32Array    n       proposal   partition
 * group        Int32Array    n       proposal   number of its group, 0 = it stands by itself
 * ```
 *
 * @module
 */
import { shortNumber } from "../../goals/axis_goal.ts";
import type { Placement, Proposal, ProposalReason, Proposals } from "../../model/proposal.ts";
import { topicOfPartition } from "../../model/topology.ts";
import type { Topology } from "../topology.ts";
import { type ProposalStore, storeAnew } from "./proposal_store.ts";

/** See the file's head. */
export interface TableColumns {
  readonly rows: Int32Array;
  readonly partition: Int32Array;
  readonly group: Int32Array;
}

/** See the file's head. Each proposal is made anew when it is asked for. */
export class ProposalTable implements Proposals {
  readonly rows: Int32Array;
  readonly partition: Int32Array;
  readonly group: Int32Array;
  readonly #placements: readonly Placement[];

  constructor(
    readonly store: ProposalStore,
    { rows, partition, group }: TableColumns,
    /** What indices mean. */
    readonly topology: Topology,
  ) {
    this.rows = rows;
    this.partition = partition;
    this.group = group;
    // One object a broker serves all proposals: they are never changed.
    this.#placements = topology.brokers.map(({ id }) => ({ brokerId: id }));
  }

  get length(): number {
    return this.partition.length;
  }

  at(index: number): Proposal | undefined {
    return index < this.length ? this.#made(index) : undefined;
  }

  slice(from = 0, to = this.length): Proposal[] {
    const end = Math.min(to, this.length);
    const part: Proposal[] = [];
    for (let k = from; k < end; k++) part.push(this.#made(k));
    return part;
  }

  *[Symbol.iterator](): Generator<Proposal, void> {
    for (let k = 0; k < this.length; k++) yield this.#made(k);
  }

  #made(k: number): Proposal {
    const { topology: input, partition, group } = this;
    const row = this.rows[k]!;
    const p = partition[k]!;
    const leads = input.leaderReplica[p]!;
    const made: Proposal = {
      topic: input.topicNames[topicOfPartition(input, p)]!,
      partition: input.partitionNumber[p]!,
      sizeMb: this.store.columns.sizeMb[row]!,
      oldLeader: leads < 0 ? -1 : input.brokers[input.replicaBroker[leads]!]!.id,
      oldReplicas: this.#oldReplicas(p),
      newReplicas: this.#newReplicas(row),
      reasons: this.#reasons(row),
    };
    return group[k] === 0 ? made : { ...made, group: group[k]! };
  }

  #oldReplicas(p: number): Placement[] {
    const { replicaStart, replicaBroker, replicaLogDir } = this.topology;
    const list: Placement[] = [];
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      list.push(this.#placement(replicaBroker[r]!, replicaLogDir[r]!));
    }
    return list;
  }

  #newReplicas(row: number): Placement[] {
    const { replicaStart, broker, logDir } = this.store.columns;
    const list: Placement[] = [];
    for (let i = replicaStart[row]!; i < replicaStart[row + 1]!; i++) {
      list.push(this.#placement(broker[i]!, logDir.length === 0 ? -1 : logDir[i]!));
    }
    return list;
  }

  #placement(broker: number, dir: number): Placement {
    const plain = this.#placements[broker]!;
    return dir < 0
      ? plain
      : { ...plain, logDir: this.topology.brokers[broker]!.logDirs[dir]!.path };
  }

  #reasons(row: number): ProposalReason[] {
    const { columns: { moveStart, from, to, phrase }, phrases } = this.store;
    const placements = this.#placements;
    const list: ProposalReason[] = [];
    for (let i = moveStart[row]!; i < moveStart[row + 1]!; i++) {
      const { goal, metric } = phrases[phrase[i]!]!;
      const plain = {
        goal,
        from: placements[from[i]!]!.brokerId,
        to: placements[to[i]!]!.brokerId,
        why: this.#why(i),
      };
      list.push(metric === undefined ? plain : { ...plain, metric, figures: this.#figures(i) });
    }
    return list;
  }

  #why(move: number): string {
    const { columns: { phrase, amount }, phrases } = this.store;
    const { begin, end } = phrases[phrase[move]!]!;
    return end === undefined ? begin : begin + shortNumber(amount[move]!) + end;
  }

  #figures(move: number): NonNullable<ProposalReason["figures"]> {
    const { figures } = this.store.columns;
    const at = 4 * move;
    return [figures[at]!, figures[at + 1]!, figures[at + 2]!, figures[at + 3]!];
  }
}

/** The same table with a store of its own, in steps, once its store holds much that it does not speak of. */
export function* tidied(table: ProposalTable): Generator<void, ProposalTable, void> {
  const { store, rows, partition, group, topology } = table;
  if (!store.isIdle(rows.length)) return table;
  const made = yield* storeAnew(store, rows);
  const ownRows = Int32Array.from(rows, (_, k) => k);
  return new ProposalTable(made, { rows: ownRows, partition, group }, topology);
}
