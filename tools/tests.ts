/**
 * Running groups of tests and adding up their figures.
 *
 * @module
 */
import { deno, filesBelow } from "./run.ts";

/** Passed, failed and skipped tests. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** Tests that run together. */
export interface Group {
  readonly name: string;
  /** Folders below tests/ of this group; `rest` = all that no other group names. */
  readonly folders: readonly string[] | "rest";
  /** Files that run at the same time; undefined = one for each core. */
  readonly lanes?: number;
}

/**
 * All groups in the order they begin. Integration tests start real brokers and mostly wait for them: two files at a time
 * use two cores well; more would make brokers miss their deadlines.
 */
export const GROUPS: readonly Group[] = [
  { name: "unit", folders: "rest" },
  { name: "scenario", folders: ["scenario"] },
  { name: "integration", folders: ["integration"], lanes: 2 },
];

function filesOf(group: Group): string[] {
  const all = filesBelow(["tests"], "_test.ts");
  const named = GROUPS.flatMap((other) => other.folders === "rest" ? [] : other.folders);
  const within = (file: string, folders: readonly string[]) =>
    folders.some((folder) => file.startsWith(`tests/${folder}/`));
  const { folders } = group;
  return folders === "rest"
    ? all.filter((file) => !within(file, named))
    : all.filter((file) => within(file, folders));
}

/** Reads the closing line of a test run: "ok | 12 passed (3 steps) | 0 failed | 1 ignored". */
export function readTally(output: string): Tally | undefined {
  const lines = [...output.matchAll(/^(?:ok|FAILED) \| (\d+) passed.*?\| (\d+) failed(.*)$/gm)];
  const last = lines.at(-1);
  if (last === undefined) return undefined;
  const ignored = /(\d+) ignored/.exec(last[3]!);
  return { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(ignored?.[1] ?? 0) };
}

/**
 * Runs one group. A run that ends without a closing line counts as one failure. In the background it takes only what
 * others leave of the processors, and its output comes at the end, in one piece.
 */
export async function runGroup(
  group: Group,
  options: { background?: boolean } = {},
): Promise<Tally> {
  const files = filesOf(group);
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  console.error(`\n== ${group.name}: ${files.length} files`);
  const flags = ["--no-check", "--quiet", "--sanitize-ops", "--sanitize-resources", "--parallel"];
  const env = group.lanes === undefined ? {} : { DENO_JOBS: String(group.lanes) };
  const quiet = options.background === true;
  const ran = await deno(["test", "-A", ...flags, ...files], { env, quiet, idle: quiet });
  if (quiet) console.error(ran.output);
  const tally = readTally(ran.output) ?? { passed: 0, failed: 1, skipped: 0 };
  if (ran.code !== 0 && tally.failed === 0) tally.failed = 1;
  console.error(
    `== ${group.name}: ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped in ${
      ran.seconds.toFixed(1)
    } s`,
  );
  return tally;
}
