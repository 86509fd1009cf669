/**
 * Cruise Control's loads of partitions, the answer of `partition_load`.
 *
 * @module
 */
import type { PartitionLoad } from "../../../messages/analyzer.ts";

/** One partition. `cpu` percent of a core, `disk` MB, rates KB/s, `msg_in` messages/s. */
export interface PartitionRecord {
  readonly topic: string;
  readonly partition: number;
  readonly leader: number;
  readonly followers: readonly number[];
  readonly cpu: number;
  readonly disk: number;
  readonly networkInbound: number;
  readonly networkOutbound: number;
  readonly msg_in: number;
}

/** The loads, in the order given. Figures that are not known are 0 here; the text form says "unknown". */
export function partitionLoadJson(
  loads: readonly PartitionLoad[],
): { readonly records: readonly PartitionRecord[] } {
  const known = (value: number) => Number.isFinite(value) ? value : 0;
  return {
    records: loads.map((load) => ({
      topic: load.topic,
      partition: load.partition,
      leader: load.leader,
      followers: load.followers,
      cpu: known(load.cpu),
      disk: known(load.disk),
      networkInbound: known(load.nwIn),
      networkOutbound: known(load.nwOut),
      msg_in: known(load.messagesIn),
    })),
  };
}
