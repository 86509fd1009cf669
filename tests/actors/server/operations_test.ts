/** Operations over HTTP: their parameters, what they ask of analyzer and executor, and the recorded shapes. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ENDPOINTS } from "../../../actors/server/endpoints/mod.ts";
import { fail, ok } from "../../../lib/failure.ts";
import type { PlanRequest } from "../../../messages/analyzer.ts";
import type { RequestOf } from "../../../messages/mod.ts";
import { executorState, type Harness, harness, madePlan } from "./harness.ts";
import { recorded, recordedJson } from "./recorded.ts";

const API = "/kafkacruisecontrol";

async function post(h: Harness, target: string, body?: unknown) {
  const response = await h.ask(`${API}/${target}`, {
    method: "POST",
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  });
  return { status: response.status, text: await response.text() };
}

function planned(h: Harness): PlanRequest {
  const { request } = h.asked.find(({ kind }) => kind === "make_plan")!;
  return (request as RequestOf<"make_plan">).plan;
}

function executed(h: Harness): RequestOf<"execute_proposals"> | undefined {
  return h.asked.find(({ kind }) => kind === "execute_proposals")?.request as
    | RequestOf<"execute_proposals">
    | undefined;
}

/** The table of the documentation: which groups of parameters each endpoint takes. */
const ANY = ["allow_capacity_estimation", "verbose", "exclude_recently_demoted_brokers"];
const GOALS = [
  ...ANY,
  "goals",
  "data_from",
  "use_ready_default_goals",
  "excluded_topics",
  "exclude_recently_removed_brokers",
  "fast_mode",
];
/** Our own. */
const BUDGET = ["max_mb", "max_moves", "max_minutes", "bandwidth", "curve"];
const WINDOWS = ["over"];
const EXECUTE = ["dryrun", "reason", "stop_ongoing_execution", "review_id"];
const LEADERS = [
  "concurrent_leader_movements",
  "broker_concurrent_leader_movements",
  "execution_progress_check_interval_ms",
  "replica_movement_strategies",
  "replication_throttle",
];
const MOVES = [
  ...LEADERS,
  "skip_hard_goal_check",
  "concurrent_partition_movements_per_broker",
  "max_partition_movements_in_cluster",
];
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  add_broker: [
    ...GOALS,
    ...BUDGET,
    ...WINDOWS,
    ...EXECUTE,
    ...MOVES,
    "kafka_assigner",
    "brokerid",
    "throttle_added_broker",
  ],
  remove_broker: [
    ...GOALS,
    ...WINDOWS,
    ...EXECUTE,
    ...MOVES,
    "kafka_assigner",
    "destination_broker_ids",
    "brokerid",
    "throttle_removed_broker",
  ],
  rebalance: [
    ...GOALS,
    ...BUDGET,
    ...WINDOWS,
    ...EXECUTE,
    ...MOVES,
    "concurrent_intra_broker_partition_movements",
    "kafka_assigner",
    "rebalance_disk",
    "ignore_proposal_cache",
    "destination_broker_ids",
  ],
  fix_offline_replicas: [...GOALS, ...EXECUTE, ...MOVES],
  demote_broker: [
    ...ANY,
    ...EXECUTE,
    ...LEADERS,
    "brokerid",
    "brokerid_and_logdirs",
    "skip_urp_demotion",
    "exclude_follower_demotion",
  ],
  topic_configuration: [
    ...GOALS,
    ...EXECUTE,
    ...MOVES,
    "topic",
    "replication_factor",
    "skip_rack_awareness_check",
  ],
  remove_disks: [...EXECUTE, "verbose", "brokerid_and_logdirs"],
};

Deno.test("every operation takes exactly the documented parameters", () => {
  for (const [name, parameters] of Object.entries(PARAMETERS)) {
    const endpoint = ENDPOINTS.find((candidate) => candidate.name === name)!;
    assertEquals([...endpoint.paramNames].sort(), [...parameters].sort(), name);
  }
});

Deno.test("operations answer the recorded members", async () => {
  for (const number of [195, 234, 255]) {
    const exchange = recorded(number);
    const h = harness();
    const response = await h.ask(exchange.target, {
      method: "POST",
      ...(number === 234
        ? {
          headers: { "Content-Type": "application/json" },
          body: '{"replication_factor":{"topic_by_replication_factor":{"3":"T1","1":"hot"}}}',
        }
        : {}),
    });
    assertEquals(response.status, 200);
    const wanted = recordedJson<Record<string, object>>(number);
    const got = await response.json() as Record<string, object>;
    // Older clients need the load before it, too.
    if (number === 255) delete got["loadBeforeOptimization"];
    assertEquals(Object.keys(got).sort(), Object.keys(wanted).sort(), `${number}`);
    const members = (of: Record<string, object>) => Object.keys(of["summary"]!).sort();
    assertEquals(members(got), members(wanted));
  }
});

