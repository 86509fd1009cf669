/**
 * From history and model to the states of all brokers. Pure but for the votes, which it adds to.
 *
 * @module
 */
import type { StatesPredicted } from "../../messages/classifier.ts";
import { FEATURE_COUNT, FEATURES, writeFeatures } from "./features.ts";
import { decide, votesOf } from "./forest.ts";
import { type History, lastKnown, MINUTE_MS, minuteOf } from "./history.ts";
import { memoryAt, STATE_COUNT, stateAt, type StateRules, UNKNOWN } from "./labels.ts";
import type { Model } from "./training.ts";
import { addVote, countVotes, keepVotesOf, type Votes } from "./votes.ts";

/** A broker that has said nothing for this long is not spoken of any more. */
const GONE_MINUTES = 1440;

/** Features that are a cpu one horizon later: by the last half hour, and by what is usual at this time of the day. */
const EXPECTED_CPU = [FEATURES.indexOf("cpuForecast"), FEATURES.indexOf("cpuByDaysChange")];

/** Brokers that are spoken of at a minute, ascending. */
export function brokersAt(history: History, minute: number): number[] {
  const ids: number[] = [];
  for (const [brokerId, series] of history) {
    if (lastKnown(series) >= minute - GONE_MINUTES) ids.push(brokerId);
  }
  return ids.sort((a, b) => a - b);
}

/** States now, by broker; unknown where metrics are missing. */
export function currentStates(
  history: History,
  atMs: number,
  rules: StateRules,
): { readonly brokerIds: number[]; readonly states: Int8Array } {
  const minute = minuteOf(atMs);
  const brokerIds = brokersAt(history, minute);
  const states = Int8Array.from(brokerIds, (id) => stateAt(history.get(id)!, minute, rules));
  return { brokerIds, states };
}

/** Predicts all brokers at `atMs`, epoch ms, and casts a vote for each. */
export function predictAll(
  history: History,
  atMs: number,
  options: {
    readonly rules: StateRules;
    readonly model: Model;
    readonly modelVersion: number;
    readonly votes: Votes;
    readonly votesMax: number;
  },
): StatesPredicted {
  const { rules, model, votes, votesMax } = options;
  const { brokerIds, states: current } = currentStates(history, atMs, rules);
  const row = new Float64Array(FEATURE_COUNT);
  const shares = new Float64Array(STATE_COUNT);
  const expectedCpu = new Float64Array(brokerIds.length).fill(NaN);
  const states = Int8Array.from(brokerIds, (brokerId, i) => {
    const series = history.get(brokerId)!;
    if (!writeFeatures(series, minuteOf(atMs), { rules, into: row })) return UNKNOWN;
    expectedCpu[i] = Math.max(0, ...EXPECTED_CPU.map((feature) => row[feature]!));
    votesOf(model.forest, row, shares);
    return decide(shares, current[i]!, { changeShare: model.changeShare });
  });
  keepVotesOf(votes, brokerIds);
  brokerIds.forEach((brokerId, i) =>
    addVote(votes, brokerId, { state: states[i]!, max: votesMax })
  );
  return {
    kind: "states_predicted",
    atMs,
    horizonMs: rules.horizon * MINUTE_MS,
    modelVersion: options.modelVersion,
    brokerIds: Int32Array.from(brokerIds),
    currentStates: current,
    states,
    votes: Int32Array.from(brokerIds.flatMap((id) => countVotes(votes, id))),
    votesMax,
    expectedCpu,
    memory: Float64Array.from(
      brokerIds,
      (id) => memoryAt(history.get(id)!, minuteOf(atMs), rules),
    ),
    cpuOver: rules.cpuOver,
    memoryOver: rules.memoryOver,
  };
}
