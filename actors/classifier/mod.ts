/** The classifier, as workers/ may use it. */
export { type ClassifierDeps, createClassifier } from "./actor.ts";
export { savePast } from "./past.ts";
