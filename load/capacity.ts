/**
 * Capacity of each alive broker: from Cruise Control's capacity file when there is one, else measured.
 *
 * ```
 * resource   with a capacity file                 without
 * disk       as listed                            what Kafka can fill on the volumes of its log dirs, see below
 * network    as listed                            the configured guess, marked estimated
 * cpu        as listed                            100 % a core where a source knows the cores, else one core, estimated
 * ```
 * A volume counts as `min(total, usable + replicas in it)`: what else lies on the disk, and what the file system
 * reserves, is no room for Kafka. Log dirs that report the same total and the same free bytes (within
 * {@link SAME_VOLUME_SLACK_BYTES}) are taken for one volume, on one broker and across the brokers of one host,
 * unless the replicas in them prove that they are apart (more bytes than the volume has in use). A shared volume is
 * divided evenly among its log dirs. Two equal disks that are equally empty look like one volume: then capacity is
 * taken too low rather than too high; the capacity file says better.
 *
 * @module
 */
import { fail, ok, type Result } from "../lib/failure.ts";
import type { BrokerLogDirs, LogDir } from "../model/readings.ts";
import type { Topology } from "../model/topology.ts";
import { type BrokerCapacity, type CapacityFile, DEFAULT_BROKER_ID } from "./capacity_file.ts";

/** Free bytes of one volume, asked for twice within a poll, differ by what was written in between: at most this. */
export const SAME_VOLUME_SLACK_BYTES: number = 64 * 1024 * 1024;

const MB = 1024 * 1024;

/** What capacities are taken from. */
export interface CapacitySources {
  /** The parsed capacity file, undefined when none is configured. */
  readonly file: CapacityFile | undefined;
  /** As last read. */
  readonly logDirs: readonly BrokerLogDirs[];
  /** KB/s each way, used for every broker without a file: `evenkeel.capacity.network.kb.per.sec`. */
  readonly networkKbPerSec: number;
  /** Cores by broker id where a source of broker metrics knows them. */
  readonly cores: ReadonlyMap<number, number>;
  /** False: a broker whose capacity is a guess is an error. */
  readonly allowEstimation: boolean;
}

/**
 * Capacities of all alive brokers by id. Fails with `invalid_argument` when a broker has none, or only a guess
 * while guesses are not allowed; `details` names each such broker.
 */
export function resolveCapacities(
  topology: Topology,
  sources: CapacitySources,
): Result<ReadonlyMap<number, BrokerCapacity>> {
  const capacities = new Map<number, BrokerCapacity>();
  const problems: string[] = [];
  const hosts = new Map(topology.brokers.map((broker) => [broker.id, broker.host]));
  const measured = sources.file === undefined
    ? measureDisks(hosts, sources.logDirs)
    : new Map<number, Map<string, number>>();
  for (const broker of topology.brokers) {
    if (!broker.alive) continue;
    const capacity = sources.file === undefined
      ? measuredCapacity(broker.id, measured, sources)
      : listedCapacity(broker.id, sources.file);
    if (capacity === undefined) {
      problems.push(
        sources.file === undefined
          ? `broker ${broker.id} does not tell the size of its disks: set capacity.config.file`
          : `broker ${broker.id} is not listed and there is no entry for broker -1`,
      );
    } else if (capacity.estimated !== undefined && !sources.allowEstimation) {
      problems.push(`broker ${broker.id}: ${capacity.estimated}`);
    } else {
      capacities.set(broker.id, capacity);
    }
  }
  if (problems.length === 0) return ok(capacities);
  const message = `Cannot tell the capacity of ${problems.length} brokers: ${problems[0]}`;
  return fail("invalid_argument", message, { details: problems });
}

function listedCapacity(brokerId: number, file: CapacityFile): BrokerCapacity | undefined {
  const own = file.get(brokerId);
  if (own !== undefined) return own;
  const fallback = file.get(DEFAULT_BROKER_ID);
  if (fallback === undefined) return undefined;
  // The text is what Cruise Control answers, clients may look for it.
  return {
    ...fallback,
    estimated: `Missing broker id(${brokerId}) in capacity config file.`,
  };
}

