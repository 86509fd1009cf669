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
import { replicaMb } from "../../../model/replica_axes.ts";
import { proposeChain } from "./anneal_chains.ts";
import { type Places, placesOf } from "../checkpoint.ts";
import { copyPlaces, type Draft, draftOf, drawPart } from "./draft.ts";
import { dropChain } from "./draft_chain.ts";
import { keepChain, weigh } from "./draft_weigh.ts";
import type { DraftLimits } from "./draft_limits.ts";
import { beginWeights, reweigh, REWEIGH_CHAINS, type Weights } from "./reweigh.ts";
import type { Search } from "../state.ts";
import { LEADERS, MAY, MB, MUST, type Worth } from "./worth.ts";

/** Larger clusters would need more chains than there is time for. */
const ANNEALED_REPLICAS = 6000;

/** Whether a cluster of so many replicas is annealed. */
export function isAnnealed(replicaCount: number): boolean {
  return replicaCount <= ANNEALED_REPLICAS;
}

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
  /** Whether to try as many chains where there are few replicas. */
  readonly isLong?: boolean;
  /** Whether strictness follows what the draft keeps, from its begin on, instead of growing: see {@link SKIRT}. */
  readonly skirts?: boolean;
  /** Whether what is outside weighs more the longer it is: see `reweigh.ts`. */
  readonly reweighs?: boolean;
  /** Whether a replica may go home at the same time as another one of its partition leaves the rack that it goes to. */
  readonly trades?: boolean;
}

/** Replicas for which a look may begin as hot as it does on the smallest clusters, and the least heat. */
const LOOK_REPLICAS = 1000;
const LOOK_HOT = { least: 0.5, most: 10 };
/**
 * Up to so many replicas a look begins three times as hot against strictness, passes hard limits on the way, and what
 * is outside weighs more and more. Of 24 tight clusters a look of 80,000 chains met 58 instead of 19 of 100 times all
 * that can be met: 52 without passing hard limits, 33 with more heat alone.
 */
const REWEIGHED_REPLICAS = 500;

/**
 * A look for a placement of `replicas` replicas within limits. Twice as many chains hardly find more: a second annealing
 * with other draws finds more than a longer one. Where there are many replicas, too hot a begin shakes all of them loose,
 * and the chains have gone by before they are at their places again.
 */
export function findOf(replicas: number): Schedule {
  const hot = between(LOOK_HOT, LOOK_REPLICAS / Math.max(1, replicas));
  const isSmall = replicas <= REWEIGHED_REPLICAS;
  return {
    chains: 80_000,
    temperature: [hot, Math.min(0.5, hot / 3)],
    // As strict in the end as to settle what heat leaves beyond limits by a hair.
    strictness: [isSmall ? 300 : 1000, 10_000],
    wish: 0,
    bytes: 1,
    passesHard: isSmall,
    untilKept: true,
    reweighs: isSmall,
  };
}

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
  reweighs: true,
  trades: true,
};

/**
 * What prices have left is put right without giving up what they have found: cold from the begin, and strict, since one
 * replica of hundreds is a small part of a broker.
 */
export const REFINE: Schedule = {
  chains: 30_000,
  temperature: [0.02, 0.005],
  strictness: [300, 4000],
  wish: 0.5,
  bytes: 1,
  passesHard: false,
  untilKept: false,
};

/**
 * What is beyond limits by next to nothing costs less than a replica as long as bytes are weighed against it: in the end
 * nothing else counts. Begun as strictly, it sticks where no single chain helps.
 */
export const MEND: Schedule = {
  chains: 60_000,
  temperature: [0.02, 0.02],
  strictness: [1000, 1e6],
  wish: 0,
  bytes: 1,
  passesHard: false,
  untilKept: true,
};

/** Chains of a polish for each replica, at least and at most. */
const POLISH = { replica: 100, least: 50_000, most: 100_000 };
/** Replicas for which a polish may begin as hot as it does on the smallest clusters, and the least heat. */
const HOT_REPLICAS = 300;
const HOT = { least: 0.1, most: 1 };

