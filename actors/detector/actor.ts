/**
 * The detector: notices what is wrong with the cluster, tells people, and heals when it is told to. When, never how.
 *
 * @module
 */
import type { Config } from "../../config/table.ts";
import { FailureError, ok, type Result } from "../../lib/failure.ts";
import { uuidSource } from "../../lib/uuid.ts";
import type { Actor, ActorContext } from "../../messages/actor.ts";
import type { AnswerOf, Message, RequestOf } from "../../messages/mod.ts";
import { ANOMALY_KINDS } from "../../model/anomaly.ts";
import type { AnomalyStore } from "../../store/anomalies.ts";
import { noteProgress } from "./attempts.ts";
import { clusterHealth, sameBrokers } from "./cluster_health.ts";
import { Healer } from "./healer.ts";
import { Ledger } from "./ledger.ts";
import { createNotifier, type PostJson } from "./notifier.ts";
import { predictedOverload, sameOverloads } from "./overload.ts";
import { isExecuting, round } from "./rounds.ts";
import type { Desk } from "./desk.ts";
import { createSchedule } from "./schedule.ts";
import { type DetectorSettings, detectorSettings } from "./settings.ts";
import { createSwitches } from "./switches.ts";
import { detectorState } from "./view.ts";

/** How often the executor is asked what became of an attempt while nobody tells, ms. */
const FOLLOW_EVERY_MS = 30_000;

/** After a start with an open attempt, or while the executor does not answer, ms. */
const RECOVER_EVERY_MS = 1_000;

/** What the detector needs. */
export interface DetectorDeps {
  readonly context: ActorContext;
  readonly config: Config;
  readonly anomalies: AnomalyStore;
  /** Posts to the webhook; undefined = there is none. */
  readonly post: PostJson | undefined;
}

