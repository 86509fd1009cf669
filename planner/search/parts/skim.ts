/**
 * Takes most of what overfull brokers have to give away off them in the order of memory.
 *
 * Where a large part of a broker's replicas has to leave, nearly any of them will do: what remains is a mix like before, and those
 * that are chosen to leave last, and their destinations (`shed.ts`), put right what does not fit. What a move reads then lies side by side, and nothing is compared.
 *
 * @module
 */
import { AXIS_DISK } from "../../../model/cluster_model.ts";
import { LISTED_BELOW } from "../../../model/build_model.ts";
import { leavesTopicShort, mayTake, topicUpperOf } from "../destination.ts";
import { SHED_AXES } from "./picks.ts";
import { REASON } from "../reasons.ts";
import { relocate, type Search } from "../state.ts";
import { mayMove } from "../rules.ts";
import { exceededGoal } from "../goal_of_limit.ts";

/** Part of what has to leave a broker that leaves so. With 0.6 to 0.9, plans move within 0.1 % as many bytes. */
const SKIMMED = 0.75;
/** Smaller parts of a broker's replicas are left to the choice. */
const PART_MIN = 0.1;
/** Part of its targets up to which a broker takes whatever comes. Up to the whole, some were left with a mix that cost thousands of trades. */
const FILLED = 0.9;
/** Replicas between two yields. */
const CHUNK = 20_000;

/** Who gives and who takes. */
interface Skimming {
  /** By broker: the part of its replicas that leaves, and how many of those seen have still to. */
  readonly parts: Float64Array;
  readonly due: Float64Array;
  /** Brokers that are not {@link FILLED}; they take replicas in turns. The emptiest alone would soon be full of each topic. */
  readonly takers: Int32Array;
  takerCount: number;
  /** Place in `takers`. */
  next: number;
}

/** Does nothing in small clusters: there all reads are cheap. Yields from time to time. O(R). */
export function* skim(search: Search): Generator<void, void> {
  const { model } = search;
  if (model.replicaCount < LISTED_BELOW) return;
  const parts = new Float64Array(model.brokerCount);
  for (const b of search.context.alive) parts[b] = partOf(search, b);
  if (!parts.some((part) => part > 0)) return;
  const takers = search.ranking.brokers.slice();
  const skimming: Skimming = {
    parts,
    due: new Float64Array(model.brokerCount),
    takers,
    takerCount: takers.length,
    next: 0,
  };
  for (let from = 0; from < model.replicaCount; from += CHUNK) {
    skimSome(search, skimming, { from, to: Math.min(from + CHUNK, model.replicaCount) });
    yield;
  }
}

/** Part of a broker's replicas that leaves: what the axis with the least excess asks for. */
function partOf({ model, upper }: Search, broker: number): number {
  let least = 1;
  for (const axis of SHED_AXES) {
    const i = broker << 3 | axis;
    least = Math.min(least, 1 - upper[i]! / Math.max(model.sums[i]!, Number.MIN_VALUE));
  }
  return least < PART_MIN ? 0 : least * SKIMMED;
}

/**
 * Moves those of some replicas that are due: evenly spread over what the broker holds, but those of a topic that it holds too many
 * of always are.
 */
function skimSome(
  search: Search,
  skimming: Skimming,
  { from, to }: { from: number; to: number },
): void {
  const { broker, partition, topic, topicReplicas, brokerCount } = search.model;
  const { topicUpper } = search;
  const { parts, due } = skimming;
  for (let r = from; r < to; r++) {
    const b = broker[r]!;
    if (parts[b] === 0) continue;
    due[b]! += parts[b]!;
    if (due[b]! < 1) {
      const t = topic[partition[r]!]!;
      if (topicReplicas[t * brokerCount + b]! <= topicUpper[t]!) continue;
    }
    if (mayMove(search, r)) due[b]! -= moveAway(search, skimming, r);
  }
}

/** Moves a replica to the next that takes it; how many moved. */
function moveAway(search: Search, skimming: Skimming, replica: number): number {
  const to = nextTaker(search, skimming, replica);
  if (to < 0) return 0;
  const from = search.model.broker[replica]!;
  const goal = exceededGoal(search, from, AXIS_DISK);
  const value = search.model.sums[from << 3 | AXIS_DISK]!;
  search.reasons.noteMove(replica, { goal, kind: REASON.sourceOut, value });
  relocate(search, replica, to);
  return 1;
}

/** Who takes a replica; -1 when nobody does. O(B), seldom more than a few. */
function nextTaker(search: Search, skimming: Skimming, replica: number): number {
  const { takers } = skimming;
  search.steps++;
  if (leavesTopicShort(search, replica)) return -1;
  const topicMost = topicUpperOf(search, replica);
  for (let left = skimming.takerCount; left > 0; left--) {
    if (skimming.next >= skimming.takerCount) skimming.next = 0;
    const b = takers[skimming.next]!;
    if (!hasRoom(search, replica, b)) {
      takers[skimming.next] = takers[--skimming.takerCount]!;
      continue;
    }
    skimming.next++;
    if (mayTake(search, replica, b, topicMost)) return b;
  }
  return -1;
}

/** Whether a broker takes a replica whatever its mix of loads. */
function hasRoom({ model, target }: Search, replica: number, broker: number): boolean {
  const { sums, loads } = model;
  const i = broker << 3;
  const at = model.row[replica]! << 3;
  return sums[i]! + loads[at]! <= FILLED * target[i]! &&
    sums[i | 1]! + loads[at | 1]! <= FILLED * target[i | 1]! &&
    sums[i | 3]! + 1 <= FILLED * target[i | 3]! &&
    sums[i | 4]! + loads[at | 4]! <= FILLED * target[i | 4]!;
}
