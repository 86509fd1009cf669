import { assertEquals } from "@std/assert";
import type { Facts } from "../../../actors/server/facts.ts";
import { type ActorStates, healthOf } from "../../../actors/server/health.ts";
import { fail } from "../../../lib/failure.ts";
import type { ActorRuntime } from "../../../messages/runtime.ts";

const SILENT = fail("not_found", "Nobody is asked in this test");
const STATES = new Proxy({}, { get: () => SILENT }) as unknown as ActorStates;

function classifierHealth(state: ActorRuntime["state"] | undefined) {
  const actors = state === undefined
    ? []
    : [{ name: "classifier", state, restarts: 2, lastFailure: "out of memory" }];
  const facts = { runtime: { atMs: 0, actors } } as unknown as Facts;
  return healthOf(STATES, facts).filter(({ actor }) => actor === "classifier");
}

Deno.test("healthOf() tells of a classifier that is down, and of none where none runs", () => {
  assertEquals(classifierHealth(undefined), []);
  const known = { actor: "classifier" as const, restarts: 2 };
  assertEquals(classifierHealth("running"), [{ ...known, ok: true, problem: undefined }]);
  assertEquals(classifierHealth("given_up"), [
    { ...known, ok: false, problem: "given_up: out of memory" },
  ]);
});
