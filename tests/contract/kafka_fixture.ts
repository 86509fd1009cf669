/**
 * The contract cluster on real brokers.
 *
 * @module
 */
import { createKafkaGateway } from "../../cluster/kafka/mod.ts";
import { defaultConfig } from "../../config/parse.ts";
import type { KeyName } from "../../config/table.ts";
import { sleepUntil, systemClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import { createPrng } from "../../lib/prng.ts";
import type { Gateway } from "../../cluster/gateway.ts";
import {
  commitOffsets,
  createTopics,
  type KafkaCluster,
  plainAdmin,
  produceRecords,
} from "../kafka/mod.ts";
import { CONTRACT_GROUP, CONTRACT_TOPICS, type GatewayFixture } from "./gateway_fixture.ts";

/** A gateway to the plain listeners of a cluster, with keys as in a file over the defaults. */
export function gatewayTo(
  bootstrap: string,
  settings: Partial<Record<KeyName, string>> = {},
): Gateway {
  return createKafkaGateway({
    config: defaultConfig({ "bootstrap.servers": bootstrap, ...settings }),
    clock: systemClock(),
    log: silentLog,
    prng: createPrng(1),
  });
}

/** Creates the topics, records and the group of the contract. */
export async function prepareContract(cluster: KafkaCluster): Promise<void> {
  const { bootstrap } = cluster;
  await createTopics(
    bootstrap,
    CONTRACT_TOPICS.map(({ name, replicas, configs }) => ({ name, replicas, configs })),
  );
  for (const { name, records, recordBytes } of CONTRACT_TOPICS) {
    if (records === 0) continue;
    const target = { topic: name, partition: 0 };
    await produceRecords(bootstrap, target, { count: records, bytes: recordBytes });
  }
  const { groupId, topic, partition, offset } = CONTRACT_GROUP;
  await commitOffsets(cluster, groupId, topic, [{ partition, offset }]);
}

/** The fixture over a prepared cluster. */
export function kafkaFixture(cluster: KafkaCluster, gateway: Gateway): GatewayFixture {
  const clock = systemClock();
  return {
    gateway,
    logDirs: new Map(cluster.brokers.map((broker) => [broker.id, broker.logDirs])),
    pass: (ms) => sleepUntil(clock, clock.nowMs() + ms),
    faults: {
      killBroker: (id) => cluster.kill(id),
      restartBroker: (id) => cluster.restart(id),
      async deleteTopic(name) {
        const admin = plainAdmin(cluster.bootstrap.split(","));
        await admin.connect();
        await admin.deleteTopics({ topics: [name] });
        await admin.disconnect();
      },
    },
  };
}