/**
 * A polish of `replicas` replicas: the more there are, the less often each is drawn, and the less of what was good at
 * the begin may be shaken. `wish`: a plan may cost half a replica for a whole target less outside.
 */
export function polishOf(replicas: number): Schedule {
  const hot = between(HOT, HOT_REPLICAS / Math.max(1, replicas));
  return {
    chains: between(POLISH, POLISH.replica * replicas),
    temperature: [hot, 0.01],
    strictness: [20, 4000],
    wish: 0.5,
    bytes: 1,
    passesHard: false,
    untilKept: false,
  };
}

/** What of a polish's heat and strictness a cold one begins with. */
const COLD = { temperature: 0.2, strictness: 15 };

/** The same without shaking what is within limits: it always ends there again, in a corner perhaps. */
export function coldOf(polish: Schedule): Schedule {
  const { temperature: [hot, cold], strictness: [loose, strict] } = polish;
  return {
    ...polish,
    temperature: [Math.max(cold, hot * COLD.temperature), cold],
    strictness: [loose * COLD.strictness, strict],
  };
}

/**
 * What strictness is multiplied by at each chain that begins beyond limits, and within them. So the draft is within half
 * of the time, at whatever heat, and passes many placements that keep all limits: where these are few, strictness that
 * only grows meets but the one in whose corner it ends (strategic oscillation; Glover, 1977).
 */
const SKIRT = { beyond: 1.002, within: 0.998 };

/** A polish in half as many chains. */
export function briefOf(polish: Schedule): Schedule {
  return { ...polish, chains: polish.chains / 2 };
}

/** The same along the limits, in and out. What is only wished for would take half as much time again. */
export function skirtOf(polish: Schedule): Schedule {
  return { ...briefOf(polish), wish: 0, skirts: true };
}

function between({ least, most }: { least: number; most: number }, value: number): number {
  return Math.min(most, Math.max(least, value));
}

/** A cluster of few replicas needs fewer chains. */
const CHAINS_A_REPLICA = 2500;
/** What a changed leader weighs, in MB of a usual replica. */
export const LEADER_WEIGHT = 0.002;
/** Chains between two yields. */
const YIELD_CHAINS = 2000;
/**
 * After the part `from` of its chains, a look is given up when what it looks for is farther away than this, in parts of
 * targets: `begin x (1 - part)^2`, but never less than `least`, and more where there are more than `brokers`: the
 * distance is that of all of them together. On 200 small clusters none of the 100 looks that succeeded was that far
 * away, and half of the chains of the 88 that failed are saved.
 */
const HOPE = { begin: 0.12, least: 0.01, from: 0.2, brokers: 6 };
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

/** Anneals within the search's budget of steps, a step a chain. The model stays as it is. */
export function* anneal(
  search: Search,
  { must, may, schedule }: AnnealOptions,
): Generator<void, Annealed> {
  const unit = usualMb(search);
  if (!(unit > 0) || search.context.alive.length < 2) return { places: undefined, left: 0 };
  const usual = CHAINS_A_REPLICA * search.model.replicaCount;
  const chains = schedule.isLong === true ? schedule.chains : Math.min(schedule.chains, usual);
  const { passesHard, trades = false } = schedule;
  const draft = draftOf(search, { must, may, passesHard, trades });
  const run = begin(draft, { schedule, chains, unit, places: placesOf(search) });
  const share = brokerShare(search);
  for (let done = 0; done < chains && search.steps < search.stepsMax;) {
    const most = run.weights === undefined ? YIELD_CHAINS : REWEIGH_CHAINS;
    const count = Math.min(most, chains - done, search.stepsMax - search.steps);
    const tried = tryChains(run, count);
    done += tried;
    search.steps += tried;
    if (run.weights !== undefined) noteDistance(run, reweigh(draft, run.weights));
    const left = run.least[MUST]!;
    if (schedule.untilKept && (left <= ROUNDING || isHopeless(left / share, done / chains))) break;
    yield;
  }
  return { places: run.found ? run.best : undefined, left: run.least[MUST]! };
}

