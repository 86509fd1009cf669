/**
 * With which settings goals would be met that a plan leaves: wide enough for how the plan leaves the brokers, which is
 * proof that they are enough, whatever else there may be.
 *
 * @module
 */
import { type Goal, totalPenalty } from "../../goals/goal.ts";
import type { BalancingConstraint } from "../../goals/constraint.ts";
import type { Width } from "../../goals/width.ts";
import type { GoalOutcome, Wider, WiderSetting } from "../../model/plan.ts";
import type { PlannedGoal, Prepared } from "../prepared.ts";
import { type PlannerSettings, UNBALANCED } from "../settings.ts";

/** Wider than so many parts of the grid is none that an operator would set. */
const PARTS_MAX = 2000;

/**
 * Whether to look for that: somebody reads it, all may move that soft goals ask for, and nothing else keeps goals from
 * being met.
 */
export function looksForWider({ context, model }: Prepared, settings: PlannerSettings): boolean {
  return settings.findsEnough === true && settings.budget === undefined &&
    !settings.onlyMoveImmigrants && context.multiplier === 1 && !model.withinBrokers &&
    model.offlineReplicas.length === 0 && !UNBALANCED.includes(settings.operation);
}

/** A setting and a value of it. */
export interface WideEnough {
  readonly width: Width;
  readonly value: number;
}

/** The first setting of a goal that is enough for something which wider limits only help, with its least value for that. */
function* wideEnough(
  { widths = [] }: Goal,
  constraint: BalancingConstraint,
  holds: (constraint: BalancingConstraint) => boolean,
): Generator<void, WideEnough | undefined, void> {
  for (const width of widths) {
    const value = yield* leastValue(width, constraint, holds);
    if (value !== undefined) return { width, value };
  }
  return undefined;
}

/** The least value of the grid, undefined where none is enough. */
function* leastValue(
  width: Width,
  constraint: BalancingConstraint,
  holds: (constraint: BalancingConstraint) => boolean,
): Generator<void, number | undefined, void> {
  const now = Math.floor(width.of(constraint) * width.grid * (1 + Number.EPSILON));
  const valueOf = (parts: number) => (now + parts) / width.grid;
  const isEnough = (parts: number) => {
    const wider = width.widened(constraint, valueOf(parts));
    return wider !== undefined && holds(wider);
  };
  let tooFew = 0;
  let enough = 1;
  for (; !isEnough(enough); enough *= 2) {
    yield;
    if (enough > PARTS_MAX) return undefined;
    tooFew = enough;
  }
  while (enough - tooFew > 1) {
    yield;
    const half = (enough + tooFew) >> 1;
    if (isEnough(half)) enough = half;
    else tooFew = half;
  }
  return valueOf(enough);
}

/** From which value on it is not known before the search that no plan meets the goal; undefined where it is not, or no value helps. */
export function* leastWidth(
  { context, withConstraint }: Prepared,
  { goal, infeasible }: PlannedGoal,
): Generator<void, WideEnough | undefined, void> {
  if (infeasible === undefined) return undefined;
  return yield* wideEnough(
    goal,
    context.constraint,
    (wider) => withConstraint(goal, wider).infeasible === undefined,
  );
}

/**
 * What is enough for how the model stands; undefined where every goal is met, or no setting helps any that is not. In
 * steps of a look at all brokers, or at all topics on them.
 */
export function* widerFor(
  prepared: Prepared,
  outcomes: readonly GoalOutcome[],
): Generator<void, Wider | undefined, void> {
  const { context } = prepared;
  const { constraint } = context;
  const found = new Map<string, WiderSetting>();
  const goals: string[] = [];
  const without: string[] = [];
  for (const [i, planned] of prepared.goals.entries()) {
    const { goal } = planned;
    if (!outcomes[i]!.violatedAfter) continue;
    const enough = yield* wideEnough(goal, constraint, (wider) => {
      const such = { ...context, constraint: wider };
      return totalPenalty(goal.prepare(such), such) === 0;
    });
    if (enough === undefined) {
      without.push(goal.name);
      continue;
    }
    goals.push(goal.name);
    const { key, of } = enough.width;
    const least = yield* leastWidth(prepared, planned);
    const known = found.get(key);
    const needed = [known?.atLeast, least?.width.key === key ? least.value : undefined]
      .filter((value) => value !== undefined);
    found.set(key, {
      key,
      now: of(constraint),
      value: Math.max(enough.value, known?.value ?? 0),
      ...(needed.length > 0 ? { atLeast: Math.max(...needed) } : {}),
    });
  }
  if (goals.length === 0) return undefined;
  return widerOf({ settings: [...found.values()], goals, shownBy: "placement", without });
}

/** With its words. */
export function widerOf(wider: Omit<Wider, "text">): Wider {
  return { ...wider, text: textOf(wider) };
}

function textOf({ settings, goals, shownBy, without }: Omit<Wider, "text">): string {
  const values = settings.map(({ key, now, value, atLeast }) => {
    const least = atLeast === undefined
      ? ""
      : atLeast === value
      ? ", less cannot be enough"
      : `, at least ${atLeast} is needed`;
    return `${key}=${value} (now ${now}${least})`;
  });
  const shown = shownBy === "plan"
    ? "as a plan with them shows"
    : "by how a plan leaves brokers (none was made with them)";
  const but = without.length === 0 ? "" : `. No threshold helps ${without.join(", ")}`;
  return `Enough for ${goals.join(", ")} beside all goals that are met, ${shown}: ${
    values.join(", ")
  }${but}.`;
}
