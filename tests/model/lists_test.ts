/** Lists of replicas by broker, which large clusters make when they are asked for. */
import { assert, assertEquals } from "@std/assert";
import { syntheticCluster } from "../../bench/synthetic_cluster.ts";
import { createPrng } from "../../lib/prng.ts";
import { drain } from "../../lib/steps.ts";
import { arrangeSteps } from "../../model/arrange.ts";
import { ALIVE, type ClusterModel, MAY_LEAD, MAY_RECEIVE } from "../../model/cluster_model.ts";
import { buildModel } from "../../model/build_model.ts";
import { listsOf } from "../../model/lists.ts";
import { moveReplica } from "../../model/model_actions.ts";
import { checkInvariants } from "../../model/model_check.ts";

const SHAPE = { brokers: 12, replicas: 24_000, racks: 4, topics: 40 };

/** Enough replicas that lists are not made at once. */
function largeModel(): ClusterModel {
  const input = syntheticCluster({ ...SHAPE, distribution: "exponential", seed: 5 });
  const flags = new Uint8Array(input.brokers.length).fill(ALIVE | MAY_LEAD | MAY_RECEIVE);
  return buildModel(input, { flags, topicExcluded: () => false });
}

/** Moves replicas to brokers that have none of their partition. */
function moveSome(model: ClusterModel, count: number): void {
  const prng = createPrng(9);
  for (let k = 0; k < count; k++) {
    const r = prng.below(model.replicaCount);
    const p = model.partition[r]!;
    const own = model.broker.subarray(model.replicaStart[p]!, model.replicaStart[p + 1]!);
    const to = prng.below(model.brokerCount);
    if (!own.includes(to)) moveReplica(model, r, to);
  }
}

Deno.test("listsOf() lists where replicas are when it is asked, and moves keep that up to date", () => {
  const model = largeModel();
  moveSome(model, 3000);
  assertEquals(model.listing, undefined);
  const { lists, listLength } = listsOf(model);
  assertEquals(checkInvariants(model), []);
  // The lists of brokers that get more than expected have to grow.
  for (let r = 0; r < model.replicaCount; r++) {
    const p = model.partition[r]!;
    const own = model.broker.subarray(model.replicaStart[p]!, model.replicaStart[p + 1]!);
    if (!own.includes(3)) moveReplica(model, r, 3);
  }
  assert(listLength[3]! > model.replicaCount / 4 && lists[3]!.length >= listLength[3]!);
  assertEquals(checkInvariants(model), []);
});

Deno.test("arrangeSteps() forgets the lists of what was before", () => {
  const model = largeModel();
  const home = { broker: model.home.slice(), leader: model.homeLeader.slice() };
  listsOf(model);
  moveSome(model, 3000);
  drain(arrangeSteps(model, home));
  assertEquals(model.listing, undefined);
  assertEquals(checkInvariants(model), []);
});
