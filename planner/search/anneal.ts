/**
 * Improves a finished placement of a small cluster by simulated annealing (Kirkpatrick et al., 1983): short chains of
 * random actions, taken when they lower the energy, and now and then when they do not, ever more seldom.
 *
 * ```
 * energy = MB away from home + strictness x size of a replica x relative distance outside the limits that must be kept
 *                            + a little for limits that are only wished for, and for each leader that changed
 * ```
 *
 * What a single pass cannot undo, because several replicas would have to go home together, it finds in small steps.
 * The distance is not squared, or being a little out would cost next to nothing. Two schedules serve two questions:
 *
 * | | question | temperature against strictness |
 * |---|---|---|
 * | find | is there a placement that keeps these limits? | bytes hardly count: the temperature falls where single replicas decide who is out |
 * | polish | fewest bytes that keep them? | strictness grows while the temperature falls: replicas pass through full brokers at first |
 *
 * @module
 */
import { replicaMb } from "../../model/replica_axes.ts";
import { proposeChain } from "./anneal_chains.ts";
import { type Places, placesOf } from "./checkpoint.ts";
import { copyPlaces, type Draft, draftOf, drawPart, dropChain, keepChain, weigh } from "./draft.ts";
import type { DraftLimits } from "./draft_limits.ts";
import type { Search } from "./state.ts";
import { LEADERS, MAY, MB, MUST, type Worth } from "./worth.ts";

/** All in MB of a usual replica, from the begin to the end. */
export interface Schedule {
  /** Chains that are tried. */
  readonly chains: number;
  readonly temperature: readonly [number, number];
  /** What being outside by the whole of a target weighs. */
  readonly strictness: readonly [number, number];
  /** The same for limits that are only wished for. */
  readonly wish: number;
  /** What a MB away from home weighs; 1 but where few bytes are not asked for. */
  readonly bytes: number;
  /** Whether brokers may be beyond hard limits on the way. */
  readonly passesHard: boolean;
  /** Whether to stop when all limits are kept that must be. */
  readonly untilKept: boolean;
}

/** Twice as many chains hardly find more: a second annealing with other draws finds more than a longer one. */
export const FIND: Schedule = {
  chains: 150_000,
  temperature: [5, 0.5],
  strictness: [1000, 1000],
  wish: 0,
  bytes: 1,
  passesHard: false,
  untilKept: true,
};

/**
 * Looks for a placement within hard limits. What only three or more brokers can do together, where all are nearly full,
 * is found only when they may be beyond them on the way; and a large replica that keeps its place may be what is in the
 * way, so that bytes weigh little.
 */
export const FIND_HARD: Schedule = {
  chains: 150_000,
  temperature: [0.5, 0.002],
  strictness: [2, 1000],
  wish: 0,
  bytes: 0.1,
  passesHard: true,
  untilKept: true,
};

/** Replicas for which a polish may begin as hot as it does on the smallest clusters, and the least heat. */
const HOT_REPLICAS = 300;
const HOT = { least: 0.1, most: 2 };

/**
 * A polish of `replicas` replicas: the more there are, the less often each is drawn, and the less of what was good at
 * the begin may be shaken. `wish`: a plan may cost half a replica for a whole target less outside.
 */
export function polishOf(replicas: number): Schedule {
  const hot = Math.min(HOT.most, Math.max(HOT.least, HOT_REPLICAS / Math.max(1, replicas)));
  return {
    chains: 100_000,
    temperature: [hot, 0.01],
    strictness: [20, 4000],
    wish: 0.5,
    bytes: 1,
    passesHard: false,
    untilKept: false,
  };
}

/** A cluster of few replicas needs fewer chains. */
const CHAINS_A_REPLICA = 2500;
/** What a changed leader weighs, in MB of a usual replica. */
const LEADER_WEIGHT = 0.002;
/** Chains between two yields. */
const YIELD_CHAINS = 2000;
/**
 * After the part `from` of its chains, a look is given up when what it looks for is farther away than this, in parts of
 * targets: `begin x (1 - part)^2`, but never less than `least`. On 200 small clusters none of the 100 looks that
 * succeeded was that far away, and half of the chains of the 88 that failed are saved.
 */
const HOPE = { begin: 0.12, least: 0.01, from: 0.2 };
/** A distance below this is rounding. */
const ROUNDING = 1e-9;

