/**
 * Reassignments that somebody else started, and disk moves in progress: what an operation does before it begins.
 *
 * @module
 */
import type { Gateway } from "../../cluster/gateway.ts";
import type { Config } from "../../config/table.ts";
import { type Clock, sleepUntil } from "../../lib/clock.ts";
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import type { OngoingReassignment } from "../../model/readings.ts";

/** How long cancelled reassignments may stay listed, and how often that is looked at. Kafka takes milliseconds. */
const CANCEL_WAIT_MS = 10_000;
const CANCEL_LOOK_MS = 50;

const NO_REASSIGNMENT_IN_PROGRESS = 85;

/** What this file needs. */
export interface ForeignDeps {
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: Config;
}

/** A partition by name. */
export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}

/**
 * Makes the cluster free of others' reassignments: cancels them when `auto.stop.external.agent`, else fails with
 * `ongoing_execution`. Call it only while no execution of our own is unfinished.
 */
export async function makeRoom(deps: ForeignDeps): Promise<Result<readonly PartitionName[]>> {
  const listed = await deps.gateway.listReassignments();
  if (!listed.ok) return listed;
  if (listed.value.length === 0) return ok([]);
  if (!deps.config["auto.stop.external.agent"]) {
    return fail(
      "ongoing_execution",
      `Cannot begin: somebody else is reassigning ${listed.value.length} partitions, first ` +
        `${
          nameOf(listed.value[0]!)
        }; wait for them, cancel them, or set auto.stop.external.agent=true`,
      { retriable: true },
    );
  }
  return await cancelForeign(deps, listed.value);
}

/** Cancels every reassignment that Kafka lists, and waits until it is gone. Gives the cancelled partitions. */
export async function cancelAll(deps: ForeignDeps): Promise<Result<readonly PartitionName[]>> {
  const listed = await deps.gateway.listReassignments();
  if (!listed.ok) return listed;
  return listed.value.length === 0 ? ok([]) : await cancelForeign(deps, listed.value);
}

async function cancelForeign(
  deps: ForeignDeps,
  foreign: readonly OngoingReassignment[],
): Promise<Result<readonly PartitionName[]>> {
  const { gateway, clock, log } = deps;
  const partitions = foreign.map(({ topic, partition }) => ({ topic, partition }));
  log.warn("Cancelling reassignments that somebody else started", {
    count: partitions.length,
    partitions: partitions.slice(0, 20).map(nameOf).join(", "),
  });
  const answer = await gateway.alterReassignments(
    partitions.map((name) => ({ ...name, replicas: null })),
  );
  if (!answer.ok) return answer;
  const refused = answer.value.find((outcome) =>
    outcome.errorCode !== 0 && outcome.errorCode !== NO_REASSIGNMENT_IN_PROGRESS
  );
  if (refused !== undefined) {
    return fail(
      "ongoing_execution",
      `Cannot cancel the reassignment of ${
        nameOf(refused)
      }: Kafka answered error ${refused.errorCode}`,
      { retriable: true, kafkaErrorCode: refused.errorCode },
    );
  }
  const untilMs = clock.nowMs() + CANCEL_WAIT_MS;
  for (;;) {
    const left = await gateway.listReassignments();
    if (left.ok && left.value.length === 0) return ok(partitions);
    if (clock.nowMs() >= untilMs) {
      return fail("ongoing_execution", "Cannot begin: cancelled reassignments are still listed", {
        retriable: true,
      });
    }
    await sleepUntil(clock, clock.nowMs() + CANCEL_LOOK_MS);
  }
}

function nameOf({ topic, partition }: PartitionName): string {
  return `${topic}-${partition}`;
}
