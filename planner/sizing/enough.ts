/**
 * Which brokers would be enough where hard goals cannot be met: found by planning with them.
 *
 * @module
 */
import type { ClusterInput } from "../../model/cluster_input.ts";
import type { Enough } from "../../model/plan.ts";
import { prepareSteps } from "../prepare.ts";
import { type PlannerSettings, UNBALANCED } from "../settings.ts";
import { type PlannerStep, quiet, saying } from "../steps.ts";
import { type AddedBroker, withBrokers } from "./added_brokers.ts";
import { fewestBrokers, Layout, type Site } from "./layout.ts";
import { siteOf } from "./site.ts";
import { hardOf, tryGoals } from "../try_goals.ts";

/** Clusters with more replicas are not planned again and again: what racks lack is added up alone. */
export const TRIED_REPLICAS_MAX = 50_000;
/** Plans that are made at most, and steps of all of them together after which no further one begins. */
const TRIES = { plans: 40, steps: 3_000_000 };
/** Brokers more, one time after the other, with which the plan that was asked for is made where hard goals alone need none. */
const SPARE = [0, 1, 2, 4] as const;
/** More brokers than this are not looked for: so many times those there are, and in small clusters so many. */
const BROKERS = { times: 8, least: 64 };

/** What would be enough. */
export interface EnoughBrokers {
  readonly added: readonly AddedBroker[];
  /** Brokers of these sizes without which no plan meets the goals. */
  readonly atLeast: number;
  readonly shownBy: Enough["shownBy"];
  /** Hard goals that brokers do not help to meet. */
  readonly without: readonly string[];
}

/** Names of the hard goals that a plan as it is asked for leaves, "" for offline replicas; undefined where there is no such plan. */
export type Plans = (
  input: ClusterInput,
  settings: PlannerSettings,
) => Generator<PlannerStep, readonly string[] | undefined, void>;

/**
 * Brokers that are enough where a plan leaves hard goals or offline replicas; undefined where none were found.
 *
 * @param plans makes the plan with them in the end, as the request would
 */
export function* enoughBrokers(
  input: ClusterInput,
  settings: PlannerSettings,
  plans: Plans,
): Generator<PlannerStep, EnoughBrokers | undefined, void> {
  if (UNBALANCED.includes(settings.operation)) return undefined;
  const { budget: _, previous: __, keeper: ___, findsEnough: ____, ...rest } = settings;
  const without: string[] = [];
  const spent: Spent = { plans: 0, steps: 0 };
  // What is left beside however many brokers is left out, and the rest looked at again.
  for (;;) {
    const goals = rest.goals.filter((goal) => !without.includes(goal));
    const asked: PlannerSettings = { ...rest, unmetHardGoals: "fail", goals: hardOf(goals) };
    if (asked.goals.length === 0) return undefined;
    const found = yield* enoughFor(input, asked, {
      confirms: (added) => {
        const real = withBrokers(input, { ...rest, unmetHardGoals: "report", goals }, added);
        return plans(real.input, real.settings);
      },
      isLeft: without.length === 0,
      spent,
    });
    if (found === undefined) return undefined;
    if ("added" in found) return { ...found, without };
    const hopeless = found.hopeless.filter((goal) => asked.goals.includes(goal));
    if (hopeless.length === 0) return undefined;
    without.push(...hopeless);
  }
}

type Found = Omit<EnoughBrokers, "without">;

/** Goals that are not met whatever is added. */
interface Hopeless {
  readonly hopeless: readonly string[];
}

/** What planning again and again took. */
interface Spent {
  plans: number;
  steps: number;
}

interface Asked {
  readonly spent: Spent;
  /** What the plan that was asked for leaves with these brokers. */
  readonly confirms: (
    added: readonly AddedBroker[],
  ) => Generator<PlannerStep, readonly string[] | undefined, void>;
  /** Whether something is known to be left when nothing is added. */
  readonly isLeft: boolean;
}

/** Brokers with which all goals of the settings are met. */
function* enoughFor(
  input: ClusterInput,
  settings: PlannerSettings,
  asked: Asked,
): Generator<PlannerStep, Found | Hopeless | undefined, void> {
  const step = { step: "Looking for brokers that are enough", completionPercentage: 100, steps: 0 };
  yield step;
  const prepared = yield* saying(step, prepareSteps(input, settings));
  if (!prepared.ok) return undefined;
  const site = yield* saying(step, siteOf(prepared.value, settings));
  if (site === undefined) return undefined;
  const most = Math.max(BROKERS.least, BROKERS.times * input.brokers.length);
  const atLeast = yield* saying(step, fewestBrokers(site, most));
  const layout = new Layout(site);
  yield* saying(step, layout.fill(most));
  if (layout.isStrained()) return undefined;
  if (input.replicaBroker.length > TRIED_REPLICAS_MAX) {
    const added = layout.added;
    return added.length === 0 ? undefined : { added, atLeast, shownBy: "bound" };
  }
  return yield* new Trials(input, settings, { step, spent: asked.spent }).run(layout, {
    site,
    atLeast,
    most,
    ...asked,
  });
}

