import { assert, assertEquals } from "@std/assert";
import { TOP } from "../../tools/run.ts";

/** What the binary holds besides `main.ts` and what that one imports. */
const INCLUDED: readonly string[] = JSON.parse(Deno.readTextFileSync(`${TOP}deno.json`))
  .compile.include;
/** `main.ts` names it by a text that Deno does not look into. */
const PROGRAM = "./cli/program.ts";

Deno.test("compile.include lists every worker entry: nothing imports them, so the binary would lack them", () => {
  const entries = [...Deno.readDirSync(`${TOP}workers`)]
    .map((entry) => entry.name)
    .filter((name) => name.endsWith("_worker.ts") && name !== "actor_worker.ts")
    .map((name) => `./workers/${name}`);
  assertEquals([...INCLUDED].sort(), [PROGRAM, ...entries].sort());
});

Deno.test("Every entry is named by import.meta.url in workers/, which also holds inside the binary", () => {
  const sources = ["system.ts", "sim_thread.ts"].map((file) =>
    Deno.readTextFileSync(`${TOP}workers/${file}`)
  ).join("");
  const named = [...sources.matchAll(/new URL\("\.\/(\w+_worker\.ts)", import\.meta\.url\)/g)];
  assertEquals(
    named.map((match) => `./workers/${match[1]}`).sort(),
    INCLUDED.filter((path) => path !== PROGRAM).sort(),
  );
  assert(Deno.readTextFileSync(`${TOP}main.ts`).includes(`new URL("${PROGRAM}", import.meta.url)`));
});
