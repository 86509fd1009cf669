/**
 * A cluster as it is expected to be: the load of partitions brought to the cpu that is forecast for brokers. Pure.
 *
 * A broker's load changes because that of partitions does which it leads, and what they carry elsewhere changes with
 * them. So every partition gets the factor of the broker that leads it, and the factors are fitted in a few rounds
 * (iterative proportional fitting, Deming and Stephan 1940) until each broker carries its forecast.
 *
 * @module
 */
import type { BalancingConstraint } from "../../goals/constraint.ts";
import type { ExpectedCpu, ExpectedLoad } from "../../messages/analyzer.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { CPU, NW_IN, NW_OUT, RESOURCE_COUNT } from "../../model/metrics.ts";

/** Rounds of fitting: after five the sums of a dozen brokers are within a percent. */
const ROUNDS = 5;

/** A partition is never taken for less or more than this part of what was measured: forecasts are not that good. */
const FACTOR_MIN = 0.25;
const FACTOR_MAX = 4;

/** The input with cpu and traffic scaled. Disks stay: minutes do not fill them. Brokers without a forecast stay, too. O(R). */
export function expectedInput(input: ClusterInput, expected: readonly ExpectedCpu[]): ClusterInput {
  const targets = input.brokers.map((broker) => {
    const forecast = expected.find(({ brokerId }) => brokerId === broker.id);
    return forecast === undefined ? NaN : forecast.cpu * broker.capacity[CPU];
  });
  const factors = fittedFactors(input, targets);
  const { windows: _, ...rest } = input;
  return {
    ...rest,
    leaderLoad: scaled(input, input.leaderLoad, factors),
    followerLoad: scaled(input, input.followerLoad, factors),
  };
}

/** How much above the mean of the cluster a broker may be where the cluster as a whole is beyond the limit. */
const ABOVE_MEAN = 1.1;

/**
 * The thresholds for that load: what is over its limit then is over it now. A limit that the brokers cannot keep all
 * together would make no plan at all; then the limit is near their mean, and the hottest are relieved. O(R).
 *
 * @param input see {@link expectedInput}
 */
export function expectedConstraint(
  constraint: BalancingConstraint,
  { cpuLimit }: ExpectedLoad,
  input: ClusterInput,
): BalancingConstraint {
  const alive = input.brokers.filter(({ state }) => state !== "dead");
  const capacity = alive.reduce((sum, broker) => sum + broker.capacity[CPU], 0);
  const none = new Float64Array(input.brokers.length).fill(1);
  const needed = cpuOf(input, none).reduce((sum, cpu) => sum + cpu, 0) / capacity;
  const capacityThreshold = [...constraint.capacityThreshold] as [number, number, number, number];
  capacityThreshold[CPU] = Math.min(
    capacityThreshold[CPU]!,
    Math.max(cpuLimit, needed * ABOVE_MEAN),
  );
  return { ...constraint, capacityThreshold };
}

/** By broker index: what to multiply the load of the partitions with that it leads. */
function fittedFactors(input: ClusterInput, targets: readonly number[]): Float64Array {
  const factors = new Float64Array(targets.length).fill(1);
  for (let round = 0; round < ROUNDS; round++) {
    const cpu = cpuOf(input, factors);
    for (let b = 0; b < targets.length; b++) {
      // Without a forecast, or without load, there is nothing to fit.
      if (Number.isNaN(targets[b]!) || !(cpu[b]! > 0)) continue;
      const factor = factors[b]! * targets[b]! / cpu[b]!;
      factors[b] = Math.min(FACTOR_MAX, Math.max(FACTOR_MIN, factor));
    }
  }
  return factors;
}

/** Cpu of each broker with these factors, percent. */
function cpuOf(input: ClusterInput, factors: Float64Array): Float64Array {
  const { replicaStart, replicaBroker, leaderReplica, leaderLoad, followerLoad } = input;
  const cpu = new Float64Array(factors.length);
  for (let p = 0; p < leaderReplica.length; p++) {
    const factor = factorOf(input, p, factors);
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      const load = r === leaderReplica[p] ? leaderLoad : followerLoad;
      cpu[replicaBroker[r]!]! += load[p * RESOURCE_COUNT + CPU]! * factor;
    }
  }
  return cpu;
}

function factorOf(input: ClusterInput, p: number, factors: Float64Array): number {
  const leader = input.leaderReplica[p]!;
  return leader < 0 ? 1 : factors[input.replicaBroker[leader]!]!;
}

function scaled(input: ClusterInput, load: Float64Array, factors: Float64Array): Float64Array {
  const copy = load.slice();
  for (let p = 0; p < input.leaderReplica.length; p++) {
    const factor = factorOf(input, p, factors);
    for (const resource of [CPU, NW_IN, NW_OUT]) copy[p * RESOURCE_COUNT + resource]! *= factor;
  }
  return copy;
}
