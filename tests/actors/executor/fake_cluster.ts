/**
 * A tiny cluster for tests of the executor: KRaft's rules of reassigning, cancelling, electing and configuring, one
 * step of copying for each look at the metadata. Deterministic; no time of its own.
 */
import type {
  ConfigChange,
  ConfigEntry,
  ConfigReading,
  ConfigResource,
  Gateway,
} from "../../../cluster/gateway.ts";
import { fail, ok } from "../../../lib/failure.ts";
import type { FutureReplica, LogDirsReading } from "../../../model/readings.ts";
import { buildTopology, type Topology } from "../../../model/topology.ts";

export interface FakePartition {
  topic: string;
  partition: number;
  topicId: string;
  replicas: number[];
  inSync: number[];
  leader: number;
  adding: number[];
  removing: number[];
  bytes: number;
  /** Bytes that each adding replica has. */
  copied: Map<number, number>;
  logDirs: Map<number, string>;
  future: Map<number, { dir: string; bytes: number }>;
  /** Log dirs that brokers remember for replicas that they do not have. */
  wanted: Map<number, string>;
}

export interface FakeOptions {
  brokers: number;
  partitions: { topic: string; partition: number; replicas: number[]; leader?: number }[];
  bytes?: number;
  bytesPerLook?: number;
}

export const DIRS = ["/a", "/b"];

export class FakeCluster {
  readonly alive = new Map<number, boolean>();
  readonly partitions = new Map<string, FakePartition>();
  readonly configs = new Map<string, Map<string, string>>();
  bytesPerLook: number;
  /** Moves that receive nothing, by partition key. */
  readonly frozen = new Set<string>();
  looks = 0;

  constructor(options: FakeOptions) {
    this.bytesPerLook = options.bytesPerLook ?? 40;
    for (let id = 1; id <= options.brokers; id++) this.alive.set(id, true);
    for (const { topic, partition, replicas, leader } of options.partitions) {
      this.partitions.set(`${topic}/${partition}`, {
        topic,
        partition,
        topicId: `id-${topic}`,
        replicas: [...replicas],
        inSync: [...replicas],
        leader: leader ?? replicas[0]!,
        adding: [],
        removing: [],
        bytes: options.bytes ?? 100,
        copied: new Map(),
        logDirs: new Map(replicas.map((id) => [id, "/a"])),
        future: new Map(),
        wanted: new Map(),
      });
    }
  }

  get(topic: string, partition: number): FakePartition {
    return this.partitions.get(`${topic}/${partition}`)!;
  }

  setAlive(id: number, alive: boolean): void {
    this.alive.set(id, alive);
    for (const p of this.partitions.values()) {
      if (!alive) {
        if (p.inSync.length > 1) p.inSync = p.inSync.filter((b) => b !== id);
        if (p.leader === id) p.leader = p.inSync.find((b) => this.alive.get(b)) ?? -1;
      } else if (p.replicas.includes(id) && !p.adding.includes(id)) {
        if (!p.inSync.includes(id)) p.inSync.push(id);
        if (p.leader < 0) p.leader = id;
        this.#complete(p);
      }
    }
  }

  deleteTopic(topic: string): void {
    for (const [key, p] of this.partitions) if (p.topic === topic) this.partitions.delete(key);
    for (const key of this.configs.keys()) if (key === `topic ${topic}`) this.configs.delete(key);
  }

  reassign(key: string, replicas: number[] | null): number {
    const p = this.partitions.get(key);
    if (p === undefined) return 3;
    if (replicas === null) {
      if (p.adding.length + p.removing.length === 0) return 85;
      const inSync = p.inSync.filter((id) => !p.adding.includes(id));
      if (inSync.length === 0) return 39;
      p.replicas = p.replicas.filter((id) => !p.adding.includes(id));
      p.inSync = inSync;
      if (!p.replicas.includes(p.leader)) p.leader = inSync.find((b) => this.alive.get(b)) ?? -1;
      p.adding = [];
      p.removing = [];
      p.copied.clear();
      return 0;
    }
    if (replicas.some((id) => !this.alive.has(id)) || replicas.length === 0) return 39;
    const removing = p.replicas.filter((id) => !replicas.includes(id));
    const adding = replicas.filter((id) => !p.replicas.includes(id));
    p.removing = removing;
    p.adding = [...p.adding.filter((id) => replicas.includes(id)), ...adding];
    for (const id of adding) p.copied.set(id, 0);
    p.replicas = [...replicas, ...removing];
    this.#complete(p);
    return 0;
  }

