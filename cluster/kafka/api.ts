/**
 * What one request of Kafka's protocol is to us: a key, the versions that we speak, how to write it and how to read its
 * answer. One file in `api/` declares one.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import { WireError, WireReader, WireWriter } from "./wire.ts";

/** A request of the protocol. All versions that we speak are flexible ones (KIP-482). */
export interface Api<Request, Answer> {
  readonly key: number;
  /** Kafka's name of it, for messages. */
  readonly name: string;
  /** Versions that we speak, best first. */
  readonly versions: readonly number[];
  encode(writer: WireWriter, request: Request, version: number): void;
  /** Reads the body after the response header; throws only {@link WireError}. */
  decode(reader: WireReader, version: number): Answer;
}

/** The versions of one request that a broker offers. */
export interface VersionRange {
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** The best version that both sides speak. A broker closes the connection on any other, so this is checked before. */
export function chooseVersion(
  api: { readonly name: string; readonly versions: readonly number[] },
  offered: VersionRange | undefined,
): Result<number> {
  const version = api.versions.find((candidate) =>
    offered !== undefined && candidate >= offered.minVersion && candidate <= offered.maxVersion
  );
  if (version !== undefined) return ok(version);
  const there = offered === undefined
    ? "none"
    : `versions ${offered.minVersion} to ${offered.maxVersion}`;
  return fail(
    "unsupported_version",
    `Cannot send ${api.name}: the broker must offer version ${api.versions.join(" or ")}, it ` +
      `offers ${there}; use brokers of Kafka 3.3 or newer`,
  );
}

/** The request as kafkajs wants it after its part of the header: the header's tagged fields, then the body. */
export function encodeRequest<Request, Answer>(
  api: Api<Request, Answer>,
  request: Request,
  version: number,
): Uint8Array {
  const writer = new WireWriter();
  writer.noTags();
  api.encode(writer, request, version);
  return writer.finish();
}

/** Reads an answer, from the tagged fields of its header to its last byte. */
export function decodeAnswer<Request, Answer>(
  api: Api<Request, Answer>,
  payload: Uint8Array,
  version: number,
): Result<Answer> {
  try {
    const reader = new WireReader(payload);
    reader.tags();
    const answer = api.decode(reader, version);
    reader.end();
    return ok(answer);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return fail(
      "protocol_error",
      `Cannot read the answer to ${api.name} version ${version}: ${error.message}`,
      { retriable: true },
    );
  }
}
