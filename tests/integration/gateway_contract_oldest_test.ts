import { gatewayContract } from "../contract/gateway_contract.ts";
import type { GatewayFixture } from "../contract/gateway_fixture.ts";
import { gatewayTo, kafkaFixture, prepareContract } from "../contract/kafka_fixture.ts";
import { kafkaTest, OLDEST_VERSION, sharedCluster } from "../kafka/mod.ts";

const cluster = sharedCluster({ brokers: 3, version: OLDEST_VERSION }, prepareContract);
let fixture: Promise<GatewayFixture> | undefined;

gatewayContract(
  `Kafka ${OLDEST_VERSION}`,
  () =>
    fixture ??= cluster().then((running) => kafkaFixture(running, gatewayTo(running.bootstrap))),
  {
    register: kafkaTest,
    faults: ["killBroker", "restartBroker", "deleteTopic"],
    skip: (name) => Deno.test({ name, ignore: true, fn: () => {} }),
  },
);
