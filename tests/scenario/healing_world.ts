/**
 * A simulated world whose detector is watched: what it recorded, told and did.
 *
 * @module
 */
import type { Notification } from "../../actors/detector/notifier.ts";
import type { SimSpec } from "../../cluster/sim/mod.ts";
import type { KeyName } from "../../config/table.ts";
import { ok } from "../../lib/failure.ts";
import type { DetectorState } from "../../messages/detector.ts";
import type { Anomaly, AnomalyKind } from "../../model/anomaly.ts";
import { IN_SYNC, type Topology } from "../../model/topology.ts";
import { smallSpec } from "./faulty_day.ts";
import { createWorld, MINUTE_MS, type Past, type World } from "./world.ts";

/** What to build. */
export interface HealingOptions {
  readonly seed: number;
  readonly healing: boolean;
  readonly spec?: SimSpec;
  readonly settings?: Partial<Record<KeyName, string>>;
  readonly past?: Past;
}

/** A world with its detector. */
export interface HealingWorld extends World {
  detectorState(): Promise<DetectorState>;
  /** Of a kind, newest first. */
  anomalies(kind: AnomalyKind): Promise<readonly Anomaly[]>;
  /** Replicas that are not in sync. */
  outOfSync(): Promise<number>;
  /** What reached the webhook about a kind, oldest first. */
  posted(kind: AnomalyKind): readonly Notification[];
}

/** Builds and starts it. */
export async function healingWorld(options: HealingOptions): Promise<HealingWorld> {
  const posted: Notification[] = [];
  const world = await createWorld({
    seed: options.seed,
    spec: options.spec ?? smallSpec(options.seed),
    settings: {
      "num.proposal.precompute.threads": "0",
      "self.healing.enabled": String(options.healing),
      // As in the faulty days: what a crash leaves stuck is given up soon.
      "evenkeel.execution.move.stuck.timeout.ms": "600000",
      ...options.settings,
    },
    ...(options.past === undefined ? {} : { past: options.past }),
    post: (body) => {
      posted.push(JSON.parse(body) as Notification);
      return Promise.resolve(ok(200));
    },
  });
  const detectorState = async () => {
    const asked = await world.settleWithin(
      world.system.request({ kind: "get_detector_state" }),
      MINUTE_MS,
      "the detector's state",
    );
    if (!asked.ok) throw new Error(asked.failure.message);
    return asked.value;
  };
  return {
    ...world,
    detectorState,
    async anomalies(kind) {
      return (await detectorState()).recent.filter(({ condition }) => condition.kind === kind);
    },
    async outOfSync() {
      const topology = await topologyOf(world);
      return topology.replicaFlags.filter((flags) => (flags & IN_SYNC) === 0).length;
    },
    posted: (kind) => posted.filter((one) => one.kind === kind),
  };
}

/** The metadata now. */
export async function topologyOf(world: World): Promise<Topology> {
  const seen = await world.settleWithin(world.gateway.observe(), MINUTE_MS, "the metadata");
  if (!seen.ok) throw new Error(seen.failure.message);
  return seen.value;
}

/** Replicas that the metadata puts on a broker. */
export async function replicasOn(world: World, brokerId: number): Promise<number> {
  return (await topologyOf(world)).replicaBroker.filter((id) => id === brokerId).length;
}

/** Moves time until self-healing executes something. Fails with the anomalies after `withinMs`. */
export async function untilStarted(world: HealingWorld, withinMs: number): Promise<void> {
  const giveUpMs = world.clock.nowMs() + withinMs;
  while ((await world.detectorState()).healing?.state !== "executing") {
    if (world.clock.nowMs() >= giveUpMs) {
      throw new Error(`Nothing is healed: ${JSON.stringify((await world.detectorState()).recent)}`);
    }
    await world.run(1000);
  }
}
