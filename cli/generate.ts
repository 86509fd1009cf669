/**
 * `evenkeel generate`: writes a synthetic snapshot to plan for.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { CPU, DISK, NW_IN, NW_OUT, RESOURCE_COUNT } from "../model/metrics.ts";
import {
  BASE_CLUSTER,
  generateCluster,
  type GenerateOptions,
  type ReplicaDistribution,
} from "../model/generate_cluster.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import { writeSnapshotFile } from "../model/snapshot_write.ts";
import { EXIT } from "./exit_codes.ts";
import { interruptible } from "./interrupt.ts";
import { type Io, printJson, reportFailure } from "./io.ts";
import { outputProblem } from "./output_files.ts";
import { sizeText } from "./units.ts";

/** What the command was told. */
interface GenerateFlags {
  readonly brokers: number;
  readonly replicas: number;
  readonly topics?: number;
  readonly racks?: number;
  readonly replicationFactor: number;
  readonly distribution: ReplicaDistribution;
  readonly rackAware: boolean;
  readonly mixedCapacities: boolean;
  readonly reference: boolean;
  readonly utilization: number;
  readonly seed: number;
  readonly output: string;
  readonly json: boolean;
}

/** Topics and racks when the command does not say: as many as fit, at most those of the base cluster. */
const PARTITIONS_PER_TOPIC = 4;

/** Largest count and seed. */
const WHOLE_MAX = 2 ** 31;

function whole(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > WHOLE_MAX) {
    throw new InvalidArgumentError(
      `must be a whole number up to ${WHOLE_MAX}, got ${JSON.stringify(text)}`,
    );
  }
  return value;
}

function fraction(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) {
    throw new InvalidArgumentError(`must be between 0 and 1, got ${JSON.stringify(text)}`);
  }
  return value;
}

function optionsOf(flags: GenerateFlags): GenerateOptions {
  const { brokers, replicas, replicationFactor } = flags;
  const perTopic = PARTITIONS_PER_TOPIC * Math.max(1, replicationFactor);
  const topics = flags.topics ??
    Math.min(BASE_CLUSTER.topics, Math.max(1, Math.floor(replicas / perTopic)));
  return {
    brokers,
    replicas,
    replicationFactor,
    topics,
    racks: flags.racks ?? Math.min(BASE_CLUSTER.racks, brokers),
    rackSizes: flags.reference ? "drawn" : "even",
    distribution: flags.distribution,
    rackAware: flags.rackAware,
    seed: flags.seed,
    loads: flags.reference ? "reference" : "realistic",
    capacities: flags.mixedCapacities ? "mixed" : "equal",
    utilization: flags.utilization,
  };
}

async function runGenerate(flags: GenerateFlags, io: Io): Promise<number> {
  const output = { flag: "--output", path: flags.output, what: "snapshot" };
  const writable = await outputProblem([output]);
  if (!writable.ok) return reportFailure(io, writable.failure);
  const made = generateCluster(optionsOf(flags));
  if (!made.ok) return reportFailure(io, made.failure);
  const written = await interruptible((signal) =>
    writeSnapshotFile(flags.output, made.value, { signal })
  );
  if (!written.ok) return reportFailure(io, written.failure);
  const summary = summaryOf(made.value);
  if (flags.json) printJson(io, { output: flags.output, ...summary });
  else {
    io.out(
      `Wrote ${flags.output}: ${sizeText(summary)}\n`,
    );
  }
  return EXIT.done;
}

interface Summary {
  readonly brokers: number;
  readonly topics: number;
  readonly partitions: number;
  readonly replicas: number;
  /** Of all replicas: cpu percent, KB/s in, KB/s out, MB. */
  readonly totalLoad: { cpu: number; nwIn: number; nwOut: number; disk: number };
}

function summaryOf(input: ClusterInput): Summary {
  const partitions = input.replicaStart.length - 1;
  const sums = [0, 0, 0, 0];
  for (let p = 0; p < partitions; p++) {
    const followers = input.replicaStart[p + 1]! - input.replicaStart[p]! - 1;
    for (let k = 0; k < RESOURCE_COUNT; k++) {
      const row = p * RESOURCE_COUNT + k;
      sums[k]! += input.leaderLoad[row]! + followers * input.followerLoad[row]!;
    }
  }
  return {
    brokers: input.brokers.length,
    topics: input.topicNames.length,
    partitions,
    replicas: input.replicaBroker.length,
    totalLoad: {
      cpu: sums[CPU]!,
      nwIn: sums[NW_IN]!,
      nwOut: sums[NW_OUT]!,
      disk: sums[DISK]!,
    },
  };
}

/** Adds the command. */
export function registerGenerate(
  program: Command,
  options: { io: Io; finish: (code: number) => void },
): void {
  program.command("generate")
    .description("Write a synthetic cluster snapshot; the same options give the same file")
    .requiredOption("--output <file>", "file to write, packed when it ends in .gz")
    .option("--brokers <count>", "brokers", whole, BASE_CLUSTER.brokers)
    .option("--replicas <count>", "replicas in all", whole, BASE_CLUSTER.replicas)
    .option("--topics <count>", "topics (default: as fits the replicas, at most 3000)", whole)
    .option("--racks <count>", "racks (default: 10, or as many as there are brokers)", whole)
    .option(
      "--replication-factor <count>",
      "replicas a partition",
      whole,
      BASE_CLUSTER.replicationFactor,
    )
    .addOption(
      new Option("--distribution <kind>", "how replicas are spread over the brokers")
        .choices(["uniform", "linear", "exponential", "skewed"])
        .default(BASE_CLUSTER.distribution),
    )
    .option("--mixed-capacities", "brokers of three sizes: 1, 2 and 4 times the smallest", false)
    .option("--rack-aware", "keep the replicas of a partition in different racks", false)
    .option(
      "--utilization <fraction>",
      "mean utilization of the brokers",
      fraction,
      BASE_CLUSTER.utilization,
    )
    .option("--seed <number>", "seed of every draw", whole, BASE_CLUSTER.seed)
    .addOption(
      new Option(
        "--reference",
        "loads as in Cruise Control's tests: followers' unrelated to their leader's, broker 1 half as " +
          "large, one more topic, and brokers drawn to racks, which may be very uneven",
      ).default(false).conflicts("utilization"),
    )
    .option("--json", "print the summary as JSON", false)
    .addHelpText(
      "after",
      "\nExamples:\n  evenkeel generate --brokers 40 --replicas 50000 --output cluster.json\n" +
        "  evenkeel generate --brokers 200 --replicas 300000 --topics 12000 --distribution exponential --output big.json.gz\n",
    )
    .action(async (flags: GenerateFlags) => options.finish(await runGenerate(flags, options.io)));
}
