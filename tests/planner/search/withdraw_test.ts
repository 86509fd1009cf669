/** Taking back what breaks a hard limit. */
import { assert, assertEquals } from "@std/assert";
import { prepare } from "../../../planner/prepare.ts";
import { promote, relocate } from "../../../planner/search/state.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { withdraw } from "../../../planner/search/parts/withdraw.ts";
import { constraintWith, handInput } from "../clusters.ts";

Deno.test("withdraw() sends home what puts most on a broker, also after it gave leadership back", () => {
  // Brokers may take 240,000 KB/s. Broker 2 got 200,000 and the lead of them, and three times 30,000: the large one goes, not the small ones.
  const input = handInput([0, 1, 2].map((id) => ({ id, rack: `r${id}` })), [
    { topic: "large", id: 0, replicas: [0, 1], load: [1, 200_000, 1, 1] },
    ...[0, 1, 2].map((id) => ({
      topic: "small",
      id,
      replicas: [1],
      load: [1, 30_000, 1, 1] as const,
    })),
  ]);
  const prepared = prepare(
    input,
    plannerSettings(["NetworkInboundCapacityGoal"], constraintWith(), { unmetHardGoals: "report" }),
  );
  assert(prepared.ok);
  const search = prepared.value.searchOf(0);
  const { model } = search;
  for (const replica of [1, 2, 3, 4]) relocate(search, replica, 2);
  promote(search, 0, 1);
  withdraw(search);
  assertEquals([...model.broker], [0, 1, 2, 2, 2]);
  assertEquals(model.leader[0], 0);
});
