/**
 * Network capacity where brokers share a host: they share its network too, so the limit is the host's, which is that of
 * its brokers together (Cruise Control, host resources). CPU and disk are limited broker by broker, and what keeps those
 * limits keeps the host's.
 *
 * @module
 */
import { ALIVE, AXIS_COUNT, AXIS_NW_IN, AXIS_NW_OUT } from "../model/cluster_model.ts";
import { leadingLoad, replicaLoad } from "../model/replica_axes.ts";
import { followsLeadership, shortNumber } from "./axis_goal.ts";
import type { AxisLimits, GoalContext, PreparedGoal } from "./goal.ts";

/** Alive brokers by host, as far as a host has several. */
export function sharedHosts(
  { model, alive }: Pick<GoalContext, "model" | "alive">,
): Int32Array[] {
  const byHost = Map.groupBy(alive, (broker) => model.input.brokers[broker]!.host);
  return [...byHost].flatMap(([host, brokers]) =>
    host === "" || brokers.length < 2 ? [] : [Int32Array.from(brokers)]
  );
}

/** Brokers whose limits on an axis are those of their hosts. */
export interface HostLimits {
  readonly hosts: readonly Int32Array[];
  /** Index of a broker's host in `hosts`, -1 = it has its host for itself. */
  readonly hostOf: Int32Array;
  /** By broker: what all of its host may use together. */
  readonly upper: Float64Array;
}

/** The limits of hosts in place of those of their brokers; undefined where no host has several, and for CPU and disk. */
export function hostLimits(
  { axis, upper }: Pick<AxisLimits, "axis" | "upper">,
  context: GoalContext,
): HostLimits | undefined {
  if (axis !== AXIS_NW_IN && axis !== AXIS_NW_OUT) return undefined;
  const hosts = sharedHosts(context);
  if (hosts.length === 0) return undefined;
  const hostOf = new Int32Array(context.model.brokerCount).fill(-1);
  const limits = upper.slice();
  for (const [h, brokers] of hosts.entries()) {
    const limit = brokers.reduce((sum, b) => sum + upper[b]!, 0);
    for (const b of brokers) {
      hostOf[b] = h;
      limits[b] = limit;
    }
  }
  return { hosts, hostOf, upper: limits };
}

/** "bytes in 900 KB/s of host a is above 800 KB/s". */
export function hostText(
  axis: number,
  host: string,
  { used, limit }: { used: number; limit: number },
): string {
  const word = axis === AXIS_NW_IN ? "bytes in" : "bytes out";
  return `${word} ${shortNumber(used)} KB/s of host ${host} is above ${shortNumber(limit)} KB/s`;
}

/**
 * The capacity goal with the limits of hosts in place of those of their brokers; as it is where no host has several, and
 * for CPU and disk. A broker alone may use what its host may; how much all of a host use is asked about each action.
 */
export function hostCapacity(goal: PreparedGoal, context: GoalContext): PreparedGoal {
  if (goal.axisLimits === undefined) return goal;
  const { axis, lower } = goal.axisLimits;
  const shared = hostLimits(goal.axisLimits, context);
  if (shared === undefined) return goal;
  const { hosts, hostOf, upper: limits } = shared;
  const { model } = context;
  const scale = 1 / Math.max(Number.MIN_VALUE, ...context.alive.map((b) => limits[b]!));
  const loadOf = (broker: number): number => {
    const h = hostOf[broker]!;
    if (h < 0) return model.sums[broker * AXIS_COUNT + axis]!;
    return hosts[h]!.reduce((sum, b) => sum + model.sums[b * AXIS_COUNT + axis]!, 0);
  };
  const over = (broker: number, change: number): number => {
    if ((model.flags[broker]! & ALIVE) === 0) return 0;
    return Math.max(0, loadOf(broker) + change - limits[broker]!) * scale;
  };
  const shift = (from: number, to: number, load: { out: number; in: number }): number => {
    if (hostOf[from]! >= 0 && hostOf[from] === hostOf[to]) {
      return over(to, load.in - load.out) - over(to, 0);
    }
    return over(from, -load.out) - over(from, 0) + over(to, load.in) - over(to, 0);
  };
  return {
    ...goal,
    axisLimits: { axis, upper: limits, lower },
    guardsMoves: true,
    penalties: undefined,
    penalty(broker) {
      const h = hostOf[broker]!;
      return over(broker, 0) / (h < 0 ? 1 : hosts[h]!.length);
    },
    moveDelta(replica, to) {
      const load = replicaLoad(model, replica, axis);
      return shift(model.broker[replica]!, to, { out: load, in: load });
    },
    leadDelta(partition, replica) {
      if (!followsLeadership(axis)) return 0;
      const old = model.leader[partition]!;
      return shift(model.broker[old]!, model.broker[replica]!, {
        out: leadingLoad(model, old, axis),
        in: leadingLoad(model, replica, axis),
      });
    },
    explain(broker) {
      if (hostOf[broker]! < 0) return goal.explain(broker);
      const { host } = model.input.brokers[broker]!;
      return hostText(axis, host, { used: loadOf(broker), limit: limits[broker]! });
    },
  };
}
