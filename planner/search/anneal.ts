/**
 * Improves a finished placement of a small cluster by simulated annealing (Kirkpatrick et al., 1983): random moves,
 * swaps and leader changes, taken when they lower the energy, and now and then when they do not, ever more seldom.
 *
 * ```
 * energy = MB away from home + strictness x size of a replica x relative distance outside the joined limits
 *                            + a little for each leader that changed
 * ```
 *
 * What a single pass cannot undo, because several replicas would have to go home together, it finds in small steps.
 * The strictness grows while the temperature falls: at first replicas pass through brokers that are full, in the end
 * no broker is out. The distance is not squared, or being a little out would cost next to nothing.
 *
 * @module
 */
import { AXIS_COUNT } from "../../model/cluster_model.ts";
import { leadingLoad, mbAway, replicaMb } from "../../model/replica_axes.ts";
import { type Places, placesOf } from "./checkpoint.ts";
import { guardsAcceptLeader, LEADER_AXES } from "./leadership.ts";
import { keepsHardLimits, moveIsLegal, swapIsLegal } from "./legal.ts";
import { mayLead, mayMove, promote, relocate, type Search } from "./state.ts";
import { addReplica, violationOf, violationWith } from "./violation.ts";

/** What being outside by the whole of a limit weighs at the begin and at the end, in replicas away from home. */
const LENIENT = 2;
const STRICT = 1000;
/** What a changed leader weighs, in replicas away from home. */
const LEADER_WEIGHT = 0.002;
/** What MB weigh while hard limits may be passed: a large replica that keeps its place may be what is in the way. */
const LIGHT = 0.1;
/** Temperatures at the begin and at the end, in replicas away from home. */
const HOT = 0.5;
const COLD = 0.002;
/** Actions between two yields. */
const YIELD_ACTIONS = 2000;
/** A violation below this is rounding. */
const ROUNDING = 1e-9;

interface Annealing {
  readonly search: Search;
  /** Whether brokers may pass beyond hard limits that they keep. */
  readonly passesHard: boolean;
  /** Relative distance outside, by broker. */
  readonly outside: Float64Array;
  /** MB of a usual replica: the unit of temperatures. */
  readonly unit: number;
  temperature: number;
  strictness: number;
  /** Sums over the cluster. */
  violation: number;
  mb: number;
  leaders: number;
  /** What the present action adds to the first and to the second broker. */
  readonly forth: Float64Array;
  readonly back: Float64Array;
}

/**
 * Tries `actions` actions within the search's budget of steps. Gives the best places that were passed: least outside
 * the limits, and among those fewest MB; undefined when nothing was better than the begin. The model is left anywhere.
 *
 * @param passesHard whether brokers may be beyond hard limits on the way: what only three or more brokers can do
 *   together, where all are nearly full, is found only then
 */
export function* anneal(
  search: Search,
  actions: number,
  passesHard = false,
): Generator<void, Places | undefined> {
  const annealing = begin(search, passesHard);
  if (annealing === undefined) return undefined;
  let best: Places | undefined;
  let least = { violation: annealing.violation, mb: annealing.mb, leaders: annealing.leaders };
  const tightening = (STRICT / LENIENT) ** (1 / actions);
  const cooling = (COLD / HOT) ** (1 / actions);
  for (let i = 0; i < actions && search.steps < search.stepsMax; i++) {
    annealing.temperature *= cooling;
    annealing.strictness *= tightening;
    search.steps++;
    if (tryAction(annealing) && isBetter(annealing, least)) {
      least = { violation: annealing.violation, mb: annealing.mb, leaders: annealing.leaders };
      best = placesOf(search);
    }
    if (i % YIELD_ACTIONS === 0) yield;
  }
  return best;
}

function begin(search: Search, passesHard: boolean): Annealing | undefined {
  const { model, context } = search;
  const { replicaCount, partitionCount, leader, homeLeader } = model;
  let total = 0;
  for (let r = 0; r < replicaCount; r++) total += replicaMb(model, r);
  const unit = total / Math.max(1, replicaCount);
  if (!(unit > 0) || context.alive.length < 2) return undefined;
  let leaders = 0;
  for (let p = 0; p < partitionCount; p++) if (leader[p] !== homeLeader[p]) leaders++;
  const outside = new Float64Array(model.brokerCount);
  let violation = 0;
  for (const b of context.alive) violation += outside[b] = Math.sqrt(violationOf(search, b));
  return {
    search,
    passesHard,
    outside,
    unit,
    temperature: HOT * unit,
    strictness: LENIENT,
    violation,
    mb: mbAway(model),
    leaders,
    forth: new Float64Array(AXIS_COUNT),
    back: new Float64Array(AXIS_COUNT),
  };
}

interface Energy {
  readonly violation: number;
  readonly mb: number;
  readonly leaders: number;
}

