/**
 * `evenkeel doctor` against real brokers: a healthy cluster, users that lack permissions, agents that are missing, a
 * throttle that somebody left, a broker that is down. The step that kills comes last.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes,
} from "kafkajs";
import type { Io } from "../../cli/io.ts";
import { buildProgram } from "../../cli/program.ts";
import type { Finding } from "../../cli/doctor_finding.ts";
import { sleepUntil, systemClock } from "../../lib/clock.ts";
import {
  commitOffsets,
  createTopics,
  type KafkaCluster,
  kafkaTest,
  plainAdmin,
  sharedCluster,
} from "../kafka/mod.ts";

const clock = systemClock();
const RATE = "leader.replication.throttled.rate";

const cluster = sharedCluster({
  agents: [1, 2, 3],
  secured: {
    users: ["nobody", "reader"].map((name) => ({
      mechanism: "SCRAM-SHA-512" as const,
      name,
      password: `${name}-secret`,
    })),
    superUsers: [],
  },
}, async (running) => {
  await createTopics(running.bootstrap, [
    { name: "seen", replicas: [[1, 2], [2, 3]] },
    { name: "secret", replicas: [[3, 1]] },
  ]);
  await commitOffsets(running, "billing", "seen", [{ partition: 0, offset: 0 }]);
  await allow(running, "reader", AclResourceTypes.CLUSTER, "kafka-cluster", [
    AclOperationTypes.DESCRIBE,
    AclOperationTypes.DESCRIBE_CONFIGS,
  ]);
  await allow(running, "reader", AclResourceTypes.TOPIC, "seen", [
    AclOperationTypes.DESCRIBE,
    AclOperationTypes.DESCRIBE_CONFIGS,
  ]);
});

async function allow(
  { bootstrap }: KafkaCluster,
  user: string,
  resourceType: AclResourceTypes,
  resourceName: string,
  operations: readonly AclOperationTypes[],
): Promise<void> {
  const admin = plainAdmin(bootstrap.split(","));
  await admin.connect();
  await admin.createAcls({
    acl: operations.map((operation) => ({
      resourceType,
      resourceName,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${user}`,
      host: "*",
      operation,
      permissionType: AclPermissionTypes.ALLOW,
    })),
  });
  await admin.disconnect();
}

interface Said {
  readonly code: number;
  readonly text: string;
  readonly findings: readonly Finding[];
  readonly brokers: readonly { readonly id: number; readonly connectMs: number | null }[];
}

/** What doctor says, as text and as JSON, and that both runs exit alike. */
async function doctor(args: readonly string[]): Promise<Said> {
  const ran = async (more: readonly string[]) => {
    let out = "";
    const io: Io = {
      out: (text) => void (out += text),
      err: (text) => void (out += text),
      isTerminal: false,
      clock,
      fetch: () => Promise.reject(new TypeError("not used")),
    };
    const program = await buildProgram({ io, start: () => Promise.resolve(0) });
    return { code: await program.run(["doctor", ...args, ...more]), out };
  };
  const text = await ran([]);
  const json = await ran(["--json"]);
  assertEquals(json.code, text.code);
  return { ...JSON.parse(json.out) as Said, code: text.code, text: text.out };
}

const costing = ({ findings }: Said) => findings.filter((one) => one.status === "costs");
const checks = (said: Said) => costing(said).map((one) => one.check);

function agents(running: KafkaCluster): string[] {
  const urls = running.brokers.map(({ id, agentUrl }) => `${id}=${agentUrl}`).join(",");
  return ["--set", `evenkeel.jolokia.broker.urls=${urls}`];
}

function as(running: KafkaCluster, user: string, file: string): string[] {
  const module = "org.apache.kafka.common.security.scram.ScramLoginModule";
  const settings = {
    "security.protocol": "SASL_SSL",
    "ssl.truststore.location": running.certificates!.caPem,
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.jaas.config": `${module} required username="${user}" password="${user}-secret";`,
    "capacity.config.file": file,
  };
  return [
    ...["--bootstrap", running.securedBootstrap],
    ...Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]),
    ...agents(running),
  ];
}

async function setRate(running: KafkaCluster, value: string | undefined): Promise<void> {
  const admin = plainAdmin(running.bootstrap.split(","));
  await admin.connect();
  // kafkajs replaces all dynamic settings of the broker: there are no others.
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{
      type: 4,
      name: "1",
      configEntries: value === undefined ? [] : [{ name: RATE, value }],
    }],
  });
  await admin.disconnect();
}

