/**
 * `evenkeel doctor`: what of a cluster is reachable, permitted and missing, and what each missing thing costs.
 *
 * @module
 */
import type { Command } from "commander";
import type { KafkaProbe } from "../cluster/kafka/mod.ts";
import type { Config } from "../config/table.ts";
import type { Failure, Result } from "../lib/failure.ts";
import { partitionCount } from "../model/topology.ts";
import { type ClusterFlags, configOf, kafkaDeps } from "./cluster_access.ts";
import { type DoctorFacts, lookAround, lookAtBootstrap } from "./doctor_facts.ts";
import type { Finding } from "./doctor_finding.ts";
import { bootstrapFindings, findingsOf } from "./doctor_findings.ts";
import { EXIT, exitCodeOf } from "./exit_codes.ts";
import { type Io, printJson, reportFailure } from "./io.ts";
import { configOption, setOption } from "./configuration_options.ts";

interface DoctorFlags extends ClusterFlags {
  readonly json: boolean;
}

/** What the command needs. */
export interface DoctorDeps {
  readonly io: Io;
  finish(code: number): void;
}

async function openProbe(config: Config, io: Io): Promise<Result<KafkaProbe>> {
  // Only here, so that other commands do not load the Kafka client.
  const { createKafkaProbe } = await import("../cluster/kafka/mod.ts");
  return createKafkaProbe(kafkaDeps(config, io, "doctor"));
}

async function runDoctor(flags: DoctorFlags, { io }: DoctorDeps): Promise<number> {
  const config = await configOf(flags, io);
  if (!config.ok) return reportFailure(io, config.failure);
  const probe = await openProbe(config.value, io);
  if (!probe.ok) return reportFailure(io, probe.failure);
  try {
    const facts = await lookAround(probe.value, config.value);
    if (facts.ok) return report(facts.value, flags, io);
    const addresses = await lookAtBootstrap(probe.value);
    return reportUnreachable(facts.failure, bootstrapFindings({ bootstrap: addresses }), {
      flags,
      io,
    });
  } finally {
    await probe.value.gateway.close();
  }
}

function report(facts: DoctorFacts, flags: DoctorFlags, io: Io): number {
  const findings = findingsOf(facts);
  const costing = findings.filter((one) => one.status === "costs").length;
  const exitCode = costing === 0 ? EXIT.done : EXIT.failed;
  const { topology } = facts;
  const cluster = {
    clusterId: topology.clusterId,
    topics: topology.topicNames.length,
    partitions: partitionCount(topology),
  };
  if (flags.json) {
    const brokers = facts.brokers.map(({ id, address, rack, alive, reached, agent }) => ({
      id,
      address,
      rack: rack ?? null,
      alive,
      connectMs: reached.ok ? Math.round(reached.value.connectMs * 10) / 10 : null,
      agent: agent === undefined ? "not_configured" : agent.ok ? "answers" : "silent",
    }));
    printJson(io, { reachable: true, ok: costing === 0, cluster, brokers, findings });
    return exitCode;
  }
  io.out(
    `Cluster ${cluster.clusterId}: ${facts.brokers.length} brokers, ${cluster.topics} topics, ` +
      `${cluster.partitions} partitions\n\n`,
  );
  print(findings, io);
  io.out(
    costing === 0
      ? "\nAll is well\n"
      : `\n${costing} ${costing === 1 ? "thing costs" : "things cost"} something\n`,
  );
  return exitCode;
}

/** The cluster does not answer as a whole; what each address says may tell why. */
function reportUnreachable(
  failure: Failure,
  findings: readonly Finding[],
  { flags, io }: { flags: DoctorFlags; io: Io },
): number {
  const code = exitCodeOf(failure.code);
  if (flags.json) printJson(io, { reachable: false, ok: false, failure, findings });
  else {
    print(findings, io);
    reportFailure(io, failure);
  }
  // Whatever else it is: the cluster was asked for its metadata and gave none.
  return code === EXIT.usage ? code : EXIT.unreachable;
}

function print(findings: readonly Finding[], io: Io): void {
  const width = Math.max(...findings.map((one) => one.check.length)) + 2;
  const indent = " ".repeat(width + 9);
  for (const { check, status, what, cost, fix } of findings) {
    const mark = { fine: "fine", costs: "COSTS", unknown: "unknown" }[status];
    io.out(`${mark.padEnd(9)}${check.padEnd(width)}${what}\n`);
    if (cost !== undefined) io.out(`${indent}cost: ${cost}\n`);
    if (fix !== undefined) io.out(`${indent}fix: ${fix}\n`);
  }
}

/** Adds the command. */
export function registerDoctor(program: Command, deps: DoctorDeps): void {
  program.command("doctor")
    .description("Say what of a cluster is reachable, permitted and missing, and what that costs")
    .option("--bootstrap <brokers>", "brokers of the cluster, HOST:PORT,...")
    .addOption(configOption())
    .addOption(setOption())
    .option("--json", "print everything as JSON", false)
    .addHelpText(
      "after",
      "\nExamples:\n  evenkeel doctor --bootstrap kafka-1:9092\n" +
        "  evenkeel doctor --config cruisecontrol.properties --json\n" +
        "\nExit codes: 0 all is well, 1 something costs, 2 usage, 4 unreachable\n",
    )
    .action(async (flags: DoctorFlags) => deps.finish(await runDoctor(flags, deps)));
}
