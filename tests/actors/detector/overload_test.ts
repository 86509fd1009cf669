import { assertEquals } from "@std/assert";
import { describe } from "../../../actors/detector/conditions.ts";
import { predictedOverload, sameOverloads } from "../../../actors/detector/overload.ts";
import { overload, prediction, START_MS } from "./records.ts";

const at = (votes: readonly number[], known?: ReturnType<typeof overload>) =>
  predictedOverload(prediction(votes), known, START_MS);

Deno.test("predictedOverload() begins with more than half of the votes that may be counted", () => {
  assertEquals(at([2, 0]), undefined);
  assertEquals(at([2, 3]), overload([2], { expected: 0.4 }));
  const early = prediction([2], { votes: Int32Array.of(0, 0, 2) });
  assertEquals(predictedOverload(early, undefined, START_MS), undefined, "2 of 5 are no majority");
});

Deno.test("predictedOverload() lasts while any of the latest predictions still says so, since it began", () => {
  const known = overload([1], { sinceMs: START_MS - 5000 });
  assertEquals(at([1, 0], known), overload([1], { sinceMs: START_MS - 5000, expected: 0.4 }));
  assertEquals(at([0, 0], known), undefined);
});

Deno.test("predictedOverload() knows nothing without a prediction, or of one whose time has come", () => {
  assertEquals(predictedOverload(undefined, overload([1]), START_MS), undefined);
  const inTime = predictedOverload(prediction([5]), undefined, START_MS + 600_000);
  assertEquals(inTime?.kind, "PREDICTED_OVERLOAD");
  assertEquals(predictedOverload(prediction([5]), undefined, START_MS + 600_001), undefined);
});

Deno.test("predictedOverload() names the limit that is nearer, and says so in words", () => {
  const memory = predictedOverload(
    prediction([5], { memory: Float64Array.of(0.48) }),
    undefined,
    START_MS,
  );
  assertEquals(memory, overload([1], { resource: "memory", expected: 0.48 }));
  assertEquals(
    describe(overload([1, 3])),
    "broker 1 (cpu 60 %, limit 50 %), broker 3 (cpu 60 %, limit 50 %) over-loaded in 10 min",
  );
});

Deno.test("sameOverloads() compares brokers, not figures", () => {
  assertEquals(sameOverloads(overload([1]), overload([1], { expected: 0.9 })), true);
  assertEquals(sameOverloads(overload([1]), overload([1, 2])), false);
  assertEquals(sameOverloads(overload([1]), undefined), false);
});
