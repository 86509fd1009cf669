/**
 * Which goal a broker's sum is about, of those that limit the axis.
 *
 * @module
 */
import type { Search } from "./state.ts";

/** The most important goal whose upper limit on the axis the broker exceeds; of none that of the lowest, -1 where the axis has no limits. */
export function exceededGoal(search: Search, broker: number, axis: number): number {
  return goalOfLimit(search, broker, axis, 1);
}

/** The most important goal whose lower limit on the axis the broker misses; of none that of the highest, -1 where the axis has no limits. */
export function shortGoal(search: Search, broker: number, axis: number): number {
  return goalOfLimit(search, broker, axis, -1);
}

/** `sign`: 1 = of upper limits, -1 = of lower ones. */
function goalOfLimit(
  { goals, axisGoals, model }: Search,
  broker: number,
  axis: number,
  sign: 1 | -1,
): number {
  const onAxis = axisGoals[axis]!;
  const sum = model.sums[(broker << 3) | axis]!;
  let nearest = -1;
  let most = -Infinity;
  for (let i = 0; i < onAxis.length; i++) {
    const { upper, lower } = goals[onAxis[i]!]!.axisLimits!;
    const beyond = sign > 0 ? sum - upper[broker]! : lower[broker]! - sum;
    if (beyond > 0) return onAxis[i]!;
    if (nearest >= 0 && beyond <= most) continue;
    nearest = onAxis[i]!;
    most = beyond;
  }
  // Within a margin nothing is beyond a limit yet; the goal whose limit would be the first is meant.
  return nearest;
}
