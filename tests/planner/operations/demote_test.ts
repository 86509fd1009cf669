/** Brokers that are to lead nothing. */
import { assert, assertEquals } from "@std/assert";
import { makePlan } from "../../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../../planner/settings.ts";
import { constraintWith, handInput } from "../clusters.ts";

const load = [1, 10, 10, 100] as const;

/** Broker 0 leads t-0 and t-1, follows in t-2 before broker 2, and comes last in t-3. */
const INPUT = handInput([0, 1, 2].map((id) => ({ id, rack: `r${id}` })), [
  { topic: "t", id: 0, replicas: [0, 1], load },
  { topic: "t", id: 1, replicas: [0, 2], load },
  { topic: "t", id: 2, replicas: [1, 0, 2], load },
  { topic: "t", id: 3, replicas: [1, 0], load },
]);

function demoted(options: Partial<PlannerSettings> = {}) {
  const made = makePlan(
    INPUT,
    plannerSettings(["PreferredLeaderElectionGoal"], constraintWith(), {
      operation: "demote_broker",
      brokerIds: [0],
      ...options,
    }),
  );
  assert(made.ok, made.ok ? "" : made.failure.message);
  return {
    lists: Object.fromEntries(
      made.value.proposals.map((p) => [p.partition, p.newReplicas.map((r) => r.brokerId)]),
    ),
    leadershipMoves: made.value.summary.leadershipMoves,
  };
}

Deno.test("demote_broker takes leadership off the broker and leaves lists alone that it does not lead", () => {
  assertEquals(demoted(), { lists: { 0: [1, 0], 1: [2, 0] }, leadershipMoves: 2 });
});

Deno.test("demote_broker puts followers last, too, when that is asked for", () => {
  assertEquals(demoted({ demoteFollowers: true }), {
    lists: { 0: [1, 0], 1: [2, 0], 2: [1, 2, 0] },
    leadershipMoves: 3,
  });
});

Deno.test("demote_broker leaves pinned partitions as they are", () => {
  const pinned = new Set(["t-0", "t-2"]);
  assertEquals(demoted({ pinned, demoteFollowers: true }), {
    lists: { 1: [2, 0] },
    leadershipMoves: 1,
  });
});
