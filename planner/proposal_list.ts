/**
 * The proposals of a plan in the order to carry them out, made one at a time or written as they stand in a plan file.
 *
 * @module
 */
import type { ByteText } from "../lib/byte_text.ts";
import { writtenOf, type WrittenProposals } from "../model/plan_file.ts";
import { DEMOTED } from "../model/cluster_model.ts";
import type { Proposal } from "../model/proposal.ts";
import type { Ordered } from "./order.ts";
import type { Prepared } from "./prepare.ts";
import { areWritable, ProposalWriting } from "./proposal_writing.ts";
import { ProposalMaker } from "./proposals.ts";
import type { Again } from "./reorder.ts";
import type { Search } from "./search/state.ts";

/** Proposals made between two steps. */
const PROPOSALS_A_STEP = 1000;

/** What a list is made from. */
export interface ListParts {
  readonly ordered: Ordered;
  /** Partitions that only lose replicas come first; then all that is ordered. */
  readonly reducedOnly: Int32Array;
}

/** See the file's head. Each way through it is one from home. */
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
    const making = this.#making();
    for (let place = 0; place < this.#count; place++) yield proposalAt(making, place);
  }

  /** All in parts. */
  *parts(): Generator<readonly Proposal[], void> {
    const making = this.#making();
    for (let from = 0; from < this.#count; from += PROPOSALS_A_STEP) {
      yield partOf(making, from, Math.min(from + PROPOSALS_A_STEP, this.#count));
    }
  }

  /** See {@link WrittenProposals}. */
  putSome(text: ByteText, most: number): boolean {
    this.#written ??= this.#isPlain() ? this.#straight(text) : writtenOf(this);
    return this.#written.putSome(text, most);
  }

  #making(): Making {
    const { changed, homeSums } = this.#prepared;
    const { order, again } = this.#parts.ordered;
    return {
      ...this.#parts,
      maker: new ProposalMaker(
        this.#search,
        (again?.figures.sums ?? homeSums).slice(),
        again === undefined ? undefined : order.subarray(again.figures.kept),
      ),
      changed,
      group: 0,
    };
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
  readonly maker: ProposalMaker;
  readonly changed: Prepared["changed"];
  /** The latest group. */
  group: number;
}

/** The proposal at a place; places must be asked for in their order. */
function proposalAt(making: Making, place: number): Proposal {
  const { maker, changed, reducedOnly, ordered } = making;
  if (ordered.again !== undefined) return proposalAfter(maker, ordered.order, ordered.again, place);
  const i = place - reducedOnly.length;
  const p = i < 0 ? reducedOnly[place]! : ordered.order[i]!;
  const made = maker.proposalOf(p);
  const proposal = changed === undefined ? made : changed.restore(made, p);
  const group = i < 0 ? 0 : groupAt(making, ordered.joined, i);
  return group === 0 ? proposal : { ...proposal, group };
}

/** The same where the plan goes on from the one before: a plain one, in which nothing is reduced. */
function proposalAfter(
  maker: ProposalMaker,
  order: Int32Array,
  { from, group, places, figures: { free, tail, tailSums } }: Again,
  place: number,
): Proposal {
  const before = from[place]!;
  if (place === tail) maker.skip(order.subarray(free, tail), tailSums);
  if (before >= 0) {
    if (place >= tail) maker.pass(order[place]!);
    return places.proposals[before]!;
  }
  const proposal = maker.proposalOf(order[place]!);
  return group[place] === 0 ? proposal : { ...proposal, group: group[place]! };
}

/** The group at a place of the order, 0 = none. */
function groupAt(latest: { group: number }, joined: Uint8Array, i: number): number {
  const isFirst = joined[i] === 0;
  if (isFirst && joined[i + 1] !== 1) return 0;
  if (isFirst) latest.group++;
  return latest.group;
}

/** A loop of its own: V8 does not optimize generators. */
function partOf(making: Making, from: number, to: number): Proposal[] {
  const part = new Array<Proposal>(to - from);
  for (let place = from; place < to; place++) part[place - from] = proposalAt(making, place);
  return part;
}
