/**
 * `deno task compile [--output FILE] [--target TRIPLE]`: the single binary, with every worker, the migrations and the
 * native addon of SQLite inside. Writes `target/evenkeel` unless told otherwise.
 *
 * @module
 */
import { binaryContents, TARGETS } from "./binary_contents.ts";
import { deno, TOP, v8FlagsOf } from "./run.ts";

/** How to make the binary. */
export interface CompileOptions {
  /** File to write, from the top of the repository or absolute. */
  readonly output: string;
  /** One of `TARGETS`; this machine's when absent. */
  readonly target?: string;
  /** Leaves out the type check, which takes longer than all the rest. */
  readonly unchecked?: boolean;
  /** Variables on top of our own for `deno compile`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps what `deno compile` prints from the terminal. */
  readonly quiet?: boolean;
}

/** How it went. */
export interface Compiled {
  /** 0, or what went wrong and what to do as `problem`. */
  readonly code: number;
  /** The embedded tree with sizes, as `deno compile` prints it. */
  readonly output: string;
  readonly problem?: string;
}

/** Makes the binary. */
export async function compileBinary(options: CompileOptions): Promise<Compiled> {
  const target = options.target ?? Deno.build.target;
  const stub = options.env?.DENORT_BIN ?? Deno.env.get("DENORT_BIN");
  if (stub !== undefined && !isFile(stub)) {
    const problem = `Cannot compile: DENORT_BIN must name a file, got ${stub}`;
    return { code: 2, output: "", problem };
  }
  const { excluded } = await binaryContents(target);
  const ran = await deno([
    ...[
      "compile",
      ...v8FlagsOf("start"),
      "--allow-all",
      "--output",
      options.output,
      "--target",
      target,
    ],
    ...(options.unchecked ? ["--no-check"] : []),
    // What nobody loads makes the binary three times as large, and a list of 100,000 numbers among the tests of a
    // package overflows the stack of `deno compile` 2.9, which reads every file without an ending as a script.
    ...excluded.flatMap((path) => ["--exclude", path]),
    "main.ts",
  ], { quiet: options.quiet ?? false, env: { ...options.env } });
  if (ran.code === 0) return { code: 0, output: ran.output };
  return { code: 1, output: ran.output, problem: problemOf(ran.output, target) };
}

/** What to do about a failed `deno compile`, from what it printed. */
export function problemOf(output: string, target: string): string {
  const archive = /\S*\/(denort-\S+\.zip)/.exec(output)?.[1];
  if (archive === undefined) return `Cannot compile for ${target}: see the message above`;
  return `Cannot compile for ${target}: the run-time stub, denort of Deno ${Deno.version.deno}, is not on this machine and cannot be fetched.
Either run this once with access to Deno's releases, or fetch ${archive} of release v${Deno.version.deno}
elsewhere, unpack it, and say where it is: DENORT_BIN=/path/to/denort deno task compile`;
}

/** Whether the made binary is our program. It is not when DENORT_BIN names a `deno`, which ignores what is embedded. */
export async function runsEvenkeel(binary: string): Promise<boolean> {
  const { stdout } = await new Deno.Command(binary, { args: ["--help"], stderr: "null" }).output();
  return /^Usage: evenkeel/m.test(new TextDecoder().decode(stdout));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function optionsOf(args: readonly string[]): CompileOptions | string {
  const options = { output: "target/evenkeel", target: Deno.build.target as string };
  for (let i = 0; i < args.length; i += 2) {
    const [name, value] = [args[i], args[i + 1]];
    if (value === undefined || (name !== "--output" && name !== "--target")) {
      return `Cannot compile: options are --output FILE and --target TRIPLE, got ${name}`;
    }
    options[name === "--output" ? "output" : "target"] = value;
  }
  if (TARGETS.includes(options.target)) return options;
  return `Cannot compile for ${options.target}: targets are ${TARGETS.join(", ")}`;
}

async function main(): Promise<number> {
  const options = optionsOf(Deno.args);
  if (typeof options === "string") {
    console.error(options);
    return 2;
  }
  const { code, problem } = await compileBinary(options);
  if (problem !== undefined) console.error(`\n${problem}`);
  if (code !== 0 || options.target !== Deno.build.target) return code;
  const path = options.output.startsWith("/") ? options.output : TOP + options.output;
  if (await runsEvenkeel(path)) console.log(`Made ${options.output}; try: ${options.output} start`);
  else {
    console.error(
      `Made ${options.output}, which holds everything but does not run: DENORT_BIN names a deno, it must name a denort`,
    );
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main());
