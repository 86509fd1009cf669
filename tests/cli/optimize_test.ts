import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Io } from "../../cli/io.ts";
import { optimizeCommand } from "../../cli/optimize.ts";
import { verifyCommand } from "../../cli/verify.ts";
import { ManualClock } from "../../lib/clock.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { writeSnapshotFile } from "../../model/snapshot_write.ts";
import { syntheticCluster } from "../../bench/synthetic_cluster.ts";
import { CLUSTERS, handInput } from "../planner/clusters.ts";

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(name: "optimize" | "verify", args: readonly string[]): Promise<Ran> {
  const printed = { out: "", err: "", code: -1 };
  const io: Io = {
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    isTerminal: false,
    clock: new ManualClock(0),
    fetch: () => Promise.reject(new Error("no network is needed")),
  };
  const deps = { io, finish: (code: number) => void (printed.code = code) };
  const command = name === "optimize" ? optimizeCommand(deps) : verifyCommand(deps);
  await command.exitOverride().parseAsync([...args], { from: "user" });
  return printed;
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function snapshotIn(folder: string, input: ClusterInput, name = "s.json"): Promise<string> {
  const path = `${folder}/${name}`;
  assertEquals((await writeSnapshotFile(path, input)).ok, true);
  return path;
}

const CLUSTER = () =>
  syntheticCluster({
    brokers: 12,
    replicas: 3000,
    topics: 60,
    racks: 4,
    seed: 5,
    distribution: "exponential",
  });

/** Without the figures that differ from run to run. */
function timeless(text: string): string {
  return text.replace(/"wallMs":\d+,"cpuMs":\d+/, "");
}

Deno.test("optimize writes a plan that verify finds good, the same bytes each time", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTER(), "s.json.gz");
    const files = ["a.json", "b.json"].map((name) => `${folder}/${name}`);
    const kafka = `${folder}/kafka.json`;
    for (const file of files) {
      const made = await run("optimize", [
        ...["--snapshot", snapshot, "--output", file, "--reassignment-json", kafka, "--seed", "9"],
      ]);
      assertEquals(made.code, 0, made.err);
      assertStringIncludes(made.out, "RackAwareGoal");
      assertStringIncludes(made.out, "Replicas to move");
      // How far goals are outside, and the first moves with both brokers and their limits.
      assert(/DiskUsageDistributionGoal .* \d+ MB +0 +fixed/.test(made.out), made.out);
      const side = /broker \d+ [\d.]+ -> [\d.]+ \([\d.]+ to [\d.]+\)/;
      assert(made.out.split("\n").some((line) => side.test(line)), made.out);
      const both = /broker \d+ [\d.]+ -> [\d.]+.*, broker \d+ [\d.]+ -> [\d.]+/;
      assert(made.out.split("\n").filter((line) => both.test(line)).length >= 11, made.out);
      assertStringIncludes(made.err, "Planning");
    }
    const [first, second] = await Promise.all(files.map((file) => Deno.readTextFile(file)));
    assertEquals(timeless(first!), timeless(second!));
    for (const plan of [files[0]!, kafka]) {
      const checked = await run("verify", ["--snapshot", snapshot, "--plan", plan]);
      assertEquals(checked.code, 0, checked.out);
      assertStringIncludes(checked.out, "The plan is good.");
    }
  });
});

Deno.test("optimize says at once what no plan can meet and what would help", async () => {
  await withFolder(async (folder) => {
    const racks = handInput(
      [0, 1, 2, 3, 4, 5].map((id) => ({ id, rack: id < 4 ? "large" : `small${id}` })),
      Array.from({ length: 24 }, (_, id) => ({
        topic: "T",
        id,
        replicas: [id % 4, 4, 5],
        load: [1, 9000, 1000, 9000] as const,
      })),
    );
    const snapshot = await snapshotIn(folder, racks);
    const made = await run("optimize", ["--snapshot", snapshot]);
    assertEquals(made.code, 0, made.err);
    const notices = made.err.split("\n").filter((line) => line.startsWith("No plan can meet"));
    assert(notices.some((line) => /DiskUsage.* rack .*widen its threshold/.test(line)), made.err);
    const needed = /DiskUsage.* disk.balance.threshold=[0-9.]+ is needed at least \(now 1.1\)/;
    assert(notices.some((line) => needed.test(line)), made.err);
    const enough =
      /^Enough for .*, as a plan with them shows: .*disk.balance.threshold=[0-9.]+ \(now/m;
    assertMatch(made.err, enough);
  });
});

Deno.test("optimize --json prints the summary and nothing else on stdout", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTER());
    const made = await run("optimize", ["--snapshot", snapshot, "--json"]);
    const summary = JSON.parse(made.out);
    assertEquals(summary.goals.length, 16);
    assert(summary.lowerBoundMb > 0 && summary.mbToMove >= summary.lowerBoundMb);
  });
});

