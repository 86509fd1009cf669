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

/**
 * Why minutes and bandwidth cannot be kept, undefined when they can.
 *
 * @param given minutes and MB/s, as asked for
 * @param names what they are called where they are asked for
 */
export function budgetProblem(
  given: { readonly maxMinutes: number | undefined; readonly bandwidth: number | undefined },
  names: { readonly maxMinutes: string; readonly bandwidth: string },
): string | undefined {
  const { maxMinutes, bandwidth } = given;
  if (maxMinutes === undefined) {
    return bandwidth === undefined
      ? undefined
      : `Cannot use ${names.bandwidth} without ${names.maxMinutes}: alone it limits nothing`;
  }
  if (bandwidth !== undefined && bandwidth > 0) return undefined;
  return `Cannot use ${names.maxMinutes} without ${names.bandwidth}: it must be the MB/s, above 0, that a broker may send and receive`;
}
