/**
 * Takes replicas off brokers that are above a limit, most loaded broker first.
 *
 * Of some replicas of the broker those move that fit best what the broker has too much of: one of 8 was measured to save 8 % of all bytes
 * against the first one, one of more to save nothing more, the best quarter of 64 at once to cost up to 0.1 % more bytes in two thirds of the
 * time, and fewer to cost nothing while much has to leave.
 *
 * @module
 */
import { AXIS_LEADER_IN } from "../../model/cluster_model.ts";
import { bestDestination } from "./destination.ts";
import { emptiestBrokers } from "./ranking.ts";
import { REASON, type Reason } from "./reasons.ts";
import { mayMove, relocate, type Search } from "./state.ts";

/** Replicas compared for each move where lists are short. */
const SAMPLE = 8;
/** Replicas of a long list that are compared at once, for many moves. */
const LOOKED = 64;
/** Part of those that have still to leave that are chosen at once. */
const PART_AT_ONCE = 1 / 4;
/** Moves in a row without a taker after which a broker is left to the repair. */
const FAILURES_MAX = 60;
/** Shorter lists fit the cache as a whole: draws that do not depend on each other are worth a little more there. */
const NEIGHBOURS_MIN = 1000;
/** Moves before it is another broker's turn: at least so many, and this part of its replicas (its list stays in the cache). */
const MOVES_A_TURN = 8;
const PART_A_TURN = 1 / 64;
/**
 * Replicas of a broker that have to leave up to which all brokers are looked at for each: without, plans move up to 0.2 % more bytes, and with
 * all of them from the start no fewer.
 */
const CHOOSY_BELOW = 32;
/** Turns between two yields. */
const TURNS_A_YIELD = 8;
/** Axes that only moving a replica changes; the others follow leadership, which costs no bytes. */
const AXES = [0, 1, 3, 4] as const;
/** A broker this near to its lower limit, as part of the range, should not lose more on that axis. */
const NEAR_LOWER = 0.25;
/** How much such an axis counts against a replica. */
const NEAR_LOWER_WEIGHT = 0.15;

/**
 * See the file's head. Brokers take turns, so that those which need large replicas find them before others took all
 * the room. Yields from time to time.
 */
export function* shed(search: Search, way: Shedding = USUAL): Generator<void, void> {
  const turns = createTurns(search, way);
  for (let turn = 1;; turn++) {
    const broker = nextBroker(turns);
    if (broker < 0) return;
    shedSome(search, broker, turns);
    if (turn % TURNS_A_YIELD === 0) yield;
  }
}

/** How replicas and their destinations are chosen. */
export interface Shedding {
  /** The replica of a broker that should leave for {@link wish}; -1 when none of those looked at. `excess` is the largest wish. */
  readonly pick: (search: Search, broker: number, excess: number) => number;
  /** About how many replicas have still to leave a broker when all destinations begin to be looked at. */
  readonly choosyBelow: number;
}

/** Which brokers are above a limit, and how they fare. */
interface Turns {
  /** Brokers above a limit at the start. */
  readonly brokers: Int32Array;
  /** By broker; 0 when within limits or given up. Only its own turn changes it: no broker is pushed over a limit. */
  readonly excess: Float64Array;
  /** Moves in a row without a taker, by broker. */
  readonly failures: Int32Array;
  readonly way: Shedding;
}

function createTurns(search: Search, way: Shedding): Turns {
  const excess = new Float64Array(search.model.brokerCount);
  const worst = { axis: -1, excess: 0 };
  for (const broker of search.context.alive) {
    findExcess(search, broker, worst);
    excess[broker] = worst.excess;
  }
  const brokers = search.context.alive.filter((broker) => excess[broker]! > 0);
  return { brokers, excess, failures: new Int32Array(search.model.brokerCount), way };
}

/** The broker with the largest excess; one that finds no takers comes later. -1 when none is left. */
function nextBroker({ brokers, excess, failures }: Turns): number {
  let next = -1;
  let most = 0;
  for (let i = 0; i < brokers.length; i++) {
    const broker = brokers[i]!;
    const weighed = excess[broker]! / (1 + failures[broker]! / 4);
    if (weighed > most) {
      next = broker;
      most = weighed;
    }
  }
  return next;
}

/** The axis on which a broker is furthest above its limit, relative to the target; -1 when on none. */
function findExcess(
  search: Search,
  broker: number,
  into: { axis: number; excess: number },
): void {
  const { upper, target, model } = search;
  into.axis = -1;
  into.excess = 0;
  for (let i = 0; i < AXES.length; i++) {
    const at = (broker << 3) | AXES[i]!;
    const over = model.sums[at]! - upper[at]!;
    if (over <= 0) continue;
    const relative = over / Math.max(target[at]!, Number.MIN_VALUE);
    if (relative > into.excess || into.axis < 0) {
      into.axis = AXES[i]!;
      into.excess = relative;
    }
  }
}

