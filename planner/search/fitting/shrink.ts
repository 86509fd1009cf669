/**
 * Takes what need not be elsewhere home again, once a {@link Fitting} keeps all limits.
 *
 * @module
 */
import { replicaMb } from "../../../model/replica_axes.ts";
import {
  brokerChange,
  changePlaces,
  dirChange,
  type Fitting,
  handOver,
  leadChange,
  mayGo,
} from "./fitting.ts";

/** Each round makes room for others: they end by themselves well before. */
const ROUNDS_MAX = 10;

/** The largest first, by themselves or against what is away as well; then leaders. */
export function shrink(f: Fitting): void {
  const { items, homeBin, search: { model } } = f.puzzle;
  const bySize = [...items.keys()].sort((a, b) =>
    replicaMb(model, items[b]!) - replicaMb(model, items[a]!) || a - b
  );
  for (let round = 0, found = true; found && round < ROUNDS_MAX; round++) {
    found = false;
    for (const i of bySize) {
      if (homeBin[i]! >= 0 && f.at[i] !== homeBin[i] && takeHome(f, i)) found = true;
    }
  }
  for (let g = 0; g < f.leader.length; g++) leadAtHome(f, g);
}

function takeHome(f: Fitting, i: number): boolean {
  const { homeBin } = f.puzzle;
  const x = homeBin[i]!;
  const from = f.at[i]!;
  if (!mayGo(f, i, x)) return false;
  if (fitsIn(f, { i, x, j: -1 })) return true;
  for (const j of f.members[x]!) {
    if (homeBin[j] === x || f.puzzle.group[i] === f.puzzle.group[j] || !mayGo(f, j, from)) continue;
    if (fitsIn(f, { i, x, j })) return true;
  }
  return false;
}

/** Puts the item into the bin, against another one there where `j` is none of -1, if that keeps within all limits. */
function fitsIn(f: Fitting, { i, x, j }: { i: number; x: number; j: number }): boolean {
  const { binBroker } = f.puzzle;
  const from = f.at[i]!;
  const [a, b] = [binBroker[from]!, binBroker[x]!];
  const worse = dirChange(f, from, j, i) > 0 || dirChange(f, x, i, j) > 0 ||
    (a !== b && (brokerChange(f, a, j, i) > 0 || brokerChange(f, b, i, j) > 0));
  if (!worse) changePlaces(f, i, x, j);
  return !worse;
}

/** Has the replica lead that leads in the real cluster. */
function leadAtHome(f: Fitting, g: number): void {
  const { groupStart, items, mayHold, binBroker, search: { model } } = f.puzzle;
  const now = f.leader[g]!;
  const led = model.homeLeader[model.partition[items[groupStart[g]!]!]!]!;
  for (let i = groupStart[g]!; i < groupStart[g + 1]! && now >= 0; i++) {
    if (items[i] !== led || i === now) continue;
    if ((mayHold[i * model.brokerCount + binBroker[f.at[i]!]!]! & 2) === 0) continue;
    if (leadChange(f, now, -1) <= 0 && leadChange(f, i, 1) <= 0) handOver(f, now, i);
  }
}
