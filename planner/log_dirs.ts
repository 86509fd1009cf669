/**
 * Chooses log dirs for replicas that arrive on brokers with several.
 *
 * @module
 */
import { AXIS_COUNT, AXIS_DISK, type ClusterModel } from "../model/cluster_model.ts";
import type { Placement } from "../model/proposal.ts";

/** Hands out the alive log dir with most room, counting what it has handed out. */
export class LogDirChooser {
  readonly #model: ClusterModel;
  /** Free MB by broker and log dir; -Infinity for a dead one. */
  readonly #free: number[][];

  constructor(model: ClusterModel) {
    this.#model = model;
    this.#free = model.input.brokers.map((broker) =>
      broker.logDirs.map((dir) => (dir.alive ? dir.capacityMb : -Infinity))
    );
    for (let r = 0; r < model.replicaCount; r++) {
      const dir = model.input.replicaLogDir[r]!;
      // What leaves makes no room before it has left: a log dir must hold both for a while.
      if (dir >= 0) this.#free[model.home[r]!]![dir]! -= this.#mb(r);
    }
  }

  /** Where a replica lives: its own log dir at home, the roomiest one elsewhere. */
  placementOf(replica: number, broker: number): Placement {
    const { input, home } = this.#model;
    const { id, logDirs } = input.brokers[broker]!;
    if (logDirs.length === 0) return { brokerId: id };
    if (home[replica] === broker) {
      const own = logDirs[input.replicaLogDir[replica]!];
      return own === undefined ? { brokerId: id } : { brokerId: id, logDir: own.path };
    }
    const free = this.#free[broker]!;
    let best = 0;
    for (let d = 1; d < free.length; d++) if (free[d]! > free[best]!) best = d;
    free[best]! -= this.#mb(replica);
    return { brokerId: id, logDir: logDirs[best]!.path };
  }

  #mb(replica: number): number {
    return this.#model.loads[this.#model.row[replica]! * AXIS_COUNT + AXIS_DISK]!;
  }
}
