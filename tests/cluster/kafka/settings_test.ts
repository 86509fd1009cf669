import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { addressText, connectionFailure } from "../../../cluster/kafka/connection_failures.ts";
import { codeOfFailure, kafkaFailure, shownMessage } from "../../../cluster/kafka/error_codes.ts";
import { parseJaas } from "../../../cluster/kafka/jaas.ts";
import { createKafkaGateway } from "../../../cluster/kafka/mod.ts";
import { securityOf } from "../../../cluster/kafka/security.ts";
import { kafkaSettings, parseBootstrap } from "../../../cluster/kafka/settings.ts";
import { defaultConfig } from "../../../config/parse.ts";
import { ManualClock } from "../../../lib/clock.ts";
import type { Result } from "../../../lib/failure.ts";
import { silentLog } from "../../../lib/log.ts";
import { createPrng } from "../../../lib/prng.ts";

function refusal(result: Result<unknown>): string {
  assert(!result.ok, "It must be refused");
  return `${result.failure.code}: ${result.failure.message}`;
}

const SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required";

Deno.test("parseBootstrap() takes names, addresses, IPv6 and a leading protocol", () => {
  assertEquals(parseBootstrap(["a.example:9092", "[::1]:9093", "SASL_SSL://10.0.0.1:1"]), {
    ok: true,
    value: [
      { host: "a.example", port: 9092 },
      { host: "::1", port: 9093 },
      { host: "10.0.0.1", port: 1 },
    ],
  });
});

Deno.test("parseBootstrap() refuses an empty list and names the item that is wrong", () => {
  assertStringIncludes(refusal(parseBootstrap([])), "Set bootstrap.servers");
  for (const item of ["host", "host:", "host:0", "host:65536", ":9092", "::1:9092", "a b:1"]) {
    assertStringIncludes(refusal(parseBootstrap([item])), `"${item}"`);
  }
});

Deno.test("addressText() gives back what parseBootstrap() read", () => {
  for (const text of ["host:1", "[fe80::1]:65535"]) {
    const parsed = parseBootstrap([text]);
    assert(parsed.ok);
    assertEquals(addressText(parsed.value[0]!), text);
  }
});

Deno.test("parseJaas() reads quoted, escaped and bare values", () => {
  const parsed = parseJaas(`${SCRAM} username='it\\'s me' password="a \\"b\\" \\\\ ;" x=1;`);
  assert(parsed.ok);
  assertEquals(parsed.value.module, "ScramLoginModule");
  assertEquals([...parsed.value.options], [
    ["username", "it's me"],
    ["password", 'a "b" \\ ;'],
    ["x", "1"],
  ]);
});

Deno.test("parseJaas() refuses other texts without showing them", () => {
  const texts = ["", "secret", `${SCRAM} username="u" "secret"`, `${SCRAM} password="secret`];
  for (const text of texts) {
    const message = refusal(parseJaas(text));
    assertStringIncludes(message, "invalid_argument: Cannot use sasl.jaas.config");
    assert(!message.includes("secret"), message);
  }
});

Deno.test("securityOf() asks for what SASL needs and refuses a module that does not fit", () => {
  const sasl = { "security.protocol": "SASL_PLAINTEXT" } as const;
  assertStringIncludes(refusal(securityOf(defaultConfig(sasl))), "Set sasl.mechanism");
  const mechanism = { ...sasl, "sasl.mechanism": "PLAIN" } as const;
  assertStringIncludes(refusal(securityOf(defaultConfig(mechanism))), "Set sasl.jaas.config");
  const scram = { ...mechanism, "sasl.jaas.config": `${SCRAM} username="u" password="p";` };
  assertStringIncludes(refusal(securityOf(defaultConfig(scram))), "PlainLoginModule");
  const noPassword = {
    ...sasl,
    "sasl.mechanism": "SCRAM-SHA-256",
    "sasl.jaas.config": `${SCRAM} username="u";`,
  } as const;
  assertStringIncludes(refusal(securityOf(defaultConfig(noPassword))), "password=");
});

Deno.test("securityOf() takes certificates inline and refuses half a key pair", () => {
  const pem = "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----";
  const ssl = { "security.protocol": "SSL", "ssl.truststore.certificates": pem } as const;
  const settings = securityOf(defaultConfig(ssl));
  assert(settings.ok);
  assertEquals(settings.value.tls?.ca, [
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  ]);
  assertEquals(settings.value.tls?.checkHostName, true);
  const half = defaultConfig({ ...ssl, "ssl.keystore.certificate.chain": pem });
  assertStringIncludes(refusal(securityOf(half)), "Set ssl.keystore.key");
});

