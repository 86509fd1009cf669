/**
 * What the commands share that work on files, without a cluster or a running Evenkeel.
 *
 * @module
 */
import { parseConfig } from "../config/parse.ts";
import { parseProperties } from "../config/properties.ts";
import type { Config } from "../config/table.ts";
import { ALL_GOAL_NAMES } from "../goals/catalog.ts";
import {
  configuredSets,
  needlessSets,
  parseBrokerSets,
  setsProblem,
} from "../goals/broker_sets.ts";
import { type BalancingConstraint, constraintOf } from "../goals/constraint.ts";
import { type GoalLists, goalListsOf } from "../goals/goal_lists.ts";
import { fail, failureFrom, ok, type Result } from "../lib/failure.ts";
import type { Io } from "./io.ts";

/** The configuration as goals see it. */
export interface OfflineRules {
  readonly config: Config;
  readonly lists: GoalLists;
  readonly constraint: BalancingConstraint;
}

/**
 * Reads and checks the configuration: the file, then `--set` over it. Warnings go to stderr.
 *
 * @returns `invalid_argument` with every problem, `invalid_file` when the file cannot be read.
 */
export async function offlineRules(
  io: Io,
  configFile: string | undefined,
  settings: ReadonlyMap<string, string>,
): Promise<Result<OfflineRules>> {
  let fromFile = new Map<string, string>();
  if (configFile !== undefined) {
    try {
      fromFile = parseProperties(await Deno.readTextFile(configFile));
    } catch (error) {
      const action = `Cannot read configuration ${configFile}`;
      return { ok: false, failure: failureFrom(error, action, { code: "invalid_file" }) };
    }
  }
  const parsed = parseConfig(new Map([...fromFile, ...settings]));
  for (const warning of parsed.warnings) io.err(`${warning.message}\n`);
  if (parsed.config === undefined) {
    const [first, ...rest] = parsed.errors.map((problem) => problem.message);
    return fail("invalid_argument", first!, { details: rest });
  }
  const lists = goalListsOf(parsed.config, ALL_GOAL_NAMES);
  if (!lists.ok) return lists;
  const constraint = constraintOf(parsed.config);
  if (!constraint.ok) return constraint;
  return ok({ config: parsed.config, lists: lists.value, constraint: constraint.value });
}

/**
 * The broker sets of `--broker-sets`, else of the configured file, as a part of the constraint. `invalid_argument`
 * where none of the goals asks for what the option names, or one does and there is no file.
 */
export async function brokerSetsFor(
  path: string | undefined,
  goals: readonly string[],
  config: Config,
): Promise<Result<Pick<BalancingConstraint, "brokerSets">>> {
  if (path === undefined) {
    const sets = configuredSets(config, (file) => Deno.readTextFileSync(file));
    if (!sets.ok) return sets;
    const missing = setsProblem(goals, sets.value, "--broker-sets");
    return missing.ok ? sets : missing;
  }
  const needless = needlessSets(goals, "--broker-sets");
  if (!needless.ok) return needless;
  const action = `Cannot read broker sets ${path}`;
  try {
    const sets = parseBrokerSets(await Deno.readTextFile(path));
    if (sets.ok) return ok({ brokerSets: sets.value });
    return fail("invalid_file", `${action}: ${sets.failure.message}`);
  } catch (error) {
    return { ok: false, failure: failureFrom(error, action, { code: "invalid_file" }) };
  }
}