kafkaTest("doctor says what real clusters lack", async (t) => {
  const running = await cluster();
  const file = await Deno.makeTempFile({ suffix: ".json" });
  const capacity = { DISK: "100000", CPU: { "num.cores": "2" }, NW_IN: "10000", NW_OUT: "10000" };
  await Deno.writeTextFile(
    file,
    JSON.stringify({ brokerCapacities: [1, 2, 3].map((brokerId) => ({ brokerId, capacity })) }),
  );
  const plain = ["--bootstrap", running.bootstrap, "--set", `capacity.config.file=${file}`];
  try {
    await t.step("a healthy cluster: all is well, exit code 0", async () => {
      const said = await doctor([...plain, ...agents(running)]);
      assertEquals(costing(said), []);
      assertEquals(said.code, 0, said.text);
      assertStringIncludes(said.text, "All is well");
      assertStringIncludes(said.text, "3 brokers, 3 topics");
      assertEquals(said.brokers.map((one) => one.id), [1, 2, 3]);
      assert(said.brokers.every((one) => one.connectMs! > 0 && one.connectMs! < 2000));
    });

    await t.step("a user without any permission", async () => {
      const said = await doctor(as(running, "nobody", file));
      assertEquals(said.code, 1);
      assertEquals(checks(said), [
        "permissions on the cluster",
        "permissions on the cluster",
        "permissions on the cluster",
        "permissions on topics",
        "consumer groups",
      ]);
      assertStringIncludes(said.text, "Describe is not allowed");
      assertStringIncludes(said.text, "no topic can be seen");
      assertStringIncludes(said.text, "bytes out are unknown: NetworkOutboundCapacityGoal");
    });

    await t.step("a user that may read one of the topics and change nothing", async () => {
      const said = await doctor(as(running, "reader", file));
      assertEquals(said.code, 1);
      assertEquals(costing(said).map(({ check, what }) => [check, what]), [
        ["permissions on the cluster", "Alter is not allowed"],
        ["permissions on the cluster", "AlterConfigs is not allowed"],
        [
          "permissions on topics",
          "2 topics with replicas cannot be seen: __consumer_offsets, secret",
        ],
        ["permissions on topics", "AlterConfigs is not allowed on 1 of 1 topics: seen"],
        ["consumer groups", "offsets of 1 of 1 groups cannot be read: billing"],
      ]);
    });

    await t.step("no agents, and one agent that has ended", async () => {
      const none = await doctor(plain);
      assertEquals(none.code, 1);
      assertEquals(checks(none), ["agents"]);
      assertStringIncludes(none.text, "CpuCapacityGoal and CpuUsageDistributionGoal are off");
      await running.stopAgent(2);
      const one = await doctor([...plain, ...agents(running)]);
      assertEquals(checks(one), ["agents"]);
      assertStringIncludes(one.text, "Cannot read metrics of broker 2");
      assertStringIncludes(one.text, "start the agent of broker 2");
    });

    await t.step("a throttle that somebody left", async () => {
      await setRate(running, "1000000");
      const giveUpMs = clock.nowMs() + 10_000;
      const wanted = `1 ${RATE}=1000000`;
      let said = await doctor(plain);
      // The text is made before the JSON: only when it has the news, both have.
      while (!said.text.includes(wanted) && clock.nowMs() < giveUpMs) {
        await sleepUntil(clock, clock.nowMs() + 200);
        said = await doctor(plain);
      }
      assertStringIncludes(said.text, wanted);
      assertEquals(checks(said), ["agents", "throttles"]);
      await setRate(running, undefined);
    });

    await t.step("a broker that is down", async () => {
      await running.kill(3);
      const said = await doctor(plain);
      assertEquals(said.code, 1);
      const [address, broker] = costing(said);
      assertEquals([address!.check, broker!.check], ["bootstrap.servers", "brokers"]);
      assertStringIncludes(broker!.what, "broker 3 ");
      assertStringIncludes(broker!.what, "ECONNREFUSED");
      for (const { what } of costing(said)) assert(!/broker [12] /.test(what), what);
    });
  } finally {
    await Deno.remove(file);
  }
});
