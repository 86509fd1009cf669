/** What the server shows of the detector, and how it switches self-healing. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ok } from "../../../lib/failure.ts";
import type { Anomaly, AnomalyCondition } from "../../../model/anomaly.ts";
import { detectorState, harness, START_MS } from "./harness.ts";
import { recordedJson } from "./recorded.ts";
import { API } from "./slow_server.ts";

function anomaly(id: string, condition: AnomalyCondition, change: Partial<Anomaly> = {}): Anomaly {
  return {
    id,
    condition,
    detectedAtMs: START_MS,
    status: "IGNORED",
    reason: "Self-healing is off",
    statusAtMs: START_MS + 1000,
    endedAtMs: undefined,
    alertedAtMs: START_MS + 500,
    wouldDo: undefined,
    transitions: [],
    attempts: [],
    ...change,
  };
}

const RECENT = [
  anomaly("b", {
    kind: "BROKER_FAILURE",
    failedBrokers: [{ brokerId: 3, sinceMs: START_MS }],
    aliveBrokers: 5,
  }),
  anomaly("d", {
    kind: "DISK_FAILURE",
    failedDisks: [{ brokerId: 1, logDir: "/d1", sinceMs: START_MS }],
    offlineReplicas: 4,
  }),
  anomaly("g", { kind: "GOAL_VIOLATION", fixable: ["RackAwareGoal"], unfixable: [] }),
];

function withAnomalies() {
  const state = detectorState({
    recent: RECENT,
    detectors: detectorState().detectors.map((one) => ({
      ...one,
      selfHealing: one.kind === "DISK_FAILURE",
      selfHealingRatio: one.kind === "DISK_FAILURE" ? 1 : 0,
      detected: 1,
    })),
    balancedness: -1,
    uptimeMs: 60_000,
    ongoingSinceMs: START_MS - 1000,
    fixesStarted: 2,
  });
  return harness({ handlers: { get_detector_state: () => ok(state) } });
}

Deno.test("state has every member of the anomaly detector that Cruise Control has", async () => {
  type State = { AnomalyDetectorState: Record<string, unknown> };
  const wanted = recordedJson<State>(101).AnomalyDetectorState;
  const answer = await harness().ask(`${API}/state?json=true`);
  const { AnomalyDetectorState: shown } = await answer.json() as State;
  assertEquals(shown, wanted);
});

Deno.test("state shows anomalies in Cruise Control's shape, in JSON and text", async () => {
  const h = withAnomalies();
  const target = `${API}/state?substates=anomaly_detector`;
  const { AnomalyDetectorState: shown } = await (await h.ask(`${target}&json=true`)).json();
  assertEquals(shown.selfHealingEnabled, ["DISK_FAILURE"]);
  assertEquals(shown.selfHealingEnabledRatio.DISK_FAILURE, 1);
  assertEquals(shown.recentBrokerFailures, [{
    anomalyId: "b",
    detectionMs: START_MS,
    status: "IGNORED",
    statusUpdateMs: START_MS + 1000,
    failedBrokersByTimeMs: { 3: START_MS },
  }]);
  assertEquals(shown.recentDiskFailures[0].failedDisksByTimeMs, { 1: { "/d1": START_MS } });
  assertEquals(shown.recentGoalViolations[0].fixableViolatedGoals, ["RackAwareGoal"]);
  assertEquals(shown.metrics.meanTimeBetweenAnomaliesMs.BROKER_FAILURE, 60_000);
  assertEquals(shown.metrics.numSelfHealingStarted, 2);
  assert(shown.metrics.ongoingAnomalyDurationMs >= 1000);
  assertEquals(shown.balancednessScore, -1);
  assert(!("ongoingSelfHealingAnomaly" in shown), "nothing is being healed");
  const text = await (await h.ask(target)).text();
  assertStringIncludes(text, `recentDiskFailures:[{anomalyId=d, detectionDate=`);
  assertStringIncludes(text, `failedDisksByTimeMs={1={/d1=${START_MS}}}`);
  assertStringIncludes(text, "ongoingSelfHealingAnomaly:None, balancednessScore:-1.000}");
});

Deno.test("admin switches self-healing and shows before and after", async () => {
  const h = harness();
  const answer = await h.ask(
    `${API}/admin?disable_self_healing_for=disk_failure&` +
      "enable_self_healing_for=BROKER_FAILURE,goal_violation&json=true",
    { method: "POST" },
  );
  assertEquals(answer.status, 200);
  assertEquals(await answer.json(), {
    version: 1,
    selfHealingEnabledBefore: {
      DISK_FAILURE: true,
      BROKER_FAILURE: false,
      GOAL_VIOLATION: false,
    },
    selfHealingEnabledAfter: { DISK_FAILURE: false, BROKER_FAILURE: true, GOAL_VIOLATION: true },
  });
  const asked = h.asked.find(({ kind }) => kind === "set_self_healing")!;
  assertEquals(asked.request, {
    kind: "set_self_healing",
    enable: ["BROKER_FAILURE", "GOAL_VIOLATION"],
    disable: ["DISK_FAILURE"],
  });
});

Deno.test("admin refuses what makes no sense or has no detector, and switches nothing", async () => {
  const h = harness();
  const ask = async (query: string) => {
    const answer = await h.ask(`${API}/admin?${query}`, { method: "POST" });
    assertEquals(answer.status, 400, query);
    return await answer.text();
  };
  assertStringIncludes(await ask(""), "Nothing executable found in request.");
  assertStringIncludes(
    await ask("enable_self_healing_for=disk_failure&disable_self_healing_for=disk_failure"),
    "both enable and disable",
  );
  assertStringIncludes(await ask("enable_self_healing_for=metric_anomaly"), "no detector for it");
  assertStringIncludes(await ask("enable_self_healing_for=nonsense"), "nonsense");
  assert(h.asked.every(({ kind }) => kind !== "set_self_healing"));
});

Deno.test("/metrics and our own API show the detector", async () => {
  const h = withAnomalies();
  const text = await (await h.ask("/metrics")).text();
  assertStringIncludes(text, 'evenkeel_detector_anomaly_open{kind="DISK_FAILURE"} 1');
  assertStringIncludes(text, 'evenkeel_detector_self_healing{kind="DISK_FAILURE"} 1');
  assertStringIncludes(text, "evenkeel_detector_balancedness -1");
  assertStringIncludes(text, "evenkeel_detector_fixes_started 2");
  const shown = await (await h.ask("/evenkeel/v1/anomalies")).json();
  assertEquals(shown.recent.map((one: { id: string }) => one.id), ["b", "d", "g"]);
});

Deno.test("admin switches self-healing of predicted overload, which Cruise Control does not have", async () => {
  const h = harness();
  const answer = await h.ask(
    `${API}/admin?enable_self_healing_for=predicted_overload&json=true`,
    { method: "POST" },
  );
  assertEquals((await answer.json()).selfHealingEnabledAfter, { PREDICTED_OVERLOAD: true });
});
