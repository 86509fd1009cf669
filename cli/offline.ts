/**
 * What the commands share that work on files, without a cluster or a running Evenkeel.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";
import { parseConfig } from "../config/parse.ts";
import { parseProperties } from "../config/properties.ts";
import type { Config } from "../config/table.ts";
import { ALL_GOAL_NAMES } from "../goals/catalog.ts";
import { parseBrokerSets } from "../goals/broker_sets.ts";
import { type BalancingConstraint, constraintOf } from "../goals/constraint.ts";
import { type GoalLists, goalListsOf } from "../goals/goal_lists.ts";
import { fail, failureFrom, ok, type Result } from "../lib/failure.ts";
import type { NamedLogDir } from "../planner/operations/remove_disks.ts";
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

/** The broker sets of a file, as a part of the constraint; nothing when no file is named. */
export async function readBrokerSets(
  path: string | undefined,
): Promise<Result<Pick<BalancingConstraint, "brokerSets">>> {
  if (path === undefined) return ok({});
  const action = `Cannot read broker sets ${path}`;
  try {
    const sets = parseBrokerSets(await Deno.readTextFile(path));
    if (sets.ok) return ok({ brokerSets: sets.value });
    return fail("invalid_file", `${action}: ${sets.failure.message}`);
  } catch (error) {
    return { ok: false, failure: failureFrom(error, action, { code: "invalid_file" }) };
  }
}

/** Flags that only some operations read, with these. */
const READ_BY: readonly (readonly [keyof OperationFlags, string, readonly string[]])[] = [
  ["brokers", "--brokers", ["add_broker", "remove_broker", "demote_broker"]],
  ["logDirs", "--log-dirs", ["remove_disks", "demote_broker"]],
  ["topics", "--topics", ["topic_replication_factor"]],
  ["replicationFactor", "--replication-factor", ["topic_replication_factor"]],
  ["skipRackCheck", "--skip-rack-check", ["topic_replication_factor"]],
  [
    "destinations",
    "--destinations",
    [
      "rebalance",
      "add_broker",
      "remove_broker",
      "fix_offline_replicas",
      "topic_replication_factor",
    ],
  ],
];

/** What a request says besides its operation; undefined or false = nothing. */
export interface OperationFlags {
  readonly brokers?: readonly number[];
  readonly logDirs?: readonly NamedLogDir[];
  readonly topics?: string;
  readonly replicationFactor?: number;
  readonly skipRackCheck?: boolean;
  readonly destinations?: readonly number[];
}

/** Fails where a flag is given that the operation would overlook: perhaps another one was meant. */
export function operationProblem(given: OperationFlags & { operation: string }): Result<void> {
  const { operation } = given;
  for (const [member, flag, operations] of READ_BY) {
    const value = given[member];
    if (value === undefined || value === false || operations.includes(operation)) continue;
    const wanted = operations.length === 1
      ? `wanted ${operations[0]}`
      : `wanted one of ${operations.join(", ")}`;
    return fail(
      "invalid_argument",
      `Cannot use ${flag} with --operation ${operation}: ${wanted}`,
    );
  }
  return ok(undefined);
}

/** Names separated by commas. */
export function namesOf(text: string): readonly string[] {
  return text.split(",").map((item) => item.trim()).filter((item) => item !== "");
}

/** Broker ids separated by commas; for commander, which shows the error. */
export function brokerIdsOf(text: string): readonly number[] {
  const ids = namesOf(text);
  const bad = ids.find((id) => !/^\d+$/.test(id));
  if (bad !== undefined || ids.length === 0) {
    throw new InvalidArgumentError(
      `must be broker ids separated by commas, got ${JSON.stringify(bad ?? text)}`,
    );
  }
  return ids.map(Number);
}

/** `<broker id>-<path>` separated by commas, split at the first dash; for commander, which shows the error. */
export function logDirsFrom(text: string): readonly NamedLogDir[] {
  return namesOf(text).map((item) => {
    const [, id, path] = /^(\d+)-(.+)$/.exec(item) ?? [];
    if (id === undefined || path === undefined) {
      throw new InvalidArgumentError(
        `must be like 0-/data/a,3-/data/b, got ${JSON.stringify(item)}`,
      );
    }
    return { brokerId: Number(id), path };
  });
}

/** A log dir as {@link logDirsFrom} and the server read it. */
export function logDirText({ brokerId, path }: NamedLogDir): string {
  return `${brokerId}-${path}`;
}

/** A number >= 0; for commander, which shows the error. */
export function amountOf(text: string): number {
  const amount = text.trim() === "" ? NaN : Number(text);
  if (!(amount >= 0 && amount < Infinity)) {
    throw new InvalidArgumentError(`must be a number >= 0, got ${JSON.stringify(text)}`);
  }
  return amount;
}

/** A whole number >= 1; for commander, which shows the error. */
export function factorFrom(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) {
    throw new InvalidArgumentError(`must be an integer >= 1, got ${JSON.stringify(text)}`);
  }
  return Number(text);
}

/** A whole number >= 0; for commander, which shows the error. */
export function seedOf(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > 2 ** 32 - 1) {
    throw new InvalidArgumentError(`must be an integer from 0 to ${2 ** 32 - 1}, got ${text}`);
  }
  return seed;
}
