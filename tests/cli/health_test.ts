/** `evenkeel health`: what probes of service managers get. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fail } from "../../lib/failure.ts";
import { harness } from "../actors/server/harness.ts";
import { runCommand } from "./console.ts";

Deno.test("health exits with 0 while every part answers", async () => {
  const ran = await runCommand(["health"], { server: harness() });
  assertEquals([ran.code, ran.out], [0, "all 6 parts answer\n"]);
});

Deno.test("health exits with 1 when a part does not answer, and names it", async () => {
  const server = harness({
    handlers: { get_analyzer_state: () => fail("actor_died", "The analyzer is being restarted") },
  });
  const ran = await runCommand(["health"], { server });
  assertEquals([ran.code, ran.out], [1, "no answer from analyzer\n"]);
});

Deno.test("health exits with 4 when nobody listens", async () => {
  const fetch = () => Promise.reject(new TypeError("connection refused"));
  const ran = await runCommand(["health", "--url", "http://127.0.0.1:1"], { fetch });
  assertEquals(ran.code, 4);
  assertStringIncludes(ran.err, "Cannot ask http://127.0.0.1:1 for its health");
});

Deno.test("health takes an answer that is none of ours for a failure", async () => {
  const fetch = () => Promise.resolve(Response.json({ hello: "world" }));
  const ran = await runCommand(["health"], { fetch });
  assertEquals(ran.code, 4);
});
