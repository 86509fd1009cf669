/**
 * The composition root: the command line, and `start`, which reads the configuration, starts all actors on the real or
 * the simulated cluster, and stops them in order when it is told to end.
 *
 * @module
 */
import { EXIT, exitCodeOf } from "./cli/exit_codes.ts";
import { buildProgram } from "./cli/program.ts";
import type { StartOptions } from "./cli/start.ts";
import { parseConfig } from "./config/parse.ts";
import { parseProperties } from "./config/properties.ts";
import type { Config } from "./config/table.ts";
import { systemClock } from "./lib/clock.ts";
import { fail, failureFrom, ok, type Result } from "./lib/failure.ts";
import type { LogLevel } from "./lib/log.ts";
import { openStderrLog } from "./workers/stderr_log.ts";
import { createSystem, isSimulated, type System } from "./workers/system.ts";

/** Settings by source, later ones over earlier ones: file, options with a name of their own, `--set`. */
async function settingsOf(options: StartOptions): Promise<Result<Map<string, string>>> {
  const settings = new Map<string, string>();
  const { configFile, bootstrap, dataDir } = options;
  if (configFile !== undefined) {
    try {
      const text = await Deno.readTextFile(configFile);
      for (const [key, value] of parseProperties(text)) settings.set(key, value);
    } catch (error) {
      const failure = failureFrom(error, `Cannot read ${configFile}`, { code: "invalid_file" });
      return { ok: false, failure };
    }
  }
  if (bootstrap !== undefined) settings.set("bootstrap.servers", bootstrap.join(","));
  if (dataDir !== undefined) settings.set("evenkeel.data.dir", dataDir);
  for (const [key, value] of options.settings) settings.set(key, value);
  return ok(settings);
}

/** Prints what is wrong, all at once. */
async function configOf(options: StartOptions): Promise<Result<Config>> {
  const settings = await settingsOf(options);
  if (!settings.ok) return settings;
  const { config, errors, warnings } = parseConfig(settings.value);
  for (const warning of warnings) console.error(`warning: ${warning.message}`);
  if (config !== undefined) return ok(isSimulated(config) ? simulatedStore(config) : config);
  return fail("invalid_argument", errors.map((error) => error.message).join("\n"));
}

/**
 * A simulated cluster has a store of its own, so that no execution of it is ever resumed on a real one, and begins
 * without samples: it is a new cluster each time.
 */
function simulatedStore(config: Config): Config {
  const directory = `${config["evenkeel.data.dir"]}/simulated`;
  for (const ending of ["", "-wal", "-shm"]) {
    try {
      Deno.removeSync(`${directory}/samples.db${ending}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return { ...config, "evenkeel.data.dir": directory };
}

/** What ends a run: a signal, or the loss of the simulated cluster. */
interface EndWatch {
  readonly ended: Promise<number>;
  end(code: number): void;
}

function watchForEnd(): EndWatch {
  const { promise, resolve } = Promise.withResolvers<number>();
  let asked = false;
  const onSignal = (code: number) => () => {
    // Asked twice: whoever asks is in a hurry. What must not be lost is in the store at any time.
    if (asked) Deno.exit(EXIT.interrupted);
    asked = true;
    resolve(code);
  };
  Deno.addSignalListener("SIGINT", onSignal(EXIT.interrupted));
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", onSignal(EXIT.done));
  return { ended: promise, end: resolve };
}

async function stop(system: System): Promise<void> {
  const { late } = await system.supervisor.stop();
  system.close();
  if (late.length > 0) console.error(`Stopped without waiting longer for ${late.join(", ")}`);
}

function greet(config: Config): void {
  const cluster = isSimulated(config)
    ? `a simulated cluster of ${config["evenkeel.sim.brokers"]} brokers`
    : config["bootstrap.servers"]!.join(",");
  const url = `http://${config["webserver.http.address"]}:${config["webserver.http.port"]}`;
  console.log(`Evenkeel is listening on ${url} and balances ${cluster}.
Try in another terminal (deno task evenkeel ... in a checkout):
  evenkeel status      what is known of the cluster
  evenkeel load        load of each broker
  evenkeel plan        the moves that would balance it, with reasons
  evenkeel rebalance --execute --watch`);
}

/** The exit code of a start that fails; never settles after one that succeeds. */
async function failedStart(system: System): Promise<number> {
  const started = await system.supervisor.start();
  if (started.ok) return new Promise(() => {});
  console.error(started.failure.message);
  return exitCodeOf(started.failure.code);
}

/** Runs until a signal. Gives the exit code. */
async function start(options: StartOptions): Promise<number> {
  const watch = watchForEnd();
  const read = await configOf(options);
  if (!read.ok) {
    console.error(read.failure.message);
    return exitCodeOf(read.failure.code);
  }
  const config = read.value;
  const log = openStderrLog({ lowest: config["evenkeel.log.level"] as LogLevel });
  let greeted = false;
  const system = createSystem({
    config,
    clock: systemClock(),
    sink: log.sink,
    onClusterLost(failure) {
      console.error(`The simulated cluster is gone: ${failure.message}`);
      watch.end(EXIT.failed);
    },
    onChange({ actors }) {
      if (greeted || !actors.some((a) => a.name === "server" && a.state === "running")) return;
      greeted = true;
      greet(config);
    },
  });
  const code = await Promise.race([watch.ended, failedStart(system)]);
  await stop(system);
  await log.ready;
  return code;
}

if (import.meta.main) {
  // Always explicit: a thread in an endless loop would keep a process that merely returns alive.
  Deno.exit(await buildProgram({ start }).run(Deno.args));
}
