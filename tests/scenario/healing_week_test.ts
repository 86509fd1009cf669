/**
 * A simulated week with an anomaly of each kind twice and a quiet day: noticed within the stated time, healed when
 * self-healing is on, nothing done when it is off, and nothing else seen (no false alarm). Stated times: a broker or a
 * log dir one interval of detection (5 min); a goal one poll (5 min) and one interval. EVENKEEL_HEALING_FIGURES=1
 * prints the figures, EVENKEEL_HEALING_WEEKS=3 sets the number of seeds.
 */
import { assert, assertEquals } from "@std/assert";
import { createPrng, type Prng } from "../../lib/prng.ts";
import type { Anomaly, AnomalyKind } from "../../model/anomaly.ts";
import { replicasOf } from "../../model/topology.ts";
import { type HealingWorld, healingWorld, topologyOf } from "./healing_world.ts";
import { HOUR_MS, MINUTE_MS } from "./world.ts";

const WEEKS = Number(Deno.env.get("EVENKEEL_HEALING_WEEKS") ?? 1);
const DAY_MS = 24 * HOUR_MS;
type Injected = Exclude<AnomalyKind, "PREDICTED_OVERLOAD">;
const WITHIN_MS: Readonly<Record<Injected, number>> = {
  BROKER_FAILURE: 5 * MINUTE_MS,
  DISK_FAILURE: 5 * MINUTE_MS,
  GOAL_VIOLATION: 10 * MINUTE_MS,
};
/** Looks, metadata and moving a replica take some seconds on top. */
const SLACK_MS = 15_000;

const DAYS: readonly (Injected | "quiet")[] = [
  "BROKER_FAILURE",
  "DISK_FAILURE",
  "GOAL_VIOLATION",
  "BROKER_FAILURE",
  "DISK_FAILURE",
  "GOAL_VIOLATION",
  "quiet",
];

/** Breaks something; the function repairs what does not repair itself. */
async function inject(
  h: HealingWorld,
  kind: Injected,
  prng: Prng,
): Promise<() => Promise<void>> {
  const nowMs = h.clock.nowMs();
  const topology = await topologyOf(h);
  if (kind === "GOAL_VIOLATION") {
    const racks = new Map(topology.brokers.map(({ id, rack }) => [id, rack]));
    const row = prng.below(topology.partitionStart[1]!);
    const replicas = replicasOf(topology, row);
    const twin = topology.brokers.find(({ id }) =>
      !replicas.includes(id) && racks.get(id) === racks.get(replicas[0]!)
    )!;
    h.cluster.inject({
      kind: "foreign_reassignment",
      topic: topology.topicNames[0]!,
      partition: row,
      replicas: [...replicas.slice(0, -1), twin.id],
    }, nowMs);
    return async () => {
      const back = { kind: "foreign_reassignment" as const, topic: topology.topicNames[0]! };
      h.cluster.inject({ ...back, partition: row, replicas }, h.clock.nowMs());
      await h.run(MINUTE_MS);
    };
  }
  const hosting = topology.brokers.filter(({ id }) => topology.replicaBroker.includes(id));
  const brokerId = hosting[prng.below(hosting.length)]!.id;
  if (kind === "BROKER_FAILURE") {
    h.cluster.inject({ kind: "broker_crash", brokerId, returnAfterMs: 6 * HOUR_MS }, nowMs);
    return () => Promise.resolve();
  }
  const read = await h.settleWithin(h.gateway.readLogDirs(topology), MINUTE_MS, "log dirs");
  assert(read.ok);
  const { dirs } = read.value.brokers.find((broker) => broker.brokerId === brokerId)!;
  const held = dirs.findIndex((_, dir) =>
    topology.replicaBroker.some((id, r) => id === brokerId && read.value.replicaLogDir[r] === dir)
  );
  const logDir = dirs[held]!.path;
  h.cluster.inject({ kind: "disk_failure", brokerId, logDir }, nowMs);
  return async () => {
    h.cluster.inject({ kind: "disk_repair", brokerId, logDir }, h.clock.nowMs());
    await h.run(MINUTE_MS);
  };
}

