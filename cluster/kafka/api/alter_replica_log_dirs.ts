/** AlterReplicaLogDirs (34): moves replicas between the log dirs of the broker that is asked. */
import type { Api } from "../api.ts";

/** Replicas by wanted directory and topic. */
export interface AlterReplicaLogDirsRequest {
  readonly dirs: readonly {
    readonly path: string;
    readonly topics: readonly { readonly name: string; readonly partitions: readonly number[] }[];
  }[];
}

/** The answer; a missing permission shows as code 31 of every partition. */
export interface AlterReplicaLogDirsAnswer {
  readonly results: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly errorCode: number;
  }[];
}

/** Version 2 is the first flexible one. */
export const ALTER_REPLICA_LOG_DIRS: Api<AlterReplicaLogDirsRequest, AlterReplicaLogDirsAnswer> = {
  key: 34,
  name: "AlterReplicaLogDirs",
  versions: [2],
  encode(writer, request) {
    writer.compactArray(request.dirs, (dir) => {
      writer.compactString(dir.path);
      writer.compactArray(dir.topics, (topic) => {
        writer.compactString(topic.name);
        writer.compactInt32s(topic.partitions);
        writer.noTags();
      });
      writer.noTags();
    });
    writer.noTags();
  },
  decode(reader) {
    reader.int32(); // throttle time
    const results: { topic: string; partition: number; errorCode: number }[] = [];
    for (let topics = reader.compactCount(3); topics > 0; topics--) {
      const topic = reader.compactString();
      for (let partitions = reader.compactCount(7); partitions > 0; partitions--) {
        const partition = reader.int32();
        const errorCode = reader.int16();
        reader.tags();
        results.push({ topic, partition, errorCode });
      }
      reader.tags();
    }
    reader.tags();
    return { results };
  },
};
