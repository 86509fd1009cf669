/**
 * The topology of docker-compose.yml as processes. Situation: three brokers with the settings, racks and both agents of
 * the file, its load, and Evenkeel with its properties and password. Expected: the brokers know every setting, both
 * agents answer, and Evenkeel sees racks, metrics and the uneven load, and nothing without the password.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseProperties } from "../../config/properties.ts";
import { brokerSettings, brokersOf, readCompose, type Service } from "../packaging/compose_file.ts";
import {
  ensureTools,
  type KafkaCluster,
  kafkaTest,
  plainAdmin,
  run,
  sharedCluster,
} from "../kafka/mod.ts";
import { type Evenkeel, startEvenkeel, waitFor } from "../system/evenkeel.ts";

const TOP = decodeURIComponent(new URL("../../", import.meta.url).pathname);
const PACKAGING = `${TOP}packaging`;
/** What follows from where a broker runs. */
const OF_THE_PLACE = [
  ...["node.id", "broker.rack", "process.roles", "listeners", "advertised.listeners", "log.dirs"],
  ...["listener.security.protocol.map", "controller.quorum.voters", "controller.listener.names"],
];
/** The programs behind the scripts of Kafka's image. */
const PROGRAMS: Readonly<Record<string, string>> = {
  "/opt/kafka/bin/kafka-topics.sh": "org.apache.kafka.tools.TopicCommand",
  "/opt/kafka/bin/kafka-producer-perf-test.sh": "org.apache.kafka.tools.ProducerPerformance",
};
/** Seconds of the file's load that are made. */
const LOAD_S = 8;

const compose = readCompose();
const brokers = brokersOf(compose);
const settings = new Map(
  [...brokerSettings(brokers.get(1)!)].filter(([key]) => !OF_THE_PLACE.includes(key)),
);

const cluster = sharedCluster({
  brokers: brokers.size,
  agents: [...brokers.keys()],
  exporterFile: `${PACKAGING}/agents/jmx-exporter.yml`,
  settings: Object.fromEntries(settings),
});

/** Runs a service's command on the processes. */
async function runService(name: string, running: KafkaCluster): Promise<void> {
  const { entrypoint, command } = compose.services[name]! as Required<Service>;
  const classPath = await ensureTools(running.jars);
  const args = command.map((word) => word.replace("kafka-1:9092", running.bootstrap));
  const records = args.indexOf("--num-records") + 1;
  const throughput = args.indexOf("--throughput") + 1;
  if (records > 0) args[records] = String(LOAD_S * Number(args[throughput]));
  await run("java", ["-Xmx128m", "-cp", classPath, PROGRAMS[entrypoint[0]!]!, ...args]);
}

async function startAsComposed(running: KafkaCluster, dataDir: string): Promise<Evenkeel> {
  const text = await Deno.readTextFile(`${PACKAGING}/compose/evenkeel.properties`);
  const urls = running.brokers.map(({ id, agentUrl }) => `${id}=${agentUrl}`).join(",");
  return await startEvenkeel({
    bootstrap: running.bootstrap,
    dataDir,
    login: "admin:evenkeel",
    settings: {
      ...Object.fromEntries(parseProperties(text)),
      "evenkeel.jolokia.broker.urls": urls,
      "webserver.http.address": "127.0.0.1",
      "webserver.auth.credentials.file": `${PACKAGING}/compose/credentials`,
      "bootstrap.servers": running.bootstrap,
      "metric.sampling.interval.ms": "2000",
    },
  });
}

kafkaTest("docker-compose.yml's brokers know every setting that it gives them", async () => {
  const running = await cluster();
  const admin = plainAdmin(running.bootstrap.split(","));
  await admin.connect();
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 4, name: "1" }],
    });
    const known = new Map(
      resources[0]!.configEntries.map((entry) => [entry.configName, entry.configValue]),
    );
    assertEquals([...settings].filter(([key, value]) => known.get(key) !== value), []);
  } finally {
    await admin.disconnect();
  }
});

kafkaTest("docker-compose.yml's exporters give the load of their brokers", async () => {
  for (const { exporterUrl } of (await cluster()).brokers) {
    const text = await (await fetch(exporterUrl!)).text();
    assertStringIncludes(text, 'kafka_server_BrokerTopicMetrics_Count{name="BytesInPerSec"}');
    assertStringIncludes(text, "java_lang_OperatingSystem_ProcessCpuLoad");
  }
});

kafkaTest(
  "docker-compose.yml's load is uneven, and its Evenkeel sees so, with the password only",
  async () => {
    const running = await cluster();
    await runService("load-topics", running);
    await runService("load-audit-topic", running);
    const dataDir = await Deno.makeTempDir();
    const evenkeel = await startAsComposed(running, dataDir);
    try {
      const loading = Promise.all([
        runService("load-orders", running),
        runService("load-audit", running),
      ]);
      // A failure is thrown below; until then it must not end the test run as unobserved.
      loading.catch(() => {});
      const load = await waitFor(
        () => evenkeel.get("load"),
        (answer) => isSkewed(brokersIn(answer)),
        {
          // The producers are two more JVMs to start, on what may be a busy machine.
          withinMs: 80_000,
          what: "more bytes into broker 1 than into the others",
          everyMs: 500,
        },
      );
      await loading;
      const racks = brokersIn(load).map((broker) => [broker.Broker, broker.Rack]);
      assertEquals(
        racks,
        [...brokers].map(([id, one]) => [id, brokerSettings(one).get("broker.rack")]),
      );
      for (const broker of brokersIn(load)) {
        assert(broker.CpuPct > 0, "CPU comes from Jolokia");
      }
      const stranger = await fetch(`${evenkeel.url}/kafkacruisecontrol/load`);
      await stranger.body?.cancel();
      assertEquals(stranger.status, 401);
    } finally {
      await evenkeel.stop();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
);

interface BrokerRow {
  readonly Broker: number;
  readonly Rack: string;
  readonly CpuPct: number;
  readonly LeaderNwInRate: number;
}

function brokersIn(answer: Record<string, unknown>): readonly BrokerRow[] {
  return answer["brokers"] as BrokerRow[];
}

function isSkewed(rows: readonly BrokerRow[]): boolean {
  const [one, ...others] = rows;
  return others.every((other) => one!.LeaderNwInRate > 5 * other.LeaderNwInRate) &&
    rows.every(({ CpuPct }) => CpuPct > 0);
}
