/**
 * Log dirs that are to be removed: they get no capacity, so that nothing may stay on them.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { ClusterInput, InputBroker } from "../../model/cluster_input.ts";
import { DISK } from "../../model/metrics.ts";

/** A log dir of a broker. */
export interface NamedLogDir {
  readonly brokerId: number;
  readonly path: string;
}

/**
 * The cluster with those log dirs of capacity 0, and the other brokers' untouched. Fails with `invalid_argument` as Cruise Control does: an unknown log
 * dir, all of a broker, or too little capacity left for what the broker holds.
 */
export function withoutLogDirs(
  input: ClusterInput,
  dirs: readonly NamedLogDir[],
  threshold: number,
): Result<ClusterInput> {
  if (dirs.length === 0) return refused("no log dir named, wanted at least one");
  const unknown = unknownLogDir(input, dirs);
  if (unknown !== undefined) return refused(unknown);
  const held = new Float64Array(input.brokers.length);
  for (let p = 0; p < input.partitionNumber.length; p++) {
    for (let r = input.replicaStart[p]!; r < input.replicaStart[p + 1]!; r++) {
      const own = input.replicaDiskMb[r] ?? NaN;
      held[input.replicaBroker[r]!]! += Number.isNaN(own) ? input.leaderLoad[p * 4 + DISK]! : own;
    }
  }
  const brokers: InputBroker[] = [];
  for (const [b, broker] of input.brokers.entries()) {
    const paths = dirs.filter((dir) => dir.brokerId === broker.id).map((dir) => dir.path);
    if (paths.length === 0) {
      brokers.push({
        ...broker,
        logDirs: broker.logDirs.map((dir) => ({ ...dir, untouched: true })),
      });
      continue;
    }
    const logDirs = broker.logDirs.map((dir) =>
      paths.includes(dir.path) ? { ...dir, capacityMb: 0 } : dir
    );
    const left = logDirs.reduce((sum, dir) => sum + (dir.alive ? dir.capacityMb : 0), 0);
    if (left === 0) return refused(`broker ${broker.id} would have none left`);
    if (held[b]! > left * threshold) {
      return refused(
        `broker ${broker.id} holds ${mb(held[b]!)} MB, and ${
          mb(left)
        } x ${threshold} MB would be left`,
      );
    }
    const [cpu, nwIn, nwOut] = broker.capacity;
    brokers.push({ ...broker, logDirs, capacity: [cpu, nwIn, nwOut, left] });
  }
  return ok({ ...input, brokers });
}

/** What is wrong with the first log dir that the cluster does not have. */
export function unknownLogDir(
  input: ClusterInput,
  dirs: readonly NamedLogDir[],
): string | undefined {
  for (const { brokerId, path } of dirs) {
    const broker = input.brokers.find(({ id }) => id === brokerId);
    if (broker === undefined) return `broker ${brokerId} is not in the cluster`;
    const known = broker.logDirs.map((dir) => dir.path);
    if (known.includes(path)) continue;
    return `broker ${brokerId} has no log dir ${path}, it has ${known.join(", ") || "none"}`;
  }
  return undefined;
}

/** An amount for people. */
function mb(amount: number): string {
  return String(Math.round(amount));
}

function refused(why: string): Result<never> {
  return fail("invalid_argument", `Cannot remove log dirs: ${why}`);
}
