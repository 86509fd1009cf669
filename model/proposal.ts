/**
 * A proposal: the net change of one partition, as the planner hands it to the executor.
 * Meaning of the members as in Cruise Control's ExecutionProposal.
 *
 * @module
 */

/** Where one replica lives. `logDir` only where the plan speaks of log dirs. */
export interface Placement {
  readonly brokerId: number;
  readonly logDir?: string;
}

/** Why the planner moved something: the goal that asked, and the broker left and entered. */
export interface ProposalReason {
  readonly goal: string;
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

/** The net change of one partition. */
export interface Proposal {
  readonly topic: string;
  readonly partition: number;
  /** Size of one replica, MB. */
  readonly sizeMb: number;
  /** Broker id of the leader when the plan was made, -1 when none. */
  readonly oldLeader: number;
  /** In Kafka's order. */
  readonly oldReplicas: readonly Placement[];
  /** In the wanted order: the first is the leader afterwards. */
  readonly newReplicas: readonly Placement[];
  readonly reasons: readonly ProposalReason[];
}

/** Replicas that land on a broker where the partition was not. */
export function replicasToAdd(proposal: Proposal): Placement[] {
  return proposal.newReplicas.filter((next) =>
    !proposal.oldReplicas.some((old) => old.brokerId === next.brokerId)
  );
}

/** Replicas on brokers that the partition leaves. */
export function replicasToRemove(proposal: Proposal): Placement[] {
  return proposal.oldReplicas.filter((old) =>
    !proposal.newReplicas.some((next) => next.brokerId === old.brokerId)
  );
}

/** Replicas that stay on their broker and change the log dir. */
export function diskMoves(proposal: Proposal): Placement[] {
  return proposal.newReplicas.filter((next) => {
    const old = proposal.oldReplicas.find((candidate) => candidate.brokerId === next.brokerId);
    return old !== undefined && next.logDir !== undefined && old.logDir !== next.logDir;
  });
}

/** MB that Kafka has to copy between brokers for this proposal. */
export function mbToMove(proposal: Proposal): number {
  return replicasToAdd(proposal).length * proposal.sizeMb;
}
