/// <reference lib="deno.unstable" />
import { assertEquals, assertStringIncludes } from "@std/assert";
import plugin, { importProblem } from "../../tools/lint_plugin.ts";

function lint(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, file, source).map((d) => `${d.id}: ${d.message}`);
}

function top(path: string): string {
  return decodeURIComponent(new URL(`../../${path}`, import.meta.url).pathname);
}

Deno.test("lint plugin rejects an import against the table", () => {
  const found = lint(top("model/x.ts"), `import { open } from "../store/open.ts";\nopen();`);
  assertEquals(found.length, 1);
  assertStringIncludes(found[0]!, "evenkeel/import-table: model may not import store/open.ts");
});

Deno.test("lint plugin rejects a dynamic import and a re-export against the table", () => {
  assertEquals(lint(top("lib/x.ts"), `await import("../model/topology.ts");`).length, 1);
  assertEquals(lint(top("goals/x.ts"), `export * from "../planner/plan.ts";`).length, 1);
});

Deno.test("lint plugin rejects one actor importing another", () => {
  const found = lint(top("actors/server/x.ts"), `import "../executor/actor.ts";`);
  assertEquals(found.length, 1);
});

Deno.test("lint plugin lets actors see the port and nothing behind it", () => {
  assertEquals(importProblem("actors/sampler/actor.ts", "../../cluster/gateway.ts"), undefined);
  assertStringIncludes(
    importProblem("actors/sampler/actor.ts", "../../cluster/kafka/mod.ts")!,
    "may not import",
  );
});

Deno.test("lint plugin keeps what verifies plans apart from what makes them, both ways", () => {
  const problem = importProblem("planner/verify/left.ts", "../search/state.ts");
  assertStringIncludes(problem!, "planner/verify may not import planner/search/state.ts");
  assertStringIncludes(importProblem("planner/plan.ts", "./verify/tally.ts")!, "may not import");
  assertEquals(importProblem("cli/verify.ts", "../planner/verify/verify.ts"), undefined);
});

Deno.test("lint plugin keeps packages with their owners", () => {
  assertStringIncludes(
    importProblem("actors/sampler/actor.ts", "kafkajs")!,
    "belongs to cluster/kafka",
  );
  assertStringIncludes(importProblem("cli/load.ts", "better-sqlite3")!, "belongs to store");
  assertEquals(importProblem("store/open.ts", "better-sqlite3"), undefined);
});

Deno.test("lint plugin rejects wall clock and randomness outside their files", () => {
  const source = `Date.now(); performance.now(); new Date(); setTimeout(() => {}, 1);
Math.random(); crypto.randomUUID(); new Date(5);`;
  assertEquals(lint(top("planner/x.ts"), source).length, 6);
  assertEquals(lint(top("lib/clock.ts"), source).length, 0);
});

Deno.test("lint plugin rejects the client's replacing alterConfigs", () => {
  assertEquals(lint(top("cluster/kafka/x.ts"), `await admin.alterConfigs({});`).length, 1);
});
