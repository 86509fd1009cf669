/** Images, ports, volumes, agents and commands of `docker-compose.yml` agree with each other and with the program. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { jolokiaSettings } from "../../cluster/jolokia/settings.ts";
import { parseConfig } from "../../config/parse.ts";
import { parseProperties } from "../../config/properties.ts";
import { parseCredentials } from "../../actors/server/credentials.ts";
import { TOP } from "../../tools/run.ts";
import { startOptionsOf } from "../cli/console.ts";
import { MAIN_VERSION } from "../kafka/mod.ts";
import { brokerSettings, brokersOf, readCompose, type Service } from "./compose_file.ts";

const compose = readCompose();
const brokers = brokersOf(compose);
const evenkeel = compose.services["evenkeel"]!;

/** Where a path inside a service comes from: a file of the repository or a named volume. */
function sourceOf(service: Service, path: string): string | undefined {
  for (const volume of service.volumes ?? []) {
    const [source, target] = volume.split(":");
    if (path === target || path.startsWith(`${target}/`)) {
      return `${source}${path.slice(target!.length)}`;
    }
  }
  return undefined;
}

function isFile(path: string): boolean {
  return Deno.statSync(`${TOP}${path.replace(/^\.\//, "")}`).isFile;
}

const properties = () => {
  const path = `${TOP}packaging/compose/evenkeel.properties`;
  return parseProperties(Deno.readTextFileSync(path));
};

function config() {
  const parsed = parseConfig(properties());
  assertEquals([...parsed.errors, ...parsed.warnings], []);
  return parsed.config!;
}

Deno.test("docker-compose.yml runs three brokers of the version that the tests run on", () => {
  assertEquals([...brokers.keys()], [1, 2, 3]);
  const images = Object.values(compose.services).flatMap((one) => one.image ?? []);
  const kafka = images.filter((image) => image.startsWith("apache/kafka:"));
  assert(kafka.length >= 3);
  assertEquals(new Set(kafka), new Set([`apache/kafka:${MAIN_VERSION}`]));
});

Deno.test("docker-compose.yml gives each broker an address, a rack and disks of its own, and one quorum", () => {
  const racks = new Set<string>();
  const hostPorts = new Set<string>();
  for (const [id, broker] of brokers) {
    const settings = brokerSettings(broker);
    const listeners = settings.get("listeners")!.split(",").map((one) => one.split("://")[0]);
    const kinds = settings.get("listener.security.protocol.map")!.split(",").map((one) =>
      one.split(":")[0]
    );
    assertEquals([...listeners].sort(), [...kinds].sort());
    assertEquals(broker.hostname, `kafka-${id}`);
    const advertised = settings.get("advertised.listeners")!;
    assertMatch(
      advertised,
      new RegExp(`^PLAINTEXT://kafka-${id}:9092,HOST://localhost:${id}9092$`),
    );
    assert(broker.ports!.includes(`127.0.0.1:${id}9092:${id}9092`), "published where advertised");
    for (const published of broker.ports!) {
      assertMatch(published, /^127\.0\.0\.1:/);
      hostPorts.add(published.split(":")[1]!);
    }
    assertEquals(
      settings.get("controller.quorum.voters")!.split(",")[id - 1],
      `${id}@kafka-${id}:9093`,
    );
    racks.add(settings.get("broker.rack")!);
    for (const dir of settings.get("log.dirs")!.split(",")) {
      assertMatch(sourceOf(broker, dir) ?? "", new RegExp(`^kafka-${id}/d\\d$`));
    }
  }
  assertEquals(racks.size, 3);
  assertEquals(hostPorts.size, 6);
});

