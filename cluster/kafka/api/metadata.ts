/** Metadata (3): live brokers, topics, partitions. Tolerates the errors that partitions with a dead leader carry. */
import type { PartitionReading, TopicReading } from "../../../model/topology.ts";
import type { Api } from "../api.ts";
import type { WireReader, WireWriter } from "../wire.ts";

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
  encode: (writer, request) => write(writer, request, false),
  decode: (reader) => read(reader).answer,
};

/** What our user may do with a topic. */
export interface TopicOperations {
  readonly name: string;
  /** Bit n stands for operation n of `org.apache.kafka.common.acl.AclOperation`. */
  readonly operations: number;
}

/** The same request, asked for what we may do with the topics that we may see. */
export const TOPIC_OPERATIONS: Api<MetadataRequest, readonly TopicOperations[]> = {
  key: 3,
  name: "Metadata",
  versions: [12],
  encode: (writer, request) => write(writer, request, true),
  decode(reader) {
    const { answer, operations } = read(reader);
    return answer.topics.map(({ name }, i) => ({ name, operations: operations[i]! }));
  },
};

function write(writer: WireWriter, request: MetadataRequest, withOperations: boolean): void {
  writer.compactArray(request.topics, (name) => {
    writer.zeroUuid();
    writer.compactString(name);
    writer.noTags();
  });
  writer.bool(false); // Never create a topic by looking at it.
  writer.bool(withOperations);
  writer.noTags();
}

function read(reader: WireReader): { answer: MetadataAnswer; operations: number[] } {
  reader.int32(); // throttle time
  const brokers = reader.compactArray(11, () => readBroker(reader));
  const clusterId = reader.compactStringOrNull() ?? "";
  reader.int32(); // In KRaft this is a random live broker, not the controller.
  const operations: number[] = [];
  const topics = reader.compactArray(26, () => readTopic(reader, operations));
  reader.tags();
  return { answer: { brokers, clusterId, topics }, operations };
}

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

function readTopic(reader: WireReader, operations: number[]): MetadataTopic {
  const errorCode = reader.int16();
  const name = reader.compactStringOrNull() ?? "";
  const id = reader.uuid();
  reader.bool(); // internal
  const partitions = reader.compactArray(18, () => readPartition(reader));
  operations.push(reader.int32());
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
