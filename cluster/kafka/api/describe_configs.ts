/** DescribeConfigs (32): configuration of topics (any broker) and brokers (only the broker itself). */
import type { Api } from "../api.ts";

/** Resource type of a topic, here and in IncrementalAlterConfigs. */
export const TOPIC_RESOURCE = 2;
/** Resource type of a broker; its name is the id in decimal. */
export const BROKER_RESOURCE = 4;

/** Resources and the keys wanted of each; null for all keys. */
export interface DescribeConfigsRequest {
  readonly resources: readonly { readonly type: number; readonly name: string }[];
  readonly keys: readonly string[] | null;
}

/** Configuration of one resource. */
export interface DescribedResource {
  readonly errorCode: number;
  readonly errorMessage: string | undefined;
  readonly type: number;
  readonly name: string;
  readonly entries: readonly {
    readonly key: string;
    /** Undefined when it has none or is secret. */
    readonly value: string | undefined;
    /** Kafka's number of the source: 1 topic, 2 broker, 3 cluster-wide default, 4 file, 5 default. */
    readonly source: number;
  }[];
}

/** The answer. */
export interface DescribeConfigsAnswer {
  readonly resources: readonly DescribedResource[];
}

/** Version 4 is the first flexible one and in every Kafka from 2.8 on. */
export const DESCRIBE_CONFIGS: Api<DescribeConfigsRequest, DescribeConfigsAnswer> = {
  key: 32,
  name: "DescribeConfigs",
  versions: [4],
  encode(writer, request) {
    writer.compactArray(request.resources, (resource) => {
      writer.int8(resource.type);
      writer.compactString(resource.name);
      writer.compactArray(request.keys, (key) => writer.compactString(key));
      writer.noTags();
    });
    writer.bool(false); // no synonyms
    writer.bool(false); // no documentation
    writer.noTags();
  },
  decode(reader) {
    reader.int32(); // throttle time
    const resources = reader.compactArray(7, () => {
      const errorCode = reader.int16();
      const errorMessage = reader.compactStringOrNull() ?? undefined;
      const type = reader.int8();
      const name = reader.compactString();
      const entries = reader.compactArray(9, () => {
        const key = reader.compactString();
        const value = reader.compactStringOrNull() ?? undefined;
        reader.bool(); // read-only: wrong for the throttle rates on 3.9, so nobody may rely on it
        const source = reader.int8();
        reader.bool(); // sensitive
        for (let left = reader.compactCount(4); left > 0; left--) {
          reader.skipCompactString();
          reader.skipCompactString();
          reader.int8();
          reader.tags();
        }
        reader.int8(); // type
        reader.skipCompactString(); // documentation
        reader.tags();
        return { key, value, source };
      });
      reader.tags();
      return { errorCode, errorMessage, type, name, entries };
    });
    reader.tags();
    return { resources };
  },
};
