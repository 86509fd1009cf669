/** `deno task test [group...]`: all checks and all tests; the last line is `N passed, N failed`. */
import { runChecks } from "./checks.ts";
import { GROUPS, runGroup, type Tally } from "./tests.ts";

const wanted = Deno.args;
const unknown = wanted.filter((name) =>
  name !== "checks" && !GROUPS.some((group) => group.name === name)
);
if (unknown.length > 0) {
  console.error(
    `Cannot run ${unknown.join(", ")}: groups are checks, ${
      GROUPS.map((group) => group.name).join(", ")
    }`,
  );
  Deno.exit(2);
}
const runs = (name: string) => wanted.length === 0 || wanted.includes(name);
const total: Tally = { passed: 0, failed: 0, skipped: 0 };
if (runs("checks")) {
  const checks = await runChecks();
  total.passed += checks.passed;
  total.failed += checks.failed;
}
const add = (tally: Tally) => {
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
};
const wantedGroups = GROUPS.filter((group) => runs(group.name));
// Scenarios only compute, and brokers mostly wait: both at a time. Brokers that start on a machine that others keep
// busy miss their deadlines, so nothing else runs beside them, and the scenarios give way.
const hasBrokers = wantedGroups.some((group) => group.name === "integration");
const beside: Promise<void>[] = [];
for (const group of wantedGroups) {
  if (group.name === "scenario" && hasBrokers) {
    beside.push(runGroup(group, { background: true }).then(add));
  } else add(await runGroup(group));
}
await Promise.all(beside);
const skipped = total.skipped === 0 ? "" : `, ${total.skipped} skipped`;
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
Deno.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
