/**
 * What the work costs each broker: traffic, disk, and the figures that follow from them.
 *
 * The cost model is ours and simple on purpose: cores used grow linearly with bytes and records, waiting times as in
 * a queue with one server, `1 / (1 - utilization)`.
 *
 * @module
 */
import { BROKER_METRICS } from "../../model/readings.ts";
import { ONLINE, replicaBytes, type SimState } from "./state.ts";
import { drawAt } from "./workload.ts";

/** Cores for 1 MB/s of producers, consumers and replication, and for 1000 records/s. */
const CORES_PER_MB_IN = 0.12;
const CORES_PER_MB_OUT = 0.05;
const CORES_PER_MB_REPLICATED = 0.05;
const CORES_PER_1000_RECORDS = 0.02;
/** Cores of an idle broker, and for each replica that it hosts. */
const CORES_IDLE = 0.05;
const CORES_PER_REPLICA = 0.00005;
/** A broker is never reported busier than this, so that waiting times stay finite. */
const UTILIZATION_MAX = 0.98;

/** Recomputes the loads of all brokers and log dirs from scratch. O(P x K). */
export function computeLoads(state: SimState): void {
  const { broker, dir } = state;
  for (const array of [broker.clientIn, broker.clientOut, broker.messages]) array.fill(0);
  broker.replicationIn.fill(0);
  broker.replicationOut.fill(0);
  broker.replicaCount.fill(0);
  dir.bytes.fill(0);
  for (const topic of state.topics) {
    if (!topic.alive) continue;
    addTopic(state, topic);
  }
  for (const future of state.futures.values()) dir.bytes[future.dir]! += future.copiedBytes;
  for (let b = 0; b < state.brokers.length; b++) {
    const wanted = broker.clientIn[b]!;
    broker.serve[b] = serveOf(state, b);
    broker.clientIn[b] = wanted * broker.serve[b]!;
    broker.messages[b]! *= broker.serve[b]!;
  }
  // In-sync replication was counted with the `serve` of before: it follows one interval late.
  state.loadsStale = false;
}

function addTopic(
  state: SimState,
  topic: { readonly start: number; readonly count: number; rate: number; recordBytes: number },
): void {
  const { broker, rows } = state;
  const { leader, share, outRate, logBytes, replicas, stride } = rows;
  const { replicaBroker, replicaDir, inSync, behind } = rows;
  const { clientIn, clientOut, messages, replicationIn, replicationOut, serve, replicaCount } =
    broker;
  const dirBytes = state.dir.bytes;
  const { rate } = topic;
  const records = rate / topic.recordBytes;
  const end = topic.start + topic.count;
  for (let row = topic.start; row < end; row++) {
    const lead = leader[row]!;
    const part = share[row]!;
    let copied = 0;
    if (lead >= 0) {
      clientIn[lead]! += rate * part;
      clientOut[lead]! += outRate[row]!;
      messages[lead]! += records * part;
      copied = rate * part * serve[lead]!;
    }
    const size = logBytes[row]!;
    const first = row * stride;
    const last = first + replicas[row]!;
    let copies = 0;
    for (let slot = first; slot < last; slot++) {
      const b = replicaBroker[slot]!;
      replicaCount[b]!++;
      if (behind[slot] === 1) {
        dirBytes[replicaDir[slot]!]! += replicaBytes(rows, row, slot);
        continue;
      }
      dirBytes[replicaDir[slot]!]! += size;
      if (b === lead || inSync[slot] === 0) continue;
      replicationIn[b]! += copied;
      copies++;
    }
    if (copies > 0 && lead >= 0) replicationOut[lead]! += copied * copies;
  }
}

