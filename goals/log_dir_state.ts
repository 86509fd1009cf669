/**
 * Which log dir every replica is on, beside the model: the search decides between brokers, and log dirs are chosen
 * when it is done.
 *
 * ```
 * array   type          length           index            value
 * dirOf   Int16Array    R                replica          log dir of its broker, -1 = not chosen or not known
 * used    number[][]    B x log dirs     broker, log dir  MB of the replicas on it
 * count   number[][]    B x log dirs     broker, log dir  replicas on it
 * ```
 *
 * @module
 */
import { AXIS_COUNT, AXIS_DISK, type ClusterModel } from "../model/cluster_model.ts";

/** See the table above. */
export class LogDirState {
  readonly dirOf: Int16Array;
  readonly used: readonly number[][];
  readonly count: readonly number[][];
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

  /** Puts every replica where it is in the real cluster. O(R). */
  reset(): void {
    const { model, used, count } = this;
    for (const table of [used, count]) for (const row of table) row.fill(0);
    this.dirOf.set(model.input.replicaLogDir);
    for (let r = 0; r < model.replicaCount; r++) {
      const dir = this.dirOf[r]!;
      if (dir >= 0) this.#add(r, model.home[r]!, { dir, sign: 1 });
    }
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
  }

  /** Puts the replica on a log dir of its broker. */
  enter(replica: number, broker: number, dir: number): void {
    this.dirOf[replica] = dir;
    this.#add(replica, broker, { dir, sign: 1 });
  }

  /** MB of a replica. */
  mb(replica: number): number {
    return this.model.loads[this.model.row[replica]! * AXIS_COUNT + AXIS_DISK]!;
  }

  /** MB by broker and log dir in the real cluster. O(R). */
  usedAtHome(): number[][] {
    const { input, replicaCount, home } = this.model;
    const used = input.brokers.map((broker) => broker.logDirs.map(() => 0));
    for (let r = 0; r < replicaCount; r++) {
      const dir = input.replicaLogDir[r]!;
      if (dir >= 0) used[home[r]!]![dir]! += this.mb(r);
    }
    return used;
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

  #add(replica: number, broker: number, change: { dir: number; sign: number }): void {
    this.used[broker]![change.dir]! += change.sign * this.mb(replica);
    this.count[broker]![change.dir]! += change.sign;
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
