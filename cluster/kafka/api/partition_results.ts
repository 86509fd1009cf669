/** The result list that several requests share: topics, partitions, an error code and a message each. */
import type { WireReader } from "../wire.ts";

/** What Kafka answered for one partition. */
export interface PartitionResult {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | undefined;
}

/** Reads topics { name, partitions { index, error code, message } }. */
export function readPartitionResults(reader: WireReader): PartitionResult[] {
  const results: PartitionResult[] = [];
  for (let topics = reader.compactCount(3); topics > 0; topics--) {
    const topic = reader.compactString();
    for (let partitions = reader.compactCount(8); partitions > 0; partitions--) {
      const partition = reader.int32();
      const errorCode = reader.int16();
      const errorMessage = reader.compactStringOrNull() ?? undefined;
      reader.tags();
      results.push({ topic, partition, errorCode, errorMessage });
    }
    reader.tags();
  }
  return results;
}
