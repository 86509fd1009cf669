/**
 * What can go wrong in a simulated cluster, and what other people do to it meanwhile.
 *
 * @module
 */
import { assert, unreachable } from "../../lib/assert.ts";
import { createPrng } from "../../lib/prng.ts";
import { crash, hang, loseLogDir, moveController, slowDown, start } from "./brokers.ts";
import { alterReassignment, repairLogDir } from "./controller.ts";
import type { SimSpec, SimTopicSpec } from "./spec.ts";
import { findRow, NONE, schedule, type SimState } from "./state.ts";
import { startSurge, type Surge } from "./surge.ts";
import { addTopic, removeTopic } from "./topics.ts";

/** One fault. Brokers by id. */
export type SimFault =
  /** Kills a broker; it starts again after `returnAfterMs`, or never when absent. */
  | { readonly kind: "broker_crash"; readonly brokerId: number; readonly returnAfterMs?: number }
  /** Starts a broker that is down, or one that has not joined yet. */
  | { readonly kind: "broker_return"; readonly brokerId: number }
  /** The broker answers nothing for a while. */
  | { readonly kind: "broker_hang"; readonly brokerId: number; readonly durationMs: number }
  /** `factor` of the broker's hardware stays usable. */
  | {
    readonly kind: "slow_broker";
    readonly brokerId: number;
    readonly factor: number;
    readonly durationMs: number;
  }
  /** Producers write more and more to the partitions that the broker leads now; see `surge.ts`. */
  | ({ readonly kind: "hot_broker"; readonly brokerId: number } & Surge)
  | { readonly kind: "disk_failure"; readonly brokerId: number; readonly logDir: string }
  /** The log dir works again, empty. */
  | { readonly kind: "disk_repair"; readonly brokerId: number; readonly logDir: string }
  /** The next `count` calls of these gateway methods (default: all that change something) are not carried out. */
  | {
    readonly kind: "lost_requests";
    readonly count: number;
    readonly durationMs: number;
    readonly calls?: readonly string[];
  }
  /** The same, but they are carried out and only the answer is lost. */
  | {
    readonly kind: "lost_responses";
    readonly count: number;
    readonly durationMs: number;
    readonly calls?: readonly string[];
  }
  /** Another controller; what it must answer fails, retriable, for `durationMs`. */
  | { readonly kind: "controller_change"; readonly durationMs: number }
  /** Somebody else reassigns a partition (null cancels). */
  | {
    readonly kind: "foreign_reassignment";
    readonly topic: string;
    readonly partition: number;
    readonly replicas: readonly number[] | null;
  }
  | { readonly kind: "topic_creation"; readonly topic: SimTopicSpec }
  | { readonly kind: "topic_deletion"; readonly topic: string }
  /** Deleted and created again with another topic id and these parts. */
  | { readonly kind: "topic_recreation"; readonly topic: SimTopicSpec };

/** Applies a fault now. One that has no object any more (a deleted topic) does nothing. */
export function applyFault(state: SimState, fault: SimFault): void {
  switch (fault.kind) {
    case "broker_crash": {
      const b = brokerOf(state, fault.brokerId);
      crash(state, b);
      if (fault.returnAfterMs !== undefined) {
        schedule(state, state.nowMs + fault.returnAfterMs, (now) => start(now, b));
      }
      return;
    }
    case "broker_return":
      return start(state, brokerOf(state, fault.brokerId));
    case "broker_hang":
      return hang(state, brokerOf(state, fault.brokerId), fault.durationMs);
    case "slow_broker":
      return slowDown(state, brokerOf(state, fault.brokerId), fault);
    case "hot_broker":
      return startSurge(state, brokerOf(state, fault.brokerId), fault);
    case "disk_failure":
      return loseLogDir(state, dirOf(state, fault));
    case "disk_repair":
      return repairLogDir(state, dirOf(state, fault));
    case "lost_requests":
    case "lost_responses":
      state.callFaults.push({
        loses: fault.kind === "lost_requests" ? "request" : "response",
        untilMs: state.nowMs + fault.durationMs,
        remaining: fault.count,
        calls: fault.calls ?? [],
      });
      return;
    case "controller_change":
      return moveController(state, fault.durationMs);
    case "foreign_reassignment": {
      const row = findRow(state, fault.topic, fault.partition);
      if (row === NONE) return;
      alterReassignment(state, row, { target: fault.replicas, allowFactorChange: true });
      return;
    }
    case "topic_creation":
      if (!state.topicByName.has(fault.topic.name)) addTopic(state, fault.topic);
      return;
    case "topic_deletion":
      return removeTopic(state, fault.topic);
    case "topic_recreation":
      return recreate(state, fault.topic);
    default:
      unreachable(fault);
  }
}

