/** Broker sets of the configuration: plans keep topics in them, and the goal without them is refused. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { setOfTopic } from "../../../goals/broker_sets.ts";
import { withDirectory } from "../../system/refusals.ts";
import { createRig, plan, type Rig, skewedCluster } from "./rig.ts";

const WISH = { goals: ["BrokerSetAwareGoal"], skipHardGoalCheck: true };

/** Brokers 1 to 4, of which 1 and 2 hold all. */
async function rigWith(settings: Parameters<typeof createRig>[0]): Promise<Rig> {
  const rig = createRig(settings);
  const cluster = skewedCluster(1, 12, [1, 2, 3, 4]);
  rig.cluster = cluster;
  await rig.actor.start();
  rig.actor.handle(cluster);
  return rig;
}

Deno.test("make_plan keeps topics within the broker sets of broker.set.config.file", async () => {
  // Situation: topic t belongs to the set of brokers 3 and 4, and is on 1 and 2.
  const home = setOfTopic("t", ["a", "b"]);
  const brokerSets = ["a", "b"].map((id) => ({
    brokerSetId: id,
    brokerIds: id === home ? [3, 4] : [1, 2],
  }));
  await withDirectory(async (directory) => {
    const file = `${directory}/sets.json`;
    await Deno.writeTextFile(file, JSON.stringify({ brokerSets }));
    const made = await plan(await rigWith({ "broker.set.config.file": file }), WISH);
    assert(made.ok, made.ok ? "" : made.failure.message);
    const { proposals } = made.value.plan;
    assertEquals(proposals.length, 12);
    for (const { newReplicas } of proposals) {
      assertEquals(newReplicas.map(({ brokerId }) => brokerId).sort(), [3, 4]);
    }
  });
});

Deno.test("make_plan refuses BrokerSetAwareGoal without sets, and sets that cannot be read", async () => {
  const without = await plan(await rigWith({}), WISH);
  assert(!without.ok);
  assertEquals(without.failure.code, "invalid_argument");
  assertStringIncludes(without.failure.message, "without broker.set.config.file");
  const usual = await plan(await rigWith({}));
  assert(usual.ok);
  await withDirectory(async (directory) => {
    const file = `${directory}/sets.json`;
    for (const [text, says] of [["{}", "brokerSets: must be an array"], ["", "JSON"]] as const) {
      await Deno.writeTextFile(file, text);
      const made = await plan(await rigWith({ "broker.set.config.file": file }), WISH);
      assert(!made.ok);
      assertEquals(made.failure.code, "invalid_file");
      assertStringIncludes(made.failure.message, says);
    }
  });
  const asDefault = await rigWith({ "default.goals": "BrokerSetAwareGoal", "hard.goals": "" });
  const made = await plan(asDefault);
  assert(!made.ok);
  assertStringIncludes(made.failure.message, "without broker.set.config.file");
});
