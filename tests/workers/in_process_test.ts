import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { assert as invariant } from "../../lib/assert.ts";
import { fail, FailureError, ok, type Result } from "../../lib/failure.ts";
import type { ActorContext } from "../../messages/actor.ts";
import type { MonitorState } from "../../messages/aggregator.ts";
import type { Message } from "../../messages/mod.ts";
import {
  executionEnded,
  isOurs,
  manualSystem,
  numberOf,
  pass,
  samples,
  samplingState,
  START_MS,
  testActor,
  windowClosed,
} from "./helpers.ts";

const monitorState = (n: number): Result<MonitorState> =>
  ok({
    activeRatio: 0,
    samplesRejected: 0,
    loadGeneration: n,
    validPartitions: 0,
    totalPartitions: 0,
    flawedPartitions: 0,
    windows: [],
    samplesStored: 0,
    storeFailure: undefined,
    loadingProgress: 1,
  });

Deno.test("createInProcessSystem() brings facts to the receivers in the routing table, in order", async () => {
  const seen: string[] = [];
  const receiver = (name: string) => () =>
    testActor({ handle: (m) => void (isOurs(m) && seen.push(`${name} ${numberOf(m)}`)) });
  let sampler: ActorContext | undefined;
  const { system, clock } = manualSystem({
    sampler: (context) => {
      sampler = context;
      return testActor();
    },
    aggregator: receiver("aggregator"),
    server: receiver("server"),
  });
  assertEquals(await system.start(), ok(undefined));
  for (let n = 0; n < 4; n++) sampler!.emit(samples(n));
  sampler!.emit(samplingState(9));
  await pass(clock);
  assertEquals(
    seen.filter((s) => s.startsWith("aggregator")),
    [0, 1, 2, 3].map((n) => `aggregator ${n}`),
  );
  assertEquals(seen.filter((s) => s.startsWith("server")), ["server 9"]);
  assertEquals((await system.stop()).inTime, true);
});

Deno.test("emit() moves buffers to a single receiver and copies facts, as between threads", async () => {
  const received: Message[] = [];
  let sampler: ActorContext | undefined;
  const { system, clock } = manualSystem({
    sampler: (context) => {
      sampler = context;
      return testActor();
    },
    aggregator: () => testActor({ handle: (m) => void received.push(m) }),
  });
  await system.start();
  const moved = samples(1, 1000);
  moved.metrics[999] = 7;
  sampler!.emit(moved, [moved.metrics.buffer, moved.partitions.buffer, moved.leaders.buffer]);
  await pass(clock);
  assertEquals(moved.metrics.length, 0);
  assertEquals(received.map((m) => m.kind === "samples_collected" && m.metrics[999]), [7]);
  await system.stop();
});

Deno.test("Messages and requests wait until start() has resolved", async () => {
  const order: string[] = [];
  let release = () => {};
  const { system, clock } = manualSystem({
    aggregator: () =>
      testActor({
        start: () => new Promise((resolve) => (release = resolve)),
        handle: (m) => void order.push(`fact ${numberOf(m)}`),
        answers: {
          get_monitor_state: () => {
            order.push("request");
            return monitorState(1);
          },
        },
        tick: () => void order.push("tick"),
      }),
  });
  const started = system.start();
  await pass(clock);
  system.emit(samples(1));
  const answer = system.request({ kind: "get_monitor_state" });
  await pass(clock, 10_000);
  assertEquals(order, []);
  release();
  await started;
  await pass(clock);
  assertEquals(order, ["fact 1", "request", "tick"]);
  assert((await answer).ok);
  await system.stop();
});

Deno.test("start() begins the server first; what it asks and tells before the others run waits for them", async () => {
  const begun: string[] = [];
  let early: Promise<Result<unknown>> | undefined;
  const { system, clock } = manualSystem({
    aggregator: () => {
      begun.push("aggregator");
      return testActor({ answers: { get_monitor_state: () => monitorState(7) } });
    },
    server: (context) =>
      testActor({
        start() {
          begun.push("server");
          early = context.request({ kind: "get_monitor_state" });
          return Promise.resolve();
        },
      }),
  });
  assertEquals(await system.start(), ok(undefined));
  await pass(clock);
  assertEquals(begun, ["server", "aggregator"]);
  assertEquals(await early, monitorState(7));
  await system.stop();
});

Deno.test("start() begins no other actor when the server can never start", async () => {
  const begun: string[] = [];
  const { system } = manualSystem({
    aggregator: () => {
      begun.push("aggregator");
      return testActor();
    },
    server: () => {
      throw new FailureError({ code: "invalid_argument", message: "no", retriable: false });
    },
  });
  const started = await system.start();
  assert(!started.ok && started.failure.code === "invalid_argument");
  await system.stop();
  assertEquals(begun, []);
});

