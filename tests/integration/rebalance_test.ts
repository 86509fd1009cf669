/**
 * The whole loop on real brokers. Situation: three brokers, all leaders on broker 1, unequal sizes and rates, and a
 * fourth broker that is empty. Expected: `rebalance` satisfies every goal, also by load measured anew afterwards (again
 * where the load has changed meanwhile), an independent client sees exactly the
 * planned replicas and leaders, and traffic that runs meanwhile loses nothing.
 */
import { assert, assertEquals } from "@std/assert";
import { sleepUntil, systemClock } from "../../lib/clock.ts";
import {
  createTopics,
  kafkaTest,
  produceRecords,
  seeDynamicConfigs,
  seePartitions,
  seeReassignments,
  sharedCluster,
} from "../kafka/mod.ts";
import { type Evenkeel, startEvenkeel, waitFor } from "../system/evenkeel.ts";
import { startTraffic, type Stream } from "../system/traffic.ts";

const TOPICS = 4;
const PARTITIONS = 8;
const POLL_MS = 2000;
const LOOKS_MAX = 5;
const ROUNDS_MAX = 5;

const cluster = sharedCluster({ brokers: 3 }, async (started) => {
  await createTopics(
    started.bootstrap,
    Array.from({ length: TOPICS }, (_, t) => ({
      name: `skewed.${t}`,
      replicas: Array.from({ length: PARTITIONS }, (_, p) => [1, 2 + (p + t) % 2]),
    })),
  );
  const filled = Array.from({ length: TOPICS }, async (_, t) => {
    for (let p = 0; p < PARTITIONS; p++) {
      await produceRecords(started.bootstrap, { topic: `skewed.${t}`, partition: p }, {
        count: 60 + 25 * ((p * 5 + t) % 7),
        bytes: 4000,
      });
    }
  });
  await Promise.all([started.addBroker(), ...filled]);
});

const streams: Stream[] = Array.from({ length: TOPICS * PARTITIONS }, (_, i) => ({
  topic: `skewed.${i % TOPICS}`,
  partition: Math.floor(i / TOPICS),
  bytes: 900,
  records: 2 + (i * 3) % 5,
}));

interface GoalStatus {
  readonly goal: string;
  readonly status: string;
}

interface WireProposal {
  readonly topicPartition: { topic: string; partition: number };
  readonly newReplicas: number[];
}

kafkaTest(
  "rebalance satisfies all goals on a skewed cluster and traffic loses nothing",
  async () => {
    const { bootstrap } = await cluster();
    const dataDir = await Deno.makeTempDir();
    const traffic = await startTraffic(bootstrap, streams);
    const evenkeel = await startEvenkeel({
      bootstrap,
      dataDir,
      settings: {
        "evenkeel.sampling.poll.interval.ms": String(POLL_MS),
        "execution.progress.check.interval.ms": "1000",
        "evenkeel.execution.settle.time.ms": "500",
        "default.replication.throttle": "50000000",
      },
    });
    try {
      // The first look at the rates, of a second or two, may be one that no plan can balance.
      const first = await waitFor(
        () => evenkeel.get("proposals?verbose=true&ignore_proposal_cache=true"),
        (plan) => unmet(plan).length === 0,
        { withinMs: 60_000, what: "a plan that leaves no goal violated", everyMs: POLL_MS },
      );
      assert(violated(first).length > 0, "the cluster was skewed on purpose");
      let left = first;
      // The load goes on changing while it is moved: a look at the end may find a broker just outside a limit again.
      for (let round = 1; violated(left).length > 0; round++) {
        assert(round <= ROUNDS_MAX, `${violated(left)} still violated after ${ROUNDS_MAX} rounds`);
        await rebalance(evenkeel);
        left = await measuredAnew(evenkeel);
      }
      const { sent, received, stored } = await traffic.finish();
      assertEquals(stored, sent, "what the logs hold");
      assertEquals(received, sent, "what the consumers got");
    } finally {
      await evenkeel.stop();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
);

/** Executes a plan, and looks at what it left behind with an independent client. */
async function rebalance(evenkeel: Evenkeel): Promise<void> {
  const result = await evenkeel.post("rebalance?dryrun=false&verbose=true");
  await waitFor(() => evenkeel.get("state?substates=executor"), isIdle, {
    withinMs: 120_000,
    what: "the end of the execution",
  });
  await seesThePlan(result);
  const configs = await seeDynamicConfigs(await cluster(), "broker", ["1", "2", "3", "4"]);
  assertEquals(configs.filter(({ key }) => key.includes("throttled")), []);
  assertEquals(await seeReassignments(await cluster()), []);
}

/** The first plan that finds nothing to do, or what is still to do after some more polls of the load. */
async function measuredAnew(evenkeel: Evenkeel): Promise<Record<string, unknown>> {
  const clock = systemClock();
  for (let look = 1;; look++) {
    const plan = await evenkeel.get("proposals?ignore_proposal_cache=true");
    if (violated(plan).length === 0 || look === LOOKS_MAX) return plan;
    await sleepUntil(clock, clock.nowMs() + POLL_MS);
  }
}

/** Names of the goals that need, or needed, work: FIXED were violated before, VIOLATED still are. */
function violated(plan: Record<string, unknown>): string[] {
  return statuses(plan).filter(({ status }) => status !== "NO-ACTION").map(({ goal }) => goal);
}

function unmet(plan: Record<string, unknown>): string[] {
  return statuses(plan).filter(({ status }) => status === "VIOLATED").map(({ goal }) => goal);
}

function statuses(plan: Record<string, unknown>): GoalStatus[] {
  return plan["goalSummary"] as GoalStatus[];
}

function isIdle(state: Record<string, unknown>): boolean {
  return (state["ExecutorState"] as { state: string }).state === "NO_TASK_IN_PROGRESS";
}

async function seesThePlan(result: Record<string, unknown>): Promise<void> {
  const proposals = result["proposals"] as WireProposal[];
  assert(proposals.length > 0, "a plan for a skewed cluster moves something");
  const wanted = new Map(
    proposals.map((
      p,
    ) => [`${p.topicPartition.topic}-${p.topicPartition.partition}`, p.newReplicas]),
  );
  for (const seen of await seePartitions(await cluster())) {
    const replicas = wanted.get(`${seen.topic}-${seen.partition}`);
    if (replicas === undefined) continue;
    assertEquals(seen.replicas, replicas, `${seen.topic}-${seen.partition}`);
    assertEquals(seen.leader, replicas[0], `leader of ${seen.topic}-${seen.partition}`);
  }
}
