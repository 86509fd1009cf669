/** Two runs give one plan: Cruise Control's depend on time and on the order of hash tables. */
import { assert, assertEquals } from "@std/assert";

const OPERATIONS = 13;

/** A line an operation: its name, how many proposals, and the hash of the plan. */
async function run(): Promise<string[]> {
  const module = new URL("./every_operation.ts", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", module],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n");
}

Deno.test("makePlan() gives the same bytes in a fresh process, for every operation", async () => {
  const [first, second] = await Promise.all([run(), run()]);
  assertEquals(first, second);
  assertEquals(first.length, OPERATIONS);
  for (const line of first) assert(Number(/ (\d+) \w+$/.exec(line)?.[1]) > 0, `${line}: no plan`);
});
