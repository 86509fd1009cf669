/**
 * The composition root: the command line, and `start`, which reads the configuration, starts all actors on the real or
 * the simulated cluster, and stops them in order when it is told to end.
 *
 * @module
 */
import { EXIT } from "./cli/exit_codes.ts";
import { greeting } from "./cli/greeting.ts";
import { processIo, reportFailure } from "./cli/io.ts";
import type { StartOptions } from "./cli/start.ts";
import { parseConfig } from "./config/parse.ts";
import { parseProperties } from "./config/properties.ts";
import type { Config } from "./config/table.ts";
import { systemClock } from "./lib/clock.ts";
import { fail, type Failure, failureFrom, ok, type Result } from "./lib/failure.ts";
import type { LogLevel } from "./lib/log.ts";
import { takeDataDirectory } from "./workers/data_directory.ts";
import { openStderrLog } from "./workers/stderr_log.ts";
import { isSimulated } from "./workers/simulated.ts";
import { createSystem, type System, warmServer } from "./workers/system.ts";

const io = processIo();

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

/** The configuration, or everything that is wrong with it at once. Warnings are printed. */
async function configOf(options: StartOptions): Promise<Result<Config>> {
  const settings = await settingsOf(options);
  if (!settings.ok) return settings;
  const { config, errors, warnings } = parseConfig(settings.value);
  for (const warning of warnings) io.err(`warning: ${warning.message}\n`);
  if (config !== undefined) return ok(config);
  return fail("invalid_argument", errors.map((error) => error.message).join("\n"));
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
  if (late.length > 0) io.err(`Stopped without waiting longer for ${late.join(", ")}\n`);
}

function greet(config: Config): void {
  const cluster = isSimulated(config)
    ? `a simulated cluster of ${config["evenkeel.sim.brokers"]} brokers`
    : config["bootstrap.servers"]!.join(",");
  const url = `http://${config["webserver.http.address"]}:${config["webserver.http.port"]}`;
  io.out(greeting(url, cluster));
}

/** The failure of a start; never settles after one that succeeds. */
async function startFailure(system: System): Promise<Failure> {
  const started = await system.supervisor.start();
  return started.ok ? new Promise(() => {}) : started.failure;
}

/** Runs until a signal. Gives the exit code. */
async function start(options: StartOptions): Promise<number> {
  const watch = watchForEnd();
  const read = await configOf(options);
  if (!read.ok) return reportFailure(io, read.failure);
  const directory = takeDataDirectory(read.value);
  if (!directory.ok) return reportFailure(io, directory.failure);
  const { config, release } = directory.value;
  const log = openStderrLog({ lowest: config["evenkeel.log.level"] as LogLevel });
  let greeted = false;
  const system = createSystem({
    config,
    clock: systemClock(),
    sink: log.sink,
    onClusterLost(failure) {
      io.err(`The simulated cluster is gone: ${failure.message}\n`);
      watch.end(EXIT.failed);
    },
    onChange({ actors }) {
      // Not before all of them run: what is greeted as running must not end a second later because of a wrong address.
      if (greeted || !actors.every((actor) => actor.state === "running")) return;
      greeted = true;
      greet(config);
    },
  });
  const ended = await Promise.race([watch.ended, startFailure(system)]);
  await stop(system);
  await log.ready;
  release();
  // Last, so that it is not lost among the log's lines.
  return typeof ended === "number" ? ended : reportFailure(io, ended);
}

/** Ends with what was thrown though nobody foresaw it: as one line, since whoever reads it did not write this program. */
function endUnforeseen(error: unknown): never {
  Deno.exit(reportFailure(io, failureFrom(error, "Evenkeel ended by a mistake of its own")));
}

if (import.meta.main) {
  globalThis.addEventListener("unhandledrejection", (event) => endUnforeseen(event.reason));
  const [name] = Deno.args;
  // It loads its modules while this thread loads the command line, which therefore comes after it.
  if (name === "start") warmServer();
  const { buildProgram } = await import("./cli/program.ts");
  const program = await buildProgram({ start, io }, name);
  // Always explicit: a thread in an endless loop would keep a process that merely returns alive.
  Deno.exit(await program.run(Deno.args).catch(endUnforeseen));
}
