/** Commands that talk to a running Evenkeel, against a server in memory. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fail, ok } from "../../lib/failure.ts";
import type { ExecutorState } from "../../messages/executor.ts";
import type { RequestOf } from "../../messages/mod.ts";
import {
  eagerClock,
  executorState,
  harness,
  madePlan,
  START_MS,
} from "../actors/server/harness.ts";
import { runCommand } from "./console.ts";
import { observedCluster } from "../actors/server/harness.ts";

Deno.test("status shows one screen and names what is wrong", async () => {
  const server = harness();
  server.server.handle(observedCluster());
  const ran = await runCommand(["status"], { server });
  assertEquals(ran.code, 0);
  assertEquals(ran.out.split("\n").length, 10, "one line a part");
  assertStringIncludes(ran.out, "brokers DOWN: 1");
  assertStringIncludes(ran.out, "1 partition OFFLINE");
  assertStringIncludes(ran.out, "29 of 29 partitions known (100.0 %)");
  assertStringIncludes(ran.out, "all 6 parts answer");
  assertMatch(ran.out, /^Planning +a plan is ready; \d+ goals can be planned for/m);
  for (const line of ran.out.split("\n")) assert(line.length < 140, line);
});

Deno.test("status exits with 1 when a part does not answer, and says which", async () => {
  const server = harness({
    handlers: { get_analyzer_state: () => fail("actor_died", "The analyzer is being restarted") },
  });
  const ran = await runCommand(["status"], { server });
  assertEquals(ran.code, 1);
  assertStringIncludes(ran.out, "ANALYZER DOWN: The analyzer is being restarted");
  assertStringIncludes(ran.out, "Planning   no answer");
});

Deno.test("load says unknown where the CPU is not known and marks estimated capacities", async () => {
  const server = harness();
  const original = server.handlers.get_broker_load!;
  server.handlers.get_broker_load = async (request) => {
    const answer = await original(request);
    if (!answer.ok) return answer;
    const brokers = answer.value.brokers.map((broker) => ({
      ...broker,
      cpuPct: NaN,
      capacityEstimated: broker.brokerId === 1,
    }));
    return ok({ brokers });
  };
  const ran = await runCommand(["load"], { server });
  assertEquals(ran.code, 0);
  const rows = ran.out.split("\n").filter((line) => line.includes("localhost"));
  assertEquals(rows.length, 3);
  for (const row of rows) assertMatch(row, /unknown$/);
  assertStringIncludes(rows[1]!, "0.8 % ~");
  assertStringIncludes(ran.out, "~ the capacity of the broker is estimated");
});

Deno.test("plan prints moves with reasons, bytes, lower bound and every goal", async () => {
  const server = harness();
  const ran = await runCommand(["plan"], { server });
  assertEquals(ran.code, 0);
  assertStringIncludes(ran.out, "7 replicas between brokers, 3 leadership changes");
  assertStringIncludes(ran.out, "59.3 MB; any plan must move 40 MB");
  assertMatch(
    ran.out,
    /hot-0 +0,2 +2,0 +leadership +ReplicaDistributionGoal: broker 0 has too many/,
  );
  assertMatch(ran.out, /ReplicaDistributionGoal +soft +\d+ +\d+ +\w+/);
  const json = await runCommand(["plan", "--json"], { server });
  assertEquals(JSON.parse(json.out).plan.proposals.length, 10);
});

Deno.test("plan hands its options on and shows only the first moves unless asked for all", async () => {
  const made = madePlan();
  const many = Array.from({ length: 30 }, (_, i) => ({ ...made.plan.proposals[0]!, partition: i }));
  const server = harness({
    handlers: { make_plan: () => ok({ ...made, plan: { ...made.plan, proposals: many } }) },
  });
  const args = ["plan", "--goals", "RackAwareGoal,DiskCapacityGoal", "--exclude-topics", "__.*"];
  const ran = await runCommand([...args, "--destinations", "1,2"], { server });
  assertStringIncludes(ran.out, "... and 10 moves more");
  const asked = server.asked.find(({ kind }) => kind === "make_plan")!.request;
  assertEquals((asked as { plan: unknown }).plan, {
    operation: "rebalance",
    goals: ["RackAwareGoal", "DiskCapacityGoal"],
    excludedTopics: "__.*",
    destinationBrokerIds: [1, 2],
    skipHardGoalCheck: true,
    ignoreProposalCache: false,
  });
  const all = await runCommand([...args, "--all"], { server });
  assert(!all.out.includes("moves more"));
});

Deno.test("rebalance hands its budget on, and shows what is left out and what the first bytes buy", async () => {
  const made = madePlan();
  const curve = [0, 30, 59.3].map((mb, i) => ({ mb, moves: i, balancedness: 60 + i, goalsMet: i }));
  const summary = { ...made.plan.summary, curve, leftOut: 3 };
  const server = harness({
    handlers: { make_plan: () => ok({ ...made, plan: { ...made.plan, summary } }) },
  });
  const args = ["rebalance", "--max-mb", "30", "--max-minutes", "5", "--bandwidth", "2", "--curve"];
  const ran = await runCommand([...args, "--over", "each"], { server });
  assertEquals(ran.code, 0, ran.err);
  const { request } = server.asked.find(({ kind }) => kind === "make_plan")!;
  const { budget, over } = (request as RequestOf<"make_plan">).plan;
  assertEquals(budget, { maxMb: 30, maxMinutes: 5, bandwidthMbPerSec: 2 });
  assertEquals(over, "each");
  const throttled = harness();
  await runCommand(["rebalance", "--max-minutes", "5", "--throttle", "2M"], { server: throttled });
  const asked = throttled.asked.find(({ kind }) => kind === "make_plan")!.request;
  const wanted = { maxMinutes: 5, bandwidthMbPerSec: 2 };
  assertEquals((asked as RequestOf<"make_plan">).plan.budget, wanted);
  assertMatch(ran.out, /Left out by the budget +3 partitions/);
  assertMatch(ran.out, /59.3 MB #+\.+ +62.0, 2 goals met/);
});

Deno.test("plan follows the asynchronous protocol until the answer is there", async () => {
  let looks = 0;
  const answer = Promise.withResolvers<void>();
  const server = harness({
    clock: eagerClock(),
    config: { "webserver.request.maxBlockTimeMs": "0" },
    handlers: { make_plan: () => answer.promise.then(() => ok(madePlan())) },
  });
  const ran = await runCommand(["plan"], {
    fetch(request) {
      if (++looks === 4) answer.resolve();
      return server.server.fetch(request, { address: "127.0.0.1" });
    },
  });
  assertEquals(ran.code, 0);
  assert(looks >= 4);
  assertEquals(server.asked.filter(({ kind }) => kind === "make_plan").length, 1);
  assertStringIncludes(ran.err, "WAITING_FOR_CLUSTER_MODEL");
});

Deno.test("exit codes: 3 when hard goals cannot be met, 4 when nobody answers, 1 and 2 otherwise", async () => {
  const cases = [
    ["hard_goal_unmet", 3],
    ["cluster_unreachable", 4],
    ["not_enough_windows", 1],
    ["invalid_argument", 2],
  ] as const;
  for (const [code, exit] of cases) {
    const server = harness({
      handlers: { make_plan: () => fail(code, "Cannot plan", { details: ["broker 1 is full"] }) },
    });
    const ran = await runCommand(["plan"], { server });
    assertEquals(ran.code, exit, code);
    assertEquals(ran.err, "Cannot plan\n  broker 1 is full\n");
    assertEquals(ran.out, "");
  }
  const unreachable = await runCommand(["status"], {
    fetch: () => Promise.reject(new TypeError("Connection refused")),
  });
  assertEquals(unreachable.code, 4);
  assertStringIncludes(unreachable.err, "Cannot reach Evenkeel at http://127.0.0.1:9090");
  assertStringIncludes(unreachable.err, "evenkeel start");
});

Deno.test("a server that is no Evenkeel, and a wrong --url, are told apart", async () => {
  const other = await runCommand(["status"], {
    fetch: () => Promise.resolve(new Response("<html>", { status: 200 })),
  });
  assertEquals(other.code, 1);
  assertStringIncludes(other.err, "is it an Evenkeel?");
  const wrong = await runCommand(["status", "--url", "localhost"], {});
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.err, "Cannot use --url localhost");
});

Deno.test("rebalance executes nothing unless told to", async () => {
  const server = harness();
  const ran = await runCommand(["rebalance"], { server });
  assertEquals(ran.code, 0);
  assertStringIncludes(ran.err, "Nothing was executed");
  assertEquals(server.asked.some(({ kind }) => kind === "execute_proposals"), false);
});

Deno.test("status says that what is executing was found unfinished at the start", async () => {
  const server = harness({
    handlers: {
      get_executor_state: () =>
        ok(executorState({
          phase: "LEADER_MOVEMENT_TASK_IN_PROGRESS",
          executionUuid: "u",
          resumedAtMs: START_MS - 120_000,
        })),
    },
  });
  const { out } = await runCommand(["status"], { server });
  assertStringIncludes(out, "rate not known yet; found unfinished at the start 2 min ago");
});

/** An execution that is over after three looks. */
function endingExecution(outcome: "completed" | "stopped") {
  let looks = 0;
  let uuid: string | undefined;
  const counts = { pending: 5, inProgress: 1, aborting: 0, aborted: 0, dead: 0, completed: 4 };
  const server = harness({
    handlers: {
      execute_proposals(request) {
        uuid = request.executionUuid;
        return ok({ tasks: 10 });
      },
      get_executor_state() {
        if (uuid === undefined) return ok(executorState());
        const running: Partial<ExecutorState> = {
          phase: "INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS",
          executionUuid: uuid,
          interBroker: { ...counts, total: 10 },
          movedMb: 20,
          totalMb: 50,
          rateMbPerSec: 3,
          secondsLeft: 10,
        };
        if (++looks < 3) return ok(executorState(running));
        return ok(executorState({
          lastExecution: {
            executionUuid: uuid,
            outcome,
            startedAtMs: START_MS,
            endedAtMs: START_MS + 1000,
            completed: 10,
            aborted: 0,
            dead: 0,
            notBegun: 0,
            movedMb: 50,
            explanation: "All tasks are done",
          },
        }));
      },
    },
  });
  return server;
}

