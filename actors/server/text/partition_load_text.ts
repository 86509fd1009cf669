/**
 * Loads of partitions in plain text.
 *
 * @module
 */
import type { PartitionLoad } from "../../../messages/analyzer.ts";
import { fixed, list, right } from "../java_format.ts";

/** Width of the first column when there is no partition, as upstream. */
const EMPTY_WIDTH = 25;

/**
 * The table: a header line and a line a partition. `longestTopic` is the length of the longest topic name. Rows are
 * narrower than the header, as upstream's are.
 */
export function partitionLoadText(loads: readonly PartitionLoad[], longestTopic: number): string {
  const width = loads.length === 0 ? EMPTY_WIDTH : longestTopic + 5;
  const header = [
    right("PARTITION", width),
    right("LEADER", 10),
    right("FOLLOWERS", 30),
    right("CPU (%_CORES)", 20),
    right("DISK (MB)", 20),
    right("NW_IN (KB/s)", 20),
    right("NW_OUT (KB/s)", 20),
    right("MSG_IN (#/s)", 20),
  ].join("");
  const rows = loads.map((load) =>
    [
      right(`${load.topic}-${load.partition}`, width),
      right(load.leader, 10),
      right(list(load.followers), 30),
      figure(load.cpu, 6),
      figure(load.disk, 3),
      figure(load.nwIn, 3),
      figure(load.nwOut, 3),
      figure(load.messagesIn, 3),
    ].join("")
  );
  return `${[header, ...rows].join("\n")}\n`;
}

function figure(value: number, digits: number): string {
  return right(Number.isFinite(value) ? fixed(value, digits) : "unknown", 19);
}
