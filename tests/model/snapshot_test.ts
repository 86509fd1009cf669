import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { parseSnapshot, readSnapshotFile } from "../../model/snapshot_read.ts";
import { SnapshotText } from "../../model/snapshot_text.ts";
import { snapshotText, writeSnapshotFile } from "../../model/snapshot_write.ts";
import { syntheticCluster } from "../../bench/synthetic_cluster.ts";
import { arbitraryCluster, CLUSTERS } from "../planner/clusters.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const textOf = (input: ClusterInput) => [...snapshotText(input)].join("");

interface RawPartition {
  [member: string]: unknown;
}

/** A small valid snapshot, with parts replaced. */
function raw(
  change: { top?: object; broker?: object; topic?: object; partition?: RawPartition } = {},
): Uint8Array {
  const partition = { id: 0, replicas: [1, 2], leader: 1, load: [1, 2, 3, 4], ...change.partition };
  const broker = (id: number) => ({
    id,
    rack: `r${id}`,
    host: `h${id}`,
    capacity: { cpu: 100, nwIn: 10, nwOut: 10, disk: 10 },
  });
  return encode(JSON.stringify({
    version: 1,
    brokers: [{ ...broker(1), ...change.broker }, broker(2)],
    topics: [{ name: "T", partitions: [partition], ...change.topic }],
    ...change.top,
  }));
}

function problemOf(bytes: Uint8Array): string {
  const parsed = parseSnapshot(bytes);
  assert(!parsed.ok, "Expected the snapshot to be refused");
  assertEquals(parsed.failure.code, "invalid_file");
  return parsed.failure.message;
}

Deno.test("parseSnapshot() reads back what snapshotText() wrote", () => {
  fc.assert(
    fc.property(arbitraryCluster(), (input) => {
      const parsed = parseSnapshot(encode(textOf(input)));
      assert(parsed.ok, parsed.ok ? "" : parsed.failure.message);
      assertEquals(textOf(parsed.value), textOf(input));
      assertEquals([...parsed.value.leaderLoad], [...input.leaderLoad]);
      assertEquals([...parsed.value.replicaOffline], [...input.replicaOffline]);
    }),
    { seed: 7, numRuns: 100 },
  );
});

Deno.test("parseSnapshot() agrees with JSON.parse on numbers of any form", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e12, noNaN: true }),
      fc.nat({ max: 3 }),
      (value, form) => {
        const shown = [
          String(value),
          value.toFixed(3),
          value.toExponential(5),
          value.toFixed(20),
        ][form]!;
        const text = new TextDecoder().decode(raw()).replace("[1,2,3,4]", `[${shown},2,3,4]`);
        const parsed = parseSnapshot(encode(text));
        assert(parsed.ok, shown);
        assertEquals(parsed.value.leaderLoad[0], JSON.parse(shown));
      },
    ),
    { seed: 8, numRuns: 500 },
  );
});

Deno.test("parseSnapshot() rounds long numbers as JSON.parse does", () => {
  const text = new TextDecoder().decode(raw());
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 9 }), { minLength: 14, maxLength: 21 }),
      fc.nat({ max: 20 }),
      (digits, place) => {
        const all = digits.join("").replace(/^0+/, "") || "0";
        const cut = Math.min(place, all.length - 1);
        const small = `0.${"0".repeat(place % 5)}${all}`;
        const shown = cut === 0 ? small : `${all.slice(0, -cut)}.${all.slice(-cut)}`;
        const parsed = parseSnapshot(encode(text.replace("[1,2,3,4]", `[${shown},2,3,4]`)));
        assert(parsed.ok, shown);
        assertEquals(parsed.value.leaderLoad[0], JSON.parse(shown), shown);
      },
    ),
    { seed: 11, numRuns: 2000 },
  );
});

Deno.test("parseSnapshot() reads every layout of a text as it reads ours", () => {
  const backwards = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(backwards);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).reverse().map(([name, member]) => [name, backwards(member)]),
    );
  };
  fc.assert(
    fc.property(arbitraryCluster(), (input) => {
      const text = textOf(input);
      const value: unknown = JSON.parse(text);
      const layouts = [
        JSON.stringify(value),
        JSON.stringify(value, undefined, 2),
        JSON.stringify(value, undefined, "\t").replaceAll("\n", "\r\n"),
        JSON.stringify(backwards(value)),
        // Ours with partitions in between that are not.
        text.replaceAll(/\{("id":[0-9]*[13579]),("replicas")/g, "{ $1, $2"),
      ];
      for (const layout of layouts) {
        const parsed = parseSnapshot(encode(layout));
        assert(parsed.ok, parsed.ok ? "" : parsed.failure.message);
        assertEquals(textOf(parsed.value), text);
      }
    }),
    { seed: 12, numRuns: 50 },
  );
});