Deno.test("the plain text of an operation says what the load is after, as recorded", async () => {
  for (const number of [202, 211, 550]) {
    const exchange = recorded(number);
    const h = harness();
    const text = await (await h.ask(exchange.target, { method: "POST" })).text();
    const heading = exchange.body.split("\n").find((line) => line.startsWith("Cluster load"))!;
    assertStringIncludes(text, `\n\n${heading}\n`);
  }
});

Deno.test("refusals of missing and overlapping brokers are those that were recorded", async () => {
  for (const number of [199, 209, 215]) {
    const exchange = recorded(number);
    const h = harness();
    const response = await h.ask(exchange.target, { method: "POST" });
    assertEquals(response.status, exchange.status);
    const { errorMessage, stackTrace } = await response.json();
    assertEquals(errorMessage, recordedJson<{ errorMessage: string }>(number).errorMessage);
    assert(stackTrace !== "");
    assertEquals(h.asked.length, 0);
  }
});

Deno.test("an unknown broker is answered with the recorded words", async () => {
  const h = harness({
    handlers: { make_plan: () => fail("not_found", "Broker [99] does not exist.") },
  });
  const answer = await post(h, recorded(198).target.split("/").at(-1)!);
  assertEquals(answer.status, 500);
  const { errorMessage } = JSON.parse(answer.text);
  assertStringIncludes(errorMessage, "java.lang.IllegalArgumentException: Broker [99] does not");
  assert(recorded(198).body.includes("IllegalArgumentException: Broker [99] does not exist."));
});

Deno.test("dry runs ask for the plan of the operation and execute nothing", async () => {
  const cases: [string, Partial<PlanRequest>][] = [
    ["add_broker?brokerid=2,3", { operation: "add_broker", brokerIds: [2, 3] }],
    ["remove_broker?brokerid=2&destination_broker_ids=0", {
      operation: "remove_broker",
      brokerIds: [2],
      destinationBrokerIds: [0],
    }],
    ["fix_offline_replicas?goals=RackAwareGoal&skip_hard_goal_check=true", {
      operation: "fix_offline_replicas",
      goals: ["RackAwareGoal"],
      skipHardGoalCheck: true,
    }],
    ["demote_broker?brokerid=1", {
      operation: "demote_broker",
      brokerIds: [1],
      logDirs: [],
      demoteUnderReplicated: false,
      demoteFollowers: false,
    }],
    ["demote_broker?brokerid=1&brokerid_and_logdirs=2-/data/a,0-/b-c", {
      operation: "demote_broker",
      brokerIds: [1],
      logDirs: [{ brokerId: 2, path: "/data/a" }, { brokerId: 0, path: "/b-c" }],
      demoteUnderReplicated: false,
      demoteFollowers: false,
    }],
    ["demote_broker?brokerid=1&skip_urp_demotion=false&exclude_follower_demotion=false", {
      operation: "demote_broker",
      brokerIds: [1],
      logDirs: [],
      demoteUnderReplicated: true,
      demoteFollowers: true,
    }],
    ["topic_configuration?topic=a.*&replication_factor=3&skip_rack_awareness_check=true", {
      operation: "topic_configuration",
      topicFactors: [{ topics: "a.*", factor: 3 }],
      skipRackCheck: true,
    }],
    ["remove_disks?brokerid_and_logdirs=0-/a-b/c,12-/d", {
      operation: "remove_disks",
      logDirs: [{ brokerId: 0, path: "/a-b/c" }, { brokerId: 12, path: "/d" }],
    }],
    ["rebalance?rebalance_disk=True", { operation: "rebalance", mode: "rebalance_disk" }],
    ["rebalance?kafka_assigner=true&exclude_recently_removed_brokers=false", {
      operation: "rebalance",
      mode: "kafka_assigner",
    }],
  ];
  for (const [target, wanted] of cases) {
    const h = harness();
    assertEquals((await post(h, target)).status, 200, target);
    assertEquals(planned(h), {
      skipHardGoalCheck: false,
      ignoreProposalCache: false,
      ...wanted,
    } as PlanRequest, target);
    assert(h.asked.every(({ kind }) => kind !== "reserve_executor"), target);
  }
});

