/** A file system that is read-only but for the data directory, as the image and the systemd unit have it. */
import { assertEquals, assertRejects } from "@std/assert";
import { startEvenkeel, waitFor } from "../system/evenkeel.ts";
import { canMount, withDirectory } from "../system/refusals.ts";

Deno.test({
  name: "Evenkeel writes nowhere but to its data directory" +
    (canMount() ? "" : " (skipped: unshare -rm cannot mount here)"),
  ignore: !canMount(),
  fn: () =>
    withDirectory(async (dataDir) => {
      const outside = `${dataDir}-outside`;
      const evenkeel = await startEvenkeel({
        dataDir,
        ownMounts: true,
        shell: `mount --bind "${dataDir}" "${dataDir}" && mount -o remount,bind,ro / || exit 1
          touch "${outside}" 2>/dev/null && exit 1`,
        settings: {
          "evenkeel.sampling.warmup.interval.ms": "1000",
          "evenkeel.sampling.poll.interval.ms": "1000",
          "evenkeel.samples.flush.interval.ms": "1000",
        },
      });
      try {
        await waitFor(() => evenkeel.get("proposals"), (plan) => "summary" in plan, {
          withinMs: 30_000,
          what: "a first plan",
        });
        assertEquals((await Deno.stat(`${dataDir}/simulated/samples.db`)).isFile, true);
      } finally {
        assertEquals(await evenkeel.stop("SIGTERM"), 0, evenkeel.log());
      }
      await assertRejects(() => Deno.stat(outside), Deno.errors.NotFound);
    }),
});