Deno.test("optimize keeps a budget, says what it left out and shows what the first bytes buy", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTER());
    const plan = `${folder}/p.json`;
    const made = await run("optimize", [
      ...["--snapshot", snapshot, "--output", plan, "--max-moves", "30"],
    ]);
    assertEquals(made.code, 0, made.err);
    assertStringIncludes(made.out, "Left out by the budget");
    const bars = made.out.split("\n").filter((line) => line.includes("goals met"));
    assert(bars.length >= 3 && bars.every((line) => /#+\.*/.test(line)), made.out);
    const checked = await run("verify", ["--snapshot", snapshot, "--plan", plan, "--json"]);
    const { replicasMoved } = JSON.parse(checked.out);
    assert(replicasMoved > 0 && replicasMoved <= 30);
    const curve = await run("optimize", ["--snapshot", snapshot, "--curve", "--json"]);
    assert(JSON.parse(curve.out).curve.length > 10);
    const alone = await run("optimize", ["--snapshot", snapshot, "--max-minutes", "5"]);
    assertEquals(alone.code, 2);
    assertStringIncludes(alone.err, "Cannot use --max-minutes without --bandwidth: ");
  });
});

Deno.test("verify ends with 3 where a budget ended before hard goals were met, and says so", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTER());
    const plan = `${folder}/p.json`;
    const made = await run("optimize", [
      ...["--snapshot", snapshot, "--output", plan, "--max-moves", "1"],
    ]);
    assertEquals(made.code, 0, made.err);
    assertStringIncludes(
      made.err,
      "The budget ends before all hard goals are met: RackAwareGoal (",
    );
    const files = ["--snapshot", snapshot, "--plan", plan];
    const checked = await run("verify", files);
    assertEquals(checked.code, 3, checked.out);
    assertStringIncludes(
      checked.out,
      "The plan is valid, but hard goals are left: a budget cut it",
    );
    assertMatch(checked.out, /^ {2}RackAwareGoal: \d+ brokers out, \d+ before; /m);
    // A plan that has no budget to blame, or lies, is as bad as ever.
    const { leftOut: _, ...summary } = JSON.parse(await Deno.readTextFile(plan)).summary;
    const text = JSON.parse(await Deno.readTextFile(plan));
    await Deno.writeTextFile(plan, JSON.stringify({ ...text, summary }));
    const whole = await run("verify", files);
    assertEquals(whole.code, 1);
    assertStringIncludes(whole.out, "hard goal RackAwareGoal is violated");
  });
});

Deno.test("verify leaves topics alone that the plan had to leave", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTER());
    const plan = `${folder}/p.json`;
    const excluded = ["--exclude-topics", "T0"];
    const files = ["--snapshot", snapshot, "--plan", plan];
    const made = await run("optimize", ["--snapshot", snapshot, "--output", plan, ...excluded]);
    assertEquals(made.code, 0, made.err);
    assertEquals((await run("verify", [...files, ...excluded])).code, 0);
    assertEquals((await run("verify", [...files, "--exclude-topics", "none"])).code, 1);
    const said = (await Deno.readTextFile(plan)).replace(
      '"excludeTopics":"T0"',
      '"excludeTopics":"("',
    );
    await Deno.writeTextFile(plan, said);
    const broken = await run("verify", files);
    assertEquals(broken.code, 2);
    assertStringIncludes(broken.err, "must be a regular expression");
  });
});

