/** DescribeCluster (60): registered brokers. Version 2 shows the fenced ones, which nothing else does. */
import type { Api } from "../api.ts";
import type { WireReader, WireWriter } from "../wire.ts";

/** A registered broker. */
export interface RegisteredBroker {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | undefined;
  readonly isFenced: boolean;
}

/** The answer. */
export interface DescribeClusterAnswer {
  readonly errorCode: number;
  readonly errorMessage: string | undefined;
  readonly clusterId: string;
  /** The controller under ZooKeeper; in KRaft a random live broker. */
  readonly controllerId: number;
  readonly brokers: readonly RegisteredBroker[];
  /** Whether `brokers` would list fenced ones. */
  readonly listsFenced: boolean;
}

/** Version 1 differs from 0 only in what we never ask for. */
export const DESCRIBE_CLUSTER: Api<null, DescribeClusterAnswer> = {
  key: 60,
  name: "DescribeCluster",
  versions: [2, 0],
  encode: (writer, _request, version) => write(writer, version, false),
  decode: (reader, version) => read(reader, version).answer,
};

/**
 * The same request, asked for what our user may do with the cluster. Bit n stands for operation n of
 * `org.apache.kafka.common.acl.AclOperation`; all are 0 without Describe.
 */
export const CLUSTER_OPERATIONS: Api<null, number> = {
  key: 60,
  name: "DescribeCluster",
  versions: [2, 0],
  encode: (writer, _request, version) => write(writer, version, true),
  decode: (reader, version) => read(reader, version).operations,
};

function write(writer: WireWriter, version: number, withOperations: boolean): void {
  writer.bool(withOperations);
  if (version >= 1) writer.int8(1); // brokers, not controllers
  if (version >= 2) writer.bool(true);
  writer.noTags();
}

function read(
  reader: WireReader,
  version: number,
): { answer: DescribeClusterAnswer; operations: number } {
  reader.int32(); // throttle time
  const errorCode = reader.int16();
  const errorMessage = reader.compactStringOrNull() ?? undefined;
  if (version >= 1) reader.int8();
  const clusterId = reader.compactString();
  const controllerId = reader.int32();
  const brokers = reader.compactArray(11, () => {
    const broker = {
      id: reader.int32(),
      host: reader.compactString(),
      port: reader.int32(),
      rack: reader.compactStringOrNull() ?? undefined,
      isFenced: version >= 2 ? reader.bool() : false,
    };
    reader.tags();
    return broker;
  });
  const operations = reader.int32();
  reader.tags();
  const listsFenced = version >= 2;
  return {
    answer: { errorCode, errorMessage, clusterId, controllerId, brokers, listsFenced },
    operations,
  };
}
