import { assert, assertEquals, assertMatch } from "@std/assert";
import { simSpec } from "../../cluster/sim/mod.ts";
import type { ClassifierState } from "../../messages/classifier.ts";
import { createWorld, HOUR_MS, MINUTE_MS, START_MS, type World } from "./world.ts";

const SEED = 5;

function quietDays(): Promise<World> {
  return createWorld({
    seed: SEED,
    spec: simSpec({
      seed: SEED,
      brokers: 4,
      topics: 12,
      partitions: 60,
      emptyBrokers: 0,
      bytesPerSecPerBroker: 2.2e6,
      settings: { stepMs: 60_000, loadIntervalMs: 60_000, commitIntervalMs: 60_000 },
    }),
    settings: {
      "evenkeel.classifier.memory.under.threshold": "0.4",
      "evenkeel.classifier.train.min.minutes": "2880",
      "evenkeel.classifier.train.trees": "20",
      "evenkeel.classifier.train.rows.per.tree": "120",
      "num.proposal.precompute.threads": "0",
    },
  });
}

async function stateOf(world: World): Promise<ClassifierState> {
  const asked = world.system.request<"get_classifier_state">({ kind: "get_classifier_state" });
  const answer = await world.settleWithin(asked, MINUTE_MS, "the classifier");
  assert(answer.ok, answer.ok ? "" : answer.failure.message);
  return answer.value;
}

Deno.test("two days of metrics are learned from; a broker that falls silent is unknown; a restart keeps all", async () => {
  const world = await quietDays();
  try {
    await world.run(36 * HOUR_MS);
    const early = await stateOf(world);
    assertEquals(early.status, "collecting");
    assertMatch(early.explanation, /minutes of broker metrics, wanted 2880/);
    assertEquals(early.brokers.map((broker) => broker.predicted), [null, null, null, null]);
    assert(early.brokers.every((broker) => broker.current !== null), "all are known now");

    await world.run(13 * HOUR_MS);
    const learned = await stateOf(world);
    assertEquals(learned.training, null);
    // Whether the forest is of use follows from its scores and from nothing else.
    assertMatch(learned.lastTraining!.verdict, /better than \w+: macro-F1 0\.\d+ vs 0\.\d+/);
    const isBetter = !learned.lastTraining!.verdict.startsWith("not");
    assertEquals(learned.status, isBetter ? "predicting" : "not_better", `seed ${SEED}`);
    assertEquals(learned.brokers.every((broker) => broker.predicted !== null), isBetter);
    assertEquals(learned.model !== null, isBetter);

    world.cluster.inject({ kind: "broker_crash", brokerId: 2, returnAfterMs: HOUR_MS });
    await world.run(20 * MINUTE_MS);
    const hurt = await stateOf(world);
    assertEquals(hurt.brokers.map((broker) => broker.current !== null), [true, true, false, true]);
    assertEquals(hurt.brokers[2]!.predicted, null, "unknown, not idle");

    await world.run(HOUR_MS);
    world.system.kill("classifier");
    await world.run(10 * MINUTE_MS);
    const after = await stateOf(world);
    assertEquals(after.historyFromMs, learned.historyFromMs);
    assert(after.historyFromMs! < START_MS + HOUR_MS);
    assertEquals(after.model?.version, learned.model?.version);
    assertEquals(after.lastTraining, learned.lastTraining);
    assert(after.brokers.every((broker) => broker.current !== null), "the broker is back");
  } finally {
    await world.close();
  }
});
