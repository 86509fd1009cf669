/**
 * All real actors on threads with the simulated cluster. Each is killed while it is busy and must come back with
 * its state, while the others go on. One system for all cases, since a start costs a second.
 */
import { assert, assertEquals, assertGreater, assertGreaterOrEqual } from "@std/assert";
import { defaultConfig } from "../../config/parse.ts";
import { systemClock } from "../../lib/clock.ts";
import type { Result } from "../../lib/failure.ts";
import type { AnomalyKind } from "../../model/anomaly.ts";
import type { LogRecord } from "../../lib/log.ts";
import type { ActorName } from "../../messages/actor.ts";
import type { MonitorState } from "../../messages/aggregator.ts";
import { createSystem, type System } from "../../workers/system.ts";

const PATIENCE_MS = 60_000;

interface Running {
  readonly system: System;
  readonly url: string;
  readonly log: LogRecord[];
  end(): Promise<void>;
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function startAll(): Promise<Running> {
  const directory = await Deno.makeTempDir();
  const port = freePort();
  const config = defaultConfig({
    "evenkeel.data.dir": directory,
    "webserver.http.port": String(port),
    // A window of a minute passes in a second, and moves take long enough to be killed in the middle.
    "evenkeel.sim.speed": "60",
    "partition.metrics.window.ms": "60000",
    "evenkeel.samples.flush.interval.ms": "10000",
    "evenkeel.classifier.history.flush.interval.ms": "10000",
    "evenkeel.sim.partitions": "200",
    "evenkeel.sim.topics": "20",
    "evenkeel.runtime.restart.backoff.ms": "10",
    "num.proposal.precompute.threads": "0",
    "webserver.request.maxBlockTimeMs": "600000",
  });
  const log: LogRecord[] = [];
  const system = createSystem({
    config,
    clock: systemClock(),
    sink: (record) => log.push(record),
    onClusterLost: (failure) => {
      throw new Error(failure.message);
    },
  });
  const started = await system.supervisor.start();
  assert(started.ok, started.ok ? "" : started.failure.message);
  return {
    system,
    url: `http://127.0.0.1:${port}/kafkacruisecontrol`,
    log,
    async end() {
      assertEquals((await system.supervisor.stop()).late, []);
      system.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** Asks again until `wanted` is true of the answer: the actors run in real time, on machines of any speed. */
async function eventually<T>(
  what: string,
  ask: () => Promise<Result<T>>,
  wanted: (value: T) => boolean,
): Promise<T> {
  const clock = systemClock();
  const giveUpMs = clock.nowMs() + PATIENCE_MS;
  let latest: Result<T> | undefined;
  while (clock.nowMs() < giveUpMs) {
    latest = await ask();
    if (latest.ok && wanted(latest.value)) return latest.value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not come about: ${JSON.stringify(latest)}`);
}

function restartsOf({ system }: Running, name: ActorName): number {
  return system.supervisor.observe().actors.find((a) => a.name === name)!.restarts;
}

function monitor({ system }: Running) {
  return system.supervisor.request<"get_monitor_state">({ kind: "get_monitor_state" });
}

function executor({ system }: Running) {
  return system.supervisor.request<"get_executor_state">({
    kind: "get_executor_state",
    withTasks: false,
  });
}

function sampler({ system }: Running) {
  return system.supervisor.request<"get_sampler_state">({ kind: "get_sampler_state" });
}

function makePlan({ system }: Running) {
  return system.supervisor.request<"make_plan">({
    kind: "make_plan",
    planUuid: "plan-1",
    plan: { operation: "rebalance", ignoreProposalCache: true },
  });
}

async function killAggregator(running: Running): Promise<void> {
  const seen = (m: MonitorState) => m.windows.filter((w) => w.monitoredRatio > 0.9);
  const before = seen(
    await eventually(
      "two stored windows",
      () => monitor(running),
      (m) => seen(m).length >= 2 && m.samplesStored > 0,
    ),
  );
  const load = running.system.supervisor.request({
    kind: "get_load",
    fromMs: undefined,
    toMs: undefined,
    requirements: { windows: 1, minValidRatio: 0, includeAllTopics: true },
  });
  running.system.supervisor.kill("aggregator", "killed by the test");
  const owed = await load;
  assert(owed.ok || owed.failure.code === "actor_died");
  // Its next life cannot have seen that window itself: it comes from the store.
  await eventually(
    "the windows of its former life",
    () => monitor(running),
    (m) => m.loadingProgress === 1 && seen(m).some((w) => w.endMs === before[0]!.endMs),
  );
  await eventually(
    "new windows",
    () => monitor(running),
    (m) => (seen(m)[0]?.endMs ?? 0) > before[0]!.endMs,
  );
  assertEquals(restartsOf(running, "aggregator"), 1);
}

async function killAnalyzer(running: Running): Promise<void> {
  await eventually("a plan", () => makePlan(running), (answer) => answer.plan.proposals.length > 0);
  const owed = makePlan(running);
  running.system.supervisor.kill("analyzer", "killed by the test");
  const settled = await owed;
  assertEquals(settled.ok ? "" : settled.failure.code, "actor_died");
  const again = await eventually("a plan after its death", () => makePlan(running), () => true);
  assertGreater(again.plan.proposals.length, 0);
  assertEquals(restartsOf(running, "analyzer"), 1);
}

async function killSampler(running: Running): Promise<void> {
  await eventually("polls", () => sampler(running), (s) => s.pollsDone > 0);
  const owed = running.system.supervisor.request<"get_cluster">({
    kind: "get_cluster",
    fresh: true,
  });
  running.system.supervisor.kill("sampler", "killed by the test");
  const settled = await owed;
  assert(settled.ok || settled.failure.code === "actor_died");
  await eventually("polls of its next life", () => sampler(running), (s) => s.pollsDone >= 2);
  const seen = await running.system.supervisor.request<"get_cluster">({
    kind: "get_cluster",
    fresh: false,
  });
  assert(seen.ok);
  assertEquals(seen.value.topology.brokers.length, 12);
  assertEquals(restartsOf(running, "sampler"), 1);
}

async function killExecutor(running: Running): Promise<void> {
  const query = "dryrun=false&json=true&replication_throttle=2000000";
  const response = await fetch(`${running.url}/rebalance?${query}`, { method: "POST" });
  const text = await response.text();
  assertEquals(response.status, 200, text);
  const before = await eventually(
    "moves underway",
    () => executor(running),
    (s) => s.interBroker.inProgress > 0,
  );
  running.system.supervisor.kill("executor", "killed by the test");
  const after = await eventually(
    "the same execution in its next life",
    () => executor(running),
    (s) => s.executionUuid === before.executionUuid && s.interBroker.inProgress > 0,
  );
  assertGreaterOrEqual(after.interBroker.completed, before.interBroker.completed);
  assertEquals(restartsOf(running, "executor"), 1);
  const stopped = await running.system.supervisor.request({
    kind: "stop_execution",
    stopExternalAgent: false,
    reason: "the test has seen enough",
  });
  assert(stopped.ok);
  const idle = await eventually(
    "the end of the execution",
    () => executor(running),
    (s) => s.phase === "NO_TASK_IN_PROGRESS",
  );
  assertEquals(idle.lastExecution?.executionUuid, before.executionUuid);
}

async function killDetector(running: Running): Promise<void> {
  const { supervisor } = running.system;
  const set = (enable: readonly AnomalyKind[]) =>
    supervisor.request<"set_self_healing">({ kind: "set_self_healing", enable, disable: [] });
  const switched = await set(["BROKER_FAILURE"]);
  assert(switched.ok, switched.ok ? "" : switched.failure.message);
  const owed = supervisor.request({ kind: "get_detector_state" });
  supervisor.kill("detector", "killed by the test");
  const settled = await owed;
  assert(settled.ok || settled.failure.code === "actor_died");
  const after = await eventually("its next life", () => set([]), () => true);
  assertEquals(after.before, switched.value.after);
  assertEquals(restartsOf(running, "detector"), 1);
}

async function killClassifier(running: Running): Promise<void> {
  const { supervisor } = running.system;
  const stateOf = () =>
    supervisor.request<"get_classifier_state">({ kind: "get_classifier_state" });
  const before = await eventually("metrics that are saved", stateOf, (s) => s.historyRows >= 24);
  // A minute later all that was known is in the store.
  await eventually("a save", stateOf, (s) => s.historyToMs! >= before.historyToMs! + 60_000);
  const owed = stateOf();
  supervisor.kill("classifier", "killed by the test");
  const settled = await owed;
  assert(settled.ok || settled.failure.code === "actor_died");
  const after = await eventually("its next life", stateOf, (s) => s.historyRows > 0);
  assertEquals(after.historyFromMs, before.historyFromMs, "the history goes on");
  assertEquals(restartsOf(running, "classifier"), 1);
}

async function killServer(running: Running): Promise<void> {
  const tasksOf = async (): Promise<Result<string[]>> => {
    try {
      const response = await fetch(`${running.url}/user_tasks?json=true`);
      const body = await response.json();
      const tasks = body.userTasks as { UserTaskId: string; RequestURL: string }[];
      return { ok: true, value: tasks.map((task) => task.UserTaskId) };
    } catch (error) {
      const message = String(error);
      return { ok: false, failure: { code: "cluster_unreachable", message, retriable: true } };
    }
  };
  const before = await eventually("its tasks", tasksOf, (ids) => ids.length > 0);
  const inFlight = fetch(`${running.url}/proposals?json=true&ignore_proposal_cache=true`)
    .then((response) => response.text(), () => "cut off");
  running.system.supervisor.kill("server", "killed by the test");
  await inFlight;
  const after = await eventually("the port again", tasksOf, () => true);
  assert(before.every((id) => after.includes(id)), `tasks ${before} are still known: ${after}`);
  assertEquals(restartsOf(running, "server"), 1);
}

/** For an actor whose state has no case of its own here. */
async function killAny(running: Running, name: ActorName): Promise<void> {
  running.system.supervisor.kill(name, "killed by the test");
  const state = () => {
    const found = running.system.supervisor.observe().actors.find((a) => a.name === name)!;
    return Promise.resolve({ ok: true as const, value: found });
  };
  await eventually("its next life", state, (actor) => actor.state === "running");
}

const KILLS: readonly {
  readonly name: ActorName;
  readonly what: string;
  kill(running: Running): Promise<void>;
}[] = [
  { name: "sampler", what: "sampler: polls again", kill: killSampler },
  { name: "aggregator", what: "aggregator: windows from the store", kill: killAggregator },
  { name: "classifier", what: "classifier: its history goes on", kill: killClassifier },
  { name: "analyzer", what: "analyzer: plans again", kill: killAnalyzer },
  { name: "executor", what: "executor: the same execution goes on", kill: killExecutor },
  { name: "detector", what: "detector: the same switches", kill: killDetector },
  { name: "server", what: "server: same port, same tasks", kill: killServer },
];

Deno.test({
  name: "Every actor that is killed while busy comes back with its state, and the others go on",
  // Ports inside orders that a killed thread never read stay open.
  sanitizeResources: false,
  sanitizeOps: false,
  async fn(test) {
    const running = await startAll();
    const names = running.system.supervisor.observe().actors.map(({ name }) => name);
    for (const name of names) {
      const known = KILLS.find((kill) => kill.name === name);
      if (known !== undefined) await test.step(known.what, () => known.kill(running));
      else await test.step(`${name}: runs again`, () => killAny(running, name));
    }
    assertEquals(
      running.system.supervisor.observe().actors.map((a) => [a.name, a.state, a.restarts]),
      names.map((name) => [name, "running", 1]),
    );
    await running.end();
  },
});
