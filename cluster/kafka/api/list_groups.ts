/** ListGroups (16): the groups that one broker coordinates. */
import type { Api } from "../api.ts";

/** One group. */
export interface ListedGroup {
  readonly groupId: string;
  /** "consumer"; "" for offsets committed without members; "connect", "share" and others have none. */
  readonly protocolType: string;
}

/** The answer. */
export interface ListGroupsAnswer {
  readonly errorCode: number;
  readonly groups: readonly ListedGroup[];
}

/** Version 3 is the first flexible one; later ones add filters that we do not use. */
export const LIST_GROUPS: Api<null, ListGroupsAnswer> = {
  key: 16,
  name: "ListGroups",
  versions: [3],
  encode(writer) {
    writer.noTags();
  },
  decode(reader) {
    reader.int32(); // throttle time
    const errorCode = reader.int16();
    const groups = reader.compactArray(3, () => {
      const groupId = reader.compactString();
      const protocolType = reader.compactString();
      reader.tags();
      return { groupId, protocolType };
    });
    reader.tags();
    return { errorCode, groups };
  },
};
