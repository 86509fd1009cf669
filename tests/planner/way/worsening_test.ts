import { assert, assertEquals } from "@std/assert";
import { syntheticCluster } from "../../../bench/synthetic_cluster.ts";
import { createPrng } from "../../../lib/prng.ts";
import type {
  BrokerIndex,
  ClusterModel,
  PartitionIndex,
  ReplicaIndex,
} from "../../../model/cluster_model.ts";
import { applyAction } from "../../../model/model_actions.ts";
import { mayWorsen } from "../../../planner/way/worsening.ts";
import { modelOf } from "../clusters.ts";

/** What a replica puts on its broker, by axis. */
function loadOf({ loads, row }: ClusterModel, r: number, leads: boolean): number[] {
  const [disk, nwIn, cpu, , potential, out, , leading] = loads.subarray(
    8 * row[r]!,
    8 * row[r]! + 8,
  );
  return leads
    ? [disk!, nwIn!, cpu! + leading!, 1, potential!, out! + potential!, 1, nwIn!]
    : [disk!, nwIn!, cpu!, 1, potential!, out!, 0, 0];
}

/** The same as `mayWorsen` from its definition. */
function worsens(model: ClusterModel, sums: Float64Array, band: Float64Array, p: number): boolean {
  const passes = (b: number, change: readonly number[]) =>
    change.some((load, axis) => {
      const at = 8 * b + axis;
      return load < 0
        ? sums[at]! + load < band[2 * at]!
        : load > 0 && sums[at]! + load > band[2 * at + 1]!;
    });
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    const was = loadOf(model, r, model.homeLeader[p] === r);
    const is = loadOf(model, r, model.leader[p] === r);
    const [from, to] = [model.home[r]!, model.broker[r]!];
    if (from === to) {
      if (passes(to, is.map((load, axis) => load - was[axis]!))) return true;
    } else if (passes(from, was.map((load) => -load)) || passes(to, is)) return true;
  }
  return false;
}

Deno.test("mayWorsen() tells whether a broker that loses comes below a limit, or one that gets above", () => {
  const found = { worse: 0, better: 0 };
  for (let seed = 1; seed <= 16; seed++) {
    const prng = createPrng(seed);
    const model = modelOf(syntheticCluster({
      ...{ brokers: 6, replicas: 900, topics: 20, racks: 3, distribution: "exponential", seed },
    }));
    const sums = model.sums.slice();
    // Some leaders cost less CPU than followers.
    for (let at = 0; at < 8 * 60; at += 8) model.loads[at + 7] = -0.5 * model.loads[at + 2]!;
    for (let p = 0; p < model.partitionCount; p++) {
      const first = model.replicaStart[p]!;
      const replica = first + prng.below(model.replicaStart[p + 1]! - first) as ReplicaIndex;
      const to = prng.below(6);
      const isThere = model.broker.subarray(first, model.replicaStart[p + 1]!).includes(to);
      if (!isThere) applyAction(model, { kind: "move", replica, to: to as BrokerIndex });
      if (prng.next() < 0.5) {
        applyAction(model, { kind: "lead", partition: p as PartitionIndex, replica });
      }
    }
    // One limit a broker and side, within a few replicas of what it has.
    const band = new Float64Array(2 * sums.length).map((_, at) =>
      at % 2 === 0 ? -Infinity : Infinity
    );
    for (let b = 0; b < 6; b++) {
      const at = 8 * b + prng.below(8);
      band[2 * at] = sums[at]! * (1 - 0.01 * prng.next());
      band[2 * at + 1] = sums[at]! * (1 + 0.01 * prng.next());
    }
    for (let p = 0; p < model.partitionCount; p++) {
      const isWorse = mayWorsen(model, sums, band, p);
      assertEquals(isWorse, worsens(model, sums, band, p), `seed ${seed}, partition ${p}`);
      found[isWorse ? "worse" : "better"]++;
    }
  }
  assert(found.worse > 50 && found.better > 50, JSON.stringify(found));
});