Deno.test("SnapshotText.add() reads pieces of any size as it reads the whole", () => {
  const ours = textOf(CLUSTERS.small()).replace('"T1"', '"Th\u00e9"');
  const texts = [ours, `\ufeff${JSON.stringify(JSON.parse(ours), undefined, 1)}`].map(encode);
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.integer({ min: 1, max: 400 }), (bytes, size) => {
      const whole = new SnapshotText(bytes.length);
      whole.add(bytes);
      whole.finish();
      const pieces = new SnapshotText(0);
      for (let at = 0; at < bytes.length; at += size) pieces.add(bytes.slice(at, at + size));
      pieces.finish();
      assertEquals(pieces.members, whole.members);
      assertEquals(pieces.columns.topicNames, whole.columns.topicNames);
      assertEquals(pieces.columns.partitionStart, whole.columns.partitionStart);
      assertEquals(pieces.columns.brokerIds, whole.columns.brokerIds);
      assertEquals(pieces.columns.leaderLoad, whole.columns.leaderLoad);
    }),
    { seed: 13, numRuns: 200 },
  );
});

Deno.test("SnapshotText.add() makes room for a value that is larger than its first buffer", () => {
  const text = `{"version":1,"later":"${"x".repeat(3_000_000)}","topics":[],"brokers":[`;
  const parsed = parseSnapshot(encode(`${text}{"id":0,"rack":"r","host":"h",
    "capacity":{"cpu":1,"nwIn":1,"nwOut":1,"disk":1}}]}`));
  assert(parsed.ok, parsed.ok ? "" : parsed.failure.message);
  assertEquals(parsed.value.topicNames, []);
});

Deno.test("parseSnapshot() finds brokers of any id", () => {
  const parsed = parseSnapshot(raw({
    broker: { id: 2 ** 31 - 1 },
    partition: { replicas: [2, 2 ** 31 - 1], leader: 2 ** 31 - 1 },
  }));
  assert(parsed.ok, parsed.ok ? "" : parsed.failure.message);
  assertEquals([...parsed.value.replicaBroker], [0, 1]);
  assertEquals([...parsed.value.leaderReplica], [1]);
});

Deno.test("parseSnapshot() derives the load of followers where it is not given", () => {
  const parsed = parseSnapshot(raw({ partition: { load: [20, 100, 130, 75] } }));
  assert(parsed.ok);
  const [cpu, ...rest] = parsed.value.followerLoad;
  assertEquals(rest, [100, 0, 75]);
  // 20 x 0.15 x 100 / (0.7 x 100 + 0.15 x 130), the reference's formula.
  assert(Math.abs(cpu! - 3.35196) < 1e-5);
});

Deno.test("parseSnapshot() takes members in any order, white space, and members it does not know", () => {
  const text = `\ufeff {"later": [{"a": [1, {"b": null}], "c": "\\"]}"}], "topics": [ { "x": true,
    "partitions": [ {"load": [1e0, 2.50, 3, 4E1], "leader": 2, "note": {"deep": [[]]},
      "replicas": [ 2 , 1 ], "id": 5} ], "name": "T\\u00e9\\n" } ],
    "brokers": [{"id": 2, "rack": "", "host": "h2", "capacity": {"cpu": 100, "nwIn": 1, "nwOut": 1, "disk": 1}},
      {"id": 1, "rack": "r", "host": "h1", "capacity": {"cpu": 100, "nwIn": 1, "nwOut": 1, "disk": 1}}],
    "version": 1}\n`;
  const parsed = parseSnapshot(encode(text));
  assert(parsed.ok, parsed.ok ? "" : parsed.failure.message);
  assertEquals(parsed.value.topicNames, ["Té\n"]);
  assertEquals(parsed.value.brokers.map((broker) => [broker.id, broker.rack]), [[1, "r"], [
    2,
    "h2",
  ]]);
  assertEquals([...parsed.value.replicaBroker], [1, 0]);
  assertEquals([...parsed.value.leaderReplica], [0]);
  assertEquals([...parsed.value.leaderLoad], [1, 2.5, 3, 40]);
});

