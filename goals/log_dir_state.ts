/**
 * Which log dir every replica is on, beside the model: the search decides between brokers, and log dirs are chosen
 * when it is done.
 *
 * ```
 * array   type          length           index            value
 * dirOf   Int16Array    R                replica          log dir of its broker, -1 = not chosen or not known
 * used    number[][]    B x log dirs     broker, log dir  MB of the replicas on it
 * count   number[][]    B x log dirs     broker, log dir  replicas on it
 * usedIn  number[][][]  B x log dirs x W ... and window   MB of the replicas on it, where limits hold in each window
 * ```
 *
 * @module
 */
import { AXIS_COUNT, AXIS_DISK, type ClusterModel } from "../model/cluster_model.ts";

/** Sizes of replicas by window of time. */
export interface DirWindows {
  readonly count: number;
  /** MB of a replica in a window. */
  mb(replica: number, window: number): number;
}

/** Replicas that would come to a log dir and leave it. */
export interface DirChange {
  readonly enters?: number;
  readonly leaves?: number;
}

/** See the table above. */
export class LogDirState {
  readonly dirOf: Int16Array;
  readonly used: readonly number[][];
  readonly count: readonly number[][];
  #usedIn: readonly (readonly number[][])[] = [];
  #windows: DirWindows | undefined;
  /** Whether all is as after a reset, and what log dirs held then. */
  #isReset = false;
  #usedAtHome: readonly (readonly number[])[] = [];
  /** By replica, 1 = its log dir at home is demoted; undefined where none is. */
  readonly #demoted: Uint8Array | undefined;

  constructor(readonly model: ClusterModel) {
    const { input } = model;
    this.dirOf = input.replicaLogDir.slice();
    const zeros = () => input.brokers.map((broker) => broker.logDirs.map(() => 0));
    this.used = zeros();
    this.count = zeros();
    this.#demoted = demotedAtHome(model);
    this.reset();
  }

  /** Has limits hold in each of the windows from now on; see {@link mostWith}. */
  holdIn(windows: DirWindows): void {
    this.#windows = windows;
    this.#isReset = false;
    this.#usedIn = this.model.input.brokers.map((broker) =>
      broker.logDirs.map(() => new Array<number>(windows.count).fill(0))
    );
    this.reset();
  }

  /** Whether windows count for what log dirs hold at most. */
  get countsWindows(): boolean {
    return this.#windows !== undefined;
  }

  /** Most MB that a log dir holds in any window after the change; the usual MB where windows do not count. O(W). */
  mostWith(broker: number, dir: number, { enters = -1, leaves = -1 }: DirChange = {}): number {
    const enteredMb = enters < 0 ? 0 : this.mb(enters);
    const usual = this.used[broker]![dir]! + (enteredMb - (leaves < 0 ? 0 : this.mb(leaves)));
    const windows = this.#windows;
    if (windows === undefined) return usual;
    const mbIn = (replica: number, w: number) => replica < 0 ? 0 : windows.mb(replica, w);
    return this.#usedIn[broker]![dir]!.reduce(
      (most, used, w) => Math.max(most, used + (mbIn(enters, w) - mbIn(leaves, w))),
      usual,
    );
  }

  /** Puts every replica where it is in the real cluster. O(R). */
  reset(): void {
    if (this.#isReset) return;
    const { model } = this;
    this.#clear();
    this.dirOf.set(model.input.replicaLogDir);
    for (let r = 0; r < model.replicaCount; r++) {
      const dir = this.dirOf[r]!;
      if (dir >= 0) this.#add(r, model.home[r]!, { dir, sign: 1 });
    }
    this.#isReset = true;
    this.#usedAtHome = this.used.map((dirs) => dirs.slice());
  }

  /** Whether the replica stays on its broker and changes its log dir. */
  changesDir(replica: number): boolean {
    const { broker, home, input } = this.model;
    return broker[replica] === home[replica] &&
      this.dirOf[replica] !== input.replicaLogDir[replica];
  }

  /** Whether the replica is on a log dir that is to lead nothing. */
  isDemoted(replica: number): boolean {
    if (this.#demoted === undefined || this.#demoted[replica] === 0) return false;
    return this.model.broker[replica] === this.model.home[replica];
  }

  /** Takes the replica off the log dir that it is on. */
  leave(replica: number, broker: number): void {
    const dir = this.dirOf[replica]!;
    if (dir >= 0) this.#add(replica, broker, { dir, sign: -1 });
    this.dirOf[replica] = -1;
    this.#isReset = false;
  }

  /** Puts the replica on a log dir of its broker. */
  enter(replica: number, broker: number, dir: number): void {
    this.dirOf[replica] = dir;
    this.#isReset = false;
    this.#add(replica, broker, { dir, sign: 1 });
  }

  /** MB of a replica. */
  mb(replica: number): number {
    return this.model.loads[this.model.row[replica]! * AXIS_COUNT + AXIS_DISK]!;
  }

  /** MB by broker and log dir in the real cluster. */
  get usedAtHome(): readonly (readonly number[])[] {
    return this.#usedAtHome;
  }

  /** Whether replicas may be on it: alive, and not to be removed. */
  isUsable(broker: number, dir: number): boolean {
    const { alive, capacityMb } = this.model.input.brokers[broker]!.logDirs[dir]!;
    return alive && capacityMb > 0;
  }

  /** MB of a broker by MB of its usable log dirs. */
  meanUse(broker: number): number {
    let used = 0;
    let capacity = 0;
    for (const [dir, { capacityMb }] of this.model.input.brokers[broker]!.logDirs.entries()) {
      if (!this.isUsable(broker, dir)) continue;
      used += this.used[broker]![dir]!;
      capacity += capacityMb;
    }
    return capacity > 0 ? used / capacity : 0;
  }

  /** Adds everything up anew: what moves round away must not decide whether a limit is kept. O(R). */
  refresh(): void {
    const { model } = this;
    this.#isReset = false;
    this.#clear();
    for (let r = 0; r < model.replicaCount; r++) {
      const dir = this.dirOf[r]!;
      if (dir >= 0) this.#add(r, model.broker[r]!, { dir, sign: 1 });
    }
  }

  #clear(): void {
    for (const table of [this.used, this.count]) for (const row of table) row.fill(0);
    for (const rows of this.#usedIn) for (const row of rows) row.fill(0);
  }

  #add(replica: number, broker: number, { dir, sign }: { dir: number; sign: number }): void {
    this.used[broker]![dir]! += sign * this.mb(replica);
    this.count[broker]![dir]! += sign;
    const windows = this.#windows;
    if (windows === undefined) return;
    const row = this.#usedIn[broker]![dir]!;
    for (let w = 0; w < row.length; w++) row[w]! += sign * windows.mb(replica, w);
  }
}

function demotedAtHome({ input, home, replicaCount }: ClusterModel): Uint8Array | undefined {
  if (!input.brokers.some(({ logDirs }) => logDirs.some((dir) => dir.demoted))) return undefined;
  const demoted = new Uint8Array(replicaCount);
  for (let r = 0; r < replicaCount; r++) {
    const dir = input.brokers[home[r]!]!.logDirs[input.replicaLogDir[r]!];
    if (dir?.demoted === true) demoted[r] = 1;
  }
  return demoted;
}

/** The state of a cluster with log dirs, undefined where none are modelled. */
export function logDirState(model: ClusterModel): LogDirState | undefined {
  const { brokers } = model.input;
  return brokers.some((broker) => broker.logDirs.length > 0) ? new LogDirState(model) : undefined;
}
