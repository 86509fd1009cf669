/**
 * What a plan says of itself, beside what was found by adding up everything anew. Reasons are not looked at.
 *
 * @module
 */
import type { ClaimedFigures, PlanClaims } from "../../model/plan_claims.ts";
import type { VerifiedGoal } from "./goal_check.ts";
import type { BrokerTally, Tally } from "./tally.ts";

/** Sums may differ by this part: other order of summation. */
const SUM_TOLERANCE = 1e-6;
/** Figures are written with three digits behind the point. */
const DIGITS = 0.001;

/** Figures that plans give of brokers. */
const FIGURES = [
  "cpu",
  "nwIn",
  "nwOut",
  "disk",
  "potentialNwOut",
  "leaderNwIn",
  "replicas",
  "leaders",
] as const;

/** Whether a figure of a plan is so. */
export function isAbout(said: number, is: number): boolean {
  return Math.abs(said - is) <= DIGITS + SUM_TOLERANCE * Math.abs(is);
}

/** What was found. */
export interface Found {
  readonly replicasMoved: number;
  readonly mbToMove: number;
  readonly before: Tally;
  readonly after: Tally;
  readonly goals: readonly VerifiedGoal[];
  /** Whether as many replicas are there afterwards: counts and figures of plans that add or delete some are not compared. */
  readonly keepsCounts: boolean;
}

/** Sentences on what the plan says that is not so. */
export function claimProblems(claims: PlanClaims, found: Found): string[] {
  const mb = found.mbToMove;
  const { mbToMove = mb, lowerBoundMb = 0 } = claims;
  const problems: string[] = [];
  if (Math.abs(mbToMove - mb) > SUM_TOLERANCE * (1 + mb)) {
    problems.push(`the plan says that it moves ${mbToMove} MB, but it moves ${mb} MB`);
  }
  if (lowerBoundMb > mb + SUM_TOLERANCE * (1 + mb)) {
    problems.push(`the plan says that any must move ${lowerBoundMb} MB, but it moves ${mb} MB`);
  }
  if (!found.keepsCounts) return problems;
  const { replicasMoved } = found;
  const { replicaMoves = replicasMoved } = claims;
  if (replicaMoves !== replicasMoved) {
    problems.push(
      `the plan says that it moves ${replicaMoves} replicas, but it moves ${replicasMoved}`,
    );
  }
  return [...problems, ...figureProblems(claims, found), ...goalProblems(claims, found)];
}

function figureProblems({ brokers }: PlanClaims, found: Found): string[] {
  return (["before", "after"] as const).flatMap((when) =>
    found[when].brokers.flatMap((broker) => {
      const claimed = brokers?.get(broker.id);
      return claimed === undefined ? [] : figuresOf(claimed[when], broker, when);
    })
  );
}

function figuresOf(
  claimed: ClaimedFigures,
  broker: BrokerTally,
  when: string,
): string[] {
  return FIGURES.flatMap((name) => {
    const said = claimed[name];
    const is = broker[name];
    if (typeof said !== "number" || isAbout(said, is)) return [];
    return [`the plan says that broker ${broker.id} has ${name} ${said} ${when}, but it has ${is}`];
  });
}

function goalProblems({ brokersOut }: PlanClaims, { goals }: Found): string[] {
  return goals.flatMap(({ name, isCounted, brokersOutBefore, brokersOutAfter }) => {
    const said = brokersOut?.get(name);
    if (said === undefined || isCounted !== true) return [];
    const found = { before: brokersOutBefore.length, after: brokersOutAfter.length };
    return (["before", "after"] as const).flatMap((when) => {
      if (typeof said[when] !== "number" || said[when] === found[when]) return [];
      return [
        `the plan says that ${said[when]} brokers are outside ${name} ${when}, but ${
          found[when]
        } are`,
      ];
    });
  });
}
