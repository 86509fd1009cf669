/**
 * Reassignments, preferred elections and moves between log dirs.
 *
 * @module
 */
import { sleepUntil } from "../../lib/clock.ts";
import { ok, type Result } from "../../lib/failure.ts";
import type { OngoingReassignment } from "../../model/readings.ts";
import type {
  CallOptions,
  LogDirOutcome,
  LogDirTarget,
  PartitionOutcome,
  ReassignmentTarget,
} from "../gateway.ts";
import {
  ALTER_PARTITION_REASSIGNMENTS,
  type AlterPartitionReassignmentsRequest,
} from "./api/alter_partition_reassignments.ts";
import { ALTER_REPLICA_LOG_DIRS } from "./api/alter_replica_log_dirs.ts";
import { ELECT_LEADERS } from "./api/elect_leaders.ts";
import { LIST_PARTITION_REASSIGNMENTS } from "./api/list_partition_reassignments.ts";
import { METADATA } from "./api/metadata.ts";
import type { PartitionResult } from "./api/partition_results.ts";
import {
  codeOfFailure,
  INVALID_REPLICATION_FACTOR,
  kafkaFailure,
  shownMessage,
  UNKNOWN_SERVER_ERROR,
} from "./error_codes.ts";
import { allFailed, byTopic, groupBy } from "./fan_out.ts";
import { checked, deadlineOf, failed, type Session, timeLeftMs } from "./session.ts";

/** Partitions in one request. The controller refuses more than about 10,000 records; a partition takes several. */
const PARTITIONS_PER_REQUEST = 1250;

/** Only version 1 lets Kafka itself refuse a changed replica count. */
const ALTER_STRICTLY = { ...ALTER_PARTITION_REASSIGNMENTS, versions: [1] };

/** Looks at a changed replica count before it is believed, and the time between two: 29 ms of lag were measured. */
const COUNT_LOOKS = 3;
const METADATA_LAG_MS = 200;

/** A partition by name. */
export type Partition = { readonly topic: string; readonly partition: number };

const partitionKey = (one: Partition) => `${one.topic} ${one.partition}`;

/** Submits or cancels; outcomes are in the order of the targets. */
export async function alterReassignments(
  session: Session,
  targets: readonly ReassignmentTarget[],
  options: (CallOptions & { readonly allowReplicationFactorChange?: boolean }) | undefined,
): Promise<Result<PartitionOutcome[]>> {
  const deadlineAtMs = deadlineOf(session, options);
  const allow = options?.allowReplicationFactorChange ?? false;
  const outcomes: PartitionOutcome[] = [];
  for (let i = 0; i < targets.length; i += PARTITIONS_PER_REQUEST) {
    const batch = targets.slice(i, i + PARTITIONS_PER_REQUEST);
    const answered = await submit(session, batch, allow, deadlineAtMs);
    if (!answered.ok) return answered;
    outcomes.push(...answered.value);
  }
  return ok(outcomes);
}

async function submit(
  session: Session,
  targets: readonly ReassignmentTarget[],
  allow: boolean,
  deadlineAtMs: number,
): Promise<Result<PartitionOutcome[]>> {
  const { directory } = session;
  const request = (wanted: readonly ReassignmentTarget[]): AlterPartitionReassignmentsRequest => ({
    timeoutMs: timeLeftMs(session, deadlineAtMs),
    allowReplicationFactorChange: allow,
    topics: [...groupBy(wanted, (target) => target.topic)].map(([name, group]) => ({
      name,
      partitions: group.map(({ partition, replicas }) => ({ partition, replicas })),
    })),
  });
  const api = allow ? ALTER_PARTITION_REASSIGNMENTS : ALTER_STRICTLY;
  let sent = await directory.tell(api, request(targets), deadlineAtMs);
  let refused: ReadonlySet<string> = new Set();
  if (!sent.ok && sent.failure.code === "unsupported_version" && !allow) {
    const changed = await withChangedCount(session, targets, deadlineAtMs);
    if (!changed.ok) return changed;
    refused = new Set(changed.value.map(partitionKey));
    const rest = targets.filter((target) => !refused.has(partitionKey(target)));
    sent = rest.length === 0
      ? ok({ errorCode: 0, errorMessage: undefined, results: [] })
      : await directory.tell(ALTER_PARTITION_REASSIGNMENTS, request(rest), deadlineAtMs);
  }
  const answer = checked(
    sent,
    ({ errorCode, errorMessage }) =>
      errorCode === 0 ? undefined : kafkaFailure(errorCode, "Cannot alter reassignments", {
        message: errorMessage,
        permission: "Alter on the cluster",
      }),
  );
  if (!answer.ok) return answer;
  return ok(outcomesOf(targets, answer.value.results, refused));
}

/**
 * Targets whose list is longer or shorter than the replicas that the partition has apart from an ongoing move. The
 * brokers' metadata shows the end of a move some time after the controller's list does, so a difference counts only
 * when it stays.
 */
async function withChangedCount(
  session: Session,
  targets: readonly ReassignmentTarget[],
  deadlineAtMs: number,
): Promise<Result<readonly ReassignmentTarget[]>> {
  let changed = targets;
  for (let look = 0; look < COUNT_LOOKS && changed.length > 0; look++) {
    if (look > 0) await sleepUntil(session.clock, session.clock.nowMs() + METADATA_LAG_MS);
    const counts = await replicaCounts(session, changed, deadlineAtMs);
    if (!counts.ok) return counts;
    changed = changed.filter(({ replicas, ...partition }) => {
      const count = counts.value.get(partitionKey(partition));
      // An empty list and an unknown partition have errors of their own, which Kafka gives.
      return replicas !== null && replicas.length > 0 && count !== undefined &&
        count !== replicas.length;
    });
  }
  return ok(changed);
}

