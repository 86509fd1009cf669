/**
 * One simulated day with faults, people and crashes, all drawn from a seed; and what must hold on such a day.
 *
 * @module
 */
import {
  brokerTruth,
  drawFaults,
  partitionTruth,
  type SimSpec,
  simSpec,
} from "../../cluster/sim/mod.ts";
import { digest } from "../../cluster/sim/truth.ts";
import { createPrng, type Prng } from "../../lib/prng.ts";
import type { ActorName } from "../../messages/actor.ts";
import { LEADER_BYTES_IN, LEADER_BYTES_OUT, PARTITION_METRIC_COUNT } from "../../model/metrics.ts";
import {
  NO_LEADER,
  partitionCount,
  replicasOf,
  topicOfPartition,
  type Topology,
} from "../../model/topology.ts";
import { createWorld, HOUR_MS, MINUTE_MS, START_MS, type World } from "./world.ts";

/** What a day left behind. */
export interface DayReport {
  readonly executions: number;
  readonly planFailures: readonly string[];
  readonly outcomes: readonly string[];
  /** A line an event, for comparing two runs of a seed. */
  readonly trace: readonly string[];
  /** Of everything in the cluster at the end. */
  readonly digest: string;
}

/** Small enough for hundreds of days, rich enough for every fault. */
export function smallSpec(seed: number): SimSpec {
  return simSpec({
    seed,
    brokers: 6,
    topics: 8,
    partitions: 60,
    groups: 3,
    replicationFactor: 3,
    bytesPerSecPerBroker: 3e5,
    diskBytesPerBroker: 2e9,
    settings: {
      stepMs: 60_000,
      commitIntervalMs: 60_000,
      loadIntervalMs: 300_000,
      replicationStepMs: 5000,
    },
  });
}

