import { assertEquals, assertNotEquals } from "@std/assert";
import type { Budget } from "../../../model/budget.ts";
import {
  createPlanCache,
  type PlanOrigin,
  requestKey,
} from "../../../actors/analyzer/plan_cache.ts";

const ORIGIN: PlanOrigin = {
  topologyGeneration: 3,
  loadGeneration: 7,
  fromActiveWindow: false,
  madeAtMs: 1_000,
};
const NOW = { nowMs: 2_000, topologyGeneration: 3, loadGeneration: 7 };

function cacheWith(origin: Partial<PlanOrigin> = {}) {
  const cache = createPlanCache<string>(900_000);
  cache.put("key", "plan", { ...ORIGIN, ...origin });
  return cache;
}

Deno.test("get() gives a plan for as long as nothing changed", () => {
  const cache = cacheWith();
  assertEquals(cache.get("key", NOW), "plan");
  assertEquals(cache.get("key", NOW), "plan", "again");
  assertEquals(cache.get("other", NOW), undefined);
});

Deno.test("get() forgets a plan when topology, load or age went past it", () => {
  assertEquals(cacheWith().get("key", { ...NOW, topologyGeneration: 4 }), undefined);
  assertEquals(cacheWith().get("key", { ...NOW, loadGeneration: 8 }), undefined);
  assertEquals(cacheWith().get("key", { ...NOW, nowMs: 901_000 }), undefined);
  const cache = cacheWith();
  cache.get("key", { ...NOW, topologyGeneration: 4 });
  assertEquals(cache.get("key", NOW), undefined, "what was forgotten does not come back");
});

Deno.test("previous() gives the last plan also when it does not hold any more", () => {
  const cache = cacheWith();
  assertEquals(cache.get("key", { ...NOW, loadGeneration: 8 }), undefined);
  assertEquals(cache.previous("key"), "plan");
  assertEquals(cache.previous("other"), undefined);
  cache.put("key", "newer", { ...ORIGIN, loadGeneration: 8 });
  assertEquals(cache.previous("key"), "newer");
  assertEquals(cache.get("key", { ...NOW, loadGeneration: 8 }), "newer");
  cache.clear();
  assertEquals(cache.previous("key"), undefined);
});

Deno.test("get() gives a plan whose load is newer than the news of it", () => {
  assertEquals(cacheWith().get("key", { ...NOW, loadGeneration: 6 }), "plan");
});

Deno.test("get() gives a plan from the window in progress for a minute only", () => {
  const active = { fromActiveWindow: true };
  assertEquals(cacheWith(active).get("key", { ...NOW, nowMs: 60_999 }), "plan");
  assertEquals(cacheWith(active).get("key", { ...NOW, nowMs: 61_000 }), undefined);
});

Deno.test("put() drops the plan that was used longest ago when there are too many", () => {
  const cache = createPlanCache<number>(900_000);
  for (let i = 0; i < 8; i++) cache.put(`key ${i}`, i, ORIGIN);
  cache.get("key 0", NOW);
  cache.put("key 8", 8, ORIGIN);
  const kept = Array.from({ length: 9 }, (_, i) => cache.get(`key ${i}`, NOW));
  assertEquals(kept, [0, undefined, 2, 3, 4, 5, 6, 7, 8]);
});

Deno.test("requestKey() is equal for requests that want the same", () => {
  const plain = requestKey({ operation: "rebalance" });
  assertEquals(
    requestKey({
      operation: "rebalance",
      goals: [],
      excludedTopics: "",
      destinationBrokerIds: [],
      skipHardGoalCheck: true,
      ignoreProposalCache: true,
    }),
    plain,
  );
  assertEquals(
    requestKey({ operation: "rebalance", excludedForLeadership: [2, 1] }),
    requestKey({ operation: "rebalance", excludedForLeadership: [1, 2] }),
  );
  assertNotEquals(
    requestKey({ operation: "rebalance", goals: ["A", "B"] }),
    requestKey({ operation: "rebalance", goals: ["B", "A"] }),
  );
  assertNotEquals(requestKey({ operation: "rebalance", brokerIds: [1] }), plain);
  assertNotEquals(requestKey({ operation: "fix_offline_replicas" }), plain);
  const within = (budget: Budget) => requestKey({ operation: "rebalance", budget });
  assertNotEquals(within({}), plain, "it has a curve");
  assertEquals(requestKey({ operation: "rebalance", over: "mean" }), plain);
  assertNotEquals(requestKey({ operation: "rebalance", over: "each" }), plain);
  assertNotEquals(within({ maxMb: 1 }), within({ maxMoves: 1 }));
  assertEquals(within({ maxMoves: 2, maxMb: 1 }), within({ maxMb: 1, maxMoves: 2 }));
});