Deno.test("A server that dies once at its start comes back and reaches the actors begun meanwhile", async () => {
  let lives = 0;
  let asked: ActorContext | undefined;
  const { system, clock } = manualSystem({
    aggregator: () => testActor({ answers: { get_monitor_state: () => monitorState(3) } }),
    server: (context) => {
      asked = context;
      return testActor({
        start: () => lives++ === 0 ? Promise.reject(new Error("a bad moment")) : Promise.resolve(),
      });
    },
  });
  const started = system.start();
  await pass(clock, 10_000);
  assertEquals(await started, ok(undefined));
  assertEquals(lives, 2);
  const answer = asked!.request({ kind: "get_monitor_state" });
  await pass(clock);
  assertEquals(await answer, monitorState(3));
  await system.stop();
});

Deno.test("tick() runs at the earliest wish and never overlaps with itself", async () => {
  const ticks: number[] = [];
  let context: ActorContext | undefined;
  let running = 0;
  const { system, clock } = manualSystem({
    server: (given) => {
      context = given;
      return testActor({
        async tick(nowMs) {
          assertEquals(++running, 1);
          ticks.push(nowMs - START_MS);
          if (ticks.length === 3) {
            // Wishes made while a tick runs wait for its end.
            given.wake();
            await new Promise<void>((resolve) => given.clock.setTimer(nowMs + 500, resolve));
          }
          running--;
          return nowMs + 1000;
        },
      });
    },
  });
  await system.start();
  await pass(clock, 100);
  context!.wake(START_MS + 400);
  context!.wake(START_MS + 700);
  await pass(clock, 2000);
  assertEquals(ticks, [0, 400, 1400, 1900]);
  await system.stop();
});

Deno.test("tick() that asks for itself without time passing is a death, not a hang", async () => {
  const { system, clock, log } = manualSystem({
    server: () => testActor({ tick: (nowMs) => nowMs }),
  });
  await system.start();
  await pass(clock, 1);
  assertEquals(system.observe().actors[0]!.state, "restarting");
  assert(log.some((r) => /without time passing/.test(String(r.fields.reason))));
  await system.stop();
});

Deno.test("A death settles what was owed with actor_died; a later life answers again", async () => {
  let life = 0;
  const { system, clock } = manualSystem({
    aggregator: () => {
      const mine = life++;
      return testActor({
        answers: {
          get_monitor_state: () =>
            mine === 0 ? new Promise<Result<never>>(() => {}) : monitorState(mine),
        },
      });
    },
  });
  await system.start();
  const owed = system.request({ kind: "get_monitor_state" });
  await pass(clock);
  system.kill("aggregator");
  const settled = await owed;
  assertEquals(settled.ok ? "" : settled.failure.code, "actor_died");
  const during = await system.request({ kind: "get_monitor_state" });
  assertEquals(during.ok ? "" : [during.failure.code, during.failure.retriable], [
    "actor_died",
    true,
  ]);
  await pass(clock, 200);
  const after = await system.request<"get_monitor_state">({ kind: "get_monitor_state" });
  assertEquals(after.ok && after.value.loadGeneration, 1);
  assertEquals(system.observe().actors[0]!.restarts, 1);
  await system.stop();
});

Deno.test("Facts for a dead receiver: execution_ended arrives later, the newest state too, samples are dead letters", async () => {
  const facts: Message[] = [];
  const other: Message[] = [];
  let executor: ActorContext | undefined;
  const keep = (context: ActorContext) => {
    executor = context;
    return testActor();
  };
  const { system, clock, log } = manualSystem({
    executor: keep,
    server: () => testActor({ handle: (m) => void (isOurs(m) && facts.push(m)) }),
    aggregator: () => testActor({ handle: (m) => void other.push(m) }),
  });
  await system.start();
  await pass(clock);
  system.kill("server");
  system.kill("aggregator");
  executor!.emit(executionEnded(1));
  executor!.emit(samplingState(1));
  executor!.emit(samplingState(2));
  executor!.emit(executionEnded(3));
  executor!.emit(samples(4));
  await pass(clock, 200);
  assertEquals(facts.map(numberOf), [1, 2, 3]);
  assertEquals(other, []);
  assert(log.some((r) => /Dead letter/.test(r.message) && r.fields.receiver === "aggregator"));
  await system.stop();
});

