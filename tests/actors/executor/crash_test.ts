import { assert, assertEquals } from "@std/assert";
import { fail } from "../../../lib/failure.ts";
import type { Journal } from "../../../store/journal.ts";
import type { Proposal } from "../../../model/proposal.ts";
import { Bench, Crash, move } from "./harness.ts";
import { FakeCluster, fakeGateway, LOST } from "./fake_cluster.ts";

// Situation: an execution with throttled moves, a re-order, a move between log dirs, elections. The process dies before or after the n-th side
// effect (call to the cluster or write to the journal), for every n that the undisturbed execution has. A new process
// starts on the same journal. Expected: target or full roll-back, nothing left behind.

const WRITES: readonly (keyof Journal)[] = [
  "beginExecution",
  "changeTasks",
  "setExecutionState",
  "requestStop",
  "endExecution",
  "putUndos",
  "closeUndos",
];

interface Scenario {
  readonly at: number;
  readonly when: "before" | "after";
  readonly policy: "resume" | "rollback" | "abandon";
  readonly stopAfterTicks?: number;
}

function cluster(): FakeCluster {
  const made = new FakeCluster({
    brokers: 4,
    bytesPerLook: 30,
    partitions: [
      { topic: "t", partition: 0, replicas: [1, 2, 3] },
      { topic: "t", partition: 1, replicas: [1, 3, 2] },
      { topic: "u", partition: 0, replicas: [2, 1] },
      { topic: "u", partition: 1, replicas: [1, 2] },
    ],
  });
  const set = (type: "broker" | "topic", name: string, key: string, value: string) =>
    made.applyConfig({ resource: { type, name }, key, operation: "set", value });
  set("broker", "2", "leader.replication.throttled.rate", "777");
  set("topic", "u", "follower.replication.throttled.replicas", "1:1,0:2");
  return made;
}

const PROPOSALS: readonly Proposal[] = [
  { ...move("t", 0, { from: [1, 2, 3], to: [4, 2, 3] }), group: 1 },
  move("t", 1, { from: [1, 3, 2], to: [3, 1, 2] }),
  { ...move("u", 0, { from: [2, 1], to: [2, 4] }), group: 1 },
  {
    ...move("u", 1, { from: [1, 2], to: [3, 2] }),
    oldReplicas: [1, 2].map((brokerId) => ({ brokerId, logDir: "/a" })),
    newReplicas: [3, 2].map((brokerId) => ({ brokerId, logDir: "/b" })),
  },
];

/** Runs the execution with a crash; gives the number of side effects that it had. */
async function run(scenario: Scenario): Promise<number> {
  const fake = cluster();
  const origin = fake.placement();
  const settings = fake.settings();
  let effects = 0;
  const around = <T>(_name: string, call: () => T): T => {
    const mine = ++effects === scenario.at;
    if (mine && scenario.when === "before") throw new Crash();
    const value = call();
    if (mine) throw new Crash();
    return value;
  };
  const bench = new Bench({
    gateway: () => fakeGateway(fake, around),
    journal: (journal) =>
      new Proxy(journal, {
        get(target, name: keyof Journal) {
          if (!WRITES.includes(name)) return target[name];
          const write = target[name] as (...args: unknown[]) => unknown;
          return (...args: unknown[]) => around(name, () => write(...args));
        },
      }),
    config: { "executor.recovery.policy": scenario.policy },
  });
  const label = JSON.stringify(scenario);
  try {
    await bench.start();
    let begun = false;
    while (!begun) {
      try {
        const answer = await bench.execute([...PROPOSALS], {
          throttleBytesPerSec: 1000,
          interBrokerPerBroker: 1,
        });
        begun = answer.ok || answer.failure.code === "ongoing_execution";
        assert(begun || !answer.ok && answer.failure.code === "cancelled", label);
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        await bench.restart();
        begun = bench.journal().unfinishedExecutions().length > 0;
      }
    }
    const stopAfter = scenario.stopAfterTicks;
    if (stopAfter !== undefined) {
      for (let i = 0; i < stopAfter; i++) await stepOrRestart(bench, () => bench.tick());
      await stepOrRestart(bench, () => bench.stop(false));
    }
    const summary = await bench.runToEnd();
    bench.assertJournalConsistent();
    assertEquals(fake.settings(), settings, `${label}: settings are not restored`);
    if (scenario.policy !== "abandon") assertEquals(fake.ongoing(), [], label);
    const { logDirs, future } = fake.get("u", 1);
    if (summary.outcome === "completed") assertEquals(logDirs.get(2), "/b", label);
    if (scenario.policy !== "abandon") assertEquals(future.size, 0, label);
    for (const proposal of PROPOSALS) {
      const key = `${proposal.topic}/${proposal.partition}`;
      const now = fake.placement()[key]!.join();
      const target = proposal.newReplicas.map((replica) => replica.brokerId).join();
      if (summary.outcome === "completed") assertEquals(now, target, label);
      if (scenario.policy === "abandon") continue;
      assert([target, origin[key]!.join()].includes(now), `${label}: ${key} is at ${now}`);
    }
    const [first, , other] = PROPOSALS.map(({ topic, partition }) =>
      fake.placement()[`${topic}/${partition}`]!.includes(4)
    );
    // Those two belong together: Kafka goes on with one alone only when it is left to do so.
    if (scenario.policy !== "abandon") {
      assertEquals(first, other, `${label}: the group is half done`);
    }
    if (scenario.policy === "resume" && stopAfter === undefined) {
      assertEquals(summary.outcome, "completed", `${label}: ${summary.explanation}`);
    }
  } catch (error) {
    if (error instanceof Error) error.message += ` (${label})`;
    throw error;
  } finally {
    bench.close();
  }
  return effects;
}

