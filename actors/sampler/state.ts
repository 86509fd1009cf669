/** What the sampler tells of itself. */
import type { SamplerState } from "../../messages/sampler.ts";
import type { Look } from "./look.ts";

/** Before the start. */
export const NOT_STARTED: SamplerState = {
  state: "not_started",
  reason: undefined,
  pollsDone: 0,
  pollsFailed: 0,
  lastPollAtMs: undefined,
  lastPollDurationMs: undefined,
  lastFailure: undefined,
  silentBrokers: [],
  sources: ["offsets and log dirs"],
};

/** The change that a look which went well makes. */
export function afterLook(look: Look): Partial<SamplerState> {
  return {
    lastFailure: look.failures[0]?.message,
    silentBrokers: look.silentBrokers,
    sources: [
      ...NOT_STARTED.sources,
      ...look.groups === undefined ? [] : ["committed offsets"],
      ...look.brokerMetrics === undefined ? [] : ["broker metrics"],
    ],
  };
}

/** Whether others must hear of the change: paused or resumed, a failure came or went. Counters are no news. */
export function isStateNews(before: SamplerState, after: SamplerState): boolean {
  return (before.state === "paused") !== (after.state === "paused") ||
    before.reason !== after.reason || before.lastFailure !== after.lastFailure ||
    before.silentBrokers.join() !== after.silentBrokers.join();
}
