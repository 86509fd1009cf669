/**
 * From what a connection threw to a failure that says what to change.
 *
 * @module
 */
import { fail, type Failure } from "../../lib/failure.ts";
import type { Address } from "./settings.ts";

/** `host:port`, with brackets around an IPv6 address. */
export function addressText(address: Address): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

/** A member of something thrown, as text. */
function textOf(error: unknown, member: string): string {
  if (typeof error !== "object" || error === null) return "";
  const value = (error as Record<string, unknown>)[member];
  return typeof value === "string" ? value : "";
}

/** Texts of certificate errors in Deno (rustls) and Node (OpenSSL). */
const UNTRUSTED =
  /self.signed|UnknownIssuer|unable to (get|verify)|UNABLE_TO|CaUsedAsEndEntity|unknown ca/i;
const WRONG_NAME = /NotValidForName|altnames|Hostname\/IP/i;
const OUTDATED = /expired|NotValidYet|not yet valid/i;
const CERTIFICATE = /certificate|CERT_/i;
const NO_TLS = /InvalidContentType|wrong version number|InvalidMessage|corrupt message/i;

/**
 * Classifies an error of opening or using a connection. `protocol` is the value of security.protocol, for the hint when
 * the other side seems to speak another one.
 */
export function connectionFailure(error: unknown, address: Address, protocol: string): Failure {
  const name = textOf(error, "name");
  const reason = textOf(error, "message") || String(error);
  const where = addressText(address);
  const all = `${reason} ${textOf(error, "code")}`;
  if (name === "KafkaJSSASLAuthenticationError") {
    return fail(
      "authentication_failed",
      `Cannot log in to ${where}: check user and password in sasl.jaas.config and the mechanism in ` +
        `sasl.mechanism: ${reason}`,
    ).failure;
  }
  if (name === "KafkaJSRequestTimeoutError") {
    return fail("deadline_exceeded", `Cannot get an answer from broker ${where}: ${reason}`, {
      retriable: true,
    }).failure;
  }
  const tls = protocol.endsWith("SSL") ? tlsFailure(all, where) : undefined;
  if (tls !== undefined) return tls;
  // To a client without TLS, the alert that a TLS port sends looks like the length of a huge answer.
  const strange = name === "KafkaJSConnectionClosedError" ||
    /closed|ECONNRESET|EPIPE|eof|an answer claims/i.test(all);
  const details = !strange ? [] : [
    protocol.endsWith("SSL")
      ? "If that port does not speak TLS, set security.protocol to PLAINTEXT or SASL_PLAINTEXT"
      : "If that port speaks TLS, set security.protocol to SSL or SASL_SSL",
  ];
  return fail("cluster_unreachable", `Cannot reach broker ${where}: ${reason}`, {
    retriable: true,
    ...(details.length === 0 ? {} : { details }),
  }).failure;
}

function tlsFailure(text: string, where: string): Failure | undefined {
  const refuse = (what: string) => fail("authentication_failed", what).failure;
  if (NO_TLS.test(text)) {
    return fail(
      "cluster_unreachable",
      `Cannot speak TLS with ${where}: check the port, or set security.protocol without SSL: ${text}`,
    ).failure;
  }
  if (WRONG_NAME.test(text)) {
    return refuse(
      `Cannot trust ${where}: its certificate must name this host; correct the address or set ` +
        `ssl.endpoint.identification.algorithm to empty: ${text}`,
    );
  }
  if (OUTDATED.test(text)) {
    return refuse(`Cannot trust ${where}: its certificate must be valid now; renew it: ${text}`);
  }
  if (UNTRUSTED.test(text) || CERTIFICATE.test(text)) {
    return refuse(
      `Cannot trust ${where}: set ssl.truststore.location to a PEM file with the authority that ` +
        `signed its certificate: ${text}`,
    );
  }
  return undefined;
}