function shedSome(search: Search, broker: number, turns: Turns): void {
  const { excess, failures, way } = turns;
  const worst = { axis: -1, excess: 0 };
  const length = search.model.listLength[broker]!;
  const moves = Math.max(MOVES_A_TURN, length * PART_A_TURN);
  cursor.place = length < NEIGHBOURS_MIN ? -1 : search.prng.below(length);
  cursor.next = cursor.count = 0;
  for (let k = 0; k < moves; k++) {
    findExcess(search, broker, worst);
    excess[broker] = worst.excess;
    if (worst.axis < 0) return;
    // Rounding may leave more than nothing on a broker that holds nothing.
    if (search.model.listLength[broker] === 0) {
      excess[broker] = 0;
      return;
    }
    cursor.left = moves - k;
    const replica = way.pick(search, broker, worst.excess);
    const isChoosy = worst.excess * length < way.choosyBelow;
    const first = isChoosy ? search.ranking.brokers : emptiestBrokers(search);
    const to = replica < 0 ? -1 : bestDestination(search, replica, "joint", first);
    if (to < 0) {
      failures[broker]!++;
      if (failures[broker]! < FAILURES_MAX) continue;
      excess[broker] = 0;
      return;
    }
    failures[broker] = 0;
    search.reasons.noteMove(replica, shedReason(search, broker, worst.axis));
    relocate(search, replica, to);
  }
}

/** For one pick, by place in disk, incoming bytes, count, potential outgoing bytes: relative excess that should leave. Kept, so that no call allocates. */
export const wish = new Float64Array(AXES.length);
/** The same for 1 / target. */
export const perUnit = new Float64Array(AXES.length);
/**
 * ```
 * array        type           length       index   value
 * sample       Int32Array     LOOKED       slot    replica that is compared
 * sampleRows   Int32Array     LOOKED       slot    where its row of loads begins
 * sampleLoads  Float64Array   LOOKED x 4   slot    disk, incoming and potential outgoing bytes
 * chosen       Int32Array     LOOKED       -       the best of the sample, best first
 * values       Float64Array   LOOKED       -       what they are worth
 * ```
 */
const sample = new Int32Array(LOOKED);
const sampleRows = new Int32Array(LOOKED);
const sampleLoads = new Float64Array(LOOKED * 4);
const chosen = new Int32Array(LOOKED);
const values = new Float64Array(LOOKED);
/**
 * `place`: of the last of the sample in the broker's list, -1 where that is short. Which of `chosen` is the next, and how many there are.
 * `left`: moves in this turn. `seen` is what was read for later, of no meaning.
 */
const cursor = { place: -1, next: 0, count: 0, left: 0, seen: 0 };

/** Relative excess by axis; negative where the broker comes near to a lower limit, and more so below it. */
export function fillWish(search: Search, broker: number): void {
  const { upper, lower, target, model } = search;
  for (let k = 0; k < AXES.length; k++) {
    const i = (broker << 3) | AXES[k]!;
    const size = Math.max(target[i]!, Number.MIN_VALUE);
    perUnit[k] = target[i]! > 0 ? 1 / target[i]! : 0;
    const sum = model.sums[i]!;
    const least = lower[i]!;
    const near = least > 0 ? least + NEAR_LOWER * (upper[i]! - least) : 0;
    wish[k] = Math.max(0, sum - upper[i]!) / size +
      NEAR_LOWER_WEIGHT * Math.min(0, sum - near) / size + Math.min(0, sum - least) / size;
  }
}

/** The best of a sample that is not taken yet; -1 when none may go. */
function pickReplica(search: Search, broker: number, excess: number): number {
  if (cursor.next === cursor.count) choose(search, broker, excess);
  return cursor.next < cursor.count ? chosen[cursor.next++]! : -1;
}

/** Of a few replicas the one that fits best. */
export const USUAL: Shedding = { pick: pickReplica, choosyBelow: CHOOSY_BELOW };

/** Looks at some of the broker's replicas for what it wishes. */
function choose(search: Search, broker: number, excess: number): void {
  fillWish(search, broker);
  cursor.next = 0;
  if (cursor.place < 0) {
    drawScattered(search, broker);
    readSample(search, SAMPLE);
    chooseBest(search, SAMPLE, 1);
    return;
  }
  const each = comparedForEach(excess);
  // Towards the end fewer at once: each changes what the broker still wishes.
  const wanted = Math.ceil(excess * search.model.listLength[broker]! * PART_AT_ONCE);
  const most = Math.min(wanted, Math.ceil(cursor.left), Math.floor(LOOKED / each));
  const size = Math.max(SAMPLE, most * each);
  drawNeighbours(search, broker, size);
  readSample(search, size);
  chooseBest(search, size, most);
  readChosen(search);
}

