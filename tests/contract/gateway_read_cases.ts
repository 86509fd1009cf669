/**
 * Cases of the gateway contract that only read.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { findTopic, inSyncReplicasOf, partitionCount, replicasOf } from "../../model/topology.ts";
import type { GatewayCase } from "./gateway_contract.ts";
import { CONTRACT_BROKERS, CONTRACT_GROUP, CONTRACT_TOPICS } from "./gateway_fixture.ts";
import { look, rowOf, valueOf } from "./gateway_steps.ts";

/** See the module. */
export const gatewayReadCases: readonly GatewayCase[] = [
  {
    name: "observe() lists brokers with racks, and topics with replicas in Kafka's order",
    async run(fixture) {
      const topology = await look(fixture);
      assertEquals(
        topology.brokers.map(({ id, rack, alive }) => ({ id, rack, alive })),
        CONTRACT_BROKERS.map(({ id, rack }) => ({ id, rack, alive: true })),
      );
      assert(topology.clusterId !== "", "The cluster id is missing");
      for (const topic of CONTRACT_TOPICS) {
        const index = findTopic(topology, topic.name);
        assert(index >= 0, `${topic.name} is missing`);
        const first = topology.partitionStart[index]!;
        assertEquals(topology.partitionStart[index + 1]! - first, topic.replicas.length);
        topic.replicas.forEach((replicas, partition) => {
          assertEquals(replicasOf(topology, first + partition), [...replicas]);
          assertEquals(inSyncReplicasOf(topology, first + partition), [...replicas]);
          assertEquals(topology.leader[first + partition], replicas[0]);
        });
      }
    },
  },
  {
    name: "observe() keeps the generation while nothing changes",
    async run(fixture) {
      const before = await look(fixture);
      await fixture.pass(20);
      const after = await look(fixture);
      assert(before.generation >= 1);
      assertEquals(after.generation, before.generation);
    },
  },
  {
    name: "readLogDirs() gives size and log dir of every replica, and both dirs of each broker",
    async run(fixture) {
      const topology = await look(fixture);
      const reading = valueOf(await fixture.gateway.readLogDirs(topology));
      assertEquals(reading.brokers.map((broker) => broker.brokerId), [1, 2, 3]);
      for (const broker of reading.brokers) {
        assertEquals(broker.failure, undefined);
        const wanted = [...fixture.logDirs.get(broker.brokerId)!].sort();
        assertEquals(broker.dirs.map((dir) => dir.path).sort(), wanted);
        for (const dir of broker.dirs) {
          assert(dir.alive);
          assert(dir.totalBytes === -1 || dir.totalBytes >= dir.usableBytes);
        }
      }
      assertEquals(reading.replicaBytes.length, topology.replicaBroker.length);
      reading.replicaBytes.forEach((bytes, replica) => {
        assert(bytes >= 0, `Replica row ${replica} has ${bytes} bytes`);
        const dir = reading.replicaLogDir[replica]!;
        assert(dir === 0 || dir === 1, `Replica row ${replica} is in log dir ${dir}`);
      });
      const start = topology.replicaStart[rowOf(topology, "gamma", 0)]!;
      const bytes = reading.replicaBytes[start]!;
      assert(bytes > 12_000_000 && bytes < 13_000_000, `gamma-0 has ${bytes} bytes`);
      assertEquals(reading.futureReplicas, []);
    },
  },
  {
    name: "readOffsets() gives first and last offset of every partition with their time",
    async run(fixture) {
      const topology = await look(fixture);
      const reading = valueOf(await fixture.gateway.readOffsets(topology));
      assertEquals(reading.failures, []);
      assertEquals(reading.endOffset.length, partitionCount(topology));
      for (const topic of CONTRACT_TOPICS) {
        for (let partition = 0; partition < topic.replicas.length; partition++) {
          const row = rowOf(topology, topic.name, partition);
          assertEquals(reading.startOffset[row], 0);
          assertEquals(reading.endOffset[row], partition === 0 ? topic.records : 0);
          assert(Math.abs(reading.atMs[row]! - topology.observedAtMs) < 60_000);
        }
      }
    },
  },
  {
    name: "readGroupOffsets() gives the committed offsets of a group without members",
    async run(fixture) {
      const topology = await look(fixture);
      const reading = valueOf(await fixture.gateway.readGroupOffsets(topology));
      assertEquals(reading.failures, []);
      const group = reading.groups.find((one) => one.groupId === CONTRACT_GROUP.groupId);
      assert(group !== undefined, "The group is missing");
      const row = rowOf(topology, CONTRACT_GROUP.topic, CONTRACT_GROUP.partition);
      assertEquals(group.offsets[group.partitions.indexOf(row)], CONTRACT_GROUP.offset);
      assertEquals([...group.partitions].sort((a, b) => a - b), [...group.partitions]);
    },
  },
  {
    name: "readConfigs() gives the asked keys with their source",
    async run(fixture) {
      const readings = valueOf(
        await fixture.gateway.readConfigs(
          [{ type: "topic", name: "alpha" }, { type: "topic", name: "beta" }],
          ["segment.bytes"],
        ),
      );
      assertEquals(readings.map((reading) => reading.resource.name), ["alpha", "beta"]);
      assertEquals(readings[0]!.entries, [
        { key: "segment.bytes", value: "8388608", source: "dynamic_topic" },
      ]);
      assertEquals(readings[1]!.entries.map((entry) => entry.source), ["default"]);
    },
  },
  {
    name: "readConfigs() gives every key that has a value when none is named",
    async run(fixture) {
      const readings = valueOf(
        await fixture.gateway.readConfigs([{ type: "topic", name: "alpha" }], []),
      );
      const entries = readings[0]!.entries;
      assert(entries.every((entry) => entry.value !== undefined));
      const dynamic = entries.filter((entry) => entry.source === "dynamic_topic");
      assertEquals(dynamic.map((entry) => `${entry.key}=${entry.value}`).sort(), [
        "retention.ms=86400000",
        "segment.bytes=8388608",
      ]);
    },
  },
  {
    name: "readConfigs() fails for an unknown topic alone",
    async run(fixture) {
      const readings = valueOf(
        await fixture.gateway.readConfigs(
          [{ type: "topic", name: "absent" }, { type: "topic", name: "alpha" }],
          ["segment.bytes"],
        ),
      );
      assertEquals(readings[0]!.failure?.kafkaErrorCode, 3);
      assertEquals(readings[0]!.entries, []);
      assertEquals(readings[1]!.failure, undefined);
    },
  },
];
