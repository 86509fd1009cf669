/**
 * What a plan leaves undone: wrong, unless the plan says so itself, because a budget cut it or because no plan can do it.
 *
 * @module
 */
import type { ReadPlan } from "../../model/plan_file.ts";
import type { VerifiedGoal } from "./goal_check.ts";
import type { Placed } from "./tally.ts";

/** Findings by kind. */
export interface Findings {
  /** What makes the plan illegal, or contradicts what it says about itself. */
  readonly problems: string[];
  /** What it leaves as it was, and says so. */
  readonly left: string[];
  /** Hard goals that are not met and that it was not made for, which its list of goals says. */
  readonly without: string[];
}

/**
 * Sorts in what goals are not met. A goal that was met must stay so, whatever the plan says: only racks yield, where
 * offline replicas are healed or partitions get more replicas than there are racks, and goals that the plan was not made for.
 *
 * @param racksYield whether any replica was offline before the plan, or partitions were to get more replicas than there are racks
 * @param chosen whether whoever asks chose the goals: the plan has to meet these, whatever it was made for
 */
export function judgeGoals(
  goals: readonly VerifiedGoal[],
  plan: ReadPlan,
  parts: { findings: Findings; racksYield: boolean; chosen: boolean },
): void {
  const { findings, racksYield } = parts;
  for (const goal of goals) {
    if (goal.off !== undefined) continue;
    const { name, brokersOutBefore: before, brokersOutAfter: after, example } = goal;
    const violated = after.length > 0;
    const claimed = plan.claims.violatedAfter.get(name);
    const isOther = !parts.chosen && claimed === undefined && plan.claims.violatedAfter.size > 0;
    if (goal.hard && violated && isOther) {
      findings.without.push(
        `${name}: ${after.length} brokers out, ${before.length} before; ${example}`,
      );
    } else if (goal.hard && !goal.bestEffort && violated) {
      const mayStay = before.length > 0 || (racksYield && name.includes("RackAware"));
      if (claimed === true && mayStay && mayLeave(plan)) {
        findings.left.push(
          `${name}: ${after.length} brokers out, ${before.length} before; ${example}`,
        );
      } else findings.problems.push(`hard goal ${name} is violated: ${example}`);
    }
  }
}

/** Sorts in replicas that are where they cannot stay: left by a plan that leaves something, if they were there before. */
export function judgeOffline(
  placed: readonly Placed[],
  before: readonly Placed[],
  parts: {
    findings: Findings;
    plan: ReadPlan;
    brokers: readonly { id: number; state: string }[];
  },
): void {
  const { findings, plan, brokers } = parts;
  for (const [row, partition] of placed.entries()) {
    if (!partition.hasLeader) continue;
    for (const replica of partition.replicas) {
      const { id, state } = brokers[replica.broker]!;
      const isDead = state === "dead";
      if (!isDead && !replica.offline) continue;
      const name = `${partition.topic}-${partition.partition}`;
      const stayed = before[row]!.replicas.some(({ broker }) => broker === replica.broker);
      const list = stayed && mayLeave(plan) ? findings.left : findings.problems;
      list.push(
        isDead
          ? `${name} has a replica on dead broker ${id}`
          : `${name} leaves an offline replica on ${id}`,
      );
    }
  }
}

/** A sentence for each partition with a replica on another broker than before. */
export function strayed(placed: readonly Placed[], before: readonly Placed[]): string[] {
  return placed.flatMap(({ topic, partition, replicas }, row) => {
    const had = before[row]!.replicas.map(({ broker }) => broker);
    if (replicas.every(({ broker }) => had.includes(broker))) return [];
    return [`${topic}-${partition} would move between brokers, which was not asked for`];
  });
}

/** Whether the plan says that it does not do all that it should. */
export function mayLeave({ claims }: ReadPlan): boolean {
  return claims.leftOut > 0 || claims.hasUnmet;
}
