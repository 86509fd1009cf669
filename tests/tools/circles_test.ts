import { assertEquals } from "@std/assert";
import { circles } from "../../tools/circles.ts";

Deno.test("circles() finds files that import each other, types included", () => {
  const found = circles(
    new Map([
      ["model/a.ts", 'import type { B } from "./b.ts";\nimport { c } from "../lib/c.ts";\n'],
      ["model/b.ts", 'import {\n  type A,\n  a,\n} from "./a.ts";\n'],
      ["lib/c.ts", "export const c = 1;\n"],
    ]),
  );
  assertEquals(found, ["model/a.ts -> model/b.ts -> model/a.ts"]);
});

Deno.test("circles() finds folders that import each other where no files do", () => {
  const found = circles(
    new Map([
      ["planner/way/order.ts", 'import { state } from "../search/state.ts";\n'],
      ["planner/search/reasons.ts", 'export { rows } from "../way/rows.ts";\n'],
    ]),
  );
  assertEquals(found, ["planner/way -> planner/search -> planner/way"]);
});

Deno.test("circles() has nothing against a file that stands above and one that stands below a folder beside it", () => {
  const found = circles(
    new Map([
      ["planner/plan.ts", 'import { state } from "./search/state.ts";\n'],
      ["planner/search/state.ts", 'import { saying } from "../steps.ts";\n'],
      ["planner/steps.ts", 'import { ok } from "npm:ok";\n'],
    ]),
  );
  assertEquals(found, []);
});
