/**
 * The cluster that the gateway contract runs on, and what an implementation has to provide for it.
 *
 * @module
 */
import type { Gateway } from "../../cluster/gateway.ts";

/** Brokers of the contract cluster. Each has two log dirs. */
export const CONTRACT_BROKERS = [
  { id: 1, rack: "r0" },
  { id: 2, rack: "r1" },
  { id: 3, rack: "r2" },
] as const;

/** A topic of the contract cluster. */
export interface ContractTopic {
  readonly name: string;
  /** Replica lists of partitions 0, 1, ...; the first replica leads. */
  readonly replicas: readonly (readonly number[])[];
  /** Records in partition 0; all other partitions are empty. */
  readonly records: number;
  /** About how many bytes a record takes. */
  readonly recordBytes: number;
  /** Dynamic configuration from the start. */
  readonly configs: Readonly<Record<string, string>>;
}

/** Topics of the contract cluster. */
export const CONTRACT_TOPICS: readonly ContractTopic[] = [
  {
    name: "alpha",
    replicas: [[1, 2], [2, 3], [3, 1]],
    records: 1000,
    recordBytes: 1000,
    configs: { "retention.ms": "86400000", "segment.bytes": "8388608" },
  },
  {
    name: "beta",
    replicas: [[1, 2, 3], [2, 3, 1]],
    records: 0,
    recordBytes: 0,
    configs: {},
  },
  { name: "gamma", replicas: [[3]], records: 3000, recordBytes: 4000, configs: {} },
  { name: "doomed", replicas: [[2, 1]], records: 10, recordBytes: 100, configs: {} },
];

/** A consumer group that has committed offsets and has no members. */
export const CONTRACT_GROUP = {
  groupId: "readers",
  topic: "alpha",
  partition: 0,
  offset: 400,
} as const;

/** What breaks a cluster. An implementation that cannot do one leaves it out and its cases are reported as skipped. */
export interface GatewayFaults {
  /** The broker's process is gone; resolves at once, before the cluster has noticed. */
  killBroker?(id: number): Promise<void>;
  /** Brings it back; resolves when it is in the cluster again. */
  restartBroker?(id: number): Promise<void>;
  /** Deletes a topic; resolves when the cluster has agreed. */
  deleteTopic?(name: string): Promise<void>;
}

/** One cluster as described above with a gateway to it. Cases run one after the other on the same one. */
export interface GatewayFixture {
  readonly gateway: Gateway;
  /** Both log dirs of each broker. */
  readonly logDirs: ReadonlyMap<number, readonly string[]>;
  /** Lets about `ms` milliseconds of the cluster's time go by. */
  pass(ms: number): Promise<void>;
  readonly faults: GatewayFaults;
}
