/**
 * Log dirs of a plan's prefixes, which goals of log dirs are judged by.
 *
 * @module
 */
import { INTRA_BROKER_GOALS } from "../../goals/intra_broker_disk.ts";
import type { LogDirState } from "../../goals/log_dir_state.ts";
import type { Prepared } from "../prepared.ts";

/** Follows a plan that the log dirs are in the state of to begin with; does nothing where no goal is about them. */
export class DirsOnTheWay {
  readonly #logDirs: LogDirState | undefined;
  readonly #planned: Int16Array;
  /** Whether any replica changes its log dir alone. */
  readonly hasMore: boolean;

  constructor({ context: { logDirs }, goals, model }: Prepared) {
    const isAsked = goals.some(({ goal }) => INTRA_BROKER_GOALS.some((name) => name === goal.name));
    this.#logDirs = isAsked ? logDirs : undefined;
    this.#planned = this.#logDirs?.dirOf.slice() ?? new Int16Array(0);
    const { replicaLogDir } = model.input;
    this.hasMore = this.#planned.some((dir, r) => dir !== replicaLogDir[r]);
  }

  /** The first `count` partitions of the order, which the model has carried out, are where they are planned; after the last of them all others are. O(R). */
  follow(order: Int32Array, count: number): void {
    const logDirs = this.#logDirs;
    if (logDirs === undefined) return;
    if (count > 0 && count === order.length) return this.finish();
    const { replicaStart, input } = logDirs.model;
    logDirs.dirOf.set(input.replicaLogDir);
    for (let i = 0; i < count; i++) {
      const start = replicaStart[order[i]!]!;
      const end = replicaStart[order[i]! + 1]!;
      logDirs.dirOf.set(this.#planned.subarray(start, end), start);
    }
    logDirs.refresh();
  }

  /** All are where they are planned. O(R). */
  finish(): void {
    this.#logDirs?.dirOf.set(this.#planned);
    this.#logDirs?.refresh();
  }
}
