/** Small random clusters with everything that may be wrong or odd at once, and the checks that every plan must pass. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { BalancingConstraint } from "../../goals/constraint.ts";
import type { BrokerState, ClusterInput } from "../../model/cluster_input.ts";
import type { HeldPlan, Plan } from "../../model/plan.ts";
import { parsePlan, planText, type ReadPlan } from "../../model/plan_file.ts";
import { type Verification, verifyPlan } from "../../planner/verify/verify.ts";
import { CAPACITY, type HandBroker, handInput, type HandPartition, type Load } from "./clusters.ts";

/** Of a cluster, by place of the broker. */
const BROKERS_MAX = 9;

const SHAPE = fc.record({
  brokers: fc.integer({ min: 1, max: BROKERS_MAX }),
  racks: fc.integer({ min: 1, max: 6 }),
  topics: fc.integer({ min: 1, max: 5 }),
  partitions: fc.integer({ min: 1, max: 9 }),
  states: fc.array(
    fc.constantFrom<BrokerState>("alive", "alive", "alive", "dead", "new", "demoted", "bad_disks"),
    { minLength: BROKERS_MAX, maxLength: BROKERS_MAX },
  ),
  sizes: fc.array(fc.constantFrom(0.5, 1, 1, 1, 2), {
    minLength: BROKERS_MAX,
    maxLength: BROKERS_MAX,
  }),
  dirs: fc.constantFrom(0, 0, 1, 2, 3),
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  factor: fc.integer({ min: 1, max: 4 }),
  // Loads and capacities together, then loads alone: huge ones fit, and so do some that fit nowhere.
  scale: fc.constantFrom(1, 1, 1, 1e-6, 1e15),
  weight: fc.constantFrom(0, 0.3, 1, 1, 3),
  outlier: fc.constantFrom(1, 1, 1, 1, 40, 1e15),
  ownSizes: fc.boolean(),
});

type Shape = typeof SHAPE extends fc.Arbitrary<infer T> ? T : never;

/**
 * Dead, new, demoted and bad-disk brokers, racks with one broker, topics without partitions, replication from 1 to 4,
 * loads from none to 1e15, log dirs of which some are dead, replicas of a partition that differ in size.
 */
export function arbitraryWideCluster(): fc.Arbitrary<ClusterInput> {
  return SHAPE.map(clusterOf);
}

function clusterOf(shape: Shape): ClusterInput {
  const random = sequence(shape.seed);
  const brokers = Array.from({ length: shape.brokers }, (_, i): HandBroker => ({
    id: i * 3,
    rack: `r${i < shape.racks ? i : Math.floor(random() * shape.racks)}`,
    state: i === 0 ? "alive" : shape.states[i]!,
    capacity: CAPACITY.map((value) => value * shape.sizes[i]! * shape.scale) as unknown as Load,
  }));
  const partitions: HandPartition[] = [];
  for (let t = 0; t < shape.topics; t++) {
    for (let id = 0; id < shape.partitions; id++) {
      partitions.push(partitionOf(shape, { topic: `T${t}`, id, brokers, random }));
    }
  }
  // The last topic may have lost its partitions, the one before one of two.
  const input = handInput(brokers, partitions);
  const named = { ...input, topicNames: [...input.topicNames, "empty"] };
  const partitionStart = Int32Array.from([...input.partitionStart, partitions.length]);
  const withEmpty: ClusterInput = { ...named, partitionStart };
  return withLogDirs(withEmpty, shape, random);
}

function partitionOf(
  shape: Shape,
  parts: { topic: string; id: number; brokers: readonly HandBroker[]; random: () => number },
): HandPartition {
  const { brokers, random } = parts;
  const wanted = 1 + Math.floor(random() * shape.factor);
  const ids = brokers.map((broker) => broker.id);
  const replicas: number[] = [];
  while (replicas.length < Math.min(wanted, brokers.length)) {
    // Squared: low ids get more, so that there is something to do.
    replicas.push(ids.splice(Math.floor(random() ** 2 * ids.length), 1)[0]!);
  }
  const isOut = random() < 0.05;
  const weight = random() < 0.15 ? 0 : random() * shape.weight * (isOut ? shape.outlier : 1);
  const scaled = weight * shape.scale;
  const bad = brokers.filter((broker) => broker.state === "bad_disks" && random() < 0.5);
  return {
    topic: parts.topic,
    id: parts.id,
    replicas,
    leader: replicas[Math.floor(random() * replicas.length)]!,
    load: [scaled, 2000 * scaled * random(), 1500 * scaled * random(), 4000 * scaled],
    offline: bad.map((broker) => broker.id),
  };
}

