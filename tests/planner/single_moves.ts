/** What single moves could still heal in a finished plan, looked for in the plainest way. */
import type { BalancingConstraint } from "../../goals/constraint.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import type { Plan } from "../../model/plan.ts";

/** cpu, nwIn, nwOut, disk, replicas. */
type Sums = readonly number[];

/** Where a plan has everything; brokers by index. */
interface Placed {
  readonly input: ClusterInput;
  readonly partitions: readonly {
    readonly name: string;
    readonly home: readonly number[];
    readonly at: readonly number[];
    readonly leader: number;
    readonly loads: { readonly leader: Sums; readonly follower: Sums };
  }[];
  readonly sums: readonly number[][];
  readonly limits: readonly Sums[];
}

/**
 * Moves of one replica that would part two on a rack, or take from a broker above a hard limit, or from a dead one, and nothing hard would
 * be worse: none of a plan that heals what it can. Brokers that hold what fits on none are left as they are.
 */
export function movesLeft(
  input: ClusterInput,
  plan: Plan,
  constraint: BalancingConstraint,
): string[] {
  const placed = placedBy(input, plan, constraint);
  const { sums, limits } = placed;
  const isDead = (b: number) => input.brokers[b]!.state === "dead";
  const anyNew = input.brokers.some(({ state }) => state === "new");
  const rack = (b: number) => input.brokers[b]!.rack;
  const holdsGiant = (b: number) =>
    placed.partitions.some(({ at, leader, loads }) => {
      const load = at.indexOf(b) < 0 ? undefined : b === leader ? loads.leader : loads.follower;
      return load?.some((value, k) => limits.every((limit) => value > limit[k]! * (1 - 1e-6)));
    });
  const isAbove = input.brokers.map((_, b) =>
    !isDead(b) && !holdsGiant(b) && sums[b]!.some((sum, k) => sum > limits[b]![k]! * (1 + 1e-6))
  );
  const left: string[] = [];
  for (const { name, home, at, leader, loads } of placed.partitions) {
    for (const from of at) {
      const load = from === leader ? loads.leader : loads.follower;
      const onRack = (b: number) =>
        at.filter((one) => one !== from && !isDead(one) && rack(one) === rack(b)).length;
      const frees = isAbove[from]! &&
        load.some((value, k) => value > 1e-3 && sums[from]![k]! > limits[from]![k]! * (1 + 1e-6));
      for (const [to, { id, state }] of input.brokers.entries()) {
        if (isDead(to) || at.includes(to) || home.includes(to)) continue;
        if (from === leader && state === "demoted") continue;
        if (anyNew && state !== "new" && !isDead(from)) continue;
        if (load.some((value, k) => sums[to]![k]! + value > limits[to]![k]! * (1 - 1e-6))) continue;
        const parts = isDead(from) ? -onRack(to) : onRack(from) - onRack(to);
        // A pair of replicas on a rack may move within it, but comes to no other one.
        if (parts === 0 && onRack(to) > 0 && rack(from) !== rack(to)) continue;
        if (parts < 0 || (parts === 0 && !frees && !isDead(from))) continue;
        left.push(`${name} from ${input.brokers[from]!.id} to ${id}`);
      }
    }
  }
  return left;
}

function placedBy(input: ClusterInput, plan: Plan, constraint: BalancingConstraint): Placed {
  const moved = new Map(plan.proposals.map((one) => [`${one.topic}-${one.partition}`, one]));
  const indexOf = (id: number) => input.brokers.findIndex((broker) => broker.id === id);
  const sums = input.brokers.map(() => [0, 0, 0, 0, 0]);
  const partitions = input.topicNames.flatMap((topic, t) => {
    const [start, end] = [input.partitionStart[t]!, input.partitionStart[t + 1]!];
    return Array.from({ length: end - start }, (_, i) => {
      const p = start + i;
      const name = `${topic}-${input.partitionNumber[p]}`;
      const home = Array.from(
        input.replicaBroker.subarray(input.replicaStart[p]!, input.replicaStart[p + 1]!),
      );
      const proposal = moved.get(name);
      const at = proposal?.newReplicas.map(({ brokerId }) => indexOf(brokerId)) ?? home;
      const leader = proposal === undefined
        ? input.replicaBroker[input.leaderReplica[p]!]!
        : at[0]!;
      const loads = {
        leader: [...input.leaderLoad.subarray(p * 4, p * 4 + 4), 1],
        follower: [...input.followerLoad.subarray(p * 4, p * 4 + 4), 1],
      };
      for (const b of at) {
        const load = b === leader ? loads.leader : loads.follower;
        for (const [k, value] of load.entries()) sums[b]![k]! += value;
      }
      return { name, home, at, leader, loads };
    });
  });
  const limits = input.brokers.map(({ capacity }) => [
    ...capacity.map((value, k) => value * constraint.capacityThreshold[k]!),
    constraint.maxReplicasPerBroker,
  ]);
  return { input, partitions, sums, limits };
}
