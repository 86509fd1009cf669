/**
 * Where log records end: lines on stderr, written by LogTape.
 *
 * @module
 */
import type { LogLevel, LogRecord } from "../lib/log.ts";

/** A sink with levels below `lowest` left out. */
export interface StderrLog {
  readonly sink: (record: LogRecord) => void;
  /** Resolves when lines are written at once; before, they wait in memory. */
  readonly ready: Promise<void>;
}

/** Records that wait until the library is loaded are lost beyond this many; a start writes a few dozen. */
const EARLY_MAX = 10_000;

const LEVELS = { debug: "debug", info: "info", warn: "warning", error: "error" } as const;

/** Opens the log. The library is loaded meanwhile, so that it does not delay the start. */
export function openStderrLog(options: { lowest: LogLevel }): StderrLog {
  const early: LogRecord[] = [];
  let write = (record: LogRecord) => {
    if (early.length < EARLY_MAX) early.push(record);
  };
  const ready = loadWriter(options.lowest).then((loaded) => {
    write = loaded;
    for (const record of early.splice(0)) write(record);
  });
  return { sink: (record) => write(record), ready };
}

async function loadWriter(lowest: LogLevel): Promise<(record: LogRecord) => void> {
  const { configure, getAnsiColorFormatter, getLogger, getTextFormatter } = await import(
    "@logtape/logtape"
  );
  const options = { timestamp: "rfc3339", level: "FULL" } as const;
  const format = Deno.stderr.isTerminal()
    ? getAnsiColorFormatter(options)
    : getTextFormatter(options);
  const encoder = new TextEncoder();
  await configure({
    sinks: { stderr: (record) => writeAll(encoder.encode(format(record))) },
    loggers: [
      { category: "evenkeel", sinks: ["stderr"], lowestLevel: LEVELS[lowest] },
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "warning" },
    ],
  });
  return ({ atMs, level, source, message, fields }) => {
    const known = Object.entries(fields).filter(([, value]) => value !== undefined);
    const values = known.map(([key, value]) => ` ${key}=${JSON.stringify(value)}`).join("");
    getLogger(["evenkeel", source]).emit({
      timestamp: atMs,
      level: LEVELS[level],
      // Our messages are finished texts: nothing in them is a placeholder.
      message: [message + values],
      rawMessage: message,
      properties: Object.fromEntries(known),
    });
  };
}

function writeAll(bytes: Uint8Array): void {
  try {
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
  } catch {
    // Nobody reads stderr any more. There is no better place to say so, and no reason to end.
  }
}