/** The detector. Its start fails when settings contradict each other or the store cannot be read. */
export function createDetector(deps: DetectorDeps): Actor {
  const { context } = deps;
  const { clock } = context;
  const ending = new AbortController();
  const startMs = clock.nowMs();
  let desk: Desk | undefined;
  let ticking: Promise<unknown> = Promise.resolve();
  let followAtMs = Infinity;
  const generations = { topology: 0, load: 0 };

  /** Settles the open attempt, if there is one and the executor answers. */
  async function follow(at: Desk, nowMs: number): Promise<boolean> {
    if (at.healer.attempt === undefined) {
      followAtMs = Infinity;
      return true;
    }
    const executor = await context.request(
      { kind: "get_executor_state", withTasks: false },
      { signal: ending.signal },
    );
    if (!executor.ok) {
      followAtMs = nowMs + RECOVER_EVERY_MS;
      return false;
    }
    const progress = await at.healer.follow(executor.value);
    noteProgress(at, progress);
    followAtMs = at.healer.attempt === undefined ? Infinity : nowMs + FOLLOW_EVERY_MS;
    // An attempt that the executor has not written down yet is about to be.
    if (progress.kind === "underway" && !isExecuting(executor.value)) {
      followAtMs = nowMs + RECOVER_EVERY_MS;
    }
    if (progress.kind === "ended") {
      for (const kind of ANOMALY_KINDS) at.schedule.sooner(kind, nowMs);
    }
    return true;
  }

  async function tick(nowMs: number): Promise<number | undefined> {
    if (desk === undefined || ending.signal.aborted) return undefined;
    const due = desk.schedule.due(nowMs);
    const known = nowMs < followAtMs && due.length === 0 ? true : await follow(desk, nowMs);
    // Before it is known what is underway nothing may be decided.
    if (!known) return followAtMs;
    const ready = desk.schedule.due(clock.nowMs());
    if (ready.length > 0) await round(desk, ready);
    if (desk.healer.attempt?.state === "planning") {
      followAtMs = Math.min(followAtMs, clock.nowMs() + RECOVER_EVERY_MS);
    }
    return Math.min(desk.schedule.earliestMs(), followAtMs);
  }

  function record(message: Message): void {
    if (desk === undefined) return;
    if (message.kind === "window_closed") generations.load = message.loadGeneration;
    else if (message.kind === "cluster_observed") {
      generations.topology = message.topology.generation;
      const health = clusterHealth(message);
      const disks = desk.ledger.of("DISK_FAILURE")?.condition;
      const known = disks?.kind === "DISK_FAILURE" ? disks.failedDisks : [];
      const sameDisks = known.length === health.failedDisks.length;
      if (!sameBrokers(desk.failedBrokers, health.failedBrokers)) soon(desk, "BROKER_FAILURE");
      if (!sameDisks) soon(desk, "DISK_FAILURE");
    } else if (message.kind === "states_predicted") {
      desk.predicted = message;
      const known = desk.ledger.of("PREDICTED_OVERLOAD")?.condition;
      const now = predictedOverload(message, known, clock.nowMs());
      if (!sameOverloads(known, now)) soon(desk, "PREDICTED_OVERLOAD");
    } else if (message.kind === "execution_ended") {
      followAtMs = clock.nowMs();
      for (const kind of ANOMALY_KINDS) desk.schedule.sooner(kind, clock.nowMs());
      context.wake();
    }
    desk.generations = `${generations.topology} ${generations.load}`;
  }

  function soon(at: Desk, kind: typeof ANOMALY_KINDS[number]): void {
    at.schedule.sooner(kind, clock.nowMs());
    context.wake();
  }

  function setSelfHealing(
    request: RequestOf<"set_self_healing">,
  ): Result<AnswerOf<"set_self_healing">> {
    const before = desk!.switches.now();
    const nowMs = clock.nowMs();
    const off = desk!.switches.set(request.disable, false, nowMs);
    if (!off.ok) return off;
    const on = desk!.switches.set(request.enable, true, nowMs);
    if (!on.ok) return on;
    // What was left alone may now be healed, and the other way round.
    for (const kind of [...request.enable, ...request.disable]) soon(desk!, kind);
    desk!.judgedGenerations = undefined;
    return ok({ before, after: desk!.switches.now() });
  }

  return {
    start() {
      desk = openDesk(deps, { signal: ending.signal, nowMs: startMs });
      if (desk.healer.attempt !== undefined) followAtMs = startMs;
      context.wake();
      return Promise.resolve();
    },
    handle: record,
    answers: {
      get_detector_state: () => detectorState(desk!, { startMs, nowMs: clock.nowMs() }),
      set_self_healing: setSelfHealing,
    },
    tick(nowMs) {
      const done = tick(nowMs);
      ticking = done.catch(() => {});
      return done;
    },
    async stop() {
      ending.abort();
      desk?.notifier.stop();
      await ticking;
    },
  };
}

/** Reads what an earlier life left. Throws a {@link FailureError}. */
function openDesk(
  { context, config, anomalies, post }: DetectorDeps,
  options: { signal: AbortSignal; nowMs: number },
): Desk {
  const { clock, log, prng } = context;
  const { signal, nowMs } = options;
  const settings: DetectorSettings = valueOf(detectorSettings(config));
  const newId = uuidSource(clock, prng.fork("ids"));
  const { historyMax } = settings;
  const ledger = new Ledger({ store: anomalies, log, newId, historyMax });
  const healer = new Healer({ context, store: anomalies, signal, newId });
  valueOf(ledger.load());
  valueOf(healer.load());
  const stored = valueOf(anomalies.switches());
  return {
    context,
    settings,
    store: anomalies,
    ledger,
    healer,
    signal,
    notifier: createNotifier({ clock, log, post }, {
      deadlineMs: config["evenkeel.notifier.webhook.deadline.ms"],
      attemptsMax: config["evenkeel.notifier.webhook.attempts.max"],
      backoffMs: config["evenkeel.notifier.webhook.backoff.ms"],
      queueMax: config["evenkeel.notifier.webhook.queue.max"],
    }),
    schedule: createSchedule(settings.intervalMs, { nowMs, prng: prng.fork("schedule") }),
    switches: createSwitches(settings.selfHealing, stored, { store: anomalies, nowMs }),
    failedBrokers: valueOf(anomalies.failedBrokers()),
    generations: "0 0",
    judgedGenerations: undefined,
    predicted: undefined,
    balancedness: 100,
    totals: valueOf(anomalies.totals()),
    runs: new Map(),
  };
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new FailureError(result.failure);
  return result.value;
}
