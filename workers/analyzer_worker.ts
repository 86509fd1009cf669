/** The analyzer's thread. */
import { createAnalyzer } from "../actors/analyzer/mod.ts";
import { runActorWorker } from "./actor_worker.ts";

runActorWorker((context, init) => createAnalyzer({ context, config: init.config }));