/** Part of the wanted writes that fits through the network card, the disks and the processor. */
function serveOf(state: SimState, b: number): number {
  const { broker } = state;
  if (broker.status[b] !== ONLINE || broker.fenced[b] === 1) return 0;
  const spec = state.brokers[b]!;
  const speed = broker.speed[b]!;
  const wanted = broker.clientIn[b]!;
  const room = Math.min(spec.nicBytesPerSec, spec.diskBytesPerSec) * speed -
    broker.replicationIn[b]!;
  const network = wanted <= room ? 1 : Math.max(0.05, room / wanted);
  const cores = coresWanted(state, b);
  const usable = spec.cores * speed;
  return Math.min(network, cores <= usable ? 1 : usable / cores);
}

function coresWanted(state: SimState, b: number): number {
  const { broker } = state;
  const replicated = broker.replicationIn[b]! + broker.replicationOut[b]! + broker.catchUpIn[b]! +
    broker.catchUpOut[b]!;
  return CORES_IDLE + CORES_PER_REPLICA * broker.replicaCount[b]! +
    CORES_PER_MB_IN * broker.clientIn[b]! / 1e6 + CORES_PER_MB_OUT * broker.clientOut[b]! / 1e6 +
    CORES_PER_MB_REPLICATED * replicated / 1e6 + CORES_PER_1000_RECORDS * broker.messages[b]! / 1e3;
}

/** Part of its cores that a broker needs, without noise; more than 1 when there are too few. */
export function cpuOf(state: SimState, b: number): number {
  return coresWanted(state, b) / (state.brokers[b]!.cores * state.broker.speed[b]!);
}

/** Fraction of a resource in use, clipped so that queues stay finite. */
function clip(utilization: number): number {
  return Math.min(UTILIZATION_MAX, Math.max(0, utilization));
}

/** Writes the broker's row of {@link BROKER_METRICS} to `into` at `offset`. */
export function writeMetrics(
  state: SimState,
  b: number,
  into: { values: Float64Array; offset: number },
): void {
  const { broker } = state;
  const spec = state.brokers[b]!;
  const speed = broker.speed[b]!;
  const inBytes = broker.clientIn[b]! + broker.replicationIn[b]! + broker.catchUpIn[b]!;
  const outBytes = broker.clientOut[b]! + broker.replicationOut[b]! + broker.catchUpOut[b]!;
  const noise = 1 + 0.04 * (drawAt(state.seed ^ b, Math.floor(state.nowMs / 10_000)) - 0.5);
  const cpu = clip(cpuOf(state, b) * noise);
  const disk = clip(inBytes / (spec.diskBytesPerSec * speed));
  const network = clip(Math.max(inBytes, outBytes) / (spec.nicBytesPerSec * speed));
  const wait = 1 / (1 - cpu);
  const row: Record<typeof BROKER_METRICS[number], number> = {
    cpuUsage: cpu,
    cores: spec.cores,
    bytesInRate: broker.clientIn[b]! / 1000,
    bytesOutRate: broker.clientOut[b]! / 1000,
    replicationBytesInRate: (broker.replicationIn[b]! + broker.catchUpIn[b]!) / 1000,
    replicationBytesOutRate: (broker.replicationOut[b]! + broker.catchUpOut[b]!) / 1000,
    messagesInRate: broker.messages[b]!,
    heapUsedFraction: heapAt(state, b, inBytes + outBytes),
    produceTotalTimeMs: (1.5 * wait + 2 / (1 - disk)) / speed,
    fetchConsumerTotalTimeMs: (0.8 * wait + 1 / (1 - network)) / speed,
    requestQueueSize: Math.round(cpu * cpu / (1 - cpu)),
    requestHandlerIdleFraction: 1 - cpu,
  };
  BROKER_METRICS.forEach((name, i) => into.values[into.offset + i] = row[name]);
}

/** A saw-tooth: the heap fills with the traffic and a collection takes it back to what is live. */
function heapAt(state: SimState, b: number, bytesPerSec: number): number {
  const live = 0.25 + Math.min(0.2, state.broker.replicaCount[b]! * 1e-5);
  const cycleMs = 1000 * Math.max(2, 400e6 / (1e6 + bytesPerSec));
  const phase = drawAt(state.seed, b) + state.nowMs / cycleMs;
  return live + 0.35 * (phase - Math.floor(phase));
}
