/**
 * What the summary of a plan says beside its totals: scores, statistics, the size of the cluster, what is left, and the
 * curve of gain by bytes.
 *
 * @module
 */
import {
  type ClaimedFigures,
  objectOf,
  objectsOf,
  type PlanClaims,
} from "../../model/plan_claims.ts";
import type { Found } from "./found.ts";
import type { VerifiedGoal } from "./goal_check.ts";
import { isSame } from "./rounding.ts";
import { spreadsOf } from "./statistics.ts";

/** All goals met. */
const SCORE_MAX = 100;

const WAYS = ["avg", "max", "min", "std"] as const;
type When = "Before" | "After";
const WHEN: readonly When[] = ["Before", "After"];

/** Sentences on what the summary says that is not so. */
export function summaryProblems(claims: PlanClaims, found: Found): string[] {
  const { summary } = claims;
  if (summary === undefined) return [];
  const standing = standingOf(claims, found);
  return [
    ...listProblems(claims, found),
    ...scoreProblems(summary, standing),
    ...WHEN.flatMap((when) => statisticsProblems(summary, when, found)),
    ...provisionProblems(claims, found),
    ...leftProblems(summary, found),
    ...(standing === undefined ? [] : cheaperProblems(claims, found, standing)),
  ];
}

/** Score and goals met, as the plan counts its goals. */
interface Standing {
  readonly score: Readonly<Record<When, number>>;
  readonly met: Readonly<Record<When, number>>;
}

/** Weight of each goal of the plan, the more the earlier it is; they add up to 100. Undefined where one was not checked. */
export function weightsOf({ goals: claimed = [] }: PlanClaims, found: Found) {
  const { priorityWeight, strictnessWeight } = found.constraint;
  const goals = claimed.map((goal) => found.goals.get(String(goal["name"])));
  if (goals.length === 0 || !goals.every((goal) => goal !== undefined)) return undefined;
  const raw = goals.map(({ hard }, i) =>
    priorityWeight ** (goals.length - 1 - i) * (hard ? strictnessWeight : 1)
  );
  const all = raw.reduce((sum, weight) => sum + weight, 0);
  return goals.map((goal, i) => ({ goal, weight: SCORE_MAX * raw[i]! / all }));
}

/** Score and number of goals that are met. */
export function scoreOf(
  weights: NonNullable<ReturnType<typeof weightsOf>>,
  isOut: (goal: VerifiedGoal) => boolean,
): { score: number; met: number } {
  const lost = weights.reduce((sum, { goal, weight }) => isOut(goal) ? sum + weight : sum, 0);
  const met = weights.filter(({ goal }) => !isOut(goal)).length;
  return { score: Math.max(0, SCORE_MAX - lost), met };
}

function standingOf(claims: PlanClaims, found: Found): Standing | undefined {
  const weights = weightsOf(claims, found);
  if (weights === undefined) return undefined;
  const before = scoreOf(weights, (goal) => goal.brokersOutBefore.length > 0);
  const after = scoreOf(weights, (goal) => goal.brokersOutAfter.length > 0);
  return {
    score: { Before: before.score, After: after.score },
    met: { Before: before.met, After: after.met },
  };
}

/** Whether the plan speaks of each broker, and of goals as they are. */
function listProblems({ brokers, goals = [] }: PlanClaims, found: Found): string[] {
  const problems: string[] = [];
  const ids = found.before.brokers.map(({ id }) => id);
  if (brokers !== undefined && brokers.size > 0) {
    const missing = ids.find((id) => !brokers.has(id));
    if (missing !== undefined) problems.push(`the plan says nothing of broker ${missing}`);
    const strange = [...brokers.keys()].find((id) => !ids.includes(id));
    if (strange !== undefined) {
      problems.push(`the plan speaks of broker ${strange}, which the snapshot does not have`);
    }
  }
  for (const { name, hard } of goals) {
    const goal = found.goals.get(String(name));
    if (goal === undefined || typeof hard !== "boolean" || hard === goal.hard) continue;
    problems.push(
      `the plan says that ${name} is ${hard ? "hard" : "soft"}, but it is ${
        hard ? "soft" : "hard"
      }`,
    );
  }
  return problems;
}

function scoreProblems(summary: ClaimedFigures, standing: Standing | undefined): string[] {
  if (standing === undefined) return [];
  return WHEN.flatMap((when) => {
    const said = summary[`balancedness${when}`];
    const is = standing.score[when];
    if (typeof said !== "number" || isSame(said, is)) return [];
    return [`the plan says that balancedness is ${said} ${when.toLowerCase()}, but it is ${is}`];
  });
}

function statisticsProblems(summary: ClaimedFigures, when: When, found: Found): string[] {
  const claimed = objectOf(summary[`statistics${when}`]);
  if (claimed === undefined) return [];
  const tally = when === "Before" ? found.before : found.after;
  const replicas = tally.placed.reduce((sum, placed) => sum + placed.replicas.length, 0);
  const counts = { brokers: tally.brokers.length, replicas, topics: found.topicNames.length };
  const problems = Object.entries(counts).flatMap(([name, is]) =>
    claimed[name] === undefined || claimed[name] === is
      ? []
      : [`the plan counts ${claimed[name]} ${name} ${when.toLowerCase()}, but there are ${is}`]
  );
  for (const [name, spread] of Object.entries(spreadsOf(tally, found.topicNames))) {
    for (const way of WAYS) {
      const said = objectOf(claimed[way])?.[name];
      if (typeof said !== "number" || isSame(said, spread[way], spread.max)) continue;
      problems.push(
        `the plan says that ${way} of ${name} is ${said} ${when.toLowerCase()}, but it is ${
          spread[way]
        }`,
      );
    }
  }
  return problems;
}

