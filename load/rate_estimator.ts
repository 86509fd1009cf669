/**
 * From polls of plain Kafka (offsets, log sizes, committed offsets) to samples of every partition: the combined
 * estimator. No clock and no I/O; the same polls give the same samples.
 *
 * ```
 * what happened between two polls    what the estimator does
 * ---------------------------------  ------------------------------------------------------------------------------
 * nothing special                    bytes in = growth of the leader's log, as long as it agrees with what a record
 *                                    weighed before (record_bytes.ts)
 * nothing was written                0, whatever the sizes did: no bytes without offsets
 * retention moved the log's start    new offsets x known bytes of a record
 * compaction shrank the log          the growth contradicts what is known: of the replicas, the one that agrees best
 *                                    is believed, and when none does, new offsets x known bytes of a record
 * leader change                      offsets go on across it, and the growth of each replica's own log too: the pair
 *                                    is kept, but may not teach that records weigh something else
 * end offset went back               no sample; the baseline stays for one poll (a new leader may know the end a
 *   (truncation, stale new leader)   moment later) and begins anew when the next poll is behind it, too. A log that
 *                                    was cut and grew past the baseline again gives a rate that is too low
 * partition or broker silent         no sample for its partitions; the baseline stays, the next answer closes a
 *                                    longer pair, up to maxPairMs
 * log size not told                  new offsets x known bytes of a record
 * topic created anew (other id)      all that was known is forgotten; without ids: as `end offset went back`
 * empty log                          0 bytes in, 0 MB
 * clock went back or stood still     no sample, the baseline begins anew (stood still: stays)
 * control records, aborted           counted in messages in, as offsets count them; bytes are right, they come from
 *   transactions, compaction gaps    sizes
 * high watermark stalls (a follower  0 or too little while it stalls, the missing part when it goes on: right in the
 *   is slow)                         mean
 * a group seeks                      back: 0 until it reads on. Far ahead: ignored, where it would exceed
 *                                    consumerKbPerSecMax. What retention deleted is not counted as read
 * DeleteRecords inside a segment     size / offsets overstates a record; it is used only until the first pair in
 *                                    which the start stood still, and only while two polls agree on it
 * ```
 * A sample exists when bytes in are known; then disk is known, too. Nothing is ever negative or infinite. Unknown
 * is NaN. A partition sample describes the leader, so its replication in is 0; followers receive its bytes in.
 * Produce and fetch request rates are not known to any broker API: NaN.
 *
 * @module
 */
import {
  DISK_USAGE,
  LEADER_BYTES_IN,
  LEADER_BYTES_OUT,
  MESSAGE_IN_RATE,
  PARTITION_METRIC_COUNT,
  REPLICATION_BYTES_IN_RATE,
  REPLICATION_BYTES_OUT_RATE,
} from "../model/metrics.ts";
import type { GroupOffsetsReading, LogDirsReading, OffsetsReading } from "../model/readings.ts";
import { IN_SYNC, partitionCount, type Topology } from "../model/topology.ts";
import { consumerRates } from "./consumer_rates.ts";
import { type EstimatorState, moveToTopology } from "./estimator_state.ts";
import { BAND_DISTANCE, learnRecordBytes, noEvidence, type PairEvidence } from "./record_bytes.ts";

/** One look at a cluster. A reading that failed as a whole is undefined. */
export interface Poll {
  readonly topology: Topology;
  readonly offsets: OffsetsReading | undefined;
  readonly logDirs: LogDirsReading | undefined;
  readonly groups: GroupOffsetsReading | undefined;
}

/** What the estimator is told. */
export interface EstimatorLimits {
  /** Polls closer than this are not a pair: the jitter of the answers would be a part of the rate. */
  readonly minPairMs: number;
  /** Polls further apart say nothing of now. */
  readonly maxPairMs: number;
  /** KB/s of one partition beyond which a group has jumped, not read. */
  readonly consumerKbPerSecMax: number;
  /** Bytes out per byte in where no group has committed; 0 = nobody reads. */
  readonly uncommittedFanout: number;
}