Deno.test("parseSnapshot() reads log dirs, and calls replicas on a dead one offline", () => {
  const logDirs = [
    { path: "/a", capacity: 5, alive: true },
    { path: "/b", capacity: 7, alive: false },
  ];
  const parsed = parseSnapshot(raw({
    broker: { logDirs },
    partition: { replicas: [1], logDirs: ["/b"] },
  }));
  assert(parsed.ok, parsed.ok ? "" : parsed.failure.message);
  assertEquals(parsed.value.brokers[0]!.capacity[3], 5);
  assertEquals(parsed.value.brokers[0]!.state, "bad_disks");
  assertEquals([...parsed.value.replicaLogDir], [1]);
  assertEquals([...parsed.value.replicaOffline], [1]);
});

Deno.test("parseSnapshot() keeps offline replicas, own sizes and unknown resources", () => {
  const parsed = parseSnapshot(raw({
    top: { unknownResources: { cpu: "no source" } },
    partition: { offline: [2], replicaDiskMb: [4, 6] },
  }));
  assert(parsed.ok, parsed.ok ? "" : parsed.failure.message);
  assertEquals([...parsed.value.replicaOffline], [0, 1]);
  assertEquals([...parsed.value.replicaDiskMb], [4, 6]);
  assertEquals([...parsed.value.unknownResources], [[0, "no source"]]);
  assertEquals(textOf(parsed.value), textOf(parsedAgain(parsed.value)));
});

function parsedAgain(input: ClusterInput): ClusterInput {
  const parsed = parseSnapshot(encode(textOf(input)));
  assert(parsed.ok);
  return parsed.value;
}

const REFUSED: readonly [name: string, bytes: Uint8Array, message: string][] = [
  ["nothing", encode(""), "the text ends at byte 0, wanted an object"],
  ["an array", encode("[]"), `must be an object, got "[]" at byte 0`],
  ["another version", raw({ top: { version: 2 } }), "version: must be 1, got 2"],
  ["no brokers", raw({ top: { brokers: [] } }), "brokers: must name at least one broker"],
  ["no topics", raw({ top: { topics: undefined } }), "topics: is missing, wanted an array"],
  [
    "a rack that is a number",
    raw({ broker: { rack: 3 } }),
    "brokers[0].rack: must be a string, got 3",
  ],
  ["a repeated broker", raw({ broker: { id: 2 } }), "brokers[1].id: must not repeat, got 2 twice"],
  [
    "a negative capacity",
    raw({ broker: { capacity: { cpu: -1 } } }),
    "brokers[0].capacity.cpu: must be a number from 0 to 1e+24, got -1",
  ],
  [
    "an unknown state",
    raw({ broker: { state: "ill" } }),
    `brokers[0].state: must be one of alive, dead, new, demoted, bad_disks, got "ill"`,
  ],
  [
    "a topic without a name",
    raw({ topic: { name: undefined } }),
    "topics[0].name: is missing, wanted the topic's name",
  ],
  [
    "replicas that are no array",
    raw({ partition: { replicas: 3 } }),
    "topics[0].partitions[0].replicas: must be an array",
  ],
  [
    "no replicas",
    raw({ partition: { replicas: [] } }),
    "topics[0].partitions[0].replicas: must name at least one broker",
  ],
  [
    "an unknown broker",
    raw({ partition: { replicas: [1, 9] } }),
    "topics[0].partitions[0].replicas[1]: must be the id of a broker in brokers, got 9",
  ],
  [
    "a broker twice",
    raw({ partition: { replicas: [1, 1] } }),
    "topics[0].partitions[0].replicas[1]: must name a broker once, got 1 twice",
  ],
  [
    "a foreign leader",
    raw({ partition: { leader: 7 } }),
    "topics[0].partitions[0].leader: must be one of replicas, got 7",
  ],
  [
    "no leader",
    raw({ partition: { leader: undefined } }),
    "topics[0].partitions[0].leader: is missing",
  ],
  [
    "three loads",
    raw({ partition: { load: [1, 2, 3] } }),
    "topics[0].partitions[0].load[3]: is missing, wanted a number from 0 to 1e+24",
  ],
  [
    "five loads",
    raw({ partition: { load: [1, 2, 3, 4, 5] } }),
    "topics[0].partitions[0].load: must have 4 numbers",
  ],
  [
    "a negative load",
    raw({ partition: { load: [1, -2, 3, 4] } }),
    "topics[0].partitions[0].load[1]: must be a number from 0 to 1e+24, got -2",
  ],
  [
    "a text as load",
    raw({ partition: { load: [1, "x", 3, 4] } }),
    "topics[0].partitions[0].load[1]: must be a number",
  ],
  [
    "a fraction as id",
    raw({ partition: { id: 1.5 } }),
    "topics[0].partitions[0].id: must be an integer from 0 to 2147483647, got 1.5",
  ],
  [
    "a log dir that is not there",
    raw({ partition: { logDirs: ["/x", "/y"] } }),
    `topics[0].partitions[0].logDirs[0]: must be a log dir of broker 1, got "/x"`,
  ],
  [
    "a repeated topic",
    raw({ top: { topics: [{ name: "T", partitions: [] }, { name: "T", partitions: [] }] } }),
    `topics[1].name: must not repeat, got "T" twice`,
  ],
];

