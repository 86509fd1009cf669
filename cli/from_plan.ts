/**
 * The plan that `optimize --from-plan` starts from.
 *
 * @module
 */
import { ok, type Result } from "../lib/failure.ts";
import { type ClusterInput, partitionAt } from "../model/cluster_input.ts";
import { type PlannedPartition, readPlanFile } from "../model/plan_file.ts";
import { previousOf, type PreviousPlan } from "../planner/previous.ts";
import type { Io } from "./io.ts";

/** A plan of which more than this part is about other partitions, or other replicas of them, is of another cluster. */
const STRANGE = 0.5;
/** So many partitions of the plan tell. */
const LOOKED_AT = 1000;

/**
 * Reads the plan, and says on stderr when it is of another cluster; undefined without a path.
 *
 * @returns `invalid_file` when the file cannot be read
 */
export async function readPrevious(
  io: Io,
  path: string | undefined,
  input: ClusterInput,
): Promise<Result<PreviousPlan | undefined>> {
  if (path === undefined) return ok(undefined);
  const read = await readPlanFile(path);
  if (!read.ok) return read;
  const { partitions, claims: { mbToMove = 0, lowerBoundMb = 0 } } = read.value;
  const step = Math.ceil(partitions.length / LOOKED_AT);
  const some = partitions.filter((_, i) => i % step === 0);
  const strange = strangers(input, some).length;
  if (strange > some.length * STRANGE) {
    io.err(
      `--from-plan ${path} is of another cluster, or much has changed since: of ${some.length} partitions looked at ` +
        `the snapshot has ${
          some.length - strange
        } where the plan finds them. It hardly saves time\n`,
    );
  }
  const proposals = partitions.map((planned) => ({
    ...planned,
    newReplicas: planned.newReplicas.map((brokerId) => ({ brokerId })),
  }));
  return ok(previousOf({ proposals, summary: { mbToMove, lowerBoundMb } }));
}

/** Of these partitions those that the cluster does not have where the plan finds them, nor where it brings them. */
function strangers(
  input: ClusterInput,
  partitions: readonly PlannedPartition[],
): PlannedPartition[] {
  const topics = new Map(input.topicNames.map((name, t) => [name, t]));
  const key = (ids: readonly number[]) => [...ids].sort((a, b) => a - b).join();
  return partitions.filter(({ topic, partition, oldReplicas, newReplicas }) => {
    const t = topics.get(topic);
    if (t === undefined) return true;
    const p = partitionAt(input, t, partition);
    if (p < 0) return true;
    const [from, to] = [input.replicaStart[p]!, input.replicaStart[p + 1]!];
    const ids = Array.from(input.replicaBroker.subarray(from, to), (b) => input.brokers[b]!.id);
    return oldReplicas !== undefined && key(ids) !== key(oldReplicas) &&
      key(ids) !== key(newReplicas);
  });
}
