/**
 * The commands by name. Each is in a module of its own, loaded when it is asked for: whoever wants to know how a cluster
 * is does not wait for a planner to load.
 *
 * @module
 */
import type { Command } from "commander";
import type { Gateway } from "../cluster/gateway.ts";
import type { Config } from "../config/table.ts";
import type { Io } from "./io.ts";
import type { RunClient } from "./remote.ts";
import type { StartOptions } from "./start.ts";

/** What commands are built with. */
export interface CommandDeps {
  readonly io: Io;
  /** Is told the exit code. */
  readonly finish: (code: number) => void;
  /** Makes actions that talk to a running Evenkeel. */
  readonly run: RunClient;
  /** Runs Evenkeel until it is told to end; gives the exit code. */
  readonly start: (options: StartOptions) => Promise<number>;
  /** How the cluster is reached; a real one unless given. */
  readonly open: ((config: Config) => Gateway) | undefined;
}

/** Commands of one module. */
export interface CommandModule {
  /** Names and aliases, in the order of the help. */
  readonly names: readonly string[];
  /** Beside this file. */
  readonly path: string;
  /** Loads the module and adds its commands. */
  readonly addTo: (program: Command, deps: CommandDeps) => Promise<void>;
}

function inModule<M>(
  path: string,
  names: readonly string[],
  register: (module: M, program: Command, deps: CommandDeps) => void,
): CommandModule {
  return {
    names,
    path,
    async addTo(program, deps) {
      // As a text that Deno does not look into beforehand: it would read the modules of all commands for each.
      register(await import(new URL(path, import.meta.url).href), program, deps);
    },
  };
}

/** All commands in the order of the help. Their modules are named in `compile.include` as well: nothing else imports them. */
export const COMMAND_MODULES: readonly CommandModule[] = [
  inModule<typeof import("./start.ts")>(
    "./start.ts",
    ["start"],
    (module, program, deps) => module.registerStart(program, deps.start, deps),
  ),
  inModule<typeof import("./status.ts")>(
    "./status.ts",
    ["status"],
    (module, program, { run }) => module.registerStatus(program, run),
  ),
  inModule<typeof import("./health.ts")>(
    "./health.ts",
    ["health"],
    (module, program, deps) => module.registerHealth(program, deps),
  ),
  inModule<typeof import("./load.ts")>(
    "./load.ts",
    ["load"],
    (module, program, { run }) => module.registerLoad(program, run),
  ),
  inModule<typeof import("./plan.ts")>(
    "./plan.ts",
    ["plan", "proposals"],
    (module, program, { run }) => module.registerPlan(program, run),
  ),
  inModule<typeof import("./rebalance.ts")>(
    "./rebalance.ts",
    ["rebalance"],
    (module, program, { run }) => module.registerRebalance(program, run),
  ),
  inModule<typeof import("./operations.ts")>(
    "./operations.ts",
    [
      "add-broker",
      "remove-broker",
      "demote",
      "fix-offline",
      "replication-factor",
      "remove-disks",
    ],
    (module, program, { run }) => module.registerOperations(program, run),
  ),
  inModule<typeof import("./stop.ts")>(
    "./stop.ts",
    ["stop"],
    (module, program, { run }) => module.registerStop(program, run),
  ),
  inModule<typeof import("./watch.ts")>(
    "./watch.ts",
    ["watch"],
    (module, program, { run }) => module.registerWatch(program, run),
  ),
  inModule<typeof import("./snapshot.ts")>(
    "./snapshot.ts",
    ["snapshot"],
    (module, program, deps) => module.registerSnapshot(program, deps),
  ),
  inModule<typeof import("./doctor.ts")>(
    "./doctor.ts",
    ["doctor"],
    (module, program, deps) => module.registerDoctor(program, deps),
  ),
  inModule<typeof import("./generate.ts")>(
    "./generate.ts",
    ["generate"],
    (module, program, deps) => module.registerGenerate(program, deps),
  ),
  inModule<typeof import("./optimize.ts")>(
    "./optimize.ts",
    ["optimize"],
    (module, program, deps) => module.registerOptimize(program, deps),
  ),
  inModule<typeof import("./verify.ts")>(
    "./verify.ts",
    ["verify"],
    (module, program, deps) => module.registerVerify(program, deps),
  ),
];