for (const [name, bytes, message] of REFUSED) {
  Deno.test(`parseSnapshot() refuses ${name}, naming the path`, () => {
    assertStringIncludes(problemOf(bytes), message);
  });
}

Deno.test("parseSnapshot() finds names of topics that repeat in any order, and no others", () => {
  const named = (names: readonly string[]) =>
    raw({ top: { topics: names.map((name) => ({ name, partitions: [] })) } });
  const repeated = [["b", "a", "b"], ["a", "b", "a"], ["T2", "T10", "T2"], ["a", "b", "b"]];
  for (const names of [...repeated, ["T10", "T2", "T10"], ["T1", "T10", "T10"]]) {
    assertStringIncludes(problemOf(named(names)), "name: must not repeat", names.join());
  }
  for (const names of [["b", "a"], ["T2", "T10", "T11"], ["T10", "T2"], ["a", "ab", "b"], ["a"]]) {
    assert(parseSnapshot(named(names)).ok, names.join());
  }
});

Deno.test("parseSnapshot() refuses NaN, infinity and repeated partitions", () => {
  const text = new TextDecoder().decode(raw());
  for (const bad of ["NaN", "1e999", "Infinity", "-0.5", "01", "1.", "+1", ".5", "0x1"]) {
    const message = problemOf(encode(text.replace("[1,2,3,4]", `[${bad},2,3,4]`)));
    assertStringIncludes(message, "topics[0].partitions[0].load", bad);
  }
  const twice = text.replace(
    /"partitions":\[(\{.*?\})\]/,
    (_, item) => `"partitions":[${item},${item}]`,
  );
  assertStringIncludes(problemOf(encode(twice)), "topics[0].partitions[1].id: must not repeat");
});

Deno.test("parseSnapshot() finds partitions that repeat in any order and layout, and no others", () => {
  const written = (id: number) =>
    `{"id":${id},"replicas":[1],"leader":1,"load":[1,2,3,4],"followerLoad":[1,2,0,4]}`;
  const spaced = (id: number) => written(id).replaceAll(",", " , ");
  const [start] = new TextDecoder().decode(raw()).split('"topics":');
  for (const kinds of [[written], [spaced], [written, spaced], [spaced, written, written]]) {
    const withIds = (topics: readonly (readonly number[])[]) => {
      const texts = topics.map((ids, t) => {
        const items = ids.map((id, i) => kinds[i % kinds.length]!(id));
        return `{"name":"T${t}","partitions":[\n${items.join(",\n")}]}`;
      });
      return encode(`${start}"topics":[${texts.join(",\n")}]}`);
    };
    for (const ids of [[[0, 1, 2], [0, 1]], [[2, 0, 1], [1, 0]], [[5], [5], [4, 5]]]) {
      const parsed = parseSnapshot(withIds(ids));
      assert(parsed.ok);
      assertEquals([...parsed.value.partitionNumber], ids.flat());
    }
    for (const ids of [[[0, 1, 1]], [[1, 0, 1]], [[0], [3, 2, 3]], [[0, 1], [0, 0], [0]]]) {
      assertStringIncludes(problemOf(withIds(ids)), ".id: must not repeat within the topic");
    }
  }
});