Deno.test("securityOf() names a file that it cannot read", () => {
  const config = defaultConfig({
    "security.protocol": "SSL",
    "ssl.truststore.location": "tests/fixtures/absent.pem",
  });
  assertStringIncludes(
    refusal(securityOf(config)),
    "invalid_file: Cannot read ssl.truststore.location = tests/fixtures/absent.pem",
  );
});

Deno.test("kafkaSettings() bounds every deadline by request.timeout.ms", () => {
  const settings = kafkaSettings(
    defaultConfig({ "bootstrap.servers": "h:1", "request.timeout.ms": "700" }),
  );
  assert(settings.ok);
  const { deadlineMs, logDirDeadlineMs, connectTimeoutMs } = settings.value;
  assertEquals([deadlineMs, logDirDeadlineMs, connectTimeoutMs], [700, 700, 700]);
});

Deno.test("createKafkaGateway() with settings that cannot be used answers every call with the reason", async () => {
  const gateway = createKafkaGateway({
    config: defaultConfig({ "bootstrap.servers": "nonsense" }),
    clock: new ManualClock(0),
    log: silentLog,
    prng: createPrng(1),
  });
  assertStringIncludes(refusal(await gateway.observe()), 'bootstrap.servers item "nonsense"');
  assertStringIncludes(refusal(await gateway.listReassignments()), "nonsense");
  await gateway.close();
  assertStringIncludes(refusal(await gateway.observe()), "shutting_down");
});

Deno.test("kafkaFailure() hides the request that brokers dump when a permission is missing", () => {
  const dump = "AlterPartitionReassignmentsRequestData(timeoutMs=30000, topics=[...])";
  const failure = kafkaFailure(31, "Cannot list reassignments", {
    message: dump,
    permission: "Describe on the cluster",
  });
  assertEquals(failure.code, "authorization_failed");
  assert(!failure.message.includes("RequestData"));
  assertStringIncludes(failure.message, "grant Describe on the cluster");
  assertEquals(shownMessage(29, dump), "TOPIC_AUTHORIZATION_FAILED: grant the permission");
  assert(shownMessage(42, "x".repeat(10_000))!.length < 400);
});

Deno.test("kafkaFailure() tells what may pass by itself from what may not", () => {
  assertEquals([7, 41, 3, 56].map((code) => kafkaFailure(code, "x").retriable), [
    true,
    true,
    true,
    true,
  ]);
  assertEquals([31, 39, 44, -1, 999].map((code) => kafkaFailure(code, "x").retriable), [
    false,
    false,
    false,
    false,
    false,
  ]);
  assertStringIncludes(kafkaFailure(999, "Cannot x").message, "code 999");
});

Deno.test("codeOfFailure() stands for failures that Kafka did not give", () => {
  const failure = (code: "deadline_exceeded" | "cluster_unreachable" | "protocol_error") =>
    codeOfFailure({ code, message: "", retriable: true });
  assertEquals(failure("deadline_exceeded"), 7);
  assertEquals(failure("cluster_unreachable"), 13);
  assertEquals(failure("protocol_error"), -1);
  assertEquals(codeOfFailure(kafkaFailure(31, "x")), 31);
});

Deno.test("connectionFailure() puts certificate, login and network problems apart", () => {
  const address = { host: "h", port: 1 };
  const codeOf = (message: string, name: string, protocol: string) => {
    const error = Object.assign(new Error(message), { name });
    const { code, retriable } = connectionFailure(error, address, protocol);
    return `${code} ${retriable}`;
  };
  const connection = "KafkaJSConnectionError";
  const final = "authentication_failed false";
  assertEquals(codeOf("bad password", "KafkaJSSASLAuthenticationError", "SASL_SSL"), final);
  assertEquals(codeOf("self-signed certificate", connection, "SSL"), final);
  assertEquals(codeOf("invalid peer certificate: UnknownIssuer", connection, "SSL"), final);
  assertEquals(codeOf("invalid peer certificate: NotValidForName", connection, "SSL"), final);
  assertEquals(codeOf("connect ECONNREFUSED", connection, "SSL"), "cluster_unreachable true");
  assertEquals(codeOf("closed", "KafkaJSConnectionClosedError", "SSL"), "cluster_unreachable true");
  assertEquals(
    codeOf("late", "KafkaJSRequestTimeoutError", "PLAINTEXT"),
    "deadline_exceeded true",
  );
});