/** Planning with one set of brokers after the other. */
class Trials {
  readonly #spent: Spent;
  readonly #input: ClusterInput;
  readonly #settings: PlannerSettings;
  readonly #step: PlannerStep;

  constructor(
    input: ClusterInput,
    settings: PlannerSettings,
    { step, spent }: { step: PlannerStep; spent: Spent },
  ) {
    this.#input = input;
    this.#settings = settings;
    this.#step = step;
    this.#spent = spent;
  }

  *run(
    layout: Layout,
    known: Asked & { site: Site; atLeast: number; most: number },
  ): Generator<PlannerStep, Found | Hopeless | undefined, void> {
    const { atLeast, most } = known;
    if (!known.isLeft && layout.added.length === 0 && (yield* this.#isMet([]))) return undefined;
    if (layout.added.length === 0) layout.grow([], 1);
    const lacking = layout.added.slice();
    let enough = layout.added.length;
    let tooFew = Math.max(0, atLeast - 1);
    let unmet = yield* this.#unmet(layout.added);
    for (let more = 1; unmet !== undefined && unmet.length > 0; more *= 2) {
      tooFew = enough;
      if (this.#isSpent()) return { added: lacking, atLeast, shownBy: "bound" };
      if (enough + more > most) return { hopeless: unmet };
      layout.grow(unmet, more);
      if (layout.added.length === enough) return { hopeless: unmet };
      enough = layout.added.length;
      unmet = yield* this.#unmet(layout.added);
    }
    if (unmet === undefined) return undefined;
    while (enough - tooFew > 1 && !this.#isSpent()) {
      const half = (enough + tooFew) >> 1;
      if (yield* this.#isMet(layout.added.slice(0, half))) enough = half;
      else tooFew = half;
    }
    const added = yield* this.#withoutSpare(layout.added.slice(0, enough), known);
    return yield* this.#confirmed(added, known);
  }

  /** The plan that was asked for has soft goals as well, saves bytes, and may need a broker more. */
  *#confirmed(
    enough: readonly AddedBroker[],
    { site, atLeast, confirms }: Asked & { site: Site; atLeast: number },
  ): Generator<PlannerStep, Found | undefined, void> {
    const layout = new Layout(site, enough);
    let left: readonly string[] = [];
    let tooFew = enough.length - 1;
    for (const more of SPARE) {
      layout.grow(left, more);
      const now = yield* saying(this.#step, quiet(confirms(layout.added)));
      if (now === undefined) return undefined;
      left = now;
      if (left.length === 0) break;
      tooFew = layout.added.length;
    }
    if (left.length > 0) return { added: enough, atLeast, shownBy: "hard_goals" };
    let count = layout.added.length;
    while (count - tooFew > 1) {
      const half = (count + tooFew) >> 1;
      const still = yield* saying(this.#step, quiet(confirms(layout.added.slice(0, half))));
      if (still?.length === 0) count = half;
      else tooFew = half;
    }
    return { added: layout.added.slice(0, count), atLeast, shownBy: "plan" };
  }

  /** Leaves out broker after broker, and takes the usual for large ones, as long as they are enough. */
  *#withoutSpare(
    added: readonly AddedBroker[],
    { site, atLeast }: { site: Site; atLeast: number },
  ): Generator<PlannerStep, readonly AddedBroker[], void> {
    let kept = added;
    const [usual] = site.sizes;
    const needed = new Set<string>();
    const asks = ({ rack, newRack, size }: AddedBroker, what: string) => {
      // Of those alike one is asked about.
      const kind = `${what} ${newRack} ${rack} ${size.capacity}`;
      return needed.has(kind) || this.#isSpent() ? undefined : kind;
    };
    for (let i = kept.length - 1; i >= 0 && kept.length > atLeast; i--) {
      const kind = asks(kept[i]!, "without");
      if (kind === undefined) continue;
      const rest = kept.filter((_, k) => k !== i);
      if (yield* this.#isMet(rest)) kept = rest;
      else needed.add(kind);
    }
    for (let i = kept.length - 1; i >= 0; i--) {
      const kind = kept[i]!.size === usual ? undefined : asks(kept[i]!, "smaller");
      if (kind === undefined) continue;
      const smaller = kept.with(i, { ...kept[i]!, size: usual! });
      if (yield* this.#isMet(smaller)) kept = smaller;
      else needed.add(kind);
    }
    return kept;
  }

  #isSpent(): boolean {
    return this.#spent.plans >= TRIES.plans || this.#spent.steps >= TRIES.steps;
  }

  *#isMet(added: readonly AddedBroker[]): Generator<PlannerStep, boolean, void> {
    return (yield* this.#unmet(added))?.length === 0;
  }

  *#unmet(added: readonly AddedBroker[]) {
    const asked = withBrokers(this.#input, this.#settings, added);
    const { unmet, steps } = yield* tryGoals(asked.input, asked.settings, this.#step);
    this.#spent.plans++;
    this.#spent.steps += steps;
    return unmet;
  }
}