/** A cluster is too small where a hard goal is left that no budget cut off; only too small and too large ones are told what to do. */
function provisionProblems(claims: PlanClaims, found: Found): string[] {
  const provision = objectOf(claims.summary?.["provision"]);
  if (provision === undefined) return [];
  const { status, recommendations } = provision;
  const told: readonly unknown[] = Array.isArray(recommendations) ? recommendations : [];
  const problems: string[] = [];
  const wantsAny = status === "UNDER_PROVISIONED" || status === "OVER_PROVISIONED";
  if (!wantsAny && status !== "RIGHT_SIZED" && status !== "UNDECIDED") {
    problems.push(`the plan says that the cluster is ${status}, which is no provision status`);
  } else if (wantsAny !== told.length > 0) {
    problems.push(
      `the plan says that the cluster is ${status}, with ${told.length} recommendations`,
    );
  }
  for (const text of told) {
    const goal = /^\[([^\]]*)\] /.exec(String(text))?.[1];
    if (goal !== undefined && claims.violatedAfter.has(goal)) continue;
    problems.push(`the plan recommends "${text}", for a goal that it was not made for`);
  }
  const missed = hardGoalsLeft(claims, found);
  const isWrong = claims.leftOut === 0
    ? status !== "UNDER_PROVISIONED"
    : status === "OVER_PROVISIONED";
  if (missed.length > 0 && isWrong) {
    problems.push(
      `the plan says that the cluster is ${status}, but ${missed[0]!.name} is violated`,
    );
  }
  return problems;
}

function hardGoalsLeft({ violatedAfter }: PlanClaims, { goals }: Found): VerifiedGoal[] {
  return [...goals.values()].filter(({ name, hard, bestEffort, off, brokersOutAfter }) =>
    hard && !bestEffort && off === undefined && brokersOutAfter.length > 0 &&
    violatedAfter.has(name)
  );
}

/** Goals that a plan says it leaves must be violated; settings that would help are those of now, and would be wider. */
function leftProblems(summary: ClaimedFigures, { goals }: Found): string[] {
  const isMet = (name: string) => goals.get(name)?.brokersOutAfter.length === 0;
  const wider = objectOf(summary["wider"]);
  const enough = objectOf(summary["enough"]);
  const lists = [wider?.["goals"], wider?.["without"], enough?.["without"]];
  const named = [
    ...objectsOf(summary["unmet"]).map((unmet) => String(unmet["goal"])),
    ...lists.flatMap((list) => Array.isArray(list) ? list.map(String) : []),
  ];
  const problems = [...new Set(named)].filter(isMet).map((name) =>
    `the plan says that it leaves ${name}, but it is met`
  );
  for (const { key, now, value, atLeast } of objectsOf(wider?.["settings"])) {
    const isWider = typeof now === "number" && typeof value === "number" && value > now;
    if (isWider && (typeof atLeast !== "number" || (atLeast <= value && atLeast >= now))) continue;
    problems.push(`the plan says that ${key} must be ${value}, at least ${atLeast}, of ${now} now`);
  }
  const brokers = objectsOf(enough?.["brokers"])
    .reduce((sum, { count }) => sum + (typeof count === "number" ? count : NaN), 0);
  if (enough !== undefined && !(brokers >= Number(enough["atLeast"]))) {
    problems.push(
      `the plan says that ${brokers} brokers are enough, and that any plan needs ${
        enough["atLeast"]
      }`,
    );
  }
  return problems;
}

/** Plans for fewer goals leave goals that the whole plan meets, and are cheaper. */
function cheaperProblems(
  claims: PlanClaims,
  found: Found,
  { met }: Standing,
): string[] {
  const { summary = {} } = claims;
  const weights = weightsOf(claims, found);
  return objectsOf(summary["cheaper"]).flatMap(({ without, mb, balancedness, goalsMet }, i) => {
    const left = Array.isArray(without) ? without.map(String) : [];
    const where = `cheaper plan ${i} of the plan`;
    const wrong = left.find((name) => found.goals.get(name)?.brokersOutAfter.length !== 0);
    if (wrong !== undefined) return [`${where} is without ${wrong}, which this one does not meet`];
    if (Number(mb) > found.mbToMove && !isSame(Number(mb), found.mbToMove)) {
      return [`${where} moves ${mb} MB, this one ${found.mbToMove} MB`];
    }
    if (weights === undefined || met.After < weights.length) return [];
    const is = scoreOf(weights, ({ name }) => left.includes(name));
    if (isSame(Number(balancedness), is.score) && goalsMet === is.met) return [];
    return [
      `${where} is said to meet ${goalsMet} goals, balancedness ${balancedness}, but it meets ` +
      `${is.met}, ${is.score}`,
    ];
  });
}