function measuredCapacity(
  brokerId: number,
  measured: ReadonlyMap<number, ReadonlyMap<string, number>>,
  sources: CapacitySources,
): BrokerCapacity | undefined {
  const own = measured.get(brokerId);
  const guess = own === undefined ? medianDiskMb(measured) : undefined;
  if (own === undefined && guess === undefined) return undefined;
  const cores = sources.cores.get(brokerId);
  const guesses = [
    `network is assumed to be ${sources.networkKbPerSec} KB/s each way`,
    ...(cores === undefined ? ["cores are not known"] : []),
    ...(own === undefined ? ["disk is taken from the other brokers"] : []),
  ];
  return {
    cpu: 100 * (cores ?? 1),
    nwIn: sources.networkKbPerSec,
    nwOut: sources.networkKbPerSec,
    diskMb: own === undefined ? guess! : sum(own.values()),
    cores: cores ?? 1,
    estimated: `No capacity file: ${guesses.join(", ")}`,
    logDirsMb: own,
  };
}

/** MB by log dir path of each broker that told the size of at least one volume. */
function measureDisks(
  hosts: ReadonlyMap<number, string>,
  readings: readonly BrokerLogDirs[],
): Map<number, Map<string, number>> {
  const volumes = groupVolumes(hosts, readings);
  const measured = new Map<number, Map<string, number>>();
  for (const volume of volumes) {
    const replicaBytes = sum(volume.map((at) => at.dir.replicaBytes ?? 0));
    const { totalBytes, usableBytes } = volume[0]!.dir;
    const known = usableBytes >= 0 && volume.every((at) => at.dir.replicaBytes !== undefined);
    const bytes = known ? Math.min(totalBytes, usableBytes + replicaBytes) : totalBytes;
    for (const at of volume) {
      const dirs = measured.get(at.brokerId) ?? new Map<string, number>();
      dirs.set(at.dir.path, bytes / volume.length / MB);
      measured.set(at.brokerId, dirs);
    }
  }
  return measured;
}

interface DirOfBroker {
  readonly brokerId: number;
  readonly dir: LogDir;
}

function groupVolumes(
  hosts: ReadonlyMap<number, string>,
  readings: readonly BrokerLogDirs[],
): DirOfBroker[][] {
  // By host and total first, so that thousands of brokers are not compared with each other.
  const bySize = new Map<string, DirOfBroker[][]>();
  for (const reading of readings) {
    const host = hosts.get(reading.brokerId) ?? "";
    for (const dir of reading.dirs) {
      if (!dir.alive || dir.totalBytes < 0) continue;
      const at = { brokerId: reading.brokerId, dir };
      const volumes = bySize.get(`${dir.totalBytes} ${host}`) ?? [];
      bySize.set(`${dir.totalBytes} ${host}`, volumes);
      const shared = volumes.find((volume) => isSameVolume(volume, at));
      if (shared === undefined) volumes.push([at]);
      else shared.push(at);
    }
  }
  return [...bySize.values()].flat();
}

/** Of two dirs of one host with the same total. */
function isSameVolume(volume: readonly DirOfBroker[], at: DirOfBroker): boolean {
  const first = volume[0]!;
  if (at.dir.usableBytes < 0) return first.dir.usableBytes < 0;
  const slack = Math.abs(first.dir.usableBytes - at.dir.usableBytes);
  if (slack > SAME_VOLUME_SLACK_BYTES) return false;
  const inUse = at.dir.totalBytes - at.dir.usableBytes + SAME_VOLUME_SLACK_BYTES;
  return sum([...volume, at].map((one) => one.dir.replicaBytes ?? 0)) <= inUse;
}

function medianDiskMb(measured: ReadonlyMap<number, ReadonlyMap<string, number>>) {
  const totals = [...measured.values()].map((dirs) => sum(dirs.values())).sort((a, b) => a - b);
  return totals[totals.length >>> 1];
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
