import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import type { Io } from "../../cli/io.ts";
import { buildProgram } from "../../cli/program.ts";
import type { Gateway } from "../../cluster/gateway.ts";
import {
  brokerSpec,
  createSimCluster,
  exactSpec,
  simGateway,
  topicSpec,
} from "../../cluster/sim/mod.ts";
import { ManualClock, settle } from "../../lib/clock.ts";
import { fail } from "../../lib/failure.ts";
import { CPU, DISK, NW_IN, NW_OUT, RESOURCE_COUNT } from "../../model/metrics.ts";
import { readSnapshotFile } from "../../model/snapshot_read.ts";

const START_MS = 1_700_000_000_000;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command on a simulated cluster; time passes as fast as it is waited for. */
async function run(
  args: readonly string[],
  wrap: (gateway: Gateway) => Gateway = (gateway) => gateway,
): Promise<Ran> {
  const clock = new ManualClock(START_MS);
  const spec = exactSpec({
    brokers: [1, 2, 3].map((id) => brokerSpec(id, `rack-of-${id}`)),
    topics: [
      topicSpec("orders", [[1, 2], [2, 3]]),
      topicSpec("clicks", [[3, 1]], { workload: { bytesPerSec: 400_000 } }),
    ],
    groups: [{ groupId: "billing", topics: ["orders"], capacity: 2 }],
    settings: { brokerMetrics: false },
  });
  const cluster = createSimCluster({ spec, seed: 1, startMs: START_MS });
  let out = "";
  let err = "";
  const io: Io = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    isTerminal: false,
    clock,
    fetch: () => Promise.reject(new TypeError("no network here")),
  };
  const program = await buildProgram({
    io,
    start: () => Promise.reject(new TypeError("nothing is to be started")),
    openGateway: () => wrap(simGateway(cluster, { clock })),
  });
  let done = false;
  const running = program.run(["snapshot", ...args]).finally(() => done = true);
  // Files are written in real time, by a machine that may be busy.
  const giveUpMs = performance.now() + 30_000;
  while (!done) {
    assert(performance.now() < giveUpMs, "the command does not end");
    await settle();
    // Time moves for waits alone, never while a file is read.
    const dueMs = clock.nextDueMs();
    if (dueMs !== undefined) clock.fireNext(dueMs);
  }
  const code = await running;
  return { code, out, err };
}

async function withFile(name: string, body: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(`${directory}/${name}`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("snapshot writes what the cluster is and does", async () => {
  await withFile("cluster.json.gz", async (path) => {
    const { code, out, err } = await run(["--output", path]);
    assertEquals(code, 0, err);
    assertStringIncludes(out, "3 brokers, 2 topics, 3 partitions, 6 replicas");
    assertStringIncludes(err, "CPU goals are off");
    assertStringIncludes(err, "Some capacities are estimated");
    const read = await readSnapshotFile(path);
    assert(read.ok, JSON.stringify(read));
    const { brokers, topicNames, leaderLoad, followerLoad, unknownResources } = read.value;
    assertEquals(brokers.map((broker) => broker.rack), ["rack-of-1", "rack-of-2", "rack-of-3"]);
    assertEquals(brokers[0]!.logDirs.map((dir) => dir.path), ["/data/d0", "/data/d1"]);
    assertEquals([...unknownResources.keys()], [CPU]);
    const clicks = topicNames.indexOf("clicks");
    const at = read.value.partitionStart[clicks]! * RESOURCE_COUNT;
    const kb = 400_000 / 1024;
    assertAlmostEquals(leaderLoad[at + NW_IN]!, kb, 0.01 * kb);
    // Nobody reads it but its one follower.
    assertAlmostEquals(leaderLoad[at + NW_OUT]!, kb, 0.01 * kb);
    assertAlmostEquals(followerLoad[at + NW_IN]!, kb, 0.01 * kb);
    assert(leaderLoad[at + DISK]! > 0);
    const orders = read.value.partitionStart[topicNames.indexOf("orders")]! * RESOURCE_COUNT;
    assertAlmostEquals(leaderLoad[orders + NW_OUT]!, 2 * 50_000 / 1024, 5);
  });
});

Deno.test("snapshot --windows keeps the load between each two polls, which a plan can be made over", async () => {
  await withFile("day.json", async (path) => {
    const { code, err } = await run(["--output", path, "--polls", "5", "--windows"]);
    assertEquals(code, 0, err);
    const read = await readSnapshotFile(path);
    assert(read.ok, JSON.stringify(read));
    const { windows, leaderLoad } = read.value;
    assertEquals(windows!.count, 4);
    const inbound = [0, 1, 2, 3].map((w) => windows!.loads[w * RESOURCE_COUNT + NW_IN]!);
    assert(inbound.every((load) => load > 0));
    const mean = inbound.reduce((sum, load) => sum + load, 0) / 4;
    assertAlmostEquals(leaderLoad[NW_IN]!, mean, 0.01 * mean);
  });
});

Deno.test("snapshot --anonymize leaves no name of the cluster in the file", async () => {
  await withFile("cluster.json", async (path) => {
    const { code } = await run(["--output", path, "--anonymize", "--polls", "2", "--json"]);
    assertEquals(code, 0);
    const text = await Deno.readTextFile(path);
    for (const name of ["orders", "clicks", "sim-", "rack-of", "/data"]) {
      assert(!text.includes(name), `${name} is in the file`);
    }
    assert((await readSnapshotFile(path)).ok);
  });
});

Deno.test("snapshot takes capacities from Cruise Control's file", async () => {
  const file = new URL("../fixtures/capacity/capacityCores.json", import.meta.url).pathname;
  await withFile("cluster.json", async (path) => {
    const set = ["--set", `capacity.config.file=${file}`];
    const { code, err } = await run(["--output", path, ...set]);
    assertEquals(code, 0, err);
    const read = await readSnapshotFile(path);
    assert(read.ok);
    assertEquals(read.value.brokers[0]!.capacity, [1600, 10_000, 10_000, 100_000]);
  });
});

Deno.test("snapshot says why it could not be taken", async () => {
  await withFile("cluster.json", async (path) => {
    const unreachable = await run(["--output", path], (gateway) => ({
      ...gateway,
      observe: () => Promise.resolve(fail("cluster_unreachable", "Cannot reach a broker")),
    }));
    assertEquals(unreachable.code, 4);
    assertEquals(unreachable.err, "Cannot reach a broker\n");
    const missing = await run(["--output", path, "--set", "capacity.config.file=/no/such.json"]);
    assertEquals(missing.code, 2);
    assertStringIncludes(missing.err, "Cannot read capacity.config.file /no/such.json");
    const wrong = await run(["--output", path, "--set", "evenkeel.seed=x"]);
    assertEquals(wrong.code, 2);
    assertStringIncludes(wrong.err, "Cannot use evenkeel.seed");
    const nowhere = await run(["--output", `${path}/no/dir.json`, "--polls", "2"]);
    assertEquals(nowhere.code, 2);
  });
});

Deno.test("snapshot goes on without what cannot be read, and says so", async () => {
  await withFile("cluster.json", async (path) => {
    const { code, err } = await run(["--output", path], (gateway) => ({
      ...gateway,
      readGroupOffsets: () =>
        Promise.resolve(fail("authorization_failed", "Cannot list groups: allow Describe")),
    }));
    assertEquals(code, 0);
    assertStringIncludes(err, "Cannot list groups: allow Describe");
    assertStringIncludes(err, "Outbound network load is not known");
  });
});
