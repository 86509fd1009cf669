/**
 * Options as somebody gives them who is in a hurry or means harm: empty, negative, huge, no numbers, repeated, of
 * another operation, about things that are not there. Each is refused by name before anything is read or asked.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { writeSnapshotFile } from "../../model/snapshot_write.ts";
import { harness } from "../actors/server/harness.ts";
import { CLUSTERS } from "../planner/clusters.ts";
import { withDirectory } from "../system/refusals.ts";
import { runCommand } from "./console.ts";

/** Runs each line and holds it to exit code 2 with these words, and to no output. `$d` stands for the directory. */
async function refused(
  lines: readonly (readonly [string, string])[],
  options: { command: string; directory?: string },
): Promise<void> {
  const { command, directory = "" } = options;
  for (const [line, says] of lines) {
    const args = `${command} ${line}`.trim().replaceAll("$d", directory).split(" ").map((arg) =>
      arg === "''" ? "" : arg
    );
    const ran = await runCommand(args, {
      fetch: () => Promise.reject(new Error("nothing is asked")),
    });
    assertEquals([ran.code, ran.out], [2, ""], `${command} ${line}: ${ran.err}`);
    assertStringIncludes(ran.err, says.replaceAll("$d", directory), `${command} ${line}`);
    assert(!/\n\s+at /.test(ran.err), ran.err);
  }
}

async function withSnapshot(work: (directory: string) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    assert((await writeSnapshotFile(`${directory}/s.json`, CLUSTERS.small())).ok);
    await Deno.writeTextFile(`${directory}/p.json`, '{"version":1,"proposals":[]}');
    await work(directory);
  });
}

const AMOUNT = "must be a number >= 0";
const IDS = "must be broker ids separated by commas";

Deno.test("optimize refuses values that are none, naming the option", async () => {
  await refused([
    ["--snapshot ''", "'--snapshot <file>' is invalid. must not be empty"],
    ["--snapshot a --snapshot b", "'--snapshot <file>' is invalid. must be given once"],
    ["--snapshot a extra", "too many arguments"],
    ["--goals ''", "--goals <names>"],
    ["--goals ,", "must be names of goals separated by commas"],
    ["--goals RackAwareGoal,x.y.rackawaregoal", "each once, got x.y.rackawaregoal twice"],
    ["--max-moves 1.5", "--max-moves <number>"],
    ["--max-moves -1", "must be a whole number from 0 to"],
    ["--max-moves 1e3", "must be a whole number from 0 to"],
    ["--max-moves 99999999999", "must be a whole number from 0 to"],
    ["--max-mb NaN", AMOUNT],
    ["--max-mb -0.1", AMOUNT],
    ["--max-mb 1e999", AMOUNT],
    ["--max-mb Infinity", AMOUNT],
    ["--max-mb 0x10", AMOUNT],
    ["--max-minutes five", AMOUNT],
    ["--bandwidth 0", "must be a number > 0"],
    ["--brokers 1,1", "each once, got 1 twice"],
    ["--brokers 1,01", "each once, got 01 twice"],
    ["--brokers ,", IDS],
    ["--brokers -1", IDS],
    ["--brokers 99999999999", IDS],
    ["--destinations one", IDS],
    ["--exclude-moves ''", IDS],
    ["--log-dirs ''", "must be like 0-/data/a"],
    ["--log-dirs 0-/a,0-/a", "each once, got 0-/a twice"],
    ["--log-dirs 0", "must be like 0-/data/a"],
    ["--topics (", "must be a regular expression"],
    ["--exclude-topics ''", "must be a regular expression"],
    ["--replication-factor 0", "must be an integer >= 1"],
    ["--seed 1.5", "must be an integer from 0 to"],
    ["--over p99", "Allowed choices are mean"],
    ["--set =1", "must be KEY=VALUE"],
  ], { command: "optimize" });
});

Deno.test("optimize refuses options that do not go together, before it reads the snapshot", async () => {
  await refused([
    ["--bandwidth 5", "Cannot use --bandwidth without --max-minutes"],
    ["--max-minutes 5", "Cannot use --max-minutes without --bandwidth"],
    ["--brokers 1", "Cannot use --brokers with --operation rebalance"],
    ["--operation add_broker", "Cannot use --operation add_broker without --brokers"],
    ["--operation remove_broker", "without --brokers"],
    ["--operation demote_broker", "without --brokers or --log-dirs"],
    ["--operation remove_disks", "without --log-dirs"],
    ["--operation topic_replication_factor", "without --topics"],
    ["--operation topic_replication_factor --topics a", "without --replication-factor"],
    ["--operation rebalance_disk --kafka-assigner", "Cannot use --kafka-assigner with"],
    ["--operation rebalance_disk --exclude-leadership 1", "Cannot use --exclude-leadership with"],
    ["--operation demote_broker --brokers 1 --exclude-moves 2", "Cannot use --exclude-moves with"],
    ["--operation remove_disks --log-dirs 0-/a --only-immigrants", "Cannot use --only-immigrants"],
    ["--operation rebalance_disk --skip-hard-goal-check", "Cannot use --skip-hard-goal-check with"],
    ["--broker-sets sets.json", "Cannot use --broker-sets without BrokerSetAwareGoal"],
    [
      "--goals BrokerSetAwareGoal --skip-hard-goal-check",
      "Cannot use BrokerSetAwareGoal without --broker-sets",
    ],
    ["--destinations 1,2 --exclude-moves 0,2", "--destinations 2 with --exclude-moves 2: "],
    [
      "--operation remove_broker --brokers 1 --destinations 1",
      "Cannot use --destinations 1: the broker is to be removed",
    ],
    ["--kafka-assigner --destinations 1", "Cannot use --destinations with --kafka-assigner"],
    ["--kafka-assigner --goals RackAwareGoal", "it has its own goals, leave --goals out"],
    ["--skip-hard-goal-check", "Cannot use --skip-hard-goal-check without --goals"],
  ], { command: "optimize --snapshot no_such_file.json" });
});

