/** What a model counts while it is built, beside the same counted the slow way. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sharingPartitions } from "../../goals/rack_aware.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { type ClusterModel, ROW_LEADER_CPU } from "../../model/cluster_model.ts";
import { FACTOR_AXES, FACTOR_COLUMNS } from "../../model/fill_model.ts";
import { moveReplica } from "../../model/model_actions.ts";
import { checkInvariants } from "../../model/model_check.ts";
import { handInput, modelOf } from "../planner/clusters.ts";
import { arbitraryWideCluster } from "../planner/wide_clusters.ts";

const SEED = 20;

/** Partitions that have fewer racks than replicas. */
function sharing({ partitionCount, replicaStart, rack, broker }: ClusterModel): number[] {
  return Array.from({ length: partitionCount }, (_, p) => p).filter((p) => {
    const replicas = Array.from(broker.slice(replicaStart[p]!, replicaStart[p + 1]!));
    return new Set(replicas.map((b) => rack[b]!)).size < replicas.length;
  });
}

function loadByFactor(model: ClusterModel, axis: number): number[] {
  const { replicaStart, loads, row, census } = model;
  const load = new Array(census.byFactor.length / FACTOR_COLUMNS).fill(0);
  for (let p = 0; p < model.partitionCount; p++) {
    const factor = replicaStart[p + 1]! - replicaStart[p]!;
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      load[factor] += loads[row[r]! * 8 + axis]! / factor;
    }
  }
  return load;
}

function largestCpu({ loads, row, replicaCount }: ClusterModel): number {
  const cpus = Array.from({ length: replicaCount }, (_, r) => {
    const follower = loads[row[r]! * 8 + 2]!;
    return Math.max(0, follower, follower + loads[row[r]! * 8 + ROW_LEADER_CPU]!);
  });
  return Math.max(...cpus);
}

Deno.test("buildModel() counts what the census says, with rows of replicas and without", () => {
  let withOwn = 0;
  let without = 0;
  fc.assert(
    fc.property(arbitraryWideCluster(), (input) => {
      const model = modelOf(input);
      const { byFactor, largest } = model.census;
      if (model.row === model.partition) without++;
      else withOwn++;
      assertEquals(checkInvariants(model), []);
      assertEquals(Array.from(model.census.sharing), sharing(model));
      for (const [column, axis] of FACTOR_AXES.entries()) {
        for (const [factor, load] of loadByFactor(model, axis).entries()) {
          const counted = byFactor[factor * FACTOR_COLUMNS + column]!;
          assertAlmostEquals(counted, load, 1e-9 * Math.max(1, load));
        }
      }
      const disks = Array.from(model.row, (row) => model.loads[row * 8]!);
      assertEquals(largest[0], Math.max(...disks));
      assertEquals(largest[2], largestCpu(model));
    }),
    { seed: SEED, numRuns: 200 },
  );
  assert(
    withOwn > 20 && without > 20,
    `${withOwn} clusters with rows of replicas, ${without} without`,
  );
});

/** 70 racks of one broker each: some are 32 and 64 apart; then two brokers on the first. */
function manyRacks(): ClusterInput {
  const brokers = Array.from({ length: 71 }, (_, id) => ({ id, rack: `r${id % 70}` }));
  const homes = [[0, 32, 64], [1, 33], [0, 70], [5, 37, 69], [70, 32, 0], [6]];
  const load = [1, 1, 1, 10] as const;
  return handInput(brokers, homes.map((replicas, id) => ({ topic: "T", id, replicas, load })));
}

Deno.test("buildModel() and sharingPartitions() tell racks apart that are 32 apart", () => {
  const model = modelOf(manyRacks());
  assertEquals(Array.from(model.census.sharing), [2, 4]);
  assertEquals(Array.from(sharingPartitions(model)), [2, 4]);
  model.counted.clear();
  assertEquals(Array.from(sharingPartitions(model)), [2, 4]);
});

Deno.test("sharingPartitions() follows moves, while the census keeps what was at home", () => {
  const model = modelOf(manyRacks());
  // Off the shared rack, and onto one that is shared then.
  moveReplica(model, model.replicaStart[2]! + 1, 33);
  moveReplica(model, model.replicaStart[1]!, 41);
  moveReplica(model, model.replicaStart[0]! + 1, 70);
  assertEquals(Array.from(sharingPartitions(model)), [0, 4]);
  assertEquals(Array.from(model.census.sharing), [2, 4]);
});

Deno.test("buildModel() counts replicas by topic in as few bytes as its largest topic needs", () => {
  const brokers = [0, 1].map((id) => ({ id, rack: `r${id}` }));
  const load = [1, 1, 1, 1] as const;
  const withPartitions = (count: number) =>
    modelOf(handInput(
      brokers,
      Array.from({ length: count }, (_, id) => ({ topic: "T", id, replicas: [0], load })),
    )).topicReplicas;
  for (const count of [255, 256]) assertEquals(Array.from(withPartitions(count)), [count, 0]);
  assert(withPartitions(255) instanceof Uint8Array);
  assert(withPartitions(256) instanceof Uint16Array);
});
