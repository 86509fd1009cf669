/** Drawn clusters that are tight on all resources: a placement that keeps all limits is drawn first, then replicas are mixed up. */
import { createPrng, type Prng } from "../../lib/prng.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import type { PlannerSettings } from "../../planner/settings.ts";
import { constraintWith, type HandBroker, handInput, type HandPartition } from "./clusters.ts";

const { capacityThreshold } = constraintWith();

export interface TightShape {
  /** What has happened: replicas are mixed up, and a broker is dead, or to be removed; limits hold in windows; brokers have log dirs. */
  readonly kind: "plain" | "dead" | "removed" | "windows" | "log_dirs";
  readonly brokers: number;
  readonly racks: number;
  /** Replicas of each broker, about. */
  readonly replicas: number;
  readonly factor: number;
  /** Room above what each broker holds of each resource in the placement that was drawn first, relative. */
  readonly room: number;
  readonly seed: number;
}

interface Drawn {
  readonly replicas: number[];
  leader: number;
  readonly load: readonly [number, number, number, number];
  readonly follower: readonly [number, number, number, number];
  /** Load by window, relative to the mean. */
  readonly profile: readonly number[];
}

const WINDOWS = 4;
const LOG_DIRS = 2;

/** The cluster, and what to ask of it. */
export function tightCluster(
  shape: TightShape,
): { input: ClusterInput; options: Partial<PlannerSettings> } {
  const prng = createPrng(shape.seed);
  const drawn = drawPartitions(shape, prng);
  const sums = drawn.reduce(
    (all, one) => all.map((sum, i) => sum + peakPart(shape, one, i)),
    new Array<number>(shape.brokers * WINDOWS * 4).fill(0),
  );
  const brokers = Array.from({ length: shape.brokers }, (_, id): HandBroker => {
    const most = [0, 1, 2, 3].map((resource) => {
      const held = Array.from(
        { length: WINDOWS },
        (_, w) => sums[(id * WINDOWS + w) * 4 + resource]!,
      );
      return Math.max(1, ...held) * (1 + shape.room) / capacityThreshold[resource]!;
    });
    return { id, rack: `r${id % shape.racks}`, capacity: [most[0]!, most[1]!, most[2]!, most[3]!] };
  });
  const dirs = shape.kind === "log_dirs" ? drawDirs(shape, drawn) : undefined;
  mixUp(shape, drawn, prng);
  if (shape.kind === "dead" || shape.kind === "removed") brokers.push(oneMore(shape, drawn, prng));
  const input = handInput(
    brokers,
    drawn.map(({ replicas, leader, load, follower }, id): HandPartition => ({
      ...{ topic: "T", id, replicas, leader, load, follower },
    })),
  );
  if (shape.kind === "windows") {
    const loads = drawn.flatMap(({ load, profile }) =>
      profile.flatMap((part) => load.map((amount, i) => i === 3 ? amount : amount * part))
    );
    const windows = { count: WINDOWS, loads: Float64Array.from(loads) };
    return { input: { ...input, windows }, options: { over: "each" } };
  }
  if (shape.kind === "removed") {
    return { input, options: { operation: "remove_broker", brokerIds: [shape.brokers] } };
  }
  return { input: dirs === undefined ? input : withDirs(input, dirs, prng), options: {} };
}

/** Sizes and rates of their own, each replica on about the emptiest broker of a rack of its own. */
function drawPartitions(shape: TightShape, prng: Prng): Drawn[] {
  const used = new Array<number>(shape.brokers).fill(0);
  const amount = (usual: number) => usual * (0.2 - Math.log(1 - prng.next()));
  return Array.from({ length: Math.floor(shape.brokers * shape.replicas / shape.factor) }, () => {
    const load = [amount(0.5), amount(500), amount(700), amount(1000)] as const;
    const order = used.map((held, b) => ({ b, held: held + 2000 * prng.next() }))
      .sort((one, other) => one.held - other.held);
    const replicas: number[] = [];
    for (const { b } of order) {
      if (replicas.length === shape.factor || sharesRack(shape, replicas, b)) continue;
      replicas.push(b);
      used[b]! += load[3];
    }
    const parts = Array.from(
      { length: WINDOWS },
      () => shape.kind === "windows" ? 0.3 + prng.next() : 1,
    );
    const mean = parts.reduce((sum, part) => sum + part, 0) / WINDOWS;
    return {
      replicas,
      leader: replicas[prng.below(replicas.length)]!,
      load,
      follower: [load[0] / 4, load[1], 0, load[3]] as const,
      profile: parts.map((part) => part / mean),
    };
  });
}

