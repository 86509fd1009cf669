/**
 * Whether a plan keeps to the brokers that its request leaves out, from what it changes alone.
 *
 * @module
 */
import type { InputBroker } from "../../model/cluster_input.ts";
import type { Change } from "./prefixes.ts";
import type { ExcludedBrokers } from "./tally.ts";

/** Brokers that a request leaves out, or asks for. */
export interface BrokerRules extends ExcludedBrokers {
  /** When not empty, only these brokers may receive replicas, and exclusions are not asked of what they receive. */
  readonly destinationBrokerIds?: readonly number[];
}

/** A sentence for each replica and each leadership that goes where it may not. */
export function ruleProblems(
  changes: readonly Change[],
  brokers: readonly InputBroker[],
  rules: BrokerRules,
): string[] {
  const { destinationBrokerIds: wanted = [], excludedForReplicaMove: closed = [] } = rules;
  const { excludedForLeadership: following = [] } = rules;
  const idOf = (broker: number) => brokers[broker]!.id;
  return changes.flatMap(({ was, is }) => {
    const name = `${is.topic}-${is.partition}`;
    const had = was.replicas.map((replica) => replica.broker);
    const added = is.replicas.map((replica) => replica.broker).filter((b) => !had.includes(b));
    const isOut = (id: number) => wanted.length > 0 ? !wanted.includes(id) : closed.includes(id);
    const moves = added.map(idOf).filter(isOut).map((id) =>
      `${name} would go to broker ${id}, which may receive nothing`
    );
    const leads = is.leader !== was.leader && following.includes(idOf(is.leader)) &&
      (wanted.length === 0 || had.includes(is.leader));
    return leads
      ? [...moves, `${name} would be led by broker ${idOf(is.leader)}, which is excluded from it`]
      : moves;
  });
}
