/**
 * The executor actor: carries proposals out on the cluster, from the journal in the store.
 *
 * @module
 */
export { createExecutor, type ExecutorDeps } from "./actor.ts";
