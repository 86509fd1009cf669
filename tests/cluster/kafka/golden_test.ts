/** Request bodies byte by byte. The expected bytes were checked against an independent encoder. */
import { assertEquals } from "@std/assert";
import { type Api, encodeRequest } from "../../../cluster/kafka/api.ts";
import { ALTER_PARTITION_REASSIGNMENTS } from "../../../cluster/kafka/api/alter_partition_reassignments.ts";
import { ALTER_REPLICA_LOG_DIRS } from "../../../cluster/kafka/api/alter_replica_log_dirs.ts";
import { TOPIC_RESOURCE } from "../../../cluster/kafka/api/describe_configs.ts";
import { DESCRIBE_LOG_DIRS } from "../../../cluster/kafka/api/describe_log_dirs.ts";
import { ELECT_LEADERS } from "../../../cluster/kafka/api/elect_leaders.ts";
import { INCREMENTAL_ALTER_CONFIGS } from "../../../cluster/kafka/api/incremental_alter_configs.ts";
import { LIST_PARTITION_REASSIGNMENTS } from "../../../cluster/kafka/api/list_partition_reassignments.ts";

/** The body as hex, without the header's empty tagged fields that come first. */
function bodyOf<Request, Answer>(
  api: Api<Request, Answer>,
  version: number,
  request: Request,
): string {
  const [tags, ...body] = encodeRequest(api, request, version);
  assertEquals(tags, 0);
  return body.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const plain = (hex: string) => hex.replaceAll(" ", "");

const reassign = (replicas: number[] | null) => ({
  timeoutMs: 30_000,
  allowReplicationFactorChange: true,
  topics: [{ name: "t1", partitions: [{ partition: 0, replicas }] }],
});

Deno.test("ALTER_PARTITION_REASSIGNMENTS encodes a target in version 0", () => {
  assertEquals(
    bodyOf(ALTER_PARTITION_REASSIGNMENTS, 0, reassign([1, 2, 3])),
    plain("00007530 02 03 7431 02 00000000 04 00000001 00000002 00000003 00 00 00"),
  );
});

Deno.test("ALTER_PARTITION_REASSIGNMENTS encodes a cancel as null", () => {
  assertEquals(
    bodyOf(ALTER_PARTITION_REASSIGNMENTS, 0, reassign(null)),
    plain("00007530 02 03 7431 02 00000000 00 00 00 00"),
  );
});

Deno.test("ALTER_PARTITION_REASSIGNMENTS says in version 1 whether the count may change", () => {
  assertEquals(
    bodyOf(ALTER_PARTITION_REASSIGNMENTS, 1, reassign([1, 2, 3])),
    plain("00007530 01 02 03 7431 02 00000000 04 00000001 00000002 00000003 00 00 00"),
  );
});

Deno.test("LIST_PARTITION_REASSIGNMENTS encodes all topics as null", () => {
  assertEquals(
    bodyOf(LIST_PARTITION_REASSIGNMENTS, 0, { timeoutMs: 30_000, topics: null }),
    plain("00007530 00 00"),
  );
});

Deno.test("LIST_PARTITION_REASSIGNMENTS encodes named partitions", () => {
  const topics = [{ name: "t1", partitions: [0, 1] }];
  assertEquals(
    bodyOf(LIST_PARTITION_REASSIGNMENTS, 0, { timeoutMs: 30_000, topics }),
    plain("00007530 02 03 7431 03 00000000 00000001 00 00"),
  );
});

Deno.test("ELECT_LEADERS encodes a preferred election", () => {
  const topics = [{ name: "t1", partitions: [0, 1] }];
  assertEquals(
    bodyOf(ELECT_LEADERS, 2, { timeoutMs: 30_000, topics }),
    plain("00 02 03 7431 03 00000000 00000001 00 00007530 00"),
  );
});

Deno.test("ALTER_REPLICA_LOG_DIRS encodes directory, topic and partitions", () => {
  const dirs = [{ path: "/d1", topics: [{ name: "t1", partitions: [0] }] }];
  assertEquals(
    bodyOf(ALTER_REPLICA_LOG_DIRS, 2, { dirs }),
    plain("02 04 2f6431 02 03 7431 02 00000000 00 00 00"),
  );
});

Deno.test("DESCRIBE_LOG_DIRS asks for everything with null", () => {
  assertEquals(bodyOf(DESCRIBE_LOG_DIRS, 4, null), plain("00 00"));
});

Deno.test("INCREMENTAL_ALTER_CONFIGS encodes the deletion of a key", () => {
  const resources = [{
    type: TOPIC_RESOURCE,
    name: "t1",
    changes: [{ key: "k", operation: "delete" as const, value: null }],
  }];
  assertEquals(
    bodyOf(INCREMENTAL_ALTER_CONFIGS, 1, { resources }),
    plain("02 02 03 7431 02 02 6b 01 00 00 00 00 00"),
  );
});
