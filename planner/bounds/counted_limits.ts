/**
 * Which brokers' limits count for the fewest MB, where each of the others counts by what racks take off it. Any choice gives a sound bound.
 *
 * @module
 */
import type { RackGroups } from "./rack_groups.ts";

/** Most rounds of looking for the brokers whose limits count; in three to five no broker changes any more. */
const ROUNDS = 8;
/** The same where those of the plan before are known: loads have hardly changed. */
const ROUNDS_AGAIN = 2;
/** Most brokers of which all choices are compared. */
const OPEN_MAX = 10;

/**
 * Looks for the best choice, a step a round. Begins with all limits: where racks take more off a broker than it has too much, its limit does not count, after
 * which racks take more off others; and with none. The best is between what these come to, and most often they come to the same.
 *
 * @param known brokers whose limits counted for a cluster much like this one: few others are tried then
 */
export function* chooseLimits(
  groups: RackGroups,
  choice: Choice,
  known?: Uint8Array,
): Generator<void, void, void> {
  const { excess } = choice;
  if (known !== undefined) {
    const counts = known.map((counted, b) => excess[b]! > 0 ? counted : 0);
    return yield* choose(groups, choice, { counts, rounds: ROUNDS_AGAIN });
  }
  const all = Uint8Array.from(excess, (mb) => mb > 0 ? 1 : 0);
  const none = new Uint8Array(all.length);
  yield* choose(groups, choice, { counts: all, rounds: ROUNDS });
  yield* choose(groups, choice, { counts: none, rounds: ROUNDS });
  const counts = betweenBoth(groups, excess, { all, none });
  if (counts !== undefined) yield* choose(groups, choice, { counts, rounds: ROUNDS });
}

/** The best that was found. */
export interface Choice {
  /** MB by broker. */
  readonly excess: Float64Array;
  most: number;
  counted: Uint8Array | undefined;
}

/** Changes brokers from which more is gained, until there are none. */
function* choose(
  groups: RackGroups,
  choice: Choice,
  { counts, rounds }: { counts: Uint8Array; rounds: number },
): Generator<void, void, void> {
  const { excess } = choice;
  const more = new Float64Array(excess.length);
  let isOther = true;
  for (let round = 0; round < rounds && isOther; round++) {
    yield;
    let total = leaveRacks(groups, { counts, more });
    for (let b = 0; b < excess.length; b++) total += counts[b]! * excess[b]!;
    if (total > choice.most) {
      choice.most = total;
      choice.counted = counts.slice();
    }
    isOther = false;
    for (let b = 0; b < excess.length; b++) {
      const wanted = excess[b]! > more[b]! ? 1 : 0;
      if (excess[b] === 0 || wanted === counts[b]) continue;
      counts[b] = wanted;
      isOther = true;
    }
  }
}

/**
 * The best choice of the brokers that are counted in one of both and not in the other, all others as they are there; undefined where there are none, or too
 * many. What several of them gain only together no step from either finds. Of groups with three or more of them each two count by themselves.
 */
function betweenBoth(
  { start, broker, mb, count }: RackGroups,
  excess: Float64Array,
  { all, none }: { all: Uint8Array; none: Uint8Array },
): Uint8Array | undefined {
  const open = [...excess.keys()].filter((b) => all[b] !== none[b]);
  if (open.length === 0 || open.length > OPEN_MAX) return undefined;
  const placeOf = new Int8Array(excess.length).fill(-1);
  for (const [k, b] of open.entries()) placeOf[b] = k;
  const alone = open.map((b) => -excess[b]!);
  const both = new Float64Array(OPEN_MAX * OPEN_MAX);
  for (let g = 0; g < count; g++) {
    const [first, end] = [start[g]!, start[g + 1]!];
    let stays = false;
    for (let i = first; i < end; i++) stays ||= placeOf[broker[i]!]! < 0 && all[broker[i]!] === 0;
    for (let i = first; i < end; i++) {
      const k = placeOf[broker[i]!]!;
      if (k < 0) continue;
      if (stays) alone[k]! += mb[i]!;
      for (let j = first; j < i && !stays; j++) {
        const other = placeOf[broker[j]!]!;
        if (other >= 0) both[OPEN_MAX * k + other]! += Math.min(mb[i]!, mb[j]!);
      }
    }
  }
  const uncounted = bestOfAll(alone, both);
  const counts = all.slice();
  for (const [k, b] of open.entries()) counts[b] = uncounted >> k & 1 ? 0 : 1;
  return counts;
}

/** The set, a bit each, for which what each is worth alone and what each two are worth together is most. */
function bestOfAll(alone: readonly number[], both: Float64Array): number {
  let best = 0;
  let most = 0;
  for (let set = 1; set < 1 << alone.length; set++) {
    let worth = 0;
    for (let k = 0; k < alone.length; k++) {
      if ((set >> k & 1) === 0) continue;
      worth += alone[k]!;
      for (let j = 0; j < alone.length; j++) {
        if ((set >> j & 1) === 1) worth += both[OPEN_MAX * k + j]!;
      }
    }
    if (worth <= most) continue;
    most = worth;
    best = set;
  }
  return best;
}

/**
 * MB that racks have to lose besides what leaves brokers whose limits count: of each group all but the largest replica of the others.
 *
 * @param more is filled by broker with the MB that there are more of when its limit does not count than when it does
 */
export function leaveRacks(
  groups: RackGroups,
  { counts, more }: { counts: Uint8Array; more: Float64Array },
): number {
  const { start, broker, mb, count } = groups;
  more.fill(0);
  let total = 0;
  let i = 0;
  for (let g = 0; g < count; g++) {
    const first = i;
    const end = start[g + 1]!;
    let kept = -1;
    let most = 0;
    let next = 0;
    for (; i < end; i++) {
      if (counts[broker[i]!] === 1) continue;
      const size = mb[i]!;
      total += size;
      if (size > most || kept < 0) {
        next = most;
        most = size;
        kept = i;
      } else if (size > next) next = size;
    }
    total -= most;
    for (let k = first; k < end; k++) {
      more[broker[k]!]! += Math.min(mb[k]!, k === kept ? next : most);
    }
  }
  return total;
}
