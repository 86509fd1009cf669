/**
 * The simulated cluster that the configuration asks for.
 *
 * @module
 */
import type { Config } from "../../config/table.ts";
import { createSimCluster, type SimCluster } from "./cluster.ts";
import { simSpec } from "./default_spec.ts";
import { drawFaults } from "./faults.ts";
import type { SimSpec } from "./spec.ts";

/** Days for which faults are drawn ahead. */
const FAULT_DAYS_MAX = 30;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** A broker that becomes hot within an hour and stays so for the day. */
const HOT = { cpu: 0.8, rampMs: 60 * MINUTE_MS, durationMs: DAY_MS };

/** The specification that the `evenkeel.sim.*` keys and the seed describe. */
export function specOf(config: Config): SimSpec {
  return simSpec({
    seed: config["evenkeel.seed"],
    brokers: config["evenkeel.sim.brokers"],
    racks: config["evenkeel.sim.racks"],
    emptyBrokers: Math.min(
      config["evenkeel.sim.empty.brokers"],
      config["evenkeel.sim.brokers"] - 1,
    ),
    topics: config["evenkeel.sim.topics"],
    partitions: config["evenkeel.sim.partitions"],
    replicationFactor: config["evenkeel.sim.replication.factor"],
  });
}

/** Builds that cluster at `startMs` and schedules the faults that are asked for. */
export function simClusterOf(config: Config, startMs: number): SimCluster {
  const seed = config["evenkeel.seed"];
  const spec = specOf(config);
  const cluster = createSimCluster({ spec, seed, startMs });
  const perDay = config["evenkeel.sim.faults.per.day"];
  const span = { fromMs: startMs, toMs: startMs + FAULT_DAYS_MAX * DAY_MS };
  for (const drawn of drawFaults(spec, { seed, ...span, count: perDay * FAULT_DAYS_MAX })) {
    cluster.inject(drawn.fault, drawn.atMs);
  }
  const brokerId = config["evenkeel.sim.hot.broker"];
  if (brokerId !== undefined && brokerId < spec.brokers.length) {
    const atMs = startMs + config["evenkeel.sim.hot.broker.after.minutes"] * MINUTE_MS;
    cluster.inject({ kind: "hot_broker", brokerId, ...HOT }, atMs);
  }
  return cluster;
}

/** Simulated time a unit of real time, and the time a call takes in ms; for clock and gateway. */
export function simPaceOf(config: Config): { speed: number; latencyMs: number } {
  return {
    speed: config["evenkeel.sim.speed"],
    latencyMs: config["evenkeel.sim.call.latency.ms"],
  };
}
