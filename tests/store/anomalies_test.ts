import { assert, assertEquals } from "@std/assert";
import { ManualClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import type { HealingAttempt } from "../../model/anomaly.ts";
import { type AnomalyStore, anomalyStore } from "../../store/anomalies.ts";
import { openState } from "../../store/open.ts";
import { brokers, disk, goals, record, START_MS } from "../actors/detector/records.ts";

/** Runs `body` on a store, with a way to close the file and open it again. */
function onStore(body: (open: () => AnomalyStore) => void): void {
  const directory = Deno.makeTempDirSync();
  let close = () => {};
  const open = () => {
    close();
    const opened = openState({ directory, clock: new ManualClock(START_MS), log: silentLog });
    if (!opened.ok) throw new Error(opened.failure.message);
    close = () => opened.value.close();
    return anomalyStore(opened.value);
  };
  try {
    body(open);
  } finally {
    close();
    Deno.removeSync(directory, { recursive: true });
  }
}

function must<T>(result: { ok: true; value: T } | { ok: false; failure: { message: string } }): T {
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

function attempt(change: Partial<HealingAttempt>): HealingAttempt {
  return {
    executionUuid: "e1",
    anomalyId: "a",
    begunAtMs: START_MS,
    state: "planning",
    plan: undefined,
    endedAtMs: undefined,
    outcome: undefined,
    ...change,
  };
}

const PLAN = {
  operation: "remove_broker",
  interBrokerReplicaMoves: 3,
  intraBrokerReplicaMoves: 0,
  leadershipMoves: 1,
  mbToMove: 12.5,
  goalsMet: ["RackAwareGoal"],
  atMs: START_MS,
};

Deno.test("anomalyStore() gives back over a restart what was saved, member by member", () => {
  onStore((open) => {
    const saved = record(brokers([1, 2]), {
      id: "a",
      status: "CHECK_WITH_DELAY",
      alertedAtMs: START_MS + 1,
      alerted: ["1@5"],
      wouldDo: PLAN,
      wouldDoFor: "x",
      failures: 2,
      retryAtMs: START_MS + 9,
    });
    const store = open();
    must(store.save(saved, { atMs: START_MS, status: "DETECTED", reason: "seen" }));
    must(store.save(saved, { atMs: START_MS + 1, status: "CHECK_WITH_DELAY", reason: "wait" }));
    must(store.save(record(disk(1), { id: "d", endedAtMs: START_MS })));
    must(store.saveAttempt(attempt({ plan: PLAN })));
    const again = open();
    assertEquals(must(again.openAnomalies()), [saved]);
    const [shown] = must(again.recent("BROKER_FAILURE", 10));
    assertEquals(shown!.transitions.map(({ status }) => status), ["DETECTED", "CHECK_WITH_DELAY"]);
    assertEquals(shown!.attempts, [attempt({ plan: PLAN })]);
    assertEquals(must(again.openAttempt()), attempt({ plan: PLAN }));
    assertEquals(must(again.recent("DISK_FAILURE", 10))[0]!.endedAtMs, START_MS);
  });
});

Deno.test("anomalyStore() refuses a second open anomaly of a kind and a second open attempt", () => {
  onStore((open) => {
    const store = open();
    must(store.save(record(goals(["RackAwareGoal"]), { id: "a" })));
    must(store.save(record(brokers([1]), { id: "b" })));
    const refused = (work: () => unknown) => {
      try {
        const result = work() as { ok: boolean };
        return !result.ok;
      } catch {
        return true;
      }
    };
    assert(refused(() => store.save(record(goals(["DiskCapacityGoal"]), { id: "c" }))));
    must(store.saveAttempt(attempt({})));
    assert(refused(() => store.saveAttempt(attempt({ executionUuid: "e2" }))));
    must(store.saveAttempt(attempt({ state: "ended", outcome: "done", endedAtMs: START_MS })));
    must(store.saveAttempt(attempt({ executionUuid: "e2", anomalyId: "b" })));
    assertEquals(must(store.openAttempt())!.executionUuid, "e2");
  });
});

Deno.test("anomalyStore() prunes the oldest that are over, with their history, and bounds transitions", () => {
  onStore((open) => {
    const store = open();
    for (let i = 0; i < 5; i++) {
      const one = record(disk(1), {
        id: `d${i}`,
        detectedAtMs: START_MS + i,
        endedAtMs: i === 0 ? undefined : START_MS,
      });
      for (let t = 0; t < 130; t++) {
        must(store.save(one, { atMs: START_MS + t, status: "IGNORED", reason: `${t}` }));
      }
    }
    must(store.saveAttempt(attempt({ anomalyId: "d1", state: "ended" })));
    must(store.prune(2));
    const left = must(store.recent("DISK_FAILURE", 10));
    assertEquals(left.map(({ id }) => id), ["d4", "d3", "d0"], "what lasts stays");
    assertEquals(left[0]!.transitions.length, 100);
    assertEquals(left[0]!.transitions.at(-1)!.reason, "129");
  });
});

Deno.test("anomalyStore() keeps failed brokers, switches and totals over a restart", () => {
  onStore((open) => {
    const store = open();
    must(store.saveFailedBrokers(new Map([[1, START_MS], [2, START_MS]])));
    must(store.saveFailedBrokers(new Map([[2, START_MS], [3, START_MS + 1]])));
    const on = { kind: "DISK_FAILURE" as const, enabled: true, configured: false };
    must(store.saveSwitches([on], START_MS));
    const totals = { fixesStarted: 3, fixesFailedToStart: 1, msToStartFix: 4.5, periods: 2 };
    must(store.saveTotals(totals));
    const again = open();
    assertEquals(must(again.failedBrokers()), new Map([[2, START_MS], [3, START_MS + 1]]));
    assertEquals(must(again.switches()), [on]);
    assertEquals(must(again.totals()), totals);
  });
});
