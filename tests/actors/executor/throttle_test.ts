import { assert, assertEquals } from "@std/assert";
import {
  clearingsOf,
  isMet,
  planClearing,
  planDeletions,
  planSetting,
  remainderOf,
  resourcesOf,
} from "../../../actors/executor/throttle.ts";
import type { ConfigEntry, ConfigReading } from "../../../cluster/gateway.ts";
import type { ThrottleUndo } from "../../../store/journal_rows.ts";
import { moveTask } from "./tasks.ts";

const LEADER_RATE = "leader.replication.throttled.rate";
const FOLLOWER_RATE = "follower.replication.throttled.rate";
const LEADER_LIST = "leader.replication.throttled.replicas";
const FOLLOWER_LIST = "follower.replication.throttled.replicas";

const task = moveTask(0, [1, 2], [3, 2]);

function reading(
  type: "broker" | "topic",
  name: string,
  entries: [string, string, ConfigEntry["source"]][] = [],
): ConfigReading {
  return {
    resource: { type, name },
    entries: entries.map(([key, value, source]) => ({ key, value, source })),
  };
}

function undo(change: Partial<ThrottleUndo>): ThrottleUndo {
  return {
    executionUuid: "one",
    resourceType: "broker",
    resourceName: "1",
    key: LEADER_RATE,
    originalValue: undefined,
    writtenValue: "100",
    entriesAdded: [],
    ...change,
  };
}

const OPTIONS = { executionUuid: "one", rateBytesPerSec: 100, open: [] };

Deno.test("resourcesOf() names old and new brokers that are alive, and the topic", () => {
  assertEquals(resourcesOf([task], new Set([1, 3])), [
    { type: "broker", name: "1" },
    { type: "broker", name: "3" },
    { type: "topic", name: "t" },
  ]);
});

Deno.test("planSetting() remembers an operator's own rate and ignores inherited ones", () => {
  const plan = planSetting([task], [
    reading("broker", "1", [[LEADER_RATE, "55", "dynamic_broker"]]),
    reading("broker", "2", [[LEADER_RATE, "77", "dynamic_default"], [
      FOLLOWER_RATE,
      "9",
      "default",
    ]]),
  ], OPTIONS);
  assertEquals(plan.undos.map((u) => [u.resourceName, u.key, u.originalValue]), [
    ["1", LEADER_RATE, "55"],
    ["1", FOLLOWER_RATE, undefined],
    ["2", LEADER_RATE, undefined],
    ["2", FOLLOWER_RATE, undefined],
  ]);
  assertEquals(plan.changes.map((c) => [c.operation, c.value]), Array(4).fill(["set", "100"]));
});

Deno.test("planSetting() keeps the original of an undo record that is still open", () => {
  const open = [undo({ originalValue: "55", executionUuid: "before", writtenValue: "80" })];
  const plan = planSetting([task], [
    reading("broker", "1", [[LEADER_RATE, "80", "dynamic_broker"], [
      FOLLOWER_RATE,
      "100",
      "dynamic_broker",
    ]]),
  ], { ...OPTIONS, open });
  // Should the write never happen, 80 is still known to be ours.
  assertEquals(plan.undos.map((u) => [u.originalValue, u.writtenValue, u.executionUuid]), [
    ["55", "80,100", "one"],
  ]);
});

Deno.test("planSetting() adds only entries that are not there, and leaves * alone", () => {
  const plan = planSetting([task], [
    reading("topic", "t", [
      [LEADER_LIST, "0:1,7:7", "dynamic_topic"],
      [FOLLOWER_LIST, "*", "dynamic_topic"],
    ]),
  ], OPTIONS);
  assertEquals(plan.undos.map((u) => [u.key, u.entriesAdded]), [[LEADER_LIST, ["0:2", "0:3"]]]);
  assertEquals(plan.changes.map((c) => [c.operation, c.value]), [["append", "0:2,0:3"]]);
});