Deno.test("optimize demotes brokers and changes replication factors, and verify holds the plans to it", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTER());
    const cases = [
      ["--operation", "demote_broker", "--brokers", "3,4"],
      ["--operation", "topic_replication_factor", "--topics", "T1|T2", "--replication-factor", "4"],
    ];
    for (const [i, operation] of cases.entries()) {
      const plan = `${folder}/${i}.json`;
      const made = await run("optimize", ["--snapshot", snapshot, "--output", plan, ...operation]);
      const checked = await run("verify", ["--snapshot", snapshot, "--plan", plan, ...operation]);
      if (i === 0) assertEquals([made.code, checked.code], [0, 0], made.err + checked.out);
      const rebalance = ["--operation", "rebalance"];
      const other = await run("verify", ["--snapshot", snapshot, "--plan", plan, ...rebalance]);
      if (i === 0) assertEquals(JSON.parse(await Deno.readTextFile(plan)).summary.mbToMove, 0);
      else {
        // Nothing else may move, so that racks that were shared stay shared: that is all that is wrong.
        assertEquals(made.code, checked.code === 0 ? 0 : 3, made.err);
        assert(!checked.out.includes("replicas, the plan gives it"), checked.out);
        assertStringIncludes(other.out, "replicas, the plan gives it 4");
      }
    }
  });
});

Deno.test("optimize demotes log dirs, and verify holds the plan to it", async () => {
  await withFolder(async (folder) => {
    const cluster = CLUSTER();
    const brokers = cluster.brokers.map((broker) => ({
      ...broker,
      logDirs: ["/a", "/b"].map((path) => ({
        path,
        capacityMb: broker.capacity[3] / 2,
        alive: true,
      })),
    }));
    const replicaLogDir = Int16Array.from(cluster.replicaBroker, (_, r) => r % 2);
    const snapshot = await snapshotIn(folder, { ...cluster, brokers, replicaLogDir });
    const id = brokers[0]!.id;
    const demote = ["--operation", "demote_broker", "--log-dirs", `${id}-/a`];
    const plan = `${folder}/p.json`;
    const made = await run("optimize", ["--snapshot", snapshot, "--output", plan, ...demote]);
    assertEquals(made.code, 0, made.err);
    const good = await run("verify", ["--snapshot", snapshot, "--plan", plan, ...demote]);
    assertEquals(good.code, 0, good.out);
    assertStringIncludes(good.out, "fixed");
    const other = ["--operation", "demote_broker", "--log-dirs", `${id}-/c`];
    const refused = await run("verify", ["--snapshot", snapshot, "--plan", plan, ...other]);
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.err, `broker ${id} has no log dir /c, it has /a, /b`);
  });
});

Deno.test("optimize removes a broker, and verify holds the plan to it", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTER());
    const plan = `${folder}/p.json`;
    const remove = ["--operation", "remove_broker", "--brokers", "3"];
    const made = await run("optimize", ["--snapshot", snapshot, "--output", plan, ...remove]);
    assertEquals(made.code, 0, made.err);
    const good = await run("verify", ["--snapshot", snapshot, "--plan", plan, ...remove]);
    assertEquals(good.code, 0, good.out);
    const other = ["--operation", "remove_broker", "--brokers", "4"];
    const bad = await run("verify", ["--snapshot", snapshot, "--plan", plan, ...other]);
    assertEquals(bad.code, 1);
    assertStringIncludes(bad.out, "on dead broker 4");
  });
});

Deno.test("verify takes from a plan what it was made for, but for what the command line says", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTER());
    const plan = `${folder}/p.json`;
    const remove = ["--operation", "remove_broker", "--brokers", "3", "--exclude-leadership", "2"];
    const made = await run("optimize", ["--snapshot", snapshot, "--output", plan, ...remove]);
    assertEquals(made.code, 0, made.err);
    const files = ["--snapshot", snapshot, "--plan", plan];
    const good = await run("verify", files);
    assertEquals(good.code, 0, good.out);
    assertStringIncludes(good.out, `As the plan says: ${remove.join(" ")}\n`);
    const json = JSON.parse((await run("verify", [...files, "--json"])).out);
    assertEquals(json.problems, []);
    const other = await run("verify", [...files, "--brokers", "4"]);
    assertEquals(other.code, 1);
    assertStringIncludes(
      other.out,
      "As the plan says: --operation remove_broker --exclude-leadership 2\n",
    );
    const rebalance = await run("verify", [...files, "--operation", "rebalance"]);
    assertEquals(rebalance.code, 1);
    assert(!rebalance.out.includes("As the plan says"));
    for (
      const [member, wanted] of [
        ['"brokers":["x"]', "request.brokers: must be an array of broker ids"],
        ['"operation":"tidy"', "request.operation: must be one of rebalance, "],
        ['"over":"min"', "request.over: must be one of mean, max, p95, each"],
      ]
    ) {
      await Deno.writeTextFile(plan, `{"version":1,"request":{${member}},"proposals":[]}`);
      const refused = await run("verify", files);
      assertEquals(refused.code, 2);
      assertStringIncludes(refused.err, `Cannot read plan ${plan}: ${wanted}`);
    }
  });
});

