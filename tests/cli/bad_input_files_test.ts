/**
 * `evenkeel optimize`, `verify` and `generate` on files and options that cannot be used, as processes of their own.
 * The snapshot reader's own tests go through every member; here is what a user sees of the worst of them.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { sleepUntil, systemClock } from "../../lib/clock.ts";
import { runCommand as run } from "../system/evenkeel.ts";
import { assertNoStack, assertRefused, withDirectory } from "../system/refusals.ts";

const TOP = decodeURIComponent(new URL("../..", import.meta.url).pathname);
/** Processes at a time: the machine's cores, about. */
const AT_ONCE = 3;

const BROKERS = [0, 1, 2].map((id) => ({
  id,
  rack: `r${id}`,
  host: `h${id}`,
  capacity: { cpu: 100, nwIn: 1e4, nwOut: 1e4, disk: 1e5 },
}));

function partition(id: number, load: readonly number[] = [1, 1, 1, 1]) {
  return { id, replicas: [0, 1], leader: 0, load, followerLoad: [1, 1, 0, load[3]] };
}

function snapshot(changes: Record<string, unknown> = {}): string {
  const topics = [{ name: "t", partitions: [partition(0), partition(1)] }];
  return JSON.stringify({ version: 1, brokers: BROKERS, topics, ...changes });
}

function withPartitions(...partitions: unknown[]): string {
  return snapshot({ topics: [{ name: "t", partitions }] });
}

async function packed(text: string): Promise<Uint8Array> {
  const stream = ReadableStream.from([text]).pipeThrough(new TextEncoderStream())
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

/** Name of the file, its content, what the message must say after the file's name. */
const SNAPSHOTS: readonly (readonly [string, string | Uint8Array, string])[] = [
  ["empty.json", "", "the text ends at byte 0"],
  ["half.json", snapshot().slice(0, -90), "topics[0].partitions[0]: the text ends at byte 423"],
  ["nan.json", snapshot().replace("[1,1,1,1]", "[NaN,1,1,1]"), "partitions[0].load[0]"],
  ["minus.json", withPartitions(partition(0, [1, 1, 1, -1])), "partitions[0].load[3]"],
  ["infinite.json", snapshot().replace("[1,1,1,1]", "[1e999,1,1,1]"), "partitions[0].load[0]"],
  ["twice.json", withPartitions(partition(7), partition(7)), "topics[0].partitions[1].id"],
  ["huge_number.json", withPartitions(partition(1e15)), "topics[0].partitions[0].id"],
  ["wrong_type.json", snapshot({ brokers: "three" }), "brokers: must be an array"],
  [
    "deep.json",
    `{"version":1,"more":${deep(500_000)}}`,
    "more: must not be nested deeper than 200",
  ],
  ["a_plan.json", '{"version":1,\n"proposals":[]}', "proposals: belongs to a plan, not a snapshot"],
  ["newer.json", snapshot({ version: 2 }), "version: must be 1, got 2"],
  ["noise.json", new Uint8Array(4096).map((_, i) => (i * 167 + 13) % 256), "must be an object"],
  ["no_gzip.json.gz", snapshot(), "gzip"],
];

Deno.test("optimize names the file and the member of snapshots that cannot be read", async () => {
  await withDirectory(async (directory) => {
    const files = [...SNAPSHOTS];
    const whole = await packed(snapshot());
    files.push(["half.json.gz", whole.slice(0, whole.length - 12), "gzip"]);
    for (const [name, content] of files) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(`${directory}/${name}`, bytes);
    }
    await Deno.mkdir(`${directory}/folder.json`);
    // 2 GiB that take no space: refused by its size alone.
    await Deno.writeFile(`${directory}/large.json`, new Uint8Array());
    await Deno.truncate(`${directory}/large.json`, 2 ** 31);
    const wanted: [string, string][] = files.map(([name, _, says]) => [name, says]);
    wanted.push(["folder.json", "it is a directory"], ["none.json", "No such file"]);
    wanted.push(["large.json", "must be at most 1073741824 bytes"]);
    await inTurns(wanted, async ([name, says]) => {
      const path = `${directory}/${name}`;
      const ended = await run(["optimize", "--snapshot", path, "--output", `${directory}/plan`]);
      assertRefused(ended, { code: 2, says: [`Cannot read snapshot ${path}: `, says] });
    });
    assert(![...Deno.readDirSync(directory)].some((entry) => entry.name.startsWith("plan")));
  });
});

