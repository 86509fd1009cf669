/**
 * The repository's checks besides tests, each a function that returns what it found wrong.
 *
 * @module
 */
import type { Key } from "../config/key.ts";
import { KEYS } from "../config/table.ts";
import { circles } from "./circles.ts";
import { configurationPage } from "./configuration_page.ts";
import { migrationPage } from "./migration_page.ts";
import { deno, filesBelow, SOURCE_FOLDERS, TOP } from "./run.ts";

/** A named check; an empty list means that all is well. */
export interface Check {
  readonly name: string;
  run(): Promise<string[]>;
}

/** A file may not be longer than this; splitting earlier is better. */
const FILE_LINES_MAX = 600;

async function denoCheck(args: readonly string[]): Promise<string[]> {
  const ran = await deno(args, { quiet: true });
  return ran.code === 0 ? [] : [ran.output];
}

/**
 * `deno doc --lint` without its demand that every member of an interface has a comment of its own: members that
 * need one have one, and "the name" above `name` teaches nobody.
 */
async function docLint(): Promise<string[]> {
  const files = filesBelow(SOURCE_FOLDERS, ".ts");
  const ran = await deno(["doc", "--lint", ...files], { quiet: true });
  if (ran.code === 0) return [];
  return ran.output.split(/\n(?=error\[)/).filter((block) => block.startsWith("error["))
    .filter((block) =>
      !isUncommentedMember(block) && !isForeignType(block) && !isInferredType(block)
    );
}

/** What the type checker infers need not be written out: this is a program, not a package for others to compile against. */
function isInferredType(block: string): boolean {
  return /^error\[missing-(?:explicit|return)-type\]/.test(block);
}

/** A type of a package: exported where it is declared, private only in deno's eyes. */
function isForeignType(block: string): boolean {
  return block.startsWith("error[private-type-ref]") &&
    /^ *\d+ \| export (?:class|interface|type|declare)/m.test(block.split("= hint")[1] ?? "");
}

function isUncommentedMember(block: string): boolean {
  if (!block.startsWith("error[missing-jsdoc]")) return false;
  const shown = /^ *\d+ \| (.*)$/m.exec(block);
  return shown !== null && !/^export /.test(shown[1]!);
}

function fileLengths(): Promise<string[]> {
  const problems: string[] = [];
  for (const file of filesBelow([...SOURCE_FOLDERS, "tests", "tools", "bench"], ".ts")) {
    const lines = Deno.readTextFileSync(TOP + file).split("\n").length - 1;
    if (lines > FILE_LINES_MAX) {
      problems.push(`${file} has ${lines} lines, allowed ${FILE_LINES_MAX}`);
    }
  }
  return Promise.resolve(problems);
}

function importCircles(): Promise<string[]> {
  const files = [...filesBelow(SOURCE_FOLDERS, ".ts"), "main.ts"];
  return Promise.resolve(
    circles(new Map(files.map((file) => [file, Deno.readTextFileSync(TOP + file)]))),
  );
}

function stalePages(): Promise<string[]> {
  const pages = [["configuration", configurationPage], ["migrating", migrationPage]] as const;
  return Promise.resolve(
    pages.filter(([name, page]) => page() !== Deno.readTextFileSync(`${TOP}docs/${name}.md`)).map((
      [name],
    ) => `docs/${name}.md is stale: run deno run -A tools/pages.ts`),
  );
}

function missingReaders(): Promise<string[]> {
  return Promise.resolve(readersThatDoNotRead());
}

/** Keys that cluster/kafka/security.ts reads as a store's name and `.location` or `.type`. */
const READ_BY_PREFIX = /^ssl\.(?:truststore|keystore)\.(?:location|type)$/;

/** Keys whose named reader does not mention them. */
export function readersThatDoNotRead(): string[] {
  const problems: string[] = [];
  for (const [name, key] of Object.entries(declaredKeys())) {
    let text = "";
    try {
      text = Deno.readTextFileSync(TOP + key.reader);
    } catch {
      problems.push(`${name}: reader ${key.reader} does not exist`);
      continue;
    }
    if (!text.includes(`"${name}"`) && !READ_BY_PREFIX.test(name)) {
      problems.push(`${name}: ${key.reader} does not read it`);
    }
  }
  return problems;
}

function declaredKeys(): Record<string, Key> {
  return KEYS as Record<string, Key>;
}

/** All checks, cheapest first. */
export const CHECKS: readonly Check[] = [
  { name: "format", run: () => denoCheck(["fmt", "--check"]) },
  { name: "lint", run: () => denoCheck(["lint"]) },
  { name: "types", run: () => denoCheck(["check", "."]) },
  { name: "docstrings", run: docLint },
  { name: "file lengths", run: fileLengths },
  { name: "circles of imports", run: importCircles },
  { name: "generated pages", run: stalePages },
  { name: "readers of configuration keys", run: missingReaders },
];

/** Runs all checks and prints a line each. Returns how many passed and failed. */
export async function runChecks(): Promise<{ passed: number; failed: number }> {
  let passed = 0;
  let failed = 0;
  for (const check of CHECKS) {
    const problems = await check.run();
    console.error(`${problems.length === 0 ? "ok  " : "FAIL"}  ${check.name}`);
    for (const problem of problems) console.error(problem);
    if (problems.length === 0) passed++;
    else failed++;
  }
  return { passed, failed };
}