/** Samples of one interval, rows of the poll's topology. */
export interface PartitionSamples {
  /** Length n: partition rows, ascending. */
  readonly partitions: Int32Array;
  /** Length n: broker id of the leader. */
  readonly leaders: Int32Array;
  /** n x PARTITION_METRIC_COUNT row-major; NaN = not known. */
  readonly metrics: Float32Array;
  /** Length R: MB of every replica, NaN = not known. Empty when sizes were not read. */
  readonly replicaMb: Float32Array;
}

/** Sizes and offsets describe the same interval when its lengths differ by at most this share. */
const INTERVAL_TOLERANCE = 0.1;
/** Logs that grew alike differ by the jitter of the answers: some 100 ms of a poll interval. */
const REPLICA_AGREEMENT = 1.05;
/** Two polls agree on what the log holds on average when they differ by at most this factor. */
const FILL_AGREEMENT = 1.25;
const KB = 1024;
const MB = 1024 * 1024;

/**
 * Takes a poll, changes `state` and returns the samples of the pair that it closes; none after the first poll.
 * O(P + R + committed offsets).
 */
export function estimateRates(
  state: EstimatorState,
  poll: Poll,
  limits: EstimatorLimits,
): PartitionSamples {
  const { topology, offsets } = poll;
  moveToTopology(state, topology);
  const partitions = partitionCount(topology);
  const bytesPerSec = new Float64Array(partitions).fill(NaN);
  const recordsPerSec = new Float64Array(partitions).fill(NaN);
  const evidence = noEvidence();
  const sizeTimes = brokerTimes(poll);
  if (offsets !== undefined) {
    for (let row = 0; row < partitions; row++) {
      const seconds = pairSeconds(state, offsets, row, limits);
      if (!(seconds > 0)) continue;
      const added = offsets.endOffset[row]! - state.endOffset[row]!;
      recordsPerSec[row] = added / seconds;
      if (added === 0) {
        bytesPerSec[row] = 0;
        continue;
      }
      weighEvidence(state, poll, { row, added, seconds, sizeTimes, evidence });
      bytesPerSec[row] = learnRecordBytes(state, row, evidence) * added / seconds;
    }
  }
  const consumed = consumerRates(state, poll.groups, {
    startOffset: offsets?.startOffset ?? state.startOffset,
    endOffset: offsets?.endOffset ?? state.endOffset,
    recordBytes: state.recordBytes,
    bytesPerSecMax: limits.consumerKbPerSecMax * KB,
    maxPairMs: limits.maxPairMs,
  });
  moveBaselines(state, poll, { limits, sizeTimes });
  return collectSamples(state, poll, {
    bytesPerSec,
    recordsPerSec,
    consumedPerSec: consumed.recordsPerSec,
    committed: consumed.committed,
    fanout: limits.uncommittedFanout,
  });
}

/** Length of the pair that closes at this row, in seconds; NaN when there is none. */
function pairSeconds(
  state: EstimatorState,
  offsets: OffsetsReading,
  row: number,
  limits: EstimatorLimits,
): number {
  const elapsedMs = offsets.atMs[row]! - state.offsetAtMs[row]!;
  const inRange = elapsedMs >= limits.minPairMs && elapsedMs <= limits.maxPairMs;
  return inRange && offsets.endOffset[row]! >= state.endOffset[row]! ? elapsedMs / 1000 : NaN;
}

