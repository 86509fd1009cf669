/** The aggregator, as workers/ may use it. */
export { type AggregatorDeps, createAggregator } from "./actor.ts";