Deno.test("optimize leaves brokers out, and verify holds the plan to it", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTER());
    const plan = `${folder}/p.json`;
    const without = ["--exclude-moves", "3", "--exclude-leadership", "2"];
    const made = await run("optimize", ["--snapshot", snapshot, "--output", plan, ...without]);
    assertEquals(made.code, 0, made.err);
    const files = ["--snapshot", snapshot, "--plan", plan];
    const good = await run("verify", [...files, ...without]);
    assertEquals(good.code, 0, good.out);
    const bad = await run("verify", [...files, "--destinations", "4"]);
    assertEquals(bad.code, 1);
    assertStringIncludes(bad.out, "which may receive nothing");
  });
});

Deno.test("optimize says that a plan to start from is of another cluster", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTER());
    const plan = `${folder}/p.json`;
    await run("optimize", ["--snapshot", snapshot, "--output", plan]);
    const again = await run("optimize", ["--snapshot", snapshot, "--from-plan", plan]);
    assertEquals(again.err.includes("--from-plan"), false, again.err);
    const other = await Deno.readTextFile(plan);
    await Deno.writeTextFile(plan, other.replaceAll('"topic":"', '"topic":"other'));
    const strange = await run("optimize", ["--snapshot", snapshot, "--from-plan", plan]);
    assertEquals(strange.code, 0);
    assertStringIncludes(strange.err, "--from-plan");
    assertStringIncludes(strange.err, "is of another cluster");
  });
});

Deno.test("optimize ends with 3 when a hard goal cannot be met, writes what heals the rest and says what is missing", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTERS.rackAwareUnsatisfiable());
    const output = `${folder}/plan.json`;
    const made = await run("optimize", ["--snapshot", snapshot, "--output", output]);
    assertEquals(made.code, 3);
    assertStringIncludes(made.out, `The plan is in ${output}.`);
    assertEquals(
      JSON.parse(await Deno.readTextFile(output)).summary.unmet[0].goal,
      "RackAwareGoal",
    );
    assertStringIncludes(made.err, "T1-0 has 3 replicas on 2 racks");
    assertStringIncludes(
      made.err,
      "Cannot meet RackAwareGoal: the highest replication factor is 3",
    );
    assertStringIncludes(made.err, "Add at least 1 rack with brokers.");
    assertStringIncludes(
      made.err,
      "as a plan with them shows: add 1 broker like broker-0 (cpu 100 %",
    );
    assertStringIncludes(made.err, "1 on a new rack. Fewer of such size cannot be enough.");
    const checked = await run("verify", ["--snapshot", snapshot, "--plan", output]);
    assertEquals(checked.code, 3);
    assertStringIncludes(
      checked.out,
      "The plan is valid, but hard goals are left: it leaves what no plan was found for:\n  RackAwareGoal: ",
    );
  });
});

Deno.test("verify ends with 3 on a plan that was made without hard goals, optimize tells new replicas from moved ones", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTERS.small());
    const output = `${folder}/plan.json`;
    const args = ["--snapshot", snapshot, "--output", output, "--skip-hard-goal-check"];
    const goals = ["--goals", "ReplicaCapacityGoal"];
    await run("optimize", [...args, ...goals]);
    const checked = await run("verify", ["--snapshot", snapshot, "--plan", output]);
    assertEquals(checked.code, 3, checked.out);
    assertStringIncludes(
      checked.out,
      "hard goals are left: it was made without them:\n  RackAwareGoal: ",
    );
    const factor = ["--operation", "topic_replication_factor", "--topics", ".*"];
    const more = await run("optimize", [
      ...args,
      ...goals,
      ...factor,
      "--replication-factor",
      "3",
      "--skip-rack-check",
    ]);
    assertStringIncludes(more.out, "new replica; ");
    assert(!more.out.includes("broker -1"), more.out);
  });
});

