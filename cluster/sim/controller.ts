/**
 * The controller's work: leaders, in-sync replicas, reassignments. Rules as in KRaft; unclean elections are off.
 *
 * ```
 *            submit(target)                       every remaining replica in sync
 *   idle ----------------------> in flight ---------------------------------------> idle, list = target
 *                  list = target + removing  |
 *                                            +-- cancel --> idle, list = (target + removing) - adding
 * ```
 * @module
 */
import { assert } from "../../lib/assert.ts";
import { IN_SYNC, OFFLINE } from "../../model/topology.ts";
import {
  ABSENT,
  ensureRows,
  findSlot,
  futureKey,
  metadataChanged,
  NONE,
  replicaBrokers,
  schedule,
  type SimState,
  type TrailingView,
} from "./state.ts";
import { emptyLog } from "./storage.ts";

/** Kafka's error code for each refusal that the simulated controller knows. */
export const KAFKA_ERRORS = {
  none: 0,
  unknownTopicOrPartition: 3,
  requestTimedOut: 7,
  brokerNotAvailable: 8,
  replicaNotAvailable: 9,
  invalidReplicationFactor: 38,
  invalidReplicaAssignment: 39,
  invalidConfig: 40,
  notController: 41,
  invalidRequest: 42,
  storageError: 56,
  logDirNotFound: 57,
  preferredLeaderNotAvailable: 80,
  electionNotNeeded: 84,
  noReassignmentInProgress: 85,
} as const;

/** Kafka's answer for one partition. */
export interface Verdict {
  readonly code: number;
  readonly message: string | undefined;
}

/** Accepted. */
export const ACCEPTED: Verdict = { code: KAFKA_ERRORS.none, message: undefined };

/** Whether the replica in `slot` is on an unfenced broker and a working log dir. */
export function isUsable(state: SimState, slot: number): boolean {
  const { rows, broker, dir } = state;
  return broker.fenced[rows.replicaBroker[slot]!] === 0 && dir.alive[rows.replicaDir[slot]!] === 1;
}

/** Gives the row a leader when the present one is gone: the first usable in-sync replica, or none. */
export function ensureLeader(state: SimState, row: number): void {
  const { rows } = state;
  const current = rows.leader[row]!;
  const first = row * rows.stride;
  const last = first + rows.replicas[row]!;
  let next: number = NONE;
  for (let slot = first; slot < last; slot++) {
    if (rows.inSync[slot] === 0 || !isUsable(state, slot)) continue;
    const candidate = rows.replicaBroker[slot]!;
    if (candidate === current) return;
    if (next === NONE) next = candidate;
  }
  if (next !== current) setLeader(state, row, next);
}

function setLeader(state: SimState, row: number, next: number): void {
  const { rows } = state;
  rows.leader[row] = next;
  rows.epoch[row]!++;
  if (next !== NONE) {
    // Whatever the new leader has is the log from now on.
    const slot = findSlot(rows, row, next);
    rows.behind[slot] = 0;
  }
  metadataChanged(state);
}

/** Takes the broker out of the row's ISR; the last member stays, as in KRaft. */
export function leaveIsr(state: SimState, row: number, broker: number): void {
  const { rows } = state;
  const slot = findSlot(rows, row, broker);
  if (slot === NONE || rows.inSync[slot] === 0) return;
  if (inSyncCount(state, row) > 1) rows.inSync[slot] = 0;
  metadataChanged(state);
}

/** Puts the caught-up replica into the ISR, which may complete a reassignment. */
export function joinIsr(state: SimState, row: number, slot: number): void {
  state.rows.inSync[slot] = 1;
  metadataChanged(state);
  ensureLeader(state, row);
  completeIfDone(state, row);
}

function inSyncCount(state: SimState, row: number): number {
  const { rows } = state;
  let count = 0;
  const first = row * rows.stride;
  for (let k = 0; k < rows.replicas[row]!; k++) count += rows.inSync[first + k]!;
  return count;
}

/** Marks the replica in `slot` as not having the log from `position` on. */
export function fallBehind(state: SimState, row: number, slot: number, position: number): void {
  const { rows } = state;
  rows.behind[slot] = 1;
  rows.position[slot] = position;
  state.copyingPossible = true;
  if (rows.lagging[row] === 0) {
    rows.lagging[row] = 1;
    state.laggingRows.push(row);
  }
}

/** Calls `visit` for each replica on a broker. O(P x K). */
export function forReplicasOn(
  state: SimState,
  broker: number,
  visit: (row: number, slot: number) => void,
): void {
  for (const topic of state.topics) {
    if (!topic.alive) continue;
    for (let row = topic.start; row < topic.start + topic.count; row++) {
      const slot = findSlot(state.rows, row, broker);
      if (slot !== NONE) visit(row, slot);
    }
  }
}

