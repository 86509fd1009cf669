/** DescribeQuorum (55): the only request that names the active controller of a KRaft cluster. */
import type { Api } from "../api.ts";
import type { WireReader } from "../wire.ts";

/** The answer. */
export interface DescribeQuorumAnswer {
  readonly errorCode: number;
  /** Node id of the active controller, -1 when there is none now. */
  readonly leaderId: number;
}

const METADATA_TOPIC = "__cluster_metadata";

/** Version 0 has all that is needed. */
export const DESCRIBE_QUORUM: Api<null, DescribeQuorumAnswer> = {
  key: 55,
  name: "DescribeQuorum",
  versions: [0],
  encode(writer) {
    writer.compactArray([METADATA_TOPIC], (topic) => {
      writer.compactString(topic);
      writer.compactArray([0], (partition) => {
        writer.int32(partition);
        writer.noTags();
      });
      writer.noTags();
    });
    writer.noTags();
  },
  decode(reader) {
    let errorCode = reader.int16();
    let leaderId = -1;
    for (let topics = reader.compactCount(3); topics > 0; topics--) {
      reader.skipCompactString();
      for (let partitions = reader.compactCount(25); partitions > 0; partitions--) {
        reader.int32();
        const partitionError = reader.int16();
        if (errorCode === 0) errorCode = partitionError;
        leaderId = reader.int32();
        reader.int32(); // epoch
        reader.int64(); // high watermark
        skipReplicas(reader); // voters
        skipReplicas(reader); // observers
        reader.tags();
      }
      reader.tags();
    }
    reader.tags();
    return { errorCode, leaderId };
  },
};

function skipReplicas(reader: WireReader): void {
  for (let left = reader.compactCount(13); left > 0; left--) {
    reader.skip(12);
    reader.tags();
  }
}
