/**
 * The single binary. Its run-time stub is not on every machine; a `deno` in its place makes a file that holds the same
 * tree but does not run it. So the tree is checked as it is printed, and run from a copy of exactly its files.
 */
import { assert, assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
import { COMMAND_MODULES } from "../../cli/commands.ts";
import { binaryContents, binaryEntries } from "../../tools/binary_contents.ts";
import { compileBinary, problemOf, runsEvenkeel } from "../../tools/compile.ts";
import { filesBelow, TOP } from "../../tools/run.ts";
import { startEvenkeel } from "../system/evenkeel.ts";

/** Rules that give the tree's folders as they are printed: `name/*` is a folder whose files are not listed. */
function readTree(output: string): string[] {
  const paths: string[] = [];
  const folders: string[] = [];
  for (const line of output.split("\n")) {
    const match = /^((?:[│ ] )*)[├└]──? ?(?:┬ )?(.+)$/.exec(line.replace("─┬ ", "── "));
    if (match === null) continue;
    const depth = match[1]!.length / 2;
    const name = match[2]!.replace(/ \([^()]*\)$/, "").replace(/ --> .*/, "");
    folders.splice(depth, folders.length, name.replace(/\/\*$/, ""));
    paths.push([...folders.slice(0, depth), name].join("/"));
  }
  return paths;
}

/** "Files: 10.13MB" in bytes. */
function embeddedBytes(output: string): number {
  return Number(/^Files: ([\d.]+)MB$/m.exec(output)?.[1]) * 1e6;
}

Deno.test("compileBinary() embeds every worker, the migrations and one native addon, and nothing of the tests", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const output = `${directory}/evenkeel`;
    const made = await compileBinary({
      output,
      unchecked: true,
      quiet: true,
      env: { DENORT_BIN: Deno.execPath() },
    });
    assertEquals(made.code, 0, made.output);
    const tree = readTree(made.output);
    const has = (path: string) =>
      tree.some((entry) =>
        entry === path || (entry.endsWith("/*") && path.startsWith(entry.slice(0, -1)))
      );
    const workers = filesBelow(["workers"], "_worker.ts").filter((path) =>
      !path.endsWith("/actor_worker.ts")
    );
    assertGreater(workers.length, 7);
    for (const path of ["main.ts", ...workers, ...filesBelow(["store/migrations"], ".ts")]) {
      assert(has(path), `${path} is not embedded:\n${made.output}`);
    }
    const contents = await binaryContents(Deno.build.target);
    assert(has(contents.addon), contents.addon);
    const addons = tree.filter((path) => path.endsWith(".node"));
    assertEquals(addons, [contents.addon]);
    const top = new Set(tree.map((path) => path.split("/")[0]!));
    for (const name of ["tests", "bench", "tools", "docs", "packaging", "target", ".git"]) {
      assert(!top.has(name), `${name} is embedded`);
    }
    const junk = tree.filter((path) =>
      /fast-check|highs|\.d\.[cm]?ts$|\.map$|(?<!\/LICENSE)\.md$|\.[ch]p?p?$/.test(path)
    );
    assertEquals(junk, []);
    // 10.1 MB when this was written: 2.3 MB addon, 3.2 MB other packages, 1.9 MB ours with as much again for source maps.
    assertGreater(embeddedBytes(made.output), 6e6);
    assertLess(embeddedBytes(made.output), 14e6);
    const stubBytes = (await Deno.stat(Deno.execPath())).size;
    const bytes = (await Deno.stat(output)).size;
    console.log(
      `embedded ${embeddedBytes(made.output) / 1e6} MB, binary without stub ${
        ((bytes - stubBytes) / 1e6).toFixed(1)
      } MB`,
    );
    assertEquals(await runsEvenkeel(output), false, "a deno in place of the stub is told apart");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("binaryContents() is enough to run: Evenkeel starts from a copy of only its files", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await copyContents(directory);
    const evenkeel = await startEvenkeel({
      dataDir: `${directory}/data`,
      shell: `cd ${directory}`,
    });
    try {
      const state = await evenkeel.get("state");
      assert("MonitorState" in state, JSON.stringify(state));
      const health = await fetch(`${evenkeel.url}/healthz`);
      const text = await health.text();
      assertEquals(health.status, 200, text);
      // The store was opened by the copied addon, its tables made by the copied migrations.
      assert((await Deno.stat(`${directory}/data/simulated/state.db`)).size > 0);
    } finally {
      assertEquals(await evenkeel.stop("SIGTERM"), 0, evenkeel.log());
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

async function copyContents(directory: string): Promise<void> {
  const { modules, packageFiles } = await binaryContents(Deno.build.target);
  const folders = new Set<string>();
  for (const path of [...modules, ...packageFiles]) {
    const folder = `${directory}/${path}`.replace(/\/[^/]*$/, "");
    if (!folders.has(folder)) await Deno.mkdir(folder, { recursive: true });
    folders.add(folder);
    await Deno.copyFile(TOP + path, `${directory}/${path}`);
  }
  await copyLinks("node_modules", directory);
  const { imports } = JSON.parse(await Deno.readTextFile(`${TOP}deno.json`));
  const settings = { nodeModulesDir: "manual", lock: false, imports };
  await Deno.writeTextFile(`${directory}/deno.json`, JSON.stringify(settings));
}

async function copyLinks(folder: string, directory: string): Promise<void> {
  for await (const entry of Deno.readDir(TOP + folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isSymlink) {
      await Deno.mkdir(`${directory}/${folder}`, { recursive: true });
      await Deno.symlink(await Deno.readLink(TOP + path), `${directory}/${path}`);
    } else if (entry.isDirectory) await copyLinks(path, directory);
  }
}

Deno.test("binaryEntries() lists every file that a thread begins with, and every command", () => {
  const begun = filesBelow(["workers"], ".ts").flatMap((file) => {
    const text = Deno.readTextFileSync(TOP + file);
    return [...text.matchAll(/new URL\("\.\/(\w+\.ts)", import\.meta\.url\)/g)].map((m) =>
      `workers/${m[1]}`
    );
  });
  assertGreater(begun.length, 7);
  const commands = COMMAND_MODULES.map(({ path }) => path.replace("./", "cli/"));
  assertEquals(binaryEntries().sort(), ["main.ts", ...commands, ...begun].sort());
});

Deno.test("problemOf() says what to do without the run-time stub", () => {
  const printed = `error: Writing deno compile executable to temporary file

Caused by:
    0: Setting up base binary.
    1: error sending request for url (https://example.org/release/v2.9.6/denort-x86_64-unknown-linux-gnu.zip): client error`;
  const problem = problemOf(printed, "x86_64-unknown-linux-gnu");
  assertMatch(problem, /fetch denort-x86_64-unknown-linux-gnu\.zip of release v/);
  assertMatch(problem, /DENORT_BIN=\/path\/to\/denort deno task compile/);
  assert(
    !problemOf("error: Type checking failed.", "x86_64-unknown-linux-gnu").includes("DENORT_BIN"),
  );
});

Deno.test("compileBinary() refuses a DENORT_BIN that is no file, and a target that nobody knows", async () => {
  const missing = await compileBinary({ output: "x", env: { DENORT_BIN: "/nowhere/denort" } });
  assertEquals([missing.code, missing.problem], [
    2,
    "Cannot compile: DENORT_BIN must name a file, got /nowhere/denort",
  ]);
  const ran = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "tools/compile.ts", "--target", "sparc"],
    cwd: TOP,
    stdout: "null",
    stderr: "piped",
  }).output();
  assertEquals(ran.code, 2);
  assertMatch(
    new TextDecoder().decode(ran.stderr),
    /^Cannot compile for sparc: targets are x86_64-/,
  );
});
