/**
 * What every worker entry calls: hosts one actor in this thread.
 *
 * @module
 */
import { systemClock } from "../lib/clock.ts";
import { type BuildActor, hostActor } from "./hosting.ts";
import type { Port } from "./port.ts";

/** The thread's own end of the control channel. */
const scope = globalThis as unknown as {
  postMessage(data: unknown): void;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  close(): void;
};

/** Hosts the actor that `build` makes, by the orders of the supervisor that started this thread. */
export function runActorWorker(build: BuildActor): void {
  const control: Port = {
    post: (data) => scope.postMessage(data),
    listen(receive) {
      scope.onmessage = (event) => receive(event.data);
    },
    close: () => scope.close(),
  };
  const hosting = hostActor(control, build, { clock: systemClock() });
  // Without these, what nobody caught would end the thread before it can say why.
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    hosting.dieOf(event.reason);
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    hosting.dieOf(event.error);
  });
}
