/** Metadata (3): live brokers, topics, partitions. Tolerates the errors that partitions with a dead leader carry. */
import type { PartitionReading, TopicReading } from "../../../model/topology.ts";
import type { Api } from "../api.ts";
import type { WireReader } from "../wire.ts";

/** Topics by name; null asks for all. */
export interface MetadataRequest {
  readonly topics: readonly string[] | null;
}

/** An unfenced broker. */
export interface MetadataBroker {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | undefined;
}

/** A topic with its own error code; partitions may be empty when it is not 0. */
export interface MetadataTopic extends TopicReading {
  readonly errorCode: number;
}

/** The answer. */
export interface MetadataAnswer {
  readonly brokers: readonly MetadataBroker[];
  readonly clusterId: string;
  readonly topics: readonly MetadataTopic[];
}

/** Version 12 is the last that all of Kafka 3.1 to 4 speak; it has topic ids. */
export const METADATA: Api<MetadataRequest, MetadataAnswer> = {
  key: 3,
  name: "Metadata",
  versions: [12],
  encode(writer, request) {
    writer.compactArray(request.topics, (name) => {
      writer.zeroUuid();
      writer.compactString(name);
      writer.noTags();
    });
    writer.bool(false); // Never create a topic by looking at it.
    writer.bool(false);
    writer.noTags();
  },
  decode(reader) {
    reader.int32(); // throttle time
    const brokers = reader.compactArray(11, () => readBroker(reader));
    const clusterId = reader.compactStringOrNull() ?? "";
    reader.int32(); // In KRaft this is a random live broker, not the controller.
    const topics = reader.compactArray(26, () => readTopic(reader));
    reader.tags();
    return { brokers, clusterId, topics };
  },
};

function readBroker(reader: WireReader): MetadataBroker {
  const broker = {
    id: reader.int32(),
    host: reader.compactString(),
    port: reader.int32(),
    rack: reader.compactStringOrNull() ?? undefined,
  };
  reader.tags();
  return broker;
}

function readTopic(reader: WireReader): MetadataTopic {
  const errorCode = reader.int16();
  const name = reader.compactStringOrNull() ?? "";
  const id = reader.uuid();
  reader.bool(); // internal
  const partitions = reader.compactArray(18, () => readPartition(reader));
  reader.int32(); // authorized operations, not asked for
  reader.tags();
  return { errorCode, name, id, partitions };
}

function readPartition(reader: WireReader): PartitionReading {
  reader.int16(); // 5 while the leader is dead; all else is complete then, too
  const partition = reader.int32();
  const leader = reader.int32();
  const leaderEpoch = reader.int32();
  const replicas = reader.compactInt32s();
  const inSync = reader.compactInt32s();
  const offline = reader.compactInt32s();
  reader.tags();
  return { partition, leader, leaderEpoch, replicas, inSync, offline };
}
