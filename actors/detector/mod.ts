/** What workers may use of the detector. */
export { createDetector, type DetectorDeps } from "./actor.ts";
export type { PostJson } from "./notifier.ts";
