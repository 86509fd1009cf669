/**
 * What code needs to log. The sink (stderr, another thread, a test's list) is the composition root's choice.
 *
 * @module
 */

/** Severity, least first. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Values worth reading beside a message. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Writes one line. `message` is a sentence without values; the values go into `fields`. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A record as it travels to a sink. */
export interface LogRecord {
  readonly atMs: number;
  readonly level: LogLevel;
  /** The actor or part that wrote it. */
  readonly source: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that hands each record to `sink`. */
export function logTo(
  sink: (record: LogRecord) => void,
  source: string,
  options: { nowMs: () => number },
): Log {
  const write = (level: LogLevel) => (message: string, fields: LogFields = {}) =>
    sink({ atMs: options.nowMs(), level, source, message, fields });
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** Drops everything. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
