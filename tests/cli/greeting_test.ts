import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { greeting } from "../../cli/greeting.ts";

Deno.test("greeting() shows what the README shows", async () => {
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const text = greeting("http://127.0.0.1:9090", "a simulated cluster of 12 brokers");
  assertStringIncludes(readme, `\`\`\`\n${text}\`\`\``);
});

Deno.test("greeting() names an address that commands do not ask by themselves", () => {
  const lines = greeting("http://127.0.0.1:9191", "kafka-1:9092").split("\n").slice(2, -1);
  assert(lines.every((line) => line.includes(" --url http://127.0.0.1:9191")), lines.join("\n"));
  assertEquals(new Set(lines.slice(0, 3).map((line) => line.search(/ {6}\w/))).size, 1);
});