interface Week {
  /** Time from the injection until the anomaly was seen and until it was healed, ms. */
  readonly seen: [AnomalyKind, number][];
  readonly healed: [AnomalyKind, number][];
  readonly falseAlarms: number;
}

async function live(seed: number, healing: boolean): Promise<Week> {
  const h = await healingWorld({
    seed,
    healing,
    settings: { "self.healing.exclude.recently.removed.brokers": "false" },
  });
  const prng = createPrng(seed).fork("week");
  // The cluster begins with violated goals: people put that right first.
  await h.run(30 * MINUTE_MS);
  if (!healing) assert((await h.rebalance()).ok);
  await h.untilIdle(HOUR_MS);
  await h.run(HOUR_MS);
  const startMs = h.clock.nowMs();
  const executed = (await h.executorState()).lastExecution?.executionUuid;
  const week: Week = { seen: [], healed: [], falseAlarms: 0 };
  const expected = new Set<string>();
  for (const [day, kind] of DAYS.entries()) {
    await h.run(startMs + day * DAY_MS + HOUR_MS + prng.below(8 * HOUR_MS) - h.clock.nowMs());
    if (kind !== "quiet") {
      const brokenMs = h.clock.nowMs();
      const repair = await inject(h, kind, prng);
      await h.run(12 * HOUR_MS);
      const label = `seed ${seed}, day ${day}, ${kind}`;
      const anomaly = (await h.anomalies(kind)).find((one) => one.detectedAtMs >= brokenMs);
      assert(anomaly !== undefined, `${label} was not seen`);
      expected.add(anomaly.id);
      week.seen.push([kind, anomaly.detectedAtMs - brokenMs]);
      assert(anomaly.detectedAtMs - brokenMs <= WITHIN_MS[kind] + SLACK_MS, `${label} seen late`);
      if (healing) week.healed.push([kind, checkHealed(anomaly, label) - brokenMs]);
      else checkLeft(anomaly, label);
      await repair();
      await h.run(HOUR_MS);
      if (healing) assertEquals(await h.outOfSync(), 0, label);
    }
  }
  await h.run(startMs + 7 * DAY_MS - h.clock.nowMs());
  const { recent } = await h.detectorState();
  const strange = recent.filter((one) => one.detectedAtMs >= startMs && !expected.has(one.id));
  if (!healing) {
    assertEquals((await h.executorState()).lastExecution?.executionUuid, executed, "nothing done");
  }
  await h.close();
  return { ...week, falseAlarms: strange.length };
}

/** When the fix had ended. */
function checkHealed(anomaly: Anomaly, label: string): number {
  const last = anomaly.attempts.at(-1);
  assert(last?.outcome?.startsWith("completed:"), `${label}: ${JSON.stringify(anomaly)}`);
  const isOver = anomaly.endedAtMs !== undefined || anomaly.condition.kind === "DISK_FAILURE";
  assert(isOver, `${label} lasts: ${anomaly.reason}`);
  return last!.endedAtMs!;
}

function checkLeft(anomaly: Anomaly, label: string): void {
  assertEquals(anomaly.attempts, [], label);
  assert(anomaly.wouldDo !== undefined, `${label}: what would have been done is not on record`);
}

function minutes(entries: readonly [AnomalyKind, number][]): string {
  return entries.map(([kind, ms]) => `${kind} ${(ms / MINUTE_MS).toFixed(1)}`).join(", ");
}

for (const healing of [true, false]) {
  Deno.test(`a week of anomalies, self-healing ${healing ? "on" : "off"}`, async () => {
    for (let seed = 1; seed <= WEEKS; seed++) {
      const week = await live(seed, healing);
      assertEquals(week.falseAlarms, 0, `seed ${seed}`);
      if (Deno.env.get("EVENKEEL_HEALING_FIGURES") === undefined) continue;
      console.log(
        `seed ${seed}, healing ${healing}: minutes until seen: ${minutes(week.seen)}; ` +
          `until healed: ${minutes(week.healed)}; false alarms ${week.falseAlarms}`,
      );
    }
  });
}
