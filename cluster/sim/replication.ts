/**
 * Copying: followers that catch up and replicas that change their log dir.
 *
 * Each copy is a flow from the leader's broker to the follower's. Flows share, max-min fair in a few rounds, what the
 * brokers have left: network out and disk reads at the leader, network in and disk writes at the follower, and the
 * two throttle quotas where the partition is listed. As in Kafka a quota slows only replicas that are not in sync,
 * while the traffic of listed replicas that are in sync uses it up, too.
 *
 * @module
 */
import { completeIfDone, joinIsr } from "./controller.ts";
import {
  findSlot,
  metadataChanged,
  missingBytes,
  NONE,
  ONLINE,
  replicaBytes,
  type SimState,
  type SimTopic,
} from "./state.ts";

/** Resources of a broker, in this order. */
const NETWORK_OUT = 0;
const DISK_READ = 1;
const LEADER_QUOTA = 2;
const NETWORK_IN = 3;
const DISK_WRITE = 4;
const FOLLOWER_QUOTA = 5;
const RESOURCES_PER_BROKER = 6;
/** Rounds of filling; each uses up at least the scarcest resource, what is left after them stays unused. */
const ROUNDS = 4;
/** Part of a card or disk that replication gets even beside the heaviest clients. */
const FLOOR = 0.05;

interface Flow {
  readonly row: number;
  /** Index in the slot arrays. */
  readonly slot: number;
  readonly from: number;
  readonly to: number;
  readonly leaderThrottled: boolean;
  readonly followerThrottled: boolean;
  /** Bytes still wanted in this step. */
  need: number;
  granted: number;
}

/** Copies for `seconds`: followers first, then moves between log dirs. */
export function replicate(state: SimState, seconds: number): void {
  const { broker } = state;
  broker.catchUpIn.fill(0);
  broker.catchUpOut.fill(0);
  const flows = gatherFlows(state);
  state.copyingPossible = flows.length > 0;
  if (flows.length > 0) {
    share(flows, bytesLeft(state, seconds));
    for (const flow of flows) {
      broker.catchUpIn[flow.to]! += flow.granted / seconds;
      broker.catchUpOut[flow.from]! += flow.granted / seconds;
    }
    for (const flow of flows) apply(state, flow);
  }
  if (state.futures.size > 0) moveBetweenDirs(state, seconds);
}

/** Whether something may be copied in the next step. */
export function isCopying(state: SimState): boolean {
  return state.futures.size > 0 || (state.copyingPossible && state.laggingRows.length > 0);
}

/** The flows of this step; rows in which nobody lags any more leave the list. */
function gatherFlows(state: SimState): Flow[] {
  const flows: Flow[] = [];
  const kept: number[] = [];
  const { rows } = state;
  for (const row of state.laggingRows) {
    const topic = state.topics[rows.topic[row]!]!;
    const first = row * rows.stride;
    const last = first + rows.replicas[row]!;
    let lagging = false;
    for (let slot = first; topic.alive && slot < last; slot++) {
      if (rows.behind[slot] === 0) continue;
      lagging = true;
      const flow = flowOf(state, topic, row, slot);
      if (flow !== undefined) flows.push(flow);
    }
    if (lagging) kept.push(row);
    else rows.lagging[row] = 0;
  }
  state.laggingRows = kept;
  return flows;
}

function flowOf(state: SimState, topic: SimTopic, row: number, slot: number): Flow | undefined {
  const { rows, broker, dir } = state;
  const from = rows.leader[row]!;
  const to = rows.replicaBroker[slot]!;
  if (from === NONE || from === to) return undefined;
  if (!works(state, from) || !works(state, to)) return undefined;
  if (dir.alive[rows.replicaDir[slot]!] === 0) return undefined;
  const start = rows.produced[row]! - rows.logBytes[row]!;
  // What retention deleted meanwhile need not be copied.
  if (rows.position[slot]! < start) rows.position[slot] = start;
  const outOfSync = rows.inSync[slot] === 0;
  const partition = row - topic.start;
  return {
    row,
    slot,
    from,
    to,
    leaderThrottled: outOfSync && broker.leaderRate[from]! < Infinity &&
      isListed(topic.leaderThrottled, partition, from),
    followerThrottled: outOfSync && broker.followerRate[to]! < Infinity &&
      isListed(topic.followerThrottled, partition, to),
    need: missingBytes(rows, row, slot),
    granted: 0,
  };
}

function works(state: SimState, broker: number): boolean {
  return state.broker.status[broker] === ONLINE && state.broker.fenced[broker] === 0;
}

function isListed(
  list: ReadonlySet<number> | "all" | undefined,
  partition: number,
  broker: number,
): boolean {
  return list === "all" || (list !== undefined && list.has(partition * 65536 + broker));
}

