/** Replicas of dead brokers where limits of hosts, or in windows of time, keep them from every broker as it is. */
import { assert, assertEquals } from "@std/assert";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import { parsePlan, planText } from "../../../model/plan_file.ts";
import { makePlan } from "../../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../../planner/settings.ts";
import { verifyPlan } from "../../../planner/verify/verify.ts";
import { constraintWith, HARD_GOALS, type Load } from "../clusters.ts";
import { planted } from "../stranded/planted.ts";

const constraint = constraintWith();

function assertHealed(input: ClusterInput, options: Partial<PlannerSettings> = {}) {
  const made = makePlan(
    input,
    plannerSettings(HARD_GOALS, constraint, { unmetHardGoals: "report", ...options }),
  );
  assert(made.ok);
  assertEquals(made.value.summary.unmet, undefined);
  const read = parsePlan([...planText(made.value, { wallMs: 0, cpuMs: 0 })].join(""));
  assert(read.ok);
  const found = verifyPlan(input, read.value, { goals: HARD_GOALS, constraint, ...options });
  assertEquals(found.problems, []);
}

function clusterOf(seed: number): ClusterInput {
  const brokers = 3 + seed % 4;
  const shape = { brokers, racks: 3, partitions: 5 * brokers, factor: 2, slack: 0.02 };
  return planted(seed, shape).input;
}

Deno.test("makePlan() relieves hosts for what is offline and fits on none of them as it is", () => {
  for (const seed of [0, 5]) {
    const input = clusterOf(seed);
    const brokers = input.brokers.map((b, i) => i < 2 ? { ...b, host: "shared" } : b);
    assertHealed({ ...input, brokers });
  }
});

Deno.test("makePlan() relieves brokers at their peaks for what is offline and fits on none of them as it is", () => {
  for (const seed of [8, 16]) assertHealed(withPeaks(clusterOf(seed)), { over: "each" });
});

/** Three windows: each partition has its peak in one of them, a fifth above limits of now in all. */
function withPeaks(input: ClusterInput): ClusterInput {
  const count = 3;
  const partitions = input.partitionNumber.length;
  const loads = new Float64Array(partitions * count * 4);
  for (let i = 0; i < loads.length; i++) {
    const [p, window, resource] = [Math.floor(i / 12), Math.floor(i / 4) % count, i % 4];
    const part = resource === 3 ? 1 : p % count === window ? 1.4 : 0.8;
    loads[i] = input.leaderLoad[p * 4 + resource]! * part;
  }
  const brokers = input.brokers.map((broker) => ({
    ...broker,
    capacity: broker.capacity.map((amount) => amount * 1.2) as unknown as Load,
  }));
  return { ...input, brokers, windows: { count, loads } };
}
