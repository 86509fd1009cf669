/**
 * The goal lists of the configuration, checked against each other, and the check of a request's goals.
 * Rules as in Cruise Control (analyzer configuration, "goals", "default.goals", "hard.goals", ...).
 *
 * @module
 */
import { fail, ok, type Result } from "../lib/failure.ts";
import { nearest } from "../lib/nearest.ts";

/** The settings that {@link goalListsOf} reads. */
export interface GoalListSource {
  readonly "goals": readonly string[];
  readonly "intra.broker.goals": readonly string[];
  readonly "default.goals": readonly string[];
  readonly "hard.goals": readonly string[];
  readonly "self.healing.goals": readonly string[];
  readonly "anomaly.detection.goals": readonly string[];
}

/** Simple goal names, most important first. */
export interface GoalLists {
  readonly supported: readonly string[];
  /** Those of the supported goals that are about the log dirs of single brokers. */
  readonly intraBroker: readonly string[];
  readonly defaults: readonly string[];
  readonly hard: readonly string[];
  /** Never empty: the defaults when the configuration names none. */
  readonly selfHealing: readonly string[];
  readonly anomalyDetection: readonly string[];
}

/** The last part of a class name: `a.b.RackAwareGoal` -> `RackAwareGoal`. */
export function simpleGoalName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/**
 * The lists of the configuration.
 *
 * @param known every goal that the program has
 * @returns `invalid_argument` with all problems when a list is empty, names an unknown goal, or misses what it must contain.
 */
export function goalListsOf(
  settings: GoalListSource,
  known: readonly string[],
): Result<GoalLists> {
  const between = settings["goals"].map(simpleGoalName);
  const intraBroker = settings["intra.broker.goals"].map(simpleGoalName);
  const lists = {
    supported: [...between, ...intraBroker],
    intraBroker,
    defaults: settings["default.goals"].map(simpleGoalName),
    hard: settings["hard.goals"].map(simpleGoalName),
    selfHealing: settings["self.healing.goals"].map(simpleGoalName),
    anomalyDetection: settings["anomaly.detection.goals"].map(simpleGoalName),
  };
  const problems = [
    ...emptyProblem("goals", between),
    ...emptyProblem("intra.broker.goals", intraBroker),
    ...emptyProblem("default.goals", lists.defaults),
    ...unknownProblems("goals", between, known),
    ...unknownProblems("intra.broker.goals", intraBroker, known),
    ...unknownProblems("anomaly.detection.goals", lists.anomalyDetection, known),
    // Names are unique over both lists, so that they have no goal in common.
    ...repeatedProblems("goals and intra.broker.goals", lists.supported),
    ...subsetProblems("default.goals", lists.defaults, "goals", lists.supported),
    ...subsetProblems("hard.goals", lists.hard, "default.goals", lists.defaults),
    ...subsetProblems("self.healing.goals", lists.selfHealing, "default.goals", lists.defaults),
  ];
  if (lists.selfHealing.length > 0) {
    problems.push(
      ...subsetProblems("hard.goals", lists.hard, "self.healing.goals", lists.selfHealing),
    );
  }
  if (problems.length > 0) {
    return fail("invalid_argument", problems[0]!, { details: problems.slice(1) });
  }
  return ok({
    ...lists,
    selfHealing: lists.selfHealing.length > 0 ? lists.selfHealing : lists.defaults,
  });
}

/**
 * The goals of a request: the defaults when it names none, else its own in supported spelling.
 *
 * @returns `invalid_argument` when a goal is not supported, or a hard goal is missing and the check is not skipped.
 */
export function requestedGoals(
  lists: GoalLists,
  names: readonly string[],
  options: { skipHardGoalCheck?: boolean } = {},
): Result<readonly string[]> {
  if (names.length === 0) return ok(lists.defaults);
  const goals: string[] = [];
  for (const name of names) {
    const simple = simpleGoalName(name).toLowerCase();
    const goal = lists.supported.find((candidate) => candidate.toLowerCase() === simple);
    if (goal === undefined) {
      const near = nearest(name, lists.supported);
      const hint = near === undefined ? "" : `, did you mean ${near}?`;
      return fail(
        "invalid_argument",
        `Cannot plan for goal ${name}: must be one of ${lists.supported.join(", ")}${hint}`,
      );
    }
    if (!goals.includes(goal)) goals.push(goal);
  }
  // Electing preferred leaders alone moves no replica, so that it can break no hard goal about replicas.
  if (goals.join() === "PreferredLeaderElectionGoal") return ok(goals);
  const missing = lists.hard.filter((goal) => !goals.includes(goal));
  if (missing.length > 0 && options.skipHardGoalCheck !== true) {
    return fail(
      "invalid_argument",
      `Cannot plan for ${goals.join(", ")}: hard goals ${missing.join(", ")} are missing; ` +
        "add them, or skip the hard goal check",
    );
  }
  return ok(goals);
}

function emptyProblem(key: string, list: readonly string[]): string[] {
  return list.length > 0 ? [] : [`Cannot use ${key}: must name at least one goal`];
}

function unknownProblems(
  key: string,
  list: readonly string[],
  known: readonly string[],
): string[] {
  return list.filter((name) => !known.includes(name)).map((name) => {
    const near = nearest(name, known);
    const hint = near === undefined ? "" : `, did you mean ${near}?`;
    return `Cannot use ${key} with ${name}: must be one of ${known.join(", ")}${hint}`;
  });
}

function repeatedProblems(key: string, list: readonly string[]): string[] {
  const lower = list.map((name) => name.toLowerCase());
  return list.filter((_, i) => lower.indexOf(lower[i]!) !== i).map((name) =>
    `Cannot use ${key} with ${name} twice: names must differ, apart from case`
  );
}

function subsetProblems(
  key: string,
  list: readonly string[],
  otherKey: string,
  other: readonly string[],
): string[] {
  return list.filter((name) => !other.includes(name)).map((name) =>
    `Cannot use ${key} with ${name}: must be in ${otherKey} as well`
  );
}
