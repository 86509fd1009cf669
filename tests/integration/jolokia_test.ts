/**
 * Situation: three real brokers with Jolokia agents under load, and Evenkeel as a process. Expected: memory, CPU,
 * latencies and message rates of every broker in the state and in the store, and the goals for CPU on. Then an agent is
 * ended and a broker hangs: their metrics are unknown at once, those of the others go on coming.
 */
import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import Database from "better-sqlite3";
import { systemClock } from "../../lib/clock.ts";
import { type Evenkeel, startEvenkeel, waitFor } from "../system/evenkeel.ts";
import { startTraffic, type Stream } from "../system/traffic.ts";
import { createTopics, kafkaTest, sharedCluster } from "../kafka/mod.ts";

/** The families of metrics that load states are predicted from. */
const FAMILIES = {
  cpuUsage: "cpu_usage",
  heapUsedFraction: "heap_used_fraction",
  produceTotalTimeMs: "produce_total_time_ms",
  fetchConsumerTotalTimeMs: "fetch_consumer_total_time_ms",
  messagesInRate: "messages_in_rate",
} as const;
const WINDOW_MS = 2000;
/** Metrics of a poll wait this long for an agent. */
const AGENT_DEADLINE_MS = 800;
const STREAMS: readonly Stream[] = [0, 1, 2].map((partition) => ({
  topic: "loaded",
  partition,
  bytes: 500,
  records: 40,
}));

const clock = systemClock();

const cluster = sharedCluster({ agents: [1, 2, 3] }, async ({ bootstrap }) => {
  const replicas = [[1, 2], [2, 3], [3, 1]];
  await createTopics(bootstrap, [{ name: "loaded", replicas }]);
});

interface Status {
  readonly nowMs: number;
  readonly sampler: {
    readonly pollsFailed: number;
    readonly lastPollAtMs: number;
    readonly lastPollDurationMs: number;
    readonly sources: readonly string[];
    readonly lastFailure?: string;
    readonly brokerMetrics?: {
      readonly atMs: number;
      readonly brokers: readonly {
        readonly brokerId: number;
        readonly metrics: Readonly<Record<string, number | null>>;
      }[];
      readonly unknownBrokers: readonly { readonly brokerId: number; readonly reason: string }[];
    };
  };
  readonly analyzer: {
    readonly isProposalReady: boolean;
    readonly readyGoals: readonly string[];
    readonly goalsOff: readonly { readonly goal: string; readonly reason: string }[];
  };
}

async function statusOf(evenkeel: Evenkeel): Promise<Status> {
  const answer = await fetch(`${evenkeel.url}/evenkeel/v1/status`);
  return await answer.json() as Status;
}

/** Brokers whose metrics of all families are known in the state. */
function complete({ sampler }: Status): number[] {
  const known = (sampler.brokerMetrics?.brokers ?? []).filter(({ metrics }) =>
    Object.keys(FAMILIES).every((name) => metrics[name] !== null)
  );
  return known.map((one) => one.brokerId);
}

function unknown({ sampler }: Status): number[] {
  return (sampler.brokerMetrics?.unknownBrokers ?? []).map((one) => one.brokerId);
}

type StoredWindow = Readonly<Record<string, number | null>> & {
  readonly window_end_ms: number;
  readonly broker_id: number;
};

/** Windows of brokers in the store that begin after a time. */
function stored(dataDir: string, afterMs: number): StoredWindow[] {
  const database = new Database(`${dataDir}/samples.db`, { readonly: true });
  try {
    return database.prepare(
      "SELECT * FROM broker_window WHERE window_end_ms - window_ms >= ? ORDER BY 1, 3",
    ).all(afterMs) as StoredWindow[];
  } finally {
    database.close();
  }
}

/** Brokers that have a window after a time in which every family is known. */
function completeIn(dataDir: string, afterMs: number): number[] {
  const full = stored(dataDir, afterMs).filter((window) =>
    Object.values(FAMILIES).every((column) => window[column] !== null)
  );
  return [...new Set(full.map((window) => window.broker_id))].sort();
}