Deno.test("rebalance --execute --watch follows the execution; the exit code is how it ended", async () => {
  const args = ["rebalance", "--execute", "--watch", "--throttle", "20M", "--reason", "test"];
  const server = endingExecution("completed");
  const ran = await runCommand(args, { server });
  assertEquals(ran.code, 0, ran.err);
  assertStringIncludes(ran.err, "Executing 40 % inter broker replica movement task in progress");
  assertStringIncludes(ran.err, "20 MB of 50 MB, 3 MB/s, 10 s left");
  assertStringIncludes(ran.out, "Execution completed, 10 tasks done, 0 not, 50 MB moved");
  assertStringIncludes(ran.out, "All tasks are done");
  const executed = server.asked.find(({ kind }) => kind === "execute_proposals")!.request;
  assertEquals((executed as { options: unknown }).options, {
    throttleBytesPerSec: 20 * 1024 * 1024,
  });
  const stopped = await runCommand(args, { server: endingExecution("stopped") });
  assertEquals(stopped.code, 1);
  const watched = await runCommand(["watch", "--json"], { server });
  assertEquals(JSON.parse(watched.out).outcome, "completed");
});

Deno.test("stop says so and hands the reason on", async () => {
  const server = harness();
  const ran = await runCommand(["stop", "--reason", "disk alarm", "--keep-foreign"], { server });
  assertEquals(ran, { code: 0, out: "Proposal execution stopped.\n", err: "" });
  const asked = server.asked.find(({ kind }) => kind === "stop_execution")!.request;
  assertEquals((asked as { stopExternalAgent: boolean }).stopExternalAgent, false);
  assertMatch((asked as { reason: string }).reason, /^disk alarm \(Client: 127.0.0.1, Date: /);
});

Deno.test("user and password in --url are sent and never printed", async () => {
  let sent: string | null = null;
  const ran = await runCommand(["load", "--url", "http://ops:se%20cret@localhost:9090/"], {
    fetch(request) {
      sent = request.headers.get("authorization");
      assertEquals(request.url, "http://localhost:9090/evenkeel/v1/load");
      return Promise.resolve(new Response("no", { status: 401 }));
    },
  });
  assertEquals(sent, `Basic ${btoa("ops:se cret")}`);
  assertEquals(ran.code, 4);
  assertStringIncludes(ran.err, "Cannot log in");
  assert(!ran.err.includes("se cret") && !ran.err.includes("ops:"));
});
