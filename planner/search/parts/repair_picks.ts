/**
 * Which brokers and replicas the repair looks at.
 *
 * @module
 */
import {
  AXIS_COUNT,
  AXIS_NW_IN,
  AXIS_POTENTIAL_OUT,
  type ClusterModel,
  ROW_LEADER_CPU,
} from "../../../model/cluster_model.ts";
import { listsOf } from "../../../model/lists.ts";
import { rulesLetGo, topicsLetGo } from "../legal.ts";
import { gradientAt, type Search } from "../state.ts";
import { fillSlope } from "../violation.ts";

/** Brokers that are tried as partners of the worst one, most opposite first. */
export const PARTNERS = 16;
/** Replicas looked at on either side. */
const SAMPLE = 16;
/** Of those, the best by price that swaps are tried with. */
export const SHORTLIST = 3;
/** Of these, only each so manieth is drawn where what may go is shortlisted. */
const RUN = 4;
/** Steps that looking at them counts as then. */
const DRAWN_STEPS = 4;

/** Work space for one broker and its partners. */
export interface Picks {
  readonly worstSlope: Float64Array;
  /** First the partner's slope, then how much steeper the worst broker's is. */
  readonly partnerSlope: Float64Array;
  /**
   * Shortlists of both sides, -1 where there is none. Where only what may go is on them, first what topics allow, then what may only go
   * against another one of its topic; otherwise the first half alone.
   */
  readonly mine: Int32Array;
  readonly theirs: Int32Array;
  /** Where in what was drawn they are. */
  readonly mineAt: Int32Array;
  readonly theirsAt: Int32Array;
  readonly prices: Float64Array;
  /** Replicas drawn of the worst broker, and of a partner. */
  readonly mineDrawn: Drawn;
  readonly theirsDrawn: Drawn;
  /** Partners, most opposite first, and how they were weighed: less is more opposite. */
  readonly partners: Int32Array;
  readonly scores: Float64Array;
}

/** Replicas drawn of a broker: the first `count`. */
export interface Drawn {
  readonly replicas: Int32Array;
  /** What each puts on its broker in its present role, a row of axes each: read once, since they lie scattered in memory. */
  readonly loads: Float64Array;
  count: number;
}

/** Nothing is picked yet. */
export function createPicks(): Picks {
  return {
    worstSlope: new Float64Array(AXIS_COUNT),
    partnerSlope: new Float64Array(AXIS_COUNT),
    mine: new Int32Array(2 * SHORTLIST),
    theirs: new Int32Array(2 * SHORTLIST),
    mineAt: new Int32Array(2 * SHORTLIST),
    theirsAt: new Int32Array(2 * SHORTLIST),
    prices: new Float64Array(2 * SHORTLIST),
    mineDrawn: createDrawn(),
    theirsDrawn: createDrawn(),
    partners: new Int32Array(PARTNERS),
    scores: new Float64Array(PARTNERS),
  };
}

function createDrawn(): Drawn {
  return {
    replicas: new Int32Array(SAMPLE),
    loads: new Float64Array(SAMPLE * AXIS_COUNT),
    count: 0,
  };
}

/** Brokers whose surplus is most opposite to what the worst one suffers from. Gives how many were found. */
export function findPartners(
  search: Search,
  worst: number,
  { picks, most }: { picks: Picks; most: number },
): number {
  const { context: { allowed }, target } = search;
  const { worstSlope, partners, scores } = picks;
  fillSlope(search, worst, worstSlope);
  let found = 0;
  for (let k = 0; k < allowed.length; k++) {
    const b = allowed[k]!;
    if (b === worst) continue;
    let score = 0;
    for (let axis = 0; axis < AXIS_COUNT; axis++) {
      const i = b * AXIS_COUNT + axis;
      const size = target[worst * AXIS_COUNT + axis]!;
      score += worstSlope[axis]! * size * gradientAt(search, i) * target[i]!;
    }
    let place = found < most ? found++ : most;
    for (; place > 0 && score < scores[place - 1]!; place--) {
      if (place === most) continue;
      scores[place] = scores[place - 1]!;
      partners[place] = partners[place - 1]!;
    }
    if (place === most) continue;
    scores[place] = score;
    partners[place] = b;
  }
  return found;
}

/** Whether two replicas are of the same topic. O(1). */
export function areOfOneTopic({ model }: Search, a: number, b: number): boolean {
  const { topic, partition } = model;
  return topic[partition[a]!] === topic[partition[b]!];
}

/**
 * Draws replicas of both brokers and shortlists them. `isCareful`: only what may go; `isFirst`: whether this is the first partner of the
 * worst broker.
 */
