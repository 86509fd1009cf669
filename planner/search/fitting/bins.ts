/**
 * What replicas are put into: brokers, or where log dirs are chosen as well the log dirs of brokers.
 *
 * @module
 */
import { mustLeave } from "../../../model/cluster_model.ts";
import { dirCapacityLimits } from "../../../goals/intra_broker_disk.ts";
import { DISK } from "../../../model/metrics.ts";
import type { Search } from "../state.ts";

/** Limits are kept with this relative margin, so that sums added up in another order are still within. */
const ROUNDING_MARGIN = 1e-9;

/** See the table of `puzzle.ts`. */
export interface Bins {
  readonly binBroker: Int32Array;
  readonly binDir: Int32Array;
  /** Bins by broker; none of a dead one. */
  readonly binsOf: readonly (readonly number[])[];
  readonly layers: number;
  readonly mb: Float64Array;
  readonly dirUpper: Float64Array;
  /** Whether log dirs are chosen. */
  readonly hasDirs: boolean;
}

/** Those of all alive brokers, and what items put on log dirs. */
export function binsOf(search: Search, items: Int32Array, withDirs: boolean): Bins {
  const { model, context } = search;
  const binBroker: number[] = [];
  const binDir: number[] = [];
  const ofBroker: number[][] = Array.from({ length: model.brokerCount }, () => []);
  for (const b of context.alive) {
    for (const dir of dirsOf(search, b, withDirs)) {
      ofBroker[b]!.push(binBroker.length);
      binBroker.push(b);
      binDir.push(dir);
    }
  }
  const bins = { binBroker: Int32Array.from(binBroker), binDir: Int32Array.from(binDir) };
  return { ...bins, binsOf: ofBroker, ...sizesOf(search, items, bins), hasDirs: withDirs };
}

/** -1 = the broker as a whole. */
function dirsOf({ model, context }: Search, b: number, withDirs: boolean): number[] {
  const { logDirs } = model.input.brokers[b]!;
  if (!withDirs || logDirs.length === 0) return [-1];
  return [...logDirs.keys()].filter((dir) =>
    logDirs[dir]!.untouched !== true && context.logDirs!.isUsable(b, dir)
  );
}

function sizesOf(
  { context, windows, model }: Search,
  items: Int32Array,
  { binBroker, binDir }: { binBroker: Int32Array; binDir: Int32Array },
): { layers: number; mb: Float64Array; dirUpper: Float64Array } {
  const { logDirs } = context;
  const hasAny = logDirs !== undefined && binDir.some((dir) => dir >= 0);
  if (!hasAny) return { layers: 0, mb: new Float64Array(0), dirUpper: new Float64Array(0) };
  const layers = logDirs.countsWindows ? windows!.windows.count + 1 : 1;
  const mb = new Float64Array(items.length * layers);
  const dirUpper = new Float64Array(binBroker.length * layers).fill(Infinity);
  const size = (r: number, layer: number) =>
    layer === 0 ? logDirs.mb(r) : windows!.loadOf(r, layer - 1, DISK);
  const limits = dirCapacityLimits(context);
  for (const [x, dir] of binDir.entries()) {
    if (dir < 0) continue;
    const most = limits(binBroker[x]!, dir).upper * (1 - ROUNDING_MARGIN);
    dirUpper.fill(most, x * layers, (x + 1) * layers);
  }
  const isItem = new Uint8Array(model.replicaCount);
  for (const [i, r] of items.entries()) {
    isItem[r] = 1;
    for (let k = 0; k < layers; k++) mb[i * layers + k] = size(r, k);
  }
  const binAt = binFinder({ binBroker, binDir });
  for (let r = 0; r < model.replicaCount; r++) {
    const x = isItem[r] === 1 ? -1 : binAt(model.broker[r]!, logDirs.dirOf[r]!);
    if (x < 0 || binDir[x]! < 0) continue;
    for (let k = 0; k < layers; k++) dirUpper[x * layers + k]! -= size(r, k);
  }
  return { layers, mb, dirUpper };
}

/** Gives the bin of a broker and log dir; -1 = none. */
function binFinder({ binBroker, binDir }: Pick<Bins, "binBroker" | "binDir">) {
  const places = new Map<string, number>();
  for (const [x, b] of binBroker.entries()) places.set(`${b} ${binDir[x]}`, x);
  return (broker: number, dir: number) =>
    places.get(`${broker} -1`) ?? places.get(`${broker} ${dir}`) ?? -1;
}

/** Where items are now, and in the real cluster. */
export function startOf(
  { model, context }: Search,
  items: Int32Array,
  bins: Bins,
): { start: Int32Array; homeBin: Int32Array } {
  const binAt = binFinder(bins);
  const { logDirs } = context;
  return {
    start: items.map((r) =>
      mustLeave(model, r) ? -1 : binAt(model.broker[r]!, logDirs?.dirOf[r] ?? -1)
    ),
    homeBin: items.map((r) => binAt(model.home[r]!, model.input.replicaLogDir[r]!)),
  };
}