Deno.test("A full mailbox bounds what travels to a receiver that is too slow", async () => {
  const facts: number[] = [];
  let sampler: ActorContext | undefined;
  const { system, clock, log } = manualSystem({
    sampler: (context) => {
      sampler = context;
      return testActor();
    },
    aggregator: () =>
      testActor({
        // Not started: the slowest receiver there is.
        start: () => new Promise((resolve) => sampler!.clock.setTimer(START_MS + 50, resolve)),
        handle: (m) => void facts.push(numberOf(m)),
      }),
  }, { limits: { mailboxSize: 3 } });
  const started = system.start();
  await pass(clock);
  for (let n = 0; n < 10; n++) sampler!.emit(samples(n));
  await pass(clock, 100);
  await started;
  assertEquals(facts, [0, 1, 2]);
  assert(log.some((r) => r.message.startsWith("Dropped a fact") && r.fields.total === 4));
  await system.stop();
});

Deno.test("Throws in start, handle, tick and answers end as restarts or failures, never as uncaught errors", async () => {
  const throwAt = (where: string) => () => {
    let life = 0;
    return () => {
      const bad = life++ === 0;
      const boom = () => {
        throw new TypeError(`boom in ${where}`);
      };
      return testActor({
        start: () => bad && where === "start" ? Promise.reject(boom()) : Promise.resolve(),
        handle: () => void (bad && where === "handle" && boom()),
        tick: () => void (bad && where === "tick" && boom()),
      });
    };
  };
  for (const where of ["start", "handle", "tick"]) {
    const { system, clock } = manualSystem({ analyzer: throwAt(where)() });
    const started = system.start();
    await pass(clock);
    system.emit(windowClosed(1));
    await pass(clock, 1000);
    await started;
    const actor = system.observe().actors[0]!;
    assertEquals([where, actor.state, actor.restarts], [where, "running", 1]);
    assertMatch(actor.lastFailure!, new RegExp(`boom in ${where}`));
    await system.stop();
  }
});

Deno.test("An answer that throws is an internal failure; a broken invariant also ends the actor", async () => {
  let broken = false;
  const { system, clock } = manualSystem({
    aggregator: () =>
      testActor({
        answers: {
          get_monitor_state: () => {
            if (!broken) throw new TypeError("boom");
            invariant(1 > 2, "one is more than two");
            return fail("internal", "");
          },
        },
      }),
  });
  await system.start();
  const first = await system.request({ kind: "get_monitor_state" });
  assertEquals(first.ok ? "" : first.failure.message, "Cannot answer get_monitor_state: boom");
  assertEquals(system.observe().actors[0]!.state, "running");
  broken = true;
  const second = await system.request({ kind: "get_monitor_state" });
  assertEquals(second.ok ? "" : second.failure.code, "internal");
  await pass(clock);
  assertEquals(system.observe().actors[0]!.state, "restarting");
  await system.stop();
});

