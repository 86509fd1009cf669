/**
 * The best that any plan can do: which goals can be met, the earlier ones first, and the fewest MB for that.
 *
 * @module
 */
import { type Row, solve } from "./milp.ts";
import type { Placement } from "./placement.ts";

/** What was proven of a cluster. */
export interface Optimum {
  /** Whether some placement meets all hard goals. */
  readonly hardFeasible: boolean;
  /** Soft goals met when the earlier ones go first. */
  readonly met: ReadonlySet<string>;
  /** Fewest MB that meet `met` and the hard goals; undefined when the solver ran out of time. */
  readonly mb: number | undefined;
}

/** How long and how exactly the solver may go about it. */
export interface Effort {
  readonly seconds: number;
  /** Relative gap of the fewest MB. */
  readonly gap: number;
}

/** Finds it; undefined when the solver ran out of time before the set of goals was proven. */
export function optimumOf(
  placement: Placement,
  goals: { hard: readonly string[]; soft: readonly string[] },
  effort: Effort,
): Optimum | undefined {
  const { variables } = placement;
  const base = [...placement.structure(), ...goals.hard.flatMap((goal) => placement.rowsOf(goal))];
  const feasible = (rows: readonly Row[]) => {
    const { status } = solve({ variables, rows, cost: new Map() }, { ...effort, gap: 1 });
    return status === "unproven" ? undefined : status === "optimal";
  };
  const hardFeasible = feasible(base);
  if (hardFeasible === undefined) return undefined;
  if (!hardFeasible) return { hardFeasible, met: new Set(), mb: undefined };
  const met = metInOrder(placement, { base, soft: goals.soft, feasible });
  if (met === undefined) return undefined;
  const rows = [...base, ...[...met].flatMap((goal) => placement.rowsOf(goal))];
  const fewest = solve({ variables, rows, cost: placement.moved() }, effort);
  return { hardFeasible, met, mb: fewest.status === "optimal" ? fewest.objective : undefined };
}

function metInOrder(
  placement: Placement,
  { base, soft, feasible }: {
    base: readonly Row[];
    soft: readonly string[];
    feasible: (rows: readonly Row[]) => boolean | undefined;
  },
): Set<string> | undefined {
  const all = [...base, ...soft.flatMap((goal) => placement.rowsOf(goal))];
  if (feasible(all) === true) return new Set(soft);
  const met = new Set<string>();
  let rows = [...base];
  for (const goal of soft) {
    const more = placement.rowsOf(goal);
    if (more.length === 0) {
      met.add(goal);
      continue;
    }
    const isFeasible = feasible([...rows, ...more]);
    if (isFeasible === undefined) return undefined;
    if (!isFeasible) continue;
    met.add(goal);
    rows = [...rows, ...more];
  }
  return met;
}
