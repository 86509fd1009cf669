/** DescribeCluster (60): registered brokers. Version 2 shows the fenced ones, which nothing else does. */
import type { Api } from "../api.ts";

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
  encode(writer, _request, version) {
    writer.bool(false);
    if (version >= 1) writer.int8(1); // brokers, not controllers
    if (version >= 2) writer.bool(true);
    writer.noTags();
  },
  decode(reader, version) {
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
    reader.int32(); // authorized operations, not asked for
    reader.tags();
    return {
      errorCode,
      errorMessage,
      clusterId,
      controllerId,
      brokers,
      listsFenced: version >= 2,
    };
  },
};
