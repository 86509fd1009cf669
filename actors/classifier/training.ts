/**
 * One training, from history to a scored model, in small steps: label, draw, grow, tune, score. Pure: the same history
 * and seed give the same model.
 *
 * The model that is scored is the one that is used, so its scores are its own; it has not seen the test.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { Prng } from "../../lib/prng.ts";
import { type BaselineName, BASELINES, baselinesAt } from "./baselines.ts";
import { FEATURE_COUNT, FEATURES, writeFeatures } from "./features.ts";
import { decide, type Forest, growTree, type LabelledRow, type Tree, votesOf } from "./forest.ts";
import { type History, rangeOf } from "./history.ts";
import { STATE_COUNT, type StateRules, type States, statesOf } from "./labels.ts";
import { scaledRow, surgedRow } from "./made_rows.ts";
import { drawRows, type Pool, poolBuilder, poolSize, type RowRef, spacedRows } from "./sampling.ts";
import { type Judged, macroF1Of, type Scores, scoresOf } from "./scores.ts";
import { type Split, splitRows } from "./split.ts";

/** Rows of a kind that trees draw from. */
const POOL_ROWS = 4_000;
/** Rows at most that a model is tuned and scored on, evenly spaced over their time. */
const TUNE_ROWS_MAX = 8_000;
const TEST_ROWS_MAX = 20_000;
const IMPORTANCE_ROWS_MAX = 3_000;
/** Parts of the rows of a tree that are made, see `made_rows.ts`. */
const SCALED_SHARE = 0.5;
const SURGED_SHARE = 0.15;
/** Rows between two steps: some 10 ms. */
const ROWS_A_STEP = 500;
/** Shares of votes that are tried as what a change of state needs. */
const CHANGE_SHARES = [0.34, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1];

/** How to train. */
export interface TrainingOptions {
  readonly rules: StateRules;
  readonly trees: number;
  readonly rowsPerTree: number;
  readonly testFraction: number;
  readonly onsetPrecision: number;
  /** Minutes of history without which nothing is learned. */
  readonly minMinutes: number;
  readonly prng: Prng;
  /** The model in use, to be scored on the same rows when it has not seen them. */
  readonly previous?: Model;
}

/** What predicts. */
export interface Model {
  readonly forest: Forest;
  /** Share of votes that a change of state needs. */
  readonly changeShare: number;
  /** Last minute whose rows or labels it has learned from. */
  readonly seenTo: number;
}

/** Scores of everybody on the same rows. */
export type AllScores = Readonly<Record<"forest" | BaselineName, Scores>>;

/** A trained model with its scores. */
export interface Trained {
  readonly model: Model;
  readonly split: Split;
  readonly scores: AllScores;
  /** Of the brokers that were held out; undefined when there are none. */
  readonly heldOut: AllScores | undefined;
  /** Of the previous model on the rows of `scores`; undefined when it has seen some of them. */
  readonly previous: Scores | undefined;
  /** Loss of macro-F1 by feature when its values are shuffled, in the order of FEATURES. */
  readonly importance: Float64Array;
}

/** Where a training is. */
export interface TrainingStep {
  /** 0..1 */
  readonly progress: number;
  readonly step: string;
}

/** Trains. Fails with `not_enough_windows` when the history is too short or nothing in it is known. */
export function* trainSteps(
  history: History,
  options: TrainingOptions,
): Generator<TrainingStep, Result<Trained>, void> {
  const { rules, prng } = options;
  const range = rangeOf(history);
  const minutes = range === undefined ? 0 : range.to - range.from + 1;
  const brokerIds = [...history.keys()].sort((a, b) => a - b);
  const split = range === undefined || minutes < options.minMinutes
    ? undefined
    : splitRows(range, brokerIds, {
      rules,
      testFraction: options.testFraction,
      prng: prng.fork("brokers"),
    });
  if (split === undefined) {
    return fail(
      "not_enough_windows",
      `Cannot train yet: there are ${minutes} minutes of broker metrics, wanted ${options.minMinutes}`,
      { retriable: true },
    );
  }
  const states = yield* labelAll(history, brokerIds, rules);
  const pool = yield* buildPool(states, split, options);
  if (poolSize(pool) === 0) {
    return fail("not_enough_windows", "Cannot train: no minute of any broker has known metrics", {
      retriable: true,
    });
  }
  const forest = yield* growForest(history, pool, options);
  const tuning = spacedRows(only(states, split.learned), split.tune, {
    rules,
    countMax: TUNE_ROWS_MAX,
  });
  const changeShare = yield* tune(history, tuning, { forest, rules });
  const seenTo = split.tune.to + rules.horizon;
  const model: Model = { forest, changeShare, seenTo };
  const rows = spacedRows(states, split.test, { rules, countMax: TEST_ROWS_MAX });
  const mine = yield* judge(history, rows, { model, rules, from: 0.8 });
  const others = yield* judgeBaselines(history, rows, rules);
  const all = { forest: mine, ...others };
  const mayCompare = options.previous !== undefined && options.previous.seenTo < split.test.from;
  const previous = mayCompare
    ? yield* judge(history, rows, { model: options.previous!, rules, from: 0.9 })
    : undefined;
  const importance = yield* importanceOf(history, rows, { model, rules, prng });
  const scores = scoreAll(all, options, () => true);
  yield { progress: 1, step: "scoring held-out brokers" };
  const apart = new Set(split.heldOut);
  const heldOut = apart.size === 0
    ? undefined
    : scoreAll(all, options, (i) => apart.has(rows[i]!.brokerId));
  return ok({
    model,
    split,
    scores,
    heldOut,
    previous: previous === undefined ? undefined : scoresOf(previous, options),
    importance,
  });
}

