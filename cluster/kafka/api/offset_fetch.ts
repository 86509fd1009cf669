/** OffsetFetch (9): committed offsets of groups, from the broker that coordinates them. */
import type { Api } from "../api.ts";

/** Groups whose offsets are wanted, all topics of each. */
export interface OffsetFetchRequest {
  readonly groupIds: readonly string[];
}

/** Committed offsets of one group, as columns. */
export interface FetchedGroup {
  readonly groupId: string;
  readonly errorCode: number;
  readonly topicNames: readonly string[];
  readonly topic: readonly number[];
  readonly partition: readonly number[];
  /** -1 when the group has not committed. */
  readonly offset: readonly number[];
  readonly partitionError: readonly number[];
}

/** The answer. */
export interface OffsetFetchAnswer {
  readonly groups: readonly FetchedGroup[];
}

/** Version 8 is the first that takes several groups. */
export const OFFSET_FETCH: Api<OffsetFetchRequest, OffsetFetchAnswer> = {
  key: 9,
  name: "OffsetFetch",
  versions: [8],
  encode(writer, request) {
    writer.compactArray(request.groupIds, (groupId) => {
      writer.compactString(groupId);
      writer.compactArray(null, () => {}); // all topics
      writer.noTags();
    });
    writer.bool(false); // take what is there, do not wait for open transactions
    writer.noTags();
  },
  decode(reader) {
    reader.int32(); // throttle time
    const groups = reader.compactArray(5, () => {
      const group = {
        groupId: reader.compactString(),
        errorCode: 0,
        topicNames: [] as string[],
        topic: [] as number[],
        partition: [] as number[],
        offset: [] as number[],
        partitionError: [] as number[],
      };
      for (let topics = reader.compactCount(3); topics > 0; topics--) {
        const topic = group.topicNames.length;
        group.topicNames.push(reader.compactString());
        for (let partitions = reader.compactCount(20); partitions > 0; partitions--) {
          group.topic.push(topic);
          group.partition.push(reader.int32());
          group.offset.push(reader.int64());
          reader.int32(); // leader epoch
          reader.skipCompactString(); // metadata
          group.partitionError.push(reader.int16());
          reader.tags();
        }
        reader.tags();
      }
      group.errorCode = reader.int16();
      reader.tags();
      return group;
    });
    reader.tags();
    return { groups };
  },
};
