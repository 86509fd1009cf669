/**
 * `evenkeel snapshot`: writes what a cluster looks like and how loaded it is to a file, to plan for offline.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import type { Gateway } from "../cluster/gateway.ts";
import type { Config } from "../config/table.ts";
import type { Result } from "../lib/failure.ts";
import { writeSnapshotFile } from "../model/snapshot_write.ts";
import { anonymize } from "./anonymize.ts";
import { type ClusterFlags, configOf, kafkaDeps } from "./cluster_access.ts";
import { EXIT } from "./exit_codes.ts";
import { interruptible } from "./interrupt.ts";
import { type Io, printJson, reportFailure } from "./io.ts";
import { sizeText } from "./units.ts";
import { progressView } from "./progress.ts";
import { measureCluster, type Measured } from "./snapshot_measure.ts";
import { configOption, setOption } from "./configuration_options.ts";
import { outputProblem } from "./output_files.ts";

/** Rates are means over three pairs, a quarter of a minute in all. */
const DEFAULT_POLLS = 4;
const DEFAULT_INTERVAL_MS = 5000;

/** What the command was told. */
interface SnapshotFlags extends ClusterFlags {
  readonly output: string;
  readonly polls: number;
  readonly interval: number;
  readonly windows: boolean;
  readonly anonymize: boolean;
  readonly json: boolean;
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
  const config = await configOf(flags, io);
  if (!config.ok) return reportFailure(io, config.failure);
  // Not after a day of polls.
  const output = { flag: "--output", path: flags.output, what: "snapshot" };
  const writable = await outputProblem([output]);
  if (!writable.ok) return reportFailure(io, writable.failure);
  const gateway = deps.open?.(config.value) ?? await openKafka(config.value, io);
  const view = progressView(io, "measuring");
  let measured: Result<Measured>;
  try {
    measured = await measureCluster({
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
  if (!measured.ok) return reportFailure(io, measured.failure);
  for (const warning of measured.value.warnings) io.err(`${warning}\n`);
  const { input } = measured.value;
  const shown = flags.anonymize ? anonymize(input) : input;
  const written = await interruptible((signal) =>
    writeSnapshotFile(flags.output, shown, { signal })
  );
  if (!written.ok) return reportFailure(io, written.failure);
  report(flags, measured.value, io);
  return EXIT.done;
}

function report(flags: SnapshotFlags, measured: Measured, io: Io): void {
  const { input, leaderless } = measured;
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
  if (leaderless > 0) io.err(`${leaderless} partitions have no leader and are left out\n`);
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
    .description("Write a snapshot of a cluster and its load, measured by a few polls")
    .requiredOption("--output <file>", "file to write, packed when it ends in .gz")
    .option("--bootstrap <brokers>", "brokers of the cluster, HOST:PORT,...")
    .addOption(configOption())
    .addOption(setOption())
    .option("--polls <count>", "polls; rates are means between them", atLeast(2), DEFAULT_POLLS)
    .option("--interval <ms>", "from poll to poll", atLeast(500), DEFAULT_INTERVAL_MS)
    .option("--windows", "keep the load between each two polls, for optimize --over", false)
    .option("--anonymize", "replace the names of hosts, racks, log dirs and topics", false)
    .option("--json", "print the summary as JSON", false)
    .addHelpText(
      "after",
      "\nExamples:\n  evenkeel snapshot --bootstrap kafka-1:9092 --output cluster.json.gz\n" +
        "  evenkeel snapshot --config cruisecontrol.properties --anonymize --output for_others.json\n" +
        "  evenkeel snapshot --bootstrap kafka-1:9092 --polls 25 --interval 3600000 --windows --output day.json.gz\n",
    )
    .action(async (flags: SnapshotFlags) => deps.finish(await runSnapshot(flags, deps)));
}
