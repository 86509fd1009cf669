/** Answers over HTTP, compared with those that a real Cruise Control gave. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ok } from "../../../lib/failure.ts";
import { executorState, harness, madePlan, samplerState } from "./harness.ts";
import { recorded, recordedJson } from "./recorded.ts";

/** The shape of JSON: names of members and kinds of values; arrays by the shape of their first element. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map((
        [name, member],
      ) => [name, shapeOf(member)]),
    );
  }
  return typeof value;
}

async function askRecorded(number: number, h = harness()) {
  const exchange = recorded(number);
  const response = await h.ask(exchange.target, {
    method: exchange.method,
    headers: Object.fromEntries(exchange.requestHeaders),
  });
  assertEquals(response.status, exchange.status, `status of ${number}`);
  assertEquals(
    response.headers.get("content-type"),
    exchange.headers.get("content-type"),
    `content type of ${number}`,
  );
  return { exchange, response, body: await response.text() };
}

Deno.test("state answers with the recorded members, with and without verbose", async () => {
  for (const number of [101, 103, 106, 108, 110, 115, 278]) {
    const { exchange, body } = await askRecorded(number);
    const wanted = shapeOf(JSON.parse(exchange.body)) as Record<string, Record<string, unknown>>;
    const got = shapeOf(JSON.parse(body)) as Record<string, Record<string, unknown>>;
    // Windows are named by their end, and recording 278 fell into an execution.
    delete wanted["MonitorState"]?.["monitoredWindows"];
    delete got["MonitorState"]?.["monitoredWindows"];
    if (number === 278) wanted["ExecutorState"] = got["ExecutorState"]!;
    assertEquals(got, wanted, `exchange ${number}`);
  }
});

Deno.test("state in plain text equals the recorded text but for the training of a model", async () => {
  const { exchange, body } = await askRecorded(102);
  assertEquals(body, exchange.body.replace("4.800% trained", "0.000% trained"));
  assertEquals((await askRecorded(109)).body, recorded(109).body);
});

Deno.test("state shows why sampling is paused", async () => {
  const reason = "testing (Client: 127.0.0.1, Date: 2026-11-23T09:55:37Z)";
  const h = harness({
    handlers: { get_sampler_state: () => ok(samplerState({ state: "paused", reason })) },
  });
  const { exchange, body } = await askRecorded(223, h);
  const wanted = JSON.parse(exchange.body) as { MonitorState: Record<string, unknown> };
  assertEquals(JSON.parse(body), {
    ...wanted,
    MonitorState: { ...wanted.MonitorState, trainingPct: 0 },
  });
  const text = await (await h.ask("/kafkacruisecontrol/state?substates=monitor")).text();
  assert(text.endsWith(`flawedPartitions: 0, reasonOfPauseOrResume: ${reason}}\n`), text);
});

/** The execution of recordings 402 to 404. */
function recordedExecution() {
  const pending = recordedJson<{
    ExecutorState: {
      pendingPartitionMovement: {
        executionId: number;
        proposal: {
          topicPartition: { topic: string; partition: number };
          oldLeader: number;
          oldReplicas: number[];
          newReplicas: number[];
        };
      }[];
    };
  }>(404).ExecutorState.pendingPartitionMovement;
  return executorState({
    phase: "INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS",
    executionUuid: "3f056b46-c5c4-44f9-a62c-0fd522fd2d80",
    userTriggered: true,
    reason: "recording (Client: 127.0.0.1, Date: 2026-11-23T09:58:28Z)",
    limits: {
      interBrokerPerBroker: 1,
      interBrokerCluster: 1250,
      intraBrokerPerBroker: 2,
      leadershipPerBroker: 250,
      leadershipCluster: 1000,
      throttleBytesPerSec: 300_000,
    },
    interBroker: {
      pending: 31,
      inProgress: 0,
      aborting: 0,
      aborted: 0,
      dead: 0,
      completed: 0,
      total: 31,
    },
    totalMb: 129,
    tasks: pending.map(({ executionId, proposal }) => ({
      executionId,
      type: "INTER_BROKER_REPLICA_ACTION" as const,
      state: "PENDING" as const,
      brokerId: undefined,
      reason: undefined,
      proposal: {
        ...proposal.topicPartition,
        sizeMb: 4,
        oldLeader: proposal.oldLeader,
        oldReplicas: proposal.oldReplicas.map((brokerId) => ({ brokerId })),
        newReplicas: proposal.newReplicas.map((brokerId) => ({ brokerId })),
        reasons: [],
      },
    })),
  });
}

