import { assert, assertEquals } from "@std/assert";
import { ManualClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import { openState } from "../../store/open.ts";
import { openSampleStore } from "../../store/samples.ts";

const CHILDREN = new URL("children/", import.meta.url);

function child(name: string): string {
  return new URL(name, CHILDREN).pathname;
}

/** Reads lines until one is at least `wanted`. */
async function readUntil(stream: ReadableStream<Uint8Array>, wanted: number): Promise<number> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (true) {
    const { value, done } = await reader.read();
    assert(!done, "The writer ended by itself");
    text += value;
    const whole = text.slice(0, text.lastIndexOf("\n") + 1).trim().split("\n");
    const last = Number(whole.at(-1));
    if (last < wanted) continue;
    await reader.cancel();
    return last;
  }
}

Deno.test("kill -9 while writing loses nothing that was told as stored, and tears nothing", async () => {
  // Situation: a process writes both files as fast as it can and is killed in the middle of it, three times over.
  for (const commits of [3, 17, 40]) {
    const directory = Deno.makeTempDirSync();
    const writer = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", child("endless_writer.ts"), directory],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const told = await readUntil(writer.stdout, commits);
    writer.kill("SIGKILL");
    await writer.status;

    const options = { directory, clock: new ManualClock(0), log: silentLog };
    const state = openState(options);
    assert(state.ok, state.ok ? "" : state.failure.message);
    const rows = state.value.connection.prepare(
      "SELECT count(*) AS count, max(n) AS last, sum(n = again) AS whole FROM written",
    ).get()!;
    assert(Number(rows["last"]) >= told, `told ${told}, found ${rows["last"]}`);
    assertEquals([rows["count"], rows["whole"]], [rows["last"], rows["last"]]);
    state.value.close();

    const samples = openSampleStore(options);
    assert(samples.ok);
    const loaded = samples.value.load({ windowMs: 60_000, count: 10 });
    assert(loaded.ok, loaded.ok ? "" : loaded.failure.message);
    assert(loaded.value.counters.samplesStored >= told);
    for (const window of loaded.value.windows) {
      const n = window.sampleCounts[0]!;
      assert(window.sampleCounts.every((count) => count === n), "counts of one save");
      assert(window.metrics[0]!.totals.every((total) => total === n), "totals of the same save");
    }
    samples.value.close();
    Deno.removeSync(directory, { recursive: true });
  }
});

/** Whether a small volume can be mounted here: needs Linux user namespaces. */
function canMount(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    return new Deno.Command("unshare", { args: ["-rm", "true"], stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "a full volume is answered with store_full, and writing goes on when there is space " +
    "(skipped where unshare -rm cannot mount a volume of 600 KB)",
  ignore: !canMount(),
  fn: async () => {
    const directory = Deno.makeTempDirSync();
    const run = await new Deno.Command("unshare", {
      args: [
        "-rm",
        "sh",
        "-c",
        'mount -t tmpfs -o size=600k tmpfs "$1" && exec "$2" run -A --no-check "$3" "$1"',
        "sh",
        directory,
        Deno.execPath(),
        child("full_volume.ts"),
      ],
      stdout: "piped",
      stderr: "piped",
    }).output();
    const told = new TextDecoder().decode(run.stdout);
    assert(run.success, told + new TextDecoder().decode(run.stderr));
    assertEquals(JSON.parse(told), {
      "state, opened without space": "store_full",
      "samples, opened without space": "ok",
      "samples, saved without space": "store_full",
      "samples, saved with space again": "ok",
      "state, written with space": "ok",
      "state, written without space": "store_full",
      "state, written with space again": "ok",
      "rows": "2",
    });
    Deno.removeSync(directory, { recursive: true });
  },
});