Deno.test("Restarts back off and end at the limit; requests then fail for good", async () => {
  let lives = 0;
  const { system, clock } = manualSystem({
    aggregator: () => {
      lives++;
      return testActor({ tick: () => Promise.reject(new TypeError("always")) });
    },
  }, { limits: { restartBackoffMs: 100, restartBackoffMaxMs: 400, restartMax: 4 } });
  await system.start();
  const livesAt: number[] = [];
  for (const ms of [0, 99, 1, 199, 1, 399, 1, 399, 1, 100_000]) {
    await pass(clock, ms);
    livesAt.push(lives);
  }
  assertEquals(livesAt, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
  assertEquals(system.observe().actors[0]!.state, "given_up");
  const refused = await system.request({ kind: "get_monitor_state" });
  assertEquals(refused.ok ? "" : [refused.failure.code, refused.failure.retriable], [
    "actor_died",
    false,
  ]);
  await system.stop();
});

Deno.test("start() gives the failure of an actor that cannot start for a reason that stays", async () => {
  const failure = fail("store_too_new", "Cannot open state.db: version 9, known 1").failure;
  const { system, log } = manualSystem({
    executor: () => Promise.reject(new FailureError(failure)),
    server: () => testActor(),
  });
  assertEquals(await system.start(), { ok: false, failure });
  assertEquals(system.observe().actors[0]!.state, "given_up");
  // Whoever called start() tells people; saying it twice would bury it.
  assertEquals(log, []);
  await system.stop();
});

Deno.test("request() settles by deadline, by its signal and when too many are open", async () => {
  const { system, clock } = manualSystem({
    aggregator: () =>
      testActor({ answers: { get_monitor_state: () => new Promise<Result<never>>(() => {}) } }),
  }, { limits: { requestsMax: 2 } });
  await system.start();
  const stop = new AbortController();
  const open = [
    system.request({ kind: "get_monitor_state" }, { deadlineMs: 50 }),
    system.request({ kind: "get_monitor_state" }, { signal: stop.signal }),
    system.request({ kind: "get_monitor_state" }),
  ];
  await pass(clock, 60);
  stop.abort();
  const codes = (await Promise.all(open)).map((r) => r.ok ? "" : r.failure.code);
  assertEquals(codes, ["deadline_exceeded", "cancelled", "mailbox_full"]);
  assertEquals(clock.nextDueMs(), undefined);
  await system.stop();
});

Deno.test("stop() stops in order, waits for a running tick, and ends what does not stop in time", async () => {
  const order: string[] = [];
  const actor = (name: string) => () =>
    testActor({ stop: () => Promise.resolve(void order.push(name)) });
  const { system, clock } = manualSystem({
    aggregator: actor("aggregator"),
    analyzer: () => testActor({ stop: () => new Promise(() => {}) }),
    executor: actor("executor"),
    server: actor("server"),
  }, { limits: { stopDeadlineMs: 1000 } });
  await system.start();
  await pass(clock);
  const stopped = system.stop();
  await pass(clock, 1000);
  assertEquals(await stopped, { inTime: false, late: ["analyzer"] });
  assertEquals(order.slice(0, 2), ["server", "executor"]);
  assert(system.observe().actors.every((a) => a.state === "stopped"));
});

/** Three actors that talk, ask and die by their prng; the trace of all that happens. */
async function traceOf(seed: number): Promise<string[]> {
  const trace: string[] = [];
  const lively = (context: ActorContext) => {
    let n = 0;
    const note = (text: string) =>
      trace.push(`${context.clock.nowMs() - START_MS} ${context.name} ${text}`);
    return testActor({
      handle(message) {
        if (!isOurs(message)) return;
        note(`got ${message.kind} ${numberOf(message)}`);
        if (context.prng.next() < 0.3) context.wake();
        if (context.prng.next() < 0.08) throw new TypeError("bad luck");
      },
      answers: { get_monitor_state: () => monitorState(n) },
      async tick(nowMs) {
        const makers = [samples, samplingState, executionEnded, windowClosed];
        context.emit(makers[context.prng.below(4)]!(n++));
        const answer = await context.request({ kind: "get_monitor_state" }, { deadlineMs: 30 });
        note(`asked ${answer.ok ? answer.value.loadGeneration : answer.failure.code}`);
        return nowMs + 1 + context.prng.below(40);
      },
    });
  };
  const { system, clock } = manualSystem({
    sampler: lively,
    aggregator: lively,
    executor: lively,
    server: lively,
  }, { seed, limits: { restartBackoffMs: 20, mailboxSize: 2, restartMax: 1000 } });
  await system.start();
  await pass(clock, 2000);
  await system.stop();
  return trace;
}

Deno.test("createInProcessSystem() same seed, same run; another seed, another run", async () => {
  const first = await traceOf(11);
  assertEquals(await traceOf(11), first);
  assert((await traceOf(12)).join() !== first.join());
  assert(first.length > 250, `${first.length} events`);
  assert(first.some((line) => line.includes("actor_died")));
});

Deno.test("Requests settle exactly once, whatever the order of answers, deaths and time", async () => {
  const step = fc.oneof(
    fc.constant({ do: "ask" as const, ms: 0 }),
    fc.constant({ do: "kill" as const, ms: 0 }),
    fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 300 }) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.scheduler(),
      async (steps, scheduler) => {
        const { system, clock } = manualSystem({
          aggregator: () =>
            testActor({
              answers: {
                get_monitor_state: () => scheduler.schedule(Promise.resolve(monitorState(1))),
              },
            }),
        }, { limits: { requestDeadlineMs: 500, requestsMax: 5, restartMax: 3 } });
        await system.start();
        const asked: Promise<Result<unknown>>[] = [];
        for (const { do: what, ms } of steps) {
          if (what === "ask") asked.push(system.request({ kind: "get_monitor_state" }));
          if (what === "kill") system.kill("aggregator");
          if (what === "pass") await pass(clock, ms);
          if (scheduler.count() > 0 && what !== "ask") await scheduler.waitOne();
        }
        await pass(clock, 501);
        const results = await Promise.all(asked);
        const codes = ["actor_died", "mailbox_full", "deadline_exceeded"];
        assert(results.every((r) => r.ok || codes.includes(r.failure.code)));
        await system.stop();
      },
    ),
    { seed: 9, numRuns: 60 },
  );
});
