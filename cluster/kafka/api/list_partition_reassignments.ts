/** ListPartitionReassignments (46): what the controller is moving; every broker passes it on to the controller. */
import type { OngoingReassignment } from "../../../model/readings.ts";
import type { Api } from "../api.ts";

/** Partitions to ask for; null for all. */
export interface ListPartitionReassignmentsRequest {
  readonly timeoutMs: number;
  readonly topics:
    | readonly { readonly name: string; readonly partitions: readonly number[] }[]
    | null;
}

/** The answer. */
export interface ListPartitionReassignmentsAnswer {
  readonly errorCode: number;
  readonly errorMessage: string | undefined;
  readonly reassignments: readonly OngoingReassignment[];
}

/** There is only version 0. */
export const LIST_PARTITION_REASSIGNMENTS: Api<
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsAnswer
> = {
  key: 46,
  name: "ListPartitionReassignments",
  versions: [0],
  encode(writer, request) {
    writer.int32(request.timeoutMs);
    writer.compactArray(request.topics, (topic) => {
      writer.compactString(topic.name);
      writer.compactInt32s(topic.partitions);
      writer.noTags();
    });
    writer.noTags();
  },
  decode(reader) {
    reader.int32(); // throttle time
    const errorCode = reader.int16();
    const errorMessage = reader.compactStringOrNull() ?? undefined;
    const reassignments: OngoingReassignment[] = [];
    for (let topics = reader.compactCount(3); topics > 0; topics--) {
      const topic = reader.compactString();
      for (let partitions = reader.compactCount(8); partitions > 0; partitions--) {
        const partition = reader.int32();
        const replicas = reader.compactInt32s();
        const adding = reader.compactInt32s();
        const removing = reader.compactInt32s();
        reader.tags();
        reassignments.push({ topic, partition, replicas, adding, removing });
      }
      reader.tags();
    }
    reader.tags();
    return { errorCode, errorMessage, reassignments };
  },
};
