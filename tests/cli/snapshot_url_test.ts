/** `snapshot --url`: a file of what a running Evenkeel knows. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fail, ok } from "../../lib/failure.ts";
import type { RequestOf } from "../../messages/mod.ts";
import { readSnapshotFile } from "../../model/snapshot_read.ts";
import { snapshotText } from "../../model/snapshot_write.ts";
import { type Handlers, harness } from "../actors/server/harness.ts";
import { CLUSTERS } from "../planner/clusters.ts";
import { withDirectory } from "../system/refusals.ts";
import { runCommand } from "./console.ts";

const URL_OPTION = ["--url", "http://127.0.0.1:9090"];

/** A server that sends this text in two parts. */
function serverOf(text: string, handlers: Handlers = {}) {
  const half = Math.floor(text.length / 2);
  return harness({
    handlers: {
      get_snapshot: () => ok({ snapshotId: "s", estimatedBrokers: [] }),
      get_snapshot_part: ({ part }) =>
        ok(
          part === 0
            ? { text: text.slice(0, half), isLast: false }
            : { text: text.slice(half), isLast: true },
        ),
      drop_snapshot: () => ok({}),
      ...handlers,
    },
  });
}

const TEXT = [...snapshotText(CLUSTERS.small())].join("");

Deno.test("snapshot --url writes the file that Evenkeel sends, and hands its options on", async () => {
  await withDirectory(async (directory) => {
    const output = `${directory}/s.json.gz`;
    const server = serverOf(TEXT);
    const options = ["--goals", "RackAwareGoal,DiskCapacityGoal", "--windows", "--log-dirs"];
    const args = ["snapshot", ...URL_OPTION, "--output", output, ...options];
    const ran = await runCommand([...args, "--json"], { server });
    assertEquals(ran.code, 0, ran.err);
    const { topics, partitions } = JSON.parse(ran.out);
    const read = await readSnapshotFile(output);
    assert(read.ok);
    assertEquals([topics, partitions], [
      read.value.topicNames.length,
      read.value.leaderReplica.length,
    ]);
    assertEquals([...snapshotText(read.value)].join(""), TEXT);
    const { kind: _, ...wish } = server.asked[0]!.request as RequestOf<"get_snapshot">;
    assertEquals(wish, {
      goals: ["RackAwareGoal", "DiskCapacityGoal"],
      withWindows: true,
      withLogDirs: true,
    });
  });
});

Deno.test("snapshot --url --anonymize leaves no name of the cluster in the file", async () => {
  await withDirectory(async (directory) => {
    const output = `${directory}/s.json`;
    const args = ["snapshot", ...URL_OPTION, "--output", output, "--anonymize"];
    assertEquals((await runCommand(args, { server: serverOf(TEXT) })).code, 0);
    const written = await Deno.readTextFile(output);
    for (const name of CLUSTERS.small().topicNames) assert(!written.includes(`"${name}"`), name);
    assertStringIncludes(written, '"topic-0"');
  });
});

Deno.test("snapshot --url says why there is none, and leaves no file", async () => {
  await withDirectory(async (directory) => {
    const output = `${directory}/s.json`;
    const lost: Handlers = { get_snapshot_part: () => fail("not_found", "Not held any more") };
    const early: Handlers = { get_snapshot: () => fail("not_enough_windows", "Too few windows") };
    const old = () => Promise.resolve(new Response("<html>", { status: 404 }));
    const cases = [
      [{ server: serverOf(TEXT, lost) }, 4, "Not held any more"],
      [{ server: serverOf(TEXT, early) }, 1, "Too few windows"],
      [{ server: serverOf(TEXT.slice(0, -9)) }, 1, "the text ends at byte"],
      [{ fetch: old }, 1, "is it an Evenkeel?"],
      [{ fetch: () => Promise.reject(new TypeError("refused")) }, 4, "Cannot reach Evenkeel"],
    ] as const;
    for (const [options, code, says] of cases) {
      const ran = await runCommand(["snapshot", ...URL_OPTION, "--output", output], options);
      assertEquals([ran.code, ran.out], [code, ""], ran.err);
      assertStringIncludes(ran.err, says);
    }
    assertEquals([...Deno.readDirSync(directory)], []);
  });
});

Deno.test("snapshot refuses options that do not go together", async () => {
  const cases = [
    [
      [...URL_OPTION, "--bootstrap", "a:1"],
      "'--url <url>' cannot be used with option '--bootstrap",
    ],
    [[...URL_OPTION, "--polls", "3"], "cannot be used with option '--polls"],
    [[...URL_OPTION, "--set", "a=1"], "cannot be used with option '--set"],
    [["--bootstrap", "a:1", "--goals", "RackAwareGoal"], "Cannot use --goals without --url"],
    [["--bootstrap", "a:1", "--log-dirs"], "Cannot use --log-dirs without --url"],
    [["--url", "nonsense"], "Cannot use --url nonsense"],
  ] as const;
  for (const [args, says] of cases) {
    const ran = await runCommand(["snapshot", "--output", "target_of_nothing.json", ...args]);
    assertEquals([ran.code, ran.out], [2, ""], args.join(" "));
    assertStringIncludes(ran.err, says);
  }
});