/** What annealing aims at. */
export interface AnnealOptions {
  readonly must: DraftLimits;
  readonly may: DraftLimits | undefined;
  readonly schedule: Schedule;
}

/** What it came to. */
export interface Annealed {
  /** The best that was passed; undefined when nothing was better than the begin. */
  readonly places: Places | undefined;
  /** Distance outside the limits that must be kept, see {@link Worth}. */
  readonly left: number;
}

/** Present weights, MB. */
interface Heat {
  readonly unit: number;
  readonly wish: number;
  readonly bytes: number;
  temperature: number;
  strictness: number;
}

/** Anneals within the search's budget of steps, a step a chain. The model stays as it is. */
export function* anneal(
  search: Search,
  { must, may, schedule }: AnnealOptions,
): Generator<void, Annealed> {
  const unit = usualMb(search);
  if (!(unit > 0) || search.context.alive.length < 2) return { places: undefined, left: 0 };
  const { temperature, strictness, untilKept } = schedule;
  const chains = Math.min(schedule.chains, CHAINS_A_REPLICA * search.model.replicaCount);
  const draft = draftOf(search, { must, may, passesHard: schedule.passesHard });
  const heat: Heat = {
    unit,
    wish: schedule.wish * unit,
    bytes: schedule.bytes,
    temperature: temperature[0] * unit,
    strictness: strictness[0] * unit,
  };
  const cooling = (temperature[1] / temperature[0]) ** (1 / chains);
  const tightening = (strictness[1] / strictness[0]) ** (1 / chains);
  const best = placesOf(search);
  const least = draft.worth.slice();
  let found = false;
  for (let i = 0; i < chains && search.steps < search.stepsMax; i++) {
    heat.temperature *= cooling;
    heat.strictness *= tightening;
    search.steps++;
    if (!proposeChain(draft) || !accepts(draft, heat)) dropChain(draft);
    else {
      keepChain(draft);
      if (isBetter(draft.worth, least, heat.wish)) {
        least.set(draft.worth);
        copyPlaces(draft, best);
        found = true;
        if (untilKept && least[MUST]! <= ROUNDING) break;
      }
    }
    if (i % YIELD_CHAINS === 0) {
      if (untilKept && isHopeless(least[MUST]!, i / chains)) break;
      yield;
    }
  }
  return { places: found ? best : undefined, left: least[MUST]! };
}

/** Whether a look that has come this near after this part of its chains is given up. */
function isHopeless(left: number, part: number): boolean {
  return part > HOPE.from && left > Math.max(HOPE.least, HOPE.begin * (1 - part) ** 2);
}

/** MB of the mean replica. */
function usualMb({ model }: Search): number {
  let total = 0;
  for (let r = 0; r < model.replicaCount; r++) total += replicaMb(model, r);
  return total / Math.max(1, model.replicaCount);
}

function isBetter(a: Worth, b: Worth, wish: number): boolean {
  if (a[MUST]! < b[MUST]! - ROUNDING) return true;
  if (a[MUST]! > b[MUST]! + ROUNDING) return false;
  const costA = a[MB]! + wish * a[MAY]!;
  const costB = b[MB]! + wish * b[MAY]!;
  return costA < costB * (1 - 1e-12) || (costA === costB && a[LEADERS]! < b[LEADERS]!);
}

/** Whether the chain that was carried out is taken; its change is weighed then. */
function accepts(draft: Draft, heat: Heat): boolean {
  const { change, touched, touchedCount, mustOut, mayOut } = draft;
  const { strictness, wish } = heat;
  const allowed = -heat.temperature * Math.log(1 - drawPart(draft));
  const cost = heat.bytes * change[MB]! + heat.unit * LEADER_WEIGHT * change[LEADERS]!;
  let relief = 0;
  for (let k = 0; k < touchedCount; k++) {
    const b = touched[k]!;
    relief += strictness * mustOut[b]! + wish * mayOut[b]!;
  }
  // Too dear even if it brought every broker that it touches within limits: saves weighing most chains of a polish.
  if (cost + strictness * change[MUST]! + wish * change[MAY]! - relief > allowed) return false;
  return weigh(draft) && cost + strictness * change[MUST]! + wish * change[MAY]! <= allowed;
}