/** Gives brokers log dirs, of which those with bad disks lost one, and replicas sizes of their own. */
function withLogDirs(input: ClusterInput, shape: Shape, random: () => number): ClusterInput {
  const count = input.replicaBroker.length;
  const replicaDiskMb = new Float64Array(shape.ownSizes ? count : 0);
  const sized = { ...input, replicaDiskMb };
  for (let p = 0; p < input.partitionNumber.length && shape.ownSizes; p++) {
    for (let r = input.replicaStart[p]!; r < input.replicaStart[p + 1]!; r++) {
      const part = random() < 0.7 ? 1 : random();
      replicaDiskMb[r] = part === 1 ? NaN : input.leaderLoad[p * 4 + 3]! * part;
    }
  }
  if (shape.dirs < 2) return sized;
  const brokers = input.brokers.map((broker) => ({
    ...broker,
    logDirs: Array.from({ length: shape.dirs }, (_, d) => ({
      path: `/d${d}`,
      capacityMb: broker.capacity[3] / shape.dirs,
      alive: broker.state === "bad_disks" ? d > 0 : broker.state !== "dead",
    })),
  }));
  const replicaLogDir = Int16Array.from(input.replicaBroker, (b, r) => {
    if (brokers[b]!.state !== "bad_disks") return Math.floor(random() * shape.dirs);
    return input.replicaOffline[r] === 1 ? 0 : 1 + Math.floor(random() * (shape.dirs - 1));
  });
  return {
    ...sized,
    brokers: brokers.map((broker) => ({
      ...broker,
      // Dead log dirs hold nothing more.
      capacity: broker.state === "bad_disks"
        ? withDisk(broker.capacity, broker.capacity[3] * (shape.dirs - 1) / shape.dirs)
        : broker.capacity,
    })),
    replicaLogDir,
  };
}

function withDisk(capacity: Load, disk: number): Load {
  return [capacity[0], capacity[1], capacity[2], disk];
}

/** Numbers in 0..1 that follow from a seed. */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The plan's file, without figures of the run. */
export function textOf(plan: HeldPlan): string {
  return [...planText(plan, { wallMs: 0, cpuMs: 0 })].join("");
}

/** A plan as files bring it. */
export function readBack(plan: HeldPlan): ReadPlan {
  const read = parsePlan(textOf(plan));
  assert(read.ok, read.ok ? "" : read.failure.message);
  return read.value;
}

/** Fails where a plan that reports what is left is illegal, says what is not true, or breaks a hard goal that held. */
export function checkReported(
  input: ClusterInput,
  plan: Plan,
  options: {
    goals: readonly string[];
    constraint: BalancingConstraint;
    withinBrokers?: boolean;
  },
): Verification {
  const { unmet = [] } = plan.summary;
  const found = verifyPlan(input, readBack(plan), options);
  assertEquals(found.problems, []);
  assert(unmet.length > 0 || found.left.length === 0, found.left.join());
  for (const goal of found.goals) {
    if (!goal.hard || goal.bestEffort) continue;
    const named = unmet.some((left) => left.goal === goal.name);
    assertEquals(named, goal.brokersOutAfter.length > 0, `${goal.name}: ${goal.example}`);
    // Replicas are rather together on a rack than offline.
    const yields = goal.name.includes("RackAware") && input.replicaOffline.includes(1);
    assert(
      yields || goal.brokersOutBefore.length > 0 || goal.brokersOutAfter.length === 0,
      `${goal.name} was broken: ${goal.example}`,
    );
  }
  checkBounds(plan);
  return found;
}

/** Bounds are of plans that meet their goals: those that this plan meets must not cost less. */
function checkBounds({ summary }: Plan): void {
  const { mbToMove, lowerBoundMb, balancednessAfter, goals, unmet = [] } = summary;
  for (const figure of [mbToMove, lowerBoundMb, balancednessAfter]) assert(Number.isFinite(figure));
  if (unmet.length > 0) return;
  const most = mbToMove * (1 + 1e-9);
  for (const goal of goals) {
    if (goal.violatedAfter) continue;
    assert(
      goal.lowerBoundMb <= most,
      `${goal.name}: ${mbToMove} MB, at least ${goal.lowerBoundMb}`,
    );
  }
  if (goals.some((goal) => goal.violatedAfter)) return;
  assert(lowerBoundMb <= most, `moves ${mbToMove} MB, at least ${lowerBoundMb}`);
}
