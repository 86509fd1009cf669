/** The analyzer, as workers/ may use it. */
export { type AnalyzerDeps, createAnalyzer } from "./actor.ts";