Deno.test("optimize and verify end with 2 on input that cannot be used, naming what to change", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTERS.small());
    const broken = `${folder}/broken.json`;
    await Deno.writeTextFile(broken, (await Deno.readTextFile(snapshot)).slice(0, 700));
    const cases: readonly [readonly string[], string][] = [
      [["--snapshot", `${folder}/none.json`], "Cannot read snapshot"],
      [["--snapshot", broken], "the text ends"],
      [["--snapshot", snapshot, "--goals", "DiskGoal"], "Cannot plan for goal DiskGoal"],
      [["--snapshot", snapshot, "--goals", "RackAwareGoal"], "hard goals"],
      [
        ["--snapshot", snapshot, "--set", "cpu.capacity.threshold=2"],
        "must be a number from 0 to 1",
      ],
      [
        ["--snapshot", snapshot, "--config", `${folder}/none.properties`],
        "Cannot read configuration",
      ],
      [
        ["--snapshot", snapshot, "--operation", "add_broker"],
        "Cannot use --operation add_broker without --brokers",
      ],
      [
        ["--snapshot", snapshot, "--brokers", "1"],
        "Cannot use --brokers with --operation rebalance",
      ],
      [["--snapshot", snapshot, "--log-dirs", "0-/a"], "wanted one of remove_disks, demote_broker"],
      [
        ["--snapshot", snapshot, "--topics", "T1"],
        "Cannot use --topics with --operation rebalance: wanted topic_replication_factor",
      ],
      [["--snapshot", snapshot, "--replication-factor", "2"], "Cannot use --replication-factor"],
      [["--snapshot", snapshot, "--skip-rack-check"], "Cannot use --skip-rack-check"],
      [
        ["--snapshot", snapshot, "--operation", "rebalance_disk", "--destinations", "1"],
        "Cannot use --destinations with --operation rebalance_disk",
      ],
      [["--snapshot", snapshot, "--output", `${folder}/no/such/folder`], "Cannot write plan"],
    ];
    for (const [args, message] of cases) {
      const made = await run("optimize", args);
      assertEquals(made.code, 2, `${args}: ${made.err}`);
      assertStringIncludes(made.err, message);
    }
    const checked = await run("verify", ["--snapshot", snapshot, "--plan", broken]);
    assertEquals(checked.code, 2);
    assertStringIncludes(checked.err, "Cannot read plan");
    const swapped = await run("verify", ["--snapshot", snapshot, "--plan", snapshot]);
    assertEquals(swapped.code, 2);
    assertStringIncludes(swapped.err, "topics: belongs to a cluster snapshot, not a plan");
    const empty = `${folder}/empty.json`;
    await Deno.writeTextFile(empty, '{"version":1,"proposals":[]}');
    const misused = ["--snapshot", snapshot, "--plan", empty, "--brokers", "1"];
    assertStringIncludes((await run("verify", misused)).err, "Cannot use --brokers");
  });
});

Deno.test("optimize warns of unknown settings and still plans", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTERS.medium());
    const made = await run("optimize", [
      "--snapshot",
      snapshot,
      "--set",
      "cpu.capacity.treshold=0.5",
    ]);
    assertEquals(made.code, 0, made.err);
    assertStringIncludes(made.err, "did you mean cpu.capacity.threshold?");
  });
});

Deno.test("optimize --from-plan starts from a plan file: good, the same bytes each time, reasons kept", async () => {
  await withFolder(async (folder) => {
    const snapshot = await snapshotIn(folder, CLUSTER());
    const [first, ...again] = ["first.json", "a.json", "b.json"].map((name) => `${folder}/${name}`);
    assertEquals((await run("optimize", ["--snapshot", snapshot, "--output", first!])).code, 0);
    for (const file of again) {
      const made = await run("optimize", [
        ...["--snapshot", snapshot, "--from-plan", first!, "--output", file],
      ]);
      assertEquals(made.code, 0, made.err);
    }
    const [a, b] = await Promise.all(again.map((file) => Deno.readTextFile(file)));
    assertEquals(timeless(a!), timeless(b!));
    const stepsIn = (text: string) => Number(/"steps":(\d+)/.exec(text)?.[1]);
    assert(stepsIn(a!) < stepsIn(await Deno.readTextFile(first!)), "less was looked at");
    assert(!a!.includes('"why":""'), "every move says why");
    const checked = await run("verify", ["--snapshot", snapshot, "--plan", again[0]!]);
    assertEquals(checked.code, 0, checked.out);
    const missing = await run("optimize", ["--snapshot", snapshot, "--from-plan", `${folder}/no`]);
    assertEquals(missing.code, 2, missing.out);
  });
});
