/** How many bytes of replicas each log dir holds. */
import type { BrokerLogDirs, LogDirsReading } from "../model/readings.ts";
import type { Topology } from "../model/topology.ts";

/** The reading's brokers with `replicaBytes` filled in for every log dir, so that capacities can be measured. O(R). */
export function withReplicaBytes(topology: Topology, reading: LogDirsReading): BrokerLogDirs[] {
  const sums = new Map(
    reading.brokers.map((broker) => [broker.brokerId, new Float64Array(broker.dirs.length)]),
  );
  for (let r = 0; r < reading.replicaBytes.length; r++) {
    const dirs = sums.get(topology.replicaBroker[r]!);
    const dir = reading.replicaLogDir[r]!;
    const bytes = reading.replicaBytes[r]!;
    if (dirs !== undefined && dir >= 0 && bytes >= 0) dirs[dir]! += bytes;
  }
  return reading.brokers.map((broker) => ({
    ...broker,
    dirs: broker.dirs.map((dir, i) => ({ ...dir, replicaBytes: sums.get(broker.brokerId)![i]! })),
  }));
}
