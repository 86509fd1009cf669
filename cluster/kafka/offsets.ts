/**
 * First and last offsets of all partitions, from every leader at once.
 *
 * @module
 */
import { fail, type Failure, ok, type Result } from "../../lib/failure.ts";
import type { OffsetsReading } from "../../model/readings.ts";
import { findTopic, NO_LEADER, partitionCount, type Topology } from "../../model/topology.ts";
import type { CallOptions } from "../gateway.ts";
import {
  END_OF_LOG,
  LIST_OFFSETS,
  type ListOffsetsAnswer,
  type ListOffsetsRequest,
  START_OF_LOG,
} from "./api/list_offsets.ts";
import { kafkaFailure } from "./error_codes.ts";
import { allFailed } from "./fan_out.ts";
import { deadlineOf, type Session } from "./session.ts";

type TopicPartitions = ListOffsetsRequest["topics"];

interface LeaderAnswer {
  readonly end: ListOffsetsAnswer;
  readonly start: ListOffsetsAnswer;
  readonly atMs: number;
}

/** Asks every leader for both ends of its logs; one that does not answer leaves NaN and costs the others nothing. */
export async function readOffsets(
  session: Session,
  topology: Topology,
  options: CallOptions | undefined,
): Promise<Result<OffsetsReading>> {
  const deadlineAtMs = deadlineOf(session, options);
  const wanted = [...partitionsByLeader(topology)];
  const answers = await Promise.all(
    wanted.map(([leader, topics]) => askLeader(session, topology, leader, topics, deadlineAtMs)),
  );
  const problem = allFailed(answers);
  if (problem !== undefined) return problem;
  const count = partitionCount(topology);
  const atMs = new Float64Array(count).fill(NaN);
  const endOffset = new Float64Array(count).fill(NaN);
  const startOffset = new Float64Array(count).fill(NaN);
  const failures: { brokerId: number; failure: Failure }[] = [];
  answers.forEach((answer, i) => {
    const brokerId = wanted[i]![0];
    if (!answer.ok) return failures.push({ brokerId, failure: answer.failure });
    place(topology, answer.value.start, (row, offset) => startOffset[row] = offset);
    place(topology, answer.value.end, (row, offset) => {
      endOffset[row] = offset;
      atMs[row] = answer.value.atMs;
    });
    const refused = refusal(answer.value.end, brokerId);
    if (refused !== undefined) failures.push({ brokerId, failure: refused });
  });
  return ok({ atMs, endOffset, startOffset, failures });
}

/** Partitions of each leader by topic; those without a leader are left out. */
function partitionsByLeader(
  topology: Topology,
): Map<number, { name: string; partitions: number[] }[]> {
  const byLeader = new Map<number, { name: string; partitions: number[] }[]>();
  const { topicNames, partitionStart, leader } = topology;
  for (let t = 0; t < topicNames.length; t++) {
    const name = topicNames[t]!;
    for (let row = partitionStart[t]!; row < partitionStart[t + 1]!; row++) {
      const id = leader[row]!;
      if (id === NO_LEADER) continue;
      let topics = byLeader.get(id);
      if (topics === undefined) byLeader.set(id, topics = []);
      const open = topics.at(-1);
      if (open?.name === name) open.partitions.push(row - partitionStart[t]!);
      else topics.push({ name, partitions: [row - partitionStart[t]!] });
    }
  }
  return byLeader;
}

async function askLeader(
  session: Session,
  topology: Topology,
  leader: number,
  topics: TopicPartitions,
  deadlineAtMs: number,
): Promise<Result<LeaderAnswer>> {
  const broker = topology.brokers.find((candidate) => candidate.id === leader);
  if (broker === undefined || !broker.alive) {
    return fail("cluster_unreachable", `Cannot read offsets from broker ${leader}: it is down`, {
      retriable: true,
    });
  }
  const link = session.directory.linkTo(broker);
  const ask = async (timestamp: ListOffsetsRequest["timestamp"]) => {
    const { result } = await link.call(LIST_OFFSETS, { timestamp, topics }, deadlineAtMs);
    return { result, atMs: session.preciseNowMs() };
  };
  const [end, start] = await Promise.all([ask(END_OF_LOG), ask(START_OF_LOG)]);
  if (!end.result.ok) return end.result;
  if (!start.result.ok) return start.result;
  return ok({ end: end.result.value, start: start.result.value, atMs: end.atMs });
}

function place(
  topology: Topology,
  answer: ListOffsetsAnswer,
  put: (row: number, offset: number) => void,
): void {
  const { partitionStart } = topology;
  const topics = answer.topicNames.map((name) => findTopic(topology, name));
  for (let i = 0; i < answer.topic.length; i++) {
    const topic = topics[answer.topic[i]!]!;
    const partition = answer.partition[i]!;
    if (topic < 0 || answer.errorCode[i] !== 0 || answer.offset[i]! < 0 || partition < 0) continue;
    const row = partitionStart[topic]! + partition;
    if (row < partitionStart[topic + 1]!) put(row, answer.offset[i]!);
  }
}

/** A failure when the broker refused every partition for want of a permission: then nothing will ever come. */
function refusal(answer: ListOffsetsAnswer, brokerId: number): Failure | undefined {
  const code = answer.errorCode[0];
  if (code === undefined || !answer.errorCode.every((one) => one === 29)) return undefined;
  return kafkaFailure(code, `Cannot read offsets from broker ${brokerId}`, {
    permission: "Describe on the topics",
  });
}