/** Starts, changes or (null) cancels a reassignment. Broker ids, not indices. */
export function alterReassignment(
  state: SimState,
  row: number,
  options: { target: readonly number[] | null; allowFactorChange: boolean },
): Verdict {
  if (options.target === null) return cancelReassignment(state, row);
  const refusal = checkTarget(state, row, options.target, options.allowFactorChange);
  if (refusal !== undefined) return refusal;
  const target = options.target.map((id) => state.brokerIndex.get(id)!);
  const current = replicaBrokers(state.rows, row);
  const adding = target.filter((b) => !current.includes(b));
  const removing = current.filter((b) => !target.includes(b));
  if (sameList(target, current) && !state.reassignments.has(row)) return ACCEPTED;
  writeReplicas(state, row, [...target, ...removing]);
  if (adding.length + removing.length > 0) state.reassignments.set(row, { adding, removing });
  else state.reassignments.delete(row);
  metadataChanged(state);
  completeIfDone(state, row);
  return ACCEPTED;
}

function checkTarget(
  state: SimState,
  row: number,
  target: readonly number[],
  allowFactorChange: boolean,
): Verdict | undefined {
  const invalid = (message: string) => ({ code: KAFKA_ERRORS.invalidReplicaAssignment, message });
  if (target.length === 0) return invalid("The manual partition assignment includes an empty list");
  if (new Set(target).size < target.length) {
    return invalid(`The manual partition assignment includes a broker twice: ${target.join(", ")}`);
  }
  for (const id of target) {
    const b = state.brokerIndex.get(id);
    if (b === undefined || state.broker.status[b] === ABSENT) {
      return invalid(
        `The manual partition assignment includes broker ${id}, which is not registered`,
      );
    }
  }
  const adding = state.reassignments.get(row)?.adding.length ?? 0;
  const factor = state.rows.replicas[row]! - adding;
  if (allowFactorChange || target.length === factor) return undefined;
  return {
    code: KAFKA_ERRORS.invalidReplicationFactor,
    message: `The replication factor is changed from ${factor} to ${target.length}`,
  };
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function cancelReassignment(state: SimState, row: number): Verdict {
  const ongoing = state.reassignments.get(row);
  if (ongoing === undefined) {
    return {
      code: KAFKA_ERRORS.noReassignmentInProgress,
      message: "No partition reassignment is in progress",
    };
  }
  const { rows } = state;
  const kept = replicaBrokers(rows, row).filter((b) => !ongoing.adding.includes(b));
  if (!kept.some((b) => rows.inSync[findSlot(rows, row, b)] === 1)) {
    return {
      code: KAFKA_ERRORS.invalidReplicaAssignment,
      message: "Cancelling would leave no replica in sync",
    };
  }
  state.reassignments.delete(row);
  writeReplicas(state, row, kept);
  metadataChanged(state);
  ensureLeader(state, row);
  return ACCEPTED;
}

/** Ends the row's reassignment when every replica that stays is in sync. */
export function completeIfDone(state: SimState, row: number): void {
  const ongoing = state.reassignments.get(row);
  if (ongoing === undefined) return;
  const { rows } = state;
  const remaining = replicaBrokers(rows, row).filter((b) => !ongoing.removing.includes(b));
  if (remaining.length === 0) return;
  if (!remaining.every((b) => rows.inSync[findSlot(rows, row, b)] === 1)) return;
  state.reassignments.delete(row);
  trail(state, row);
  writeReplicas(state, row, remaining);
  const leader = rows.leader[row]!;
  metadataChanged(state);
  ensureLeader(state, row);
  // A changed list bumps the epoch even when the leader stays.
  if (rows.leader[row] === leader) rows.epoch[row]!++;
}

/** Lets metadata show the row as it is now for a while longer. */
function trail(state: SimState, row: number): void {
  const { metadataLagMs } = state.settings;
  if (metadataLagMs === 0) return;
  const view = viewOf(state, row);
  state.trailing.set(row, view);
  schedule(state, state.nowMs + metadataLagMs, (now) => {
    if (now.trailing.get(row) !== view) return;
    now.trailing.delete(row);
    metadataChanged(now);
  });
}

/** What metadata shows of the row. */
function viewOf(state: SimState, row: number): TrailingView {
  const { rows } = state;
  const replicas = replicaBrokers(rows, row);
  return {
    replicas,
    flags: replicas.map((_, k) => {
      const slot = row * rows.stride + k;
      return (rows.inSync[slot] === 1 ? IN_SYNC : 0) | (isUsable(state, slot) ? 0 : OFFLINE);
    }),
    leader: rows.leader[row]!,
    epoch: rows.epoch[row]!,
  };
}

/** Replaces the replica list. Those that stay keep their data; new ones begin empty, those that go lose theirs. */
function writeReplicas(state: SimState, row: number, list: readonly number[]): void {
  ensureRows(state, { rows: state.rows.capacity, slots: list.length });
  const { rows } = state;
  const before = replicaBrokers(rows, row).map((broker, k) => {
    const slot = row * rows.stride + k;
    const { replicaDir, inSync, behind, position } = rows;
    return {
      broker,
      dir: replicaDir[slot]!,
      inSync: inSync[slot]!,
      behind: behind[slot]!,
      position: position[slot]!,
    };
  });
  for (const old of before) {
    if (list.includes(old.broker)) continue;
    state.dir.replicaCount[old.dir]!--;
    state.futures.delete(futureKey(row, old.broker));
  }
  rows.replicas[row] = list.length;
  list.forEach((broker, k) => {
    const slot = row * rows.stride + k;
    const old = before.find((replica) => replica.broker === broker);
    rows.replicaBroker[slot] = broker;
    rows.inSync[slot] = old?.inSync ?? 0;
    rows.behind[slot] = old?.behind ?? 0;
    rows.position[slot] = old?.position ?? 0;
    rows.replicaDir[slot] = old?.dir ?? arrivalDir(state, row, broker);
    if (old === undefined) {
      fallBehind(state, row, slot, rows.produced[row]! - rows.logBytes[row]!);
    }
  });
}

/** The log dir that was asked for before the replica came, while it works; otherwise the broker's own choice. */
function arrivalDir(state: SimState, row: number, broker: number): number {
  const wanted = state.wantedDirs.get(futureKey(row, broker));
  if (wanted === undefined || state.dir.alive[wanted] === 0) return chooseLogDir(state, broker);
  state.dir.replicaCount[wanted]!++;
  return wanted;
}

/** The working log dir with the fewest replicas, as Kafka chooses; counts the new one. */
export function chooseLogDir(state: SimState, broker: number): number {
  const { dir } = state;
  let best: number = NONE;
  for (let d = state.broker.dirStart[broker]!; d < state.broker.dirStart[broker + 1]!; d++) {
    if (dir.alive[d] === 0) continue;
    if (best === NONE || dir.replicaCount[d]! < dir.replicaCount[best]!) best = d;
  }
  // With every log dir dead the broker cannot run; the replica is then offline wherever it is put.
  if (best === NONE) best = state.broker.dirStart[broker]!;
  dir.replicaCount[best]!++;
  return best;
}

/** Elects the first replica of the row. */
export function electPreferred(state: SimState, row: number): Verdict {
  const { rows } = state;
  assert(rows.replicas[row]! > 0, `Row ${row} has no replica`);
  const slot = row * rows.stride;
  const preferred = rows.replicaBroker[slot]!;
  if (rows.leader[row] === preferred) {
    return { code: KAFKA_ERRORS.electionNotNeeded, message: "Leader election is not needed" };
  }
  if (rows.inSync[slot] === 0 || !isUsable(state, slot)) {
    return {
      code: KAFKA_ERRORS.preferredLeaderNotAvailable,
      message: "The preferred leader is not available",
    };
  }
  setLeader(state, row, preferred);
  return ACCEPTED;
}

/** Ends the session of a broker that is gone: it leaves every ISR and leads nothing. */
export function fence(state: SimState, broker: number): void {
  state.broker.fenced[broker] = 1;
  forReplicasOn(state, broker, (row, slot) => {
    if (state.rows.behind[slot] === 0) fallBehind(state, row, slot, state.rows.produced[row]!);
    leaveIsr(state, row, broker);
    ensureLeader(state, row);
  });
  metadataChanged(state);
}

/** The broker is back: partitions that waited for it get a leader. */
export function unfence(state: SimState, broker: number): void {
  state.broker.fenced[broker] = 0;
  forReplicasOn(state, broker, (row) => ensureLeader(state, row));
  metadataChanged(state);
}

/** A log dir fails: its replicas are gone, leaders move. */
export function failLogDir(state: SimState, dir: number): void {
  state.dir.alive[dir] = 0;
  const { rows } = state;
  const broker = state.dir.broker[dir]!;
  for (const [key, future] of state.futures) {
    if (future.broker !== broker) continue;
    const from = rows.replicaDir[findSlot(rows, future.row, broker)];
    if (future.dir === dir || from === dir) state.futures.delete(key);
  }
  forReplicasOn(state, broker, (row, slot) => {
    if (rows.replicaDir[slot] !== dir) return;
    fallBehind(state, row, slot, rows.produced[row]! - rows.logBytes[row]!);
    leaveIsr(state, row, broker);
    ensureLeader(state, row);
  });
  metadataChanged(state);
}

/** The log dir works again, empty. A partition that had its only in-sync copy there starts with an empty log. */
export function repairLogDir(state: SimState, dir: number): void {
  state.dir.alive[dir] = 1;
  const { rows } = state;
  forReplicasOn(state, state.dir.broker[dir]!, (row, slot) => {
    if (rows.replicaDir[slot] !== dir) return;
    if (rows.inSync[slot] === 1) emptyLog(rows, row);
    ensureLeader(state, row);
  });
  metadataChanged(state);
}
