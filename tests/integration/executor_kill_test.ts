/**
 * kill -9 of the balancer at random points of a throttled execution on real brokers.
 *
 * Each point: a host process begins an execution that swaps the replicas of eight partitions, is killed at a seeded
 * moment (some points twice), and is started again until it has finished. Expected: the target, or with the policy
 * rollback every partition at its target or where it was; no reassignment, no throttle of ours, the operator's own rate
 * as it was, and a journal without loose ends. EVENKEEL_KILL_POINTS sets the number of points, EVENKEEL_KILL_SEED the
 * first seed.
 */
import { assert, assertEquals } from "@std/assert";
import type { ITopicMetadata } from "kafkajs";
import { sleepUntil, systemClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import { createPrng, type Prng } from "../../lib/prng.ts";
import type { Proposal } from "../../model/proposal.ts";
import { openJournal } from "../../store/journal.ts";
import { openState } from "../../store/open.ts";
import { executionIn, type HostOrder } from "../actors/executor/executor_host.ts";
import {
  createTopics,
  kafkaTest,
  plainAdmin,
  produceRecords,
  seeDynamicConfigs,
  seePartitions,
  seeReassignments,
  sharedCluster,
} from "../kafka/mod.ts";

const POINTS = Number(Deno.env.get("EVENKEEL_KILL_POINTS") ?? "4");
const FIRST_SEED = Number(Deno.env.get("EVENKEEL_KILL_SEED") ?? "1");
const PARTITIONS = 8;
const BYTES = 1_000_000;
/** Kafka lets about ten seconds' worth of a rate through at once: with this the moves take some seconds. */
const RATE = 700_000;
/** From the beginning of an execution until its usual end. */
const KILL_WITHIN_MS = 4_000;
const OPERATORS_RATE = "123456789";

const clock = systemClock();

const cluster = sharedCluster({ brokers: 3 }, async (running) => {
  await createTopics(running.bootstrap, [{
    name: "k",
    replicas: Array.from({ length: PARTITIONS }, () => [1, 2]),
  }]);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    await produceRecords(running.bootstrap, { topic: "k", partition }, {
      count: BYTES / 1000,
      bytes: 1000,
    });
  }
  const admin = plainAdmin(running.bootstrap.split(","));
  await admin.connect();
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{
      type: 4,
      name: "2",
      configEntries: [{ name: "leader.replication.throttled.rate", value: OPERATORS_RATE }],
    }],
  });
  await admin.disconnect();
});

/** Replica lists and leaders as kafkajs reads them. */
async function placement(): Promise<{ replicas: number[]; leader: number }[]> {
  const admin = plainAdmin((await cluster()).bootstrap.split(","));
  await admin.connect();
  const { topics }: { topics: ITopicMetadata[] } = await admin.fetchTopicMetadata({
    topics: ["k"],
  });
  await admin.disconnect();
  return [...topics[0]!.partitions].sort((a, b) => a.partitionId - b.partitionId)
    .map(({ replicas, leader }) => ({ replicas, leader }));
}

/** For each partition another pair of brokers, with another leader: moves, re-orders and elections. */
async function drawProposals(prng: Prng): Promise<Proposal[]> {
  return (await placement()).map(({ replicas, leader }, partition) => {
    const absent = [1, 2, 3].find((id) => !replicas.includes(id))!;
    const [first, second] = [replicas[0]!, replicas[1]!];
    const to = [[absent, second], [first, absent], [second, first], [absent, first]];
    return {
      topic: "k",
      partition,
      sizeMb: BYTES / (1024 * 1024),
      oldLeader: leader,
      oldReplicas: replicas.map((brokerId) => ({ brokerId })),
      newReplicas: to[prng.below(to.length)]!.map((brokerId) => ({ brokerId })),
      reasons: [],
    };
  });
}

/**
 * Starts the host and kills it `killAfterMs` after it said `line`; undefined lets it end by itself. False when it
 * ended before.
 */
async function runHost(
  orderFile: string,
  kill: { afterMs: number; line: "begun" | "ready" } | undefined,
): Promise<boolean> {
  const host = new URL("../actors/executor/executor_host.ts", import.meta.url);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", host.pathname, orderFile],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let text = "";
  let killing: Promise<void> | undefined;
  const ended = new AbortController();
  const errors = new Response(child.stderr).text();
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (kill === undefined || killing !== undefined || !text.includes(kill.line)) continue;
    killing = sleepUntil(clock, clock.nowMs() + kill.afterMs, { signal: ended.signal })
      .then(() => ended.signal.aborted ? undefined : child.kill("SIGKILL"));
  }
  ended.abort();
  const { code, signal } = await child.status;
  await killing;
  if (signal !== "SIGKILL") {
    assertEquals(code, 0, `The host failed: ${text}${await errors}`);
  } else await errors;
  return signal === "SIGKILL";
}

