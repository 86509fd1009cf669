/**
 * The whole of Evenkeel on threads: all actors under a supervisor, and the simulated cluster when no real one is named.
 *
 * @module
 */
import type { Config } from "../config/table.ts";
import type { Clock } from "../lib/clock.ts";
import type { Failure } from "../lib/failure.ts";
import type { LogRecord } from "../lib/log.ts";
import { hashText } from "../lib/prng.ts";
import type { ActorName } from "../messages/actor.ts";
import type { RuntimeObserved } from "../messages/runtime.ts";
import { limitsOf } from "./limits.ts";
import { isSimulated } from "./simulated.ts";
import { simulatedTime } from "./time_scale.ts";
import { type SimThread, startSimThread } from "./sim_thread.ts";
import { Supervisor } from "./supervisor.ts";
import { workerThreads } from "./worker_threads.ts";

/** Entry of each actor's thread. Named here and in `compile.include`: nothing imports them. */
const ENTRIES: Readonly<Record<ActorName, URL>> = {
  sampler: new URL("./sampler_worker.ts", import.meta.url),
  aggregator: new URL("./aggregator_worker.ts", import.meta.url),
  classifier: new URL("./classifier_worker.ts", import.meta.url),
  analyzer: new URL("./analyzer_worker.ts", import.meta.url),
  executor: new URL("./executor_worker.ts", import.meta.url),
  detector: new URL("./detector_worker.ts", import.meta.url),
  server: new URL("./server_worker.ts", import.meta.url),
};

/** Made once, so that they can be begun before the configuration is known. */
const THREADS = workerThreads(ENTRIES);

/**
 * Begins the server's thread ahead of {@link createSystem}. Of all threads it loads the most, and people wait for it;
 * the others follow when it runs (each costs the main thread 20 ms, in which it can do nothing else).
 */
export function warmServer(): void {
  THREADS.warm("server");
}

/** Actors that look at the cluster or change it. */
const NEED_GATEWAY: readonly ActorName[] = ["sampler", "executor"];

/** What the system needs. */
export interface SystemDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly sink: (record: LogRecord) => void;
  /** The simulated cluster is gone, and with it everything that there was to balance. */
  onClusterLost(failure: Failure): void;
  /** Called whenever an actor changes its state. */
  onChange?(observed: RuntimeObserved): void;
}

/** A system; call `supervisor.start()`. */
export interface System {
  readonly supervisor: Supervisor;
  /** Ends the simulated cluster, if there is one. Call it when the supervisor has stopped. */
  close(): void;
}

/** Builds the system. No thread is begun before `supervisor.start()`. */
export function createSystem(deps: SystemDeps): System {
  const { config, clock, sink, onClusterLost, onChange } = deps;
  const startMs = clock.nowMs();
  const time = isSimulated(config) ? simulatedTime(config, startMs) : undefined;
  let sim: SimThread | undefined;
  // With the first actor that needs it: the server, for which people wait, is begun before.
  const connect = (name: ActorName) => {
    if (!isSimulated(config) || !NEED_GATEWAY.includes(name)) return undefined;
    sim ??= startSimThread(config, { time, onCrash: onClusterLost });
    return sim.connect(name);
  };
  const supervisor = new Supervisor({
    kind: THREADS,
    actors: Object.keys(ENTRIES) as ActorName[],
    clock,
    time,
    config,
    limits: limitsOf(config),
    // Ids are drawn from it, so a later run must not draw the same ones.
    seed: (config["evenkeel.seed"] ^ hashText(String(startMs))) >>> 0,
    sink,
    ...(onChange === undefined ? {} : { onChange }),
    gatewayFor: connect,
  });
  return { supervisor, close: () => sim?.terminate() };
}
