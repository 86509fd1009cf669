/**
 * Answers that do not follow the format: cut short, lengthened, with bytes changed, or made of noise. The worst that may
 * come of it is a protocol_error.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Api, decodeAnswer } from "../../../cluster/kafka/api.ts";
import { ALTER_PARTITION_REASSIGNMENTS } from "../../../cluster/kafka/api/alter_partition_reassignments.ts";
import { ALTER_REPLICA_LOG_DIRS } from "../../../cluster/kafka/api/alter_replica_log_dirs.ts";
import { DESCRIBE_CLUSTER } from "../../../cluster/kafka/api/describe_cluster.ts";
import { DESCRIBE_CONFIGS } from "../../../cluster/kafka/api/describe_configs.ts";
import { DESCRIBE_LOG_DIRS } from "../../../cluster/kafka/api/describe_log_dirs.ts";
import { DESCRIBE_QUORUM } from "../../../cluster/kafka/api/describe_quorum.ts";
import { ELECT_LEADERS } from "../../../cluster/kafka/api/elect_leaders.ts";
import { INCREMENTAL_ALTER_CONFIGS } from "../../../cluster/kafka/api/incremental_alter_configs.ts";
import { LIST_GROUPS } from "../../../cluster/kafka/api/list_groups.ts";
import { LIST_OFFSETS } from "../../../cluster/kafka/api/list_offsets.ts";
import { LIST_PARTITION_REASSIGNMENTS } from "../../../cluster/kafka/api/list_partition_reassignments.ts";
import { METADATA } from "../../../cluster/kafka/api/metadata.ts";
import { OFFSET_FETCH } from "../../../cluster/kafka/api/offset_fetch.ts";

const SEED = 20261124;

/** Bytes from hex, blanks allowed. */
function hex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, "");
  return Uint8Array.from(
    { length: digits.length / 2 },
    (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

interface Example {
  readonly api: Api<never, unknown>;
  readonly version: number;
  /** A complete answer, from the header's tagged fields on. */
  readonly bytes: Uint8Array;
  readonly answer: unknown;
}

const EXAMPLES: readonly Example[] = [
  {
    api: METADATA,
    version: 12,
    // One broker with a rack; topic "t" with a partition whose leader is dead (error 5).
    bytes: hex(`00 00000000
      02 00000001 02 68 00002384 03 7230 00
      02 63 00000001
      02 0000 02 74 000102030405060708090a0b0c0d0e0f 00
        02 0005 00000000 ffffffff 00000007 03 00000001 00000002 02 00000001 02 00000002 00
      80000000 00 00`),
    answer: {
      brokers: [{ id: 1, host: "h", port: 9092, rack: "r0" }],
      clusterId: "c",
      topics: [{
        errorCode: 0,
        name: "t",
        id: "AAECAwQFBgcICQoLDA0ODw",
        partitions: [{
          partition: 0,
          leader: -1,
          leaderEpoch: 7,
          replicas: [1, 2],
          inSync: [1],
          offline: [2],
        }],
      }],
    },
  },
  {
    api: DESCRIBE_CLUSTER,
    version: 2,
    bytes: hex(`00 00000000 0000 00 01 02 63 00000001
      02 00000003 02 68 00002384 00 01 00
      80000000 00`),
    answer: {
      errorCode: 0,
      errorMessage: undefined,
      clusterId: "c",
      controllerId: 1,
      brokers: [{ id: 3, host: "h", port: 9092, rack: undefined, isFenced: true }],
      listsFenced: true,
    },
  },
  {
    api: DESCRIBE_QUORUM,
    version: 0,
    bytes: hex(`00 0000 02 03 5f5f
      02 00000000 0000 00000002 00000005 0000000000000064
        02 00000002 0000000000000064 00
        01
      00 00 00`),
    answer: { errorCode: 0, leaderId: 2 },
  },
  {
    api: DESCRIBE_LOG_DIRS,
    version: 4,
    bytes: hex(`00 00000000 0000
      03
      0000 03 2f61
        02 02 74 02 00000001 0000000100000000 0000000000000000 00 00 00
        0000000200000000 0000000100000000 00
      0038 03 2f62 01 ffffffffffffffff ffffffffffffffff 00
      00`),
    answer: {
      errorCode: 0,
      dirs: [
        { errorCode: 0, path: "/a", totalBytes: 2 ** 33, usableBytes: 2 ** 32 },
        { errorCode: 56, path: "/b", totalBytes: -1, usableBytes: -1 },
      ],
      topicNames: ["t"],
      topic: [0],
      partition: [1],
      dir: [0],
      sizeBytes: [2 ** 32],
      offsetLag: [0],
      isFuture: [false],
    },
  },
  {
    api: LIST_OFFSETS,
    version: 6,
    bytes: hex(`00 00000000
      02 02 74 02 00000000 0000 ffffffffffffffff 00000000000003e8 00000001 00 00
      00`),
    answer: { topicNames: ["t"], topic: [0], partition: [0], errorCode: [0], offset: [1000] },
  },
  {
    api: LIST_GROUPS,
    version: 3,
    bytes: hex("00 00000000 0000 02 02 67 09 636f6e73756d6572 00 00"),
    answer: { errorCode: 0, groups: [{ groupId: "g", protocolType: "consumer" }] },
  },
  {
    api: OFFSET_FETCH,
    version: 8,
    bytes: hex(`00 00000000
      02 02 67 02 02 74 02 00000000 0000000000000190 ffffffff 01 0000 00 00 0000 00
      00`),
    answer: {
      groups: [{
        groupId: "g",
        errorCode: 0,
        topicNames: ["t"],
        topic: [0],
        partition: [0],
        offset: [400],
        partitionError: [0],
      }],
    },
  },
  {
    api: DESCRIBE_CONFIGS,
    version: 4,
    bytes: hex("00 00000000 02 0000 00 02 02 74 02 02 6b 02 76 00 01 00 01 02 00 00 00 00"),
    answer: {
      resources: [{
        errorCode: 0,
        errorMessage: undefined,
        type: 2,
        name: "t",
        entries: [{ key: "k", value: "v", source: 1 }],
      }],
    },
  },
  {
    api: INCREMENTAL_ALTER_CONFIGS,
    version: 1,
    bytes: hex("00 00000000 02 0028 04 626164 04 02 31 00 00"),
    answer: { resources: [{ errorCode: 40, errorMessage: "bad", type: 4, name: "1" }] },
  },
  {
    api: ALTER_PARTITION_REASSIGNMENTS,
    version: 1,
    bytes: hex("00 00000000 01 0000 00 02 02 74 02 00000003 0027 00 00 00 00"),
    answer: {
      errorCode: 0,
      errorMessage: undefined,
      results: [{ topic: "t", partition: 3, errorCode: 39, errorMessage: undefined }],
    },
  },
  {
    api: LIST_PARTITION_REASSIGNMENTS,
    version: 0,
    bytes: hex(`00 00000000 0000 00
      02 02 74 02 00000000 03 00000002 00000001 02 00000002 02 00000001 00 00 00`),
    answer: {
      errorCode: 0,
      errorMessage: undefined,
      reassignments: [{ topic: "t", partition: 0, replicas: [2, 1], adding: [2], removing: [1] }],
    },
  },
  {
    api: ELECT_LEADERS,
    version: 2,
    bytes: hex("00 00000000 0000 02 02 74 02 00000000 0054 00 00 00 00"),
    answer: {
      errorCode: 0,
      results: [{ topic: "t", partition: 0, errorCode: 84, errorMessage: undefined }],
    },
  },
  {
    api: ALTER_REPLICA_LOG_DIRS,
    version: 2,
    bytes: hex("00 00000000 02 02 74 02 00000000 0039 00 00 00"),
    answer: { results: [{ topic: "t", partition: 0, errorCode: 57 }] },
  },
];

/** Fails unless the bytes give an answer or a protocol_error. */
function checkBounded(example: Example, bytes: Uint8Array): void {
  const result = decodeAnswer(example.api, bytes, example.version);
  if (!result.ok) assertEquals(result.failure.code, "protocol_error");
}

for (const example of EXAMPLES) {
  const name = `${example.api.name} version ${example.version}`;

  Deno.test(`decodeAnswer() reads every field of ${name}`, () => {
    const result = decodeAnswer(example.api, example.bytes, example.version);
    assert(result.ok, result.ok ? "" : result.failure.message);
    assertEquals(result.value, example.answer);
  });

  Deno.test(`decodeAnswer() refuses ${name} cut at any byte, or with a byte too many`, () => {
    for (let length = 0; length < example.bytes.length; length++) {
      const result = decodeAnswer(example.api, example.bytes.subarray(0, length), example.version);
      assertEquals(result.ok ? "ok" : result.failure.code, "protocol_error");
    }
    const longer = Uint8Array.of(...example.bytes, 0);
    const result = decodeAnswer(example.api, longer, example.version);
    assertEquals(result.ok ? "ok" : result.failure.code, "protocol_error");
  });

  Deno.test(`decodeAnswer() survives ${name} with changed bytes and noise`, () => {
    const change = fc.tuple(fc.nat(example.bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = example.bytes.slice();
        for (const [at, value] of changes) bytes[at] = value;
        checkBounded(example, bytes);
      }),
      { seed: SEED, numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => checkBounded(example, noise)),
      { seed: SEED, numRuns: 300 },
    );
  });
}

Deno.test("decodeAnswer() reads tagged fields of newer brokers past", () => {
  // A tagged field in the response header and one at the end of the body.
  const bytes = hex("01 05 02 beef 00000000 0000 01 01 00 04 cafebabe");
  const result = decodeAnswer(LIST_GROUPS, bytes, 3);
  assertEquals(result, { ok: true, value: { errorCode: 0, groups: [] } });
});
