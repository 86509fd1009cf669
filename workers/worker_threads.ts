/**
 * Actors on threads of their own: one Deno worker each, channels as `MessageChannel`s.
 *
 * @module
 */
import type { Failure } from "../lib/failure.ts";
import type { ActorName } from "../messages/actor.ts";
import type { Thread } from "./actor_slot.ts";
import type { FromHost, ToHost } from "./control.ts";
import type { Endpoint } from "./port.ts";
import type { ThreadKind } from "./supervisor.ts";

/** Threads that can be begun before anybody says what their actors shall do. */
export interface WarmThreads extends ThreadKind {
  /** Begins the actor's thread now: it loads its modules while the caller does something else. */
  warm(name: ActorName): void;
}

/** Runs each actor's entry module in a worker of its own. */
export function workerThreads(
  entries: Readonly<Partial<Record<ActorName, URL>>>,
): WarmThreads {
  const warmed = new Map<ActorName, WarmWorker>();
  return {
    warm: (name) => void warmed.set(name, warmWorker(entries[name]!, name)),
    spawn(name, onCrash): Thread {
      const { worker, crashes } = warmed.get(name) ?? warmWorker(entries[name]!, name);
      warmed.delete(name);
      crashes(onCrash);
      return {
        send: (order: ToHost, endpoints) => worker.postMessage(order, moving(endpoints)),
        listen(receive) {
          worker.onmessage = (event: MessageEvent<FromHost>) => receive(event.data);
        },
        // A thread in an endless loop of its own goes on until the process ends: the platform cannot stop it. Its
        // channels are closed and its event loop never turns again, so all that it costs is a core.
        terminate: () => worker.terminate(),
      };
    },
    channel() {
      const { port1, port2 } = new MessageChannel();
      return [port1, port2];
    },
  };
}

interface WarmWorker {
  readonly worker: Worker;
  /** Names who hears of a crash; one that happened before is told at once. */
  crashes(onCrash: (failure: Failure) => void): void;
}

function warmWorker(entry: URL, name: string): WarmWorker {
  let early: Failure | undefined;
  let tell = (failure: Failure) => {
    early ??= failure;
  };
  const worker = spawnWorker(entry, name, (failure) => tell(failure));
  return {
    worker,
    crashes(onCrash) {
      tell = onCrash;
      // Not before the caller has the thread in hand.
      if (early !== undefined) Promise.resolve(early).then(onCrash);
    },
  };
}

/** Starts a worker whose uncaught errors end it alone. */
export function spawnWorker(
  entry: URL,
  name: string,
  onCrash: (failure: Failure) => void,
): Worker {
  const worker = new Worker(entry.href, { type: "module", name });
  worker.onerror = (event) => {
    // Without this the error would end the whole process.
    event.preventDefault();
    const message = `The thread of ${name} ended: ${event.message}`;
    onCrash({ code: "internal", message, retriable: true });
  };
  return worker;
}

function moving(endpoints: readonly Endpoint[]): MessagePort[] {
  return endpoints.filter((endpoint): endpoint is MessagePort => endpoint instanceof MessagePort);
}
