import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Io } from "../../cli/io.ts";
import { buildProgram } from "../../cli/program.ts";
import { ManualClock } from "../../lib/clock.ts";
import { readSnapshotFile } from "../../model/snapshot_read.ts";

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const printed = { out: "", err: "" };
  const io: Io = {
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    isTerminal: false,
    clock: new ManualClock(0),
    fetch: () => Promise.reject(new Error("generate needs no network")),
  };
  const program = await buildProgram({ start: () => Promise.resolve(0), io });
  return { code: await program.run(["generate", ...args]), ...printed };
}

const small = ["--brokers", "6", "--racks", "3", "--topics", "20", "--replicas", "300"];

Deno.test("generate writes a snapshot that reads as what was drawn, the same file each time", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [plain, again, packed] = ["a.json", "b.json", "c.json.gz"].map((name) =>
      `${folder}/${name}`
    );
    for (const file of [plain!, again!, packed!]) {
      const ran = await run(...small, "--seed", "7", "--output", file);
      assertEquals([ran.code, ran.err], [0, ""]);
      assertStringIncludes(ran.out, "6 brokers, 20 topics, 100 partitions, 300 replicas");
    }
    assertEquals(await Deno.readFile(plain!), await Deno.readFile(again!));
    const read = await readSnapshotFile(packed!);
    assert(read.ok);
    assertEquals(read.value.replicaBroker.length, 300);
    assertEquals(read.value.brokers.map((broker) => broker.rack), ["0", "1", "2", "0", "1", "2"]);
    assert(read.value.leaderLoad.every((load) => load >= 0));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("generate --json prints the summary for programs", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/x.json`;
    const ran = await run(...small, "--json", "--distribution", "linear", "--output", file);
    assertEquals(ran.code, 0);
    const one = ["--brokers", "1", "--topics", "1", "--replicas", "1", "--replication-factor", "1"];
    const alone = await run(...one, "--output", file);
    assertStringIncludes(alone.out, ": 1 broker, 1 topic, 1 partition, 1 replica\n");
    const { output, brokers, partitions, replicas, totalLoad } = JSON.parse(ran.out);
    assertEquals([output, brokers, partitions, replicas], [file, 6, 100, 300]);
    assert(totalLoad.disk > 0.3 * 6 * 300_000);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("generate answers wrong options with 2 and what is allowed", async () => {
  const cases: [string[], string][] = [
    [["--output", "x", "--brokers", "2"], "replication factor must be 1 to brokers (2), got 3"],
    [["--output", "x", "--brokers", "-3"], "must be a whole number"],
    [["--output", "x", "--replicas", "99999999999"], "must be a whole number up to 2147483648"],
    [["--output", "x", "--distribution", "flat"], "uniform, linear, exponential"],
    [["--output", "x", "--utilization", "1.5"], "must be between 0 and 1"],
    [["--output", "absent-folder/x.json", ...small], "Cannot write snapshot absent-folder/x.json"],
    [small, "--output"],
  ];
  for (const [args, message] of cases) {
    const ran = await run(...args);
    assertEquals([ran.code, ran.out], [2, ""], args.join(" "));
    assertStringIncludes(ran.err, message);
  }
});
