/**
 * What the command line is without its commands: parses, calls, gives exit codes.
 *
 * @module
 */
import { Command, CommanderError, type Option } from "commander";
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
  const given = new Set<Option>();
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
  await register(command, (told) => {
    code = told;
  });
  for (const sub of command.commands) {
    // Commands that are made apart know nothing of the streams and of not ending the process.
    sub.copyInheritedSettings(command);
    for (const option of sub.options) refuseMisuse(sub, option, given);
  }
  return {
    command,
    async run(args) {
      code = EXIT.done;
      given.clear();
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

/** `--set` adds to what was said before. */
const REPEATABLE = "set";

/**
 * Refuses an option's value that is nothing, and one that is said twice: of `--brokers 1 --brokers 2` commander would
 * silently take the last.
 */
function refuseMisuse(command: Command, option: Option, given: Set<Option>): void {
  if (!option.required) return;
  command.on(`option:${option.name()}`, (value: string) => {
    const problem = value === ""
      ? "must not be empty"
      : given.has(option)
      ? "must be given once"
      : "";
    if (option.attributeName() !== REPEATABLE) given.add(option);
    if (problem !== "") command.error(`error: option '${option.flags}' is invalid. ${problem}`);
  });
}
