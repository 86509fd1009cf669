/**
 * The life of a simulated broker.
 *
 * ```
 *            join                 crash                      return
 *   ABSENT --------> STARTING    +------- ONLINE ------> DOWN ---------+
 *                       |        |          ^                          |
 *                       +--------+----------+--------- STARTING <------+
 *                 brokerStartMs             |
 *                                           +--- resume --- HUNG <--- hang --- ONLINE
 * ```
 * A broker that is DOWN or HUNG is fenced when its session ends; it still counts as alive until then.
 *
 * @module
 */
import { failLogDir, fallBehind, fence, forReplicasOn, unfence } from "./controller.ts";
import {
  ABSENT,
  DOWN,
  HUNG,
  metadataChanged,
  NONE,
  ONLINE,
  schedule,
  type SimState,
  STARTING,
} from "./state.ts";

/** Moves the broker to `status`; events that were set for its former life do nothing from now on. */
function setStatus(state: SimState, b: number, status: number): number {
  state.broker.status[b] = status;
  return ++state.broker.incarnation[b]!;
}

/** Schedules `run` unless the broker's life changes before. */
function later(
  state: SimState,
  b: number,
  options: { afterMs: number; run: (state: SimState) => void },
): void {
  const life = state.broker.incarnation[b]!;
  schedule(state, state.nowMs + options.afterMs, (now) => {
    if (now.broker.incarnation[b] === life) options.run(now);
  });
}

/** Kills the process. Does nothing to one that does not run. */
export function crash(state: SimState, b: number): void {
  const status = state.broker.status[b]!;
  if (status === DOWN || status === ABSENT) return;
  setStatus(state, b, DOWN);
  stopServing(state, b);
}

/** Fails a log dir. As in Kafka, a broker whose last log dir fails stops, and does not start without any. */
export function loseLogDir(state: SimState, dir: number): void {
  failLogDir(state, dir);
  const b = state.dir.broker[dir]!;
  if (!hasLogDir(state, b)) crash(state, b);
}

function hasLogDir(state: SimState, b: number): boolean {
  return state.dir.alive.subarray(state.broker.dirStart[b]!, state.broker.dirStart[b + 1]!)
    .includes(1);
}

/** Stops the process without ending its connections. Only for one that works. */
export function hang(state: SimState, b: number, durationMs: number): void {
  if (state.broker.status[b] !== ONLINE) return;
  setStatus(state, b, HUNG);
  stopServing(state, b);
  // Set apart from the session's end: fencing does not change the life.
  later(state, b, { afterMs: durationMs, run: (now) => resume(now, b) });
}

function stopServing(state: SimState, b: number): void {
  state.broker.serve[b] = 0;
  state.loadsStale = true;
  forReplicasOn(state, b, (row, slot) => {
    if (state.rows.behind[slot] === 1) return;
    fallBehind(state, row, slot, state.rows.produced[row]!);
  });
  if (state.broker.fenced[b] === 0) {
    later(state, b, { afterMs: state.settings.sessionTimeoutMs, run: (now) => fence(now, b) });
  }
  if (state.controller === b) moveController(state, state.settings.controllerFailoverMs);
}

/** The process answers again; nothing was lost. */
function resume(state: SimState, b: number): void {
  setStatus(state, b, ONLINE);
  serveAgain(state, b);
}

/** Starts a broker that is down or not yet there; it works after its start-up time. */
export function start(state: SimState, b: number): void {
  const status = state.broker.status[b]!;
  if ((status !== DOWN && status !== ABSENT) || !hasLogDir(state, b)) return;
  setStatus(state, b, STARTING);
  // A start within the session: the new process begins fenced, the old session is over.
  fence(state, b);
  later(state, b, {
    afterMs: state.settings.brokerStartMs,
    run: (now) => {
      now.broker.status[b] = ONLINE;
      serveAgain(now, b);
    },
  });
}

function serveAgain(state: SimState, b: number): void {
  state.broker.serve[b] = 1;
  unfence(state, b);
  // What it leads is its log, however far it came.
  forReplicasOn(state, b, (row, slot) => {
    if (state.rows.leader[row] === b) state.rows.behind[slot] = 0;
  });
  if (state.controller === NONE) moveController(state, 0);
}

/** Another broker becomes the active controller; calls that it must answer fail for a while. */
export function moveController(state: SimState, awayMs: number): void {
  const count = state.brokers.length;
  const from = Math.max(0, state.controller);
  let next: number = NONE;
  for (let i = 1; i <= count && next === NONE; i++) {
    const b = (from + i) % count;
    if (state.broker.status[b] === ONLINE) next = b;
  }
  state.controller = next;
  state.controllerAwayUntilMs = Math.max(state.controllerAwayUntilMs, state.nowMs + awayMs);
  metadataChanged(state);
}

/** Leaves `factor` of the broker's hardware usable, 1 = all; back to all after `durationMs`. */
export function slowDown(
  state: SimState,
  b: number,
  options: { factor: number; durationMs: number },
): void {
  state.broker.speed[b] = options.factor;
  state.loadsStale = true;
  schedule(state, state.nowMs + options.durationMs, (now) => {
    now.broker.speed[b] = 1;
    now.loadsStale = true;
  });
}