Deno.test("verify names the file and the member of plans that cannot be read", async () => {
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/s.json`, snapshot());
    const plans: [string, string, string][] = [
      ["deep.json", `{"version":1,"proposals":[{"topic":${deep(100_000)}}]}`, "proposals[0].topic"],
      ["open.json", "[".repeat(500_000), "JSON"],
      ["null.json", "null", "must be an object"],
      ["list.json", `{"version":1,"proposals":"x"}`, "proposals: must be an array"],
    ];
    await inTurns(plans, async ([name, content, says]) => {
      const path = `${directory}/${name}`;
      await Deno.writeTextFile(path, content);
      const ended = await run(["verify", "--snapshot", `${directory}/s.json`, "--plan", path]);
      assertRefused(ended, { code: 2, says: [`Cannot read plan ${path}: `, says] });
    });
  });
});

Deno.test("options that do not fit the snapshot are named with what would", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/s.json`;
    await Deno.writeTextFile(path, snapshot());
    const cases: [string[], string[]][] = [
      [["--goals", "RackAwarGoal"], ["RackAwarGoal", "did you mean RackAwareGoal?"]],
      [["--set", "disk.capacity.threshold=2"], ["disk.capacity.threshold", "from 0 to 1"]],
      [["--config", `${directory}/none`], [`Cannot read configuration ${directory}/none`]],
      [["--output", directory], [`Cannot write plan ${directory}: it is a directory`]],
      [["--output", `${directory}/no/plan`], [`Cannot write plan ${directory}/no/plan: `]],
      [["--exclude-topics", "((("], ['"((("', "must be a regular expression"]],
      [["--operation", "remove_broker", "--brokers", "99"], ["99", "(0, 1, 2)"]],
    ];
    await inTurns(cases, async ([args, says]) => {
      assertRefused(await run(["optimize", "--snapshot", path, ...args]), { code: 2, says });
    });
    const sizes = ["--brokers", "2000000000", "--replicas", "2000000000"];
    assertRefused(await run(["generate", "--output", `${directory}/g`, ...sizes]), {
      code: 2,
      says: ["brokers must be 1 to", "replicas must be <="],
    });
  });
});

Deno.test("optimize ends with 3 where no plan can meet a hard goal: goal, brokers, missing capacity", async () => {
  // Situation: first more data than all disks may hold, then a broker that must be emptied with no room elsewhere.
  await withDirectory(async (directory) => {
    const full = [0, 1, 2].map((id) => partition(id, [1, 1, 1, 9e4]));
    await Deno.writeTextFile(`${directory}/full.json`, withPartitions(...full));
    const apart = [0, 1].map((id) => partition(id, [1, 1, 1, 6e4]));
    await Deno.writeTextFile(`${directory}/tight.json`, withPartitions(...apart));
    const [all, one] = await Promise.all([
      run(["optimize", "--snapshot", `${directory}/full.json`, "--output", `${directory}/plan`]),
      run(["optimize", "--snapshot", `${directory}/tight.json`]),
    ]);
    // The plan heals what can be healed and is written; the exit code and the last words say what it cannot do.
    for (const { code, stderr } of [all, one]) {
      assertEquals(code, 3, stderr);
      assertStringIncludes(stderr, "DiskCapacityGoal");
      assertNoStack(stderr);
    }
    for (const words of ["540000", "240000", "300000 are missing"]) {
      assertStringIncludes(all.stdout + all.stderr, words);
    }
    assertStringIncludes(one.stdout + one.stderr, "broker");
    assert(await Deno.stat(`${directory}/plan`).then(() => true, () => false));
  });
});

Deno.test("a reader that leaves early is no error", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "main.ts", "optimize", "--help"],
    cwd: TOP,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await child.stdout.cancel();
  const stderr = await new Response(child.stderr).text();
  assertEquals((await child.status).code, 0, stderr);
  assertNoStack(stderr);
});

Deno.test("optimize interrupted while planning or writing ends with 130 and leaves no half file", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/big.json`;
    const sizes = ["--brokers", "60", "--replicas", "300000", "--distribution", "exponential"];
    assertEquals((await run(["generate", "--output", path, ...sizes])).code, 0);
    await Deno.writeTextFile(`${directory}/plan.json`, "before");
    for (const moment of ["planning", "writing", "writing"] as const) {
      let ended = await interrupted(path, `${directory}/plan.json`, moment);
      // On a busy machine the plan may be whole before the signal comes.
      for (let again = 0; again < 5 && ended.code === 0; again++) {
        await Deno.writeTextFile(`${directory}/plan.json`, "before");
        ended = await interrupted(path, `${directory}/plan.json`, moment);
      }
      assertEquals(ended.code, 130, moment);
      assertNoStack(new TextDecoder().decode(ended.stderr));
      assertEquals(await Deno.readTextFile(`${directory}/plan.json`), "before", moment);
      const names = [...Deno.readDirSync(directory)].map((entry) => entry.name).sort();
      assertEquals(names, ["big.json", "plan.json"], moment);
    }
  });
});

/** Sends SIGINT some time after the start, or as soon as the plan's draft is there. */
async function interrupted(
  snapshotPath: string,
  planPath: string,
  moment: "planning" | "writing",
): Promise<Deno.CommandOutput> {
  const clock = systemClock();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "main.ts", "optimize", "--snapshot", snapshotPath]
      .concat(["--output", planPath]),
    cwd: TOP,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  let isOver = false;
  output.then(() => isOver = true);
  if (moment === "planning") await sleepUntil(clock, clock.nowMs() + 300);
  while (moment === "writing" && !isOver && !exists(`${planPath}.${child.pid}.part`)) {
    await sleepUntil(clock, clock.nowMs() + 1);
  }
  if (!isOver) child.kill("SIGINT");
  return await output;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Does `work` for every item, a few at a time. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
