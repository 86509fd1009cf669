/** Leaders that several brokers have to exchange. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { drain } from "../../../lib/steps.ts";
import { prepare } from "../../../planner/prepare.ts";
import { balanceLeadership } from "../../../planner/search/parts/leadership.ts";
import { leadByPrice } from "../../../planner/search/parts/price_leaders.ts";
import { standingOf } from "../../../planner/search/checkpoint.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith, handInput } from "../clusters.ts";

/** Two brokers that lead ten partitions each; those of the first receive twice as many bytes. */
function search(leadsNothing = false) {
  const brokers = [0, 1].map((id) => ({
    id,
    rack: `r${id}`,
    ...(leadsNothing && id === 1 ? { state: "demoted" as const } : {}),
  }));
  const partitions = Array.from({ length: 20 }, (_, id) => ({
    topic: "T",
    id,
    replicas: id % 2 === 0 ? [0, 1] : [1, 0],
    load: [1, id % 2 === 0 ? 2000 : 1000, 10, 10] as const,
  }));
  const goals = ["LeaderReplicaDistributionGoal", "LeaderBytesInDistributionGoal"];
  const settings = plannerSettings(goals, constraintWith());
  const prepared = prepare(handInput(brokers, partitions), settings);
  assert(prepared.ok);
  return prepared.value.searchOf(0);
}

Deno.test("leadByPrice() exchanges leaders where each transfer alone would leave a broker with too many", () => {
  const one = search();
  drain(balanceLeadership(one));
  assertGreater(standingOf(one)[1]!, 0);
  drain(leadByPrice(one));
  assertEquals(standingOf(one), [0, 0]);
  const { leader, homeLeader } = one.model;
  const changed = leader.filter((r, p) => r !== homeLeader[p]).length;
  assertGreater(changed, 0);
  assert(changed <= 10, `${changed} leaders changed`);
});

Deno.test("leadByPrice() leaves leaders alone where not everybody may lead", () => {
  const one = search(true);
  const before = [...one.model.leader];
  drain(leadByPrice(one));
  assertEquals([...one.model.leader], before);
});
