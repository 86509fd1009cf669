/**
 * Loads of single partitions, sorted and cut as asked for. Pure.
 *
 * @module
 */
import { topicPattern } from "../../goals/constraint.ts";
import { ok, type Result } from "../../lib/failure.ts";
import type { LoadSnapshot } from "../../messages/aggregator.ts";
import type { PartitionLoad, PartitionLoadWish } from "../../messages/analyzer.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import {
  CPU,
  CPU_USAGE,
  DISK,
  DISK_USAGE,
  LEADER_BYTES_IN,
  LEADER_BYTES_OUT,
  MESSAGE_IN_RATE,
  NW_IN,
  NW_OUT,
  PARTITION_METRIC_COUNT,
  REPLICATION_BYTES_IN_RATE,
  RESOURCE_COUNT,
} from "../../model/metrics.ts";

/** What the loads are taken from. */
export interface PartitionLoadSource {
  readonly input: ClusterInput;
  /** Topology row of each of the input's partitions. */
  readonly partitionRows: Int32Array;
  readonly load: LoadSnapshot;
}

/** A column of figures, by window. */
type Series = (window: number) => number;

/** The loads, highest first; of equal ones in the order of topics and partitions. Fails with `invalid_argument`. */
export function partitionLoads(
  source: PartitionLoadSource,
  wish: PartitionLoadWish,
): Result<{ partitions: PartitionLoad[]; longestTopic: number }> {
  const matches = wish.topics === undefined
    ? ok(() => true)
    : topicPattern(wish.topics, "the pattern of topics");
  if (!matches.ok) return matches;
  const { input } = source;
  const wanted = new Set(wish.brokerIds ?? []);
  const loads: PartitionLoad[] = [];
  for (const [t, topic] of input.topicNames.entries()) {
    if (!matches.value(topic)) continue;
    for (let p = input.partitionStart[t]!; p < input.partitionStart[t + 1]!; p++) {
      const { from, to } = wish.partitions ?? { from: 0, to: Infinity };
      const number = input.partitionNumber[p]!;
      if (number < from || number > to) continue;
      const { leader, followers } = replicasOf(input, p);
      if (wanted.size > 0 && ![leader, ...followers].some((id) => wanted.has(id))) continue;
      const figures = figuresOf(source, p, wish.choice);
      loads.push({ topic, partition: number, leader, followers, ...figures });
    }
  }
  const rank = (load: PartitionLoad) => Number.isNaN(load[wish.sortBy]) ? -1 : load[wish.sortBy];
  const longestTopic = loads.reduce((most, { topic }) => Math.max(most, topic.length), 0);
  loads.sort((a, b) => rank(b) - rank(a));
  return ok({ partitions: loads.slice(0, wish.entries), longestTopic });
}

function replicasOf(input: ClusterInput, p: number): { leader: number; followers: number[] } {
  const followers: number[] = [];
  let leader = -1;
  for (let r = input.replicaStart[p]!; r < input.replicaStart[p + 1]!; r++) {
    const { id } = input.brokers[input.replicaBroker[r]!]!;
    if (r === input.leaderReplica[p]) leader = id;
    else followers.push(id);
  }
  return { leader, followers };
}

type Figures = Pick<PartitionLoad, "cpu" | "disk" | "nwIn" | "nwOut" | "messagesIn">;

function figuresOf(
  source: PartitionLoadSource,
  p: number,
  choice: PartitionLoadWish["choice"],
): Figures {
  const { input, load, partitionRows } = source;
  const partitions = load.valid.length;
  const row = partitionRows[p]!;
  const metric = (window: number, column: number) =>
    load.metrics[(window * partitions + row) * PARTITION_METRIC_COUNT + column]!;
  const messages: Series = (w) => metric(w, MESSAGE_IN_RATE);
  const windows = load.windowEndsMs.length;
  if (choice === "expected") {
    const known = (resource: number) =>
      input.unknownResources.has(resource) ? NaN : input.leaderLoad[p * RESOURCE_COUNT + resource]!;
    return {
      cpu: known(CPU),
      disk: known(DISK),
      nwIn: known(NW_IN),
      nwOut: known(NW_OUT),
      messagesIn: over(messages, windows, "avg"),
    };
  }
  const followers = input.replicaStart[p + 1]! - input.replicaStart[p]! - 1;
  const inbound: Series = (w) =>
    metric(w, LEADER_BYTES_IN) + Math.max(0, metric(w, REPLICATION_BYTES_IN_RATE) || 0);
  const outbound: Series = (w) =>
    metric(w, LEADER_BYTES_OUT) + metric(w, LEADER_BYTES_IN) * followers;
  return {
    cpu: over((w) => metric(w, CPU_USAGE), windows, choice),
    disk: over((w) => metric(w, DISK_USAGE), windows, choice),
    nwIn: over(inbound, windows, choice),
    nwOut: over(outbound, windows, choice),
    messagesIn: over(messages, windows, choice),
  };
}

/** Over the windows that know it; NaN when none does. */
function over(series: Series, windows: number, choice: "max" | "avg"): number {
  let sum = 0;
  let max = NaN;
  let count = 0;
  for (let w = 0; w < windows; w++) {
    const value = series(w);
    if (Number.isNaN(value)) continue;
    sum += value;
    max = count === 0 ? value : Math.max(max, value);
    count++;
  }
  if (choice === "max") return max;
  return count === 0 ? NaN : sum / count;
}
