/**
 * The proposals of a plan in the order to carry them out, to be held on to or written as they stand in a plan file.
 *
 * @module
 */
import type { ByteText } from "../lib/byte_text.ts";
import { drain } from "../lib/steps.ts";
import { writtenOf, type WrittenProposals } from "../model/plan_file.ts";
import { DEMOTED } from "../model/cluster_model.ts";
import type { Proposal, Proposals } from "../model/proposal.ts";
import { type Prepared, takenUp } from "./prepared.ts";
import { areWritable, ProposalWriting } from "./proposals/proposal_writing.ts";
import { type ProposalTable, tidied } from "./proposals/proposal_table.ts";
import type { Again, Reordered } from "./replan/reorder.ts";
import type { Search } from "./search/state.ts";
import { TableMaking } from "./table_making.ts";
import type { Room } from "./proposals/proposal_store.ts";

/** Proposals made between two steps. */
const PROPOSALS_A_STEP = 1000;

/** What a list is made from. */
export interface ListParts {
  readonly ordered: Reordered;
  /** Partitions that only lose replicas come first; then all that is ordered. */
  readonly reducedOnly: Int32Array;
}

/** See the file's head. Each way through it makes them anew. */
export class ProposalList implements Iterable<Proposal>, WrittenProposals {
  readonly #prepared: Prepared;
  readonly #search: Search;
  readonly #parts: ListParts;
  readonly #count: number;
  #written: WrittenProposals | undefined;

  constructor(prepared: Prepared, search: Search, parts: ListParts) {
    this.#prepared = prepared;
    this.#search = search;
    this.#parts = parts;
    this.#count = parts.reducedOnly.length + parts.ordered.order.length;
  }

  *[Symbol.iterator](): Generator<Proposal, void> {
    yield* drain(this.heldSteps());
  }

  /** All, to be held on to, in steps: a table, and a list where replication factors change. */
  *heldSteps(): Generator<void, Proposals, void> {
    const making = this.#making();
    for (let from = 0; from < this.#count; from += PROPOSALS_A_STEP) {
      putPart(making, from, Math.min(from + PROPOSALS_A_STEP, this.#count));
      yield;
    }
    const table = yield* tidied(making.table.finish());
    const { changed } = this.#prepared;
    return changed === undefined ? table : yield* restored(table, changed);
  }

  /** See {@link WrittenProposals}. */
  putSome(text: ByteText, most: number): boolean {
    this.#written ??= this.#isPlain() ? this.#straight(text) : writtenOf(this);
    return this.#written.putSome(text, most);
  }

  #making(): Making {
    const { homeSums } = this.#prepared;
    const { ordered, reducedOnly } = this.#parts;
    const { order, again } = ordered;
    const sums = (again?.figures.sums ?? homeSums).slice();
    const coming = again === undefined ? undefined : order.subarray(again.figures.kept);
    const before = takenUp(this.#prepared, this.#search);
    // What goes on from another plan is put behind what that one says.
    const room = before === undefined
      ? roomOf(this.#search, [reducedOnly, order])
      : { proposals: this.#count, replicas: 0, moves: 0 };
    const table = new TableMaking(this.#search, room, { sums, before, coming });
    return { ...this.#parts, table, group: 0 };
  }

  /** Whether all that proposals say is where replicas and leaders go, and why. */
  #isPlain(): boolean {
    const { changed, context } = this.#prepared;
    const { model, reasons } = this.#search;
    return changed === undefined && reasons.places === undefined && context.logDirs === undefined &&
      !model.flags.some((flag) => (flag & DEMOTED) !== 0) && areWritable(model);
  }

  #straight(text: ByteText): WrittenProposals {
    const { order, joined } = this.#parts.ordered;
    const writing = new ProposalWriting(text, this.#search, this.#prepared.homeSums.slice());
    const latest = { group: 0 };
    let place = 0;
    return {
      putSome(into, most) {
        const first = place;
        while (place < order.length && into.length < most) {
          const group = groupAt(latest, joined, place);
          writing.put(order[place++]!, group);
        }
        return place > first;
      },
    };
  }
}

/** Proposals that are being made. */
interface Making extends ListParts {
  readonly table: TableMaking;
  /** The latest group. */
  group: number;
}

/** Makes the proposals of places `[from, to)`, which must be asked for in their order. A loop of its own: V8 does not optimize generators. */
function putPart(making: Making, from: number, to: number): void {
  const { table, reducedOnly, ordered } = making;
  if (ordered.again !== undefined) return putAgain(table, ordered.order, ordered.again, from, to);
  for (let place = from; place < to; place++) {
    const i = place - reducedOnly.length;
    if (i < 0) table.put(reducedOnly[place]!, 0);
    else table.put(ordered.order[i]!, groupAt(making, ordered.joined, i));
  }
}

/** The same where the plan goes on from the one before: a plain one, in which nothing is reduced. */
function putAgain(
  table: TableMaking,
  order: Int32Array,
  { from: before, group, renewed, figures: { free, tail, tailSums } }: Again,
  from: number,
  to: number,
): void {
  for (let place = from; place < to;) {
    if (place === tail) table.skip(order.subarray(free, tail), tailSums);
    const k = before[place]!;
    let end = place + 1;
    if (k < 0) table.put(order[place]!, group[place]!);
    else {
      while (end < to && end !== tail && before[end] === k + end - place) end++;
      table.copy(k, end - place);
      for (let i = place; i < end; i++) {
        if (renewed[i] === 1) table.renew(i, order[i]!, group[i]!);
        if (i >= tail) table.pass(order[i]!);
      }
    }
    place = end;
  }
}

/** Room for the proposals of these partitions. */
function roomOf({ model }: Search, parts: readonly Int32Array[]): Room {
  let proposals = 0;
  let replicas = 0;
  for (const part of parts) {
    proposals += part.length;
    replicas += replicasOf(model.replicaStart, part);
  }
  // Every replica may move, or change its log dir, and every leadership. What is not touched takes no memory.
  return { proposals, replicas, moves: replicas + proposals };
}

function replicasOf(replicaStart: Int32Array, partitions: Int32Array): number {
  let count = 0;
  for (let i = 0; i < partitions.length; i++) {
    count += replicaStart[partitions[i]! + 1]! - replicaStart[partitions[i]!]!;
  }
  return count;
}

/** What is told of a cluster with other replication factors, as objects. */
function* restored(
  table: ProposalTable,
  { restore }: NonNullable<Prepared["changed"]>,
): Generator<void, Proposal[], void> {
  const list: Proposal[] = [];
  for (let k = 0; k < table.length; k++) {
    list.push(restore(table.at(k)!, table.partition[k]!));
    if (list.length % PROPOSALS_A_STEP === 0) yield;
  }
  return list;
}

/** The group at a place of the order, 0 = none. */
function groupAt(latest: { group: number }, joined: Uint8Array, i: number): number {
  const isFirst = joined[i] === 0;
  if (isFirst && joined[i + 1] !== 1) return 0;
  if (isFirst) latest.group++;
  return latest.group;
}
