/**
 * Committed offsets of all consumer groups: each broker lists the groups that it coordinates and then gives their
 * offsets, all brokers at once.
 *
 * @module
 */
import { type Failure, ok, type Result } from "../../lib/failure.ts";
import type { GroupOffsets, GroupOffsetsReading } from "../../model/readings.ts";
import { findTopic, type Topology, type TopologyBroker } from "../../model/topology.ts";
import type { CallOptions } from "../gateway.ts";
import { LIST_GROUPS } from "./api/list_groups.ts";
import { type FetchedGroup, OFFSET_FETCH } from "./api/offset_fetch.ts";
import { kafkaFailure } from "./error_codes.ts";
import { allFailed } from "./fan_out.ts";
import { checked, deadlineOf, type Session } from "./session.ts";

/** Groups asked for in one request: an answer stays below a few MB, also for groups that read everything. */
const GROUPS_PER_REQUEST = 100;

/** Kinds of groups that have no committed offsets of their own. */
const WITHOUT_OFFSETS: ReadonlySet<string> = new Set(["connect", "share"]);

type GroupFailure = GroupOffsetsReading["failures"][number];

interface Coordinated {
  readonly groups: GroupOffsets[];
  readonly failures: GroupFailure[];
}

/** See the module. What one broker cannot say is in `failures`, with an empty `groupId` when it is all its groups. */
export async function readGroupOffsets(
  session: Session,
  topology: Topology,
  options: CallOptions | undefined,
): Promise<Result<GroupOffsetsReading>> {
  const deadlineAtMs = deadlineOf(session, options);
  const alive = topology.brokers.filter((broker) => broker.alive);
  const answers = await Promise.all(
    alive.map((broker) => askCoordinator(session, topology, broker, deadlineAtMs)),
  );
  const problem = allFailed(answers);
  if (problem !== undefined) return problem;
  const groups: GroupOffsets[] = [];
  const failures: GroupFailure[] = [];
  answers.forEach((answer, i) => {
    if (!answer.ok) {
      failures.push({ groupId: "", brokerId: alive[i]!.id, failure: answer.failure });
      return;
    }
    groups.push(...answer.value.groups);
    failures.push(...answer.value.failures);
  });
  groups.sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
  return ok({ atMs: session.clock.nowMs(), groups, failures });
}

async function askCoordinator(
  session: Session,
  topology: Topology,
  broker: TopologyBroker,
  deadlineAtMs: number,
): Promise<Result<Coordinated>> {
  const link = session.directory.linkTo(broker);
  const { result } = await link.call(LIST_GROUPS, null, deadlineAtMs);
  const listed = checked(
    result,
    (answer) =>
      answer.errorCode === 0
        ? undefined
        : kafkaFailure(answer.errorCode, `Cannot list groups of broker ${broker.id}`, {
          permission: "Describe on the groups",
        }),
  );
  if (!listed.ok) return listed;
  const ids = listed.value.groups.filter((group) => !WITHOUT_OFFSETS.has(group.protocolType))
    .map((group) => group.groupId);
  const coordinated: Coordinated = { groups: [], failures: [] };
  const requests: Promise<void>[] = [];
  for (let i = 0; i < ids.length; i += GROUPS_PER_REQUEST) {
    const groupIds = ids.slice(i, i + GROUPS_PER_REQUEST);
    requests.push((async () => {
      const fetched = (await link.call(OFFSET_FETCH, { groupIds }, deadlineAtMs)).result;
      if (fetched.ok) {
        for (const group of fetched.value.groups) add(coordinated, topology, group);
      } else {
        for (const groupId of groupIds) {
          coordinated.failures.push({ groupId, brokerId: broker.id, failure: fetched.failure });
        }
      }
    })());
  }
  await Promise.all(requests);
  return ok(coordinated);
}

function add(coordinated: Coordinated, topology: Topology, group: FetchedGroup): void {
  if (group.errorCode !== 0) {
    const failure: Failure = kafkaFailure(
      group.errorCode,
      `Cannot read offsets of group ${group.groupId}`,
      { permission: "Describe on the group" },
    );
    coordinated.failures.push({ groupId: group.groupId, failure });
    return;
  }
  const topics = group.topicNames.map((name) => findTopic(topology, name));
  const found: { row: number; offset: number }[] = [];
  for (let i = 0; i < group.topic.length; i++) {
    const topic = topics[group.topic[i]!]!;
    const partition = group.partition[i]!;
    if (topic < 0 || partition < 0 || group.partitionError[i] !== 0 || group.offset[i]! < 0) {
      continue;
    }
    const row = topology.partitionStart[topic]! + partition;
    if (row < topology.partitionStart[topic + 1]!) found.push({ row, offset: group.offset[i]! });
  }
  found.sort((a, b) => a.row - b.row);
  coordinated.groups.push({
    groupId: group.groupId,
    partitions: Int32Array.from(found, (one) => one.row),
    offsets: Float64Array.from(found, (one) => one.offset),
  });
}
