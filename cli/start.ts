/**
 * `evenkeel start`: runs everything.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { configOption, setOption } from "./configuration_options.ts";

const PORT_KEY = "webserver.http.port";
const PORT_MAX = 65_535;

/** What `evenkeel start` was told. */
export interface StartOptions {
  /** `host:port` of some brokers; undefined without `--bootstrap`. */
  readonly bootstrap: readonly string[] | undefined;
  /** Property file, undefined without `--config`. */
  readonly configFile: string | undefined;
  /** `--set KEY=VALUE` in the order given; later ones win, and `--port` over all. */
  readonly settings: ReadonlyMap<string, string>;
  /** Undefined without `--data-dir`. */
  readonly dataDir: string | undefined;
}

function brokersOf(text: string): readonly string[] {
  const brokers = text.split(",").map((item) => item.trim()).filter((item) => item !== "");
  const bad = brokers.find((broker) => !/^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$/.test(broker));
  if (brokers.length === 0 || bad !== undefined) {
    throw new InvalidArgumentError(`must be HOST:PORT,... got ${JSON.stringify(bad ?? text)}`);
  }
  return brokers;
}

/** As it stands in a property file; 0 = any that is free. */
function portOf(text: string): string {
  if (!/^\d{1,5}$/.test(text) || Number(text) > PORT_MAX) {
    throw new InvalidArgumentError(`must be 0 to ${PORT_MAX}, got ${JSON.stringify(text)}`);
  }
  return text;
}

/** Adds the command. `start` runs until it is told to end and gives the exit code. */
export function registerStart(
  program: Command,
  start: (options: StartOptions) => Promise<number>,
  options: { finish: (code: number) => void },
): void {
  program.command("start")
    .description("Run Evenkeel; without --bootstrap and --config on a simulated cluster")
    .option("--bootstrap <brokers>", "brokers of the cluster, HOST:PORT,...", brokersOf)
    .addOption(configOption())
    .addOption(setOption())
    .option("--port <number>", "port of the REST API (webserver.http.port)", portOf)
    .option("--data-dir <directory>", "directory of the store (evenkeel.data.dir)")
    .addHelpText(
      "after",
      "\nExamples:\n  evenkeel start\n  evenkeel start --bootstrap kafka-1:9092,kafka-2:9092\n" +
        "  evenkeel start --config cruisecontrol.properties --port 9091 --data-dir /var/lib/evenkeel\n",
    )
    .action(
      async (given: {
        bootstrap?: readonly string[];
        config?: string;
        set: ReadonlyMap<string, string>;
        port?: string;
        dataDir?: string;
      }) => {
        options.finish(
          await start({
            bootstrap: given.bootstrap,
            configFile: given.config,
            settings: given.port === undefined
              ? given.set
              : new Map([...given.set, [PORT_KEY, given.port]]),
            dataDir: given.dataDir,
          }),
        );
      },
    );
}
