/**
 * Progress on stderr: a bar that is drawn over and over in a terminal, a line now and then elsewhere.
 *
 * @module
 */
import progress from "cli-progress";
import type { Io } from "./io.ts";

/** The part of cli-progress that is used; the package has no types. */
interface Bar {
  start(total: number, startValue: number, payload: Readonly<Record<string, string>>): void;
  update(value: number, payload: Readonly<Record<string, string>>): void;
  stop(): void;
}

interface BarMaker {
  readonly SingleBar: new (options: Readonly<Record<string, unknown>>) => Bar;
}

/** Where no bar can be drawn, a line is printed this often. */
const LINE_EVERY_MS = 10_000;

/** Shows how far something is. */
export interface ProgressView {
  /** `ratio` 0..1 */
  update(ratio: number, text: string): void;
  /** Ends the view; the line stays. */
  stop(): void;
}

/** A view for `io`; `label` stands in front. */
export function progressView(io: Io, label: string): ProgressView {
  return io.isTerminal ? barView(label) : lineView(io, label);
}

function barView(label: string): ProgressView {
  const { SingleBar } = progress as unknown as BarMaker;
  const bar = new SingleBar({
    format: `${label} [{bar}] {percentage} % {text}`,
    // Its own signal handler would swallow the first interrupt; with a visible cursor none is needed.
    gracefulExit: false,
    hideCursor: false,
    barsize: 30,
    linewrap: false,
  });
  let isStarted = false;
  return {
    update(ratio, text) {
      const value = Math.round(Math.min(1, Math.max(0, ratio)) * 1000);
      if (!isStarted) bar.start(1000, value, { text });
      else bar.update(value, { text });
      isStarted = true;
    },
    stop() {
      if (isStarted) bar.stop();
    },
  };
}

function lineView(io: Io, label: string): ProgressView {
  let lastMs = -Infinity;
  return {
    update(ratio, text) {
      const nowMs = io.clock.nowMs();
      if (nowMs - lastMs < LINE_EVERY_MS) return;
      lastMs = nowMs;
      io.err(`${label} ${(ratio * 100).toFixed(0)} % ${text}\n`);
    },
    stop() {},
  };
}
