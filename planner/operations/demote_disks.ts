/**
 * Log dirs that are to lead nothing: replicas stay on them, leadership goes to replicas elsewhere.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { type NamedLogDir, unknownLogDir } from "./remove_disks.ts";

/**
 * The cluster with those log dirs demoted; as it is when none is named. Fails with `invalid_argument` where a broker
 * lacks one of them.
 */
export function withDemotedLogDirs(
  input: ClusterInput,
  dirs: readonly NamedLogDir[],
): Result<ClusterInput> {
  const unknown = unknownLogDir(input, dirs);
  if (unknown !== undefined) {
    return fail("invalid_argument", `Cannot demote log dirs: ${unknown}`);
  }
  if (dirs.length === 0) return ok(input);
  const brokers = input.brokers.map((broker) => {
    const paths = dirs.filter((dir) => dir.brokerId === broker.id).map((dir) => dir.path);
    if (paths.length === 0) return broker;
    const logDirs = broker.logDirs.map((dir) =>
      paths.includes(dir.path) ? { ...dir, demoted: true } : dir
    );
    return { ...broker, logDirs };
  });
  return ok({ ...input, brokers });
}
