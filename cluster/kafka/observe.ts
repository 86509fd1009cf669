/**
 * The cluster's metadata as a {@link Topology}: Metadata for topics and live brokers, DescribeCluster for fenced ones,
 * DescribeQuorum for the controller, all three through one broker at once.
 *
 * @module
 */
import { withDeadline } from "../../lib/clock.ts";
import { ok, type Result } from "../../lib/failure.ts";
import {
  buildTopology,
  sameTopology,
  type Topology,
  type TopologyBroker,
} from "../../model/topology.ts";
import type { CallOptions } from "../gateway.ts";
import { DESCRIBE_CLUSTER, type DescribeClusterAnswer } from "./api/describe_cluster.ts";
import { DESCRIBE_QUORUM, type DescribeQuorumAnswer } from "./api/describe_quorum.ts";
import { METADATA, type MetadataAnswer } from "./api/metadata.ts";
import { kafkaFailure } from "./error_codes.ts";
import type { Link } from "./link.ts";
import { checked, deadlineOf, type Session } from "./session.ts";

/** Reads topologies and counts their generations. */
export interface Observer {
  observe(options?: CallOptions): Promise<Result<Topology>>;
}

interface Seen {
  readonly metadata: MetadataAnswer;
  readonly cluster: DescribeClusterAnswer;
  /** Undefined when the controller did not answer in time. */
  readonly controllerId: number | undefined;
}

/** Time that the rest of the metadata waits for the controller's name, which a hanging controller does not give. */
const CONTROLLER_GRACE_MS = 200;

/** An observer that starts at generation 1. */
export function createObserver(session: Session): Observer {
  let last: Topology | undefined;
  const whoControls = createControllerQuestion(session);
  return {
    async observe(options) {
      const deadlineAtMs = deadlineOf(session, options);
      const seen = await session.directory.ask("own", async (link) => {
        const controller = whoControls(link, deadlineAtMs);
        const described = await lookThrough(link, deadlineAtMs);
        if (!described.ok) return described;
        const graceMs = Math.min(deadlineAtMs, session.clock.nowMs() + CONTROLLER_GRACE_MS);
        const named = await withDeadline(session.clock, graceMs, controller);
        const controllerId = named.inTime
          ? controllerOf(described.value.cluster, named.value)
          : undefined;
        return ok({ ...described.value, controllerId });
      });
      if (!seen.ok) return seen;
      const { topology, skippedTopics } = assemble(session, seen.value, last);
      if (skippedTopics.length > 0) {
        session.log.debug("Left out topics that are being created or deleted", {
          topics: skippedTopics.slice(0, 10).join(", "),
          count: skippedTopics.length,
        });
      }
      last = last !== undefined && sameTopology(topology, last)
        ? { ...topology, generation: last.generation }
        : topology;
      session.directory.learn(last.brokers);
      return ok(last);
    },
  };
}

async function lookThrough(
  link: Link,
  deadlineAtMs: number,
): Promise<Result<Omit<Seen, "controllerId">>> {
  const [metadata, described] = await Promise.all([
    link.call(METADATA, { topics: null }, deadlineAtMs),
    link.call(DESCRIBE_CLUSTER, null, deadlineAtMs),
  ]);
  if (!metadata.result.ok) return metadata.result;
  const cluster = checked(
    described.result,
    (answer) =>
      answer.errorCode === 0
        ? undefined
        : kafkaFailure(answer.errorCode, "Cannot describe the cluster", {
          message: answer.errorMessage,
        }),
  );
  if (!cluster.ok) return cluster;
  return ok({ metadata: metadata.result.value, cluster: cluster.value });
}

type Quorum = Result<DescribeQuorumAnswer>;

/** Asks for the controller through the broker of `link`; a question that still waits there is not asked again. */
function createControllerQuestion(
  session: Session,
): (link: Link, deadlineAtMs: number) => Promise<Quorum> {
  const waiting = new Map<string, Promise<Quorum>>();
  return (link, deadlineAtMs) => {
    const already = waiting.get(link.text);
    if (already !== undefined) return already;
    const asked = session.directory.linkTo(link.address, "controller")
      .call(DESCRIBE_QUORUM, null, deadlineAtMs)
      .then(({ result }) => result)
      .finally(() => waiting.delete(link.text));
    waiting.set(link.text, asked);
    return asked;
  };
}

/**
 * The quorum names the controller; under ZooKeeper there is no quorum and DescribeCluster names it. Undefined when
 * nobody said.
 */
function controllerOf(cluster: DescribeClusterAnswer, quorum: Quorum): number | undefined {
  if (quorum.ok) return quorum.value.errorCode === 0 ? quorum.value.leaderId : undefined;
  return quorum.failure.code === "unsupported_version" ? cluster.controllerId : undefined;
}

function assemble(session: Session, seen: Seen, last: Topology | undefined) {
  const topics = seen.metadata.topics.filter((topic) =>
    topic.name !== "" && topic.partitions.length > 0
  );
  return buildTopology({
    generation: (last?.generation ?? 0) + 1,
    observedAtMs: session.clock.nowMs(),
    clusterId: seen.cluster.clusterId,
    // Silence does not mean that it has changed.
    controllerId: seen.controllerId ?? last?.controllerId ?? -1,
    brokers: brokersOf(seen, topics, last),
  }, topics);
}

/**
 * Live brokers from Metadata, fenced ones from DescribeCluster. Before Kafka 4.0 nothing lists fenced brokers: those
 * that still have replicas are added, with the address and rack that they had when last seen.
 */
function brokersOf(
  seen: Seen,
  topics: readonly { readonly partitions: readonly { readonly replicas: readonly number[] }[] }[],
  last: Topology | undefined,
): TopologyBroker[] {
  const brokers = new Map<number, TopologyBroker>();
  for (const { id, host, port, rack } of seen.metadata.brokers) {
    brokers.set(id, { id, host, port, rack, alive: true });
  }
  for (const { id, host, port, rack } of seen.cluster.brokers) {
    // Only fenced ones are missing in Metadata; a broker that was fenced between the two answers counts as fenced.
    if (!brokers.has(id)) brokers.set(id, { id, host, port, rack, alive: false });
  }
  const before = new Map(last?.brokers.map((broker) => [broker.id, broker]));
  for (const topic of topics) {
    for (const partition of topic.partitions) {
      for (const id of partition.replicas) {
        if (brokers.has(id)) continue;
        const known = before.get(id) ?? { id, host: "", port: -1, rack: undefined };
        brokers.set(id, { ...known, alive: false });
      }
    }
  }
  return [...brokers.values()];
}
