/**
 * `evenkeel start` against real brokers with what a user gets wrong first: password, certificates, protocol; and a
 * damaged file of samples, which is no reason not to start.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { silentLog } from "../../lib/log.ts";
import { systemClock } from "../../lib/clock.ts";
import { openSamples } from "../../store/open.ts";
import { createTopics, kafkaTest, sharedCluster } from "../kafka/mod.ts";
import { freePort, runCommand, startEvenkeel } from "../system/evenkeel.ts";
import { assertNoStack, assertRefused, type Ended, withDirectory } from "../system/refusals.ts";

const USER = { mechanism: "SCRAM-SHA-512", name: "evenkeel", password: "right-Secret-1" } as const;
const WRONG = "wrong-Secret-2";

const cluster = sharedCluster(
  { brokers: 1, secured: { users: [USER], superUsers: [USER.name] } },
  (started) => createTopics(started.bootstrap, [{ name: "t", replicas: [[1], [1]] }]),
);

function jaas(password: string): string {
  return "org.apache.kafka.common.security.scram.ScramLoginModule required " +
    `username="${USER.name}" password="${password}";`;
}

async function start(
  dataDir: string,
  bootstrap: string,
  settings: Readonly<Record<string, string>>,
): Promise<Ended> {
  const all = {
    "webserver.http.port": String(freePort()),
    // Several starts at a time on a busy machine: a slow handshake must not be taken for no answer.
    "evenkeel.kafka.connect.timeout.ms": "10000",
    ...settings,
  };
  return await runCommand([
    ...["start", "--data-dir", dataDir, "--bootstrap", bootstrap],
    ...Object.entries(all).flatMap(([key, value]) => ["--set", `${key}=${value}`]),
  ]);
}

kafkaTest("start ends with 4 and what to change when brokers and settings do not fit", async () => {
  const { bootstrap, securedBootstrap, certificates } = await cluster();
  const saslSsl = {
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": USER.mechanism,
    "sasl.jaas.config": jaas(USER.password),
  };
  const trust = { "ssl.truststore.location": certificates!.caPem };
  const plain = { "sasl.mechanism": "SCRAM-SHA-256" };
  const cases: [string, Readonly<Record<string, string>>, string[]][] = [
    [
      securedBootstrap,
      { ...saslSsl, ...trust, "sasl.jaas.config": jaas(WRONG) },
      ["Cannot log in to localhost:", "sasl.jaas.config"],
    ],
    [securedBootstrap, { ...saslSsl, ...trust, ...plain }, ["Cannot log in", "sasl.mechanism"]],
    [securedBootstrap, saslSsl, ["Cannot trust localhost:", "ssl.truststore.location"]],
    [securedBootstrap, {}, ["Cannot reach", "security.protocol"]],
    [bootstrap, { "security.protocol": "SSL" }, ["127.0.0.1:", "set security.protocol"]],
  ];
  await withDirectory(async (directory) => {
    await Promise.all(cases.map(async ([address, settings, says], i) => {
      const ended = await start(`${directory}/${i}`, address, settings);
      assertRefused(ended, { code: 4, says });
      for (const secret of [WRONG, USER.password]) assert(!ended.stderr.includes(secret));
    }));
    const missing = await start(`${directory}/x`, securedBootstrap, {
      ...saslSsl,
      "ssl.truststore.location": `${directory}/none.pem`,
    });
    assertRefused(missing, {
      code: 2,
      says: [`Cannot read ssl.truststore.location = ${directory}/none.pem`],
    });
  });
});

kafkaTest("a torn samples.db is set aside, said so, and the start goes on", async () => {
  const { securedBootstrap, certificates } = await cluster();
  await withDirectory(async (dataDir) => {
    const path = `${dataDir}/samples.db`;
    const store = openSamples({ directory: dataDir, clock: systemClock(), log: silentLog });
    assert(store.ok);
    store.value.connection.exec("CREATE TABLE filler AS SELECT randomblob(100000) AS x");
    store.value.close();
    const bytes = await Deno.readFile(path);
    const torn = bytes.slice(0, bytes.length - 20_000);
    await Deno.writeFile(path, torn);
    const evenkeel = await startEvenkeel({
      dataDir,
      bootstrap: securedBootstrap,
      settings: {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": USER.mechanism,
        "sasl.jaas.config": jaas(USER.password),
        "ssl.truststore.location": certificates!.caPem,
      },
    });
    try {
      const state = await evenkeel.get("kafka_cluster_state");
      assert(state["KafkaBrokerState"] !== undefined);
    } finally {
      assertEquals(await evenkeel.stop(), 130);
    }
    const aside = [...Deno.readDirSync(dataDir)].map((entry) => entry.name)
      .filter((name) => name.startsWith("samples.db.damaged-"));
    assertEquals(aside.length, 1);
    assertEquals(await Deno.readFile(`${dataDir}/${aside[0]}`), torn);
    assertStringIncludes(evenkeel.log(), aside[0]!);
    assertNoStack(evenkeel.log());
    assert(!evenkeel.log().includes(USER.password));
  });
});
