import { assert, assertEquals, assertMatch } from "@std/assert";
import { RandomForestClassifier } from "ml-random-forest";
import {
  askTree,
  decide,
  decodeForest,
  encodeForest,
  type ForeignForest,
  type Forest,
  growTree,
  loadForestLibrary,
  treeOf,
  votesOf,
} from "../../../actors/classifier/forest.ts";
import { createPrng } from "../../../lib/prng.ts";

await loadForestLibrary();

const FEATURES = 6;

/** Rows whose label follows from two of six features. */
function madeRows(count: number, seed: number) {
  const prng = createPrng(seed);
  return Array.from({ length: count }, () => {
    const features = Float64Array.from({ length: FEATURES }, () => prng.next());
    const label = features[0]! + features[1]! > 1.2 ? 2 : features[0]! < 0.3 ? 0 : 1;
    return { features, label };
  });
}

function grow(trees: number): Forest {
  return {
    featureCount: FEATURES,
    trees: Array.from({ length: trees }, (_, i) => growTree(madeRows(150, i), { seed: i })),
  };
}

Deno.test("askTree() answers as the library's predict() does, fresh and loaded", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const rows = madeRows(120, seed);
    const library = new RandomForestClassifier({
      seed,
      nEstimators: 1,
      maxFeatures: 0.7,
      replacement: false,
      useSampleBagging: false,
      noOOB: true,
      treeOptions: { maxDepth: 8, minNumSamples: 3 },
    });
    library.train(rows.map((row) => [...row.features]), rows.map((row) => row.label));
    const json = JSON.parse(JSON.stringify(library)) as ForeignForest;
    const tree = treeOf(json);
    const others = madeRows(300, seed + 100);
    const table = others.map((row) => [...row.features]);
    const mine = others.map((row) => askTree(tree, row.features));
    assertEquals(mine, library.predict(table), `seed ${seed}`);
    // deno-lint-ignore no-explicit-any
    assertEquals(mine, RandomForestClassifier.load(json as any).predict(table), `seed ${seed}`);
    assert(new Set(mine).size === 3, "all states are named");
  }
});

Deno.test("growTree() gives the same tree for the same seed", () => {
  assertEquals(growTree(madeRows(80, 1), { seed: 5 }), growTree(madeRows(80, 1), { seed: 5 }));
});

Deno.test("growTree() manages rows of one state only", () => {
  const rows = madeRows(40, 1).map((row) => ({ ...row, label: 2 }));
  assertEquals(askTree(growTree(rows, { seed: 1 }), rows[0]!.features), 2);
});

Deno.test("votesOf() of many trees is right more often than most single ones", () => {
  const forest = grow(25);
  const rows = madeRows(500, 999);
  const votes = new Float64Array(3);
  const right = (trees: Forest) =>
    rows.filter((row) => {
      votesOf(trees, row.features, votes);
      assert(Math.abs(votes[0]! + votes[1]! + votes[2]! - 1) < 1e-9);
      return decide(votes, 0, { changeShare: 0 }) === row.label;
    }).length;
  const alone = forest.trees.map((tree) => right({ ...forest, trees: [tree] })).sort((a, b) =>
    a - b
  );
  assert(right(forest) > alone[12]!, `${right(forest)} vs median ${alone[12]}`);
  assert(right(forest) > 0.85 * rows.length);
});

Deno.test("decide() keeps the state unless enough trees want another", () => {
  const votes = Float64Array.of(0.1, 0.35, 0.55);
  assertEquals(decide(votes, 1, { changeShare: 0.5 }), 2);
  assertEquals(decide(votes, 1, { changeShare: 0.6 }), 1);
  assertEquals(decide(votes, 2, { changeShare: 0.9 }), 2);
  assertEquals(decide(Float64Array.of(0.5, 0.5, 0), 1, { changeShare: 0 }), 1, "a tie stays");
});

Deno.test("decodeForest() gives back what encodeForest() wrote", () => {
  const forest = grow(4);
  const again = decodeForest(encodeForest(forest));
  assert(again.ok);
  assertEquals(again.value, forest);
});

Deno.test("decodeForest() refuses every changed byte and every cut", () => {
  const bytes = encodeForest(grow(2));
  const prng = createPrng(1);
  for (let i = 0; i < 200; i++) {
    const bad = bytes.slice();
    bad[prng.below(bad.length)]! ^= 1 << prng.below(8);
    assert(!decodeForest(bad).ok);
    assert(!decodeForest(bytes.slice(0, prng.below(bytes.length))).ok);
  }
  const empty = decodeForest(new Uint8Array(0));
  assert(!empty.ok);
  assertMatch(empty.failure.message, /it has 0 bytes/);
});

Deno.test("decodeForest() refuses a tree that would be walked without end", () => {
  const loop = {
    feature: Int16Array.of(0, -1),
    threshold: Float64Array.of(0.5, 0),
    left: Int32Array.of(0, 1),
    right: Int32Array.of(1, 0),
  };
  const read = decodeForest(encodeForest({ featureCount: 1, trees: [loop] }));
  assert(!read.ok);
  assertMatch(read.failure.message, /leads nowhere/);
});
