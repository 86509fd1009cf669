/**
 * DescribeLogDirs (35): what one broker has on its disks. The replicas come as columns, because a broker may list a
 * hundred thousand of them.
 */
import type { Api } from "../api.ts";
import type { WireReader } from "../wire.ts";

/** A log dir; a failed one has error 56 and lists nothing. */
export interface DescribedLogDir {
  readonly errorCode: number;
  readonly path: string;
  readonly totalBytes: number;
  readonly usableBytes: number;
}

/**
 * The answer. Replica i is of topic `topicNames[topic[i]]`, partition `partition[i]`, in `dirs[dir[i]]`.
 * `topicNames` may repeat a name: each log dir lists its own topics.
 */
export interface DescribeLogDirsAnswer {
  readonly errorCode: number;
  readonly dirs: readonly DescribedLogDir[];
  readonly topicNames: readonly string[];
  readonly topic: readonly number[];
  readonly partition: readonly number[];
  readonly dir: readonly number[];
  readonly sizeBytes: readonly number[];
  readonly offsetLag: readonly number[];
  /** Whether the replica is being copied into this directory and not yet in use. */
  readonly isFuture: readonly boolean[];
}

interface Columns {
  readonly topicNames: string[];
  readonly topic: number[];
  readonly partition: number[];
  readonly dir: number[];
  readonly sizeBytes: number[];
  readonly offsetLag: number[];
  readonly isFuture: boolean[];
}

/** Version 4 has the sizes of the volumes; before version 3 a missing permission looks like an empty broker. */
export const DESCRIBE_LOG_DIRS: Api<null, DescribeLogDirsAnswer> = {
  key: 35,
  name: "DescribeLogDirs",
  versions: [4],
  encode(writer) {
    writer.compactArray(null, () => {});
    writer.noTags();
  },
  decode(reader) {
    reader.int32(); // throttle time
    const errorCode = reader.int16();
    const columns: Columns = {
      topicNames: [],
      topic: [],
      partition: [],
      dir: [],
      sizeBytes: [],
      offsetLag: [],
      isFuture: [],
    };
    const dirs: DescribedLogDir[] = [];
    for (let left = reader.compactCount(21); left > 0; left--) {
      const dirError = reader.int16();
      const path = reader.compactString();
      readTopics(reader, columns, dirs.length);
      const totalBytes = reader.int64();
      const usableBytes = reader.int64();
      reader.tags();
      dirs.push({ errorCode: dirError, path, totalBytes, usableBytes });
    }
    reader.tags();
    return { errorCode, dirs, ...columns };
  },
};

function readTopics(reader: WireReader, columns: Columns, dir: number): void {
  for (let topics = reader.compactCount(3); topics > 0; topics--) {
    const topic = columns.topicNames.length;
    columns.topicNames.push(reader.compactString());
    for (let partitions = reader.compactCount(22); partitions > 0; partitions--) {
      columns.topic.push(topic);
      columns.dir.push(dir);
      columns.partition.push(reader.int32());
      columns.sizeBytes.push(reader.int64());
      columns.offsetLag.push(reader.int64());
      columns.isFuture.push(reader.bool());
      reader.tags();
    }
    reader.tags();
  }
}
