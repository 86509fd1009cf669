/**
 * Cruise Control's broker statistics, the answer of `load` and part of every optimization result.
 *
 * @module
 */
import type { BrokerLoad, LogDirLoad } from "../../../messages/analyzer.ts";

/** Figures that hosts and brokers share. Percent 0..100, MB, KB/s. */
export interface LoadFigures {
  readonly Host: string;
  readonly Rack: string;
  readonly DiskMB: number;
  /** -1 when the capacity is not positive. */
  readonly DiskPct: number;
  readonly CpuPct: number;
  readonly LeaderNwInRate: number;
  readonly FollowerNwInRate: number;
  readonly NwOutRate: number;
  readonly PnwOutRate: number;
  readonly Replicas: number;
  readonly Leaders: number;
  readonly DiskCapacityMB: number;
  readonly NetworkInCapacity: number;
  readonly NetworkOutCapacity: number;
  readonly NumCore: number;
}

/** One broker. */
export interface SingleBrokerStats extends LoadFigures {
  readonly Broker: number;
  readonly BrokerState: BrokerLoad["state"];
  /** By log dir; only where log dirs were asked for. */
  readonly DiskState?: Readonly<Record<string, DiskStats>>;
}

/** A log dir. MB and percent are the word DEAD for one that failed. */
export interface DiskStats {
  readonly DiskMB: number | "DEAD";
  readonly DiskPct: number | "DEAD";
  readonly NumLeaderReplicas: number;
  readonly NumReplicas: number;
}

/** All brokers by id, and their sums by host. */
export interface BrokerStats {
  readonly hosts: readonly LoadFigures[];
  readonly brokers: readonly SingleBrokerStats[];
}

/** Figures that are not known are 0 here, since clients format every member; the text form says "unknown". */
function known(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

function percent(used: number, capacity: number): number {
  return capacity > 0 ? (known(used) * 100) / capacity : -1;
}

function brokerStats(load: BrokerLoad): SingleBrokerStats {
  return {
    Host: load.host,
    Rack: load.rack === "" ? load.host : load.rack,
    Broker: load.brokerId,
    BrokerState: load.state,
    DiskMB: known(load.diskMb),
    DiskPct: percent(load.diskMb, load.diskCapacityMb),
    // Loads count 100 a core; clients expect 0..100 of the whole broker.
    CpuPct: known(load.cpuPct / Math.max(1, load.cores)),
    LeaderNwInRate: known(load.leaderNwIn),
    FollowerNwInRate: known(load.followerNwIn),
    NwOutRate: known(load.nwOut),
    PnwOutRate: known(load.potentialNwOut),
    Replicas: load.replicas,
    Leaders: load.leaders,
    DiskCapacityMB: known(load.diskCapacityMb),
    NetworkInCapacity: known(load.nwInCapacity),
    NetworkOutCapacity: known(load.nwOutCapacity),
    NumCore: known(load.cores),
    ...(load.logDirs === undefined ? {} : {
      DiskState: Object.fromEntries(load.logDirs.map((dir) => [dir.path, diskStats(dir)])),
    }),
  };
}

function diskStats(dir: LogDirLoad): DiskStats {
  return {
    DiskMB: dir.alive ? known(dir.usedMb) : "DEAD",
    DiskPct: dir.alive ? percent(dir.usedMb, dir.capacityMb) : "DEAD",
    NumLeaderReplicas: dir.leaders,
    NumReplicas: dir.replicas,
  };
}

const SUMMED = [
  "DiskMB",
  "CpuPct",
  "LeaderNwInRate",
  "FollowerNwInRate",
  "NwOutRate",
  "PnwOutRate",
  "Replicas",
  "Leaders",
  "DiskCapacityMB",
  "NetworkInCapacity",
  "NetworkOutCapacity",
  "NumCore",
] as const;

function hostStats(host: string, brokers: readonly SingleBrokerStats[]): LoadFigures {
  const sums = Object.fromEntries(
    SUMMED.map((name) => [name, brokers.reduce((sum, broker) => sum + broker[name], 0)]),
  ) as Record<typeof SUMMED[number], number>;
  return {
    Host: host,
    Rack: brokers[0]!.Rack,
    ...sums,
    DiskPct: percent(sums.DiskMB, sums.DiskCapacityMB),
  };
}

/** Broker statistics of some loads, in any order. Host figures are sums, as upstream's (its CPU percent, too). */
export function brokerStatsOf(loads: readonly BrokerLoad[]): BrokerStats {
  const brokers = loads.map(brokerStats).sort((a, b) => a.Broker - b.Broker);
  const byHost = Map.groupBy(brokers, (broker) => broker.Host);
  const hosts = [...byHost.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return { hosts: hosts.map((host) => hostStats(host, byHost.get(host)!)), brokers };
}

/** Ids of brokers whose CPU load is not known. */
export function brokersWithoutCpu(loads: readonly BrokerLoad[]): ReadonlySet<number> {
  return new Set(loads.filter((load) => Number.isNaN(load.cpuPct)).map((load) => load.brokerId));
}
