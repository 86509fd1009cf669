/**
 * Models of the classifier in state.db: every one that was trained lately, the good ones with their forest.
 * Written by the classifier alone.
 *
 * @module
 */
import { assert } from "../lib/assert.ts";
import type { Result } from "../lib/failure.ts";
import type { Store } from "./open.ts";
import type { SqlRow } from "./sqlite.ts";

/** A model as it is kept. What is JSON is the classifier's business. */
export interface ModelRow {
  /** Grows with each model, from 1. */
  readonly version: number;
  readonly createdMs: number;
  /** Time of the rows that it learned from, epoch ms. */
  readonly trainedFromMs: number;
  readonly trainedToMs: number;
  /** JSON list of names: what a row of features is. */
  readonly features: string;
  /** JSON: what the states mean to it. */
  readonly rules: string;
  /** JSON: its scores beside those of the baselines. */
  readonly scores: string;
  /** Share of votes, 0..1, that a change of state needs. */
  readonly changeShare: number;
  /** Whether it was good enough to be used. */
  readonly good: boolean;
  /** Why, in words. */
  readonly verdict: string;
  readonly forest: Uint8Array;
}

/** Keeps models. Failures: `store_full`, `store_corrupt`, `deadline_exceeded`. */
export interface ModelStore {
  /**
   * Writes a model, takes the word "good" from `retire`, and removes all but the newest `keep` ones, `inUse` and the
   * newest good one. Gives its version.
   */
  save(
    model: Omit<ModelRow, "version">,
    options: {
      readonly keep: number;
      readonly inUse: number | undefined;
      readonly retire: number | undefined;
    },
  ): Result<number>;
  /** Every model, newest first. */
  list(): Result<ModelRow[]>;
}

/** The models in an open state.db. */
export function modelStore(store: Store): ModelStore {
  const { connection } = store;
  const insert = connection.prepare(
    `INSERT INTO classifier_model (created_ms, trained_from_ms, trained_to_ms, features, rules, scores,
      change_share, good, verdict, forest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING version`,
  );
  const retireOne = connection.prepare("UPDATE classifier_model SET good = 0 WHERE version = ?");
  const prune = connection.prepare(
    `DELETE FROM classifier_model WHERE version NOT IN
      (SELECT version FROM classifier_model ORDER BY version DESC LIMIT ?)
      AND version IS NOT ?
      AND version IS NOT (SELECT max(version) FROM classifier_model WHERE good = 1)`,
  );
  const select = connection.prepare("SELECT * FROM classifier_model ORDER BY version DESC");
  return {
    save: (model, { keep, inUse, retire }) =>
      store.transaction("Cannot save a model", () => {
        const row = insert.get(
          model.createdMs,
          model.trainedFromMs,
          model.trainedToMs,
          model.features,
          model.rules,
          model.scores,
          model.changeShare,
          model.good ? 1 : 0,
          model.verdict,
          model.forest,
        );
        assert(row !== undefined, "A saved model has no version");
        if (retire !== undefined) retireOne.run(retire);
        prune.run(keep, inUse ?? null);
        return Number(row["version"]);
      }),
    list: () => store.transaction("Cannot read the models", () => select.all().map(rowOf)),
  };
}

function rowOf(row: SqlRow): ModelRow {
  const forest = row["forest"];
  assert(forest instanceof Uint8Array, "A stored forest is not a blob");
  return {
    version: Number(row["version"]),
    createdMs: Number(row["created_ms"]),
    trainedFromMs: Number(row["trained_from_ms"]),
    trainedToMs: Number(row["trained_to_ms"]),
    features: String(row["features"]),
    rules: String(row["rules"]),
    scores: String(row["scores"]),
    changeShare: Number(row["change_share"]),
    good: row["good"] === 1,
    verdict: String(row["verdict"]),
    // A copy: the driver's buffer may be part of a larger one, and typed arrays over it need alignment.
    forest: new Uint8Array(forest),
  };
}
