/**
 * Proposals that wait for others, by the brokers that they change.
 *
 * @module
 */
import type { ClusterModel } from "../../model/cluster_model.ts";
import { changesReplica } from "./sums.ts";

/** Proposals looked at around one broker, and around several. */
const AROUND_BROKER = 24;
const AROUND_MAX = 128;

/** See the file's head. */
export class Waiting {
  readonly #model: ClusterModel;
  /** In the order in which they came. */
  readonly #all: Set<number>;
  readonly #byBroker = new Map<number, Set<number>>();

  constructor(model: ClusterModel, proposals: Iterable<number>) {
    this.#model = model;
    this.#all = new Set(proposals);
    for (const p of this.#all) {
      for (const b of this.brokersOf(p)) {
        const around = this.#byBroker.get(b);
        if (around === undefined) this.#byBroker.set(b, new Set([p]));
        else around.add(p);
      }
    }
  }

  get size(): number {
    return this.#all.size;
  }

  /** The one that waits longest; there must be one. */
  first(): number {
    return this.#all.values().next().value!;
  }

  remove(p: number): void {
    this.#all.delete(p);
    for (const b of this.brokersOf(p)) this.#byBroker.get(b)!.delete(p);
  }

  /** Some that change any of these brokers, each once. */
  around(brokers: Int32Array): Set<number> {
    const found = new Set<number>();
    for (const b of brokers) {
      if (found.size >= AROUND_MAX) break;
      let looked = 0;
      for (const p of this.#byBroker.get(b) ?? []) {
        found.add(p);
        if (++looked >= AROUND_BROKER) break;
      }
    }
    return found;
  }

  /** Brokers that a proposal changes. */
  brokersOf(p: number): Set<number> {
    const { replicaStart, home, broker } = this.#model;
    const brokers = new Set<number>();
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      if (!changesReplica(this.#model, p, r)) continue;
      brokers.add(home[r]!).add(broker[r]!);
    }
    return brokers;
  }
}
