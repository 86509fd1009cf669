/**
 * A volume without space under a running process. Needs Linux namespaces in which a small volume can be mounted.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Evenkeel, runCommand, startEvenkeel, waitFor } from "./evenkeel.ts";
import { assertNoStack, canMount, withDirectory } from "./refusals.ts";

const VOLUME = "16m";

Deno.test({
  name: "a full volume stops nothing but what must be written first, is shown, and is got over" +
    (canMount() ? "" : " (skipped: unshare -rm cannot mount a volume here)"),
  ignore: !canMount(),
  fn: () =>
    withDirectory(async (dataDir) => {
      const evenkeel = await startEvenkeel({
        dataDir,
        ownMounts: true,
        shell: `mount -t tmpfs -o size=${VOLUME} tmpfs "${dataDir}" || exit 1`,
        settings: {
          "webserver.accesslog.enabled": "false",
          "evenkeel.sampling.warmup.interval.ms": "1000",
          "evenkeel.sampling.poll.interval.ms": "1000",
          "evenkeel.samples.flush.interval.ms": "1000",
        },
      });
      try {
        await waitFor(() => evenkeel.get("proposals"), () => true, {
          withinMs: 30_000,
          what: "a first plan",
        });
        const filler = fillVolume(`/proc/${evenkeel.pid}/root${dataDir}`);
        await refusesToExecute(evenkeel);
        await showsIt(evenkeel);
        Deno.removeSync(filler);
        await waitFor(() => evenkeel.post("rebalance?dryrun=false"), () => true, {
          withinMs: 20_000,
          what: "an execution when there is space again",
        });
        await waitFor(() => monitorOf(evenkeel), (m) => m.storeFailure === undefined, {
          withinMs: 20_000,
          what: "samples that are stored again",
        });
      } finally {
        assertEquals(await evenkeel.stop(), 130);
      }
      assertNoStack(evenkeel.log());
      const said = evenkeel.log().split("Samples are kept in memory only").length - 1;
      assert(said === 1, `said ${said} times instead of once`);
      assertStringIncludes(evenkeel.log(), "Samples are stored again");
    }),
});

/** Writes until nothing more fits; gives the file to remove. */
function fillVolume(directory: string): string {
  const path = `${directory}/filler`;
  const file = Deno.openSync(path, { create: true, write: true });
  for (const chunk of [65_536, 4_096, 512]) {
    try {
      while (file.writeSync(new Uint8Array(chunk)) > 0);
    } catch { /* full: that is what was wanted */ }
  }
  file.close();
  return path;
}

/** Nothing is moved that the journal does not hold. */
async function refusesToExecute(evenkeel: Evenkeel): Promise<void> {
  const refused = await assertRejects(() => evenkeel.post("rebalance?dryrun=false"));
  assertStringIncludes((refused as Error).message, "free space on its volume");
  const state = await evenkeel.get("state?substates=executor");
  assertEquals((state["ExecutorState"] as { state: string }).state, "NO_TASK_IN_PROGRESS");
}

async function showsIt(evenkeel: Evenkeel): Promise<void> {
  await waitFor(() => monitorOf(evenkeel), (m) => m.storeFailure !== undefined, {
    withinMs: 20_000,
    what: "a status that shows the refusal of the store",
  });
  const status = await runCommand(["status", "--url", evenkeel.url]);
  assertStringIncludes(status.stdout, "free space on its volume");
  const healthy = await fetch(`${evenkeel.url}/healthz`);
  await healthy.body?.cancel();
  assertEquals(healthy.status, 200, "it does its work and need not be restarted");
}

async function monitorOf(evenkeel: Evenkeel): Promise<{ storeFailure?: string }> {
  const answer = await fetch(`${evenkeel.url}/evenkeel/v1/status`);
  const status = await answer.json() as { monitor: { storeFailure?: string } };
  return status.monitor;
}
