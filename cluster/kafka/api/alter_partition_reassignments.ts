/** AlterPartitionReassignments (45): submits and cancels reassignments; every broker passes it on to the controller. */
import type { Api } from "../api.ts";
import { type PartitionResult, readPartitionResults } from "./partition_results.ts";

/** Wanted replica lists by topic. */
export interface AlterPartitionReassignmentsRequest {
  readonly timeoutMs: number;
  /** Version 1 only: whether a list may be longer or shorter than before. */
  readonly allowReplicationFactorChange: boolean;
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly {
      readonly partition: number;
      /** Null cancels. */
      readonly replicas: readonly number[] | null;
    }[];
  }[];
}

/** The answer. */
export interface AlterPartitionReassignmentsAnswer {
  readonly errorCode: number;
  readonly errorMessage: string | undefined;
  readonly results: readonly PartitionResult[];
}

/** Version 1 (Kafka 4.1, KIP-860) can refuse a changed replica count. */
export const ALTER_PARTITION_REASSIGNMENTS: Api<
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsAnswer
> = {
  key: 45,
  name: "AlterPartitionReassignments",
  versions: [1, 0],
  encode(writer, request, version) {
    writer.int32(request.timeoutMs);
    if (version >= 1) writer.bool(request.allowReplicationFactorChange);
    writer.compactArray(request.topics, (topic) => {
      writer.compactString(topic.name);
      writer.compactArray(topic.partitions, (target) => {
        writer.int32(target.partition);
        writer.compactInt32s(target.replicas);
        writer.noTags();
      });
      writer.noTags();
    });
    writer.noTags();
  },
  decode(reader, version) {
    reader.int32(); // throttle time
    if (version >= 1) reader.bool(); // echo of what was allowed
    const errorCode = reader.int16();
    const errorMessage = reader.compactStringOrNull() ?? undefined;
    const results = readPartitionResults(reader);
    reader.tags();
    return { errorCode, errorMessage, results };
  },
};
