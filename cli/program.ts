/**
 * The command line: parses, calls, prints.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import type { Gateway } from "../cluster/gateway.ts";
import type { Config } from "../config/table.ts";
import { VERSION } from "../lib/version.ts";
import { registerDoctor } from "./doctor.ts";
import { EXIT } from "./exit_codes.ts";
import { registerGenerate } from "./generate.ts";
import { type Io, processIo } from "./io.ts";
import { registerHealth } from "./health.ts";
import { registerLoad } from "./load.ts";
import { registerOptimize } from "./optimize.ts";
import { registerOperations } from "./operations.ts";
import { registerPlan } from "./plan.ts";
import { registerRebalance } from "./rebalance.ts";
import { clientRunner } from "./remote.ts";
import { registerSnapshot } from "./snapshot.ts";
import { registerStart, type StartOptions } from "./start.ts";
import { registerStatus } from "./status.ts";
import { registerStop } from "./stop.ts";
import { registerVerify } from "./verify.ts";
import { registerWatch } from "./watch.ts";

/** What the command line is built with. */
export interface ProgramDeps {
  /** Runs Evenkeel until it is told to end; gives the exit code. */
  start(options: StartOptions): Promise<number>;
  /** The process's own streams and network unless given. */
  readonly io?: Io;
  /** How `snapshot` reaches the cluster; a real one unless given. */
  readonly openGateway?: (config: Config) => Gateway;
}

/** The command line. */
export interface Program {
  readonly command: Command;
  /** Runs one command line (without the program's name) and gives the exit code. Never throws for wrong usage. */
  run(args: readonly string[]): Promise<number>;
}

/** Builds the command line. */
export function buildProgram(deps: ProgramDeps): Program {
  const io = deps.io ?? processIo();
  let code: number = EXIT.done;
  const finish = (given: number) => {
    code = given;
  };
  const command = new Command("evenkeel")
    .description("Load balancer for Apache Kafka clusters")
    .version(VERSION, "-V, --version")
    .showHelpAfterError("(add --help for the options and examples)")
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .exitOverride()
    .addHelpText(
      "after",
      "\nExamples:\n  evenkeel start\n  evenkeel status\n  evenkeel plan\n  evenkeel rebalance --execute --watch\n" +
        "\nExit codes: 0 done, 1 failed, 2 usage or unreadable input, 3 no plan can meet the hard goals, " +
        "4 unreachable, 130 interrupted\n",
    );
  const run = clientRunner(io, finish);
  registerStart(command, deps.start, { finish });
  registerStatus(command, run);
  registerHealth(command, { io, finish });
  registerLoad(command, run);
  registerPlan(command, run);
  registerRebalance(command, run);
  registerOperations(command, run);
  registerStop(command, run);
  registerWatch(command, run);
  registerSnapshot(command, { io, finish, open: deps.openGateway });
  registerDoctor(command, { io, finish });
  registerGenerate(command, { io, finish });
  registerOptimize(command, { io, finish });
  registerVerify(command, { io, finish });
  // Commands that are made apart know nothing of the streams and of not ending the process.
  for (const sub of command.commands) sub.copyInheritedSettings(command);
  return {
    command,
    async run(args) {
      code = EXIT.done;
      try {
        await command.parseAsync([...args], { from: "user" });
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        // Help and version end by an exception, too.
        return error.exitCode === 0 ? EXIT.done : EXIT.usage;
      }
      return code;
    },
  };
}
