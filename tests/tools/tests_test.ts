import { assertEquals } from "@std/assert";
import { readTally } from "../../tools/tests.ts";

Deno.test("readTally() reads the closing line with and without steps and ignored tests", () => {
  assertEquals(readTally("x\nok | 12 passed | 0 failed (1s)\n"), {
    passed: 12,
    failed: 0,
    skipped: 0,
  });
  assertEquals(readTally("FAILED | 3 passed (2 steps) | 1 failed | 4 ignored (1s)\n"), {
    passed: 3,
    failed: 1,
    skipped: 4,
  });
});

Deno.test("readTally() knows when a run has no closing line", () => {
  assertEquals(readTally("error: Uncaught"), undefined);
});
