/**
 * Commands for the operations beside `rebalance`: each shows its plan and, with `--execute`, carries it out.
 *
 * @module
 */
import type { Command } from "commander";
import type { NamedLogDir } from "../planner/operations/remove_disks.ts";
import { type BudgetOptions, budgetQuery, withBudgetOptions } from "./budget.ts";
import type { Query } from "./client.ts";
import {
  executeOperation,
  type ExecuteOptions,
  planOperation,
  withExecuteOptions,
} from "./execute.ts";
import { overOption, overQuery } from "./over.ts";
import { MOVES_SHOWN } from "./plan.ts";
import { type RunClient, withClientOptions } from "./remote.ts";
import { brokerIdsOf, factorFrom, logDirsFrom, logDirText, patternOf } from "./values.ts";

type Options = ExecuteOptions & BudgetOptions & {
  readonly over?: string;
  readonly excludeTopics?: string;
  readonly destinations?: readonly number[];
  readonly topics?: string;
  readonly logDirs?: readonly NamedLogDir[];
  readonly skipRackCheck?: boolean;
  readonly unthrottled?: boolean;
  readonly withFollowers?: boolean;
  readonly withUnderReplicated?: boolean;
};

/** One command. */
interface Operation {
  /** Name and argument. */
  readonly usage: string;
  readonly endpoint: string;
  readonly description: string;
  /** Checks the argument and gives it as the server reads it. */
  readonly argument?: {
    readonly name: string;
    readonly description: string;
    readonly parse: (text: string) => unknown;
  };
  readonly options?: (command: Command) => Command;
  readonly query: (argument: unknown, options: Options) => Query;
  readonly examples: readonly string[];
}

const BROKERS = {
  name: "<brokers>",
  description: "broker ids, separated by commas",
  parse: brokerIdsOf,
};

const OPERATIONS: readonly Operation[] = [
  {
    usage: "add-broker",
    endpoint: "add_broker",
    description: "Move replicas onto brokers that are new",
    argument: BROKERS,
    options: (command) =>
      withBudgetOptions(withExcludedTopics(command))
        .addOption(overOption("the windows of load"))
        .option("--unthrottled", "do not limit how many moves a new broker takes at once", false),
    query: (ids, options) => ({
      brokerid: ids as number[],
      excluded_topics: options.excludeTopics,
      throttle_added_broker: options.unthrottled === true ? false : undefined,
      ...overQuery(options.over),
      ...budgetQuery(options),
    }),
    examples: ["add-broker 7", "add-broker 7,8 --execute --throttle 50M --watch"],
  },
  {
    usage: "remove-broker",
    endpoint: "remove_broker",
    description: "Move everything off brokers that are to go",
    argument: BROKERS,
    options: (command) =>
      withExcludedTopics(command)
        .option("--destinations <ids>", "only these brokers may receive replicas", brokerIdsOf)
        .addOption(overOption("the windows of load"))
        .option(
          "--unthrottled",
          "do not limit how many moves a removed broker gives at once",
          false,
        ),
    query: (ids, options) => ({
      brokerid: ids as number[],
      excluded_topics: options.excludeTopics,
      destination_broker_ids: options.destinations,
      throttle_removed_broker: options.unthrottled === true ? false : undefined,
      ...overQuery(options.over),
    }),
    examples: ["remove-broker 3", "remove-broker 3 --execute --reason 'end of lease' --watch"],
  },
  {
    usage: "demote",
    endpoint: "demote_broker",
    description: "Take leadership off brokers, or off single log dirs",
    argument: { ...BROKERS, name: "[brokers]" },
    options: (command) =>
      command
        .option("--log-dirs <list>", "log dirs to demote: 0-/data/a,3-/data/b", logDirsFrom)
        .option("--with-followers", "put their followers last in the replica lists, too", false)
        .option("--with-under-replicated", "also where replicas are not in sync", false),
    query: (ids, options) => ({
      brokerid: ids as number[] | undefined,
      brokerid_and_logdirs: options.logDirs?.map(logDirText),
      exclude_follower_demotion: options.withFollowers === true ? false : undefined,
      skip_urp_demotion: options.withUnderReplicated === true ? false : undefined,
    }),
    examples: [
      "demote 3",
      "demote 3 --execute --watch",
      "demote --log-dirs 0-/data/a,3-/data/b --execute",
    ],
  },
  {
    usage: "fix-offline",
    endpoint: "fix_offline_replicas",
    description: "Move replicas off dead brokers and failed log dirs",
    options: withExcludedTopics,
    query: (_, options) => ({ excluded_topics: options.excludeTopics }),
    examples: ["fix-offline", "fix-offline --execute --watch"],
  },
  {
    usage: "replication-factor",
    endpoint: "topic_configuration",
    description: "Change how many replicas topics have",
    argument: {
      name: "<factor>",
      description: "replicas of each partition, 1 or more",
      parse: factorFrom,
    },
    options: (command) =>
      command
        .requiredOption("--topics <pattern>", "regular expression of whole topic names", patternOf)
        .option("--skip-rack-check", "allow more replicas than there are racks", false),
    query: (factor, options) => ({
      topic: options.topics,
      replication_factor: factor as number,
      skip_rack_awareness_check: options.skipRackCheck === true ? true : undefined,
    }),
    examples: [
      "replication-factor 3 --topics orders",
      "replication-factor 2 --topics 'test[.].*' --execute --watch",
    ],
  },
  {
    usage: "remove-disks",
    endpoint: "remove_disks",
    description: "Move everything off log dirs to the others of the same brokers",
    argument: {
      name: "<log-dirs>",
      description: "log dirs with their broker, like 0-/data/a,3-/data/b",
      parse: logDirsFrom,
    },
    query: (dirs) => ({
      brokerid_and_logdirs: (dirs as NamedLogDir[]).map(logDirText),
    }),
    examples: ["remove-disks 0-/data/a", "remove-disks 0-/data/a --execute --watch"],
  },
];

function withExcludedTopics(command: Command): Command {
  return command.option(
    "--exclude-topics <pattern>",
    "regular expression of topics that stay where they are",
    patternOf,
  );
}

/** Adds the commands. */
export function registerOperations(program: Command, run: RunClient): void {
  for (const operation of OPERATIONS) register(program, run, operation);
}

function register(program: Command, run: RunClient, operation: Operation): void {
  const { usage, argument, endpoint } = operation;
  const command = withExecuteOptions(withClientOptions(program.command(usage)))
    .option("--all", `show every move, not only the first ${MOVES_SHOWN}`, false)
    .description(`${operation.description}; nothing is executed without --execute`)
    .addHelpText(
      "after",
      `\nExamples:\n${operation.examples.map((line) => `  evenkeel ${line}\n`).join("")}`,
    );
  operation.options?.(command);
  const workOn = (given: unknown) =>
    run<Options>((client, io, options) => {
      const asked = { endpoint, query: operation.query(given, options), options };
      return options.execute
        ? executeOperation(client, io, asked)
        : planOperation(client, io, asked);
    });
  if (argument === undefined) command.action((options: Options) => workOn(undefined)(options));
  else {
    command.argument(argument.name, argument.description, argument.parse)
      .action((given: unknown, options: Options) => workOn(given)(options));
  }
}