/** Keeps the `most` best of the sample for the wish. */
function chooseBest(search: Search, size: number, most: number): void {
  const wantedDisk = wish[0]!;
  const wantedIn = wish[1]!;
  const wantedPotential = wish[3]!;
  const count = perUnit[2]!;
  const countGain = gainOf(wish[2]!, count);
  // A factor: whichever branch comes first is compiled alone, and both again when the other comes.
  const byMb = wantedDisk <= 0 ? 1 : 0;
  let kept = 0;
  for (let k = 0; k < size; k++) {
    if (!mayMove(search, sample[k]!)) continue;
    const mb = sampleLoads[k << 2]!;
    const disk = mb * perUnit[0]!;
    const nwIn = sampleLoads[k << 2 | 1]! * perUnit[1]!;
    const potential = sampleLoads[k << 2 | 2]! * perUnit[3]!;
    const gain = gainOf(wantedDisk, disk) + gainOf(wantedIn, nwIn) + countGain +
      gainOf(wantedPotential, potential);
    if (gain <= 0) continue;
    const norm = Math.sqrt(disk * disk + nwIn * nwIn + count * count + potential * potential);
    const value = gain / (byMb * (mb + MB_FLOOR) + (1 - byMb) * norm);
    if (kept === most) {
      if (value <= values[most - 1]!) continue;
      kept--;
    }
    let free = kept++;
    for (; free > 0 && values[free - 1]! < value; free--) {
      values[free] = values[free - 1]!;
      chosen[free] = chosen[free - 1]!;
    }
    values[free] = value;
    chosen[free] = sample[k]!;
  }
  cursor.count = kept;
}

/** Replicas from all over the broker's list. */
function drawScattered({ model, prng }: Search, broker: number): void {
  const list = model.lists[broker]!;
  const length = model.listLength[broker]!;
  for (let k = 0; k < SAMPLE; k++) sample[k] = list[prng.below(length)]!;
}

/**
 * Replicas that come before the last sample in the broker's list: near each other there, most are near each other in memory as well.
 * Downwards, since lists close their gaps from the end: so each replica comes once.
 */
function drawNeighbours({ model }: Search, broker: number, size: number): void {
  const list = model.lists[broker]!;
  const length = model.listLength[broker]!;
  let { place } = cursor;
  for (let k = 0; k < size; k++) {
    place--;
    // Adds the length where the place is negative.
    place += length & (place >> 31);
    sample[k] = list[place]!;
  }
  cursor.place = place;
}

/** Nothing but reading: without a branch between them the processor waits for many places in memory at once. */
function readSample({ model }: Search, size: number): void {
  const { loads, row } = model;
  for (let k = 0; k < size; k++) sampleRows[k] = row[sample[k]!]! << 3;
  for (let k = 0; k < size; k++) {
    const at = sampleRows[k]!;
    sampleLoads[k << 2] = loads[at]!;
    sampleLoads[k << 2 | 1] = loads[at | 1]!;
    sampleLoads[k << 2 | 2] = loads[at | 4]!;
  }
}

/**
 * Reads what a move of each of the chosen will read, all at once for the same reason: else each move waits for one place in memory after
 * the other.
 */
function readChosen({ model }: Search): void {
  const { partition, topic, leader, replicaStart, home, broker, slot, brokerCount } = model;
  const { topicReplicas } = model;
  const { count } = cursor;
  let seen = 0;
  for (let k = 0; k < count; k++) {
    const r = chosen[k]!;
    const p = partition[r]!;
    const cell = topic[p]! * brokerCount + broker[r]!;
    seen |= topicReplicas[cell]! | leader[p]! | replicaStart[p]! | home[r]! | slot[r]!;
  }
  // Kept, so that reading is not left out.
  cursor.seen = seen;
}

/**
 * Replicas that are compared for each that leaves. Where half of a broker's replicas or more have to leave anyway, one that fits is soon
 * found.
 */
function comparedForEach(excess: number): number {
  return excess > 1 ? 2 : excess > 1 / 3 ? 3 : 4;
}

/** Within the limits of its goals a broker only sheds for the sake of leaders (`sizes.ts`). */
function shedReason(search: Search, broker: number, axis: number): Reason {
  const goal = exceededGoal(search, broker, axis);
  const value = search.model.sums[(broker << 3) | axis]!;
  const most = search.goals[goal]?.axisLimits?.upper[broker] ?? 0;
  if (value >= most * (1 - ROUNDING)) return { goal, kind: REASON.sourceOut, value };
  return { goal: search.axisGoals[AXIS_LEADER_IN]![0] ?? goal, kind: REASON.leaders, value: 0 };
}

/** Well above the margin that limits are aimed at with. */
const ROUNDING = 1e-6;

/** No more than the excess counts: what a replica takes beyond it is bytes for nothing. */
export function gainOf(wanted: number, relative: number): number {
  return wanted * (wanted > 0 && relative > wanted ? wanted : relative);
}

/** Keeps the gain per MB of an empty replica finite: moving it is not free, only cheap. */
export const MB_FLOOR = 0.1;

/** The most important goal whose upper limit on the axis the broker exceeds. */
export function exceededGoal(search: Search, broker: number, axis: number): number {
  const { goals } = search;
  const onAxis = search.axisGoals[axis]!;
  const sum = search.model.sums[(broker << 3) | axis]!;
  for (let i = 0; i < onAxis.length; i++) {
    if (sum > goals[onAxis[i]!]!.axisLimits!.upper[broker]!) return onAxis[i]!;
  }
  // Within the rounding margin no goal is exceeded yet; the first on the axis is meant.
  return onAxis[0] ?? -1;
}