function sharesRack({ racks }: TightShape, replicas: readonly number[], b: number): boolean {
  return replicas.some((other) => other % racks === b % racks);
}

/** What a partition adds to broker, window and resource, by index of all of them. */
function peakPart(
  { kind }: TightShape,
  { replicas, leader, load, follower, profile }: Drawn,
  i: number,
): number {
  const [b, w, resource] = [Math.floor(i / (WINDOWS * 4)), Math.floor(i / 4) % WINDOWS, i % 4];
  if (!replicas.includes(b)) return 0;
  const part = kind === "windows" && resource !== 3 ? profile[w]! : 1;
  return part * (leader === b ? load : follower)[resource]!;
}

/** Half as many exchanges and changes of leaders as there are partitions. */
function mixUp(shape: TightShape, drawn: readonly Drawn[], prng: Prng): void {
  for (let k = 0; k < drawn.length / 2; k++) {
    const [one, other] = [drawn[prng.below(drawn.length)]!, drawn[prng.below(drawn.length)]!];
    one.leader = one.replicas[prng.below(one.replicas.length)]!;
    const [x, y] = [one.replicas[0]!, other.replicas[0]!];
    if (one === other || x === y) continue;
    if (sharesRack(shape, one.replicas.slice(1), y)) continue;
    if (sharesRack(shape, other.replicas.slice(1), x)) continue;
    replace(one, x, y);
    replace(other, y, x);
  }
}

function replace(one: Drawn, from: number, to: number): void {
  one.replicas[one.replicas.indexOf(from)] = to;
  if (one.leader === from) one.leader = to;
}

/** A broker on a rack of its own that has got some of the replicas: no leaders where it is dead. */
function oneMore(shape: TightShape, drawn: readonly Drawn[], prng: Prng): HandBroker {
  const id = shape.brokers;
  for (let k = 0; k < shape.replicas; k++) {
    const one = drawn[prng.below(drawn.length)]!;
    const follower = one.replicas.find((b) => b !== one.leader);
    if (follower !== undefined && !one.replicas.includes(id)) replace(one, follower, id);
  }
  const broker: HandBroker = { id, rack: "own", capacity: [1e6, 1e9, 1e9, 1e9] };
  return shape.kind === "dead" ? { ...broker, state: "dead" } : broker;
}

/** Capacities of log dirs, MB, by broker: the largest replicas first, each to the emptier one. */
function drawDirs({ brokers, room }: TightShape, drawn: readonly Drawn[]): number[][] {
  const used = Array.from({ length: brokers }, () => new Array<number>(LOG_DIRS).fill(0));
  for (const { replicas, load } of drawn.toSorted((a, b) => b.load[3] - a.load[3])) {
    for (const b of replicas) {
      const dirs = used[b]!;
      dirs[dirs.indexOf(Math.min(...dirs))]! += load[3];
    }
  }
  return used.map((dirs) => dirs.map((mb) => Math.max(1, mb) * (1 + room) / capacityThreshold[3]!));
}

function withDirs(
  input: ClusterInput,
  dirs: readonly (readonly number[])[],
  prng: Prng,
): ClusterInput {
  return {
    ...input,
    brokers: input.brokers.map((broker, b) => ({
      ...broker,
      logDirs: dirs[b]!.map((capacityMb, d) => ({ path: `/d${d}`, capacityMb, alive: true })),
    })),
    replicaLogDir: input.replicaLogDir.map(() => prng.below(LOG_DIRS)),
  };
}
