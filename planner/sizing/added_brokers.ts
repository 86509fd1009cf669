/**
 * Brokers that a cluster might get: of what size, on which rack; and the cluster with them.
 *
 * @module
 */
import type { ClusterInput, InputBroker } from "../../model/cluster_input.ts";
import type { PlannerSettings } from "../settings.ts";

/** What a broker to add is like. */
export interface BrokerSize {
  /** A broker of the cluster that it is like in everything else. */
  readonly like: InputBroker;
  /** cpu percent, KB/s in, KB/s out, MB. */
  readonly capacity: InputBroker["capacity"];
  /** Larger than the log dirs of `like` by this. */
  readonly dirScale: number;
}

/** A broker to add. */
export interface AddedBroker {
  /** Name of the rack; "" = a rack that the cluster does not have yet. */
  readonly rack: string;
  /** Tells new racks apart; 0 on those there are. */
  readonly newRack: number;
  readonly size: BrokerSize;
}

/** The cluster with these brokers, empty, and the request with them as if they had been there. */
export function withBrokers(
  input: ClusterInput,
  settings: PlannerSettings,
  added: readonly AddedBroker[],
): { readonly input: ClusterInput; readonly settings: PlannerSettings } {
  const first = Math.max(-1, ...input.brokers.map((broker) => broker.id)) + 1;
  const isNew = input.brokers.some((broker) => broker.state === "new");
  const brokers = added.map(({ rack, newRack, size }, i): InputBroker => ({
    ...size.like,
    id: first + i,
    host: `added broker ${first + i}`,
    rack: newRack > 0 ? `added rack ${newRack}` : rack,
    state: isNew ? "new" : "alive",
    capacity: size.capacity,
    logDirs: size.like.logDirs.map(({ path, capacityMb }) => ({
      path,
      capacityMb: capacityMb * size.dirScale,
      alive: true,
    })),
  }));
  const ids = brokers.map((broker) => broker.id);
  const and = (known: readonly number[]) => known.length > 0 ? [...known, ...ids] : known;
  return {
    input: { ...input, brokers: [...input.brokers, ...brokers] },
    settings: {
      ...settings,
      brokerIds: settings.operation === "add_broker" ? and(settings.brokerIds) : settings.brokerIds,
      destinationBrokerIds: and(settings.destinationBrokerIds),
    },
  };
}
