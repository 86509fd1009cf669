/**
 * A snapshot of what a running Evenkeel knows: the model that its plans are made for.
 *
 * @module
 */
import { fail, type Result } from "../lib/failure.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import { readSnapshotPieces } from "../model/snapshot_read.ts";
import { createClient } from "./client.ts";
import type { Io } from "./io.ts";

/** Which Evenkeel, and which of its models. */
export interface ServedOptions {
  readonly url: string;
  /** Goals that plans are to be made for, which say how well the load must be known; absent = the server's default. */
  readonly goals?: readonly string[] | undefined;
  readonly windows: boolean;
  readonly logDirs: boolean;
}

/** Fetches the model. Fails as other calls of a client do, and with `cluster_unreachable` where the answer breaks off. */
export async function servedInput(options: ServedOptions, io: Io): Promise<Result<ClusterInput>> {
  const { url, goals, windows, logDirs } = options;
  const client = createClient(url, io);
  if (!client.ok) return client;
  const body = await client.value.stream("snapshot", {
    goals,
    windows: windows ? true : undefined,
    log_dirs: logDirs ? true : undefined,
  });
  if (!body.ok) return body;
  const action = "Cannot read the snapshot that Evenkeel sends";
  try {
    const read = await readSnapshotPieces(body.value);
    return read.ok ? read : fail("protocol_error", `${action}: ${read.failure.message}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail("cluster_unreachable", `${action}: ${reason}`, { retriable: true });
  }
}
