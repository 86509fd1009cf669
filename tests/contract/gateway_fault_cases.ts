/**
 * Cases of the gateway contract in which something breaks. They leave the cluster without the topic `doomed`, and the
 * gateway closed.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { findTopic, partitionCount } from "../../model/topology.ts";
import type { GatewayCase } from "./gateway_contract.ts";
import { eventually, look, rowOf, valueOf } from "./gateway_steps.ts";

/** See the module. */
export const gatewayFaultCases: readonly GatewayCase[] = [
  {
    name: "a topic that is deleted in between is unknown in readings, and the rest is there",
    needs: ["deleteTopic"],
    async run(fixture) {
      const before = await look(fixture);
      const row = rowOf(before, "doomed", 0);
      await fixture.faults.deleteTopic!("doomed");
      await eventually(fixture, "doomed is gone", async () => {
        return findTopic(await look(fixture), "doomed") < 0;
      });
      await eventually(fixture, "offsets of doomed are unknown", async () => {
        const offsets = valueOf(await fixture.gateway.readOffsets(before));
        assertEquals(offsets.endOffset[rowOf(before, "alpha", 0)], 1000);
        return Number.isNaN(offsets.endOffset[row]!);
      });
      await eventually(fixture, "sizes of doomed are unknown", async () => {
        const sizes = valueOf(await fixture.gateway.readLogDirs(before));
        assert(sizes.replicaBytes[before.replicaStart[rowOf(before, "alpha", 0)]!]! > 0);
        return Number.isNaN(sizes.replicaBytes[before.replicaStart[row]!]!);
      });
      const outcomes = valueOf(
        await fixture.gateway.alterReassignments([
          { topic: "doomed", partition: 0, replicas: [1, 2] },
        ]),
      );
      assertEquals(outcomes.map((outcome) => outcome.errorCode), [3]);
    },
  },
  {
    name: "a killed broker fails alone in readings, is shown as not alive, and comes back",
    needs: ["killBroker", "restartBroker"],
    async run(fixture) {
      const before = await look(fixture);
      await fixture.faults.killBroker!(3);
      const sizes = valueOf(await fixture.gateway.readLogDirs(before));
      assertEquals(sizes.brokers.map((broker) => [broker.brokerId, broker.failure !== undefined]), [
        [1, false],
        [2, false],
        [3, true],
      ]);
      assert(sizes.brokers[2]!.failure!.retriable);
      const offsets = valueOf(await fixture.gateway.readOffsets(before));
      assertEquals(offsets.failures.map((one) => one.brokerId), [3]);
      assertEquals(offsets.endOffset[rowOf(before, "alpha", 0)], 1000);
      assert(Number.isNaN(offsets.endOffset[rowOf(before, "gamma", 0)]!));
      await eventually(
        fixture,
        "broker 3 is fenced and its partitions are led by others",
        async () => {
          const topology = await look(fixture);
          const broker = topology.brokers.find((one) => one.id === 3);
          return broker?.alive === false && broker.rack === "r2" &&
            topology.leader[rowOf(topology, "alpha", 2)] === 1 &&
            topology.leader[rowOf(topology, "gamma", 0)] === -1;
        },
      );
      await fixture.faults.restartBroker!(3);
      await eventually(fixture, "broker 3 is back and answers", async () => {
        const topology = await look(fixture);
        const reading = valueOf(await fixture.gateway.readOffsets(topology));
        return topology.brokers.every((broker) => broker.alive) &&
          reading.failures.length === 0 &&
          reading.endOffset[rowOf(topology, "gamma", 0)] === 3000;
      });
    },
  },
  {
    name: "close() ends the gateway, and every later call fails with shutting_down",
    async run(fixture) {
      const topology = await look(fixture);
      assert(partitionCount(topology) > 0);
      const { gateway } = fixture;
      await gateway.close();
      await gateway.close();
      const results = await Promise.all([
        gateway.observe(),
        gateway.readLogDirs(topology),
        gateway.readOffsets(topology),
        gateway.readGroupOffsets(topology),
        gateway.readBrokerMetrics(topology),
        gateway.readConfigs([{ type: "topic", name: "alpha" }], []),
        gateway.alterReassignments([]),
        gateway.listReassignments(),
        gateway.electPreferredLeaders([]),
        gateway.alterLogDirs([]),
        gateway.alterConfigs([]),
      ]);
      for (const result of results) {
        assertEquals(result.ok ? "ok" : result.failure.code, "shutting_down");
      }
    },
  },
];
