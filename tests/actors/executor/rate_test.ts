import { assertEquals } from "@std/assert";
import { BYTES_PER_MB } from "../../../model/metrics.ts";
import {
  movedBytes,
  type MovedSample,
  rateOf,
  receivedBytes,
  secondsLeft,
  totalBytes,
  withSample,
} from "../../../actors/executor/rate.ts";
import { FakeCluster } from "./fake_cluster.ts";
import { moveTask, taskOf } from "./tasks.ts";
import { move } from "./harness.ts";

Deno.test("receivedBytes() reads the receiving replicas, also when the metadata does not list them", () => {
  const fake = new FakeCluster({
    brokers: 4,
    partitions: [{ topic: "t", partition: 0, replicas: [1, 2] }],
    bytesPerLook: 7,
  });
  const task = taskOf(1, move("t", 0, { from: [1, 2], to: [3, 4] }));
  fake.reassign("t/0", [3, 4]);
  fake.step();
  const topology = fake.topology();
  assertEquals(receivedBytes(task, topology, fake.readLogDirs(topology)), 14);
  const old = { ...fake.readLogDirs(topology) };
  const stale = new FakeCluster({
    brokers: 4,
    partitions: [{ topic: "t", partition: 0, replicas: [1, 2] }],
  }).topology();
  const strayReplicas = [3, 4].map((brokerId) => ({
    brokerId,
    topic: "t",
    partition: 0,
    sizeBytes: brokerId,
  }));
  assertEquals(receivedBytes(task, stale, { ...old, strayReplicas }), 7);
  assertEquals(receivedBytes(task, stale, { ...old, strayReplicas: [] }), undefined);
});

Deno.test("movedBytes() counts ended moves in full and those in flight as measured", () => {
  const tasks = [
    moveTask(1, [1], [2], { state: "COMPLETED", sizeMb: 10 }),
    moveTask(2, [1], [2], { state: "IN_PROGRESS", sizeMb: 10 }),
    moveTask(3, [1], [2], { state: "DEAD", sizeMb: 10 }),
    moveTask(4, [1], [2], { state: "PENDING", sizeMb: 10 }),
    moveTask(5, [1, 2], [2, 1], { state: "COMPLETED", sizeMb: 10 }),
  ];
  const moved = movedBytes(tasks, new Map([[2, 3 * BYTES_PER_MB], [3, 1]]));
  assertEquals(moved, 13 * BYTES_PER_MB);
  assertEquals(totalBytes(tasks), 30 * BYTES_PER_MB);
});

Deno.test("rateOf() averages the latest minute, secondsLeft() follows from it", () => {
  let samples: readonly MovedSample[] = [];
  for (let second = 0; second <= 180; second += 10) {
    // 1000 bytes/s for two minutes, then 4000 bytes/s.
    const bytes = second <= 120 ? second * 1000 : 120_000 + (second - 120) * 4000;
    samples = withSample(samples, { atMs: second * 1000, bytes });
  }
  assertEquals(rateOf(samples), 4000);
  assertEquals(samples.length, 7);
  assertEquals(secondsLeft(8000, 4000), 2);
  assertEquals(secondsLeft(8000, 0), undefined);
  assertEquals(secondsLeft(0, undefined), 0);
  assertEquals(rateOf(samples.slice(0, 1)), undefined);
});
