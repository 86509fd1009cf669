/**
 * Reads a cluster snapshot file, version 1, into the arrays that a cluster model is built from.
 *
 * Beyond the published members it understands optional ones that other readers ignore: `offline` on a partition
 * (broker ids whose replica Kafka calls offline although broker and log dir are alive), `replicaDiskMb` on a
 * partition (MB by replica, where replicas differ in size), `cores` and `capacityEstimated` on a broker, and
 * `unknownResources` at the top (`{"cpu": "why its loads are not known"}`).
 *
 * @module
 */
import { fail, ok, type Result } from "../lib/failure.ts";
import type { ClusterInput } from "./cluster_input.ts";
import { readBytes } from "./files.ts";
import {
  CLOSE_OBJECT,
  COLON,
  COMMA,
  JsonProblem,
  OPEN_OBJECT,
  type Place,
  skipSpace,
  skipString,
  skipValue,
  stringIn,
  unexpected,
} from "./json_bytes.ts";
import { RESOURCES } from "./metrics.ts";
import { brokersFrom } from "./snapshot_brokers.ts";
import { readTopics } from "./snapshot_topics.ts";

/** Version of the file that is read and written. */
export const SNAPSHOT_VERSION = 1;

/**
 * Reads a snapshot file; one whose name ends in `.gz` is unpacked.
 *
 * @returns `invalid_file` when it cannot be read or is ill-formed, naming the member.
 */
export async function readSnapshotFile(path: string): Promise<Result<ClusterInput>> {
  const bytes = await readBytes(path, "snapshot");
  if (!bytes.ok) return bytes;
  const parsed = parseSnapshot(bytes.value);
  release(bytes.value);
  if (parsed.ok) return parsed;
  return fail("invalid_file", `Cannot read snapshot ${path}: ${parsed.failure.message}`);
}

/**
 * Gives a text's memory back at once. Left to the collector it was still there while the plan was made: 200 MB of the
 * highest use of memory at 2,800,000 replicas.
 */
function release(bytes: Uint8Array): void {
  if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
}

class TopPlace implements Place {
  readonly slot = new Float64Array(1);
  member = "";
  path(): string {
    return this.member;
  }
}

/**
 * Reads the text of a snapshot.
 *
 * @returns `invalid_file` whose message begins with the path of what is wrong. O(bytes).
 */
export function parseSnapshot(bytes: Uint8Array): Result<ClusterInput> {
  try {
    return ok(readTop(bytes));
  } catch (error) {
    if (error instanceof JsonProblem) return fail("invalid_file", error.message);
    throw error;
  }
}

/** Where the values of the top-level members begin. */
interface Members {
  version: unknown;
  brokers: unknown;
  unknownResources: unknown;
  /** Position of the topics when they came before the brokers; -1 when read or absent. */
  topicsAt: number;
  topics: ReturnType<typeof readTopics> | undefined;
}

function readTop(bytes: Uint8Array): ClusterInput {
  const place = new TopPlace();
  const members: Members = {
    version: undefined,
    brokers: undefined,
    unknownResources: undefined,
    topicsAt: -1,
    topics: undefined,
  };
  let at = skipSpace(bytes, 0);
  // A byte order mark is allowed by nobody and written by some.
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) at = skipSpace(bytes, 3);
  if (bytes[at] !== OPEN_OBJECT) throw unexpected(bytes, at, { path: "", wanted: "an object" });
  at = skipSpace(bytes, at + 1);
  while (bytes[at] !== CLOSE_OBJECT) {
    at = readMember(bytes, at, { place, members });
    at = skipSpace(bytes, at);
    if (bytes[at] === COMMA) {
      at = skipSpace(bytes, at + 1);
      if (bytes[at] !== CLOSE_OBJECT) continue;
    } else if (bytes[at] === CLOSE_OBJECT) break;
    throw unexpected(bytes, at, { path: "", wanted: ", or } and what follows" });
  }
  at = skipSpace(bytes, at + 1);
  if (at < bytes.length) throw unexpected(bytes, at, { path: "", wanted: "the end of the text" });
  return assemble(bytes, members);
}

function readMember(
  bytes: Uint8Array,
  at: number,
  options: { place: TopPlace; members: Members },
): number {
  const { place, members } = options;
  const nameEnd = skipString(bytes, at, place);
  const name = stringIn(bytes, at, { end: nameEnd, place });
  at = skipSpace(bytes, nameEnd);
  if (bytes[at] !== COLON) throw unexpected(bytes, at, { path: name, wanted: ":" });
  at = skipSpace(bytes, at + 1);
  place.member = name;
  if (name === "topics" && members.brokers !== undefined && members.topics === undefined) {
    members.topics = readTopics(bytes, at, brokersFrom(members.brokers));
    at = members.topics.at;
  } else {
    const start = at;
    at = skipValue(bytes, at, place);
    if (name === "topics") members.topicsAt = start;
    else if (name === "version" || name === "brokers" || name === "unknownResources") {
      members[name] = valueIn(bytes.subarray(start, at), name);
    }
  }
  place.member = "";
  return at;
}

function valueIn(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new JsonProblem(path, error instanceof Error ? error.message : String(error));
  }
}

function assemble(bytes: Uint8Array, members: Members): ClusterInput {
  if (members.version !== SNAPSHOT_VERSION) {
    const got = members.version === undefined ? "nothing" : JSON.stringify(members.version);
    throw new JsonProblem("version", `must be ${SNAPSHOT_VERSION}, got ${got}`);
  }
  if (members.brokers === undefined) {
    throw new JsonProblem("brokers", "is missing, wanted an array");
  }
  const brokers = brokersFrom(members.brokers);
  if (members.topics === undefined && members.topicsAt >= 0) {
    members.topics = readTopics(bytes, members.topicsAt, brokers);
  }
  if (members.topics === undefined) throw new JsonProblem("topics", "is missing, wanted an array");
  return {
    brokers,
    ...members.topics.arrays,
    unknownResources: unknownResourcesFrom(members.unknownResources),
  };
}

function unknownResourcesFrom(value: unknown): Map<number, string> {
  const unknown = new Map<number, string>();
  if (value === undefined) return unknown;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new JsonProblem("unknownResources", "must be an object");
  }
  for (const [name, why] of Object.entries(value)) {
    const resource = RESOURCES.findIndex((candidate) => candidate === name);
    if (resource < 0 || typeof why !== "string") {
      throw new JsonProblem(
        `unknownResources.${name}`,
        `must be one of ${RESOURCES.join(", ")} with a text, got ${JSON.stringify(why)}`,
      );
    }
    unknown.set(resource, why);
  }
  return unknown;
}
