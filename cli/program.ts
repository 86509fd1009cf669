/**
 * The command line with all its commands.
 *
 * @module
 */
import type { Gateway } from "../cluster/gateway.ts";
import type { Config } from "../config/table.ts";
import { registerDoctor } from "./doctor.ts";
import { registerGenerate } from "./generate.ts";
import { type Io, processIo } from "./io.ts";
import { registerHealth } from "./health.ts";
import { registerLoad } from "./load.ts";
import { registerOptimize } from "./optimize.ts";
import { registerOperations } from "./operations.ts";
import { registerPlan } from "./plan.ts";
import { createProgram, type Program } from "./program_frame.ts";
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

/** Builds the command line with all commands. */
export function buildProgram(deps: ProgramDeps): Program {
  const io = deps.io ?? processIo();
  return createProgram(io, (command, finish) => {
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
  });
}
