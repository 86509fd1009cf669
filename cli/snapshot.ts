/**
 * `evenkeel snapshot`: writes what a cluster looks like and how loaded it is to a file, to plan for offline: measured
 * here, or as a running Evenkeel knows it.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Gateway } from "../cluster/gateway.ts";
import type { Config } from "../config/table.ts";
import { fail, ok, type Result } from "../lib/failure.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import { writeSnapshotFile } from "../model/snapshot_write.ts";
import { anonymize } from "./anonymize.ts";
import { type ClusterFlags, configOf, kafkaDeps } from "./cluster_access.ts";
import { EXIT } from "./exit_codes.ts";
import { interruptible } from "./interrupt.ts";
import { type Io, printJson, reportFailure } from "./io.ts";
import { servedInput } from "./snapshot_served.ts";
import { sizeText } from "./units.ts";
import { progressView } from "./progress.ts";
import { measureCluster, type Measured } from "./snapshot_measure.ts";
import { configOption, setOption } from "./configuration_options.ts";
import { outputProblem } from "./output_files.ts";
import { goalNamesOf } from "./values.ts";

/** Rates are means over three pairs, a quarter of a minute in all. */
const DEFAULT_POLLS = 4;
const DEFAULT_INTERVAL_MS = 5000;

/** What the command was told. */
interface SnapshotFlags extends ClusterFlags {
  readonly url?: string;
  readonly goals?: readonly string[];
  readonly logDirs: boolean;
  readonly output: string;
  readonly polls: number;
  readonly interval: number;
  readonly windows: boolean;
  readonly anonymize: boolean;
  readonly json: boolean;
}

/** What the file is made of. */
interface Taken {
  readonly input: ClusterInput;
  /** Partitions that are left out as they have no leader; undefined where Evenkeel does not tell. */
  readonly leaderless: number | undefined;
}

/** What the command needs; tests open another gateway. */
export interface SnapshotDeps {
  readonly io: Io;
  finish(code: number): void;
  /** Opens the way to the cluster; the real one when absent. */
  readonly open?: ((config: Config) => Gateway) | undefined;
}

function atLeast(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= 1e9) return value;
    throw new InvalidArgumentError(`must be a whole number >= ${minimum}, got "${text}"`);
  };
}

async function openKafka(config: Config, io: Io): Promise<Gateway> {
  // Only here, so that other commands do not load the Kafka client.
  const { createKafkaGateway } = await import("../cluster/kafka/mod.ts");
  return createKafkaGateway(kafkaDeps(config, io, "snapshot"));
}

async function runSnapshot(flags: SnapshotFlags, deps: SnapshotDeps): Promise<number> {
  const { io } = deps;
  const taken = await takeInput(flags, deps);
  if (!taken.ok) return reportFailure(io, taken.failure);
  const { input } = taken.value;
  const shown = flags.anonymize ? anonymize(input) : input;
  const written = await interruptible((signal) =>
    writeSnapshotFile(flags.output, shown, { signal })
  );
  if (!written.ok) return reportFailure(io, written.failure);
  report(flags, taken.value, io);
  return EXIT.done;
}

/** From the cluster or from an Evenkeel, once it is sure that it can be written. */
async function takeInput(flags: SnapshotFlags, deps: SnapshotDeps): Promise<Result<Taken>> {
  const { io } = deps;
  const { url, goals, windows, logDirs } = flags;
  // Not after a day of polls.
  const output = { flag: "--output", path: flags.output, what: "snapshot" };
  const writable = await outputProblem([output]);
  if (!writable.ok) return writable;
  if (url !== undefined) {
    const input = await servedInput({ url, goals, windows, logDirs }, io);
    return input.ok ? ok({ input: input.value, leaderless: undefined }) : input;
  }
  if (goals !== undefined || logDirs) {
    const flag = goals !== undefined ? "--goals" : "--log-dirs";
    const why = "a snapshot that is measured here is for all goals, with the log dirs there are";
    return fail("invalid_argument", `Cannot use ${flag} without --url: ${why}`);
  }
  const measured = await measuredInput(flags, deps);
  if (!measured.ok) return measured;
  for (const warning of measured.value.warnings) io.err(`${warning}\n`);
  return measured;
}

