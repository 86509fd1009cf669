/**
 * Self-healing on real brokers, with short thresholds. Situation: four brokers, every partition on two of them. One
 * after the other: a broker is killed; a log dir of another fails and Evenkeel is killed in the middle of the
 * evacuation; a second broker is killed, Evenkeel is killed in the middle of the fix, and until it is started again the
 * broker comes back and is killed again. Expected each time: the replicas elsewhere and in sync within the thresholds and the time that moving takes.
 */
import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../lib/clock.ts";
import {
  createTopics,
  kafkaTest,
  produceRecords,
  seeDynamicConfigs,
  seePartitions,
  seeReassignments,
  sharedCluster,
} from "../kafka/mod.ts";
import { type Evenkeel, startEvenkeel, waitFor } from "../system/evenkeel.ts";

const PARTITIONS = 12;
const BYTES = 400_000;
const ALERT_MS = 1_500;
const HEAL_MS = 4_000;
/** The controller fences a silent broker after 6 s and some. */
const FENCED_WITHIN_MS = 10_000;
/** A broker looks at a failed log dir within about 5 s. */
const DISK_SEEN_WITHIN_MS = 10_000;
/** Copying at most 6 replicas of 0.4 MB, a progress check every 5 s, and a busy machine. */
const MOVED_WITHIN_MS = 25_000;

const clock = systemClock();
const ALL = [[1, 2], [2, 3], [3, 4], [4, 2], [2, 4], [3, 1]];

const cluster = sharedCluster({ brokers: 3 }, async (started) => {
  await started.addBroker({ rack: "r3" });
  await createTopics(started.bootstrap, [{
    name: "h",
    replicas: Array.from({ length: PARTITIONS }, (_, p) => ALL[p % ALL.length]!),
  }]);
  await Promise.all(
    Array.from(
      { length: PARTITIONS },
      (_, partition) =>
        produceRecords(started.bootstrap, { topic: "h", partition }, {
          count: BYTES / 4000,
          bytes: 4000,
        }),
    ),
  );
});

const SETTINGS = {
  "self.healing.enabled": "true",
  // Only what breaks is to be healed here.
  "self.healing.goal.violation.enabled": "false",
  "anomaly.detection.interval.ms": "1000",
  "broker.failure.alert.threshold.ms": String(ALERT_MS),
  "broker.failure.self.healing.threshold.ms": String(HEAL_MS),
  "broker.failure.detection.backoff.ms": "2000",
  // Brokers take turns here: one that was emptied gets replicas again when it is back.
  "self.healing.exclude.recently.removed.brokers": "false",
  "evenkeel.sampling.poll.interval.ms": "2000",
  "execution.progress.check.interval.ms": "5000",
  "default.replication.throttle": "700000",
};

interface Anomaly {
  readonly condition: { readonly kind: string };
  readonly detectedAtMs: number;
  readonly endedAtMs?: number;
  readonly status: string;
  readonly reason: string;
  readonly attempts: readonly {
    readonly executionUuid: string;
    readonly begunAtMs: number;
    readonly endedAtMs?: number;
    readonly state: string;
  }[];
}

async function native<T>(evenkeel: Evenkeel, path: string): Promise<T> {
  const answer = await fetch(`${evenkeel.url}/evenkeel/v1/${path}`);
  return await answer.json() as T;
}

async function latest(evenkeel: Evenkeel, kind: string): Promise<Anomaly | undefined> {
  const { recent } = await native<{ recent: Anomaly[] }>(evenkeel, "anomalies");
  return recent.find(({ condition }) => condition.kind === kind);
}

interface Summary {
  readonly underReplicatedPartitions: number;
  readonly offlinePartitions: number;
}

/** Everything in sync, as Evenkeel sees it, and nothing executing. */
async function isWhole(evenkeel: Evenkeel): Promise<boolean> {
  const status = await native<{ cluster: Summary; executor: { phase: string } }>(
    evenkeel,
    "status",
  );
  return status.cluster.underReplicatedPartitions === 0 && status.cluster.offlinePartitions === 0 &&
    status.executor.phase === "NO_TASK_IN_PROGRESS";
}

/** Each partition on two alive brokers that are in sync, none of them `gone`, as Kafka's own client sees it. */
async function assertWhole(gone: readonly number[]): Promise<void> {
  const running = await cluster();
  const seen = await seePartitions(running);
  assertEquals(seen.length, PARTITIONS);
  for (const { topic, partition, replicas, isr, leader } of seen) {
    const name = `${topic}-${partition} on ${replicas}, in sync ${isr}`;
    assertEquals(replicas.length, 2, name);
    assertEquals([...isr].sort(), [...replicas].sort(), name);
    assert(leader >= 0 && !replicas.some((id) => gone.includes(id)), name);
  }
  assertEquals(await seeReassignments(running), []);
  const ids = running.brokers.filter(({ pid }) => pid !== undefined).map(({ id }) => String(id));
  assertEquals(
    (await seeDynamicConfigs(running, "broker", ids)).filter(({ key }) =>
      key.includes("throttled")
    ),
    [],
  );
}

