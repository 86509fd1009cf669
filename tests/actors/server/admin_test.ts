/** admin over HTTP beside self-healing: limits of the running execution, history of brokers. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { ok } from "../../../lib/failure.ts";
import { harness } from "./harness.ts";
import { recorded, recordedJson } from "./recorded.ts";

const API = "/kafkacruisecontrol";

const ask = async (target: string, h = harness()) => {
  const response = await h.ask(target, { method: "POST" });
  return { status: response.status, text: await response.text() };
};

Deno.test("admin changes limits with the recorded answers, in JSON and text", async () => {
  for (const number of [244, 346]) {
    const answer = await ask(recorded(number).target);
    assertEquals(JSON.parse(answer.text), recordedJson(number));
  }
  assertEquals((await ask(recorded(245).target)).text, recorded(245).body);
});

Deno.test("admin hands every limit on, and says so when nothing is executing", async () => {
  const h = harness({ handlers: { change_limits: () => ok({ isExecuting: false }) } });
  const query =
    "concurrent_partition_movements_per_broker=1&concurrent_intra_broker_partition_movements=2" +
    "&concurrent_leader_movements=3&broker_concurrent_leader_movements=4" +
    "&max_partition_movements_in_cluster=5&execution_progress_check_interval_ms=6000";
  const answer = await ask(`${API}/admin?${query}`, h);
  assertEquals(answer.status, 200);
  assertStringIncludes(answer.text, "No execution is in progress");
  assertEquals(h.asked[0]!.request, {
    kind: "change_limits",
    changes: {
      interBrokerPerBroker: 1,
      intraBrokerPerBroker: 2,
      leadershipCluster: 3,
      leadershipPerBroker: 4,
      interBrokerCluster: 5,
      progressCheckIntervalMs: 6000,
    },
  });
});

Deno.test("admin forgets removed and demoted brokers with the recorded answer", async () => {
  const none = await ask(recorded(251).target);
  assertEquals(JSON.parse(none.text), recordedJson(251));
  const h = harness({
    handlers: {
      forget_brokers: () =>
        ok({ removed: { before: [1, 2], left: [2] }, demoted: { before: [], left: [] } }),
    },
  });
  const answer = await ask(`${API}/admin?drop_recently_removed_brokers=1`, h);
  assertStringIncludes(
    answer.text,
    "Dropped recently removed brokers (requested: [1] after-dropping: [2]).",
  );
});

Deno.test("admin tells of self-healing in the recorded text", async () => {
  assertEquals((await ask(recorded(238).target)).text, recorded(238).body);
  const refused = await ask(recorded(241).target);
  assertEquals(refused.status, 400);
  assertEquals(
    JSON.parse(refused.text).errorMessage,
    recordedJson<{ errorMessage: string }>(241).errorMessage,
  );
});

Deno.test("admin refuses adjusters, since nothing here adjusts limits by itself", async () => {
  for (
    const query of [
      "enable_concurrency_adjuster_for=inter_broker_replica",
      "disable_concurrency_adjuster_for=leadership",
      "min_isr_based_concurrency_adjustment=true",
    ]
  ) {
    const h = harness();
    const answer = await ask(`${API}/admin?${query}`, h);
    assertEquals(answer.status, 400);
    assertStringIncludes(answer.text, "not adjusted by themselves");
    assertEquals(h.asked.length, 0);
  }
});