/** Bytes that each resource has left for this step. */
function bytesLeft(state: SimState, seconds: number): Float64Array {
  const { broker } = state;
  const left = new Float64Array(state.brokers.length * RESOURCES_PER_BROKER);
  for (let b = 0; b < state.brokers.length; b++) {
    const spec = state.brokers[b]!;
    const nic = spec.nicBytesPerSec * broker.speed[b]!;
    const disk = spec.diskBytesPerSec * broker.speed[b]!;
    const usedOut = broker.clientOut[b]! + broker.replicationOut[b]!;
    const usedIn = broker.clientIn[b]! + broker.replicationIn[b]!;
    const at = b * RESOURCES_PER_BROKER;
    left[at + NETWORK_OUT] = Math.max(FLOOR * nic, nic - usedOut) * seconds;
    left[at + NETWORK_IN] = Math.max(FLOOR * nic, nic - usedIn) * seconds;
    // Reads of clients and in-sync followers come from the page cache.
    left[at + DISK_READ] = disk * seconds;
    left[at + DISK_WRITE] = Math.max(FLOOR * disk, disk - usedIn) * seconds;
    left[at + LEADER_QUOTA] = broker.leaderRate[b]! * seconds;
    left[at + FOLLOWER_QUOTA] = broker.followerRate[b]! * seconds;
  }
  if (broker.leaderRate.some((rate) => rate < Infinity)) chargeInSync(state, left, seconds);
  else if (broker.followerRate.some((rate) => rate < Infinity)) chargeInSync(state, left, seconds);
  return left;
}

/** Takes the traffic of listed in-sync replicas off the quotas. */
function chargeInSync(state: SimState, left: Float64Array, seconds: number): void {
  const { rows } = state;
  for (const topic of state.topics) {
    if (!topic.alive) continue;
    if (topic.leaderThrottled === undefined && topic.followerThrottled === undefined) continue;
    for (let row = topic.start; row < topic.start + topic.count; row++) {
      const leader = rows.leader[row]!;
      if (leader === NONE) continue;
      const bytes = topic.rate * rows.share[row]! * state.broker.serve[leader]! * seconds;
      const listed = isListed(topic.leaderThrottled, row - topic.start, leader);
      for (let k = 0; k < rows.replicas[row]!; k++) {
        const slot = row * rows.stride + k;
        const b = rows.replicaBroker[slot]!;
        if (b === leader || rows.inSync[slot] === 0 || rows.behind[slot] === 1) continue;
        if (listed) left[leader * RESOURCES_PER_BROKER + LEADER_QUOTA]! -= bytes;
        if (isListed(topic.followerThrottled, row - topic.start, b)) {
          left[b * RESOURCES_PER_BROKER + FOLLOWER_QUOTA]! -= bytes;
        }
      }
    }
  }
  for (let i = 0; i < left.length; i++) if (left[i]! < 0) left[i] = 0;
}

/** Calls `visit` for each resource that the flow uses. */
function forResources(flow: Flow, visit: (resource: number) => void): void {
  const from = flow.from * RESOURCES_PER_BROKER;
  const to = flow.to * RESOURCES_PER_BROKER;
  visit(from + NETWORK_OUT);
  visit(from + DISK_READ);
  if (flow.leaderThrottled) visit(from + LEADER_QUOTA);
  visit(to + NETWORK_IN);
  visit(to + DISK_WRITE);
  if (flow.followerThrottled) visit(to + FOLLOWER_QUOTA);
}

/** Grants bytes so that no resource gives more than it has: in each round every flow gets its equal part. */
function share(flows: readonly Flow[], left: Float64Array): void {
  const users = new Int32Array(left.length);
  const part = new Float64Array(left.length);
  for (let round = 0; round < ROUNDS; round++) {
    users.fill(0);
    for (const flow of flows) if (flow.need > 0) forResources(flow, (r) => users[r]!++);
    for (let r = 0; r < left.length; r++) part[r] = users[r] === 0 ? 0 : left[r]! / users[r]!;
    for (const flow of flows) {
      if (flow.need <= 0) continue;
      let grant = flow.need;
      forResources(flow, (r) => grant = Math.min(grant, part[r]!));
      flow.need -= grant;
      flow.granted += grant;
      forResources(flow, (r) => left[r] = Math.max(0, left[r]! - grant));
    }
  }
}

function apply(state: SimState, flow: Flow): void {
  const { rows } = state;
  // An earlier flow of this step may have completed a reassignment and moved or dropped the slot.
  const slot = findSlot(rows, flow.row, flow.to);
  if (slot === NONE || rows.behind[slot] === 0) return;
  rows.position[slot]! += flow.granted;
  if (flow.need > 0) return;
  rows.behind[slot] = 0;
  if (rows.inSync[slot] === 1) completeIfDone(state, flow.row);
  else joinIsr(state, flow.row, slot);
}

/** Copies future replicas; one that is complete takes the place of the present one. */
function moveBetweenDirs(state: SimState, seconds: number): void {
  const { rows, broker } = state;
  const users = new Int32Array(state.brokers.length);
  for (const future of state.futures.values()) users[future.broker]!++;
  for (const [key, future] of state.futures) {
    const b = future.broker;
    if (!works(state, b)) continue;
    const disk = state.brokers[b]!.diskBytesPerSec * broker.speed[b]!;
    const room = Math.max(FLOOR * disk, disk - broker.clientIn[b]! - broker.replicationIn[b]!);
    const rate = Math.min(room, broker.dirMoveRate[b]!) / users[b]!;
    const slot = findSlot(rows, future.row, b);
    const size = replicaBytes(rows, future.row, slot);
    future.copiedBytes = Math.min(size, future.copiedBytes + rate * seconds);
    if (future.copiedBytes < size || rows.behind[slot] === 1) continue;
    state.dir.replicaCount[rows.replicaDir[slot]!]!--;
    state.dir.replicaCount[future.dir]!++;
    rows.replicaDir[slot] = future.dir;
    state.futures.delete(key);
    metadataChanged(state);
  }
}
