/**
 * What the command line is without its commands: parses, calls, gives exit codes.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import { VERSION } from "../lib/version.ts";
import { EXIT } from "./exit_codes.ts";
import type { Io } from "./io.ts";

/** The command line. */
export interface Program {
  readonly command: Command;
  /** Runs one command line (without the program's name) and gives the exit code. Never throws for wrong usage. */
  run(args: readonly string[]): Promise<number>;
}

/** Builds a command line of the commands that `register` adds. A command tells its exit code to `finish`. */
export async function createProgram(
  io: Io,
  register: (command: Command, finish: (code: number) => void) => Promise<void>,
): Promise<Program> {
  let code: number = EXIT.done;
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
  await register(command, (given) => {
    code = given;
  });
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
