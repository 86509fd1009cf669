/**
 * What commands that may change the cluster have in common: nothing is executed without `--execute`.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { countOf } from "../lib/count_of.ts";
import type { Client, Query } from "./client.ts";
import { EXIT } from "./exit_codes.ts";
import { type Io, printJson, reportFailure } from "./io.ts";
import { askForPlan, planScreen } from "./plan.ts";
import type { ClientOptions } from "./remote.ts";
import type { MadePlan } from "./wire.ts";
import { watchExecution } from "./watch.ts";

/** Options of every such command. */
export interface ExecuteOptions extends ClientOptions {
  readonly execute: boolean;
  readonly watch: boolean;
  readonly all: boolean;
  readonly throttle?: number;
  readonly reason?: string;
  readonly stopOngoing: boolean;
}

/** Adds the options that say whether and how a plan is carried out. */
export function withExecuteOptions(command: Command): Command {
  return command
    .option("--execute", "carry the plan out", false)
    .option("--throttle <bytes>", "replication limit of a broker, bytes/s, e.g. 10M", parseBytes)
    .option("--reason <text>", "why, for the record")
    .option("--stop-ongoing", "stop a running execution first", false)
    .option("--watch", "follow the execution to its end", false);
}

/** Bytes above 0, with K, M or G for powers of 1024. */
export function parseBytes(text: string): number {
  const [, digits, unit = ""] = /^(\d+)([KMG]?)$/i.exec(text.trim()) ?? [];
  const power = { "": 0, K: 1, M: 2, G: 3 }[unit.toUpperCase()]!;
  const bytes = Number(digits) * 1024 ** power;
  // With 0 nothing would ever arrive.
  if (!(bytes > 0 && bytes <= Number.MAX_SAFE_INTEGER)) {
    throw new InvalidArgumentError("must be bytes per second above 0 like 10000000 or 10M");
  }
  return bytes;
}

/** Plans only, and prints the plan: what the operation would do. */
export async function planOperation(
  client: Client,
  io: Io,
  asked: { endpoint: string; query: Query; options: ExecuteOptions },
): Promise<number> {
  const { endpoint, query, options } = asked;
  const dry = { ...query, dryrun: true };
  const made = await askForPlan(client, io, { method: "POST", endpoint, query: dry });
  if (!made.ok) return reportFailure(io, made.failure);
  if (options.json) printJson(io, made.value);
  else {
    io.out(planScreen(made.value, options) + stillLeading(made.value, asked));
    sayNothingExecuted(io);
  }
  return EXIT.done;
}

/** Which demoted brokers lead partitions all the same: who is to stop them must not take them for idle. */
function stillLeading({ plan }: MadePlan, asked: { endpoint: string; query: Query }): string {
  const ids = asked.endpoint === "demote_broker" ? asked.query["brokerid"] : undefined;
  if (!Array.isArray(ids)) return "";
  const lines = plan.brokers.filter(({ id, after }) => ids.includes(id) && after.leaders > 0)
    .map(({ id, after }) =>
      `Broker ${id} goes on leading ${countOf(after.leaders, "partition")}\n`
    );
  if (lines.length === 0) return "";
  return `\n${lines.join("")}of which no other replica may lead, or some are not in sync ` +
    "(see --with-under-replicated)\n";
}

/** Tells people how to go on. */
export function sayNothingExecuted(io: Io): void {
  io.err("Nothing was executed. Add --execute to carry a plan out.\n");
}

/** Plans and executes; with `--watch` until the execution has ended. */
export async function executeOperation(
  client: Client,
  io: Io,
  asked: { endpoint: string; query: Query; options: ExecuteOptions },
): Promise<number> {
  const { endpoint, query, options } = asked;
  const made = await askForPlan(client, io, {
    method: "POST",
    endpoint,
    query: {
      ...query,
      dryrun: false,
      replication_throttle: options.throttle,
      reason: options.reason,
      stop_ongoing_execution: options.stopOngoing ? true : undefined,
    },
  });
  if (!made.ok) return reportFailure(io, made.failure);
  const isMoving = made.value.plan.proposals.length > 0;
  if (options.json && !(options.watch && isMoving)) printJson(io, made.value);
  if (!options.json) {
    io.out(planScreen(made.value, options) + stillLeading(made.value, asked));
  }
  if (!isMoving) return EXIT.done;
  if (options.watch) return await watchExecution(client, io, options);
  io.err("The execution has started. Follow it with: evenkeel watch\n");
  return EXIT.done;
}
