/** ElectLeaders (43): preferred leader election; every broker passes it on to the controller. */
import type { Api } from "../api.ts";
import { type PartitionResult, readPartitionResults } from "./partition_results.ts";

/** Partitions by topic. Unclean elections are not offered: they lose records. */
export interface ElectLeadersRequest {
  readonly timeoutMs: number;
  readonly topics: readonly { readonly name: string; readonly partitions: readonly number[] }[];
}

/** The answer. */
export interface ElectLeadersAnswer {
  readonly errorCode: number;
  readonly results: readonly PartitionResult[];
}

/** Version 2 is the first flexible one. */
export const ELECT_LEADERS: Api<ElectLeadersRequest, ElectLeadersAnswer> = {
  key: 43,
  name: "ElectLeaders",
  versions: [2],
  encode(writer, request) {
    writer.int8(0); // preferred
    writer.compactArray(request.topics, (topic) => {
      writer.compactString(topic.name);
      writer.compactInt32s(topic.partitions);
      writer.noTags();
    });
    writer.int32(request.timeoutMs);
    writer.noTags();
  },
  decode(reader) {
    reader.int32(); // throttle time
    const errorCode = reader.int16();
    const results = readPartitionResults(reader);
    reader.tags();
    return { errorCode, results };
  },
};
