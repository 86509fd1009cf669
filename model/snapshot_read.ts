/**
 * Reads a cluster snapshot file, version 1, into the arrays that a cluster model is built from.
 *
 * Beyond the published members it understands optional ones that other readers ignore: `offline` on a partition
 * (broker ids whose replica Kafka calls offline although broker and log dir are alive), `replicaDiskMb` on a
 * partition (MB by replica, where replicas differ in size), "" in its `logDirs` where it is not known which, `followerCpu` on a partition with `windows` (CPU percent of
 * each follower by window; when absent the part of the leader's that `followerLoad` has, or derived), `cores` and
 * `capacityEstimated` on a broker, and `unknownResources` at the top (`{"cpu": "why its loads are not known"}`).
 *
 * @module
 */
import { fail, ok, type Result } from "../lib/failure.ts";
import type { ClusterInput } from "./cluster_input.ts";
import { PIECE_BYTES, readPieces } from "./files.ts";
import { JsonProblem } from "./json_bytes.ts";
import { objectAt, shown, wrong } from "./json_values.ts";
import { RESOURCES } from "./metrics.ts";
import { brokersFrom } from "./snapshot_brokers.ts";
import { resolveTopics } from "./snapshot_resolve.ts";
import { SnapshotText } from "./snapshot_text.ts";

/** Version of the file that is read and written. */
export const SNAPSHOT_VERSION = 1;

/**
 * Reads a snapshot file; one whose name ends in `.gz` is unpacked.
 *
 * @returns `invalid_file` when it cannot be read or is ill-formed, naming the member.
 */
export async function readSnapshotFile(path: string): Promise<Result<ClusterInput>> {
  let text: SnapshotText | undefined;
  try {
    const room = (wanted: number, size: number) => {
      text ??= new SnapshotText(size);
      return text.room(wanted);
    };
    const read = await readPieces(path, "snapshot", { room, take: (count) => text?.take(count) });
    return read.ok ? ok(inputFrom(text ?? new SnapshotText(0))) : read;
  } catch (error) {
    return refused(error, `Cannot read snapshot ${path}: `);
  }
}

/**
 * Reads a snapshot that arrives in pieces, of any size. Rejects with what the pieces throw.
 *
 * @returns `invalid_file` whose message begins with the path of what is wrong. O(bytes).
 */
export async function readSnapshotPieces(
  pieces: AsyncIterable<Uint8Array>,
): Promise<Result<ClusterInput>> {
  const text = new SnapshotText(0);
  try {
    for await (const piece of pieces) text.add(piece);
    return ok(inputFrom(text));
  } catch (error) {
    return refused(error, "");
  }
}

/**
 * Reads the text of a snapshot.
 *
 * @returns `invalid_file` whose message begins with the path of what is wrong. O(bytes).
 */
export function parseSnapshot(bytes: Uint8Array): Result<ClusterInput> {
  const text = new SnapshotText(bytes.length);
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      text.add(bytes.subarray(at, at + PIECE_BYTES));
    }
    return ok(inputFrom(text));
  } catch (error) {
    return refused(error, "");
  }
}

function refused(error: unknown, start: string) {
  if (error instanceof JsonProblem) return fail("invalid_file", start + error.message);
  throw error;
}

function inputFrom(text: SnapshotText): ClusterInput {
  text.finish();
  const { version, brokers: brokersValue, unknownResources } = text.members;
  if (version !== SNAPSHOT_VERSION) {
    const got = version === undefined ? "nothing" : shown(version);
    throw new JsonProblem("version", `must be ${SNAPSHOT_VERSION}, got ${got}`);
  }
  const brokers = brokersFrom(brokersValue);
  if (!text.hasTopics) throw wrong("topics", "an array", undefined);
  return {
    brokers,
    ...resolveTopics(text.columns, brokers),
    unknownResources: unknownResourcesFrom(unknownResources),
  };
}

function unknownResourcesFrom(value: unknown): Map<number, string> {
  const unknown = new Map<number, string>();
  if (value === undefined) return unknown;
  for (const [name, why] of Object.entries(objectAt(value, "unknownResources"))) {
    const resource = RESOURCES.findIndex((candidate) => candidate === name);
    if (resource < 0 || typeof why !== "string") {
      throw new JsonProblem(
        `unknownResources.${name}`,
        `must be one of ${RESOURCES.join(", ")} with a text, got ${shown(why)}`,
      );
    }
    unknown.set(resource, why);
  }
  return unknown;
}
