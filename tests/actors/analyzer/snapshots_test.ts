/** The model as a snapshot: the one that plans are made for, told in parts, never more of them than memory allows. */
import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { createHeldSnapshots } from "../../../actors/analyzer/snapshots.ts";
import { ManualClock } from "../../../lib/clock.ts";
import { fail, type Result } from "../../../lib/failure.ts";
import type { AnswerOf } from "../../../messages/mod.ts";
import { CPU } from "../../../model/metrics.ts";
import { parseSnapshot } from "../../../model/snapshot_read.ts";
import { syntheticCluster } from "../../../bench/synthetic_cluster.ts";
import { createRig, type Rig } from "./rig.ts";

const WISH = { goals: [], withWindows: false, withLogDirs: false };

async function started(rig: Rig): Promise<Rig> {
  await rig.actor.start();
  rig.actor.handle(rig.cluster!);
  return rig;
}

async function ask(rig: Rig, wish = {}): Promise<Result<AnswerOf<"get_snapshot">>> {
  return await rig.actor.answers.get_snapshot!({ kind: "get_snapshot", ...WISH, ...wish });
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("get_snapshot tells the model that plans are made for, what is not known included", async () => {
  const rig = await started(createRig());
  const made = await ask(rig);
  assert(made.ok);
  assertEquals(made.value.estimatedBrokers, [1, 2, 3]);
  const { snapshotId } = made.value;
  const part = await rig.actor.answers.get_snapshot_part!({
    kind: "get_snapshot_part",
    snapshotId,
    part: 0,
  });
  assert(part.ok && part.value.isLast);
  const read = parseSnapshot(bytesOf(part.value.text));
  assert(read.ok, read.ok ? "" : read.failure.message);
  assertEquals(read.value.brokers.map(({ id, rack }) => [id, rack]), [
    [1, "rack1"],
    [2, "rack2"],
    [3, "rack3"],
  ]);
  assertEquals([read.value.topicNames, read.value.partitionNumber.length], [["t"], 12]);
  assertEquals(
    [...read.value.leaderLoad.subarray(1, 4)],
    [1_000, 2_000, 1_000],
    "out: to consumers and to the follower",
  );
  assertEquals([...read.value.unknownResources.keys()], [CPU], "CPU is not known, and not 0");
});

Deno.test("get_snapshot hands on what is missing, as make_plan does", async () => {
  const rig = await started(createRig());
  const wrong = await ask(rig, { goals: ["NoGoal"] });
  assert(!wrong.ok);
  assertStringIncludes(wrong.failure.message, "Cannot plan for goal NoGoal");
  const dirs = await ask(rig, { withLogDirs: true });
  assert(!dirs.ok);
  assertStringIncludes(dirs.failure.message, "which replica is where");
  rig.load = fail("not_enough_windows", "Too few windows", { retriable: true });
  const early = await ask(rig);
  assertEquals(early.ok ? "" : early.failure.code, "not_enough_windows");
});

Deno.test("createHeldSnapshots() gives a text in parts, each once and in order, and forgets it with the last", () => {
  const input = syntheticCluster({
    brokers: 6,
    replicas: 12_000,
    topics: 40,
    racks: 3,
    seed: 3,
    distribution: "linear",
  });
  const held = createHeldSnapshots("a", new ManualClock(0));
  const { snapshotId } = must(held.hold(input));
  let text = "";
  let parts = 0;
  for (let isLast = false; !isLast; parts++) {
    const given = must(held.part(snapshotId, parts));
    assertLess(given.text.length, 1 << 19);
    text += given.text;
    isLast = given.isLast;
    if (parts === 0) assertEquals(codeOf(held.part(snapshotId, 0)), "not_found", "given once");
  }
  assert(parts > 2, `${parts} parts`);
  const read = must(parseSnapshot(bytesOf(text)));
  assertEquals(read.leaderLoad, input.leaderLoad);
  assertEquals(codeOf(held.part(snapshotId, parts)), "not_found");
});

Deno.test("createHeldSnapshots() holds two at a time; one that is left or dropped makes room", async () => {
  const clock = new ManualClock(0);
  const held = createHeldSnapshots("a", clock);
  const input = syntheticCluster({
    brokers: 3,
    replicas: 30,
    topics: 2,
    racks: 3,
    seed: 1,
    distribution: "uniform",
  });
  const first = must(held.hold(input));
  const second = must(held.hold(input));
  assertEquals(codeOf(held.hold(input)), "mailbox_full");
  held.drop(second.snapshotId);
  held.drop("unknown");
  const third = must(held.hold(input));
  await clock.advanceTo(59_999);
  assertEquals(codeOf(held.hold(input)), "mailbox_full");
  must(held.part(third.snapshotId, 0));
  // It was whole, and is forgotten.
  const fourth = must(held.hold(input));
  await clock.advanceTo(60_000);
  must(held.hold(input));
  assertEquals(codeOf(held.part(first.snapshotId, 0)), "not_found", "nobody asked for a minute");
  must(held.part(fourth.snapshotId, 0));
});

function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.failure.message);
}

function codeOf(result: Result<unknown>): string {
  return result.ok ? "" : result.failure.code;
}
