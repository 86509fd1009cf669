import { assertStringIncludes } from "@std/assert";
import { ok } from "../../lib/failure.ts";
import type { ClassifierState } from "../../messages/classifier.ts";
import { harness, observedCluster } from "../actors/server/harness.ts";
import { runCommand } from "./console.ts";

const QUIET: ClassifierState = {
  status: "not_better",
  explanation:
    "The latest model is not better than persistence: macro-F1 0.710 vs 0.740; nothing is predicted",
  historyRows: 100,
  historyFromMs: 0,
  historyToMs: 60_000,
  training: null,
  lastTraining: null,
  nextTrainingAtMs: null,
  model: null,
  predictedAtMs: null,
  horizonMs: 600_000,
  brokers: [
    { brokerId: 1, current: "optimal", predicted: null, votes: [0, 0, 0] },
    { brokerId: 2, current: null, predicted: null, votes: [0, 0, 0] },
  ],
  storeFailure: null,
};

async function statusWith(state: ClassifierState): Promise<string> {
  const server = harness({ handlers: { get_classifier_state: () => ok(state) } });
  server.server.handle(observedCluster());
  return (await runCommand(["status"], { server })).out;
}

Deno.test("status says when a model is not used and which brokers are unknown now", async () => {
  const out = await statusWith(QUIET);
  assertStringIncludes(out, "not better than persistence: macro-F1 0.710 vs 0.740");
  assertStringIncludes(out, "brokers now: 1 optimal; UNKNOWN: 2");
});

Deno.test("status names brokers that will be over-loaded", async () => {
  const out = await statusWith({
    ...QUIET,
    explanation: "Model 3 predicts",
    predictedAtMs: 50_000,
    brokers: [{ brokerId: 7, current: "optimal", predicted: "over_loaded", votes: [0, 1, 4] }],
  });
  assertStringIncludes(out, "Model 3 predicts; brokers in 10 min");
  assertStringIncludes(out, "OVER-LOADED: 7");
});
