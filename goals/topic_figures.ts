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
import { realBrokerCount } from "../model/cluster_input.ts";
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
  const isAllowed = allowedOf(context);
  const values = new Float64Array(model.topicCount * TOPIC_FIGURES);
  for (let from = 0; from < model.topicCount; from += CHUNK) {
    const to = Math.min(from + CHUNK, model.topicCount);
    writeTopics(context, values, { isAllowed, from, to });
    yield;
  }
  remember(model, { name: FIGURES, owner: context, values });
}

/** The figures of all topics as they are now; see the file's head. O(R), after few moves O(replicas of their topics). */
export function topicFigures(context: GoalContext): Float64Array {
  const { model } = context;
  const isAllowed = allowedOf(context);
  const all = () => {
    const figures = new Float64Array(model.topicCount * TOPIC_FIGURES);
    writeTopics(context, figures, { isAllowed, from: 0, to: model.topicCount });
    return figures;
  };
  return counted(model, FIGURES, {
    owner: context,
    all,
    // In place: nobody holds on to the figures of a moment.
    after(figures, moved) {
      if (concernsMost(model, moved)) return all();
      for (const t of new Set(Array.from(moved, (r) => model.topic[model.partition[r]!]!))) {
        writeTopics(context, figures, { isAllowed, from: t, to: t + 1 });
      }
      return figures;
    },
  });
}

/** Whether so many replicas moved that a look at all topics costs no more than one at theirs. */
export function concernsMost({ topicCount }: ClusterModel, moved: Int32Array): boolean {
  return moved.length > topicCount * MOST;
}

/** By broker: 1 = may receive replicas. */
function allowedOf({ model, allowed }: GoalContext): Uint8Array {
  const isAllowed = new Uint8Array(model.brokerCount);
  for (const b of allowed) isAllowed[b] = 1;
  return isAllowed;
}

/**
 * Looks at the replicas of topics `[from, to)`: most topics are on few of the brokers. A broker with n replicas of a topic comes n times, so
 * that its counts add up to their square: no question which brokers came before, which the processor could not foresee.
 */
function writeTopics(
  { model, allowed, topicTotals }: GoalContext,
  figures: Float64Array,
  { isAllowed, from, to }: { isAllowed: Uint8Array; from: number; to: number },
): void {
  const { topicReplicas, brokerCount, broker, replicaStart, input } = model;
  const { partitionStart } = input;
  const n = allowed.length;
  const brokers = realBrokerCount(input);
  let r = replicaStart[partitionStart[from]!]!;
  for (let t = from; t < to; t++) {
    const row = t * brokerCount;
    const start = r;
    const end = replicaStart[partitionStart[t + 1]!]!;
    let max = 0;
    let total = 0;
    let squares = 0;
    for (; r < end; r++) {
      const b = broker[r]!;
      const count = topicReplicas[row + b]!;
      if (count > max && b < brokers) max = count;
      total += isAllowed[b]!;
      squares += isAllowed[b]! * count;
    }
    // Fewer replicas than brokers leave a broker without.
    let min = end - start < brokers ? 0 : max;
    for (let b = 0; b < brokers && min > 0; b++) {
      const count = topicReplicas[row + b]!;
      if (count < min) min = count;
    }
    const mean = n > 0 ? topicTotals[t]! / n : 0;
    // Rounding may leave less than nothing where all have the same.
    const variance = n > 0 ? Math.max(0, (squares - mean * (2 * total - n * mean)) / n) : 0;
    const at = t * TOPIC_FIGURES;
    figures[at] = max;
    figures[at + TOPIC_FEWEST] = min;
    figures[at + TOPIC_DEVIATION] = Math.sqrt(variance);
  }
}
