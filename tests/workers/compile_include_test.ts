import { assertEquals } from "@std/assert";
import { TOP } from "../../tools/run.ts";

Deno.test("compile.include lists every worker entry: nothing imports them, so the binary would lack them", () => {
  const config = JSON.parse(Deno.readTextFileSync(`${TOP}deno.json`));
  const entries = [...Deno.readDirSync(`${TOP}workers`)]
    .map((entry) => entry.name)
    .filter((name) => name.endsWith("_worker.ts") && name !== "actor_worker.ts")
    .map((name) => `./workers/${name}`);
  assertEquals([...config.compile.include].sort(), entries.sort());
});

Deno.test("Every entry is named by import.meta.url in workers/, which also holds inside the binary", () => {
  const sources = ["system.ts", "sim_thread.ts"].map((file) =>
    Deno.readTextFileSync(`${TOP}workers/${file}`)
  ).join("");
  const named = [...sources.matchAll(/new URL\("\.\/(\w+_worker\.ts)", import\.meta\.url\)/g)];
  const config = JSON.parse(Deno.readTextFileSync(`${TOP}deno.json`));
  assertEquals(
    named.map((match) => `./workers/${match[1]}`).sort(),
    [...config.compile.include].sort(),
  );
});