/** How many times as far as on a small cluster all brokers together may be from their limits. */
export function brokerShare({ context }: Search): number {
  return Math.max(1, context.alive.length / HOPE.brokers);
}

/** An annealing on its way. */
interface Run {
  readonly draft: Draft;
  /** Where all is in the best placement so far, and what that is worth. */
  readonly best: Places;
  readonly least: Worth;
  /** Whether that is better than the begin. */
  found: boolean;
  readonly untilKept: boolean;
  /** What a unit of each part of {@link Worth} costs now, MB. */
  readonly prices: Worth;
  /** MB. An array of one, as {@link Worth} is an array. */
  readonly temperature: Float64Array;
  /** What temperature and strictness are multiplied by at each chain. */
  readonly cooling: number;
  readonly tightening: number;
  /** Whether strictness goes by {@link SKIRT} instead. */
  readonly skirts: boolean;
  /** Set where weights change: what chains come to is compared only when they do, without them. */
  readonly weights: Weights | undefined;
}

function begin(
  draft: Draft,
  options: { schedule: Schedule; chains: number; unit: number; places: Places },
): Run {
  const { schedule, chains, unit } = options;
  const { temperature, strictness } = schedule;
  const prices = new Float64Array(4);
  prices[MUST] = strictness[0] * unit;
  prices[MAY] = schedule.wish * unit;
  prices[MB] = schedule.bytes;
  prices[LEADERS] = unit * LEADER_WEIGHT;
  const least = draft.worth.slice();
  return {
    draft,
    best: options.places,
    least,
    found: false,
    untilKept: schedule.untilKept,
    prices,
    temperature: Float64Array.of(temperature[0] * unit),
    cooling: (temperature[1] / temperature[0]) ** (1 / chains),
    tightening: (strictness[1] / strictness[0]) ** (1 / chains),
    skirts: schedule.skirts === true,
    weights: schedule.reweighs === true ? beginWeights(draft) : undefined,
  };
}

/** Remembers where the draft is when that is nearer to its limits than all before. */
function noteDistance(run: Run, distance: number): void {
  if (distance >= run.least[MUST]!) return;
  run.least[MUST] = distance;
  copyPlaces(run.draft, run.best);
  run.found = true;
}

/** A function of its own, as V8 does not optimize generators. Returns how many were tried. */
function tryChains(run: Run, count: number): number {
  const { draft, least, prices, temperature, cooling, tightening, skirts, weights } = run;
  for (let i = 0; i < count; i++) {
    temperature[0]! *= cooling;
    if (!skirts) prices[MUST]! *= tightening;
    else prices[MUST]! *= draft.worth[MUST]! > ROUNDING ? SKIRT.beyond : SKIRT.within;
    if (
      !proposeChain(draft) ||
      !weigh(draft, prices, -temperature[0]! * Math.log(1 - drawPart(draft)))
    ) {
      dropChain(draft);
      continue;
    }
    keepChain(draft);
    const isNews = weights === undefined
      ? isBetter(draft.worth, least, prices[MAY]!)
      : draft.worth[MUST]! <= ROUNDING;
    if (!isNews) continue;
    least.set(draft.worth);
    copyPlaces(draft, run.best);
    run.found = true;
    if (run.untilKept && least[MUST]! <= ROUNDING) return i + 1;
  }
  return count;
}

/** Whether a look that has come this near after this part of its chains is given up. */
function isHopeless(left: number, part: number): boolean {
  return part > HOPE.from && left > Math.max(HOPE.least, HOPE.begin * (1 - part) ** 2);
}

/** MB of the mean replica. O(R). */
export function usualMb({ model }: Search): number {
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