/** Fills `evidence` for one row from the growth of its replicas' logs. */
function weighEvidence(
  state: EstimatorState,
  poll: Poll,
  pair: {
    row: number;
    added: number;
    seconds: number;
    sizeTimes: Float64Array;
    evidence: PairEvidence;
  },
): void {
  const { row, added, seconds, evidence } = pair;
  const { topology } = poll;
  const offsets = poll.offsets!;
  evidence.leaderRatio = NaN;
  evidence.largestRatio = NaN;
  evidence.cleanRatio = NaN;
  evidence.fill = NaN;
  evidence.fillHolds = false;
  if (poll.logDirs === undefined) return;
  const leader = topology.leader[row]!;
  const held = offsets.endOffset[row]! - offsets.startOffset[row]!;
  const standsStill = offsets.startOffset[row] === state.startOffset[row];
  let nearest = BAND_DISTANCE;
  let smallest = Infinity;
  let largest = -Infinity;
  const stayed = leader === state.leader[row] && topology.leaderEpoch[row] === state.epoch[row];
  for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++) {
    const isLeader = topology.replicaBroker[r] === leader;
    if (isLeader && held > 0) evidence.fill = poll.logDirs.replicaBytes[r]! / held;
    if (!standsStill || (topology.replicaFlags[r]! & IN_SYNC) === 0) continue;
    const sizeAtMs = pair.sizeTimes[state.replicaSlot[r]!] ?? NaN;
    const elapsed = (sizeAtMs - state.replicaAtMs[r]!) / 1000;
    if (!(Math.abs(elapsed - seconds) <= INTERVAL_TOLERANCE * seconds)) continue;
    const grown = poll.logDirs.replicaBytes[r]! - state.replicaBytes[r]!;
    const ratio = grown / elapsed * seconds / added;
    if (ratio < smallest) smallest = ratio;
    if (ratio > largest) largest = ratio;
    if (!(ratio > 0)) continue;
    // A new leader may have been catching up as a follower, or its log may have been cut before it grew again:
    // its growth is no proof of heavier records.
    if (isLeader && stayed) evidence.leaderRatio = ratio;
    if (stayed && !(ratio <= evidence.largestRatio)) evidence.largestRatio = ratio;
    // Replicas in sync grow alike, except where one was cleaned: the one nearest to what is known was not.
    const distance = Math.abs(Math.log(ratio / state.recordBytes[row]!));
    if (distance <= nearest) {
      evidence.cleanRatio = ratio;
      nearest = distance;
    }
  }
  evidence.replicasAgree = smallest > 0 && largest <= smallest * REPLICA_AGREEMENT;
  const { fill } = evidence;
  const before = state.fill[row]!;
  evidence.fillHolds = added <= held ||
    (fill <= before * FILL_AGREEMENT && before <= fill * FILL_AGREEMENT);
}

/** When each broker told its sizes, epoch ms, by its index in the topology; NaN when it did not. */
function brokerTimes({ topology, logDirs }: Poll): Float64Array {
  const times = new Map(logDirs?.brokers.map((one) => [one.brokerId, one.atMs ?? logDirs.atMs]));
  return Float64Array.from(topology.brokers, (broker) => times.get(broker.id) ?? NaN);
}

function moveBaselines(
  state: EstimatorState,
  poll: Poll,
  options: { limits: EstimatorLimits; sizeTimes: Float64Array },
): void {
  const { topology, offsets, logDirs } = poll;
  const { limits, sizeTimes } = options;
  if (offsets !== undefined) {
    for (let row = 0; row < state.endOffset.length; row++) {
      if (!moveOffsetBaseline(state, offsets, row, limits)) continue;
      state.leader[row] = topology.leader[row]!;
      state.epoch[row] = topology.leaderEpoch[row]!;
    }
  }
  for (let row = 0; row < state.leader.length; row++) {
    const leader = topology.leader[row]!;
    const held = state.endOffset[row]! - state.startOffset[row]!;
    for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++) {
      const bytes = logDirs === undefined ? NaN : logDirs.replicaBytes[r]!;
      if (!(bytes >= 0)) continue;
      state.replicaBytes[r] = bytes;
      state.replicaAtMs[r] = sizeTimes[state.replicaSlot[r]!] ?? NaN;
      if (topology.replicaBroker[r] === leader && held > 0) state.fill[row] = bytes / held;
    }
  }
}

