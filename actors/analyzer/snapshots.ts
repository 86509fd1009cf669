/**
 * The model as a snapshot's text, which is larger than a message: written part by part as it is fetched, so that it is
 * nowhere as a whole and neither thread is held for long.
 *
 * @module
 */
import type { Clock } from "../../lib/clock.ts";
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { PlanRequest } from "../../messages/analyzer.ts";
import type { AnswerOf, RequestOf } from "../../messages/mod.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { snapshotText } from "../../model/snapshot_write.ts";
import type { ModelSource, SourcedModel } from "./model_source.ts";
import { checkRequest, modelFor, type PlanRules } from "./plan_maker.ts";

/** Characters of a part at least, but for the last one: some 20 ms of writing. */
const PART_CHARACTERS = 1 << 18;

/** Snapshots that are fetched at a time: each holds a model. */
const HELD_MAX = 2;

/** One that nobody asked for so long gives way to another. */
const IDLE_MS = 60_000;

/** The model that a plan for these goals would be made for. Fails as `get_snapshot`. */
export async function snapshotModel(
  { goals, withWindows, withLogDirs }: Omit<RequestOf<"get_snapshot">, "kind">,
  { rules, source }: { readonly rules: PlanRules; readonly source: ModelSource },
): Promise<Result<SourcedModel>> {
  const request: PlanRequest = {
    operation: "rebalance",
    skipHardGoalCheck: true,
    over: withWindows ? "each" : "mean",
    ...(goals.length === 0 ? {} : { goals }),
  };
  const checked = checkRequest(request, rules);
  if (!checked.ok) return checked;
  const control = { cancelled: () => false };
  return await modelFor(request, checked.value, { rules, source, control, withLogDirs });
}

interface Held {
  readonly pieces: Iterator<string, void>;
  /** Number of the next part. */
  next: number;
  askedMs: number;
}

/** Snapshots that are being fetched, by their ids. */
export interface HeldSnapshots {
  /** Takes a model, answering `get_snapshot`. */
  hold(input: ClusterInput): Result<AnswerOf<"get_snapshot">>;
  /** Answers `get_snapshot_part`. */
  part(snapshotId: string, part: number): Result<AnswerOf<"get_snapshot_part">>;
  drop(snapshotId: string): void;
}

/** None yet. `prefix`: differs from that of every other start of this actor, for ids that none of them gave. */
export function createHeldSnapshots(prefix: string, clock: Clock): HeldSnapshots {
  const held = new Map<string, Held>();
  let made = 0;
  return {
    hold(input) {
      const nowMs = clock.monotonicMs();
      for (const [id, { askedMs }] of held) if (nowMs - askedMs >= IDLE_MS) held.delete(id);
      if (held.size >= HELD_MAX) {
        const message = `Cannot give a snapshot: ${held.size} are being fetched, at most ` +
          `${HELD_MAX} may be; ask again`;
        return fail("mailbox_full", message, { retriable: true });
      }
      const snapshotId = `${prefix}-${++made}`;
      held.set(snapshotId, { pieces: snapshotText(input), next: 0, askedMs: nowMs });
      const guessed = input.brokers.filter((broker) => broker.capacityEstimated);
      return ok({ snapshotId, estimatedBrokers: guessed.map(({ id }) => id) });
    },
    part(snapshotId, part) {
      const snapshot = held.get(snapshotId);
      if (snapshot?.next !== part) {
        const message = `Cannot give part ${part} of snapshot ${snapshotId}: it is not held any ` +
          "more; ask for the snapshot again";
        return fail("not_found", message, { retriable: true });
      }
      snapshot.next++;
      snapshot.askedMs = clock.monotonicMs();
      const given = nextPart(snapshot.pieces);
      if (given.isLast) held.delete(snapshotId);
      return ok(given);
    },
    drop: (snapshotId) => void held.delete(snapshotId),
  };
}

function nextPart(pieces: Iterator<string, void>): AnswerOf<"get_snapshot_part"> {
  let text = "";
  while (text.length < PART_CHARACTERS) {
    const next = pieces.next();
    if (next.done === true) return { text, isLast: true };
    text += next.value;
  }
  return { text, isLast: false };
}