Deno.test("state during an execution equals the recorded answers, texts and tasks included", async () => {
  const handlers = { get_executor_state: () => ok(recordedExecution()) };
  for (const number of [402, 404]) {
    const { exchange, body } = await askRecorded(number, harness({ handlers }));
    assertEquals(JSON.parse(body), JSON.parse(exchange.body), `exchange ${number}`);
  }
  const { exchange, body } = await askRecorded(403, harness({ handlers }));
  assertEquals(body, exchange.body);
  const idle = executorState({ recentlyDemotedBrokers: [0] });
  const demoted = await askRecorded(
    429,
    harness({ handlers: { get_executor_state: () => ok(idle) } }),
  );
  assertEquals(JSON.parse(demoted.body), JSON.parse(demoted.exchange.body));
});

Deno.test("state has the members that clients demand in every phase of the executor", async () => {
  const demanded = ["finishedDataMovement", "totalDataToMove", "triggeredTaskReason"];
  const phases = {
    INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS: demanded,
    INTRA_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS: demanded,
    LEADER_MOVEMENT_TASK_IN_PROGRESS: demanded,
    STOPPING_EXECUTION: ["numCancelledPartitionMovements", "triggeredUserTaskId"],
    STARTING_EXECUTION: ["triggeredUserTaskId", "triggeredSelfHealingTaskId"],
  } as const;
  for (const [phase, members] of Object.entries(phases)) {
    const state = { ...recordedExecution(), phase: phase as keyof typeof phases };
    const h = harness({ handlers: { get_executor_state: () => ok(state) } });
    const path = "/kafkacruisecontrol/state?substates=executor&verbose=true";
    const { ExecutorState } = await (await h.ask(`${path}&json=true`)).json();
    assertEquals(ExecutorState.state, phase);
    for (const member of members) assert(member in ExecutorState, `${phase}: ${member}`);
    assertMatch(await (await h.ask(path)).text(), new RegExp(`state: ${phase}, `));
  }
});

Deno.test("state says that the running execution was found unfinished at the start, and when", async () => {
  const resumedAtMs = Date.UTC(2026, 10, 23, 10, 0, 0);
  const state = { ...recordedExecution(), resumedAtMs };
  const h = harness({ handlers: { get_executor_state: () => ok(state) } });
  const path = "/kafkacruisecontrol/state?substates=executor";
  const { ExecutorState } = await (await h.ask(`${path}&json=true`)).json();
  assertEquals(ExecutorState.resumedMs, resumedAtMs);
  assertStringIncludes(
    await (await h.ask(path)).text(),
    "resumedAfterRestart: 2026-11-23T10:00:00Z",
  );
});

Deno.test("load equals the recorded answers", async () => {
  const { exchange, body } = await askRecorded(116);
  assertEquals(JSON.parse(body), JSON.parse(exchange.body));
  assertEquals((await askRecorded(117)).body, recorded(117).body);
});

Deno.test("load never shows NaN: what is not known is 0 in JSON and unknown in the table", async () => {
  const h = harness();
  const original = h.handlers.get_broker_load!;
  h.handlers.get_broker_load = async (request) => {
    const answer = await original(request);
    return answer.ok
      ? ok({ brokers: answer.value.brokers.map((b) => ({ ...b, cpuPct: NaN, nwOut: NaN })) })
      : answer;
  };
  const json = await (await h.ask("/kafkacruisecontrol/load?json=true")).text();
  assert(!json.includes("NaN") && !json.includes("null"), json);
  assertEquals(JSON.parse(json).brokers[0].CpuPct, 0);
  const text = await (await h.ask("/kafkacruisecontrol/load")).text();
  assertEquals(text.match(/ unknown,/g)?.length, 3);
  const native = await (await h.ask("/evenkeel/v1/load")).json();
  assertEquals(native.brokers[0].cpuPct, null);
});

Deno.test("rebalance and proposals have the recorded members", async () => {
  for (const number of [146, 148, 181, 183]) {
    const { exchange, body } = await askRecorded(number);
    assertEquals(shapeOf(JSON.parse(body)), shapeOf(JSON.parse(exchange.body)), `${number}`);
  }
  const { body } = await askRecorded(183);
  const wanted = recordedJson<Record<string, unknown>>(183);
  const got = JSON.parse(body);
  for (
    const member of ["summary", "proposals", "loadBeforeOptimization", "loadAfterOptimization"]
  ) {
    assertEquals(got[member], wanted[member], member);
  }
});

Deno.test("rebalance in plain text begins and ends as recorded", async () => {
  const { exchange, body } = await askRecorded(182);
  const end = (text: string) => text.slice(text.indexOf("Cluster load after"));
  assertEquals(body.split("\n").slice(0, 9), exchange.body.split("\n").slice(0, 9));
  assertEquals(end(body), end(exchange.body));
});