Deno.test("executions are handed over with the options and history of the operation", async () => {
  const cases: [string, object][] = [
    ["add_broker?brokerid=2", {}],
    ["add_broker?brokerid=2&throttle_added_broker=false", { unthrottledBrokers: [2] }],
    ["remove_broker?brokerid=2", { removedBrokers: [2] }],
    ["remove_broker?brokerid=2&throttle_removed_broker=false&replication_throttle=5", {
      throttleBytesPerSec: 5,
      removedBrokers: [2],
      unthrottledBrokers: [2],
    }],
    ["demote_broker?brokerid=1&concurrent_leader_movements=9", {
      leadershipCluster: 9,
      demotedBrokers: [1],
      unthrottledBrokers: [1],
    }],
    ["topic_configuration?topic=a&replication_factor=3", { allowReplicationFactorChange: true }],
    ["rebalance?rebalance_disk=true&concurrent_intra_broker_partition_movements=3", {
      intraBrokerPerBroker: 3,
    }],
  ];
  for (const [target, options] of cases) {
    const h = harness();
    assertEquals((await post(h, `${target}&dryrun=false`)).status, 200, target);
    const { operation, options: given } = executed(h)!;
    assertEquals(operation, target.split("?")[0]!);
    assertEquals(given, options, target);
  }
});

Deno.test("a broker that is added back is no longer spared as one that was removed", async () => {
  const state = executorState({ recentlyRemovedBrokers: [2, 7], recentlyDemotedBrokers: [2] });
  const h = harness({ handlers: { get_executor_state: () => ok(state) } });
  const target = "add_broker?brokerid=2&dryrun=false&exclude_recently_demoted_brokers=true";
  assertEquals((await post(h, target)).status, 200);
  assertEquals(planned(h).excludedForReplicaMove, [7]);
  assertEquals(planned(h).excludedForLeadership, undefined);
  const forgotten = h.asked.find(({ kind }) => kind === "forget_brokers")!;
  assertEquals(forgotten.request, { kind: "forget_brokers", removed: [2], demoted: [2] });
});

Deno.test("an operation whose plan moves nothing executes nothing and gives the executor back", async () => {
  const made = madePlan();
  const h = harness({
    handlers: { make_plan: () => ok({ ...made, plan: { ...made.plan, proposals: [] } }) },
  });
  assertEquals((await post(h, "remove_broker?brokerid=2&dryrun=false")).status, 200);
  assertEquals(executed(h), undefined);
  assert(h.asked.some(({ kind }) => kind === "release_executor"));
});

Deno.test("topic_configuration reads several factors from a JSON body", async () => {
  const h = harness();
  const body = { replication_factor: { topic_by_replication_factor: { 2: "a|b", 3: "c" } } };
  assertEquals((await post(h, "topic_configuration?dryrun=true", body)).status, 200);
  assertEquals(planned(h).topicFactors, [
    { topics: "a|b", factor: 2 },
    { topics: "c", factor: 3 },
  ]);
});

Deno.test("demote_broker refuses to demote nothing, or a broker and a log dir of it", async () => {
  for (
    const [parameters, says] of [
      ["", "No target broker ID or target disk logdir"],
      ["?brokerid=1,2&brokerid_and_logdirs=0-/a,2-/b", "broker 2 and log dir /b of it"],
    ] as const
  ) {
    const h = harness();
    const answer = await post(h, `demote_broker${parameters}`);
    assertEquals(answer.status, 400);
    assertStringIncludes(answer.text, says);
    assertEquals(h.asked.length, 0);
  }
});

Deno.test("topic_configuration refuses a body that is wrong or beside the parameters", async () => {
  const table = (of: unknown) => ({ replication_factor: { topic_by_replication_factor: of } });
  const cases: [string, unknown, string][] = [
    ["topic_configuration?topic=a&replication_factor=2", table({ 2: "a" }), "given twice"],
    ["topic_configuration", table({ none: "a" }), "replication factor >= 1"],
    ["topic_configuration", table({ 0: "a" }), "replication factor >= 1"],
    ["topic_configuration", table({ 2: 7 }), "replication factor >= 1"],
    ["topic_configuration", table({ 2: "[[" }), "Invalid regular expression"],
    ["topic_configuration", {}, "Nothing executable found"],
  ];
  for (const [target, body, says] of cases) {
    const h = harness();
    const answer = await post(h, target, body);
    assertEquals(answer.status, 400, JSON.stringify(body));
    assertStringIncludes(answer.text, says);
    assertEquals(h.asked.length, 0);
  }
});

