import { assert, assertEquals } from "@std/assert";
import {
  createTopics,
  kafkaTest,
  seeActiveController,
  seePartitions,
  sharedCluster,
} from "./mod.ts";

const cluster = sharedCluster({ brokers: 3 }, async (running) => {
  await createTopics(running.bootstrap, [{ name: "t", replicas: [[1, 2, 3], [2, 3, 1]] }]);
});

kafkaTest("startCluster() starts brokers that an independent client can describe", async () => {
  const running = await cluster();
  const partitions = await seePartitions(running);
  assertEquals(partitions.map((p) => [p.topic, p.partition, p.replicas]), [
    ["t", 0, [1, 2, 3]],
    ["t", 1, [2, 3, 1]],
  ]);
  assert([1, 2, 3].includes(await seeActiveController(running)));
});

kafkaTest("KafkaCluster kills and restarts a broker and adds another", async () => {
  const running = await cluster();
  await running.kill(2);
  assertEquals(running.brokers.find((broker) => broker.id === 2)?.pid, undefined);
  await running.restart(2);
  const added = await running.addBroker();
  assertEquals([added.id, added.rack], [4, "r0"]);
  await running.waitForBrokers([1, 2, 3, 4]);
});
