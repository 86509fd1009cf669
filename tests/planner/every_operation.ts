/**
 * Plans every operation once and prints a hash of each plan's bytes: run in processes of its own by
 * `same_bytes_test.ts`.
 */
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { INTRA_BROKER_GOALS } from "../../goals/intra_broker_disk.ts";
import { KAFKA_ASSIGNER_GOALS } from "../../goals/kafka_assigner.ts";
import { BASE_CLUSTER, generateCluster } from "../../model/generate_cluster.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { planText } from "../../model/plan_file.ts";
import { makePlan } from "../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../planner/settings.ts";
import { previousOf } from "../../planner/previous.ts";
import { constraintWith } from "./clusters.ts";

const HOURS = 3;
const constraint = constraintWith();

/** Six brokers with two log dirs each, on three racks. */
function cluster(): ClusterInput {
  const made = generateCluster({
    ...BASE_CLUSTER,
    brokers: 6,
    racks: 3,
    topics: 12,
    replicas: 240,
    replicationFactor: 2,
    distribution: "exponential",
    loads: "realistic",
    seed: 7,
  });
  if (!made.ok) throw new TypeError(made.failure.message);
  const input = made.value;
  const loads = new Float64Array(input.leaderLoad.length * HOURS);
  for (let i = 0; i < loads.length; i++) {
    const row = Math.floor(i / (4 * HOURS)) * 4 + i % 4;
    const hour = Math.floor(i / 4) % HOURS;
    loads[i] = input.leaderLoad[row]! * (i % 4 === 3 ? 1 : (1 + (hour + row) % HOURS) / 2);
  }
  return {
    ...input,
    brokers: input.brokers.map((broker) => ({
      ...broker,
      logDirs: [0, 1].map((d) => ({
        path: `/d${d}`,
        capacityMb: broker.capacity[3] / 2,
        alive: true,
      })),
    })),
    replicaLogDir: Int16Array.from(input.replicaBroker, (_, r) => r % 3 === 0 ? 1 : 0),
    windows: { count: HOURS, loads },
  };
}

/** The same with a broker that lost a log dir. */
function broken(input: ClusterInput): ClusterInput {
  const brokers = input.brokers.map((broker, b) =>
    b > 0 ? broker : {
      ...broker,
      state: "bad_disks" as const,
      logDirs: broker.logDirs.map((dir, d) => ({ ...dir, alive: d > 0 })),
    }
  );
  const replicaOffline = input.replicaOffline.map((_, r) =>
    input.replicaBroker[r] === 0 && input.replicaLogDir[r] === 0 ? 1 : 0
  );
  return { ...input, brokers, replicaOffline };
}

const whole = cluster();
const rebalanced = makePlan(
  whole,
  plannerSettings(GOAL_NAMES, constraint, { seed: 2, stepsMax: 20_000 }),
);
if (!rebalanced.ok) throw new TypeError(rebalanced.failure.message);

interface Case {
  readonly input?: ClusterInput;
  readonly goals?: readonly string[];
  readonly options?: Partial<PlannerSettings>;
}

const CASES: Readonly<Record<string, Case>> = {
  rebalance: {},
  "rebalance over each window": { options: { over: "each" } },
  "rebalance within a budget": { options: { budget: { maxMoves: 10 } } },
  "rebalance from a plan": { options: { previous: previousOf(rebalanced.value) } },
  "kafka assigner": { goals: KAFKA_ASSIGNER_GOALS },
  add_broker: { options: { operation: "add_broker", brokerIds: [0] } },
  remove_broker: { options: { operation: "remove_broker", brokerIds: [5] } },
  demote_broker: {
    goals: ["PreferredLeaderElectionGoal"],
    options: { operation: "demote_broker", brokerIds: [4, 5] },
  },
  "demote_broker of log dirs": {
    goals: ["PreferredLeaderElectionGoal"],
    options: { operation: "demote_broker", logDirs: [{ brokerId: 4, path: "/d0" }] },
  },
  fix_offline_replicas: { input: broken(whole), options: { operation: "fix_offline_replicas" } },
  topic_replication_factor: {
    options: {
      operation: "topic_replication_factor",
      onlyMoveImmigrants: true,
      factorChange: { wishes: [{ topics: "T[0-3]", factor: 3 }], skipRackCheck: false },
    },
  },
  remove_disks: {
    goals: INTRA_BROKER_GOALS,
    options: { operation: "remove_disks", logDirs: [{ brokerId: 1, path: "/d0" }] },
  },
  rebalance_disk: { goals: INTRA_BROKER_GOALS, options: { operation: "rebalance_disk" } },
};

for (const [name, { input = whole, goals = GOAL_NAMES, options = {} }] of Object.entries(CASES)) {
  const settings = plannerSettings(goals, constraint, {
    unmetHardGoals: "report",
    stepsMax: 20_000,
    ...options,
  });
  const made = makePlan(input, settings);
  if (!made.ok) throw new TypeError(`${name}: ${made.failure.message}`);
  const text = [...planText(made.value, { wallMs: 0, cpuMs: 0 })].join("");
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  console.log(name, made.value.proposals.length, new Uint8Array(hash).toHex());
}