kafkaTest(
  "metrics of every broker are in state and store; a dead agent and a hung broker harm nobody else",
  async (t) => {
    const running = await cluster();
    const traffic = await startTraffic(running.bootstrap, STREAMS);
    const dataDir = await Deno.makeTempDir();
    const urls = running.brokers.map(({ id, agentUrl }) => `${id}=${agentUrl}`).join(",");
    const evenkeel = await startEvenkeel({
      bootstrap: running.bootstrap,
      dataDir,
      settings: {
        "evenkeel.jolokia.broker.urls": urls,
        "evenkeel.jolokia.deadline.ms": String(AGENT_DEADLINE_MS),
        "metric.sampling.interval.ms": "1000",
        "partition.metrics.window.ms": String(WINDOW_MS),
        "min.samples.per.partition.metrics.window": "1",
        "evenkeel.samples.flush.interval.ms": "1000",
        "evenkeel.sampling.deadline.ms": "1500",
      },
    });
    try {
      await t.step(
        "all families of all brokers, in state and store, and CPU goals on",
        async () => {
          const status = await waitFor(
            () => statusOf(evenkeel),
            (one) =>
              complete(one).join() === "1,2,3" &&
              one.analyzer.readyGoals.includes("CpuCapacityGoal"),
            { withinMs: 30_000, what: "metrics of all brokers and goals for CPU" },
          );
          assert(status.sampler.sources.includes("broker metrics by Jolokia"));
          assertEquals(status.analyzer.goalsOff.filter(({ goal }) => goal.startsWith("Cpu")), []);
          for (const { metrics } of status.sampler.brokerMetrics!.brokers) {
            assert(metrics["cpuUsage"]! > 0 && metrics["cpuUsage"]! <= 1);
            assert(metrics["heapUsedFraction"]! > 0.01 && metrics["heapUsedFraction"]! < 1);
            assert(metrics["produceTotalTimeMs"]! > 0 && metrics["produceTotalTimeMs"]! < 5000);
            assertEquals(metrics["cores"], navigator.hardwareConcurrency);
          }
          await waitFor(
            () => Promise.resolve(completeIn(dataDir, 0)),
            (ids) => ids.join() === "1,2,3",
            { withinMs: 30_000, what: "a window of every broker in the store" },
          );
        },
      );

      await t.step("the load of every broker has CPU, shared out over its partitions", async () => {
        const load = await evenkeel.get("load");
        const brokers = load["brokers"] as { CpuPct: number }[];
        assertEquals(brokers.length, 3);
        for (const { CpuPct } of brokers) assert(CpuPct > 0 && CpuPct <= 100, String(CpuPct));
      });

      await t.step("an agent that ended is unknown, not idle", async () => {
        await running.stopAgent(2);
        const endedAtMs = clock.nowMs();
        const status = await waitFor(
          () => statusOf(evenkeel),
          (one) => unknown(one).join() === "2" && complete(one).join() === "1,3",
          { withinMs: 30_000, what: "broker 2 unknown, the others known" },
        );
        assert(status.sampler.sources.includes("broker metrics by Jolokia of 2 of 3 brokers"));
        assertStringIncludes(status.sampler.lastFailure ?? "", "Cannot read metrics of broker 2");
        const windows = await waitFor(
          () => Promise.resolve(stored(dataDir, endedAtMs)),
          (all) => all.some((window) => window.broker_id === 3),
          { withinMs: 30_000, what: "a window after the end of the agent" },
        );
        // Not a row of zeros: no row, or one without values.
        for (const window of windows.filter((one) => one.broker_id === 2)) {
          assertEquals(Object.values(FAMILIES).filter((column) => window[column] !== null), []);
        }
        assertEquals(completeIn(dataDir, endedAtMs), [1, 3]);
      });

      await t.step("a broker that hangs costs a deadline and leaves the others known", async () => {
        running.hang(3);
        const hungAtMs = clock.nowMs();
        try {
          const status = await waitFor(
            () => statusOf(evenkeel),
            (one) => (one.sampler.brokerMetrics?.atMs ?? 0) > hungAtMs + AGENT_DEADLINE_MS,
            { withinMs: 30_000, what: "metrics read after the hang" },
          );
          assertEquals(status.sampler.brokerMetrics!.brokers.map((one) => one.brokerId), [1]);
          assertEquals(unknown(status), [2, 3]);
          assertStringIncludes(
            status.sampler.brokerMetrics!.unknownBrokers[1]!.reason,
            `no answer within ${AGENT_DEADLINE_MS} ms`,
          );
          assertEquals(status.sampler.pollsFailed, 0);
          // Two steps, each bounded by the sampling deadline, on a busy machine.
          assertLess(status.sampler.lastPollDurationMs, 6000);
        } finally {
          running.resume(3);
        }
        await waitFor(() => statusOf(evenkeel), (one) => complete(one).join() === "1,3", {
          withinMs: 30_000,
          what: "broker 3 known again",
        });
      });
    } finally {
      await evenkeel.stop();
      await traffic.finish().catch(() => {}); // What is counted there is the business of other tests.
      await Deno.remove(dataDir, { recursive: true });
    }
  },
);