/** Whether it moved. */
function moveOffsetBaseline(
  state: EstimatorState,
  offsets: OffsetsReading,
  row: number,
  limits: EstimatorLimits,
): boolean {
  const end = offsets.endOffset[row]!;
  const elapsedMs = offsets.atMs[row]! - state.offsetAtMs[row]!;
  if (Number.isNaN(end)) return false;
  if (elapsedMs >= 0 && elapsedMs < limits.minPairMs) return false;
  if (end < state.endOffset[row]! && elapsedMs > 0 && state.wentBack[row] === 0) {
    state.wentBack[row] = 1;
    return false;
  }
  state.wentBack[row] = 0;
  state.endOffset[row] = end;
  state.startOffset[row] = offsets.startOffset[row]!;
  state.offsetAtMs[row] = offsets.atMs[row]!;
  return true;
}

function collectSamples(
  state: EstimatorState,
  poll: Poll,
  rates: {
    bytesPerSec: Float64Array;
    recordsPerSec: Float64Array;
    consumedPerSec: Float64Array;
    committed: Uint8Array;
    fanout: number;
  },
): PartitionSamples {
  const { topology } = poll;
  const { bytesPerSec, recordsPerSec } = rates;
  const partitions = new Int32Array(bytesPerSec.length);
  const metrics = new Float32Array(bytesPerSec.length * PARTITION_METRIC_COUNT).fill(NaN);
  let count = 0;
  for (let row = 0; row < bytesPerSec.length; row++) {
    const bytes = diskBytes(state, topology, row);
    if (!Number.isFinite(bytesPerSec[row]!) || !(bytes >= 0)) continue;
    const kbIn = bytesPerSec[row]! / KB;
    const followers = topology.replicaStart[row + 1]! - topology.replicaStart[row]! - 1;
    const at = count * PARTITION_METRIC_COUNT;
    metrics[at + DISK_USAGE] = bytes / MB;
    metrics[at + LEADER_BYTES_IN] = kbIn;
    metrics[at + LEADER_BYTES_OUT] = bytesOut(state, row, kbIn, rates);
    metrics[at + MESSAGE_IN_RATE] = recordsPerSec[row]!;
    metrics[at + REPLICATION_BYTES_IN_RATE] = 0;
    metrics[at + REPLICATION_BYTES_OUT_RATE] = kbIn * followers;
    partitions[count++] = row;
  }
  const leaders = new Int32Array(count);
  for (let i = 0; i < count; i++) leaders[i] = topology.leader[partitions[i]!]!;
  return {
    partitions: partitions.slice(0, count),
    leaders,
    metrics: metrics.slice(0, count * PARTITION_METRIC_COUNT),
    replicaMb: toMb(poll.logDirs?.replicaBytes),
  };
}

function bytesOut(
  state: EstimatorState,
  row: number,
  kbIn: number,
  rates: { consumedPerSec: Float64Array; committed: Uint8Array; fanout: number },
): number {
  const consumed = rates.consumedPerSec[row]!;
  if (Number.isNaN(consumed)) return NaN;
  if (rates.committed[row] === 0) return kbIn * rates.fanout;
  return consumed === 0 ? 0 : consumed * state.recordBytes[row]! / KB;
}

/** Bytes of the leader's log as last told, else of the largest replica. */
function diskBytes(state: EstimatorState, topology: Topology, row: number): number {
  let largest = NaN;
  for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++) {
    const bytes = state.replicaBytes[r]!;
    if (topology.replicaBroker[r] === topology.leader[row] && bytes >= 0) return bytes;
    if (!(bytes <= largest)) largest = Number.isNaN(bytes) ? largest : bytes;
  }
  return largest;
}

function toMb(replicaBytes: Float64Array | undefined): Float32Array {
  const mb = new Float32Array(replicaBytes?.length ?? 0);
  for (let r = 0; r < mb.length; r++) mb[r] = replicaBytes![r]! / MB;
  return mb;
}
