/**
 * The store for the actor of this thread. Each thread has its own connection.
 *
 * @module
 */
import { FailureError, type Result } from "../lib/failure.ts";
import type { ActorContext } from "../messages/actor.ts";
import { openState, type Store } from "../store/open.ts";
import { openSampleStore, type SampleStore } from "../store/samples.ts";
import type { Init } from "./control.ts";

/** Opens state.db. Throws a {@link FailureError} when it cannot be used. */
export function stateStore(context: ActorContext, init: Init): Store {
  return valueOf(openState(optionsOf(context, init)));
}

/** Opens samples.db. Throws a {@link FailureError} when it cannot be used. */
export function sampleStore(context: ActorContext, init: Init): SampleStore {
  return valueOf(openSampleStore(optionsOf(context, init)));
}

function optionsOf({ clock, log }: ActorContext, init: Init) {
  return { directory: init.config["evenkeel.data.dir"], clock, log };
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new FailureError(result.failure);
  return result.value;
}
