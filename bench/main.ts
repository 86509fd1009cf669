/**
 * `deno task bench [name...] [--json | --markdown]`: runs the benchmarks of this folder and prints their figures beside the targets.
 * Without names all of them run; a name is a file's without its ending. With `EVENKEEL_FIRST_SEED` those of the planner draw other clusters.
 */
import { TOP } from "../tools/run.ts";
import type { BenchResult } from "./result.ts";

/** Whether the figure meets its target; undefined when it has none. */
export function meets({ value, unit, target }: BenchResult): boolean | undefined {
  if (target === undefined) return undefined;
  return unit.endsWith("/s") ? value >= target : value <= target;
}

async function benchNames(): Promise<string[]> {
  const names: string[] = [];
  for (const entry of Deno.readDirSync(`${TOP}bench`)) {
    if (!entry.name.endsWith(".ts") || entry.name === "main.ts") continue;
    const name = entry.name.slice(0, -3);
    const text = await Deno.readTextFile(`${TOP}bench/${entry.name}`);
    if (/^export (async )?function run\(/m.test(text)) names.push(name);
  }
  return names.sort();
}

type Figure = BenchResult & { readonly bench: string };

function tableOf(results: readonly Figure[]): string[][] {
  return results.map((result) => {
    const { bench, name, value, unit, target } = result;
    const met = meets(result);
    const sign = unit.endsWith("/s") ? ">=" : "<=";
    return [
      bench,
      name,
      `${value.toLocaleString("en", { maximumSignificantDigits: 4 })} ${unit}`,
      target === undefined ? "" : `${sign} ${target.toLocaleString("en")} ${unit}`,
      met === undefined ? "" : met ? "met" : "MISSED",
    ];
  });
}

const HEAD = ["bench", "figure", "measured", "target", ""];

function printTable(results: readonly Figure[]): void {
  const table = [HEAD, ...tableOf(results)];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table) {
    console.log(row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd());
  }
}

/** The page docs/performance.md. */
function printMarkdown(results: readonly Figure[]): void {
  const cpu = /model name\s*: (.*)/.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ??
    "unknown processor";
  const gib = (Deno.systemMemoryInfo().total / 2 ** 30).toFixed(0);
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  console.log([
    "# Performance",
    "",
    "Printed by `deno task bench --markdown`; targets stand beside figures. All inputs are seeded. One run on a shared machine:",
    `${navigator.hardwareConcurrency} cores (${cpu}), ${gib} GiB, Deno ${Deno.version.deno}, ${Deno.build.os}. Absolute times vary from run to run, ratios less.`,
    "",
    line(HEAD),
    line(HEAD.map(() => "---")),
    ...tableOf(results).map(line),
  ].join("\n"));
}

async function main(args: readonly string[]): Promise<number> {
  const known = await benchNames();
  const wanted = args.filter((arg) => arg !== "--json" && arg !== "--markdown");
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`Cannot run ${unknown.join(", ")}: benchmarks are ${known.join(", ")}`);
    return 2;
  }
  const results: (BenchResult & { bench: string })[] = [];
  for (const bench of wanted.length > 0 ? wanted : known) {
    console.error(`running ${bench} ...`);
    const module = await import(new URL(`./${bench}.ts`, import.meta.url).href);
    const figures = await (module.run as () => Promise<BenchResult[]>)();
    results.push(...figures.map((figure) => ({ bench, ...figure })));
  }
  if (args.includes("--json")) console.log(JSON.stringify(results, undefined, 2));
  else if (args.includes("--markdown")) printMarkdown(results);
  else printTable(results);
  return results.every((result) => meets(result) !== false) ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
