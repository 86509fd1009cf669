/**
 * The best move, exchange or change of leaders that takes something off a bin, or off all bins of a broker.
 *
 * @module
 */
import {
  brokerChange,
  changePlaces,
  dirChange,
  type Fitting,
  handOver,
  leadChange,
  mayGo,
} from "./fitting.ts";

/** Rounds for which what has moved stays: so many, and up to as many more. */
const TENURE = { least: 1, more: 3 };
/** Exchanges that are looked at for one action, about: only a part of what might leave is tried where there are more. */
const EXCHANGES = 6000;
/** Items that are tried at least. */
const ITEMS_LEAST = 3;

/** An item that goes to another bin, by itself or against another item; or has another one lead. */
export interface Action {
  readonly item: number;
  /** -1 = it stays, and the other one leads. */
  readonly bin: number;
  /** -1 = none. */
  readonly other: number;
  /** How much worse all is then, by the weights of now. */
  readonly change: number;
}

/** The best so far, any of those that are equal. */
interface Best {
  item: number;
  bin: number;
  other: number;
  change: number;
  ties: number;
}

/** Undefined where nothing may leave. */
export function bestAction(f: Fitting, bins: readonly number[]): Action | undefined {
  const best: Best = { item: -1, bin: -1, other: -1, change: Infinity, ties: 0 };
  for (const i of drawn(f, bins)) {
    weighMoves(f, bins, i, best);
    weighLeaders(f, i, best);
  }
  return best.item < 0 ? undefined : best;
}

/** Items of the bins that may leave, as many as there is time for. */
function drawn(
  { members, until, round, prng, puzzle }: Fitting,
  bins: readonly number[],
): number[] {
  const found: number[] = [];
  for (const x of bins) for (const i of members[x]!) if (until[i]! <= round) found.push(i);
  const most = Math.max(ITEMS_LEAST, Math.ceil(EXCHANGES / puzzle.items.length));
  return shuffledTo(found, most, prng);
}

/** Shortens a list to so many of it, drawn. */
export function shuffledTo(
  list: number[],
  most: number,
  prng: { below(limit: number): number },
): number[] {
  if (list.length <= most) return list;
  for (let k = 0; k < most; k++) {
    const other = k + prng.below(list.length - k);
    [list[k], list[other]] = [list[other]!, list[k]!];
  }
  list.length = most;
  return list;
}

function weighMoves(f: Fitting, bins: readonly number[], i: number, best: Best): void {
  const { puzzle: { binBroker, binsOf, axes, layers }, at } = f;
  const from = binBroker[at[i]!]!;
  const left = brokerChange(f, from, -1, i);
  const leftDir = layers > 0 ? dirChange(f, at[i]!, -1, i) : 0;
  for (let b = 0; b < binsOf.length; b++) {
    // A broker above a limit is not relieved by what stays on it.
    if (b === from && bins.length !== 1) continue;
    for (const x of binsOf[b]!) {
      if (x === at[i]) continue;
      f.looks += axes + layers;
      if (!mayGo(f, i, x)) continue;
      let change = b === from ? 0 : left + brokerChange(f, b, i, -1);
      if (layers > 0) change += leftDir + dirChange(f, x, i, -1);
      choose(f, best, { item: i, bin: x, other: -1, change });
      weighExchanges(f, i, x, best);
    }
  }
}

function weighExchanges(f: Fitting, i: number, x: number, best: Best): void {
  const { puzzle: { binBroker, axes, layers, group }, at, members, until, round } = f;
  const from = at[i]!;
  const [a, b] = [binBroker[from]!, binBroker[x]!];
  for (const j of members[x]!) {
    if (until[j]! > round) continue;
    f.looks += 2 * (axes + layers);
    let change = 0;
    if (layers > 0) change = dirChange(f, from, j, i) + dirChange(f, x, i, j);
    if (a !== b) change += brokerChange(f, a, j, i) + brokerChange(f, b, i, j);
    if (change > best.change || group[i] === group[j] || !mayGo(f, j, from)) continue;
    choose(f, best, { item: i, bin: x, other: j, change });
  }
}

function weighLeaders(f: Fitting, i: number, best: Best): void {
  const { puzzle: { group, groupStart, mayHold, binBroker, search, items, axes }, at } = f;
  const { brokerCount, pinned, partition } = search.model;
  const g = group[i]!;
  if (f.leader[g] !== i || pinned[partition[items[i]!]!] === 1) return;
  for (let j = groupStart[g]!; j < groupStart[g + 1]!; j++) {
    if (j === i || f.until[j]! > f.round) continue;
    if ((mayHold[j * brokerCount + binBroker[at[j]!]!]! & 2) === 0) continue;
    f.looks += 2 * axes;
    const change = leadChange(f, i, -1) + leadChange(f, j, 1);
    choose(f, best, { item: i, bin: -1, other: j, change });
  }
}

function choose(f: Fitting, best: Best, { item, bin, other, change }: Action): void {
  if (change > best.change) return;
  if (change < best.change) best.ties = 0;
  if (f.prng.below(++best.ties) > 0) return;
  best.item = item;
  best.bin = bin;
  best.other = other;
  best.change = change;
}

/** Carries it out; what has moved stays for a while. */
export function act(f: Fitting, { item, bin, other }: Action): void {
  stay(f, item);
  if (other >= 0) stay(f, other);
  if (bin < 0) handOver(f, item, other);
  else changePlaces(f, item, bin, other);
}

/** An item that was just moved stays for some rounds. */
export function stay(f: Fitting, i: number): void {
  f.until[i] = f.round + TENURE.least + f.prng.below(TENURE.more);
}