  #complete(p: FakePartition): void {
    if (p.adding.length + p.removing.length === 0) return;
    const left = p.replicas.filter((id) => !p.removing.includes(id));
    if (!left.every((id) => p.inSync.includes(id))) return;
    p.replicas = left;
    p.inSync = p.inSync.filter((id) => left.includes(id));
    if (!left.includes(p.leader)) p.leader = left.find((id) => this.alive.get(id)) ?? -1;
    p.adding = [];
    p.removing = [];
    for (const id of left) if (!p.logDirs.has(id)) p.logDirs.set(id, p.wanted.get(id) ?? "/a");
  }

  /** Copies a step of everything in flight. */
  step(): void {
    this.looks++;
    for (const [key, p] of this.partitions) {
      if (this.frozen.has(key)) continue;
      for (const id of p.adding) {
        if (!this.alive.get(id) || p.leader < 0) continue;
        const bytes = Math.min(p.bytes, (p.copied.get(id) ?? 0) + this.bytesPerLook);
        p.copied.set(id, bytes);
        if (bytes === p.bytes && !p.inSync.includes(id)) p.inSync.push(id);
      }
      this.#complete(p);
      for (const [id, future] of p.future) {
        future.bytes += this.bytesPerLook;
        if (future.bytes < p.bytes) continue;
        p.logDirs.set(id, future.dir);
        p.future.delete(id);
      }
    }
  }

  topology(): Topology {
    const topics = new Map<string, FakePartition[]>();
    for (const p of this.partitions.values()) {
      topics.set(p.topic, [...(topics.get(p.topic) ?? []), p]);
    }
    return buildTopology(
      {
        generation: this.looks + 1,
        observedAtMs: this.looks,
        clusterId: "fake",
        controllerId: 1,
        brokers: [...this.alive].map(([id, alive]) => ({
          id,
          host: `host${id}`,
          port: 9092,
          rack: undefined,
          alive,
        })),
      },
      [...topics].map(([name, list]) => ({
        name,
        id: list[0]!.topicId,
        partitions: list.map((p) => ({
          partition: p.partition,
          leader: p.leader,
          leaderEpoch: 0,
          replicas: p.replicas,
          inSync: p.inSync,
          offline: p.replicas.filter((id) => !this.alive.get(id)),
        })),
      })),
    ).topology;
  }

  applyConfig(change: ConfigChange): void {
    const name = `${change.resource.type} ${change.resource.name}`;
    const values = this.configs.get(name) ?? new Map<string, string>();
    this.configs.set(name, values);
    const items = (values.get(change.key) ?? "").split(",").filter((item) => item !== "");
    const given = (change.value ?? "").split(",");
    if (change.operation === "set") values.set(change.key, change.value!);
    else if (change.operation === "delete") values.delete(change.key);
    else if (change.operation === "append") {
      values.set(change.key, [...new Set([...items, ...given])].join(","));
    } else values.set(change.key, items.filter((item) => !given.includes(item)).join(","));
    if (values.size === 0) this.configs.delete(name);
  }

  /** All dynamic settings, as sorted lines. */
  settings(): string[] {
    return [...this.configs].flatMap(([name, values]) =>
      [...values].map(([key, value]) => `${name} ${key}=${value}`)
    ).sort();
  }

  /** All replica lists, by partition key. */
  placement(): Record<string, number[]> {
    return Object.fromEntries([...this.partitions].map(([key, p]) => [key, [...p.replicas]]));
  }

  ongoing() {
    return [...this.partitions.values()].filter((p) => p.adding.length + p.removing.length > 0)
      .map(({ topic, partition, replicas, adding, removing }) => ({
        topic,
        partition,
        replicas: [...replicas],
        adding: [...adding],
        removing: [...removing],
      }));
  }

  readLogDirs(topology: Topology): LogDirsReading {
    const rows = topology.replicaBroker.length;
    const reading: LogDirsReading = {
      atMs: this.looks,
      brokers: [...this.alive].map(([brokerId, alive]) => ({
        brokerId,
        dirs: alive
          ? DIRS.map((path) => ({ path, alive: true, totalBytes: 1e9, usableBytes: 1e9 }))
          : [],
        ...(alive ? {} : { failure: { code: "deadline_exceeded", message: "x", retriable: true } }),
      })),
      replicaBytes: new Float64Array(rows).fill(NaN),
      replicaLogDir: new Int16Array(rows).fill(-1),
      futureReplicas: [],
      strayReplicas: [],
    };
    topology.topicNames.forEach((topic, t) => {
      for (let row = topology.partitionStart[t]!; row < topology.partitionStart[t + 1]!; row++) {
        const p = this.partitions.get(`${topic}/${row - topology.partitionStart[t]!}`);
        for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++) {
          const id = topology.replicaBroker[r]!;
          if (p === undefined || !this.alive.get(id)) continue;
          reading.replicaBytes[r] = p.adding.includes(id) ? p.copied.get(id) ?? 0 : p.bytes;
          reading.replicaLogDir[r] = DIRS.indexOf(p.logDirs.get(id) ?? "/a");
        }
        for (const [brokerId, future] of p?.future ?? []) {
          (reading.futureReplicas as FutureReplica[]).push({
            brokerId,
            topic: p!.topic,
            partition: p!.partition,
            logDir: future.dir,
            sizeBytes: future.bytes,
            offsetLag: 1,
          });
        }
      }
    });
    return reading;
  }

  readConfig(resource: ConfigResource): ConfigReading {
    if (resource.type === "broker" && !this.alive.get(Number(resource.name))) {
      return {
        resource,
        entries: [],
        failure: { code: "deadline_exceeded", message: "no answer", retriable: true },
      };
    }
    if (
      resource.type === "topic" &&
      ![...this.partitions.values()].some((p) => p.topic === resource.name)
    ) {
      const failure = {
        code: "kafka_error",
        message: "no such topic",
        retriable: false,
        kafkaErrorCode: 3,
      } as const;
      return { resource, entries: [], failure };
    }
    const values = this.configs.get(`${resource.type} ${resource.name}`) ?? new Map();
    const entries = [...values].map(([key, value]): ConfigEntry => ({
      key,
      value,
      source: resource.type === "broker" ? "dynamic_broker" : "dynamic_topic",
    }));
    return { resource, entries };
  }
}

