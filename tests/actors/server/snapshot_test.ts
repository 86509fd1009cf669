/** `snapshot` over HTTP: parts as the client takes them, with the rights of `load`, and nothing kept once it leaves. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { settle } from "../../../lib/clock.ts";
import { fail, ok } from "../../../lib/failure.ts";
import type { RequestOf } from "../../../messages/mod.ts";
import { type Handlers, harness } from "./harness.ts";

const PATH = "/evenkeel/v1/snapshot";
const PARTS = ['{"version":1,', '"brokers":[],"topics":[', "]}\n"];

function withSnapshot(handlers: Handlers = {}) {
  return harness({
    handlers: {
      get_snapshot: () => ok({ snapshotId: "s-1", estimatedBrokers: [2] }),
      get_snapshot_part: ({ part }) =>
        ok({ text: PARTS[part]!, isLast: part === PARTS.length - 1 }),
      drop_snapshot: () => ok({}),
      ...handlers,
    },
  });
}

Deno.test("snapshot sends all parts as one file, and asks for what the request says", async () => {
  const h = withSnapshot();
  const response = await h.ask(`${PATH}?goals=RackAwareGoal,DiskCapacityGoal&windows=true`);
  assertEquals(response.status, 200);
  assertStringIncludes(response.headers.get("content-type")!, "application/json");
  assertEquals(await response.text(), PARTS.join(""));
  const { kind: _, ...wish } = h.asked[0]!.request as RequestOf<"get_snapshot">;
  assertEquals(wish, {
    goals: ["RackAwareGoal", "DiskCapacityGoal"],
    withWindows: true,
    withLogDirs: false,
  });
  assertEquals(h.asked.filter(({ kind }) => kind === "drop_snapshot"), []);
});

Deno.test("snapshot is dropped when the client leaves, and breaks off when it is not held any more", async () => {
  const left = withSnapshot();
  await (await left.ask(PATH)).body!.cancel();
  await settle();
  assertEquals(left.asked.at(-1)!.kind, "drop_snapshot");
  const lost = withSnapshot({
    get_snapshot_part: ({ part }) =>
      part === 0 ? ok({ text: PARTS[0]!, isLast: false }) : fail("not_found", "Not held any more"),
  });
  const response = await lost.ask(PATH);
  await assertRejects(() => response.text(), Error, "Not held any more");
  assert(lost.logged.some(({ message }) => message === "A snapshot broke off"));
});

Deno.test("snapshot refuses guessed capacities where they are not wanted, and says what is missing", async () => {
  const guessed = withSnapshot();
  const refused = await guessed.ask(`${PATH}?allow_capacity_estimation=false`);
  assertEquals(refused.status, 400, await refused.clone().text());
  assertStringIncludes(await refused.text(), "Cannot use the capacity of brokers [2]");
  assertEquals(guessed.asked.at(-1)!.kind, "drop_snapshot");
  const early = withSnapshot({
    get_snapshot: () => fail("not_enough_windows", "Too few windows", { retriable: true }),
  });
  const response = await early.ask(PATH);
  assert(!response.ok);
  assertEquals((await response.json()).failure.code, "not_enough_windows");
  const unknown = await early.ask(`${PATH}?window=true`);
  assertEquals(unknown.status, 400, "parameters that it does not have are named");
  assertStringIncludes(await unknown.text(), "window");
});
