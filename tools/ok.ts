/** `deno task ok`: everything that is fast enough to run before each commit. */
import { runChecks } from "./checks.ts";
import { GROUPS, runGroup } from "./tests.ts";

const checks = await runChecks();
const unit = await runGroup(GROUPS[0]!);
console.log(`${checks.passed + unit.passed} passed, ${checks.failed + unit.failed} failed`);
Deno.exit(checks.failed + unit.failed === 0 ? 0 : 1);
