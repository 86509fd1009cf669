/**
 * A certificate authority of our own and a broker key signed by it, as PEM and PKCS12, made with openssl.
 *
 * @module
 */
import { run } from "./jars.ts";

/** Files of one authority. */
export interface TestCertificates {
  /** The authority's certificate: what a client must trust. */
  readonly caPem: string;
  /** The brokers' key and certificate; the password is `changeit`. */
  readonly keyStore: string;
  /** A private key with its certificate in one PEM file, as a client key store. */
  readonly clientPem: string;
}

/** Creates them in `directory`; the broker's certificate is for `names`. */
export async function makeCertificates(
  directory: string,
  names: readonly string[] = ["DNS:localhost", "IP:127.0.0.1"],
): Promise<TestCertificates> {
  await Deno.mkdir(directory, { recursive: true });
  const at = (name: string) => `${directory}/${name}`;
  const days = ["-days", "30"];
  await run("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test-ca", ...days],
    ...["-keyout", at("ca.key"), "-out", at("ca.pem")],
  ]);
  await Deno.writeTextFile(at("san.ext"), `subjectAltName=${names.join(",")}\n`);
  await run("openssl", [
    ...["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"],
    ...["-keyout", at("broker.key"), "-out", at("broker.csr")],
  ]);
  await run("openssl", [
    ...["x509", "-req", "-in", at("broker.csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key")],
    ...["-CAcreateserial", "-extfile", at("san.ext"), "-out", at("broker.pem"), ...days],
  ]);
  await run("openssl", [
    ...["pkcs12", "-export", "-inkey", at("broker.key"), "-in", at("broker.pem")],
    ...["-certfile", at("ca.pem"), "-passout", "pass:changeit", "-out", at("broker.p12")],
  ]);
  const pem = await Deno.readTextFile(at("broker.key")) + await Deno.readTextFile(at("broker.pem"));
  await Deno.writeTextFile(at("client.pem"), pem);
  return { caPem: at("ca.pem"), keyStore: at("broker.p12"), clientPem: at("client.pem") };
}
