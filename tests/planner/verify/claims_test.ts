/** `verifyPlan()` against plan files of which one figure is changed: whatever they say is added up anew. */
import { assert, assertEquals } from "@std/assert";
import { syntheticCluster } from "../../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import { parsePlan, planText } from "../../../model/plan_file.ts";
import { makePlan } from "../../../planner/plan.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { verifyPlan } from "../../../planner/verify/verify.ts";
import { constraintWith } from "../clusters.ts";

const INPUT = syntheticCluster({
  brokers: 5,
  replicas: 100,
  topics: 3,
  racks: 5,
  replicationFactor: 2,
  seed: 3,
  distribution: "exponential",
});
const constraint = constraintWith();
/** Proposals whose figures are changed. */
const PROPOSALS_MAX = 8;

type Path = readonly string[];
type Leaf = readonly [path: Path, value: unknown];

function fileOf(): unknown {
  const made = makePlan(INPUT, plannerSettings(GOAL_NAMES, constraint, { budget: {} }));
  assert(made.ok, made.ok ? "" : made.failure.message);
  return JSON.parse([...planText(made.value, { wallMs: 0, cpuMs: 0 })].join(""));
}

function problemsOf(file: unknown): readonly string[] {
  const read = parsePlan(JSON.stringify(file));
  if (!read.ok) return [read.failure.message];
  return verifyPlan(INPUT, read.value, { goals: GOAL_NAMES, constraint }).problems;
}

function leavesOf(node: unknown, path: Path = []): Leaf[] {
  if (node === null) return [];
  if (typeof node !== "object") return [[path, node]];
  return Object.entries(node).flatMap(([key, value]) => leavesOf(value, [...path, key]));
}

/** The file with another value there. */
function changed(file: unknown, path: Path, value: unknown): unknown {
  const copy = structuredClone(file);
  let at = copy as Record<string, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[path.at(-1)!] = value;
  return copy;
}

function another(value: unknown): unknown {
  if (typeof value === "number") return value + Math.max(1, Math.abs(value) / 100);
  return typeof value === "boolean" ? !value : `${value}x`;
}

/**
 * What plans say that cannot be added up, or where more is as true: sentences for people, what a run took, bounds
 * below what the plan moves, and what plans cost that are not in the file. How many brokers are out says nothing of racks, which
 * are a question of partitions.
 */
const FREE = [
  "summary.wallMs",
  "summary.cpuMs",
  "summary.steps",
  "summary.seed",
  "summary.lowerBoundMb",
  "summary.goals.#.lowerBoundMb",
  "summary.goals.#.unit",
  "summary.goals.0.brokersOutBefore",
  "summary.goals.0.brokersOutAfter",
  "summary.goals.0.amountBefore",
  "summary.goals.0.amountAfter",
  "summary.cheaper.#.mb",
  "summary.cheaper.#.moves",
];

function isFree(path: Path): boolean {
  if (path.at(-1) === "why" || path.at(-1) === "explanation") return true;
  if (path[0] === "proposals" && Number(path[1]) >= PROPOSALS_MAX) return true;
  const every = path.map((key) => /^\d+$/.test(key) ? "#" : key).join(".");
  return FREE.includes(every) || FREE.includes(path.join("."));
}

Deno.test("verifyPlan() sees each figure of a plan that is another than it should be", () => {
  const file = fileOf();
  assertEquals(problemsOf(file), []);
  const leaves = leavesOf(file).filter(([path]) => !isFree(path));
  assert(leaves.length > 500, `${leaves.length} figures`);
  const missed = leaves.filter(([path, value]) =>
    problemsOf(changed(file, path, another(value))).length === 0
  );
  assertEquals(missed, []);
});

function claimsChanged(path: Path, value: unknown): string {
  return problemsOf(changed(fileOf(), path, value)).join("\n");
}

const SAID: readonly (readonly [path: string, value: unknown, told: RegExp])[] = [
  [
    "summary.leadershipMoves",
    900,
    /^the plan says that it changes 900 leaders alone, but it changes \d+$/,
  ],
  ["summary.intraBrokerReplicaMoves", 4, /it moves 4 replicas to other log dirs, but it moves 0$/],
  ["summary.balancednessAfter", 12, /^the plan says that balancedness is 12 after, but it is \d+/],
  [
    "summary.statisticsBefore.std.disk",
    1,
    /^the plan says that std of disk is 1 before, but it is /,
  ],
  [
    "summary.goals.9.amountBefore",
    1e7,
    /^the plan says that \w+ is 10000000 off before, but it is /,
  ],
  [
    "brokers.2.limits.DiskCapacityGoal.1",
    5,
    /^the plan says that DiskCapacityGoal allows broker 2 0 to 5, but/,
  ],
  [
    "summary.provision.status",
    "OVER_PROVISIONED",
    /^the plan says that the cluster is OVER_PROVISIONED, with 0 rec/,
  ],
  [
    "summary.curve.1.goalsMet",
    0,
    /^the plan has no step of .* 0 goals met, which point 1 of its curve tells$/,
  ],
  [
    "proposals.0.reasons.0.goal",
    "RackGoal",
    /^T\d-\d+ names RackGoal as a reason, which the plan was not made for$/,
  ],
  [
    "proposals.0.reasons.0.figures.2",
    1e6,
    /^T\d-\d+ says of its move from \d to \d that \w+ is 1000000 to before, but it is /,
  ],
  [
    "proposals.0.reasons",
    [],
    /^T\d-\d+ (goes to broker \d|is led by broker \d afterwards) without a reason/,
  ],
  [
    "summary.unmet",
    [{ goal: "RackAwareGoal" }],
    /^the plan says that it leaves RackAwareGoal, but it is met$/,
  ],
];

for (const [path, value, told] of SAID) {
  Deno.test(`verifyPlan() names ${path} that is not so`, () => {
    const text = claimsChanged(path.split("."), value);
    assert(text.split("\n").some((line) => told.test(line)), text);
  });
}