/** Groups that read the topic read the new one from its end. */
function recreate(state: SimState, spec: SimTopicSpec): void {
  const old = state.topicByName.get(spec.name);
  removeTopic(state, spec.name);
  addTopic(state, spec);
  const topic = state.topicByName.get(spec.name)!;
  for (const subscription of state.subscriptions.filter((one) => one.topic === old)) {
    const committed = new Float64Array(spec.assignment.length).fill(NaN);
    state.subscriptions.push({ ...subscription, topic, committed });
  }
}

function brokerOf(state: SimState, id: number): number {
  const index = state.brokerIndex.get(id);
  assert(index !== undefined, `A fault names broker ${id}, which is not in the specification`);
  return index;
}

function dirOf(state: SimState, fault: { brokerId: number; logDir: string }): number {
  const b = brokerOf(state, fault.brokerId);
  for (let d = state.broker.dirStart[b]!; d < state.broker.dirStart[b + 1]!; d++) {
    if (state.dir.path[d] === fault.logDir) return d;
  }
  throw new Error(`A fault names log dir ${fault.logDir}, which broker ${fault.brokerId} has not`);
}

/** Draws `count` faults with their times, the same for the same seed, ascending in time. */
export function drawFaults(
  spec: SimSpec,
  options: { seed: number; fromMs: number; toMs: number; count: number },
): { atMs: number; fault: SimFault }[] {
  const prng = createPrng(options.seed).fork("faults");
  const times = Array.from(
    { length: options.count },
    () => Math.floor(options.fromMs + prng.next() * (options.toMs - options.fromMs)),
  ).sort((a, b) => a - b);
  return times.map((atMs) => ({ atMs, fault: drawFault(spec, prng) }));
}

function drawFault(spec: SimSpec, prng: { below(limit: number): number }): SimFault {
  const broker = spec.brokers[prng.below(spec.brokers.length)]!;
  const topic = spec.topics[prng.below(spec.topics.length)]!;
  const durationMs = 5000 + prng.below(115_000);
  const brokerId = broker.id;
  switch (prng.below(9)) {
    case 0:
      return { kind: "broker_crash", brokerId, returnAfterMs: durationMs };
    case 1:
      return { kind: "broker_hang", brokerId, durationMs };
    case 2:
      return { kind: "slow_broker", brokerId, factor: 0.1 + prng.below(8) / 10, durationMs };
    case 3:
      return { kind: "lost_requests", count: 1 + prng.below(3), durationMs };
    case 4:
      return { kind: "lost_responses", count: 1 + prng.below(3), durationMs };
    case 5:
      return { kind: "controller_change", durationMs: 500 + prng.below(5000) };
    case 6:
      return { kind: "topic_deletion", topic: topic.name };
    case 7: {
      const log = broker.logDirs[prng.below(broker.logDirs.length)]!;
      return { kind: "disk_failure", brokerId, logDir: log.path };
    }
    default: {
      const partition = prng.below(topic.assignment.length);
      const list = topic.assignment[partition]!;
      const replicas = [...list.slice(1), list[0]!];
      if (!replicas.includes(brokerId)) replicas[replicas.length - 1] = brokerId;
      return { kind: "foreign_reassignment", topic: topic.name, partition, replicas };
    }
  }
}
