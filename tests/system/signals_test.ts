/**
 * SIGINT and SIGTERM in the middle of an execution on the simulated cluster. What becomes of a real cluster then is
 * shown in tests/integration.
 */
import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../lib/clock.ts";
import { type Evenkeel, startEvenkeel, waitFor } from "./evenkeel.ts";
import { assertNoStack, withDirectory } from "./refusals.ts";

/** evenkeel.runtime.stop.deadline.ms as set here, and what starting and ending the process adds. */
const STOP_MS = 10_000;
const SETTINGS = {
  "webserver.accesslog.enabled": "false",
  "evenkeel.sampling.warmup.interval.ms": "500",
  "evenkeel.runtime.stop.deadline.ms": String(STOP_MS),
  // So slow that no execution of this cluster ends before the signal.
  "default.replication.throttle": "1000000",
};

Deno.test("SIGINT and SIGTERM end a process that executes within the limit, and the next one goes on", async () => {
  await withDirectory(async (dataDir) => {
    const first = await startEvenkeel({ dataDir, settings: SETTINGS });
    await waitFor(() => first.get("proposals"), () => true, { withinMs: 30_000, what: "a plan" });
    await first.post("rebalance?dryrun=false");
    await endWhileMoving(first, "SIGINT", 130);
    // The journal's execution is resumed each time: it is of the same simulated cluster, begun anew.
    await endWhileMoving(await startEvenkeel({ dataDir, settings: SETTINGS }), "SIGTERM", 0);
    const last = await startEvenkeel({ dataDir, settings: SETTINGS });
    try {
      await moves(last);
      // By force: moves that belong together would else be finished first, at a MB/s.
      await last.post("stop_proposal_execution?force_stop=true");
      await waitFor(() => executorOf(last), (state) => state === "NO_TASK_IN_PROGRESS", {
        withinMs: 20_000,
        what: "an executor that stopped",
      });
      const answer = await fetch(`${last.url}/healthz`);
      assertEquals(answer.status, 200, await answer.text());
    } finally {
      assertEquals(await last.stop(), 130);
    }
    assertNoStack(last.log());
  });
});

async function moves(evenkeel: Evenkeel): Promise<void> {
  await waitFor(() => executorOf(evenkeel), (state) => /MOVEMENT/.test(state), {
    withinMs: 20_000,
    what: `replicas that move:\n${evenkeel.log()}`,
  });
}

async function endWhileMoving(
  evenkeel: Evenkeel,
  signal: Deno.Signal,
  code: number,
): Promise<void> {
  try {
    await moves(evenkeel);
  } catch (error) {
    await evenkeel.kill();
    throw error;
  }
  const clock = systemClock();
  const startMs = clock.monotonicMs();
  assertEquals(await evenkeel.stop(signal), code, evenkeel.log());
  assert(clock.monotonicMs() - startMs < STOP_MS);
  assertNoStack(evenkeel.log());
  assert(!evenkeel.log().includes("Stopped without waiting"), evenkeel.log());
}

async function executorOf(evenkeel: Evenkeel): Promise<string> {
  const state = await evenkeel.get("state?substates=executor");
  return (state["ExecutorState"] as { state: string }).state;
}
