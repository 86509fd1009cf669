/**
 * How balanced a cluster is, 0 to 100: the weights of the goals that are met (Cruise Control's on-demand
 * balancedness score).
 *
 * @module
 */

/** All goals met. */
const BALANCEDNESS_MAX = 100;
/** Digits behind the point that are kept: what costs add up to is not quite 100, nor is nothing left quite 0. */
const DIGITS = 1e9;

/** What each goal costs when it is violated; they add up to 100. Goals most important first. */
export function balancednessCosts(
  goals: readonly { readonly hard: boolean }[],
  weights: { readonly priorityWeight: number; readonly strictnessWeight: number },
): number[] {
  const raw = goals.map((goal, i) =>
    weights.priorityWeight ** (goals.length - 1 - i) * (goal.hard ? weights.strictnessWeight : 1)
  );
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => BALANCEDNESS_MAX * weight / total);
}

/** What is left of 100 without the costs of goals that are violated; `costs` by goal as {@link balancednessCosts} has them. */
export function balancednessOf(
  costs: readonly number[],
  isViolated: (goal: number) => boolean,
): number {
  const left = costs.reduce((sum, cost, i) => isViolated(i) ? sum - cost : sum, BALANCEDNESS_MAX);
  return Math.max(0, Math.round(left * DIGITS) / DIGITS);
}