/** The port to the fake cluster. `around` sees every call: it may throw before or after, or lose the answer. */
export function fakeGateway(
  cluster: FakeCluster,
  around: <T>(name: string, call: () => T) => T = (_name, call) => call(),
): Gateway {
  const lost = (error: unknown) => {
    if (error === LOST) {
      return fail("deadline_exceeded", "The answer was lost", { retriable: true });
    }
    throw error;
  };
  // deno-lint-ignore require-await
  const run = async <T>(name: string, call: () => T) => {
    try {
      return ok(around(name, call));
    } catch (error) {
      return lost(error);
    }
  };
  return {
    observe: () => run("observe", () => (cluster.step(), cluster.topology())),
    readLogDirs: (topology) => run("readLogDirs", () => cluster.readLogDirs(topology)),
    readOffsets: () => Promise.reject(new Error("not used")),
    readGroupOffsets: () => Promise.reject(new Error("not used")),
    readBrokerMetrics: () => Promise.reject(new Error("not used")),
    readConfigs: (resources) =>
      run("readConfigs", () => resources.map((r) => cluster.readConfig(r))),
    alterReassignments: (targets) =>
      run("alterReassignments", () =>
        targets.map(({ topic, partition, replicas }) => ({
          topic,
          partition,
          errorCode: cluster.reassign(
            `${topic}/${partition}`,
            replicas === null ? null : [...replicas],
          ),
          errorMessage: undefined,
        }))),
    listReassignments: () => run("listReassignments", () => cluster.ongoing()),
    electPreferredLeaders: (partitions) =>
      run("electPreferredLeaders", () =>
        partitions.map(({ topic, partition }) => {
          const p = cluster.partitions.get(`${topic}/${partition}`);
          const preferred = p?.replicas[0] ?? -1;
          let errorCode = 0;
          if (p === undefined) errorCode = 3;
          else if (p.leader === preferred) errorCode = 84;
          else if (!p.inSync.includes(preferred) || !cluster.alive.get(preferred)) errorCode = 80;
          else p.leader = preferred;
          return { topic, partition, errorCode, errorMessage: undefined };
        })),
    alterLogDirs: (targets) =>
      run("alterLogDirs", () =>
        targets.map((target) => {
          const p = cluster.partitions.get(`${target.topic}/${target.partition}`);
          if (p === undefined) return { ...target, errorCode: 3 };
          if (!DIRS.includes(target.logDir)) return { ...target, errorCode: 57 };
          if (!p.replicas.includes(target.brokerId)) {
            p.wanted.set(target.brokerId, target.logDir);
            return { ...target, errorCode: 9 };
          }
          if (p.logDirs.get(target.brokerId) === target.logDir) p.future.delete(target.brokerId);
          else p.future.set(target.brokerId, { dir: target.logDir, bytes: 0 });
          return { ...target, errorCode: 0 };
        })),
    alterConfigs: (changes) =>
      run(
        "alterConfigs",
        () =>
          [...new Map(changes.map((c) => [`${c.resource.type} ${c.resource.name}`, c.resource]))]
            .map(([, resource]) => {
              const failure = cluster.readConfig(resource).failure;
              const errorCode = failure === undefined ? 0 : failure.kafkaErrorCode ?? 7;
              if (errorCode === 0) {
                for (const change of changes) {
                  if (
                    change.resource.name === resource.name && change.resource.type === resource.type
                  ) {
                    cluster.applyConfig(change);
                  }
                }
              }
              return { resource, errorCode, errorMessage: undefined };
            }),
      ),
    close: () => Promise.resolve(),
  };
}

/** Thrown by an `around` to say: the call had (or had not) its effect, but no answer came. */
export const LOST = new Error("lost");