async function stepOrRestart(bench: Bench, step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    await bench.restart();
  }
}

const NEVER = 1_000_000;

for (const policy of ["resume", "rollback", "abandon"] as const) {
  Deno.test(`createExecutor() survives a crash at every side effect, policy ${policy}`, async () => {
    const effects = await run({ at: NEVER, when: "before", policy });
    assert(effects > 60, `An execution has ${effects} side effects`);
    for (let at = 1; at <= effects; at++) {
      for (const when of ["before", "after"] as const) await run({ at, when, policy });
    }
  });
}

Deno.test("createExecutor() says of an execution that it was found unfinished, and when", async () => {
  const fake = cluster();
  const bench = new Bench({ gateway: () => fakeGateway(fake, (_name, call) => call()) });
  try {
    await bench.start();
    await bench.execute([...PROPOSALS], { throttleBytesPerSec: 1000 });
    await bench.tick();
    const begun = await bench.state();
    assertEquals([begun.resumedAtMs, begun.phase === "NO_TASK_IN_PROGRESS"], [undefined, false]);
    await bench.restart();
    const resumed = await bench.state();
    assertEquals(resumed.executionUuid, begun.executionUuid);
    assert(resumed.resumedAtMs !== undefined && resumed.resumedAtMs > resumed.startedAtMs!);
    await bench.runToEnd();
    assertEquals((await bench.state()).resumedAtMs, undefined);
  } finally {
    bench.close();
  }
});

Deno.test("createExecutor() survives a crash at every side effect of a stop", async () => {
  const stopAfterTicks = 3;
  const effects = await run({ at: NEVER, when: "before", policy: "resume", stopAfterTicks });
  for (let at = 1; at <= effects; at++) {
    for (const when of ["before", "after"] as const) {
      await run({ at, when, policy: "resume", stopAfterTicks });
    }
  }
});

Deno.test("createExecutor() reaches the target when any one answer is lost", async () => {
  const runLossy = async (at: number, when: "before" | "after") => {
    const fake = cluster();
    const settings = fake.settings();
    let calls = 0;
    let armed = false;
    const bench = new Bench({
      gateway: () =>
        fakeGateway(fake, (_name, call) => {
          const mine = armed && ++calls === at;
          if (mine && when === "before") throw LOST;
          const value = call();
          if (mine) throw LOST;
          return value;
        }),
    });
    const label = `call ${at}, lost ${when}`;
    try {
      await bench.start();
      await bench.execute([...PROPOSALS], { throttleBytesPerSec: 1000, interBrokerPerBroker: 1 });
      armed = true;
      const summary = await bench.runToEnd();
      assertEquals(summary.outcome, "completed", `${label}: ${summary.explanation}`);
      assertEquals(fake.settings(), settings, label);
      assertEquals(fake.ongoing(), [], label);
      bench.assertJournalConsistent();
    } finally {
      bench.close();
    }
    return calls;
  };
  const calls = await runLossy(NEVER, "before");
  for (let at = 1; at <= calls; at++) {
    await runLossy(at, "before");
    await runLossy(at, "after");
  }
});

Deno.test("createExecutor() reaches the target when any one write to the journal is refused", async () => {
  const runRefused = async (at: number) => {
    const fake = cluster();
    const settings = fake.settings();
    let writes = 0;
    const bench = new Bench({
      gateway: () => fakeGateway(fake),
      journal: (journal) =>
        new Proxy(journal, {
          get(target, name: keyof Journal) {
            if (!WRITES.includes(name)) return target[name];
            const write = target[name] as (...args: unknown[]) => unknown;
            return (...args: unknown[]) =>
              ++writes === at ? fail("store_full", "No space left") : write(...args);
          },
        }),
    });
    try {
      await bench.start();
      const options = { throttleBytesPerSec: 1000, interBrokerPerBroker: 1 };
      const begun = await bench.execute([...PROPOSALS], options);
      // The first write is that of the execution: refused, it says so and may be asked again.
      if (!begun.ok) {
        assertEquals([begun.failure.code, at], ["store_full", 1]);
        assert((await bench.execute([...PROPOSALS], options)).ok);
      }
      const summary = await bench.runToEnd();
      assertEquals(summary.outcome, "completed", `write ${at}: ${summary.explanation}`);
      assertEquals(fake.settings(), settings, `write ${at}`);
      bench.assertJournalConsistent();
    } finally {
      bench.close();
    }
    return writes;
  };
  const writes = await runRefused(NEVER);
  assert(writes > 12, `An execution has ${writes} writes`);
  for (let at = 1; at <= writes; at++) await runRefused(at);
});
