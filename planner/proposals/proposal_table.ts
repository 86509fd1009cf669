/**
 * The proposals of a plan as columns: as objects, those of a cluster with millions of replicas would be millions of objects,
 * and a collector of garbage that walks through them holds the thread for longer than anything else does.
 *
 * ```
 * column         type          length  index      value
 * partition      Int32Array    n       proposal   partition
 * group          Int32Array    n       proposal   number of its group, 0 = it stands by itself
 * sizeMb         Float64Array  n       proposal   as in the proposal
 * replicaStart   Int32Array    n + 1   proposal   first of its replicas
 * moveStart      Int32Array    n + 1   proposal   first of its moves
 * broker         Int32Array    r       replica    broker in the wanted order
 * logDir         Int32Array    r or 0  replica    its log dir, -1 = not spoken of; empty where none is
 * from, to       Int32Array    m       move       broker left and entered
 * phrase         Int32Array    m       move       index into the phrases
 * amount         Float32Array  m       move       number in the sentence, where the phrase has one
 * figures        Float64Array  4 m     move       rounded, as in the proposal; nothing where the phrase has no metric
 * ```
 *
 * @module
 */
import { shortNumber } from "../../goals/axis_goal.ts";
import type {
  Metric,
  Placement,
  Proposal,
  ProposalReason,
  Proposals,
} from "../../model/proposal.ts";
import { topicOfPartition } from "../../model/topology.ts";
import type { Topology } from "../topology.ts";

/** See the file's head. */
export interface TableColumns {
  readonly partition: Int32Array;
  readonly group: Int32Array;
  readonly sizeMb: Float64Array;
  readonly replicaStart: Int32Array;
  readonly moveStart: Int32Array;
  readonly broker: Int32Array;
  readonly logDir: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly phrase: Int32Array;
  readonly amount: Float32Array;
  readonly figures: Float64Array;
}

/** All of a reason but brokers and numbers, which many moves share. */
export interface Phrase {
  /** "" for none. */
  readonly goal: string;
  readonly metric: Metric | undefined;
  /** The sentence, or what is before its number when there is an `end`. */
  readonly begin: string;
  readonly end: string | undefined;
}

/** See the file's head. Each proposal is made anew when it is asked for. */
export class ProposalTable implements Proposals {
  readonly #placements: readonly Placement[];

  constructor(
    readonly columns: TableColumns,
    readonly phrases: readonly Phrase[],
    /** What indices mean. */
    readonly topology: Topology,
  ) {
    // One object a broker serves all proposals: they are never changed.
    this.#placements = topology.brokers.map(({ id }) => ({ brokerId: id }));
  }

  get length(): number {
    return this.columns.partition.length;
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
    const { topology: input } = this;
    const { partition, group, sizeMb } = this.columns;
    const p = partition[k]!;
    const leads = input.leaderReplica[p]!;
    const made: Proposal = {
      topic: input.topicNames[topicOfPartition(input, p)]!,
      partition: input.partitionNumber[p]!,
      sizeMb: sizeMb[k]!,
      oldLeader: leads < 0 ? -1 : input.brokers[input.replicaBroker[leads]!]!.id,
      oldReplicas: this.#oldReplicas(p),
      newReplicas: this.#newReplicas(k),
      reasons: this.#reasons(k),
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

  #newReplicas(k: number): Placement[] {
    const { replicaStart, broker, logDir } = this.columns;
    const list: Placement[] = [];
    for (let i = replicaStart[k]!; i < replicaStart[k + 1]!; i++) {
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

  #reasons(k: number): ProposalReason[] {
    const { moveStart, from, to, phrase } = this.columns;
    const placements = this.#placements;
    const list: ProposalReason[] = [];
    for (let i = moveStart[k]!; i < moveStart[k + 1]!; i++) {
      const { goal, metric } = this.phrases[phrase[i]!]!;
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
    const { phrase, amount } = this.columns;
    const { begin, end } = this.phrases[phrase[move]!]!;
    return end === undefined ? begin : begin + shortNumber(amount[move]!) + end;
  }

  #figures(move: number): NonNullable<ProposalReason["figures"]> {
    const { figures } = this.columns;
    const at = 4 * move;
    return [figures[at]!, figures[at + 1]!, figures[at + 2]!, figures[at + 3]!];
  }
}
