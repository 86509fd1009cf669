/**
 * A random forest, grown tree by tree so that no event loop waits for more than one, and asked by our own code.
 *
 * Trees come from `ml-random-forest` (MIT), one small forest of a single tree for each of ours, each on rows of its
 * own. Once grown, a tree is copied into flat arrays: that is what is saved, loaded and asked. The library's own
 * `predictProbability` and `featureImportance` gave wrong figures after loading and are not used.
 *
 * @module
 */
import type { RandomForestClassifier } from "ml-random-forest";
import { assert } from "../../lib/assert.ts";
import { fail, ok, type Result } from "../../lib/failure.ts";
import { OVER_LOADED, STATE_COUNT } from "./labels.ts";

/** Part of the features that a tree sees. */
const FEATURE_SHARE = 0.6;

/** Depth and smallest leaf of a tree: deep enough for thresholds within thresholds, too shallow for single rows. */
const DEPTH_MAX = 10;
const LEAF_ROWS = 5;

/**
 * A tree: node 0 is the root. A node asks whether `row[feature] < threshold`; yes leads to `left`, no to `right`.
 * A leaf has feature -1, its state in `left`, and in `threshold` the part of its rows that were over-loaded.
 */
export interface Tree {
  readonly feature: Int16Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
}

/** Trees that vote. */
export interface Forest {
  /** Length of a row. */
  readonly featureCount: number;
  readonly trees: readonly Tree[];
}

/** A row to learn from. */
export interface LabelledRow {
  readonly features: Float64Array;
  /** State index. */
  readonly label: number;
}

let library: { readonly RandomForestClassifier: typeof RandomForestClassifier } | undefined;

/** Loads what grows trees. Only who trains needs it, and it costs every process some 10 MB that has it. */
export async function loadForestLibrary(): Promise<void> {
  library ??= await import("ml-random-forest");
}

/** Grows one tree, once the library is loaded. Blocks for about the square of the rows: 300 rows of 25 features take some 40 to 80 ms. */
export function growTree(rows: readonly LabelledRow[], options: { readonly seed: number }): Tree {
  assert(rows.length > 0, "A tree needs rows");
  assert(library !== undefined, "A tree is grown before loadForestLibrary()");
  const forest = new library.RandomForestClassifier({
    seed: options.seed,
    nEstimators: 1,
    maxFeatures: FEATURE_SHARE,
    replacement: false,
    useSampleBagging: false,
    noOOB: true,
    treeOptions: { maxDepth: DEPTH_MAX, minNumSamples: LEAF_ROWS },
  });
  forest.train(rows.map((row) => Array.from(row.features)), rows.map((row) => row.label));
  return treeOf(JSON.parse(JSON.stringify(forest)));
}

/** A node as the library writes it; a leaf has a distribution over classes. */
export interface ForeignNode {
  readonly splitColumn?: number;
  readonly splitValue?: number;
  readonly left?: ForeignNode;
  readonly right?: ForeignNode;
  readonly distribution?: readonly (readonly number[])[];
}

/** What the library's forest of one tree looks like as JSON. */
export interface ForeignForest {
  readonly baseModel: {
    readonly indexes: readonly (readonly number[])[];
    readonly estimators: readonly { readonly root: ForeignNode }[];
  };
}

/** Copies the first tree of a forest of the library. */
export function treeOf({ baseModel }: ForeignForest): Tree {
  const used = baseModel.indexes[0]!;
  const feature: number[] = [];
  const threshold: number[] = [];
  const left: number[] = [];
  const right: number[] = [];
  const add = (node: ForeignNode): number => {
    const at = feature.length;
    // Like the library: a node with both children asks, any other is a leaf.
    const asks = node.left !== undefined && node.right !== undefined;
    feature.push(asks ? used[node.splitColumn!]! : -1);
    threshold.push(asks ? node.splitValue! : node.distribution![0]![OVER_LOADED] ?? 0);
    left.push(asks ? 0 : likeliest(node.distribution![0]!));
    right.push(0);
    if (asks) {
      left[at] = add(node.left);
      right[at] = add(node.right);
    }
    return at;
  };
  add(baseModel.estimators[0]!.root);
  return {
    feature: Int16Array.from(feature),
    threshold: Float64Array.from(threshold),
    left: Int32Array.from(left),
    right: Int32Array.from(right),
  };
}

/** Index of the largest; the first of equals. */
function likeliest(distribution: readonly number[]): number {
  return distribution.indexOf(Math.max(...distribution));
}

/** Node of the leaf that a row ends in. */
function leafOf({ feature, threshold, left, right }: Tree, row: Float64Array): number {
  let node = 0;
  while (feature[node]! >= 0) {
    node = row[feature[node]!]! < threshold[node]! ? left[node]! : right[node]!;
  }
  return node;
}

