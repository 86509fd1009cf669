/** Keys of the connection to Kafka. Names, units and defaults are Cruise Control's and Kafka's clients' where they have the key. */
import { key, optionalKey } from "../key.ts";

const SETTINGS = "cluster/kafka/settings.ts";
const SECURITY = "cluster/kafka/security.ts";

/** See the file's first line. */
export const KAFKA_CLIENT_KEYS = {
  "bootstrap.servers": optionalKey("list", {
    unit: "",
    doc: "Brokers to begin with, HOST:PORT,...; without it a simulated cluster runs.",
    reader: SETTINGS,
  }),
  "client.id": key("string", "kafka-cruise-control", {
    unit: "",
    doc: "Name under which the brokers' logs and quotas know us.",
    reader: SETTINGS,
  }),
  "request.timeout.ms": key("int", "30000", {
    unit: "ms",
    min: 1,
    doc: "Upper bound of every deadline of a call to the cluster, the ones below included.",
    reader: SETTINGS,
  }),
  "logdir.response.timeout.ms": key("int", "10000", {
    unit: "ms",
    min: 1,
    doc: "Longest wait for a broker that is asked about its log dirs.",
    reader: SETTINGS,
  }),
  "evenkeel.kafka.deadline.ms": key("int", "5000", {
    unit: "ms",
    min: 100,
    doc: "Longest wait for any other answer; controllers need 2 s to fail over, so not below 3000.",
    reader: SETTINGS,
  }),
  "evenkeel.kafka.connect.timeout.ms": key("int", "2000", {
    unit: "ms",
    min: 100,
    doc: "Longest wait for a connection to a broker, TLS and authentication included.",
    reader: SETTINGS,
  }),
  "evenkeel.kafka.hedge.ms": key("int", "1000", {
    unit: "ms",
    min: 10,
    doc:
      "Silence of a broker after which a question that any broker can answer goes to another one, too.",
    reader: SETTINGS,
  }),
  "security.protocol": key("string", "PLAINTEXT", {
    unit: "",
    oneOf: ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
    doc: "What the brokers' listener speaks.",
    reader: SECURITY,
  }),
  "sasl.mechanism": optionalKey("string", {
    unit: "",
    oneOf: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"],
    doc: "How we prove who we are; needed when security.protocol is SASL_PLAINTEXT or SASL_SSL.",
    reader: SECURITY,
  }),
  "sasl.jaas.config": optionalKey("password", {
    unit: "",
    doc:
      'User and password in Kafka\'s form: org.apache.kafka.common.security.scram.ScramLoginModule required username="U" password="P";',
    reader: SECURITY,
  }),
  "ssl.truststore.location": optionalKey("string", {
    unit: "",
    doc:
      "PEM file with the certificates to trust; the system's when absent. JKS and PKCS12 must be converted to PEM.",
    reader: SECURITY,
  }),
  "ssl.truststore.type": optionalKey("string", {
    unit: "",
    oneOf: ["PEM", "JKS", "PKCS12"],
    doc: "Kind of the trust store; only PEM can be read.",
    reader: SECURITY,
  }),
  "ssl.truststore.certificates": optionalKey("string", {
    unit: "",
    doc: "The certificates to trust themselves, as PEM, in place of a file.",
    reader: SECURITY,
  }),
  "ssl.keystore.location": optionalKey("string", {
    unit: "",
    doc:
      "PEM file with our private key and certificate chain, for brokers that ask for one. JKS and PKCS12 must be converted to PEM.",
    reader: SECURITY,
  }),
  "ssl.keystore.type": optionalKey("string", {
    unit: "",
    oneOf: ["PEM", "JKS", "PKCS12"],
    doc: "Kind of the key store; only PEM can be read.",
    reader: SECURITY,
  }),
  "ssl.keystore.certificate.chain": optionalKey("string", {
    unit: "",
    doc: "Our certificate chain itself, as PEM, in place of a file.",
    reader: SECURITY,
  }),
  "ssl.keystore.key": optionalKey("password", {
    unit: "",
    doc: "Our private key itself, as PEM, in place of a file.",
    reader: SECURITY,
  }),
  "ssl.key.password": optionalKey("password", {
    unit: "",
    doc: "Password of the private key when it is encrypted.",
    reader: SECURITY,
  }),
  "ssl.endpoint.identification.algorithm": key("string", "https", {
    unit: "",
    oneOf: ["https", ""],
    doc: "https checks that the certificate names the broker's host; empty does not.",
    reader: SECURITY,
  }),
} as const;
