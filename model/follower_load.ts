/**
 * The CPU of a follower, estimated from the leader's load (Cruise Control, ModelUtils.getFollowerCpuUtilFromLeaderLoad;
 * Apache-2.0).
 *
 * @module
 */

/** Parts of a broker's CPU that leader bytes in, leader bytes out and follower bytes in cause. */
export interface CpuWeights {
  readonly leaderIn: number;
  readonly leaderOut: number;
  readonly followerIn: number;
}

/** Defaults of `leader.network.inbound.weight.for.cpu.util` and its two sisters. */
export const DEFAULT_CPU_WEIGHTS: CpuWeights = { leaderIn: 0.7, leaderOut: 0.15, followerIn: 0.15 };

/**
 * CPU percent of a follower of a partition.
 *
 * @param nwIn the leader's incoming bytes, KB/s
 * @param nwOut the leader's outgoing bytes, KB/s
 * @param leaderCpu the leader's CPU, percent
 */
export function followerCpu(
  nwIn: number,
  nwOut: number,
  leaderCpu: number,
  weights: CpuWeights = DEFAULT_CPU_WEIGHTS,
): number {
  const leading = weights.leaderIn * nwIn + weights.leaderOut * nwOut;
  return leading === 0 ? 0 : leaderCpu * weights.followerIn * nwIn / leading;
}
