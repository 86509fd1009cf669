/** IncrementalAlterConfigs (44): changes single keys. Its elder sister AlterConfigs drops every key that is not named. */
import type { Api } from "../api.ts";

/** Operations, as on the wire. */
export const CONFIG_OPERATIONS = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

/** Changes of one resource; a key at most once. */
export interface AlteredResource {
  readonly type: number;
  readonly name: string;
  readonly changes: readonly {
    readonly key: string;
    readonly operation: keyof typeof CONFIG_OPERATIONS;
    readonly value: string | null;
  }[];
}

/** Changes of several resources; each at most once. */
export interface IncrementalAlterConfigsRequest {
  readonly resources: readonly AlteredResource[];
}

/** The answer: one entry a resource. */
export interface IncrementalAlterConfigsAnswer {
  readonly resources: readonly {
    readonly errorCode: number;
    readonly errorMessage: string | undefined;
    readonly type: number;
    readonly name: string;
  }[];
}

/** Version 1 is the first flexible one. */
export const INCREMENTAL_ALTER_CONFIGS: Api<
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsAnswer
> = {
  key: 44,
  name: "IncrementalAlterConfigs",
  versions: [1],
  encode(writer, request) {
    writer.compactArray(request.resources, (resource) => {
      writer.int8(resource.type);
      writer.compactString(resource.name);
      writer.compactArray(resource.changes, (change) => {
        writer.compactString(change.key);
        writer.int8(CONFIG_OPERATIONS[change.operation]);
        writer.compactString(change.value);
        writer.noTags();
      });
      writer.noTags();
    });
    writer.bool(false); // really do it
    writer.noTags();
  },
  decode(reader) {
    reader.int32(); // throttle time
    const resources = reader.compactArray(6, () => {
      const errorCode = reader.int16();
      const errorMessage = reader.compactStringOrNull() ?? undefined;
      const type = reader.int8();
      const name = reader.compactString();
      reader.tags();
      return { errorCode, errorMessage, type, name };
    });
    reader.tags();
    return { resources };
  },
};
