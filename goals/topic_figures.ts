/**
 * How the replicas of each topic are spread over the brokers: what statistics report, and what says at once of most
 * topics that no broker is outside their limits.
 *
 * ```
 * value                      index
 * most on one broker         topic x TOPIC_FIGURES + TOPIC_MOST
 * fewest on one broker       topic x TOPIC_FIGURES + TOPIC_FEWEST
 * deviation over the         topic x TOPIC_FIGURES + TOPIC_DEVIATION
 * allowed brokers
 * ```
 *
 * @module
 */
import { counted, isForgotten, remember } from "../model/counted.ts";
import type { ClusterModel } from "../model/cluster_model.ts";
import type { GoalContext } from "./goal.ts";

/** Figures by topic. */
export const TOPIC_FIGURES = 3;
/** Most replicas of the topic on one broker, dead ones too. */
export const TOPIC_MOST = 0;
/** Fewest. */
export const TOPIC_FEWEST = 1;
/** Their deviation from the mean over the brokers that may receive replicas. */
export const TOPIC_DEVIATION = 2;

const FIGURES = "figures of topics";

/** More than any topic has. */
const COUNT_MAX = 2 ** 30 - 1;

/** From so many moves by topic on, most topics are concerned. */
const MOST = 0.25;

/** Topics counted between two yields: a few milliseconds at 2,800,000 replicas of 20,000 topics. */
const CHUNK = 2500;

/** Whether {@link topicFigures} needs no look at all topics. */
export function topicsAreCounted(context: GoalContext): boolean {
  return !isForgotten(context.model, FIGURES, context);
}

/** Counts all topics step by step where {@link topicFigures} would have to do so at once; the model must stay as it is. */
export function* topicFigureSteps(context: GoalContext): Generator<void, void> {
  const { model } = context;
  if (topicsAreCounted(context)) return;
  const work = workOf(context);
  const values = new Float64Array(model.topicCount * TOPIC_FIGURES);
  for (let from = 0; from < model.topicCount; from += CHUNK) {
    writeTopics(context, values, { work, from, to: Math.min(from + CHUNK, model.topicCount) });
    yield;
  }
  remember(model, { name: FIGURES, owner: context, values });
}

/** The figures of all topics as they are now; see the file's head. O(R), after few moves O(replicas of their topics). */
export function topicFigures(context: GoalContext): Float64Array {
  const { model } = context;
  const work = workOf(context);
  const all = () => {
    const figures = new Float64Array(model.topicCount * TOPIC_FIGURES);
    writeTopics(context, figures, { work, from: 0, to: model.topicCount });
    return figures;
  };
  return counted(model, FIGURES, {
    owner: context,
    all,
    after(figures, moved) {
      if (concernsMost(model, moved)) return all();
      const changed = figures.slice();
      for (const t of new Set(Array.from(moved, (r) => model.topic[model.partition[r]!]!))) {
        writeTopics(context, changed, { work, from: t, to: t + 1 });
      }
      return changed;
    },
  });
}

/** Whether so many replicas moved that a look at all topics costs no more than one at theirs. */
export function concernsMost({ topicCount }: ClusterModel, moved: Int32Array): boolean {
  return moved.length > topicCount * MOST;
}

interface TopicWork {
  readonly isAllowed: Uint8Array;
  /** The last topic that a broker's cell was looked at for. */
  readonly seen: Int32Array;
}

function workOf({ model, allowed }: GoalContext): TopicWork {
  const isAllowed = new Uint8Array(model.brokerCount);
  for (const b of allowed) isAllowed[b] = 1;
  return { isAllowed, seen: new Int32Array(model.brokerCount).fill(-1) };
}

/** Looks at the replicas of topics `[from, to)`: most topics are on few of the brokers. */
function writeTopics(
  { model, allowed, topicTotals }: GoalContext,
  figures: Float64Array,
  { work, from, to }: { work: TopicWork; from: number; to: number },
): void {
  const { topicReplicas, brokerCount, broker, replicaStart, input } = model;
  const { partitionStart } = input;
  const { isAllowed, seen } = work;
  const n = allowed.length;
  let r = replicaStart[partitionStart[from]!]!;
  for (let t = from; t < to; t++) {
    const mean = n > 0 ? topicTotals[t]! / n : 0;
    const row = t * brokerCount;
    const end = replicaStart[partitionStart[t + 1]!]!;
    let empty = brokerCount;
    let emptyAllowed = n;
    let max = 0;
    let min = COUNT_MAX;
    const at = t * TOPIC_FIGURES;
    // Grows in the array: V8's middle compiler boxes floats that a loop carries in variables.
    figures[at + TOPIC_DEVIATION] = 0;
    for (; r < end; r++) {
      const b = broker[r]!;
      if (seen[b] === t) continue;
      seen[b] = t;
      empty--;
      const count = topicReplicas[row + b]!;
      if (count > max) max = count;
      if (count < min) min = count;
      if (isAllowed[b] === 0) continue;
      emptyAllowed--;
      // A product: a power is a call, which took half of the pass.
      const away = count - mean;
      figures[at + TOPIC_DEVIATION]! += away * away;
    }
    const squares = figures[at + TOPIC_DEVIATION]! + emptyAllowed * mean * mean;
    figures[at] = max;
    figures[at + TOPIC_FEWEST] = empty > 0 ? 0 : min;
    figures[at + TOPIC_DEVIATION] = n > 0 ? Math.sqrt(squares / n) : 0;
  }
}
