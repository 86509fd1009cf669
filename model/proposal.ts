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
  /** What is measured: what the goal is about, disk for goals that measure nothing. Absent when both are one broker. */
  readonly metric?: Metric;
  readonly figures?: MoveFigures;
}

/**
 * What a proposal changes on the broker that is left and on the one that is entered, once all proposals before it in
 * the plan have been carried out; of a proposal that a plan takes over from the one before it in the same process, as
 * they were in that one. Whole numbers from 1000 on, else three digits behind the point.
 */
export type MoveFigures = readonly [
  fromBefore: number,
  fromAfter: number,
  toBefore: number,
  toAfter: number,
];

/** What figures are of, by the name that files have, with word and unit for people. */
export const METRICS = {
  disk: { word: "disk", unit: " MB" },
  nwIn: { word: "bytes in", unit: " KB/s" },
  cpu: { word: "cpu", unit: " %" },
  replicas: { word: "replicas", unit: "" },
  potentialNwOut: { word: "potential bytes out", unit: " KB/s" },
  nwOut: { word: "bytes out", unit: " KB/s" },
  leaders: { word: "leaders", unit: "" },
  leaderNwIn: { word: "bytes in of leaders", unit: " KB/s" },
  topicReplicas: { word: "replicas of the topic", unit: "" },
  rackReplicas: { word: "replicas of the partition on the rack", unit: "" },
} as const;

/** One of the names of {@link METRICS}. */
export type Metric = keyof typeof METRICS;

/** The net change of one partition. */
export interface Proposal {
  readonly topic: string;
  readonly partition: number;
  /** Size of one replica, MB; of those that come to a broker, on average, where they differ. */
  readonly sizeMb: number;
  /** Broker id of the leader when the plan was made, -1 when none. */
  readonly oldLeader: number;
  /** In Kafka's order. */
  readonly oldReplicas: readonly Placement[];
  /** In the wanted order: the first is the leader afterwards. */
  readonly newReplicas: readonly Placement[];
  readonly reasons: readonly ProposalReason[];
  /**
   * Proposals that follow each other with the same number fit together only: the plan keeps its limits before the
   * first and after the last of them. Absent for a proposal that stands by itself.
   */
  readonly group?: number;
}

/** Proposals in the order to carry them out: a plain list, or what makes each when it is asked for. */
export interface Proposals<T = Proposal> extends Iterable<T> {
  readonly length: number;
  at(index: number): T | undefined;
  slice(from?: number, to?: number): T[];
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
export function mbToMove({ oldReplicas, newReplicas, sizeMb }: Proposal): number {
  let added = 0;
  for (let i = 0; i < newReplicas.length; i++) {
    const { brokerId } = newReplicas[i]!;
    let k = 0;
    while (k < oldReplicas.length && oldReplicas[k]!.brokerId !== brokerId) k++;
    if (k === oldReplicas.length) added++;
  }
  return added * sizeMb;
}
