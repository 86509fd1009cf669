/**
 * Replicas of topics on brokers, on the way from home to the plan.
 *
 * @module
 */
import { ALIVE, type ClusterModel } from "../../model/cluster_model.ts";
import type { TopicLimits } from "../../goals/goal.ts";
import type { Search } from "../search/state.ts";
import type { Outside } from "./cells.ts";
import type { CellRow } from "./cells_of.ts";

/** Counts begin as in the plan: going home is the caller's. Undefined when no goal is about topics. */
export function topicRow({ model, goals }: Search): CellRow | undefined {
  const limits = goals.find((goal) => goal.topicLimits !== undefined)?.topicLimits;
  if (limits === undefined) return undefined;
  const cells = new TopicCells(model, limits);
  return {
    cells,
    weight: 1 / Math.max(1, model.replicaCount),
    add: (p, sign) => cells.add(p, sign),
  };
}

/** Limits are widened to the plan's own counts. Plain loops over arrays of one type: they run for every proposal. */
class TopicCells implements Outside {
  readonly isHard = false;
  total = 0;
  /** What the counts are now less what they are in the end. Few places of it are ever touched. */
  readonly #ahead: Int16Array;

  constructor(readonly model: ClusterModel, readonly limits: TopicLimits) {
    this.#ahead = new Int16Array(model.topicReplicas.length);
  }

  add(p: number, sign: number): void {
    const { home, broker, replicaStart, topic, brokerCount, topicReplicas, flags } = this.model;
    const ahead = this.#ahead;
    const t = topic[p]!;
    const row = t * brokerCount;
    const upper = this.limits.upper[t]!;
    const lower = this.limits.lower[t]!;
    const last = replicaStart[p + 1]!;
    for (let r = replicaStart[p]!; r < last; r++) {
      const from = home[r]!;
      const to = broker[r]!;
      if (from === to) continue;
      const left = row + from;
      const entered = row + to;
      const fewer = ahead[left]! - sign;
      const more = ahead[entered]! + sign;
      ahead[left] = fewer;
      ahead[entered] = more;
      if ((flags[from]! & ALIVE) !== 0) {
        const end = topicReplicas[left]!;
        this.total += outside(end + fewer, end, upper, lower) -
          outside(end + fewer + sign, end, upper, lower);
      }
      if ((flags[to]! & ALIVE) !== 0) {
        const end = topicReplicas[entered]!;
        this.total += outside(end + more, end, upper, lower) -
          outside(end + more - sign, end, upper, lower);
      }
    }
  }

  worse(): number {
    return 0;
  }

  settle(): void {}
}

/**
 * What of a count is outside limits that are widened to its `end`. All is computed each time: a branch that is rarely taken has
 * compiled code thrown away when it is.
 */
function outside(count: number, end: number, upper: number, lower: number): number {
  return Math.max(count - Math.max(upper, end), Math.min(lower, end) - count, 0);
}
