/**
 * The command line with its commands.
 *
 * @module
 */
import { COMMAND_MODULES, type CommandDeps } from "./commands.ts";
import { type Io, processIo } from "./io.ts";
import { createProgram, type Program } from "./program_frame.ts";
import { clientRunner } from "./remote.ts";

/** What the command line is built with. */
export interface ProgramDeps extends Pick<CommandDeps, "start"> {
  /** The process's own streams and network unless given. */
  readonly io?: Io;
  /** How `snapshot` reaches the cluster; a real one unless given. */
  readonly openGateway?: CommandDeps["open"];
}

/** Builds the command line for a command, or with all commands when there is none of that name. */
export async function buildProgram(deps: ProgramDeps, name?: string): Promise<Program> {
  const io = deps.io ?? processIo();
  const named = COMMAND_MODULES.filter(({ names }) => names.includes(name ?? ""));
  return await createProgram(io, async (command, finish) => {
    const run = clientRunner(io, finish);
    const { start, openGateway: open } = deps;
    for (const module of named.length > 0 ? named : COMMAND_MODULES) {
      await module.addTo(command, { io, finish, run, start, open });
    }
  });
}