/** Replicas of each partition of the targets' topics, those that are only being added left out. */
async function replicaCounts(
  session: Session,
  targets: readonly ReassignmentTarget[],
  deadlineAtMs: number,
): Promise<Result<Map<string, number>>> {
  const topics = [...new Set(targets.map((target) => target.topic))];
  const [metadata, ongoing] = await Promise.all([
    session.directory.askAny(METADATA, { topics }, deadlineAtMs),
    listReassignments(session, { deadlineMs: timeLeftMs(session, deadlineAtMs) }),
  ]);
  if (!metadata.ok) return metadata;
  if (!ongoing.ok) return ongoing;
  const adding = new Map(ongoing.value.map((one) => [partitionKey(one), one.adding.length]));
  const counts = new Map<string, number>();
  for (const { name, partitions } of metadata.value.topics) {
    for (const { partition, replicas } of partitions) {
      const key = partitionKey({ topic: name, partition });
      counts.set(key, replicas.length - (adding.get(key) ?? 0));
    }
  }
  return ok(counts);
}

function outcomesOf(
  partitions: readonly Partition[],
  results: readonly PartitionResult[],
  refused: ReadonlySet<string> = new Set(),
): PartitionOutcome[] {
  const byKey = new Map(results.map((result) => [partitionKey(result), result]));
  return partitions.map(({ topic, partition }) => {
    const key = partitionKey({ topic, partition });
    if (refused.has(key)) {
      const errorMessage = "The replica count must stay as it is";
      return { topic, partition, errorCode: INVALID_REPLICATION_FACTOR, errorMessage };
    }
    const result = byKey.get(key);
    if (result === undefined) {
      const errorMessage = "Kafka did not answer for this partition";
      return { topic, partition, errorCode: UNKNOWN_SERVER_ERROR, errorMessage };
    }
    const { errorCode } = result;
    const errorMessage = errorCode === 0 ? undefined : shownMessage(errorCode, result.errorMessage);
    return { topic, partition, errorCode, errorMessage };
  });
}

/** All ongoing reassignments. */
export async function listReassignments(
  session: Session,
  options: CallOptions | undefined,
): Promise<Result<OngoingReassignment[]>> {
  const deadlineAtMs = deadlineOf(session, options);
  const listed = await session.directory.ask("controller", async (link) => {
    const request = { timeoutMs: timeLeftMs(session, deadlineAtMs), topics: null };
    const { result } = await link.call(LIST_PARTITION_REASSIGNMENTS, request, deadlineAtMs);
    return checked(
      result,
      ({ errorCode, errorMessage }) =>
        errorCode === 0 ? undefined : kafkaFailure(errorCode, "Cannot list reassignments", {
          message: errorMessage,
          permission: "Describe on the cluster",
        }),
    );
  });
  return listed.ok ? ok([...listed.value.reassignments]) : listed;
}

/** Preferred elections; outcomes are in the order of the partitions, 84 where the leader is the preferred one already. */
export async function electPreferredLeaders(
  session: Session,
  partitions: readonly Partition[],
  options: CallOptions | undefined,
): Promise<Result<PartitionOutcome[]>> {
  if (partitions.length === 0) return ok([]);
  const deadlineAtMs = deadlineOf(session, options);
  const request = { timeoutMs: timeLeftMs(session, deadlineAtMs), topics: byTopic(partitions) };
  const answer = checked(
    await session.directory.tell(ELECT_LEADERS, request, deadlineAtMs),
    ({ errorCode }) =>
      errorCode === 0 ? undefined : kafkaFailure(errorCode, "Cannot elect preferred leaders", {
        permission: "Alter on the cluster",
      }),
  );
  return answer.ok ? ok(outcomesOf(partitions, answer.value.results)) : answer;
}

/** Moves between log dirs, through each owning broker; outcomes are in the order of the targets. */
export async function alterLogDirs(
  session: Session,
  targets: readonly LogDirTarget[],
  options: CallOptions | undefined,
): Promise<Result<LogDirOutcome[]>> {
  if (targets.length === 0) return ok([]);
  const deadlineAtMs = deadlineOf(session, options);
  const codes = new Map<LogDirTarget, number>();
  const answers = await Promise.all(
    [...groupBy(targets, (target) => target.brokerId)].map(async ([brokerId, group]) => {
      const answer = await askOwner(session, brokerId, group, deadlineAtMs);
      const byKey = answer.ok
        ? new Map(answer.value.results.map((result) => [partitionKey(result), result.errorCode]))
        : undefined;
      for (const target of group) {
        const code = answer.ok
          ? byKey?.get(partitionKey(target)) ?? UNKNOWN_SERVER_ERROR
          : codeOfFailure(answer.failure);
        codes.set(target, code);
      }
      return answer;
    }),
  );
  return allFailed(answers) ??
    ok(targets.map((target) => ({ ...target, errorCode: codes.get(target)! })));
}

async function askOwner(
  session: Session,
  brokerId: number,
  targets: readonly LogDirTarget[],
  deadlineAtMs: number,
) {
  const link = await session.directory.linkToBroker(brokerId, "own", deadlineAtMs);
  if (!link.ok) return failed(link.failure);
  const dirs = [...groupBy(targets, (target) => target.logDir)].map(([path, group]) => ({
    path,
    topics: byTopic(group),
  }));
  return (await link.value.call(ALTER_REPLICA_LOG_DIRS, { dirs }, deadlineAtMs)).result;
}
