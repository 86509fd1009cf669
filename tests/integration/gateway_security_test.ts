/** The gateway over TLS and SASL: the ways that work, and what is said about those that do not. */
import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import type { KeyName } from "../../config/table.ts";
import { checkKafkaConfig } from "../../cluster/kafka/mod.ts";
import { defaultConfig } from "../../config/parse.ts";
import type { Failure, Result } from "../../lib/failure.ts";
import { systemClock } from "../../lib/clock.ts";
import { gatewayTo } from "../contract/kafka_fixture.ts";
import { valueOf } from "../contract/gateway_steps.ts";
import { createTopics, type KafkaCluster, kafkaTest, sharedCluster } from "../kafka/mod.ts";

const clock = systemClock();

const cluster = sharedCluster({
  brokers: 1,
  secured: {
    users: [
      { mechanism: "SCRAM-SHA-256", name: "root", password: 'a "quoted" \\ one' },
      { mechanism: "SCRAM-SHA-512", name: "nobody", password: "nobody-secret" },
      { mechanism: "PLAIN", name: "plainy", password: "plainy-secret" },
    ],
    superUsers: ["root", "plainy"],
    certificateNames: ["DNS:localhost"],
  },
}, async (running) => {
  await createTopics(running.bootstrap, [{ name: "t", replicas: [[1]] }]);
});

type Settings = Partial<Record<KeyName, string>>;

