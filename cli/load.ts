/**
 * `evenkeel load`: what every broker carries.
 *
 * @module
 */
import type { Command } from "commander";
import type { Client } from "./client.ts";
import { EXIT } from "./exit_codes.ts";
import { type Io, printJson, reportFailure } from "./io.ts";
import { type ClientOptions, type RunClient, withClientOptions } from "./remote.ts";
import { table } from "./tables.ts";
import { kilobytesPerSec, megabytes, share } from "./units.ts";
import type { BrokerLoad, Load } from "./wire.ts";

function row(broker: BrokerLoad): (string | number)[] {
  const inbound = typeof broker.leaderNwIn === "number" && typeof broker.followerNwIn === "number"
    ? broker.leaderNwIn + broker.followerNwIn
    : undefined;
  return [
    broker.brokerId,
    broker.host,
    broker.rack,
    broker.state.toLowerCase(),
    broker.leaders,
    broker.replicas,
    megabytes(broker.diskMb),
    `${share(broker.diskMb, broker.diskCapacityMb)}${broker.capacityEstimated ? " ~" : ""}`,
    kilobytesPerSec(inbound),
    kilobytesPerSec(broker.nwOut),
    share(broker.cpuPct, 100 * Math.max(1, broker.cores ?? 1)),
  ];
}

/** The table of loads. */
export function loadScreen(load: Load): string {
  const brokers = [...load.brokers].sort((a, b) => a.brokerId - b.brokerId);
  if (brokers.length === 0) return "No broker is known yet.\n";
  const shown = table([
    { title: "Broker", align: "right" },
    { title: "Host" },
    { title: "Rack" },
    { title: "State" },
    { title: "Leaders", align: "right" },
    { title: "Replicas", align: "right" },
    { title: "Disk", align: "right" },
    { title: "Disk %", align: "right" },
    { title: "In", align: "right" },
    { title: "Out", align: "right" },
    { title: "CPU", align: "right" },
  ], brokers.map(row));
  const note = brokers.some((broker) => broker.capacityEstimated)
    ? "~ the capacity of the broker is estimated\n"
    : "";
  return shown + note;
}

async function runLoad(client: Client, io: Io, options: ClientOptions): Promise<number> {
  const load = await client.call<Load>("GET", "load");
  if (!load.ok) return reportFailure(io, load.failure);
  if (options.json) printJson(io, load.value);
  else io.out(loadScreen(load.value));
  return EXIT.done;
}

/** Adds the command. */
export function registerLoad(program: Command, run: RunClient): void {
  withClientOptions(program.command("load"))
    .description("Show what every broker carries")
    .addHelpText("after", "\nExamples:\n  evenkeel load\n  evenkeel load --json\n")
    .action(run(runLoad));
}
