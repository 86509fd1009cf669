import { assertEquals } from "@std/assert";
import { COMMAND_MODULES } from "../../cli/commands.ts";
import { TOP } from "../../tools/run.ts";

/** What the binary holds besides `main.ts` and what that one imports. */
const INCLUDED: readonly string[] = JSON.parse(Deno.readTextFileSync(`${TOP}deno.json`))
  .compile.include;
/** Named by a text that Deno does not look into. */
const COMMANDS = COMMAND_MODULES.map(({ path }) => path.replace("./", "./cli/"));

Deno.test("compile.include lists every command and worker entry: nothing imports them, so the binary would lack them", () => {
  const entries = [...Deno.readDirSync(`${TOP}workers`)]
    .map((entry) => entry.name)
    .filter((name) => name.endsWith("_worker.ts") && name !== "actor_worker.ts")
    .map((name) => `./workers/${name}`);
  assertEquals([...INCLUDED].sort(), [...COMMANDS, ...entries].sort());
});

Deno.test("Every worker entry is named by import.meta.url in workers/, which also holds inside the binary", () => {
  const sources = ["system.ts", "sim_thread.ts"].map((file) =>
    Deno.readTextFileSync(`${TOP}workers/${file}`)
  ).join("");
  const named = [...sources.matchAll(/new URL\("\.\/(\w+_worker\.ts)", import\.meta\.url\)/g)];
  assertEquals(
    named.map((match) => `./workers/${match[1]}`).sort(),
    INCLUDED.filter((path) => !COMMANDS.includes(path)).sort(),
  );
});