function login(module: "Plain" | "Scram", user: string, password: string): string {
  const folder = module.toLowerCase();
  const quoted = password.replaceAll(/["\\]/g, "\\$&");
  return `org.apache.kafka.common.security.${folder}.${module}LoginModule required ` +
    `username="${user}" password="${quoted}";`;
}

function secured(running: KafkaCluster, settings: Settings): Settings {
  return {
    "security.protocol": "SASL_SSL",
    "ssl.truststore.location": running.certificates!.caPem,
    ...settings,
  };
}

const asRoot = (running: KafkaCluster): Settings =>
  secured(running, {
    "sasl.mechanism": "SCRAM-SHA-256",
    "sasl.jaas.config": login("Scram", "root", 'a "quoted" \\ one'),
  });

/** The failure of a first look with these settings, and how long it took. */
async function failureWith(bootstrap: string, settings: Settings): Promise<Failure> {
  const gateway = gatewayTo(bootstrap, settings);
  const startMs = clock.monotonicMs();
  const seen = await gateway.observe();
  assertLess(clock.monotonicMs() - startMs, 3000);
  await gateway.close();
  assert(!seen.ok, "The look must fail");
  return seen.failure;
}

kafkaTest(
  "SCRAM-SHA-256, SCRAM-SHA-512 and PLAIN over TLS reach the cluster",
  async () => {
    const running = await cluster();
    const ways: Settings[] = [
      asRoot(running),
      secured(running, {
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.jaas.config": login("Scram", "nobody", "nobody-secret"),
      }),
      secured(running, {
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": login("Plain", "plainy", "plainy-secret"),
      }),
    ];
    for (const settings of ways) {
      const gateway = gatewayTo(running.securedBootstrap, settings);
      const topology = valueOf(await gateway.observe());
      assertEquals(topology.brokers.map(({ id, host, alive }) => [id, host, alive]), [
        [1, "localhost", true],
      ]);
      await gateway.close();
    }
  },
);

kafkaTest("a super user reads and changes through the secured listener", async () => {
  const running = await cluster();
  const gateway = gatewayTo(running.securedBootstrap, asRoot(running));
  const topology = valueOf(await gateway.observe());
  assertEquals(topology.topicNames, ["t"]);
  const sizes = valueOf(await gateway.readLogDirs(topology));
  assertEquals([...sizes.replicaBytes], [0]);
  assertEquals([...valueOf(await gateway.readOffsets(topology)).endOffset], [0]);
  const target = { topic: "t", partition: 0 };
  const elected = valueOf(await gateway.electPreferredLeaders([target]));
  assertEquals(elected[0]!.errorCode, 84);
  await gateway.close();
});

kafkaTest(
  "a user without permissions gets authorization_failed that names the permission and dumps nothing",
  async () => {
    const running = await cluster();
    const root = gatewayTo(running.securedBootstrap, asRoot(running));
    const topology = valueOf(await root.observe());
    await root.close();
    const gateway = gatewayTo(
      running.securedBootstrap,
      secured(running, {
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.jaas.config": login("Scram", "nobody", "nobody-secret"),
      }),
    );
    const refused = (result: Result<unknown>) => {
      assert(!result.ok, "It must be refused");
      assertEquals(result.failure.code, "authorization_failed");
      assert(!result.failure.retriable);
      assertStringIncludes(result.failure.message, "grant");
      assertLess(result.failure.message.length, 200);
    };
    const target = { topic: "t", partition: 0 };
    refused(await gateway.readLogDirs(topology));
    refused(await gateway.listReassignments());
    refused(await gateway.alterReassignments([{ ...target, replicas: [1] }]));
    refused(await gateway.electPreferredLeaders([target]));
    const offsets = valueOf(await gateway.readOffsets(topology));
    assertEquals(offsets.failures.map((one) => one.failure.code), ["authorization_failed"]);
    const resource = { type: "topic", name: "t" } as const;
    const change = { resource, key: "retention.ms", operation: "set", value: "1000" } as const;
    const altered = valueOf(await gateway.alterConfigs([change]));
    assertEquals(altered[0]!.errorCode, 29);
    assertStringIncludes(altered[0]!.errorMessage!, "grant");
    const moved = valueOf(
      await gateway.alterLogDirs([{
        brokerId: 1,
        ...target,
        logDir: running.brokers[0]!.logDirs[0],
      }]),
    );
    assertEquals(moved[0]!.errorCode, 31);
    const read = valueOf(await gateway.readConfigs([resource], []));
    assertEquals(read[0]!.failure?.code, "authorization_failed");
    await gateway.close();
  },
);

kafkaTest("a wrong password fails at once as authentication_failed and is not shown", async () => {
  const running = await cluster();
  const failure = await failureWith(
    running.securedBootstrap,
    secured(running, {
      "sasl.mechanism": "SCRAM-SHA-256",
      "sasl.jaas.config": login("Scram", "root", "wrong-secret"),
    }),
  );
  assertEquals([failure.code, failure.retriable], ["authentication_failed", false]);
  assertStringIncludes(failure.message, "sasl.jaas.config");
  assert(!JSON.stringify(failure).includes("wrong-secret"));
});

kafkaTest("an unknown authority fails at once and names ssl.truststore.location", async () => {
  const running = await cluster();
  const { "ssl.truststore.location": _, ...settings } = asRoot(running);
  const failure = await failureWith(running.securedBootstrap, settings);
  assertEquals([failure.code, failure.retriable], ["authentication_failed", false]);
  assertStringIncludes(failure.message, "ssl.truststore.location");
});

kafkaTest(
  "a certificate for another name is refused unless the check is switched off",
  async () => {
    const running = await cluster();
    const byAddress = running.securedBootstrap.replace("localhost", "127.0.0.1");
    const failure = await failureWith(byAddress, asRoot(running));
    assertEquals([failure.code, failure.retriable], ["authentication_failed", false]);
    assertStringIncludes(failure.message, "ssl.endpoint.identification.algorithm");
    const settings = { ...asRoot(running), "ssl.endpoint.identification.algorithm": "" };
    const gateway = gatewayTo(byAddress, settings);
    assertEquals(valueOf(await gateway.observe()).topicNames, ["t"]);
    await gateway.close();
  },
);

kafkaTest(
  "a plaintext client on a TLS port and a TLS client on a plaintext port hear about security.protocol",
  async () => {
    const running = await cluster();
    const plain = await failureWith(running.securedBootstrap, {});
    assertEquals(plain.code, "cluster_unreachable");
    assertStringIncludes([plain.message, ...plain.details ?? []].join("\n"), "security.protocol");
    const tls = await failureWith(running.bootstrap, asRoot(running));
    assertEquals(tls.code, "cluster_unreachable");
    assertStringIncludes([tls.message, ...tls.details ?? []].join("\n"), "security.protocol");
  },
);

kafkaTest("a PKCS12 store is refused with how to convert it", async () => {
  const running = await cluster();
  const settings: Settings = {
    ...asRoot(running),
    "ssl.truststore.location": running.certificates!.keyStore,
    "ssl.truststore.type": "PKCS12",
  };
  const failure = checkKafkaConfig(
    defaultConfig({ ...settings, "bootstrap.servers": running.securedBootstrap }),
  );
  assertEquals(failure?.code, "invalid_file");
  assertStringIncludes(failure!.message, "ssl.truststore.type=PEM");
  assertStringIncludes(failure!.details!.join("\n"), "openssl pkcs12");
});
