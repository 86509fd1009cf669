/**
 * All actors on one thread under any clock: the same supervisor, links and hosts as with threads, in memory. Under a
 * manual clock and with seeded actors, the same calls give the same run.
 *
 * @module
 */
import type { Config } from "../config/table.ts";
import type { Clock } from "../lib/clock.ts";
import type { Result } from "../lib/failure.ts";
import type { LogRecord } from "../lib/log.ts";
import type { Prng } from "../lib/prng.ts";
import type { ActorName } from "../messages/actor.ts";
import type { AnswerOf, Message, RequestKind, RequestOf } from "../messages/mod.ts";
import type { RuntimeObserved } from "../messages/runtime.ts";
import type { ActorFactory } from "./actor_host.ts";
import type { Thread } from "./actor_slot.ts";
import type { FromHost } from "./control.ts";
import { hostActor, type Hosting } from "./hosting.ts";
import { limitsOf, type RuntimeLimits } from "./limits.ts";
import type { AskOptions } from "./link.ts";
import { localChannel } from "./port.ts";
import { Supervisor, type ThreadKind } from "./supervisor.ts";

/** What an in-process system needs. */
export interface InProcessDeps {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly config: Config;
  /** Where log records go; nowhere when absent. */
  readonly sink?: (record: LogRecord) => void;
  /** The actors of this system; facts to others go nowhere, requests to others fail. Called again at each restart. */
  readonly actors: { readonly [K in ActorName]?: ActorFactory };
  /** Changes to the limits of `config`. */
  readonly limits?: Partial<RuntimeLimits>;
}

/** Actors on one thread. */
export interface InProcessSystem {
  /** Resolves when all run, or with the failure of one that could not start. */
  start(): Promise<Result<void>>;
  /** Sends a fact to its receivers. */
  emit(message: Message): void;
  /** Asks the actor that answers this kind. */
  request<K extends RequestKind>(
    request: RequestOf<K> & { readonly kind: K },
    options?: AskOptions,
  ): Promise<Result<AnswerOf<K>>>;
  /** Ends an actor without asking it; it comes back after the backoff, by the clock. */
  kill(name: ActorName): void;
  /** What the runtime knows of the actors. */
  observe(): RuntimeObserved;
  /** Stops all. `late` are those that did not stop within the limit. */
  stop(): Promise<{ readonly inTime: boolean; readonly late: readonly ActorName[] }>;
}

/** Makes a system that is not started yet. Without heartbeats: a blocked thread could not watch itself. */
export function createInProcessSystem(deps: InProcessDeps): InProcessSystem {
  const { clock, prng, config, actors } = deps;
  const supervisor = new Supervisor({
    kind: localThreads(actors, clock),
    actors: Object.keys(actors) as ActorName[],
    clock,
    time: undefined,
    config,
    limits: { ...limitsOf(config), heartbeatIntervalMs: 0, ...deps.limits },
    seed: prng.fork("actors").below(2 ** 32),
    sink: deps.sink ?? (() => {}),
  });
  return {
    start: () => supervisor.start(),
    emit: (message) => supervisor.emit(message),
    request: (request, options) => supervisor.request(request, options),
    kill: (name) => supervisor.kill(name, "killed on request"),
    observe: () => supervisor.observe(),
    stop: () => supervisor.stop(),
  };
}

function localThreads(actors: InProcessDeps["actors"], clock: Clock): ThreadKind {
  return {
    spawn(name): Thread {
      // Orders carry ports, which cannot be cloned; both sides treat orders as constant.
      const [mine, theirs] = localChannel({ clone: false });
      const hosting: Hosting = hostActor(theirs, (context) => actors[name]!(context), { clock });
      return {
        send: (order) => mine.post(order),
        listen: (receive) => mine.listen((data) => receive(data as FromHost)),
        terminate() {
          hosting.kill({
            code: "actor_died",
            message: `Cannot go on: ${name} was ended`,
            retriable: true,
          });
          mine.close();
        },
      };
    },
    channel: () => localChannel(),
  };
}
