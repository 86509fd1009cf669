/** What `workers/` may use of the sampler. */
export { createSampler, type SamplerDeps } from "./actor.ts";