export function pickReplicas(
  search: Search,
  picks: Picks,
  { worst, partner, isCareful, isFirst }: {
    worst: number;
    partner: number;
    isCareful: boolean;
    isFirst: boolean;
  },
): void {
  const { worstSlope, partnerSlope, mineDrawn, theirsDrawn, mine, theirs, mineAt, theirsAt } =
    picks;
  fillSlope(search, partner, partnerSlope);
  for (let axis = 0; axis < AXIS_COUNT; axis++) {
    partnerSlope[axis] = worstSlope[axis]! - partnerSlope[axis]!;
  }
  // The same of the worst broker for all partners: they lie at hand then.
  if (!isCareful || isFirst) draw(search, worst, mineDrawn);
  shortlist(search, mineDrawn, {
    picks,
    into: mine,
    at: mineAt,
    sign: 1,
    to: isCareful ? partner : -1,
  });
  if (isCareful) drawRuns(search, partner, theirsDrawn);
  else draw(search, partner, theirsDrawn);
  shortlist(search, theirsDrawn, {
    picks,
    into: theirs,
    at: theirsAt,
    sign: -1,
    to: isCareful ? worst : -1,
  });
}

/** Draws replicas of a broker, or takes all where there are few. */
function draw({ model, prng }: Search, broker: number, into: Drawn): void {
  const { lists, listLength } = listsOf(model);
  const length = listLength[broker]!;
  const every = length <= SAMPLE;
  into.count = every ? length : SAMPLE;
  for (let k = 0; k < into.count; k++) {
    into.replicas[k] = lists[broker]![every ? k : prng.below(length)]!;
  }
  readLoads(model, into);
}

/** No branches: the processor waits for many places in memory together then. */
function readLoads({ loads, row, leader, partition }: ClusterModel, drawn: Drawn): void {
  const { replicas, count, loads: into } = drawn;
  for (let k = 0; k < count; k++) {
    const replica = replicas[k]!;
    const from = row[replica]! << 3;
    const leads = leader[partition[replica]!] === replica ? 1 : 0;
    const to = k << 3;
    const nwIn = loads[from | AXIS_NW_IN]!;
    const potential = loads[from | AXIS_POTENTIAL_OUT]!;
    into[to] = loads[from]!;
    into[to | 1] = nwIn;
    into[to | 2] = loads[from | 2]! + leads * loads[from | ROW_LEADER_CPU]!;
    into[to | 3] = loads[from | 3]!;
    into[to | 4] = potential;
    into[to | 5] = loads[from | 5]! + leads * potential;
    into[to | 6] = leads;
    into[to | 7] = leads * nwIn;
  }
}

/** The same with only each so manieth drawn: those that follow it lie near it in memory. */
function drawRuns(search: Search, broker: number, into: Drawn): void {
  const { lists, listLength } = listsOf(search.model);
  const length = listLength[broker]!;
  if (length <= SAMPLE) return draw(search, broker, into);
  into.count = SAMPLE;
  let place = 0;
  for (let k = 0; k < SAMPLE; k++) {
    place = k % RUN === 0 ? search.prng.below(length) : (place + 1) % length;
    into.replicas[k] = lists[broker]![place]!;
  }
  readLoads(search.model, into);
}

/**
 * The replicas drawn of a broker that the other should rather have, best first; -1 where there is none. `to`: the other broker, where
 * only what may go there is wanted; else -1.
 */
function shortlist(
  search: Search,
  drawn: Drawn,
  options: { picks: Picks; into: Int32Array; at: Int32Array; sign: number; to: number },
): void {
  const { into, at, sign, to } = options;
  const { replicas, loads, count } = drawn;
  const { prices, partnerSlope: slope } = options.picks;
  prices.fill(-Infinity);
  into.fill(-1);
  if (to >= 0) search.steps += DRAWN_STEPS;
  for (let k = 0; k < count; k++) {
    const replica = replicas[k]!;
    let price = 0;
    for (let axis = 0; axis < AXIS_COUNT; axis++) price += loads[k << 3 | axis]! * slope[axis]!;
    price *= sign;
    let first = 0;
    if (to >= 0) {
      if (price <= prices[SHORTLIST - 1]! && price <= prices[2 * SHORTLIST - 1]!) continue;
      if (!rulesLetGo(search, replica, to)) continue;
      first = topicsLetGo(search, replica, to) ? 0 : SHORTLIST;
    }
    const last = first + SHORTLIST - 1;
    if (price <= prices[last]! || into.includes(replica)) continue;
    let place = last + 1;
    while (place > first && price > prices[place - 1]!) place--;
    for (let i = last; i > place; i--) {
      into[i] = into[i - 1]!;
      at[i] = at[i - 1]!;
      prices[i] = prices[i - 1]!;
    }
    into[place] = replica;
    at[place] = k;
    prices[place] = price;
  }
}
