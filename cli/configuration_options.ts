/**
 * How commands are told of settings: a file, and single ones over it.
 *
 * @module
 */
import { InvalidArgumentError, Option } from "commander";

/** `--config`: a property file. */
export function configOption(): Option {
  return new Option(
    "--config <file>",
    "Java property file; Cruise Control's keys are understood",
  );
}

/** `--set`, which may be repeated: later ones win. */
export function setOption(): Option {
  return new Option("--set <key=value>", "one setting, over the file's; may be repeated")
    .argParser(collectSetting)
    .default(new Map<string, string>());
}

function collectSetting(
  text: string,
  before: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("must be KEY=VALUE");
  return new Map([...before, [text.slice(0, at).trim(), text.slice(at + 1).trim()]]);
}
