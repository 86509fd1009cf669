/**
 * The curve of gain by bytes: each of its points is what the plan has come to after one of its steps.
 *
 * @module
 */
import { type ClaimedFigures, objectsOf, type PlanClaims } from "../../model/plan_claims.ts";
import type { Found } from "./found.ts";
import { checkGoal } from "./goals.ts";
import type { CheckOptions } from "./goal_check.ts";
import { type Change, stepFrom } from "./prefixes.ts";
import { isSame } from "./rounding.ts";
import { scoreOf, weightsOf } from "./summary_claims.ts";
import { addPlaced, type Placed, type Tally } from "./tally.ts";

/** Replicas that are looked at for points of a curve, all goals and points together; then only their bytes are compared. */
const LOOKS_MAX = 2e7;

/** What is looked at. */
export interface CurveParts {
  /** In the plan's order. */
  readonly changes: readonly Change[];
  /** Adds up what brokers hold with everything at home. */
  readonly home: () => Tally;
  readonly options: CheckOptions;
  /** Whether hard goals count in each window, so that goals are not judged here. */
  readonly hasPeaks: boolean;
}

/** Sentences on points that the plan does not come to; a plan that a budget cut has the curve of the whole one, of which only the beginning is known. */
export function curveProblems(claims: PlanClaims, found: Found, parts: CurveParts): string[] {
  const points = objectsOf(claims.summary?.["curve"]);
  if (points.length === 0) return [];
  const way = new CurveWay(claims, found, parts);
  const last = claims.leftOut > 0 ? 1 : points.length;
  for (const [i, point] of points.slice(0, last).entries()) {
    const isEnd = i > 0 && i === points.length - 1;
    if (!way.reaches(point, isEnd)) {
      const { mb, moves, balancedness, goalsMet } = point;
      return [
        `the plan has no step of ${mb} MB, ${moves} moves, balancedness ${balancedness} and ` +
        `${goalsMet} goals met, which point ${i} of its curve tells`,
      ];
    }
    if (i === 0 && (point["mb"] !== 0 || point["moves"] !== 0)) {
      return [
        `the plan's curve begins with ${point["moves"]} moves, not with the cluster as it is`,
      ];
    }
  }
  return [];
}

/** Goes step by step, and never back: points come in the plan's order. */
class CurveWay {
  readonly #weights: ReturnType<typeof weightsOf>;
  readonly #parts: CurveParts;
  readonly #home: Tally;
  readonly #placed: Placed[];
  readonly #rows: ReadonlyMap<Placed, number>;
  #at = 0;
  #mb = 0;
  #moves = 0;
  #looks = 0;

  constructor(claims: PlanClaims, found: Found, parts: CurveParts) {
    this.#weights = parts.hasPeaks ? undefined : weightsOf(claims, found);
    this.#parts = parts;
    this.#home = parts.home();
    this.#placed = [...this.#home.placed];
    this.#rows = new Map(this.#placed.map((placed, row) => [placed, row]));
  }

  /** Goes on to the next step, or stays at this one, that is as the point says; to the end, when that is asked for. */
  reaches(point: ClaimedFigures, isEnd: boolean): boolean {
    while (isEnd && this.#step());
    do {
      if (this.#isAt(point)) return true;
    } while (this.#step());
    return false;
  }

  #isAt({ mb, moves, balancedness, goalsMet }: ClaimedFigures): boolean {
    if (moves !== this.#moves || !isSame(Number(mb), this.#mb)) return false;
    const weights = this.#weights;
    if (weights === undefined || this.#looks > LOOKS_MAX) return true;
    this.#looks += this.#placed.length * weights.length;
    const now = { ...this.#home, placed: this.#placed };
    const is = scoreOf(
      weights,
      ({ name, off }) =>
        off === undefined && checkGoal(name, now, this.#parts.options)!.brokersOut.length > 0,
    );
    return goalsMet === is.met && isSame(Number(balancedness), is.score);
  }

  #step(): boolean {
    const { changes } = this.#parts;
    const { brokers } = this.#home;
    if (this.#at >= changes.length) return false;
    for (const { was, is } of stepFrom(changes, this.#at)) {
      this.#at++;
      addPlaced(brokers, was, -1);
      addPlaced(brokers, is, 1);
      this.#placed[this.#rows.get(was)!] = is;
      for (const { broker, diskMb } of is.replicas) {
        if (was.replicas.some((replica) => replica.broker === broker)) continue;
        this.#moves++;
        this.#mb += diskMb;
      }
    }
    return true;
  }
}
