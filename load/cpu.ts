/**
 * CPU of partitions from the CPU of their broker, by Cruise Control's static weights (its ModelUtils and
 * SamplingUtils; Apache-2.0). Where the broker's CPU is not known the result is NaN, never 0.
 * A follower's CPU follows from its leader's: `model/follower_load.ts`.
 *
 * @module
 */
import type { CpuWeights } from "../model/follower_load.ts";

/** The weights from anything that has the three keys, such as `Config`. */
export function cpuWeightsOf(
  settings: {
    readonly "leader.network.inbound.weight.for.cpu.util": number;
    readonly "leader.network.outbound.weight.for.cpu.util": number;
    readonly "follower.network.inbound.weight.for.cpu.util": number;
  },
): CpuWeights {
  return {
    leaderIn: settings["leader.network.inbound.weight.for.cpu.util"],
    leaderOut: settings["leader.network.outbound.weight.for.cpu.util"],
    followerIn: settings["follower.network.inbound.weight.for.cpu.util"],
  };
}

/** What one broker does in all. */
export interface BrokerTraffic {
  /** 0..1 of its cores; NaN when no source knows it. */
  readonly cpuUsage: number;
  /** Cores; NaN when not known. */
  readonly cores: number;
  /** KB/s from producers. */
  readonly bytesIn: number;
  /** KB/s to consumers and followers together. */
  readonly bytesOut: number;
  /** KB/s that it fetches as a follower. */
  readonly replicationIn: number;
}

/** A partition's rates claim at most this much more than its broker's, measured apart, before they contradict. */
const CONTRADICTION_FACTOR = 1.05;
/** KB/s below which a contradiction is noise. */
const CONTRADICTION_FLOOR_KB = 10;

/**
 * CPU of a leader replica in percent of one core. `partitionIn` and `partitionOut` (consumers and followers) are
 * KB/s. NaN when the broker's CPU or cores are not known, or when the partition claims more traffic than its
 * broker has (Cruise Control drops such a sample).
 */
export function leaderCpuPercent(
  broker: BrokerTraffic,
  partitionIn: number,
  partitionOut: number,
  weights: CpuWeights,
): number {
  const { bytesIn, bytesOut } = broker;
  if (!Number.isFinite(broker.cpuUsage) || !Number.isFinite(broker.cores)) return NaN;
  if (bytesIn === 0 && bytesOut === 0) return 0;
  if (bytesIn * CONTRADICTION_FACTOR < partitionIn && bytesIn > CONTRADICTION_FLOOR_KB) return NaN;
  if (bytesOut * CONTRADICTION_FACTOR < partitionOut && bytesOut > CONTRADICTION_FLOOR_KB) {
    return NaN;
  }
  const share = weights.leaderIn * Math.min(bytesIn, partitionIn) +
    weights.leaderOut * Math.min(bytesOut, partitionOut);
  const whole = weights.leaderIn * bytesIn + weights.leaderOut * bytesOut +
    weights.followerIn * broker.replicationIn;
  return whole > 0 ? 100 * broker.cores * broker.cpuUsage * share / whole : 0;
}
