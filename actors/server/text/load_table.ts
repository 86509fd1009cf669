/**
 * The broker load table in plain text.
 *
 * @module
 */
import type { BrokerStats, DiskStats, SingleBrokerStats } from "../shapes/broker_stats.ts";
import { fixed, right } from "../java_format.ts";

/** Width of the rack column at least, as upstream. */
const RACK_WIDTH_MIN = 10;

/**
 * The table: two line ends, a header line, a line a broker. `cpuUnknown` holds the ids of brokers whose CPU is not
 * known: their CPU prints as "unknown" instead of a number that looks like an idle broker.
 */
export function loadTable(
  stats: BrokerStats,
  options: { cpuUnknown?: ReadonlySet<number> } = {},
): string {
  if (stats.brokers.length === 0) return "No broker stats found.";
  const hostWidth = Math.max(...stats.brokers.map((broker) => broker.Host.length));
  const rackWidth = Math.max(
    RACK_WIDTH_MIN,
    ...stats.brokers.map((broker) => broker.Rack.length),
  );
  const dirNames = stats.brokers.flatMap((broker) => Object.keys(broker.DiskState ?? {}));
  const dirWidth = dirNames.length === 0 ? 1 : Math.max(...dirNames.map((dir) => dir.length)) + 10;
  const header = [
    right("HOST", hostWidth),
    right("BROKER", 15),
    right("RACK", rackWidth),
    right(dirNames.length === 0 ? "" : "LOGDIR", dirWidth),
    right("DISK_CAP(MB)", 20),
    right("DISK(MB)/_(%)_", 26),
    right("CORE_NUM", 20),
    right("CPU(%)", 15),
    right("NW_IN_CAP(KB/s)", 25),
    right("LEADER_NW_IN(KB/s)", 25),
    right("FOLLOWER_NW_IN(KB/s)", 25),
    right("NW_OUT_CAP(KB/s)", 25),
    right("NW_OUT(KB/s)", 20),
    right("PNW_OUT(KB/s)", 20),
    right("LEADERS/REPLICAS", 20),
  ].join("");
  const rows = stats.brokers.flatMap((broker) => [
    brokerRow(broker, hostWidth, {
      rackWidth,
      dirWidth,
      cpuUnknown: options.cpuUnknown?.has(broker.Broker) ?? false,
    }),
    ...Object.entries(broker.DiskState ?? {}).map(([dir, disk]) =>
      right(dir, hostWidth + 15 + rackWidth + dirWidth) + diskRow(disk)
    ),
  ]);
  return `\n\n${[header, ...rows].join("\n")}\n`;
}

/** Behind the name of a log dir; the counts stand under those of the broker. */
function diskRow(disk: DiskStats): string {
  const used = disk.DiskMB === "DEAD" ? disk.DiskMB : fixed(disk.DiskMB, 3);
  const share = disk.DiskPct === "DEAD"
    ? right(disk.DiskPct, 5)
    : fixed(disk.DiskPct, 2).padStart(5, "0");
  return `,${right(used, 19)}/${share},${right(disk.NumLeaderReplicas, 119)}/${disk.NumReplicas}`;
}

function brokerRow(
  broker: SingleBrokerStats,
  hostWidth: number,
  options: { rackWidth: number; dirWidth: number; cpuUnknown: boolean },
): string {
  const wide = (value: number) => `${right(fixed(value, 3), 24)},`;
  const cores = Number.isInteger(broker.NumCore)
    ? String(broker.NumCore)
    : fixed(broker.NumCore, 2);
  return [
    `${right(broker.Host, hostWidth)},`,
    `${right(broker.Broker, 14)},`,
    `${right(broker.Rack, options.rackWidth - 1)},`,
    right("", options.dirWidth),
    `${right(fixed(broker.DiskCapacityMB, 3), 19)},`,
    `${right(fixed(broker.DiskMB, 3), 19)}/${fixed(broker.DiskPct, 2).padStart(5, "0")},`,
    `${right(cores, 19)},`,
    `${right(options.cpuUnknown ? "unknown" : fixed(broker.CpuPct, 3), 14)},`,
    wide(broker.NetworkInCapacity),
    wide(broker.LeaderNwInRate),
    wide(broker.FollowerNwInRate),
    wide(broker.NetworkOutCapacity),
    `${right(fixed(broker.NwOutRate, 3), 19)},`,
    `${right(fixed(broker.PnwOutRate, 3), 19)},`,
    `${right(broker.Leaders, 14)}/${broker.Replicas}`,
  ].join("");
}