/** Runs the day of a seed. Throws with the seed in the message when something does not hold. */
export async function runFaultyDay(seed: number): Promise<DayReport> {
  const spec = smallSpec(seed);
  const world = await createWorld({
    seed,
    spec,
    settings: {
      "num.proposal.precompute.threads": "0",
      // Days are about faults, not about the last percent of bytes.
      "evenkeel.planner.steps.max": "150000",
      "evenkeel.execution.move.stuck.timeout.ms": "600000",
    },
  });
  try {
    return await liveThrough(world, spec, seed);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Seed ${seed}, ${new Date(world.clock.nowMs()).toISOString()}: ${reason}`, {
      cause: error,
    });
  } finally {
    await world.close();
  }
}

interface Day {
  readonly world: World;
  readonly prng: Prng;
  readonly factors: ReadonlyMap<string, number>;
  readonly trace: string[];
  readonly planFailures: string[];
  /** Partitions that somebody else reassigned, as `topic-number`. */
  readonly foreign: Set<string>;
  /** Highest end offset seen, by topic id and partition. */
  readonly ends: Map<string, number>;
  executions: number;
}

async function liveThrough(world: World, spec: SimSpec, seed: number): Promise<DayReport> {
  const prng = createPrng(seed).fork("day");
  const endMs = START_MS + 24 * HOUR_MS;
  const foreign = new Set<string>();
  for (
    const { atMs, fault } of drawFaults(spec, {
      seed,
      fromMs: START_MS + HOUR_MS,
      toMs: endMs - 2 * HOUR_MS,
      count: 12,
    })
  ) {
    world.cluster.inject(fault, atMs);
    if (fault.kind === "foreign_reassignment") foreign.add(`${fault.topic}-${fault.partition}`);
  }
  const day: Day = {
    world,
    prng,
    factors: new Map(spec.topics.map((topic) => [topic.name, topic.assignment[0]!.length])),
    trace: [],
    planFailures: [],
    foreign,
    ends: new Map(),
    executions: 0,
  };
  while (world.clock.nowMs() < endMs) {
    await world.run(20 * MINUTE_MS + prng.below(70 * MINUTE_MS));
    await somebodyActs(day);
    await checkWhileRunning(day);
  }
  await quietDown(day);
  return {
    executions: day.executions,
    planFailures: day.planFailures,
    outcomes: day.trace.filter((line) => line.startsWith("ended ")),
    trace: day.trace,
    digest: digest(world.cluster.state),
  };
}

/** A fixed list: a seed must give the same day when an actor is added. */
const KILLABLE: readonly ActorName[] = ["sampler", "aggregator", "analyzer", "executor"];

async function somebodyActs(day: Day): Promise<void> {
  const { world, prng } = day;
  const draw = prng.below(10);
  if (draw < 5) await startRebalance(day, prng.below(2) === 0 ? 2_000_000 : undefined);
  else if (draw === 5) {
    await world.settleWithin(
      world.system.request({
        kind: "stop_execution",
        stopExternalAgent: false,
        reason: "scenario",
      }),
      HOUR_MS,
      "the answer to a stop",
    );
  } else if (draw < 9) {
    const victim = KILLABLE[prng.below(KILLABLE.length)]!;
    world.system.kill(victim);
    day.trace.push(`killed ${victim}`);
  }
}

async function startRebalance(day: Day, throttleBytesPerSec: number | undefined): Promise<void> {
  const started = await day.world.rebalance(
    { ignoreProposalCache: true },
    throttleBytesPerSec === undefined ? {} : { throttleBytesPerSec },
  );
  if (started.ok) {
    day.executions += started.value.proposals.length > 0 ? 1 : 0;
    day.trace.push(
      `planned ${started.value.proposals.length} proposals, ${started.value.summary.mbToMove} MB`,
    );
  } else {
    day.planFailures.push(`${started.failure.code}: ${started.failure.message}`);
    day.trace.push(`refused ${started.failure.code}`);
  }
}

async function observed(world: World): Promise<Topology | undefined> {
  const seen = await world.settleWithin(world.gateway.observe(), HOUR_MS, "the metadata");
  return seen.ok ? seen.value : undefined;
}

/** What holds at any moment, faults or not. */
async function checkWhileRunning(day: Day): Promise<void> {
  const topology = await observed(day.world);
  if (topology !== undefined) {
    checkReplicas(day, topology);
    checkNothingLost(day, topology);
  }
  await checkLoads(day);
}

/** Replication factor kept, replicas apart. An ongoing reassignment may have more replicas, never fewer. */
function checkReplicas(day: Day, topology: Topology): void {
  for (let row = 0; row < partitionCount(topology); row++) {
    const name = topology.topicNames[topicOfPartition(topology, row)]!;
    const replicas = replicasOf(topology, row);
    if (new Set(replicas).size !== replicas.length) {
      throw new Error(`${name}: two replicas on one broker, ${replicas}`);
    }
    const factor = day.factors.get(name);
    if (factor !== undefined && replicas.length < factor) {
      throw new Error(`${name}: ${replicas.length} replicas, had ${factor}`);
    }
  }
}

/** Fastest that any partition of the small cluster is written or read, KB/s, with room for daily peaks and bursts. */
const RATE_KB_MAX = 6 * 3e5 * 20 / 1024;

/** Loads are never negative and never a spike, whatever retention, compaction, leader changes and deaths did. */
async function checkLoads(day: Day): Promise<void> {
  const { world } = day;
  const asked = await world.settleWithin(
    world.system.request({
      kind: "get_load",
      fromMs: undefined,
      toMs: undefined,
      requirements: { windows: 1, minValidRatio: 0, includeAllTopics: true },
    }),
    HOUR_MS,
    "the load",
  );
  if (!asked.ok) return;
  const { metrics } = asked.value;
  for (let at = 0; at < metrics.length; at++) {
    const value = metrics[at]!;
    if (Number.isNaN(value)) continue;
    const metric = at % PARTITION_METRIC_COUNT;
    if (value < 0) throw new Error(`metric ${metric} is ${value}`);
    const isRate = metric === LEADER_BYTES_IN || metric === LEADER_BYTES_OUT;
    if (isRate && value > RATE_KB_MAX) {
      throw new Error(
        `metric ${metric} is ${value} KB/s, no partition can do more than ${RATE_KB_MAX}`,
      );
    }
  }
}

/** After the last fault: all brokers return, what runs ends, and nothing of ours is left. */
async function quietDown(day: Day): Promise<void> {
  const { world } = day;
  for (const { id } of world.cluster.state.brokers) {
    world.cluster.inject({ kind: "broker_return", brokerId: id });
  }
  await world.run(HOUR_MS);
  const state = await world.untilIdle(24 * HOUR_MS);
  if (state.lastExecution !== undefined) day.trace.push(`ended ${state.lastExecution.outcome}`);
  await world.run(HOUR_MS);
  checkJournal(day);
  await checkNothingLeft(day);
  const topology = await observed(world);
  if (topology === undefined) {
    throw new Error("the cluster does not answer after all faults have ended");
  }
  checkReplicas(day, topology);
  checkNothingLost(day, topology);
  await lastRebalance(day, topology);
  checkJournal(day);
  await checkNothingLeft(day);
  checkNobodyDied(world);
}

/** Actors are killed on such a day; none dies by itself. */
function checkNobodyDied({ complaints }: World): void {
  const died = complaints.find(({ message }) => message === "Actor died");
  if (died !== undefined) {
    throw new Error(`${died.source} died: ${JSON.stringify(died.fields)}`);
  }
}

/** A throttle stays on record only where the broker that has it is gone: its configuration is its own to change. */
function checkJournal(day: Day): void {
  const { journal } = day.world;
  const gone = goneBrokers(day.world);
  const unfinished = journal.unfinishedExecutions();
  if (unfinished.length > 0) {
    throw new Error(`the journal holds an unfinished execution ${unfinished[0]!.uuid}`);
  }
  const undos = journal.openUndos().filter((undo) =>
    undo.resourceType !== "broker" || !gone.has(Number(undo.resourceName))
  );
  if (undos.length > 0) {
    throw new Error(`the journal holds ${undos.length} throttles that were not undone`);
  }
  const last = journal.lastEndedExecution();
  if (last === undefined) return;
  const open = journal.tasksOf(last.uuid).filter((task) =>
    !["COMPLETED", "ABORTED", "DEAD", "PENDING"].includes(task.state)
  );
  if (open.length > 0) {
    throw new Error(`task ${open[0]!.executionId} of an ended execution is ${open[0]!.state}`);
  }
}

/** Brokers whose disks have all failed never return: what somebody else moves there waits for ever. */
function waitsForGone(
  { world, foreign }: Day,
  { topic, partition, adding }: { topic: string; partition: number; adding: readonly number[] },
): boolean {
  const gone = goneBrokers(world);
  return foreign.has(`${topic}-${partition}`) && adding.some((id) => gone.has(id));
}

function goneBrokers({ cluster }: World): Set<number> {
  const gone = brokerTruth(cluster.state).filter((broker) => !broker.alive);
  return new Set(gone.map((broker) => broker.brokerId));
}

async function checkNothingLeft(day: Day): Promise<void> {
  const { world } = day;
  const listed = await world.settleWithin(
    world.gateway.listReassignments(),
    HOUR_MS,
    "the list of reassignments",
  );
  if (!listed.ok) throw new Error(listed.failure.message);
  const left = listed.value.find((one) => !waitsForGone(day, one));
  if (left !== undefined) throw new Error(`reassignments are left: ${JSON.stringify(left)}`);
  const topology = (await observed(world))!;
  const resources = [
    ...topology.brokers.map((broker) => ({ type: "broker" as const, name: String(broker.id) })),
    ...topology.topicNames.map((name) => ({ type: "topic" as const, name })),
  ];
  const configs = await world.settleWithin(
    world.gateway.readConfigs(resources, []),
    HOUR_MS,
    "the configuration",
  );
  if (!configs.ok) throw new Error(configs.failure.message);
  for (const reading of configs.value) {
    const left = reading.entries.find((entry) =>
      entry.key.includes("throttled") && entry.source.startsWith("dynamic")
    );
    if (left !== undefined) {
      throw new Error(
        `${reading.resource.type} ${reading.resource.name} keeps ${left.key} = ${left.value}`,
      );
    }
  }
}

/** Moving replicas and leaders never loses a record: ends of logs only grow while a topic lives. */
function checkNothingLost(day: Day, topology: Topology): void {
  for (let row = 0; row < partitionCount(topology); row++) {
    const topic = topologyTopic(topology, row);
    const truth = partitionTruth(day.world.cluster.state, topic.name, topic.partition);
    if (truth === undefined) continue;
    const key = `${topic.id}-${topic.partition}`;
    const before = day.ends.get(key) ?? 0;
    if (truth.endOffset < before) {
      throw new Error(
        `${topic.name}-${topic.partition} ended at ${before}, now at ${truth.endOffset}`,
      );
    }
    day.ends.set(key, truth.endOffset);
  }
}

function leaderlessShare(topology: Topology): number {
  const leaderless = topology.leader.filter((leader) => leader === NO_LEADER).length;
  return leaderless / partitionCount(topology);
}

/** With all brokers back, a rebalance brings every hard goal within its limits, or says why it cannot. */
async function lastRebalance(day: Day, topology: Topology): Promise<void> {
  const { world } = day;
  const plan = await world.rebalance({ ignoreProposalCache: true });
  if (!plan.ok) {
    // Partitions whose every copy was on failed disks have no leader and no load; enough of them forbid planning.
    const loadless = plan.failure.code === "not_enough_windows" &&
      leaderlessShare(topology) > 0.005;
    if (plan.failure.code !== "hard_goal_unmet" && !loadless) {
      throw new Error(`the last rebalance: ${plan.failure.message}`);
    }
    day.trace.push("ended without a plan for the hard goals");
    return;
  }
  const state = await world.untilIdle(48 * HOUR_MS);
  const outcome = plan.value.proposals.length === 0 ? "completed" : state.lastExecution?.outcome;
  if (outcome !== "completed") {
    throw new Error(`the last rebalance ${outcome}: ${state.lastExecution?.explanation}`);
  }
  await world.run(HOUR_MS);
  const again = await world.plan({ ignoreProposalCache: true });
  if (!again.ok) throw new Error(`after the last rebalance: ${again.failure.message}`);
  const broken = again.value.summary.goals.find((goal) => goal.hard && goal.violatedBefore);
  if (broken !== undefined) throw new Error(`${broken.name} is violated after the last rebalance`);
}

function topologyTopic(
  topology: Topology,
  row: number,
): { name: string; id: string; partition: number } {
  const t = topicOfPartition(topology, row);
  return {
    name: topology.topicNames[t]!,
    id: topology.topicIds[t]!,
    partition: row - topology.partitionStart[t]!,
  };
}
