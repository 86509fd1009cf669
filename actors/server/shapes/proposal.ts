/**
 * Cruise Control's JSON form of a proposal.
 *
 * @module
 */
import type { Proposal } from "../../../model/proposal.ts";

/** A proposal as clients read it. */
export interface ProposalJson {
  readonly topicPartition: {
    readonly hash: number;
    readonly partition: number;
    readonly topic: string;
  };
  readonly oldLeader: number;
  readonly oldReplicas: readonly number[];
  readonly newReplicas: readonly number[];
}

/** `hashCode` of Kafka's TopicPartition: 31 * (31 + partition) + the topic's String hash, in 32 bits. */
export function topicPartitionHash(topic: string, partition: number): number {
  let hash = 0;
  for (let i = 0; i < topic.length; i++) hash = (Math.imul(31, hash) + topic.charCodeAt(i)) | 0;
  return (Math.imul(31, 31 + partition) + hash) | 0;
}

/** The proposal as clients read it. */
export function proposalJson(proposal: Proposal): ProposalJson {
  const { topic, partition } = proposal;
  return {
    topicPartition: { hash: topicPartitionHash(topic, partition), partition, topic },
    oldLeader: proposal.oldLeader,
    oldReplicas: proposal.oldReplicas.map((placement) => placement.brokerId),
    newReplicas: proposal.newReplicas.map((placement) => placement.brokerId),
  };
}

/** The proposal in plain text: `{topic-0, oldLeader: 1, [1, 2] -> [2, 1]}`. */
export function proposalText(proposal: ProposalJson): string {
  const { topic, partition } = proposal.topicPartition;
  return `{${topic}-${partition}, oldLeader: ${proposal.oldLeader}, [${
    proposal.oldReplicas.join(", ")
  }] -> [${proposal.newReplicas.join(", ")}]}`;
}