function only(states: ReadonlyMap<number, States>, ids: readonly number[]): Map<number, States> {
  return new Map(ids.map((id) => [id, states.get(id)!]));
}

function* labelAll(
  history: History,
  brokerIds: readonly number[],
  rules: StateRules,
): Generator<TrainingStep, Map<number, States>, void> {
  const states = new Map<number, States>();
  for (const id of brokerIds) {
    states.set(id, statesOf(history.get(id)!, rules));
    yield { progress: 0.1 * states.size / brokerIds.length, step: "labelling" };
  }
  return states;
}

function* buildPool(
  states: ReadonlyMap<number, States>,
  split: Split,
  { rules, prng }: TrainingOptions,
): Generator<TrainingStep, Pool, void> {
  const builder = poolBuilder({ rules, size: POOL_ROWS, prng: prng.fork("pool") });
  for (const id of split.learned) {
    builder.offer(id, states.get(id)!, split.train);
    yield { progress: 0.1, step: "drawing rows" };
  }
  return builder.pool();
}

function featuresOf(history: History, row: RowRef, rules: StateRules): Float64Array {
  const into = new Float64Array(FEATURE_COUNT);
  writeFeatures(history.get(row.brokerId)!, row.minute, { rules, into });
  return into;
}

function* growForest(
  history: History,
  pool: Pool,
  { rules, trees: count, rowsPerTree, prng }: TrainingOptions,
): Generator<TrainingStep, Forest, void> {
  const trees: Tree[] = [];
  const draws = prng.fork("draws");
  while (trees.length < count) {
    const rows = drawRows(pool, rowsPerTree, draws).map((row) =>
      learned(history, row, { rules, prng: draws })
    );
    trees.push(growTree(rows, { seed: draws.below(2 ** 31) }));
    yield {
      progress: 0.1 + 0.6 * trees.length / count,
      step: `grew tree ${trees.length}/${count}`,
    };
  }
  return { featureCount: FEATURE_COUNT, trees };
}

/** A row to learn from: as it is, or made from it. */
function learned(
  history: History,
  row: RowRef,
  options: { readonly rules: StateRules; readonly prng: Prng },
): LabelledRow {
  const drawn = options.prng.next();
  const make = drawn < SCALED_SHARE
    ? scaledRow
    : drawn < SCALED_SHARE + SURGED_SHARE
    ? surgedRow
    : undefined;
  const made = make?.(history.get(row.brokerId)!, row.minute, options);
  return made ?? { features: featuresOf(history, row, options.rules), label: row.actual };
}

/** Shares of votes of rows: rows x STATE_COUNT; and how near each is to an overload. */
function* votesOfRows(
  history: History,
  rows: readonly RowRef[],
  how: { forest: Forest; rules: StateRules; from: number },
): Generator<TrainingStep, { votes: Float64Array; overScore: Float64Array }, void> {
  const votes = new Float64Array(rows.length * STATE_COUNT);
  const overScore = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const into = votes.subarray(i * STATE_COUNT, (i + 1) * STATE_COUNT);
    overScore[i] = votesOf(how.forest, featuresOf(history, rows[i]!, how.rules), into);
    if (i % ROWS_A_STEP === ROWS_A_STEP - 1) {
      yield { progress: how.from + 0.1 * i / rows.length, step: "scoring" };
    }
  }
  return { votes, overScore };
}

function decideAll(rows: readonly RowRef[], votes: Float64Array, changeShare: number): Int8Array {
  return Int8Array.from(rows, (row, i) => {
    const mine = votes.subarray(i * STATE_COUNT, (i + 1) * STATE_COUNT);
    return decide(mine, row.current, { changeShare });
  });
}

