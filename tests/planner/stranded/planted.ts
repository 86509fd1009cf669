/** Clusters that are drawn around a placement that keeps all hard goals, close to limits; then brokers of it die or are to go. */
import type { ClusterInput } from "../../../model/cluster_input.ts";
import { createPrng, type Prng } from "../../../lib/prng.ts";
import { type HandBroker, handInput, type HandPartition, type Load } from "../clusters.ts";

/** Parts of capacity that may be used, by resource, as in the default settings. */
const THRESHOLDS: Load = [0.7, 0.8, 0.8, 0.8];

/** What such a cluster is drawn with. */
export interface PlantedShape {
  readonly brokers: number;
  readonly racks: number;
  readonly partitions: number;
  readonly factor: number;
  /** What limits are above the placement, in parts of it. */
  readonly slack: number;
}

/** A cluster, and the brokers of it that are to be emptied. */
export interface Planted {
  readonly input: ClusterInput;
  readonly gone: readonly number[];
}

/** The same seed draws the same. `isDead`: whether brokers died, instead of being only asked to go. */
export function planted(seed: number, shape: PlantedShape, isDead = true): Planted {
  const prng = createPrng(seed);
  const loads = Array.from({ length: shape.brokers }, () => [0, 0, 0, 0]);
  const placed = Array.from({ length: shape.partitions }, (_, id) => {
    const places = placesOf(prng, shape);
    const [cpu, nwIn, nwOut, disk] = [0, 1, 2, 3].map(() => 0.05 - Math.log(1 - prng.next()));
    const load: Load = [cpu! * 2, nwIn! * 100, nwOut! * 100, disk! * 1000];
    const follower: Load = [load[0] / 4, load[1], 0, load[3]];
    for (const [k, b] of places.entries()) {
      for (const [i, amount] of (k === 0 ? load : follower).entries()) loads[b]![i]! += amount;
    }
    return { topic: `T${id % 3}`, id, places, load, follower };
  });
  const dead = shape.brokers;
  const partitions = placed.map(({ places, ...rest }): HandPartition => {
    const k = prng.below(places.length);
    return { ...rest, replicas: places.map((b, i) => i === k && prng.below(3) === 0 ? dead : b) };
  });
  const brokers = loads.map((sums, id): HandBroker => ({
    id,
    rack: `r${id % shape.racks}`,
    capacity: sums.map((sum, i) =>
      Math.max(sum, 1e-3) * (1 + shape.slack) / THRESHOLDS[i]!
    ) as unknown as Load,
  }));
  const last: HandBroker = { id: dead, rack: "r0", state: isDead ? "dead" : "alive" };
  return { input: handInput([...brokers, last], partitions), gone: [dead] };
}

/** Brokers on different racks. */
function placesOf(prng: Prng, { brokers, racks, factor }: PlantedShape): number[] {
  const left = Array.from({ length: brokers }, (_, b) => b);
  const places: number[] = [];
  const wanted = 1 + prng.below(factor);
  while (places.length < wanted && left.length > 0) {
    const [b] = left.splice(prng.below(left.length), 1);
    if (places.every((other) => other % racks !== b! % racks)) places.push(b!);
  }
  return places;
}
