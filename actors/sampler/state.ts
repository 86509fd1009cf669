/** What the sampler tells of itself. */
import type { BrokerMetricsState, SamplerState } from "../../messages/sampler.ts";
import { BROKER_METRICS, type BrokerMetricsReading } from "../../model/readings.ts";
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
      ...look.brokerMetrics === undefined ? [] : [nameOf(look.brokerMetrics)],
    ],
    // Without a reading the latest one stays, so that its age shows.
    ...look.brokerMetrics === undefined
      ? {}
      : { brokerMetrics: brokerMetricsState(look.brokerMetrics) },
  };
}

/** "broker metrics by Jolokia of 2 of 3 brokers" */
function nameOf({ source, brokerIds, failures }: BrokerMetricsReading): string {
  const by = source === undefined ? "" : ` by ${source}`;
  const asked = brokerIds.length + (failures?.length ?? 0);
  const of = asked === brokerIds.length ? "" : ` of ${brokerIds.length} of ${asked} brokers`;
  return `broker metrics${by}${of}`;
}

function brokerMetricsState(reading: BrokerMetricsReading): BrokerMetricsState {
  return {
    atMs: Math.round(reading.atMs),
    brokers: Array.from(reading.brokerIds, (brokerId, i) => {
      const entries = BROKER_METRICS.map((name, j) => {
        const value = reading.values[i * BROKER_METRICS.length + j]!;
        return [name, Number.isNaN(value) ? null : value];
      });
      return { brokerId, metrics: Object.fromEntries(entries) };
    }),
    unknownBrokers: (reading.failures ?? []).map(({ brokerId, failure }) => ({
      brokerId,
      reason: failure.message,
    })),
  };
}

/** Whether others must hear of the change: paused or resumed, a failure came or went. Counters are no news. */
export function isStateNews(before: SamplerState, after: SamplerState): boolean {
  return (before.state === "paused") !== (after.state === "paused") ||
    before.reason !== after.reason || before.lastFailure !== after.lastFailure ||
    before.silentBrokers.join() !== after.silentBrokers.join() ||
    unknownText(before) !== unknownText(after);
}

function unknownText({ brokerMetrics }: SamplerState): string | undefined {
  return brokerMetrics?.unknownBrokers.map((one) => one.brokerId).join();
}
