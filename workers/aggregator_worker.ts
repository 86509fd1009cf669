/** The aggregator's thread. */
import { createAggregator } from "../actors/aggregator/mod.ts";
import { runActorWorker } from "./actor_worker.ts";
import { sampleStore } from "./open_store.ts";

runActorWorker((context, init) =>
  // It closes the store itself, after its last write.
  createAggregator({ context, config: init.config, store: sampleStore(context, init) })
);
