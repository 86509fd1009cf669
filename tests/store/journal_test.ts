import { assert, assertEquals, assertThrows } from "@std/assert";
import { AssertionError } from "../../lib/assert.ts";
import { ManualClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import type { Proposal } from "../../model/proposal.ts";
import { type Journal, type NewExecution, openJournal } from "../../store/journal.ts";
import type { ThrottleUndo } from "../../store/journal_rows.ts";
import { openState } from "../../store/open.ts";

const PROPOSAL: Proposal = {
  topic: "t",
  partition: 3,
  sizeMb: 12.5,
  oldLeader: 1,
  oldReplicas: [{ brokerId: 1, logDir: "/a" }, { brokerId: 2 }],
  newReplicas: [{ brokerId: 4 }, { brokerId: 2 }],
  reasons: [{ goal: "DiskUsageDistributionGoal", from: 1, to: 4, why: "over the limit" }],
};

const EXECUTION: NewExecution = {
  uuid: "one",
  operation: "rebalance",
  reason: "test",
  userTriggered: true,
  state: "STARTING_EXECUTION",
  options: { throttleBytesPerSec: 7 },
  limits: { interBrokerPerBroker: 5 },
  throttleBytesPerSec: 7,
  createdAtMs: 1000,
};

function withJournal(body: (journal: Journal, reopen: () => Journal) => void): void {
  const directory = Deno.makeTempDirSync();
  const open = () => {
    const opened = openState({ directory, clock: new ManualClock(0), log: silentLog });
    assert(opened.ok);
    return opened.value;
  };
  let store = open();
  try {
    body(openJournal(store), () => {
      store.close();
      store = open();
      return openJournal(store);
    });
  } finally {
    store.close();
    Deno.removeSync(directory, { recursive: true });
  }
}

function begin(journal: Journal, uuid = "one") {
  const begun = journal.beginExecution(
    { ...EXECUTION, uuid },
    [{ seq: 0, topicId: "id", proposal: PROPOSAL }],
    [
      { proposalSeq: 0, type: "INTER_BROKER_REPLICA_ACTION", brokerId: undefined },
      { proposalSeq: 0, type: "INTRA_BROKER_REPLICA_ACTION", brokerId: 2 },
    ],
  );
  assert(begun.ok);
  return begun.value;
}

Deno.test("openJournal() gives an execution back as it was written, after reopening", () => {
  withJournal((journal, reopen) => {
    const tasks = begin(journal);
    const again = reopen();
    const [execution] = again.unfinishedExecutions();
    assertEquals(execution, {
      ...EXECUTION,
      stopRequested: false,
      stopAtOnce: false,
      stopReason: undefined,
      endedAtMs: undefined,
      outcome: undefined,
      explanation: undefined,
      movedMb: 0,
    });
    assertEquals(again.proposalsOf("one"), [{ seq: 0, topicId: "id", proposal: PROPOSAL }]);
    assertEquals(again.tasksOf("one"), tasks);
    assertEquals(tasks.map((t) => [t.state, t.brokerId, t.attempt]), [
      ["PENDING", undefined, 0],
      ["PENDING", 2, 0],
    ]);
  });
});

Deno.test("changeTasks() counts submissions and notes the times of a task's life", () => {
  withJournal((journal) => {
    const [task] = begin(journal);
    const { executionId } = task!;
    const step = (
      from: "PENDING" | "SUBMITTING" | "IN_PROGRESS" | "ABORTING",
      to: "SUBMITTING" | "IN_PROGRESS" | "ABORTING" | "DEAD",
      atMs: number,
      more = {},
    ) => {
      const changed = journal.changeTasks("one", [{ executionId, from, to, atMs, ...more }]);
      assert(changed.ok);
      return changed.value[0]!;
    };
    step("PENDING", "SUBMITTING", 10);
    step("SUBMITTING", "IN_PROGRESS", 11);
    step("IN_PROGRESS", "SUBMITTING", 20);
    step("SUBMITTING", "IN_PROGRESS", 21);
    step("IN_PROGRESS", "ABORTING", 30, { abortAs: "DEAD", reason: "stuck" });
    const ended = step("ABORTING", "DEAD", 40);
    assertEquals(ended, journal.tasksOf("one")[0]);
    assertEquals(
      [ended.attempt, ended.submittedAtMs, ended.startedAtMs, ended.endedAtMs, ended.reason],
      [2, 20, 11, 40, "stuck"],
    );
  });
});

Deno.test("changeTasks() takes all changes or none, and refuses a state that is not the journal's", () => {
  withJournal((journal) => {
    const [first, second] = begin(journal);
    assertThrows(
      () =>
        journal.changeTasks("one", [
          { executionId: first!.executionId, from: "PENDING", to: "SUBMITTING", atMs: 1 },
          { executionId: second!.executionId, from: "IN_PROGRESS", to: "COMPLETED", atMs: 1 },
        ]),
      AssertionError,
      "is not IN_PROGRESS",
    );
    assertEquals(journal.tasksOf("one").map((task) => task.state), ["PENDING", "PENDING"]);
  });
});

Deno.test("beginExecution() gives execution ids that increase over executions", () => {
  withJournal((journal, reopen) => {
    const first = begin(journal);
    assert(
      journal.endExecution("one", {
        outcome: "completed",
        explanation: "done",
        movedMb: 3,
        endedAtMs: 5,
      }).ok,
    );
    const second = begin(reopen(), "two");
    assert(second[0]!.executionId > first[1]!.executionId);
  });
});

Deno.test("requestStop() and endExecution() survive reopening", () => {
  withJournal((journal, reopen) => {
    begin(journal);
    assert(journal.requestStop("one", { reason: "Stopped by user", atOnce: true }, 50).ok);
    assert(journal.requestStop("one", { reason: "Stopped by user", atOnce: false }, 51).ok);
    let again = reopen();
    const [found] = again.unfinishedExecutions();
    assertEquals([found!.stopRequested, found!.stopAtOnce], [true, true]);
    assertEquals(again.unfinishedExecutions()[0]!.stopReason, "Stopped by user");
    again.endExecution("one", {
      outcome: "stopped",
      explanation: "as asked",
      movedMb: 1.5,
      endedAtMs: 60,
    });
    again = reopen();
    assertEquals(again.unfinishedExecutions(), []);
    const last = again.lastEndedExecution()!;
    assertEquals([last.outcome, last.movedMb, last.endedAtMs], ["stopped", 1.5, 60]);
  });
});

Deno.test("putUndos() replaces by resource and key, closeUndos() ends them", () => {
  withJournal((journal, reopen) => {
    begin(journal);
    const undo: ThrottleUndo = {
      executionUuid: "one",
      resourceType: "topic",
      resourceName: "t",
      key: "leader.replication.throttled.replicas",
      originalValue: undefined,
      writtenValue: undefined,
      entriesAdded: ["0:1"],
    };
    assert(journal.putUndos([undo], 1).ok);
    const more = { ...undo, entriesAdded: ["0:1", "0:2"], originalValue: "9:9" };
    assert(journal.putUndos([more], 2).ok);
    assertEquals(reopen().openUndos(), [more]);
  });
  withJournal((journal) => {
    begin(journal);
    const undo: ThrottleUndo = {
      executionUuid: "one",
      resourceType: "broker",
      resourceName: "1",
      key: "leader.replication.throttled.rate",
      originalValue: "5",
      writtenValue: "7",
      entriesAdded: [],
    };
    journal.putUndos([undo], 1);
    assert(journal.closeUndos([undo], 2).ok);
    assertEquals(journal.openUndos(), []);
  });
});

Deno.test("putBrokerHistory() and dropBrokerHistory() keep brokers by kind", () => {
  withJournal((journal, reopen) => {
    const demoted = { kind: "demoted", brokerId: 1, startedAtMs: 5 } as const;
    const removed = { kind: "removed", brokerId: 1, startedAtMs: 0 } as const;
    assert(journal.putBrokerHistory([demoted, removed]).ok);
    assert(journal.dropBrokerHistory([demoted]).ok);
    assertEquals(reopen().brokerHistory(), [removed]);
  });
});
