/**
 * Sizes and log dirs of all replicas, from every live broker at once.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { BrokerLogDirs, FutureReplica, LogDir, LogDirsReading } from "../../model/readings.ts";
import {
  findTopic,
  replicaCount,
  type Topology,
  type TopologyBroker,
} from "../../model/topology.ts";
import type { CallOptions } from "../gateway.ts";
import { DESCRIBE_LOG_DIRS, type DescribeLogDirsAnswer } from "./api/describe_log_dirs.ts";
import { kafkaFailure } from "./error_codes.ts";
import { allFailed } from "./fan_out.ts";
import { checked, type Session } from "./session.ts";

interface Reading {
  readonly replicaBytes: Float64Array;
  readonly replicaLogDir: Int16Array;
  readonly futureReplicas: FutureReplica[];
  readonly strayReplicas: LogDirsReading["strayReplicas"][number][];
}

/** Asks every broker of the topology; one that does not answer costs the others nothing. */
export async function readLogDirs(
  session: Session,
  topology: Topology,
  options: CallOptions | undefined,
): Promise<Result<LogDirsReading>> {
  const deadlineAtMs = session.clock.nowMs() +
    (options?.deadlineMs ?? session.settings.logDirDeadlineMs);
  const answers = await Promise.all(
    topology.brokers.map((broker) => askBroker(session, broker, deadlineAtMs)),
  );
  const problem = allFailed(answers);
  if (problem !== undefined) return problem;
  const reading: Reading = {
    replicaBytes: new Float64Array(replicaCount(topology)).fill(NaN),
    replicaLogDir: new Int16Array(replicaCount(topology)).fill(-1),
    futureReplicas: [],
    strayReplicas: [],
  };
  const brokers = topology.brokers.map((broker, i): BrokerLogDirs => {
    const answer = answers[i]!;
    if (!answer.ok) return { brokerId: broker.id, failure: answer.failure, dirs: [] };
    const { atMs, dirs } = answer.value;
    place(reading, topology, broker.id, answer.value);
    return { brokerId: broker.id, atMs, dirs: dirs.map(toLogDir) };
  });
  return ok({ atMs: session.clock.nowMs(), brokers, ...reading });
}

async function askBroker(
  session: Session,
  broker: TopologyBroker,
  deadlineAtMs: number,
): Promise<Result<DescribeLogDirsAnswer & { readonly atMs: number }>> {
  if (!broker.alive || broker.host === "") {
    return fail("cluster_unreachable", `Cannot read log dirs of broker ${broker.id}: it is down`, {
      retriable: true,
    });
  }
  const { result } = await session.directory.linkTo(broker)
    .call(DESCRIBE_LOG_DIRS, null, deadlineAtMs);
  const atMs = session.preciseNowMs();
  const answer = checked(
    result,
    (answer) =>
      answer.errorCode === 0
        ? undefined
        : kafkaFailure(answer.errorCode, `Cannot read log dirs of broker ${broker.id}`, {
          permission: "Describe on the cluster",
        }),
  );
  return answer.ok ? ok({ ...answer.value, atMs }) : answer;
}

function toLogDir(dir: DescribeLogDirsAnswer["dirs"][number]): LogDir {
  const { path, errorCode, totalBytes, usableBytes } = dir;
  return { path, alive: errorCode === 0, totalBytes, usableBytes };
}

/** Writes one broker's replicas into the arrays. */
function place(
  reading: Reading,
  topology: Topology,
  brokerId: number,
  answer: DescribeLogDirsAnswer,
): void {
  const { partitionStart, replicaStart, replicaBroker } = topology;
  const topics = answer.topicNames.map((name) => findTopic(topology, name));
  for (let i = 0; i < answer.topic.length; i++) {
    const topic = topics[answer.topic[i]!]!;
    const partition = answer.partition[i]!;
    if (answer.isFuture[i]!) {
      reading.futureReplicas.push(futureReplica(brokerId, answer, i));
      continue;
    }
    const row = topic < 0 || partition < 0 ? -1 : partitionStart[topic]! + partition;
    let replica = -1;
    if (row >= 0 && row < partitionStart[topic + 1]!) {
      for (let r = replicaStart[row]!; r < replicaStart[row + 1]!; r++) {
        if (replicaBroker[r] === brokerId) replica = r;
      }
    }
    if (replica >= 0) {
      reading.replicaBytes[replica] = answer.sizeBytes[i]!;
      reading.replicaLogDir[replica] = answer.dir[i]!;
    } else {
      const name = answer.topicNames[answer.topic[i]!]!;
      const sizeBytes = answer.sizeBytes[i]!;
      reading.strayReplicas.push({ brokerId, topic: name, partition, sizeBytes });
    }
  }
}

function futureReplica(brokerId: number, answer: DescribeLogDirsAnswer, i: number): FutureReplica {
  return {
    brokerId,
    topic: answer.topicNames[answer.topic[i]!]!,
    partition: answer.partition[i]!,
    logDir: answer.dirs[answer.dir[i]!]!.path,
    sizeBytes: answer.sizeBytes[i]!,
    offsetLag: answer.offsetLag[i]!,
  };
}
