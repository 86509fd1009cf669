/**
 * How balanced a cluster is, 0 to 100: the weights of the goals that are met (Cruise Control's on-demand
 * balancedness score).
 *
 * @module
 */

/** All goals met. */
export const BALANCEDNESS_MAX = 100;

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