/** The share of votes that gives the best macro-F1 on rows that no tree has seen; the largest of equals. */
function* tune(
  history: History,
  rows: readonly RowRef[],
  { forest, rules }: { forest: Forest; rules: StateRules },
): Generator<TrainingStep, number, void> {
  const { votes } = yield* votesOfRows(history, rows, { forest, rules, from: 0.7 });
  const actual = Int8Array.from(rows, (row) => row.actual);
  let best = 1;
  let bestF1 = -Infinity;
  for (const share of CHANGE_SHARES) {
    const f1 = macroF1Of(actual, decideAll(rows, votes, share));
    if (f1 < bestF1) continue;
    best = share;
    bestF1 = f1;
  }
  return best;
}

function judgedOf(rows: readonly RowRef[], predicted: Int8Array, overScore: Float64Array): Judged {
  return {
    current: Int8Array.from(rows, (row) => row.current),
    actual: Int8Array.from(rows, (row) => row.actual),
    predicted,
    overScore,
  };
}

function* judge(
  history: History,
  rows: readonly RowRef[],
  how: { model: Model; rules: StateRules; from: number },
): Generator<TrainingStep, Judged, void> {
  const { model, rules, from } = how;
  const { forest } = model;
  const { votes, overScore } = yield* votesOfRows(history, rows, { forest, rules, from });
  return judgedOf(rows, decideAll(rows, votes, model.changeShare), overScore);
}

function* judgeBaselines(
  history: History,
  rows: readonly RowRef[],
  rules: StateRules,
): Generator<TrainingStep, Record<BaselineName, Judged>, void> {
  const empty = () => judgedOf(rows, new Int8Array(rows.length), new Float64Array(rows.length));
  const judged = {
    persistence: empty(),
    same_time_yesterday: empty(),
    linear_forecast: empty(),
  } satisfies Record<BaselineName, Judged>;
  for (const [i, row] of rows.entries()) {
    const answers = baselinesAt(history.get(row.brokerId)!, row.minute, rules);
    for (const name of BASELINES) {
      judged[name].predicted[i] = answers[name].state;
      judged[name].overScore[i] = answers[name].overScore;
    }
    if (i % ROWS_A_STEP === ROWS_A_STEP - 1) yield { progress: 0.9, step: "scoring baselines" };
  }
  return judged;
}

function scoreAll(
  judged: Readonly<Record<"forest" | BaselineName, Judged>>,
  options: { readonly onsetPrecision: number },
  keep: (row: number) => boolean,
): AllScores {
  const score = (one: Judged) =>
    scoresOf({
      current: one.current.filter((_, i) => keep(i)),
      actual: one.actual.filter((_, i) => keep(i)),
      predicted: one.predicted.filter((_, i) => keep(i)),
      overScore: one.overScore.filter((_, i) => keep(i)),
    }, options);
  return {
    forest: score(judged.forest),
    persistence: score(judged.persistence),
    same_time_yesterday: score(judged.same_time_yesterday),
    linear_forecast: score(judged.linear_forecast),
  };
}

/** Permutation importance (Breiman 2001) on test rows: how much worse it gets when one feature tells nothing. */
function* importanceOf(
  history: History,
  all: readonly RowRef[],
  how: { model: Model; rules: StateRules; prng: Prng },
): Generator<TrainingStep, Float64Array, void> {
  const { model, rules } = how;
  const stride = Math.max(1, Math.ceil(all.length / IMPORTANCE_ROWS_MAX));
  const rows = all.filter((_, i) => i % stride === 0);
  const features = rows.map((row) => featuresOf(history, row, rules));
  const actual = Int8Array.from(rows, (row) => row.actual);
  const votes = new Float64Array(rows.length * STATE_COUNT);
  const f1 = () => {
    features.forEach((row, i) =>
      votesOf(model.forest, row, votes.subarray(i * STATE_COUNT, (i + 1) * STATE_COUNT))
    );
    return macroF1Of(actual, decideAll(rows, votes, model.changeShare));
  };
  const prng = how.prng.fork("importance");
  const whole = f1();
  const losses = new Float64Array(FEATURE_COUNT);
  for (let k = 0; k < FEATURE_COUNT; k++) {
    const kept = features.map((row) => row[k]!);
    const shuffled = shuffle(kept, prng);
    features.forEach((row, i) => row[k] = shuffled[i]!);
    losses[k] = whole - f1();
    features.forEach((row, i) => row[k] = kept[i]!);
    yield { progress: 0.95 + 0.05 * k / FEATURES.length, step: "weighing features" };
  }
  return losses;
}

function shuffle(values: readonly number[], prng: Prng): number[] {
  const shuffled = [...values];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = prng.below(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}
