/** Commands for operations, against a server in memory. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fail, ok } from "../../lib/failure.ts";
import type { PlanRequest } from "../../messages/analyzer.ts";
import type { RequestOf } from "../../messages/mod.ts";
import { executorState, type Harness, harness, madePlan } from "../actors/server/harness.ts";
import { runCommand } from "./console.ts";

function planned(server: Harness): PlanRequest {
  const { request } = server.asked.find(({ kind }) => kind === "make_plan")!;
  return (request as RequestOf<"make_plan">).plan;
}

function executed(server: Harness): RequestOf<"execute_proposals"> | undefined {
  return server.asked.find(({ kind }) => kind === "execute_proposals")?.request as
    | RequestOf<"execute_proposals">
    | undefined;
}

Deno.test("every operation shows its plan and executes nothing unless told to", async () => {
  const cases: [string[], Partial<PlanRequest>][] = [
    [["add-broker", "7,8"], { operation: "add_broker", brokerIds: [7, 8] }],
    [["remove-broker", "3", "--destinations", "1,2", "--exclude-topics", "x.*"], {
      operation: "remove_broker",
      brokerIds: [3],
      destinationBrokerIds: [1, 2],
      excludedTopics: "x.*",
    }],
    [["demote", "3", "--with-followers", "--with-under-replicated"], {
      operation: "demote_broker",
      brokerIds: [3],
      demoteFollowers: true,
      demoteUnderReplicated: true,
    }],
    [["demote", "--log-dirs", "0-/data/a"], {
      operation: "demote_broker",
      brokerIds: [],
      logDirs: [{ brokerId: 0, path: "/data/a" }],
    }],
    [["fix-offline"], { operation: "fix_offline_replicas" }],
    [["replication-factor", "3", "--topics", "a|b", "--skip-rack-check"], {
      operation: "topic_configuration",
      topicFactors: [{ topics: "a|b", factor: 3 }],
      skipRackCheck: true,
    }],
    [["remove-disks", "0-/data/a,3-/data/b"], {
      operation: "remove_disks",
      logDirs: [{ brokerId: 0, path: "/data/a" }, { brokerId: 3, path: "/data/b" }],
    }],
    [["rebalance", "--disks"], { operation: "rebalance", mode: "rebalance_disk" }],
  ];
  for (const [args, wanted] of cases) {
    const server = harness();
    const ran = await runCommand(args, { server });
    assertEquals(ran.code, 0, ran.err);
    assertStringIncludes(ran.out, "7 replicas between brokers");
    assertStringIncludes(ran.err, "Nothing was executed. Add --execute");
    const plan = planned(server);
    assertEquals({ ...plan, ...wanted }, plan, args.join(" "));
    assertEquals(executed(server), undefined);
  }
});

Deno.test("demote names brokers that go on leading, with --execute, too; other operations do not", async () => {
  for (const more of [[], ["--execute"]]) {
    const { out } = await runCommand(["demote", "1,7", ...more], { server: harness() });
    assertStringIncludes(out, "Broker 1 goes on leading 1 partition\nof which no other replica");
    assert(!out.includes("Broker 0 goes on"));
    const other = await runCommand(["remove-broker", "1", ...more], { server: harness() });
    assert(!other.out.includes("goes on leading"));
  }
  const made = madePlan();
  const brokers = made.plan.brokers.map((one) => ({ ...one, after: { ...one.after, leaders: 0 } }));
  const server = harness({
    handlers: { make_plan: () => ok({ ...made, plan: { ...made.plan, brokers } }) },
  });
  assert(!(await runCommand(["demote", "1"], { server })).out.includes("goes on leading"));
});

Deno.test("--execute hands throttle, reason and the operation's own options on", async () => {
  const server = harness();
  const args = ["remove-broker", "2", "--execute", "--throttle", "2M", "--reason", "lease"];
  const ran = await runCommand([...args, "--unthrottled"], { server });
  assertEquals(ran.code, 0, ran.err);
  assertStringIncludes(ran.err, "The execution has started. Follow it with: evenkeel watch");
  const { operation, options } = executed(server)!;
  assertEquals(operation, "remove_broker");
  assertEquals(options, {
    throttleBytesPerSec: 2 * 1024 ** 2,
    removedBrokers: [2],
    unthrottledBrokers: [2],
  });
  const reserved = server.asked.find(({ kind }) => kind === "reserve_executor")!.request;
  assert((reserved as RequestOf<"reserve_executor">).reason.startsWith("lease (Client: "));
});

Deno.test("--json prints the plan for programs, also when there is nothing to follow", async () => {
  const made = madePlan();
  const nothing = { ...made, plan: { ...made.plan, proposals: [] } };
  const server = harness({ handlers: { make_plan: () => ok(nothing) } });
  for (const more of [[], ["--execute"], ["--execute", "--watch"]]) {
    const ran = await runCommand(["fix-offline", "--json", ...more], { server });
    assertEquals(ran.code, 0, ran.err);
    assertEquals(JSON.parse(ran.out).plan.proposals, []);
  }
});

Deno.test("--watch ends with 1 when the execution did not complete", async () => {
  const stopped = executorState({
    lastExecution: {
      executionUuid: "x",
      outcome: "stopped",
      startedAtMs: 0,
      endedAtMs: 1,
      completed: 1,
      aborted: 1,
      dead: 0,
      notBegun: 7,
      movedMb: 1,
      explanation: "Stopped by user",
    },
  });
  const server = harness({ handlers: { get_executor_state: () => ok(stopped) } });
  const ran = await runCommand(["demote", "1", "--execute", "--watch"], { server });
  assertEquals(ran.code, 1);
  assertStringIncludes(ran.out, "1 task done, 8 not, 1 MB moved\nStopped by user");
});

Deno.test("exit codes: 3 when hard goals cannot be met, 2 for a broker that does not exist", async () => {
  for (const [code, exit] of [["hard_goal_unmet", 3], ["not_found", 2]] as const) {
    const server = harness({ handlers: { make_plan: () => fail(code, "Broker [9] ...") } });
    const ran = await runCommand(["remove-broker", "9"], { server });
    assertEquals(ran.code, exit);
    assertStringIncludes(ran.err, "Broker [9]");
  }
});

Deno.test("wrong arguments end with 2 before anything is asked", async () => {
  const lines = [
    ["add-broker"],
    ["add-broker", "a"],
    ["replication-factor", "0", "--topics", "a"],
    ["replication-factor", "3"],
    ["remove-disks", "/data/a"],
  ];
  for (const args of lines) {
    const server = harness();
    const ran = await runCommand(args, { server });
    assertEquals(ran.code, 2, args.join(" "));
    assertEquals(server.asked, []);
  }
});

Deno.test("moves between log dirs are shown with what they copy", async () => {
  const made = madePlan();
  const proposal = {
    ...made.plan.proposals[0]!,
    oldReplicas: [{ brokerId: 1, logDir: "/a" }],
    newReplicas: [{ brokerId: 1, logDir: "/b" }],
  };
  const summary = { ...made.plan.summary, intraBrokerReplicaMoves: 1 };
  const plan = { ...made.plan, summary, proposals: [proposal] };
  const server = harness({ handlers: { make_plan: () => ok({ ...made, plan }) } });
  const { out } = await runCommand(["rebalance", "--disks"], { server });
  assertStringIncludes(out, "1 replica between log dirs");
  assertStringIncludes(out, "; 5 MB between log dirs");
  assertStringIncludes(out, "1:/a");
  assertStringIncludes(out, "5 MB");
});