async function measuredInput(
  flags: SnapshotFlags,
  { io, open }: SnapshotDeps,
): Promise<Result<Measured>> {
  const config = await configOf(flags, io);
  if (!config.ok) return config;
  const gateway = open?.(config.value) ?? await openKafka(config.value, io);
  const view = progressView(io, "measuring");
  try {
    return await measureCluster({
      gateway,
      config: config.value,
      clock: io.clock,
      polls: flags.polls,
      intervalMs: flags.interval,
      withWindows: flags.windows,
      onPoll: (done, partitions) =>
        view.update(done / flags.polls, `poll ${done} of ${flags.polls}, ${partitions} partitions`),
    });
  } finally {
    view.stop();
    await gateway.close();
  }
}

function report(flags: SnapshotFlags, { input, leaderless }: Taken, io: Io): void {
  const summary = {
    output: flags.output,
    brokers: input.brokers.length,
    topics: input.topicNames.length,
    partitions: input.leaderReplica.length,
    replicas: input.replicaBroker.length,
    leaderlessPartitions: leaderless,
    unknownResources: [...input.unknownResources.values()],
  };
  if (flags.json) return printJson(io, summary);
  for (const reason of summary.unknownResources) io.err(`${reason}\n`);
  if (leaderless !== undefined && leaderless > 0) {
    io.err(`${leaderless} partitions have no leader and are left out\n`);
  }
  if (input.brokers.some((broker) => broker.capacityEstimated)) {
    io.err("Some capacities are estimated; set capacity.config.file for better ones\n");
  }
  io.out(
    `Wrote ${summary.output}: ${sizeText(summary)}\n`,
  );
}

/** Adds the command. */
export function registerSnapshot(program: Command, deps: SnapshotDeps): void {
  program.command("snapshot")
    .description(
      "Write a snapshot of a cluster and its load, measured by a few polls or as a running Evenkeel knows it",
    )
    .requiredOption("--output <file>", "file to write, packed when it ends in .gz")
    .option("--bootstrap <brokers>", "brokers of the cluster, HOST:PORT,...")
    .addOption(
      new Option("--url <url>", "where Evenkeel runs whose model is wanted, as for its plans")
        .conflicts(["bootstrap", "config", "set", "polls", "interval"]),
    )
    .option("--goals <names>", "with --url: goals that plans are to be made for", goalNamesOf)
    .option("--log-dirs", "with --url: which replica is in which log dir, too", false)
    .addOption(configOption())
    .addOption(setOption())
    .option("--polls <count>", "polls; rates are means between them", atLeast(2), DEFAULT_POLLS)
    .option("--interval <ms>", "from poll to poll", atLeast(500), DEFAULT_INTERVAL_MS)
    .option("--windows", "keep the load of each window, for optimize --over", false)
    .option("--anonymize", "replace the names of hosts, racks, log dirs and topics", false)
    .option("--json", "print the summary as JSON", false)
    .addHelpText(
      "after",
      "\nExamples:\n  evenkeel snapshot --bootstrap kafka-1:9092 --output cluster.json.gz\n" +
        "  evenkeel snapshot --config cruisecontrol.properties --anonymize --output for_others.json\n" +
        "  evenkeel snapshot --url http://balancer:9090 --output seen.json.gz\n" +
        "  evenkeel snapshot --bootstrap kafka-1:9092 --polls 25 --interval 3600000 --windows --output day.json.gz\n",
    )
    .action(async (flags: SnapshotFlags) => deps.finish(await runSnapshot(flags, deps)));
}