Deno.test("a summary counts partitions between brokers, replicas between log dirs, and all else as leadership", async () => {
  const made = madePlan();
  const lists: [old: string[], next: string[]][] = [
    [["1", "2"], ["3", "4"]],
    [["1"], ["1", "2", "3"]],
    [["1", "2"], ["1"]],
    [["1", "2"], ["2", "1"]],
    [["1/a", "2/a"], ["1/b", "2/b"]],
    [["1", "2", "3"], ["1", "3", "2"]],
  ];
  const placed = (text: string) => {
    const [brokerId, logDir] = text.split("/");
    return { brokerId: Number(brokerId), ...(logDir === undefined ? {} : { logDir }) };
  };
  const proposals = lists.map(([old, next], partition) => ({
    ...made.plan.proposals[0]!,
    partition,
    sizeMb: 7,
    oldReplicas: old.map(placed),
    newReplicas: next.map(placed),
  }));
  const plan = { ...made.plan, proposals };
  const h = harness({ handlers: { make_plan: () => ok({ ...made, plan }) } });
  const { summary } = await (await h.ask("/kafkacruisecontrol/proposals?json=true")).json();
  assertEquals([summary.numReplicaMovements, summary.numLeaderMovements], [3, 2]);
  assertEquals(summary.numIntraBrokerReplicaMovements, 2);
  assertEquals(summary.intraBrokerDataToMoveMB, 14);
});

Deno.test("rebalance says which goals were not considered, in plain text", async () => {
  const made = madePlan();
  const goals = made.plan.summary.goals.map((goal) =>
    goal.name === "CpuCapacityGoal" ? { ...goal, off: "no source of CPU" } : goal
  );
  const plan = { ...made.plan, summary: { ...made.plan.summary, goals } };
  const h = harness({ handlers: { make_plan: () => ok({ ...made, plan }) } });
  const text = await (await h.ask("/kafkacruisecontrol/proposals")).text();
  assert(text.endsWith("\nNot considered: CpuCapacityGoal (no source of CPU)."), text.slice(-200));
  const json = await (await h.ask("/kafkacruisecontrol/proposals?json=true")).json();
  assert(!json.goalSummary.some((goal: { goal: string }) => goal.goal === "CpuCapacityGoal"));
});

Deno.test("kafka_cluster_state has the recorded members and counts a broken cluster", async () => {
  const { exchange, body } = await askRecorded(169);
  const got = JSON.parse(body);
  const wanted = JSON.parse(exchange.body);
  assertEquals(Object.keys(got).sort(), Object.keys(wanted).sort());
  assertEquals(
    Object.keys(got.KafkaBrokerState).sort(),
    Object.keys(wanted.KafkaBrokerState).sort(),
  );
  assertEquals(shapeOf(got.KafkaBrokerState.Summary), shapeOf(wanted.KafkaBrokerState.Summary));
  const { KafkaBrokerState: brokers, KafkaPartitionState: partitions } = got;
  assertEquals(
    brokers.ReplicaCountByBrokerId,
    { 0: 1, 1: 1, 2: 2 },
    "leaderless ones are left out",
  );
  assertEquals(brokers.OfflineReplicaCountByBrokerId, { 1: 1 });
  assertEquals(brokers.IsController, { 0: false, 1: false, 2: true });
  assertEquals(brokers.OnlineLogDirsByBrokerId, {
    0: ["/kafka/b0"],
    1: ["broker_dead"],
    2: ["/kafka/b2"],
  });
  const ids = (list: { topic: string; partition: number }[]) =>
    list.map(({ topic, partition }) => `${topic}-${partition}`);
  assertEquals(ids(partitions.offline), ["b-1"]);
  assertEquals(ids(partitions["with-offline-replicas"]), ["b-0", "b-1"]);
  assertEquals(ids(partitions.urp), ["b-0", "b-1"]);
  assertEquals(ids(partitions["under-min-isr"]), ["b-0", "b-1"]);
  const verbose = await (await harness().ask(
    "/kafkacruisecontrol/kafka_cluster_state?json=true&verbose=true",
  )).json();
  assertEquals(ids(verbose.KafkaPartitionState.other), ["a-0"]);
  assertEquals(
    shapeOf(verbose.KafkaPartitionState.other[0]),
    shapeOf(
      recordedJson<{ KafkaPartitionState: { other: unknown[] } }>(171).KafkaPartitionState.other[0],
    ),
  );
  const none = await (await harness().ask(recorded(174).target)).json();
  assertEquals(none.KafkaPartitionState, JSON.parse(recorded(174).body).KafkaPartitionState);
});

Deno.test("pause, resume and stop answer as recorded", async () => {
  for (const number of [219, 221, 225, 415]) {
    const { exchange, body } = await askRecorded(number);
    assertEquals(JSON.parse(body), JSON.parse(exchange.body), `exchange ${number}`);
  }
  const h = harness();
  await h.ask("/kafkacruisecontrol/pause_sampling?reason=testing", { method: "POST" });
  const paused = h.asked.find(({ kind }) => kind === "pause_sampling");
  assertEquals(
    (paused!.request as { reason: string }).reason,
    "testing (Client: 127.0.0.1, Date: 2026-11-23T09:55:35Z)",
  );
});
