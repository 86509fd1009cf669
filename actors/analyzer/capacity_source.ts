/**
 * Capacities of the brokers as configured or measured. The capacity file is read again whenever it was changed, so
 * that new hardware needs no restart.
 *
 * @module
 */
import { failureFrom, ok, type Result } from "../../lib/failure.ts";
import { resolveCapacities } from "../../load/capacity.ts";
import {
  type BrokerCapacity,
  type CapacityFile,
  parseCapacityFile,
} from "../../load/capacity_file.ts";
import type { BrokerLogDirs } from "../../model/readings.ts";
import type { Topology } from "../../model/topology.ts";

/** The settings that this file reads. */
export interface CapacitySettings {
  readonly "capacity.config.file": string | undefined;
  readonly "evenkeel.capacity.network.kb.per.sec": number;
}

/** Gives the capacities of a topology's alive brokers. */
export interface CapacitySource {
  /** Fails with `invalid_file` or, naming the brokers, with `invalid_argument`. */
  capacities(
    topology: Topology,
    seen: { logDirs: readonly BrokerLogDirs[]; cores: ReadonlyMap<number, number> },
  ): Result<ReadonlyMap<number, BrokerCapacity>>;
}

/** A source for these settings. */
export function createCapacitySource(settings: CapacitySettings): CapacitySource {
  const path = settings["capacity.config.file"];
  let read: { readonly file: CapacityFile; readonly stamp: string } | undefined;

  function currentFile(path: string): Result<CapacityFile> {
    try {
      const { mtime, size } = Deno.statSync(path);
      const stamp = `${mtime?.getTime()} ${size}`;
      if (read?.stamp === stamp) return ok(read.file);
      const parsed = parseCapacityFile(Deno.readTextFileSync(path), path);
      if (parsed.ok) read = { file: parsed.value, stamp };
      return parsed;
    } catch (error) {
      const failure = failureFrom(error, `Cannot read capacity.config.file ${path}`, {
        code: "invalid_file",
      });
      return { ok: false, failure };
    }
  }

  return {
    capacities(topology, { logDirs, cores }) {
      const file = path === undefined ? undefined : currentFile(path);
      if (file !== undefined && !file.ok) return file;
      return resolveCapacities(topology, {
        file: file?.value,
        logDirs,
        networkKbPerSec: settings["evenkeel.capacity.network.kb.per.sec"],
        cores,
        // Whether a guess is good enough is the caller's to decide: brokers say when theirs is one.
        allowEstimation: true,
      });
    },
  };
}