Deno.test("optimize and verify refuse what the snapshot does not have", async () => {
  await withSnapshot(async (directory) => {
    const optimize = `optimize --snapshot ${directory}/s.json`;
    const unknown = "must be brokers of the snapshot (0, 1, 2)";
    const both = [
      ["--operation remove_broker --brokers 1,77", `Cannot use --brokers 77: ${unknown}`],
      ["--destinations 77", `Cannot use --destinations 77: ${unknown}`],
      ["--exclude-moves 77", `Cannot use --exclude-moves 77: ${unknown}`],
      ["--exclude-leadership 77", `Cannot use --exclude-leadership 77: ${unknown}`],
      [
        "--operation topic_replication_factor --topics none --replication-factor 2",
        'Cannot use --topics "none": it matches no topic',
      ],
      ["--operation rebalance_disk", "the snapshot has no log dirs"],
      ["--operation remove_disks --log-dirs 0-/a", "it must have brokers[].logDirs"],
    ] as const;
    await refused(both, { command: optimize });
    await refused(both, {
      command: `verify --snapshot ${directory}/s.json --plan ${directory}/p.json`,
    });
  });
});

Deno.test("optimize says of a pattern that it matches no topic, and plans", async () => {
  await withSnapshot(async (directory) => {
    const args = ["--snapshot", `${directory}/s.json`, "--exclude-topics", "none"];
    const ran = await runCommand(["optimize", ...args]);
    assertStringIncludes(ran.err, '--exclude-topics "none" matches no topic of the snapshot\n');
    assert(ran.out.length > 0 && ran.code !== 2);
  });
});

Deno.test("optimize never writes over its snapshot, nor two files into one, and looks before it plans", async () => {
  await withSnapshot(async (directory) => {
    const before = await Deno.readTextFile(`${directory}/s.json`);
    await Deno.symlink(`${directory}/s.json`, `${directory}/link.json`);
    await refused([
      ["--output $d/s.json", "Cannot use --output $d/s.json: --snapshot names the same file"],
      ["--output $d/link.json", "--snapshot names the same file"],
      ["--reassignment-json $d/./s.json", "--snapshot names the same file"],
      ["--output $d/x --reassignment-json $d/x", "--output names the same file"],
      ["--output $d", "Cannot write plan $d: it is a directory"],
      ["--output $d/none/x", "Cannot write plan $d/none/x: "],
      ["--output $d/s.json/x", "Cannot write plan $d/s.json/x: "],
    ], { command: `optimize --snapshot ${directory}/s.json`, directory });
    assertEquals(await Deno.readTextFile(`${directory}/s.json`), before);
  });
});

Deno.test("verify and generate refuse values that are none, naming the option", async () => {
  await withSnapshot(async (directory) => {
    await refused([
      ["--goals ''", "must be names of goals separated by commas"],
      ["--goals RackAwareGoal,RackAwareGoal", "got RackAwareGoal twice"],
      ["--topics (", "must be a regular expression"],
      ["--plan ''", "must not be empty"],
      ["--operation remove_broker", "without --brokers"],
    ], { command: `verify --snapshot ${directory}/s.json --plan ${directory}/p.json` });
  });
  await refused([
    ["--output ''", "must not be empty"],
    ["--output x --brokers 3 --brokers 4", "'--brokers <count>' is invalid. must be given once"],
    ["--output x --utilization NaN", "must be between 0 and 1"],
    ["--output x --racks 0", "racks must be 1 to brokers"],
    ["--output x --reference --utilization 0.5", "cannot be used with option '--utilization"],
  ], { command: "generate" });
});

Deno.test("commands that ask a server refuse values that are none before they ask", async () => {
  for (const command of ["plan", "rebalance"]) {
    await refused([
      ["--goals ''", "must be names of goals"],
      ["--goals A,a", "got a twice"],
      ["--destinations x", IDS],
      ["--exclude-topics (", "must be a regular expression"],
      ["--max-moves 1.5", "must be a whole number"],
      ["--url ''", "must not be empty"],
      ["--url ftp://x", "must begin with http:// or https://"],
    ], { command });
  }
  await refused(
    [
      ["rebalance --throttle 0", "must be bytes per second above 0"],
      ["rebalance --throttle 99999999999999999999G", "must be bytes per second above 0"],
      ["rebalance --reason ''", "must not be empty"],
      ["add-broker 1,1", "got 1 twice"],
      ["remove-disks ''", "must be like 0-/data/a"],
      ["replication-factor 2 --topics (", "must be a regular expression"],
      ["health --url nonsense", "Cannot use --url nonsense"],
      ["start --data-dir ''", "'--data-dir <directory>' is invalid. must not be empty"],
      ["snapshot --bootstrap a:1 --output $d", "Cannot write snapshot $d: it is a directory"],
    ].map(([line, says]) => [line!, says!] as const),
    { command: "", directory: "." },
  );
});

Deno.test("--set may be repeated", async () => {
  const server = harness();
  const args = ["--set", "a=1", "--set", "b="];
  const started = await runCommand(["start", ...args], { server });
  assertEquals(started.code, 0, started.err);
});