/** State that a tree gives. */
export function askTree(tree: Tree, row: Float64Array): number {
  return tree.left[leafOf(tree, row)]!;
}

/**
 * Shares of the trees by state index, written to `into`, length STATE_COUNT; they sum to 1. Returns how near the
 * forest sees an overload: the mean part of over-loaded rows in the leaves, 0..1, finer than the votes.
 */
export function votesOf(forest: Forest, row: Float64Array, into: Float64Array): number {
  into.fill(0);
  let over = 0;
  for (const tree of forest.trees) {
    const leaf = leafOf(tree, row);
    into[tree.left[leaf]!]!++;
    over += tree.threshold[leaf]!;
  }
  for (let state = 0; state < STATE_COUNT; state++) into[state]! /= forest.trees.length;
  return over / forest.trees.length;
}

/**
 * The state that shares of votes mean: the one with most, but a change only when its share reaches `changeShare`:
 * trees learn from more changes than there are, so they call them too often.
 */
export function decide(
  votes: Float64Array,
  current: number,
  options: { readonly changeShare: number },
): number {
  let best = current;
  for (let state = 0; state < STATE_COUNT; state++) {
    if (votes[state]! > votes[best]!) best = state;
  }
  return best === current || votes[best]! >= options.changeShare ? best : current;
}

const MAGIC = 0x45564b46; // "EVKF"
const FORMAT = 1;

/** FNV-1a over bytes: SQLite does not notice a changed byte inside a blob. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash | 0;
}

/**
 * Bytes of a forest: magic, format, features, trees, then for each tree its nodes, columns one after the other, and a
 * checksum of all of it.
 */
export function encodeForest(forest: Forest): Uint8Array {
  const head = Int32Array.of(MAGIC, FORMAT, forest.featureCount, forest.trees.length);
  const parts: ArrayBufferView[] = [head];
  for (const tree of forest.trees) {
    parts.push(Int32Array.of(tree.feature.length), Int32Array.from(tree.feature), tree.threshold);
    parts.push(tree.left, tree.right);
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 4));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  new DataView(bytes.buffer).setInt32(at, checksum(bytes.subarray(0, at)), true);
  return bytes;
}

/** Reads {@link encodeForest}. Fails with `invalid_file` for anything that could not be asked safely. */
export function decodeForest(whole: Uint8Array): Result<Forest> {
  const bad = (why: string) => fail("invalid_file", `Cannot read a forest: ${why}`);
  const end = whole.byteLength - 4;
  if (end < 16) return bad(`it has ${whole.byteLength} bytes, at least 20 wanted`);
  const bytes = whole.subarray(0, end);
  const sum = new DataView(whole.buffer, whole.byteOffset).getInt32(end, true);
  if (sum !== checksum(bytes)) return bad("its checksum is wrong");
  let at = 0;
  const take = (count: number): ArrayBuffer | undefined => {
    if (count < 0 || at + count > bytes.byteLength) return undefined;
    return bytes.slice(at, at += count).buffer;
  };
  const [magic, format, featureCount, treeCount] = new Int32Array(take(16)!);
  if (magic !== MAGIC) return bad("it does not begin like one");
  if (format !== FORMAT) return bad(`its format is ${format}, wanted ${FORMAT}`);
  const trees: Tree[] = [];
  for (let i = 0; i < treeCount!; i++) {
    const size = take(4);
    const nodes = size === undefined ? -1 : new Int32Array(size)[0]!;
    const columns = [4, 8, 4, 4].map((width) => take(nodes * width));
    if (nodes < 1 || columns.includes(undefined)) return bad(`tree ${i} is cut off`);
    const tree: Tree = {
      feature: Int16Array.from(new Int32Array(columns[0]!)),
      threshold: new Float64Array(columns[1]!),
      left: new Int32Array(columns[2]!),
      right: new Int32Array(columns[3]!),
    };
    if (!isSound(tree, featureCount!)) return bad(`tree ${i} leads nowhere`);
    trees.push(tree);
  }
  if (trees.length === 0 || at !== bytes.byteLength) return bad("its length is wrong");
  return ok({ featureCount: featureCount!, trees });
}

/** Children follow their parent, so that no walk is endless; features and states exist. */
function isSound(tree: Tree, featureCount: number): boolean {
  const nodes = tree.feature.length;
  const follows = (child: number, parent: number) => child > parent && child < nodes;
  return tree.feature.every((feature, node) => {
    const left = tree.left[node]!;
    if (feature < 0) return left >= 0 && left < STATE_COUNT;
    return feature < featureCount && follows(left, node) && follows(tree.right[node]!, node);
  });
}