Deno.test("docker-compose.yml loads agents that its own Maven project fetches, at the ports that are used", () => {
  const pom = Deno.readTextFileSync(`${TOP}packaging/agents/pom.xml`);
  const versionOf = (artifact: string) =>
    new RegExp(`<artifactId>${artifact}</artifactId>\\s*<version>([^<]+)`).exec(pom)?.[1];
  const fetched = [
    `/agents/jolokia-agent-jvm-${versionOf("jolokia-agent-jvm")}-javaagent.jar`,
    `/agents/jmx_prometheus_javaagent-${versionOf("jmx_prometheus_javaagent")}.jar`,
  ];
  const { agents } = compose.services;
  assertEquals(sourceOf(agents!, "/src/pom.xml"), "./packaging/agents/pom.xml");
  assert(agents!.command!.includes("-DoutputDirectory=/agents"));
  const jolokia = jolokiaSettings(config());
  assert(jolokia.ok && jolokia.value !== undefined);
  const port = new URL(jolokia.value.template!.replace("{host}", "kafka-1")).port;
  for (const broker of brokers.values()) {
    const given = broker.environment!.KAFKA_OPTS!.split(/\s+/).map((one) =>
      /^-javaagent:([^=]+)=(.*)$/.exec(one)!.slice(1)
    );
    assertEquals(given.map(([jar]) => jar), fetched);
    assertEquals(given[0]![1], `port=${port},host=0.0.0.0`);
    const [exporterPort, file] = given[1]![1]!.split(":");
    assert(broker.ports!.some((one) => one.endsWith(`:${exporterPort}`)));
    assert(isFile(sourceOf(broker, file!)!));
    assertEquals(sourceOf(broker, fetched[0]!), fetched[0]!.slice(1));
    assertEquals(broker.depends_on!["agents"]!.condition, "service_completed_successfully");
    // The tools of a broker's image would load the agents, too, and find their ports taken.
    assertMatch(
      broker.healthcheck!.test.join(" "),
      /KAFKA_OPTS= \S+ --bootstrap-server localhost:9092/,
    );
  }
});

Deno.test("docker-compose.yml starts Evenkeel with a file of known keys, on the published port, with a password", async () => {
  const options = await startOptionsOf(evenkeel.command!);
  assertEquals(sourceOf(evenkeel, options.configFile!), "./packaging/compose/evenkeel.properties");
  const settings = config();
  assertEquals(
    properties().get("bootstrap.servers"),
    [...brokers.keys()].map((id) => `kafka-${id}:9092`).join(","),
  );
  assertEquals(evenkeel.ports, [`127.0.0.1:9090:${settings["webserver.http.port"]}`]);
  const file = sourceOf(evenkeel, settings["webserver.auth.credentials.file"])!;
  const text = Deno.readTextFileSync(`${TOP}${file.slice(2)}`);
  const credentials = parseCredentials(text, file);
  assert(credentials.ok);
  const comment = /user (\w+), password (\w+)/.exec(
    Deno.readTextFileSync(`${TOP}docker-compose.yml`),
  )!;
  const user = credentials.value.authenticate(comment[1]!, comment[2]!);
  assertEquals([...user!.roles], ["ADMIN"]);
});

Deno.test("docker-compose.yml keeps Evenkeel's file system read-only but for its volume and /tmp", async () => {
  const options = await startOptionsOf(evenkeel.command!);
  assertEquals(evenkeel.read_only, true);
  assertEquals(evenkeel.tmpfs, ["/tmp:exec"]);
  assertEquals(sourceOf(evenkeel, options.dataDir!), "evenkeel");
  const grace = Number(/^(\d+)s$/.exec(evenkeel.stop_grace_period!)![1]);
  assert(grace * 1000 > config()["evenkeel.runtime.stop.deadline.ms"]);
  for (const service of Object.values(compose.services)) {
    for (const volume of service.volumes ?? []) {
      const source = volume.split(":")[0]!;
      if (source.startsWith(".")) Deno.statSync(`${TOP}${source}`);
      else assert(source in compose.volumes, `${source} is declared`);
    }
  }
});

Deno.test("docker-compose.yml makes no load unless the profile is asked for", () => {
  const names = Object.keys(compose.services).filter((name) => name.startsWith("load-"));
  assertEquals(names.length, 4);
  for (const name of names) assertEquals(compose.services[name]!.profiles, ["load"]);
});