function checkJournal(directory: string, uuid: string, label: string): string {
  const opened = openState({ directory, clock, log: silentLog });
  assert(opened.ok, label);
  const journal = openJournal(opened.value);
  assertEquals(journal.unfinishedExecutions(), [], label);
  assertEquals(journal.openUndos(), [], label);
  for (const task of journal.tasksOf(uuid)) {
    const over = ["COMPLETED", "ABORTED", "DEAD", "PENDING"].includes(task.state);
    assert(over, `${label}: task ${task.executionId} is ${task.state}`);
  }
  const ended = journal.lastEndedExecution();
  opened.value.close();
  assertEquals(ended?.uuid, uuid, label);
  return ended?.outcome ?? "";
}

async function checkCluster(label: string): Promise<void> {
  const running = await cluster();
  const [reassignments, ofTopic, ofBrokers] = await Promise.all([
    seeReassignments(running),
    seeDynamicConfigs(running, "topic", ["k"]),
    seeDynamicConfigs(running, "broker", ["1", "2", "3"]),
  ]);
  assertEquals(reassignments, [], `${label}: reassignments left`);
  const throttles = [...ofTopic, ...ofBrokers].filter(({ key }) => key.includes("throttled"));
  assertEquals(
    throttles,
    [{ name: "2", key: "leader.replication.throttled.rate", value: OPERATORS_RATE }],
    `${label}: throttles left`,
  );
}

async function killPoint(seed: number, directory: string): Promise<string> {
  const running = await cluster();
  const prng = createPrng(seed);
  const policy = seed % 4 === 0 ? "rollback" : "resume";
  const orderFile = `${directory}/order.json`;
  let proposals: Proposal[] = [];
  let uuid = "";
  const kills: number[] = [];
  // A kill that comes after the end of a quick execution is no point of it: begin another one and kill it earlier.
  for (let withinMs = KILL_WITHIN_MS; kills.length === 0; withinMs /= 2) {
    uuid = `seed-${seed}-${clock.nowMs()}`;
    proposals = await drawProposals(prng);
    const order: HostOrder = {
      bootstrap: running.bootstrap,
      directory,
      uuid,
      proposals,
      options: { throttleBytesPerSec: RATE, interBrokerPerBroker: 3 },
      config: { "executor.recovery.policy": policy },
    };
    await Deno.writeTextFile(orderFile, JSON.stringify(order));
    const afterMs = prng.below(withinMs);
    await runHost(orderFile, { afterMs, line: "begun" });
    if (executionIn(directory, uuid) === "unfinished") kills.push(afterMs);
  }
  if (prng.below(3) === 0) {
    const afterMs = prng.below(KILL_WITHIN_MS);
    if (await runHost(orderFile, { afterMs, line: "ready" })) kills.push(afterMs);
  }
  const label = `seed ${seed}, policy ${policy}, killed after ${kills.join(" and ")} ms`;
  const before = executionIn(directory, uuid);
  await runHost(orderFile, undefined);
  const outcome = checkJournal(directory, uuid, label);
  await checkCluster(label);
  const now = (await seePartitions(running)).filter((p) => p.topic === "k");
  for (const [partition, proposal] of proposals.entries()) {
    const target = proposal.newReplicas.map((replica) => replica.brokerId).join();
    const origin = proposal.oldReplicas.map((replica) => replica.brokerId).join();
    const { replicas, leader, isr } = now[partition]!;
    const allowed = outcome === "completed" ? [target] : [target, origin];
    assert(allowed.includes(replicas.join()), `${label}: k-${partition} is at ${replicas}`);
    assertEquals(isr.length, 2, `${label}: k-${partition} is not in sync`);
    if (outcome === "completed") assertEquals(leader, replicas[0], `${label}: k-${partition}`);
  }
  if (policy === "resume") assertEquals(outcome, "completed", label);
  return `${label}: then ${before}, ended ${outcome}`;
}

kafkaTest(`createExecutor() survives kill -9 at ${POINTS} random points`, async (context) => {
  const directory = await Deno.makeTempDir();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + POINTS; seed++) {
    await context.step(`seed ${seed}`, async () => {
      console.log(await killPoint(seed, directory));
    });
  }
  await Deno.remove(directory, { recursive: true });
});
