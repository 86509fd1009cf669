/** Hand-made brokers with several log dirs. */
import type { ClusterInput } from "../../model/cluster_input.ts";
import { handInput } from "./clusters.ts";

/** Brokers with log dirs of the given MB; a replica is [broker, log dir, MB]. */
export function jbod(
  dirs: readonly (readonly number[])[],
  replicas: readonly (readonly [broker: number, dir: number, mb: number])[],
): ClusterInput {
  const input = handInput(
    dirs.map((sizes, id) => ({
      id,
      rack: `r${id}`,
      capacity: [100, 1e6, 1e6, sizes.reduce((a, b) => a + b, 0)] as const,
    })),
    replicas.map(([broker, , mb], id) => ({
      topic: "T",
      id,
      replicas: [broker],
      load: [0.1, 1, 1, mb] as const,
    })),
  );
  return {
    ...input,
    brokers: input.brokers.map((broker, b) => ({
      ...broker,
      logDirs: dirs[b]!.map((capacityMb, d) => ({ path: `/d${d}`, capacityMb, alive: true })),
    })),
    replicaLogDir: Int16Array.from(replicas, ([, dir]) => dir),
  };
}