function untilExecuting(evenkeel: Evenkeel, kind: string, withinMs: number): Promise<unknown> {
  return waitFor(
    () => latest(evenkeel, kind),
    (anomaly) =>
      anomaly?.endedAtMs === undefined && anomaly?.attempts.at(-1)?.state === "executing",
    { withinMs, what: `a fix of ${kind}`, everyMs: 100 },
  );
}

function assertOneByOne(anomaly: Anomaly): void {
  for (const [i, attempt] of anomaly.attempts.entries()) {
    assert(attempt.state === "ended", JSON.stringify(anomaly));
    const next = anomaly.attempts[i + 1];
    if (next !== undefined) assert(attempt.endedAtMs! <= next.begunAtMs, JSON.stringify(anomaly));
  }
}

kafkaTest(
  "self-healing moves what a killed broker and a failed log dir held, over kill -9",
  async (test) => {
    const running = await cluster();
    const dataDir = await Deno.makeTempDir();
    const start = () =>
      startEvenkeel({ bootstrap: running.bootstrap, dataDir, settings: SETTINGS });
    let evenkeel = await start();
    const step = async (name: string, body: () => Promise<void>) => {
      // What comes after a failed step would fail for its sake, and tell nothing.
      if (!await test.step(name, body)) throw new Error(`This failed: ${name}`);
    };
    try {
      await waitFor(() => evenkeel.get("proposals"), () => true, {
        withinMs: 30_000,
        what: "the load to be known",
      });

      await step("a killed broker is emptied within alert, heal threshold and moves", async () => {
        const killedMs = clock.nowMs();
        await running.kill(4);
        await untilExecuting(evenkeel, "BROKER_FAILURE", FENCED_WITHIN_MS + HEAL_MS + 5000);
        const begunMs = clock.nowMs();
        const state = await evenkeel.get("state?substates=executor,anomaly_detector");
        const executor = state["ExecutorState"] as Record<string, unknown>;
        assert(executor["triggeredSelfHealingTaskId"] !== "", JSON.stringify(executor));
        assertEquals(executor["triggeredUserTaskId"], "");
        const over = await waitFor(
          () => latest(evenkeel, "BROKER_FAILURE"),
          (anomaly) => anomaly?.endedAtMs !== undefined,
          { withinMs: MOVED_WITHIN_MS, what: "the end of the failure" },
        );
        assert(begunMs - over!.detectedAtMs >= HEAL_MS - 100, "not before its time");
        assertOneByOne(over!);
        await assertWhole([4]);
        const ms = (atMs: number) => Math.round(atMs - killedMs);
        console.log(
          `broker killed: seen after ${ms(over!.detectedAtMs)} ms, fix begun after ` +
            `${ms(begunMs)} ms, healed after ${ms(over!.endedAtMs!)} ms`,
        );
      });

      await step(
        "a failed log dir is evacuated although Evenkeel is killed meanwhile",
        async () => {
          await running.restart(4);
          const failedMs = clock.nowMs();
          await running.failDisk(2, 0);
          await untilExecuting(evenkeel, "DISK_FAILURE", DISK_SEEN_WITHIN_MS + 10_000);
          await evenkeel.kill();
          evenkeel = await start();
          await waitFor(() => isWhole(evenkeel), (whole) => whole, {
            withinMs: MOVED_WITHIN_MS,
            what: "the evacuation",
          });
          const anomaly = await waitFor(
            () => latest(evenkeel, "DISK_FAILURE"),
            (one) => one?.status === "IGNORED",
            { withinMs: 30_000, what: "the verdict that nothing is left to move" },
          );
          assertOneByOne(anomaly!);
          await assertWhole([]);
          console.log(
            `log dir failed: healed after ${clock.nowMs() - failedMs} ms, kill -9 included`,
          );
        },
      );

      await step(
        "a broker killed, back and killed again, and Evenkeel killed meanwhile",
        async () => {
          await running.kill(3);
          await untilExecuting(evenkeel, "BROKER_FAILURE", FENCED_WITHIN_MS + HEAL_MS + 10_000);
          await evenkeel.kill();
          await running.restart(3);
          await running.kill(3);
          const killedMs = clock.nowMs();
          evenkeel = await start();
          const wholeWithout = async () => {
            const anomaly = await latest(evenkeel, "BROKER_FAILURE");
            return anomaly?.endedAtMs !== undefined && await isWhole(evenkeel);
          };
          await waitFor(wholeWithout, (whole) => whole, {
            withinMs: FENCED_WITHIN_MS + HEAL_MS + 2 * MOVED_WITHIN_MS,
            what: "the second fix",
          });
          assertOneByOne((await latest(evenkeel, "BROKER_FAILURE"))!);
          await assertWhole([3]);
          console.log(
            `broker killed twice: healed ${clock.nowMs() - killedMs} ms after the second`,
          );
        },
      );
    } catch (error) {
      console.log(evenkeel.log().slice(-6000));
      const shown = await native(evenkeel, "anomalies").catch(() => "no answer");
      const execution = await native(evenkeel, "execution?tasks=true").catch(() => "no answer");
      console.log(JSON.stringify(shown).slice(0, 6000), JSON.stringify(execution).slice(0, 6000));
      console.log((await seePartitions(running)).map((one) => JSON.stringify(one)).join("\n"));
      throw error;
    } finally {
      await evenkeel.kill();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
);
