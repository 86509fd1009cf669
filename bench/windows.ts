/**
 * What it costs to hold capacity limits in each of 24 hours instead of on average, on a cluster whose topics work by
 * day or by night. Each plan is made in a process of its own; CPU time counts all threads.
 */
import process from "node:process";
import { defaultConfig } from "../config/parse.ts";
import { GOAL_NAMES } from "../goals/catalog.ts";
import { constraintOf } from "../goals/constraint.ts";
import { NW_OUT, RESOURCE_COUNT } from "../model/metrics.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import { makeOutcome } from "../planner/plan.ts";
import { plannerSettings } from "../planner/settings.ts";
import type { BenchResult } from "./result.ts";
import { seeds } from "./seeds.ts";
import { syntheticCluster } from "./synthetic_cluster.ts";

const HOURS = 24;
const SHAPE = { brokers: 40, replicas: 50_000, topics: 3000, racks: 10 } as const;
/** Each is drawn so often; the worst counts. */
const DRAWS = 5;
/** CPU time of a plan over each window by that of one over the mean. */
const RATIO = 10;
/** How much more than on average a topic does at its peak. */
const SWING = 0.9;
/** Utilization of CPU and network that brokers have on average, so that peaks matter. */
const BUSY = 0.55;

interface Measured {
  readonly cpuMs: number;
  readonly violated: number;
}

/** A cluster with hours of the day: topics with an even number peak at noon, the others at midnight. */
function dayCluster(seed: number): ClusterInput {
  const input = busy(syntheticCluster({ ...SHAPE, seed, distribution: "exponential" }));
  const { leaderLoad, partitionStart, topicNames } = input;
  const loads = new Float64Array(leaderLoad.length * HOURS);
  for (let t = 0; t < topicNames.length; t++) {
    for (let p = partitionStart[t]!; p < partitionStart[t + 1]!; p++) {
      for (let hour = 0; hour < HOURS; hour++) {
        const phase = 2 * Math.PI * (hour / HOURS + t % 2 / 2);
        const factor = 1 + SWING * Math.sin(phase);
        const at = (p * HOURS + hour) * RESOURCE_COUNT;
        for (let k = 0; k < RESOURCE_COUNT; k++) {
          // Disk does not come and go.
          loads[at + k] = leaderLoad[p * RESOURCE_COUNT + k]! * (k <= NW_OUT ? factor : 1);
        }
      }
    }
  }
  return { ...input, windows: { count: HOURS, loads } };
}

/** The same with CPU, bytes in and bytes out scaled to what brokers can carry. */
function busy(input: ClusterInput): ClusterInput {
  const leaderLoad = input.leaderLoad.slice();
  const followerLoad = input.followerLoad.slice();
  for (let k = 0; k <= NW_OUT; k++) {
    let total = 0;
    for (let p = 0; p < input.partitionNumber.length; p++) {
      const followers = input.replicaStart[p + 1]! - input.replicaStart[p]! - 1;
      const at = p * RESOURCE_COUNT + k;
      total += leaderLoad[at]! + followers * followerLoad[at]!;
    }
    const room = input.brokers.reduce((sum, broker) => sum + broker.capacity[k]!, 0);
    // What a broker would send if it led all it holds has a limit of its own.
    const factor = room * (k === NW_OUT ? BUSY / 3 : BUSY) / total;
    for (let i = k; i < leaderLoad.length; i += RESOURCE_COUNT) {
      leaderLoad[i]! *= factor;
      followerLoad[i]! *= factor;
    }
  }
  return { ...input, leaderLoad, followerLoad };
}

function measure(seed: number, over: "each" | "mean"): Measured {
  const constraint = constraintOf(defaultConfig());
  if (!constraint.ok) throw new TypeError(constraint.failure.message);
  const input = dayCluster(seed);
  const before = process.cpuUsage();
  const made = makeOutcome(input, plannerSettings(GOAL_NAMES, constraint.value, { over }));
  const { user, system } = process.cpuUsage(before);
  if (!made.ok) throw new TypeError(made.failure.message);
  const violated = made.value.summary.goals.filter((goal) => goal.violatedAfter).length;
  return { cpuMs: (user + system) / 1000, violated };
}

/** A plan in a process of its own. */
async function child(seed: number, over: "each" | "mean"): Promise<Measured> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", new URL(import.meta.url).pathname, String(seed), over],
    stderr: "inherit",
  }).output();
  if (!success) throw new TypeError(`Cannot plan over ${over} with seed ${seed}`);
  return JSON.parse(new TextDecoder().decode(stdout)) as Measured;
}

/** Plans every seed both ways. */
export async function run(): Promise<BenchResult[]> {
  let [mean, each, ratio, violated] = [0, 0, 0, 0];
  for (const seed of seeds(DRAWS)) {
    const plain = await child(seed, "mean");
    const windowed = await child(seed, "each");
    mean = Math.max(mean, plain.cpuMs);
    each = Math.max(each, windowed.cpuMs);
    ratio = Math.max(ratio, windowed.cpuMs / plain.cpuMs);
    violated = Math.max(violated, windowed.violated);
  }
  const name = `medium exponential, ${HOURS} windows`;
  return [
    { name: `${name}: plan over the mean`, value: mean, unit: "CPU ms" },
    { name: `${name}: plan over each`, value: each, unit: "CPU ms" },
    { name: `${name}: each by mean`, value: ratio, unit: "x", target: RATIO },
    { name: `${name}: goals violated over each`, value: violated, unit: "goals", target: 0 },
  ];
}

if (import.meta.main) {
  const [seed, over] = Deno.args;
  console.log(JSON.stringify(measure(Number(seed), over === "each" ? "each" : "mean")));
}
