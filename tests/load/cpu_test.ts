import { assertAlmostEquals, assertEquals } from "@std/assert";
import { leaderCpuPercent } from "../../load/cpu.ts";
import { fillLeaderCpu } from "../../load/partition_cpu.ts";
import { followerCpu } from "../../model/follower_load.ts";
import {
  CPU_USAGE,
  LEADER_BYTES_IN,
  LEADER_BYTES_OUT,
  PARTITION_METRIC_COUNT,
  REPLICATION_BYTES_OUT_RATE,
} from "../../model/metrics.ts";
import { BROKER_METRICS } from "../../model/readings.ts";
import { topologyOf } from "./fixture.ts";

const WEIGHTS = { leaderIn: 0.7, leaderOut: 0.15, followerIn: 0.15 };
const BROKER = { cpuUsage: 0.5, cores: 8, bytesIn: 1000, bytesOut: 2000, replicationIn: 500 };

Deno.test("leaderCpuPercent() gives Cruise Control's worked example", () => {
  assertAlmostEquals(leaderCpuPercent(BROKER, 100, 300, WEIGHTS), 42.7907, 1e-3);
});

Deno.test("leaderCpuPercent() is 0 on an idle broker and NaN where the CPU is not known", () => {
  assertEquals(leaderCpuPercent({ ...BROKER, bytesIn: 0, bytesOut: 0 }, 0, 0, WEIGHTS), 0);
  assertEquals(leaderCpuPercent({ ...BROKER, cpuUsage: NaN }, 100, 300, WEIGHTS), NaN);
  assertEquals(leaderCpuPercent({ ...BROKER, cores: NaN }, 100, 300, WEIGHTS), NaN);
});

Deno.test("leaderCpuPercent() refuses a partition that claims more than its broker has", () => {
  assertEquals(leaderCpuPercent(BROKER, 1051, 300, WEIGHTS), NaN);
  assertEquals(leaderCpuPercent(BROKER, 100, 2101, WEIGHTS), NaN);
  // Within 5 %, and on a broker with hardly any traffic, it is noise.
  assertAlmostEquals(leaderCpuPercent(BROKER, 1049, 0, WEIGHTS), 100 * 8 * 0.5 * 700 / 1075, 1e-6);
  assertAlmostEquals(
    leaderCpuPercent({ ...BROKER, bytesIn: 9, bytesOut: 0, replicationIn: 0 }, 20, 0, WEIGHTS),
    400,
  );
});

Deno.test("fillLeaderCpu() shares out a broker's CPU so that leaders and followers add up to it", () => {
  // Broker 1 leads a and follows b, broker 2 the other way round; broker 3 tells no CPU.
  const topology = topologyOf({
    a: [{ replicas: [1, 2] }],
    b: [{ replicas: [2, 1] }],
    c: [{ replicas: [3] }],
  });
  const metrics = new Float32Array(3 * PARTITION_METRIC_COUNT).fill(NaN);
  const rates = [{ in: 100, out: 50 }, { in: 40, out: 0 }, { in: 10, out: 0 }];
  rates.forEach((rate, row) => {
    metrics[row * PARTITION_METRIC_COUNT + LEADER_BYTES_IN] = rate.in;
    metrics[row * PARTITION_METRIC_COUNT + LEADER_BYTES_OUT] = rate.out;
    metrics[row * PARTITION_METRIC_COUNT + REPLICATION_BYTES_OUT_RATE] = row < 2 ? rate.in : 0;
  });
  const values = new Float64Array(2 * BROKER_METRICS.length).fill(NaN);
  values.set([0.5, 4], 0);
  values.set([0.25, 4], BROKER_METRICS.length);
  const samples = {
    partitions: Int32Array.of(0, 1, 2),
    leaders: Int32Array.of(1, 2, 3),
    metrics,
    replicaMb: new Float32Array(0),
  };
  const brokers = { atMs: 0, brokerIds: Int32Array.of(1, 2), values };
  fillLeaderCpu(samples, topology, { brokers, weights: WEIGHTS });
  const cpu = (row: number) => metrics[row * PARTITION_METRIC_COUNT + CPU_USAGE]!;
  // Broker 1 does 0.7 x 100 + 0.15 x (50 + 100) as leader of a, 0.15 x 40 as follower of b.
  const asLeader = 0.7 * 100 + 0.15 * 150;
  assertAlmostEquals(cpu(0), 200 * asLeader / (asLeader + 0.15 * 40), 1e-3);
  const asOther = 0.7 * 40 + 0.15 * 40;
  assertAlmostEquals(cpu(1), 100 * asOther / (asOther + 0.15 * 100), 1e-3);
  assertEquals(cpu(2), NaN);
  // What is left of broker 1 is about what the follower formula gives its replica of b.
  assertAlmostEquals(
    followerCpu(40, 40, cpu(1), WEIGHTS),
    cpu(1) * 6 / asOther,
    1e-3,
  );
});
