/** The runtime on real threads. Waits are for events, never for a time to pass. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { defaultConfig } from "../../config/parse.ts";
import { systemClock } from "../../lib/clock.ts";
import type { LogRecord } from "../../lib/log.ts";
import type { ActorRuntime } from "../../messages/runtime.ts";
import { limitsOf, type RuntimeLimits } from "../../workers/limits.ts";
import { Supervisor } from "../../workers/supervisor.ts";
import { workerThreads } from "../../workers/worker_threads.ts";
import { DEATHS } from "./entries/deaths.ts";
import { executionEnded, samples } from "./helpers.ts";

const ENTRY = new URL("./entries/lively_worker.ts", import.meta.url);

async function threads(limits: Partial<RuntimeLimits> = {}) {
  const directory = await Deno.makeTempDir();
  const config = defaultConfig({ "evenkeel.data.dir": directory });
  const log: LogRecord[] = [];
  const waiters = new Set<() => void>();
  const supervisor: Supervisor = new Supervisor({
    kind: workerThreads({ sampler: ENTRY, aggregator: ENTRY }),
    actors: ["sampler", "aggregator"],
    clock: systemClock(),
    time: undefined,
    config,
    limits: { ...limitsOf(config), restartBackoffMs: 10, ...limits },
    seed: 1,
    sink: (record) => log.push(record),
    onChange: () => waiters.forEach((waiter) => waiter()),
  });
  const find = (name: string) => supervisor.observe().actors.find((a) => a.name === name)!;
  const until = (name: string, holds: (actor: ActorRuntime) => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!holds(find(name))) return;
        waiters.delete(check);
        resolve();
      };
      waiters.add(check);
      check();
    });
  const end = async () => {
    assertEquals((await supervisor.stop()).late, []);
    await Deno.remove(directory, { recursive: true });
  };
  assert((await supervisor.start()).ok);
  return { supervisor, until, find, log, end };
}

/** What the aggregator has counted, in all its lives. */
async function counted(supervisor: Supervisor) {
  const state = await supervisor.request<"get_monitor_state">({ kind: "get_monitor_state" });
  assert(state.ok);
  return { count: state.value.loadGeneration, latest: state.value.samplesStored };
}

Deno.test("Threads pass facts in order and move buffers, within a small mailbox", async () => {
  const { supervisor, end } = await threads({ mailboxSize: 100, restartMax: 0 });
  supervisor.emit(executionEnded(100));
  // The sampler's facts travel directly; ask until they are there.
  let seen = await counted(supervisor);
  while (seen.count < 100) seen = await counted(supervisor);
  assertEquals(seen, { count: 100, latest: 100 });
  const sampler = supervisor.request<"get_sampler_state">({ kind: "get_sampler_state" });
  // It waits for an answer that never comes; this death settles it.
  await supervisor.request({ kind: "get_monitor_state" });
  supervisor.kill("aggregator", "killed by the test");
  const told = await sampler;
  assertEquals(told.ok && told.value.pollsDone, 0, "the sender's buffer is empty");
  await end();
});

for (
  const [how, text] of [
    ["throwInHandle", /thrown in handle/],
    ["rejection", /never awaited/],
    ["throwInTimer", /thrown in a timer/],
    ["stuck", /No heartbeat for \d+ ms/],
  ] as const
) {
  Deno.test(`A thread that dies by ${how} comes back with its state, and what it owed settles`, async () => {
    const { supervisor, until, find, end } = await threads(
      how === "stuck" ? { heartbeatIntervalMs: 50, heartbeatTimeoutMs: 300 } : {},
    );
    for (let n = 1; n <= 3; n++) supervisor.emit(samples(n));
    assertEquals((await counted(supervisor)).count, 3);
    // The sampler waits for an answer that the aggregator owes: directly, not through us.
    const owed = supervisor.request<"get_sampler_state">({ kind: "get_sampler_state" });
    const ours = supervisor.request({
      kind: "get_load",
      fromMs: undefined,
      toMs: undefined,
      requirements: { windows: 1, minValidRatio: 0, includeAllTopics: false },
    });
    supervisor.emit(samples(DEATHS[how]));
    const settled = await ours;
    assertEquals(settled.ok ? "" : settled.failure.code, "actor_died");
    const atSampler = await owed;
    assertEquals(atSampler.ok && atSampler.value.reason, "actor_died");
    await until("aggregator", (a) => a.state === "running" && a.restarts === 1);
    assertMatch(find("aggregator").lastFailure!, text);
    supervisor.emit(samples(4));
    assertEquals((await counted(supervisor)).count, 4);
    assertEquals(find("sampler").restarts, 0);
    await end();
  });
}

Deno.test("A thread that is busy for less than the heartbeat timeout is left alone", async () => {
  const { supervisor, find, end } = await threads({
    heartbeatIntervalMs: 100,
    heartbeatTimeoutMs: 60_000,
  });
  supervisor.emit(samples(DEATHS.stuck));
  supervisor.emit(samples(1));
  assertEquals((await counted(supervisor)).count, 1);
  assertEquals(find("aggregator").restarts, 0);
  await end();
});

Deno.test({
  name: "A thread that cannot load its entry is given up at the limit with the reason",
  // The ports in an order that nobody ever reads stay open.
  sanitizeResources: false,
  fn: givesUpAbsentEntry,
});

async function givesUpAbsentEntry() {
  const config = defaultConfig();
  const supervisor = new Supervisor({
    kind: workerThreads({ analyzer: new URL("./entries/absent.ts", import.meta.url) }),
    actors: ["analyzer"],
    clock: systemClock(),
    time: undefined,
    config,
    limits: { ...limitsOf(config), restartBackoffMs: 1, restartMax: 2 },
    seed: 1,
    sink: () => {},
  });
  const started = await supervisor.start();
  assertMatch(started.ok ? "" : started.failure.message, /absent\.ts/);
  assertEquals(supervisor.observe().actors[0]!.restarts, 2);
  await supervisor.stop();
}
