/**
 * Looks for a placement that keeps all limits of a {@link Puzzle}: of the moves, exchanges and changes of leaders that relieve some
 * broker or log dir above its limit the best is made, one after the other, also where it makes things worse. What was just moved stays for
 * some rounds (tabu search; Glover, 1986), and limits that stay passed weigh more and more (breakout method; Morris, 1993).
 *
 * @module
 */
import type { Prng } from "../../../lib/prng.ts";
import { exchangeSets } from "./exchange.ts";
import { beginFitting, type Fitting } from "./fitting.ts";
import { act, bestAction } from "./improve.ts";
import type { Puzzle } from "./puzzle.ts";

/** What a limit weighs more in each round that it is passed, and what of that is left after each in which it is kept. */
const WEIGHT = { grow: 0.6, fade: 0.98 };
/** Rounds in one of which sets are tried also where single actions help: of 65 tight clusters 111 of 325 looks succeed instead of 99. */
const SETS_EVERY = 4;
/** What is passed by so little is rounding, in parts of limits. */
const ROUNDING = 1e-12;
/** Sums that are compared with limits: in all, between two yields, and for a step of the search. */
const LOOKS = { all: 20_000_000, yield: 200_000, step: 200 };

/** What was found, if anything, and the steps that it took. */
export interface Fitted {
  readonly found: Fitting | undefined;
  readonly steps: number;
}

/** A placement that keeps all limits. Bounded by {@link LOOKS}, and by what the search has left of its steps. */
export function* fit(puzzle: Puzzle, prng: Prng): Generator<void, Fitted> {
  const { steps, stepsMax } = puzzle.search;
  const most = Math.min(LOOKS.all, (stepsMax - steps) * LOOKS.step);
  const fitting = beginFitting(puzzle, prng);
  if (fitting === undefined) return { found: undefined, steps: 0 };
  let found: Fitting | undefined;
  for (let next = 0; found === undefined && fitting.looks < most;) {
    const passed = nextRound(fitting);
    if (passed === undefined) found = fitting;
    else improve(fitting, passed);
    if (fitting.looks < next) continue;
    next = fitting.looks + LOOKS.yield;
    yield;
  }
  return { found, steps: Math.ceil(fitting.looks / LOOKS.step) };
}

/** Makes the best single action; where none helps, and now and then, the best exchange of sets, if that is better. */
function improve(f: Fitting, passed: readonly number[]): void {
  const one = bestAction(f, passed);
  const least = one?.change ?? Infinity;
  const triesSets = least >= 0 || f.round % SETS_EVERY === 0;
  if (triesSets && exchangeSets(f, passed, least)) return;
  if (one !== undefined) act(f, one);
}

/** Weighs limits anew; gives the bins of a broker above a limit, or a log dir above its own, any of them. Undefined when all are kept. */
function nextRound(f: Fitting): readonly number[] | undefined {
  const { puzzle: { axes, layers, upper, dirUpper, binBroker, binsOf, search } } = f;
  const found: (readonly number[])[] = [];
  const { scale, dirScale, sum, dirSum, weight, dirWeight } = f;
  for (const b of search.context.alive) {
    const range = { from: b * axes, to: (b + 1) * axes };
    if (reweigh({ weight, scale, sum, upper }, range)) found.push(binsOf[b]!);
  }
  const dirs = { weight: dirWeight, scale: dirScale, sum: dirSum, upper: dirUpper };
  for (let x = 0; x < binBroker.length && layers > 0; x++) {
    if (reweigh(dirs, { from: x * layers, to: (x + 1) * layers })) found.push([x]);
  }
  f.round++;
  return found.length === 0 ? undefined : found[f.prng.below(found.length)]!;
}

/** Whether any of the limits is passed. */
function reweigh(
  { weight, scale, sum, upper }: Record<"weight" | "scale" | "sum" | "upper", Float64Array>,
  { from, to }: { from: number; to: number },
): boolean {
  let isOver = false;
  for (let o = from; o < to; o++) {
    if ((sum[o]! - upper[o]!) * scale[o]! > ROUNDING) {
      isOver = true;
      weight[o]! += WEIGHT.grow * scale[o]!;
    } else weight[o] = scale[o]! + (weight[o]! - scale[o]!) * WEIGHT.fade;
  }
  return isOver;
}
