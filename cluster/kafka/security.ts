/**
 * TLS and SASL settings for the connections, from Kafka's own configuration keys.
 *
 * @module
 */
import type { Config } from "../../config/table.ts";
import { fail, ok, type Result } from "../../lib/failure.ts";
import { parseJaas } from "./jaas.ts";

/** What TLS connections are made with, in the names of node:tls. */
export interface TlsSettings {
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** False for an empty ssl.endpoint.identification.algorithm. */
  readonly checkHostName: boolean;
}

/** A name and a password for one of the mechanisms that we speak. */
export interface SaslSettings {
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
  readonly username: string;
  readonly password: string;
}

/** Security of a connection. */
export interface SecuritySettings {
  readonly protocol: string;
  readonly tls: TlsSettings | undefined;
  readonly sasl: SaslSettings | undefined;
}

/** Reads the settings and the files that they name. Failures say which key to change and never show a secret. */
export function securityOf(config: Config): Result<SecuritySettings> {
  const protocol = config["security.protocol"];
  const tls = protocol.endsWith("SSL") ? tlsOf(config) : ok(undefined);
  if (!tls.ok) return tls;
  const sasl = protocol.startsWith("SASL") ? saslOf(config) : ok(undefined);
  if (!sasl.ok) return sasl;
  return ok({ protocol, tls: tls.value, sasl: sasl.value });
}

function saslOf(config: Config): Result<SaslSettings> {
  const mechanism = config["sasl.mechanism"];
  const text = config["sasl.jaas.config"];
  if (mechanism === undefined || text === undefined) {
    const missing = mechanism === undefined ? "sasl.mechanism" : "sasl.jaas.config";
    return fail(
      "invalid_argument",
      `Set ${missing}: security.protocol = ${config["security.protocol"]} needs it`,
    );
  }
  const entry = parseJaas(text);
  if (!entry.ok) return entry;
  const wanted = mechanism === "PLAIN" ? "PlainLoginModule" : "ScramLoginModule";
  if (entry.value.module !== wanted) {
    return fail(
      "invalid_argument",
      `Cannot use sasl.jaas.config: sasl.mechanism = ${mechanism} needs the login module ${wanted}, ` +
        `got ${entry.value.module}`,
    );
  }
  const username = entry.value.options.get("username");
  const password = entry.value.options.get("password");
  if (username === undefined || password === undefined) {
    const missing = username === undefined ? "username" : "password";
    return fail("invalid_argument", `Cannot use sasl.jaas.config: it must have ${missing}="..."`);
  }
  const spelled = mechanism.toLowerCase() as SaslSettings["mechanism"];
  return ok({ mechanism: spelled, username, password });
}

function tlsOf(config: Config): Result<TlsSettings> {
  const trusted = storeText(config, "ssl.truststore", config["ssl.truststore.certificates"]);
  if (!trusted.ok) return trusted;
  const key = config["ssl.keystore.key"];
  const chain = config["ssl.keystore.certificate.chain"];
  if ((key === undefined) !== (chain === undefined)) {
    const missing = key === undefined ? "ssl.keystore.key" : "ssl.keystore.certificate.chain";
    return fail("invalid_argument", `Set ${missing}: its other half is set`);
  }
  const inline = key === undefined ? undefined : `${key}\n${chain}`;
  const own = storeText(config, "ssl.keystore", inline);
  if (!own.ok) return own;
  const pair = own.value === undefined ? ok({}) : keyPair(own.value);
  if (!pair.ok) return pair;
  const passphrase = config["ssl.key.password"];
  return ok({
    ...(trusted.value === undefined ? {} : { ca: certificatesIn(trusted.value) }),
    ...pair.value,
    ...(passphrase === undefined ? {} : { passphrase }),
    checkHostName: config["ssl.endpoint.identification.algorithm"] !== "",
  });
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[^]+?-----END \1PRIVATE KEY-----/;

function certificatesIn(pem: string): string[] {
  return [...pem.matchAll(CERTIFICATE)].map((match) => `${match[0]}\n`);
}

function keyPair(pem: string): Result<{ cert: string; key: string }> {
  const key = PRIVATE_KEY.exec(pem)?.[0];
  if (key === undefined) {
    return fail("invalid_file", "Put the private key into ssl.keystore.location: it has none");
  }
  return ok({ key: `${key}\n`, cert: certificatesIn(pem).join("") });
}

/** The PEM text of a store, inline or from its file; undefined when neither is set. */
function storeText(
  config: Config,
  store: "ssl.truststore" | "ssl.keystore",
  inline: string | undefined,
): Result<string | undefined> {
  const location = config[`${store}.location`];
  // A properties file may hold line breaks as the two characters \n.
  if (inline !== undefined) return withCertificate(inline.replaceAll("\\n", "\n"), store, "it");
  if (location === undefined) return ok(undefined);
  let text: string;
  try {
    text = new TextDecoder().decode(Deno.readFileSync(location));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail("invalid_file", `Cannot read ${store}.location = ${location}: ${reason}`);
  }
  return withCertificate(text, store, location);
}

function withCertificate(pem: string, store: string, location: string): Result<string> {
  if (pem.search(CERTIFICATE) >= 0) return ok(pem);
  const convert = store === "ssl.truststore"
    ? "openssl pkcs12 -in STORE.p12 -nokeys -out trust.pem"
    : "openssl pkcs12 -in STORE.p12 -nodes -out client.pem";
  return fail(
    "invalid_file",
    `Cannot use ${store}.location = ${location}: must be PEM with at least one certificate; ` +
      `convert it and set ${store}.type=PEM`,
    {
      details: [
        `A PKCS12 store: ${convert}`,
        "A JKS store first: keytool -importkeystore -srckeystore STORE.jks " +
        "-destkeystore STORE.p12 -deststoretype PKCS12",
      ],
    },
  );
}