function isBetter(a: Energy, b: Energy): boolean {
  if (a.violation < b.violation - ROUNDING) return true;
  if (a.violation > b.violation + ROUNDING) return false;
  return a.mb < b.mb * (1 - 1e-12) || (a.mb === b.mb && a.leaders < b.leaders);
}

/** One action of a random kind; whether it was carried out. */
function tryAction(annealing: Annealing): boolean {
  const { search } = annealing;
  const { prng, model } = search;
  const kind = prng.below(8);
  if (kind < 2) return tryLead(annealing, prng.below(model.partitionCount));
  const replica = prng.below(model.replicaCount);
  if (!mayMove(search, replica)) return false;
  if (kind < 4) return tryMove(annealing, replica, model.home[replica]!);
  if (kind < 6) {
    const { destinations } = search;
    if (destinations.length === 0) return false;
    return tryMove(annealing, replica, destinations[prng.below(destinations.length)]!);
  }
  return trySwap(annealing, replica, prng.below(model.replicaCount));
}

function tryMove(annealing: Annealing, replica: number, to: number): boolean {
  const { search, forth, back } = annealing;
  const { model } = search;
  const from = model.broker[replica]!;
  if (from === to || !moveIsLegal(search, replica, to)) return false;
  forth.fill(0);
  addReplica(search, forth, replica, 1);
  for (let axis = 0; axis < AXIS_COUNT; axis++) back[axis] = -forth[axis]!;
  if (!mayPass(annealing, to, forth)) return false;
  const mb = awayWith(search, replica, to);
  if (!accepts(annealing, { from, to, mb, leaders: 0 })) return false;
  relocate(search, replica, to);
  return true;
}

function trySwap(annealing: Annealing, a: number, b: number): boolean {
  const { search, forth, back } = annealing;
  const { model } = search;
  const from = model.broker[a]!;
  const to = model.broker[b]!;
  if (from === to || !swapIsLegal(search, a, b)) return false;
  forth.fill(0);
  addReplica(search, forth, a, 1);
  addReplica(search, forth, b, -1);
  for (let axis = 0; axis < AXIS_COUNT; axis++) back[axis] = -forth[axis]!;
  if (!mayPass(annealing, to, forth) || !mayPass(annealing, from, back)) return false;
  const mb = awayWith(search, a, to) + awayWith(search, b, from);
  if (!accepts(annealing, { from, to, mb, leaders: 0 })) return false;
  relocate(search, a, to);
  relocate(search, b, from);
  return true;
}

function mayPass({ search, passesHard }: Annealing, broker: number, change: Float64Array): boolean {
  return passesHard || keepsHardLimits(search, broker, change);
}

function tryLead(annealing: Annealing, p: number): boolean {
  const { search, forth, back } = annealing;
  const { model } = search;
  const first = model.replicaStart[p]!;
  const replica = first + search.prng.below(model.replicaStart[p + 1]! - first);
  const old = model.leader[p]!;
  if (replica === old || model.pinned[p] === 1 || !mayLead(search, replica)) return false;
  forth.fill(0);
  back.fill(0);
  for (const axis of LEADER_AXES) {
    forth[axis] = leadingLoad(model, replica, axis);
    back[axis] = -leadingLoad(model, old, axis);
  }
  const from = model.broker[old]!;
  const to = model.broker[replica]!;
  if (!mayPass(annealing, to, forth) || !mayPass(annealing, from, back)) return false;
  if (!guardsAcceptLeader(search, p, replica)) return false;
  const home = model.homeLeader[p]!;
  const leaders = (replica === home ? 0 : 1) - (old === home ? 0 : 1);
  if (!accepts(annealing, { from, to, mb: 0, leaders })) return false;
  promote(search, p, replica);
  return true;
}

/** Change of the MB away from home if the replica went to `to`. */
function awayWith({ model }: Search, replica: number, to: number): number {
  const { broker, home } = model;
  const away = (to === home[replica] ? 0 : 1) - (broker[replica] === home[replica] ? 0 : 1);
  return away === 0 ? 0 : away * replicaMb(model, replica);
}

/** Decides about the action in `forth` and `back`, and books its energy when it is accepted. */
function accepts(
  annealing: Annealing,
  action: { from: number; to: number; mb: number; leaders: number },
): boolean {
  const { search, outside, unit } = annealing;
  const { from, to } = action;
  const source = Math.sqrt(violationWith(search, from, annealing.back));
  const target = Math.sqrt(violationWith(search, to, annealing.forth));
  const violation = source + target - outside[from]! - outside[to]!;
  const change = action.mb * (annealing.passesHard ? LIGHT : 1) +
    unit * (annealing.strictness * violation + LEADER_WEIGHT * action.leaders);
  if (change > 0 && search.prng.next() >= Math.exp(-change / annealing.temperature)) return false;
  outside[from] = source;
  outside[to] = target;
  annealing.violation = Math.max(0, annealing.violation + violation);
  annealing.mb += action.mb;
  annealing.leaders += action.leaders;
  return true;
}
