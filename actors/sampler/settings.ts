/** The sampler's part of the configuration, with derived limits. */
import type { Config } from "../../config/table.ts";
import { cpuWeightsOf } from "../../load/cpu.ts";
import type { CpuWeights } from "../../model/follower_load.ts";
import type { EstimatorLimits } from "../../load/rate_estimator.ts";

/** Answers of one poll arrive within some 10 ms of each other: closer polls would measure that jitter. */
const PAIR_MS_MIN = 200;
/** A pair may span this many intervals, so that a broker that was silent for a poll or two closes it late. */
const PAIR_INTERVALS_MAX = 3;
const PAIR_MS_MAX_LEAST = 60_000;

/** What the sampler is told. All times in ms. */
export interface SamplerSettings {
  /** Between two polls: `metric.sampling.interval.ms`, else `evenkeel.sampling.poll.interval.ms`. */
  readonly intervalMs: number;
  /** Between the early polls after a start or a resume; at most `intervalMs`. */
  readonly warmupIntervalMs: number;
  readonly warmupPolls: number;
  readonly deadlineMs: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  readonly executionSilenceMs: number;
  readonly limits: EstimatorLimits;
  readonly weights: CpuWeights;
}

/** Reads the settings. */
export function samplerSettings(config: Config): SamplerSettings {
  const intervalMs = config["metric.sampling.interval.ms"] ??
    config["evenkeel.sampling.poll.interval.ms"];
  return {
    intervalMs,
    warmupIntervalMs: Math.min(intervalMs, config["evenkeel.sampling.warmup.interval.ms"]),
    warmupPolls: config["evenkeel.sampling.warmup.polls"],
    deadlineMs: config["evenkeel.sampling.deadline.ms"],
    backoffMs: config["evenkeel.sampling.retry.backoff.ms"],
    backoffMaxMs: config["evenkeel.sampling.retry.backoff.max.ms"],
    executionSilenceMs: config["evenkeel.sampling.execution.silence.ms"],
    limits: {
      minPairMs: PAIR_MS_MIN,
      maxPairMs: Math.max(PAIR_MS_MAX_LEAST, PAIR_INTERVALS_MAX * intervalMs),
      consumerKbPerSecMax: config["evenkeel.capacity.network.kb.per.sec"],
      uncommittedFanout: config["evenkeel.sampling.uncommitted.fanout"],
    },
    weights: cpuWeightsOf(config),
  };
}
