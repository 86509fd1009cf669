/**
 * What a plan says of itself, beside what was found by adding up everything anew: totals, goals and brokers. See also
 * `summary_claims.ts` and `reason_claims.ts`.
 *
 * @module
 */
import type { ClaimedFigures, PlanClaims } from "../../model/plan_claims.ts";
import type { Found } from "./found.ts";
import type { VerifiedGoal } from "./goal_check.ts";
import { isAbout, isSame, readsAs } from "./rounding.ts";
import { summaryProblems } from "./summary_claims.ts";
import type { BrokerTally } from "./tally.ts";

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

/** Sentences on what the plan says that is not so. */
export function claimProblems(claims: PlanClaims, found: Found): string[] {
  const mb = found.mbToMove;
  const { mbToMove = mb, lowerBoundMb = 0 } = claims;
  const problems: string[] = [];
  if (!isSame(mbToMove, mb)) {
    problems.push(`the plan says that it moves ${mbToMove} MB, but it moves ${mb} MB`);
  }
  if (lowerBoundMb > mb && !isSame(lowerBoundMb, mb)) {
    problems.push(`the plan says that any must move ${lowerBoundMb} MB, but it moves ${mb} MB`);
  }
  if (!found.keepsCounts) return [...problems, ...outcomeProblems(claims, found)];
  return [
    ...problems,
    ...countProblems(claims, found),
    ...outcomeProblems(claims, found),
    ...figureProblems(claims, found),
    ...goalProblems(claims, found),
    ...limitProblems(claims, found),
    ...summaryProblems(claims, found),
  ];
}

function countProblems({ summary = {} }: PlanClaims, found: Found): string[] {
  const counts = [
    ["interBrokerReplicaMoves", "moves", "replicas", found.replicasMoved],
    ["intraBrokerReplicaMoves", "moves", "replicas to other log dirs", found.movedOnBroker],
    ["leadershipMoves", "changes", "leaders alone", found.leadersMoved],
  ] as const;
  return counts.flatMap(([name, does, what, is]) => {
    const said = summary[name];
    return typeof said !== "number" || said === is
      ? []
      : [`the plan says that it ${does} ${said} ${what}, but it ${does} ${is}`];
  });
}

/** Whether goals are met afterwards. */
function outcomeProblems({ violatedAfter }: PlanClaims, { goals }: Found): string[] {
  return [...violatedAfter].flatMap(([name, claimed]) => {
    const goal = goals.get(name);
    if (goal === undefined || goal.off !== undefined) return [];
    const violated = goal.brokersOutAfter.length > 0;
    if (claimed === violated) return [];
    return [
      `the plan says that ${name} is ${claimed ? "violated" : "met"} afterwards, but it is ${
        violated ? `violated: ${goal.example}` : "met"
      }`,
    ];
  });
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

/** How goals stood before, how many brokers are outside, how far all of them are together, and what each must cost. */
function goalProblems({ goals: claimed = [] }: PlanClaims, { goals, mbToMove }: Found): string[] {
  return claimed.flatMap((said) => {
    const name = String(said["name"]);
    const goal = goals.get(name);
    if (goal === undefined || goal.off !== undefined || said["off"] !== undefined) return [];
    const problems: string[] = [];
    const violated = goal.brokersOutBefore.length > 0;
    if (typeof said["violatedBefore"] === "boolean" && said["violatedBefore"] !== violated) {
      const words = (is: boolean) => is ? "violated" : "met";
      problems.push(
        `the plan says that ${name} is ${words(!violated)} before, but it is ${words(violated)}`,
      );
    }
    const least = said["lowerBoundMb"];
    const isMet = said["violatedAfter"] === false;
    if (isMet && typeof least === "number" && least > mbToMove && !isSame(least, mbToMove)) {
      problems.push(
        `the plan says that ${name} alone must move ${least} MB, but it moves ${mbToMove} MB`,
      );
    }
    return goal.isCounted === true ? [...problems, ...countedProblems(said, goal)] : problems;
  });
}

function countedProblems(
  said: ClaimedFigures,
  { name, brokersOutBefore, brokersOutAfter, amount }: VerifiedGoal,
): string[] {
  const found = { Before: brokersOutBefore.length, After: brokersOutAfter.length };
  return (["Before", "After"] as const).flatMap((when) => {
    const out = said[`brokersOut${when}`];
    const far = said[`amount${when}`];
    const problems: string[] = [];
    const at = when.toLowerCase();
    if (typeof out === "number" && out !== found[when]) {
      problems.push(
        `the plan says that ${out} brokers are outside ${name} ${at}, but ${found[when]} are`,
      );
    }
    if (amount === undefined || typeof far !== "number") return problems;
    const is = when === "Before" ? amount.before : amount.after;
    if (!readsAs(far, is, amount.whole)) {
      problems.push(`the plan says that ${name} is ${far} off ${at}, but it is ${is}`);
    }
    return problems;
  });
}

/** What goals allow brokers. */
function limitProblems({ brokers }: PlanClaims, { after, goals }: Found): string[] {
  return after.brokers.flatMap((broker) =>
    Object.entries(brokers?.get(broker.id)?.limits ?? {}).flatMap(([name, said]) => {
      const is = goals.get(name)?.limitsOf?.(broker);
      if (is === undefined || !Array.isArray(said) || isLimit(said, is)) return [];
      return [
        `the plan says that ${name} allows broker ${broker.id} ${
          said.join(" to ")
        }, but it allows ${is.join(" to ")}`,
      ];
    })
  );
}

function isLimit([least, most]: readonly unknown[], [low, high]: readonly [number, number]) {
  const isMost = most === null || most === undefined
    ? !Number.isFinite(high)
    : typeof most === "number" && readsAs(most, high);
  return typeof least === "number" && readsAs(least, low) && isMost;
}