Deno.test("planClearing() restores what was there and removes only our entries", () => {
  const clearings = [
    { undo: undo({}), entries: [] },
    { undo: undo({ resourceName: "2", originalValue: "55" }), entries: [] },
    {
      undo: undo({
        resourceType: "topic",
        resourceName: "t",
        key: LEADER_LIST,
        writtenValue: undefined,
        entriesAdded: ["0:2", "0:3"],
      }),
      entries: ["0:2"],
    },
  ];
  const plan = planClearing(clearings, [
    reading("broker", "1", [[LEADER_RATE, "100", "dynamic_broker"]]),
    // The reading may be older than our write: write all the same.
    reading("broker", "2", [[LEADER_RATE, "55", "dynamic_broker"]]),
    reading("topic", "t"),
  ]);
  assertEquals(plan.changes.map((c) => [c.resource.name, c.operation, c.value]), [
    ["1", "delete", undefined],
    ["2", "set", "55"],
    ["t", "subtract", "0:2"],
  ]);
  assertEquals(plan.released, []);
  assertEquals(remainderOf(clearings[2]!)?.entriesAdded, ["0:3"]);
  assertEquals(remainderOf(clearings[0]!), undefined);
});

Deno.test("planClearing() lets go of a deleted topic and of a rate that somebody else set since", () => {
  const gone = { undo: undo({ resourceType: "topic", resourceName: "t" }), entries: ["0:1"] };
  const changed = { undo: undo({}), entries: [] };
  const silent = { undo: undo({ resourceName: "3" }), entries: [] };
  const failure = { code: "kafka_error", message: "", retriable: false } as const;
  const plan = planClearing([gone, changed, silent], [
    { ...reading("topic", "t"), failure: { ...failure, kafkaErrorCode: 3 } },
    reading("broker", "1", [[LEADER_RATE, "12345", "dynamic_broker"]]),
    { ...reading("broker", "3"), failure },
  ]);
  assertEquals(plan.changes, []);
  assertEquals(plan.released, [gone, changed]);
});

Deno.test("planDeletions() deletes a list that became empty, and no other", () => {
  const of = (resourceName: string) => ({
    undo: undo({ resourceType: "topic", resourceName, key: LEADER_LIST }),
    entries: ["0:1"],
  });
  const plan = planDeletions([of("t"), of("u"), of("v")], [
    reading("topic", "t", [[LEADER_LIST, "", "dynamic_topic"]]),
    reading("topic", "u", [[LEADER_LIST, "4:4", "dynamic_topic"]]),
    reading("topic", "v"),
  ]);
  assertEquals(plan.changes, [
    { resource: { type: "topic", name: "t" }, key: LEADER_LIST, operation: "delete" },
  ]);
});

Deno.test("isMet() judges the resource's own value only", () => {
  const resource = { type: "broker", name: "1" } as const;
  const absent = { resource, key: LEADER_RATE, kind: "equals", value: undefined } as const;
  // An inherited default shines through a deleted key for ever.
  assert(isMet(absent, [reading("broker", "1", [[LEADER_RATE, "7", "dynamic_default"]])]));
  assert(!isMet(absent, [reading("broker", "1", [[LEADER_RATE, "7", "dynamic_broker"]])]));
  assert(!isMet(absent, []));
  const topic = { type: "topic", name: "t" } as const;
  const lists = [reading("topic", "t", [[LEADER_LIST, "0:1,0:2", "dynamic_topic"]])];
  const list = { resource: topic, key: LEADER_LIST };
  assert(isMet({ ...list, kind: "has", entries: ["0:1"] }, lists));
  assert(!isMet({ ...list, kind: "has", entries: ["0:1", "0:3"] }, lists));
  assert(isMet({ ...list, kind: "lacks", entries: ["0:3"] }, lists));
  assert(!isMet({ ...list, kind: "lacks", entries: ["0:2", "0:3"] }, lists));
});

Deno.test("clearingsOf() keeps rates for pending moves and entries for moves in flight", () => {
  const lists = undo({
    resourceType: "topic",
    resourceName: "t",
    key: LEADER_LIST,
    entriesAdded: ["0:1", "0:3", "5:5"],
  });
  const rates = ["1", "2", "3", "4"].map((resourceName) => undo({ resourceName }));
  const pending = [moveTask(1, [4], [1])];
  const clearings = clearingsOf([...rates, lists], [task], pending);
  assertEquals(clearings.map((c) => [c.undo.resourceName, c.entries]), [["t", ["5:5"]]]);
  const after = clearingsOf([...rates, lists], [], pending);
  assertEquals(after.map((c) => [c.undo.resourceName, c.entries]), [
    ["2", []],
    ["3", []],
    ["t", ["0:1", "0:3", "5:5"]],
  ]);
});