Deno.test("two bodies are two requests, and the same body is the same one", async () => {
  const h = harness();
  const ask = async (factor: number, cookie?: string) => {
    const response = await h.ask(`${API}/topic_configuration`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(cookie === undefined ? {} : { Cookie: cookie }),
      },
      body: JSON.stringify({
        replication_factor: { topic_by_replication_factor: { [factor]: "a" } },
      }),
    });
    await response.body?.cancel();
    return response;
  };
  const first = await ask(2);
  const cookie = first.headers.get("set-cookie")!.split(";")[0]!;
  const id = (response: Response) => response.headers.get("user-task-id");
  assertEquals(id(await ask(2, cookie)), id(first));
  assert(id(await ask(3, cookie)) !== id(first));
});

Deno.test("other endpoints ignore a JSON body, as clients send one with every POST", async () => {
  const h = harness();
  assertEquals((await post(h, "add_broker?brokerid=2", { withCredentials: true })).status, 200);
});

Deno.test("what cannot be healed is named beside what can", async () => {
  const made = madePlan();
  const summary = {
    ...made.plan.summary,
    unmet: [{ goal: "", message: "Cannot place 2 offline replicas", details: [] }],
  };
  const h = harness({
    handlers: { make_plan: () => ok({ ...made, plan: { ...made.plan, summary } }) },
  });
  const { text } = await post(h, "fix_offline_replicas");
  assertStringIncludes(text, "Left as it is: Cannot place 2 offline replicas.");
  const nothing = harness({
    handlers: { make_plan: () => ok({ ...made, plan: { ...made.plan, summary, proposals: [] } }) },
  });
  const answer = await post(nothing, "fix_offline_replicas?dryrun=false");
  assertEquals(answer.status, 500, "nothing healed is no success");
  assertStringIncludes(
    answer.text,
    "OptimizationFailureException: Cannot place 2 offline replicas",
  );
  assert(nothing.asked.some(({ kind }) => kind === "release_executor"));
});

Deno.test("a budget reaches the planner; the replication throttle is its bandwidth unless one is given", async () => {
  const cases = [
    ["max_mb=500.5&max_moves=20", { maxMb: 500.5, maxMoves: 20 }],
    ["curve=true", {}],
    ["max_minutes=30&replication_throttle=10485760", { maxMinutes: 30, bandwidthMbPerSec: 10 }],
    ["max_minutes=30&bandwidth=5&replication_throttle=10485760", {
      maxMinutes: 30,
      bandwidthMbPerSec: 5,
    }],
    ["replication_throttle=10485760", undefined],
  ] as const;
  for (const [query, budget] of cases) {
    const h = harness();
    assertEquals((await post(h, `rebalance?${query}`)).status, 200, query);
    assertEquals(planned(h).budget, budget, query);
  }
  const h = harness();
  assertEquals((await post(h, "add_broker?brokerid=2&max_mb=0")).status, 200);
  assertEquals(planned(h).budget, { maxMb: 0 });
});

Deno.test("a budget that cannot be kept to is refused", async () => {
  const cases = [
    ["max_minutes=30", "Cannot use max_minutes without bandwidth"],
    ["max_minutes=30&bandwidth=0", "Cannot use max_minutes without bandwidth"],
    ["bandwidth=5", "Cannot use bandwidth without max_minutes"],
    ["bandwidth=5&replication_throttle=1000", "Cannot use bandwidth without max_minutes"],
    ["max_mb=-1", "max_mb"],
    ["max_mb=0x10", 'For input string: "0x10"'],
    // In the words of Cruise Control.
    ["max_moves=x", 'For input string: "x"'],
  ] as const;
  for (const [query, wanted] of cases) {
    const h = harness();
    const { status, text } = await post(h, `rebalance?${query}`);
    assertEquals(status, 400, query);
    assertStringIncludes(text, wanted);
    assertEquals(h.asked.filter(({ kind }) => kind === "make_plan"), []);
  }
});

Deno.test("plain text says what a budget left out", async () => {
  const made = madePlan();
  const summary = { ...made.plan.summary, leftOut: 12 };
  const h = harness({
    handlers: { make_plan: () => ok({ ...made, plan: { ...made.plan, summary } }) },
  });
  const { text } = await post(h, "rebalance?max_mb=1");
  assertStringIncludes(text, "Left out by the budget: 12 partitions.");
});

Deno.test("which windows count reaches the planner, and nonsense is refused", async () => {
  for (
    const [query, over] of [["over=each", "each"], ["over=P95", "p95"], ["over=mean", undefined]]
  ) {
    const h = harness();
    assertEquals((await post(h, `rebalance?${query}`)).status, 200, query);
    assertEquals(planned(h).over, over as PlanRequest["over"]);
  }
  assertEquals((await post(harness(), "rebalance?over=often")).status, 400);
});
