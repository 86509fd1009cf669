/**
 * Which brokers are going to be over-loaded, by what the classifier predicts. Pure.
 *
 * ```
 * not in the condition --- more than half of votesMax name over_loaded ---> in the condition
 *         ^----------------- none of the latest predictions does -----------------+
 * ```
 *
 * @module
 */
import { LOAD_STATES, type StatesPredicted } from "../../messages/classifier.ts";
import type { AnomalyCondition, PredictedOverload } from "../../model/anomaly.ts";

const OVER_LOADED = LOAD_STATES.indexOf("over_loaded");

/** The condition that these predictions make, with the times of the one `known` before. Undefined when there is none. */
export function predictedOverload(
  predicted: StatesPredicted | undefined,
  known: AnomalyCondition | undefined,
  nowMs: number,
): AnomalyCondition | undefined {
  if (predicted === undefined || isStale(predicted, nowMs)) return undefined;
  const before = known?.kind === "PREDICTED_OVERLOAD" ? known.overloads : [];
  const overloads: PredictedOverload[] = [];
  predicted.brokerIds.forEach((brokerId, i) => {
    const votes = predicted.votes[i * LOAD_STATES.length + OVER_LOADED]!;
    const same = before.find((one) => one.brokerId === brokerId);
    const isMajority = 2 * votes > predicted.votesMax;
    if (!isMajority && (same === undefined || votes === 0)) return;
    const sinceMs = same?.sinceMs ?? nowMs;
    overloads.push({ brokerId, sinceMs, ...nearestLimit(predicted, i) });
  });
  if (overloads.length === 0) return undefined;
  return { kind: "PREDICTED_OVERLOAD", overloads, horizonMs: predicted.horizonMs };
}

/** A prediction says nothing about what comes after the time that it is about. */
export function isStale(predicted: StatesPredicted, nowMs: number): boolean {
  return nowMs > predicted.atMs + predicted.horizonMs;
}

/** Whether both are about the same brokers. */
export function sameOverloads(
  a: AnomalyCondition | undefined,
  b: AnomalyCondition | undefined,
): boolean {
  const ids = (condition: AnomalyCondition | undefined) =>
    condition?.kind === "PREDICTED_OVERLOAD"
      ? condition.overloads.map(({ brokerId }) => brokerId).join()
      : "";
  return ids(a) === ids(b);
}

/** The classifier says that a limit is reached, not which: the one that the broker is nearer to, or further beyond. */
function nearestLimit(
  predicted: StatesPredicted,
  i: number,
): Pick<PredictedOverload, "resource" | "expected" | "limit"> {
  const { cpuOver, memoryOver } = predicted;
  const cpu = predicted.expectedCpu[i]!;
  const memory = predicted.memory[i]!;
  // A heap of unknown size says nothing, and neither does a cpu that is not known any more.
  return memory / memoryOver > (Number.isNaN(cpu) ? 0 : cpu / cpuOver)
    ? { resource: "memory", expected: memory, limit: memoryOver }
    : { resource: "cpu", expected: Number.isNaN(cpu) ? cpuOver : cpu, limit: cpuOver };
}
