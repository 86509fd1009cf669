import { ManualClock } from "../../../lib/clock.ts";
import {
  brokerSpec,
  createSimCluster,
  exactSpec,
  simGateway,
  topicSpec,
} from "../../../cluster/sim/mod.ts";
import { gatewayContract } from "../../contract/gateway_contract.ts";
import {
  CONTRACT_BROKERS,
  CONTRACT_GROUP,
  CONTRACT_TOPICS,
  type ContractTopic,
  type GatewayFixture,
} from "../../contract/gateway_fixture.ts";

const START_MS = Date.UTC(2026, 0, 5);

function contractSpec() {
  return exactSpec({
    brokers: CONTRACT_BROKERS.map(({ id, rack }) => brokerSpec(id, rack)),
    topics: CONTRACT_TOPICS.map(idleTopic),
    groups: [{
      groupId: CONTRACT_GROUP.groupId,
      topics: [CONTRACT_GROUP.topic],
      capacity: 0,
      committed: { [CONTRACT_GROUP.topic]: [CONTRACT_GROUP.offset, null, null] },
    }],
  });
}

/** A topic whose records are all there already. */
function idleTopic(topic: ContractTopic) {
  // A record takes a little more in the log than its payload.
  const recordBytes = topic.recordBytes + 70;
  return topicSpec(topic.name, topic.replicas, {
    shares: topic.replicas.map((_, partition) => partition === 0 ? 1 : 0),
    workload: { bytesPerSec: 0, recordBytes },
    initialBytes: topic.records * recordBytes,
    configs: topic.configs,
  });
}

let made: GatewayFixture | undefined;

function fixture(): Promise<GatewayFixture> {
  if (made !== undefined) return Promise.resolve(made);
  const clock = new ManualClock(START_MS);
  const cluster = createSimCluster({ spec: contractSpec(), seed: 1, startMs: START_MS });
  const pass = (ms: number) => clock.advanceTo(clock.nowMs() + ms);
  made = {
    gateway: simGateway(cluster, { clock }),
    logDirs: new Map(cluster.state.brokers.map((b) => [b.id, b.logDirs.map((dir) => dir.path)])),
    pass,
    faults: {
      killBroker: (brokerId) => {
        cluster.inject({ kind: "broker_crash", brokerId });
        return Promise.resolve();
      },
      restartBroker: (brokerId) => {
        cluster.inject({ kind: "broker_return", brokerId });
        return pass(10_000);
      },
      deleteTopic: (topic) => {
        cluster.inject({ kind: "topic_deletion", topic });
        return Promise.resolve();
      },
    },
  };
  return Promise.resolve(made);
}

gatewayContract("simulated cluster", fixture, {
  register: (name, body) => Deno.test(name, body),
  skip: (name) => Deno.test.ignore(name, () => {}),
  faults: ["killBroker", "restartBroker", "deleteTopic"],
});
