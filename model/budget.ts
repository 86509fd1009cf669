/**
 * Limits on what a plan may cost.
 *
 * @module
 */

/** What a plan may cost; absent = no limit. */
export interface Budget {
  readonly maxMb?: number;
  /** Replicas that land on another broker. */
  readonly maxMoves?: number;
  readonly maxMinutes?: number;
  /** MB/s that one broker may send, and receive, for the plan; needed with `maxMinutes`. */
  readonly bandwidthMbPerSec?: number;
}

/** Limits as people give them: any may be undefined. */
export type BudgetLimits = { readonly [K in keyof Budget]: Budget[K] | undefined };

/** The budget of these limits; undefined when they limit nothing and no curve of gain by bytes is wanted. */
export function budgetOf(limits: BudgetLimits, wantsCurve: boolean): Budget | undefined {
  const { maxMb, maxMoves, maxMinutes, bandwidthMbPerSec } = limits;
  const isLimited = maxMb !== undefined || maxMoves !== undefined || maxMinutes !== undefined;
  if (!isLimited && !wantsCurve) return undefined;
  return {
    ...(maxMb === undefined ? {} : { maxMb }),
    ...(maxMoves === undefined ? {} : { maxMoves }),
    ...(maxMinutes === undefined ? {} : { maxMinutes }),
    // Minutes alone ask for it.
    ...(maxMinutes === undefined || bandwidthMbPerSec === undefined ? {} : { bandwidthMbPerSec }),
  };
}

/** Why these limits cannot be kept, undefined when they can. */
export function budgetProblem(
  { maxMinutes, bandwidthMbPerSec = 0 }: Pick<BudgetLimits, "maxMinutes" | "bandwidthMbPerSec">,
): string | undefined {
  if (maxMinutes === undefined || bandwidthMbPerSec > 0) return undefined;
  return "Cannot keep to a number of minutes without a bandwidth: add bandwidth, the MB/s that a broker may send and receive";
}
