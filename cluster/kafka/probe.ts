/**
 * What the port to a cluster has no room for and a diagnosis needs: how each address answers, which requests a broker
 * is too old for, and what our user may do. Nothing here changes anything.
 *
 * @module
 */
import { ok, type Result } from "../../lib/failure.ts";
import type { CallOptions, Gateway } from "../gateway.ts";
import { type AgentReading, askAgent, type JolokiaSettings } from "../jolokia/mod.ts";
import type { TopologyBroker } from "../../model/topology.ts";
import { chooseVersion } from "./api.ts";
import { ALTER_PARTITION_REASSIGNMENTS } from "./api/alter_partition_reassignments.ts";
import { ALTER_REPLICA_LOG_DIRS } from "./api/alter_replica_log_dirs.ts";
import { CLUSTER_OPERATIONS, DESCRIBE_CLUSTER } from "./api/describe_cluster.ts";
import { DESCRIBE_CONFIGS } from "./api/describe_configs.ts";
import { DESCRIBE_LOG_DIRS } from "./api/describe_log_dirs.ts";
import { ELECT_LEADERS } from "./api/elect_leaders.ts";
import { INCREMENTAL_ALTER_CONFIGS } from "./api/incremental_alter_configs.ts";
import { LIST_GROUPS } from "./api/list_groups.ts";
import { LIST_OFFSETS } from "./api/list_offsets.ts";
import { LIST_PARTITION_REASSIGNMENTS } from "./api/list_partition_reassignments.ts";
import { METADATA, TOPIC_OPERATIONS } from "./api/metadata.ts";
import { OFFSET_FETCH } from "./api/offset_fetch.ts";
import { Link, type LinkDeps } from "./link.ts";
import { deadlineOf, type Session } from "./session.ts";
import type { Address } from "./settings.ts";

/** Requests that we send. DescribeQuorum is not among them: without it only the controller's name is missing. */
const NEEDED = [
  METADATA,
  DESCRIBE_CLUSTER,
  DESCRIBE_LOG_DIRS,
  LIST_OFFSETS,
  LIST_GROUPS,
  OFFSET_FETCH,
  DESCRIBE_CONFIGS,
  ALTER_PARTITION_REASSIGNMENTS,
  LIST_PARTITION_REASSIGNMENTS,
  ELECT_LEADERS,
  INCREMENTAL_ALTER_CONFIGS,
  ALTER_REPLICA_LOG_DIRS,
] as const;

/** An operation that an access control list can allow. */
export type Operation = "Alter" | "Describe" | "DescribeConfigs" | "AlterConfigs";

/** Bits of `org.apache.kafka.common.acl.AclOperation`, as far as we need the operations. */
const OPERATION_BITS: Readonly<Record<Operation, number>> = {
  Alter: 1 << 7,
  Describe: 1 << 8,
  DescribeConfigs: 1 << 10,
  AlterConfigs: 1 << 11,
};

/** How a broker answered. */
export interface Reached {
  /** From the first packet to an authenticated connection, ms. */
  readonly connectMs: number;
  /** Requests that the broker is too old (or too new) for, each with what it offers. */
  readonly unsupported: readonly string[];
}

/** What our user may do with one topic. */
export interface TopicPermissions {
  readonly name: string;
  readonly allowed: ReadonlySet<Operation>;
}

/** A gateway with more to say. Close the gateway at the end. */
export interface KafkaProbe {
  readonly gateway: Gateway;
  /** Addresses of `bootstrap.servers`. */
  readonly bootstrap: readonly Address[];
  /** Opens a connection of its own, and closes it. */
  reach(address: Address, options?: CallOptions): Promise<Result<Reached>>;
  /** What our user may do with the cluster. Without Describe Kafka does not tell the rest: then it is empty. */
  clusterPermissions(options?: CallOptions): Promise<Result<ReadonlySet<Operation>>>;
  /** What our user may do with the topics that it sees. */
  topicPermissions(options?: CallOptions): Promise<Result<readonly TopicPermissions[]>>;
  /** Asks a broker's agent; undefined when no agent is configured at all. */
  askAgent(broker: TopologyBroker): Promise<Result<AgentReading> | undefined>;
}

/** A probe over a session. */
export function probeOver(
  session: Session,
  options: { gateway: Gateway; linkDeps: LinkDeps; jolokia: JolokiaSettings | undefined },
): KafkaProbe {
  const { gateway, linkDeps, jolokia } = options;
  const { directory, clock } = session;
  return {
    gateway,
    bootstrap: session.settings.bootstrap,
    reach: (address, callOptions) => reach(session, address, { linkDeps, callOptions }),
    async clusterPermissions(callOptions) {
      const deadlineAtMs = deadlineOf(session, callOptions);
      const bits = await directory.askAny(CLUSTER_OPERATIONS, null, deadlineAtMs);
      return bits.ok ? ok(operationsOf(bits.value)) : bits;
    },
    async topicPermissions(callOptions) {
      const deadlineAtMs = deadlineOf(session, callOptions);
      const topics = await directory.askAny(TOPIC_OPERATIONS, { topics: null }, deadlineAtMs);
      if (!topics.ok) return topics;
      return ok(topics.value.map(({ name, operations }) => ({
        name,
        allowed: operationsOf(operations),
      })));
    },
    async askAgent(broker) {
      if (jolokia === undefined) return undefined;
      return await askAgent({ settings: jolokia, clock }, broker, jolokia.deadlineMs);
    },
  };
}

async function reach(
  session: Session,
  address: Address,
  options: { linkDeps: LinkDeps; callOptions: CallOptions | undefined },
): Promise<Result<Reached>> {
  const link = new Link(address, options.linkDeps);
  const startMs = session.clock.monotonicMs();
  const offers = await link.offers(deadlineOf(session, options.callOptions));
  const connectMs = session.clock.monotonicMs() - startMs;
  link.close("the probe has ended");
  if (!offers.ok) return offers;
  const unsupported = NEEDED.flatMap(({ key, name, versions }) => {
    const there = offers.value(key);
    if (chooseVersion({ name, versions }, there).ok) return [];
    const offered = there === undefined ? "not at all" : `${there.minVersion}-${there.maxVersion}`;
    return [`${name} ${versions.join(" or ")} (it offers ${offered})`];
  });
  return ok({ connectMs, unsupported });
}

function operationsOf(bits: number): ReadonlySet<Operation> {
  const names = Object.keys(OPERATION_BITS) as Operation[];
  return new Set(names.filter((name) => (bits & OPERATION_BITS[name]) !== 0));
}