Deno.test("parseSnapshot() names the place of a mistake far inside a text of our layout", () => {
  const input = syntheticCluster({
    brokers: 5,
    replicas: 600,
    topics: 20,
    racks: 4,
    seed: 3,
    distribution: "uniform",
  });
  const text = textOf(input);
  const at = text.indexOf('{"id":4,', text.indexOf('"name":"T7"'));
  const end = text.indexOf("\n", at);
  const line = text.slice(at, end);
  const MISTAKES: readonly [from: RegExp, to: string, path: string][] = [
    [/"load":\[/, '"load":[-', ".load[0]: must be a number from 0"],
    [/("load":\[[^,]*),/, "$1,,", ".load[1]: must be a value"],
    [/"load":\[[^,]*/, '"load":[01', ".load[0]: must be a value"],
    [/("load":\[[^\]]*)\]/, "$1}", ".load: must be , or ] and what follows"],
    [/"load"/, '"loads"', ".load: is missing"],
    [/"replicas":\[[0-9]+/, '"replicas":[99', ".replicas[0]: must be the id of a broker"],
    [/"replicas":\[([0-9]+),[0-9]+/, '"replicas":[$1,$1', ".replicas[1]: must name a broker once"],
    [/"leader":[0-9]+/, '"leader":77', ".leader: must be one of replicas"],
    [/"id":4/, '"id":3', ".id: must not repeat"],
    [/\}/, "},3", ""],
    [/\}(,?)$/, "]$1", ": must be , or } and what follows"],
  ];
  for (const [from, to, path] of MISTAKES) {
    const wrong = line.replace(from, to);
    assert(wrong !== line, to);
    const message = problemOf(encode(text.slice(0, at) + wrong + text.slice(end)));
    const partition = to === "},3" ? 5 : 4;
    assertStringIncludes(message, `topics[7].partitions[${partition}]${path}`);
  }
});

Deno.test("parseSnapshot() refuses lists with a comma too many and members given twice", () => {
  const text = new TextDecoder().decode(raw());
  const cases: readonly [from: string, to: string, path: string][] = [
    ["}]}]}", "},]}]}", "topics[0].partitions[1]: must be an object"],
    ["}]}]}", "}]},]}", "topics[1]: must be an object"],
    ["}]}]}", "}],}]}", "topics[0]: must be a string"],
    ["}]}]}", "}]}],}", "must be a string"],
    ["}]}]}", "}]}]}}", "must be the end of the text"],
    ["}]}]}", `}],"partitions":[]}]}`, "topics[0].partitions: must not be given twice"],
    ["}]}]}", `}]}],"topics":[]}`, "topics: must not be given twice"],
    [`"version":1`, `"version":`, "version: must be a value"],
  ];
  for (const [from, to, path] of cases) {
    assertStringIncludes(problemOf(encode(text.replace(from, to))), path, to);
  }
});

Deno.test("parseSnapshot() says where a truncated text ends, for every length", () => {
  const whole = raw();
  for (let length = 0; length < whole.length; length++) {
    const message = problemOf(whole.subarray(0, length));
    assert(message.length > 0 && !message.includes("undefined"), `${length}: ${message}`);
  }
});

Deno.test("parseSnapshot() survives any bytes", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 255 }), (at, byte) => {
      const bytes = raw();
      bytes[at % bytes.length] = byte;
      const parsed = parseSnapshot(bytes);
      if (!parsed.ok) assertEquals(parsed.failure.code, "invalid_file");
    }),
    { seed: 9, numRuns: 2000 },
  );
});

Deno.test("parseSnapshot() refuses deep nesting instead of running out of stack", () => {
  const deep = `{"version":1,"x":${"[".repeat(100_000)}`;
  assertStringIncludes(problemOf(encode(deep)), "must not be nested deeper than 200 levels");
});

Deno.test("writeSnapshotFile() and readSnapshotFile() pack files that end in .gz", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/cluster.json.gz`;
    const input = CLUSTERS.small();
    assertEquals(await writeSnapshotFile(path, input, { topicName: (name) => `x${name}` }), {
      ok: true,
      value: undefined,
    });
    const head = (await Deno.readFile(path)).subarray(0, 2);
    assertEquals([...head], [0x1f, 0x8b]);
    const read = await readSnapshotFile(path);
    assert(read.ok, read.ok ? "" : read.failure.message);
    assertEquals(read.value.topicNames, ["xT1", "xT2"]);
    await Deno.writeFile(path, (await Deno.readFile(path)).subarray(0, 40));
    const torn = await readSnapshotFile(path);
    assert(!torn.ok);
    assertEquals(torn.failure.code, "invalid_file");
    assertStringIncludes(torn.failure.message, `Cannot read snapshot ${path}`);
    const absent = await readSnapshotFile(`${directory}/none.json`);
    assert(!absent.ok);
    assertEquals(absent.failure.code, "invalid_file");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("parseSnapshot() reads a large synthetic cluster as it was written", () => {
  const input = syntheticCluster({
    brokers: 20,
    replicas: 30_000,
    topics: 300,
    racks: 4,
    seed: 3,
    distribution: "linear",
  });
  const parsed = parsedAgain(input);
  assertEquals(parsed.replicaBroker.length, input.replicaBroker.length);
  assertEquals([...parsed.replicaBroker], [...input.replicaBroker]);
  assertEquals([...parsed.followerLoad], [...input.followerLoad]);
});
