/**
 * Says beside a plan that leaves soft goals with which settings they would be met, and looks for values nearer to those
 * there are, by planning with them.
 *
 * @module
 */
import { goalNamed } from "../../goals/catalog.ts";
import type { BalancingConstraint } from "../../goals/constraint.ts";
import type { Width } from "../../goals/width.ts";
import { ok, type Result } from "../../lib/failure.ts";
import type { PlanSummary, Wider } from "../../model/plan.ts";
import { type PlannerStep, quiet, saying } from "../steps.ts";
import { TRIED_REPLICAS_MAX } from "./enough.ts";
import { widerOf } from "./wider.ts";
import type { Asked, Planned } from "./with_enough.ts";

/**
 * Plans that are tried at most, and steps of all of them together: in parts of those of the plan itself, and so many in
 * any case, which take some milliseconds. Each may take half of what is left, as long as half of all is left for a plan with
 * what is said in the end.
 */
const TRIES = { plans: 8, part: 0.5, steps: 30_000 };
/** What building, judging and moving what has to move cost in a plan, in steps for each replica: they are counted in no step. */
const BASE = 30;

/** `made` with settings that a plan has shown to be enough, where it says which ones would be. */
export function* withWider<T extends Planned>(
  made: Result<T>,
  asked: Asked<T>,
): Generator<PlannerStep, Result<T>, void> {
  const { input } = asked;
  const wider = made.ok ? made.value.summary.wider : undefined;
  if (!made.ok || wider === undefined) return made;
  if (input.replicaBroker.length > TRIED_REPLICAS_MAX) return made;
  const { settings: found, shownBy } = yield* new Trials(asked, wider, made.value.summary).run();
  const shown = widerOf({ ...wider, settings: found, shownBy });
  return ok({ ...made.value, summary: { ...made.value.summary, wider: shown } });
}

/** By the settings' order, in parts of their grids. */
type Parts = readonly number[];

/** In the middle by how far they are from no width at all: of a value far away a small part is needed mostly. */
function between({ grid, none }: Width, low: number, high: number): number {
  const from = none * grid;
  const middle = Math.floor(from + Math.sqrt((low - from) * (high - from)));
  return Math.min(high, Math.max(low + 1, middle));
}

/** That of the goals which reads the setting. */
function widthOf(key: string, goals: readonly string[]): Width {
  const widths = goals.flatMap((name) => goalNamed(name)?.widths ?? []);
  return widths.find((width) => width.key === key)!;
}

/** Whether one is nearer to no width than the other, by all settings together. */
function isNarrower(one: Parts, other: Parts, widths: readonly Width[]): boolean {
  const size = (parts: Parts) =>
    parts.reduce((sum, part, i) => sum + Math.log(part - widths[i]!.none * widths[i]!.grid), 0);
  return size(one) < size(other);
}

/** Planning with one value after the other. */
class Trials<T extends Planned> {
  readonly #asked: Asked<T>;
  readonly #wider: Wider;
  readonly #widths: readonly Width[];
  readonly #stepsMax: number;
  #plans = 0;
  #steps = 0;

  constructor(asked: Asked<T>, wider: Wider, { steps }: PlanSummary) {
    const { budget: _, previous: __, keeper: ___, ...settings } = asked.settings;
    this.#asked = { ...asked, settings };
    this.#wider = wider;
    this.#widths = wider.settings.map(({ key }) => widthOf(key, wider.goals));
    this.#stepsMax = Math.max(TRIES.part * steps, TRIES.steps);
  }

  *run(): Generator<PlannerStep, Pick<Wider, "settings" | "shownBy">, void> {
    const { settings } = this.#wider;
    const widths = this.#widths;
    let enough: Parts = settings.map(({ value }, i) => Math.round(value * widths[i]!.grid));
    let tooNarrow: Parts = settings.map(({ now, atLeast }, i) =>
      atLeast === undefined
        ? Math.floor(now * widths[i]!.grid)
        : Math.round(atLeast * widths[i]!.grid) - 1
    );
    let isShown = false;
    while (this.#steps < this.#stepsMax / 2 && this.#mayTry(2)) {
      const next = widths.map((width, i) => between(width, tooNarrow[i]!, enough[i]!));
      if (next.every((parts, i) => parts === enough[i])) break;
      const needed = yield* this.#needed(next, (this.#stepsMax + this.#steps) / 2);
      if (needed !== next) tooNarrow = next;
      if (needed === next || (needed !== undefined && isNarrower(needed, enough, widths))) {
        enough = needed;
        isShown = needed === next;
      }
    }
    if (!isShown && this.#mayTry(1)) {
      isShown = (yield* this.#needed(enough, this.#stepsMax)) === enough;
    }
    const values = enough.map((parts, i) => parts / widths[i]!.grid);
    return {
      settings: settings.map((one, i) => ({ ...one, value: values[i]! })),
      shownBy: isShown ? "plan" : "placement",
    };
  }

  /** Whether there are steps for so many more plans. */
  #mayTry(plans: number): boolean {
    const needed = plans * BASE * this.#asked.input.replicaBroker.length;
    return this.#plans + plans <= TRIES.plans && this.#steps + needed < this.#stepsMax;
  }

  /**
   * What a plan with these values needs to meet all that the plan itself met, and what they are for: these themselves,
   * or more; undefined where it misses something else. `until`: steps of all plans at its end.
   */
  *#needed(parts: Parts, until: number): Generator<PlannerStep, Parts | undefined, void> {
    const { input, settings, makes } = this.#asked;
    const constraint = this.#constraintWith(parts);
    if (constraint === undefined) return undefined;
    this.#plans++;
    this.#steps += BASE * input.replicaBroker.length;
    const stepsMax = Math.max(1, Math.min(Math.floor(until - this.#steps), settings.stepsMax));
    const step = { step: "Looking for thresholds that are enough", completionPercentage: 100 };
    const making = quiet(makes(input, { ...settings, constraint, stepsMax }));
    const made = yield* saying({ ...step, steps: this.#steps }, making);
    if (!made.ok) return undefined;
    const { goals, steps, wider } = made.value.summary;
    this.#steps += steps;
    const { goals: helped, without } = this.#wider;
    const left = goals.filter(({ name, violatedAfter }) =>
      violatedAfter && !without.includes(name)
    );
    if (left.length === 0) return parts;
    if (!left.every(({ name }) => helped.includes(name) && wider?.goals.includes(name))) {
      return undefined;
    }
    return this.#wider.settings.map(({ key }, i) => {
      const more = wider!.settings.find((one) => one.key === key);
      return more === undefined ? parts[i]! : Math.round(more.value * this.#widths[i]!.grid);
    });
  }

  #constraintWith(parts: Parts): BalancingConstraint | undefined {
    let constraint: BalancingConstraint | undefined = this.#asked.settings.constraint;
    for (const [i, width] of this.#widths.entries()) {
      constraint = constraint && width.widened(constraint, parts[i]! / width.grid);
    }
    return constraint;
  }
}
