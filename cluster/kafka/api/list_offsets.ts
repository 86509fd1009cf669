/** ListOffsets (2): first or last offsets of partitions, from the broker that leads them. */
import type { Api } from "../api.ts";

/** Timestamp that asks for the offset after the last record. */
export const END_OF_LOG: -1 = -1;
/** Timestamp that asks for the first offset. */
export const START_OF_LOG: -2 = -2;

/** Partitions by topic, all with the same timestamp. */
export interface ListOffsetsRequest {
  readonly timestamp: typeof END_OF_LOG | typeof START_OF_LOG;
  readonly topics: readonly { readonly name: string; readonly partitions: readonly number[] }[];
}

/** The answer, as columns: entry i is of topic `topicNames[topic[i]]`. */
export interface ListOffsetsAnswer {
  readonly topicNames: readonly string[];
  readonly topic: readonly number[];
  readonly partition: readonly number[];
  readonly errorCode: readonly number[];
  readonly offset: readonly number[];
}

/** Version 6 is the first flexible one and in every Kafka from 2.8 on. */
export const LIST_OFFSETS: Api<ListOffsetsRequest, ListOffsetsAnswer> = {
  key: 2,
  name: "ListOffsets",
  versions: [6],
  encode(writer, request) {
    writer.int32(-1); // no replica: a client
    writer.int8(0); // read uncommitted, so that the end is that of the log
    writer.compactArray(request.topics, (topic) => {
      writer.compactString(topic.name);
      writer.compactArray(topic.partitions, (partition) => {
        writer.int32(partition);
        writer.int32(-1); // any leader epoch
        writer.int64(request.timestamp);
        writer.noTags();
      });
      writer.noTags();
    });
    writer.noTags();
  },
  decode(reader) {
    reader.int32(); // throttle time
    const answer = {
      topicNames: [] as string[],
      topic: [] as number[],
      partition: [] as number[],
      errorCode: [] as number[],
      offset: [] as number[],
    };
    for (let topics = reader.compactCount(3); topics > 0; topics--) {
      const topic = answer.topicNames.length;
      answer.topicNames.push(reader.compactString());
      for (let partitions = reader.compactCount(27); partitions > 0; partitions--) {
        answer.topic.push(topic);
        answer.partition.push(reader.int32());
        answer.errorCode.push(reader.int16());
        reader.int64(); // timestamp
        answer.offset.push(reader.int64());
        reader.int32(); // leader epoch
        reader.tags();
      }
      reader.tags();
    }
    reader.tags();
    return answer;
  },
};
