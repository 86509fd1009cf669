/**
 * The simulated cluster's thread, as the main thread sees it.
 *
 * @module
 */
import type { Config } from "../config/table.ts";
import type { Failure } from "../lib/failure.ts";
import type { TimeScale } from "./control.ts";
import { spawnWorker } from "./worker_threads.ts";

/** Orders to the thread. */
export type ToSim =
  | { readonly t: "create"; readonly config: Config; readonly time: TimeScale | undefined }
  | { readonly t: "connect"; readonly client: string; readonly port: MessagePort };

/** A running simulation. */
export interface SimThread {
  /** A new way to the cluster's gateway; the client's former one is closed. */
  connect(client: string): MessagePort;
  terminate(): void;
}

/** Starts the simulation. `onCrash` means that the cluster is gone: its state cannot be brought back. */
export function startSimThread(
  config: Config,
  options: { time: TimeScale | undefined; onCrash: (failure: Failure) => void },
): SimThread {
  const entry = new URL("./sim_worker.ts", import.meta.url);
  const worker = spawnWorker(entry, "simulated cluster", options.onCrash);
  worker.postMessage({ t: "create", config, time: options.time } satisfies ToSim);
  return {
    connect(client) {
      const { port1, port2 } = new MessageChannel();
      worker.postMessage({ t: "connect", client, port: port2 } satisfies ToSim, [port2]);
      return port1;
    },
    terminate: () => worker.terminate(),
  };
}
