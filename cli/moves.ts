/**
 * Moves of a plan for people: the goal that asked for each, and both brokers before and after it.
 *
 * @module
 */
import type { BrokerLimits, GoalOutcome, Plan } from "../model/plan.ts";
import { METRICS, type Proposal, type ProposalReason } from "../model/proposal.ts";
import { table } from "./tables.ts";
import { NOWHERE } from "../model/cluster_input.ts";
import { countOf } from "../lib/count_of.ts";

/** "113869 MB", how far brokers are outside a goal's limits together; "-" for what measures nothing. */
export function amountText(goal: GoalOutcome, when: "amountBefore" | "amountAfter"): string {
  const amount = goal[when];
  if (goal.off !== undefined || typeof amount !== "number") return "-";
  return amount === 0 ? "0" : `${amount} ${goal.unit ?? ""}`.trimEnd();
}

/** The first moves, a line each; `total`: proposals of the whole plan. */
export function movesText(
  proposals: readonly Proposal[],
  brokers: Plan["brokers"],
  total: number,
): string {
  const limits = new Map(brokers.map((broker) => [broker.id, broker.limits]));
  const rows = proposals.flatMap((proposal) =>
    proposal.reasons.map((reason) => [
      `${proposal.topic}-${proposal.partition}`,
      reason.goal,
      figuresText(reason, limits),
    ])
  );
  if (rows.length === 0) return "";
  const columns = [
    { title: "Partition" },
    { title: "Moves for" },
    { title: "Brokers before and after, in this order" },
  ];
  const rest = total - proposals.length;
  return table(columns, rows) + (rest > 0 ? `... and ${countOf(rest, "partition")} more\n` : "");
}

/** "disk MB: broker 3 412345 -> 398000 (0 to 330000), broker 7 200000 -> 214345 (0 to 330000)". */
export function figuresText(
  reason: ProposalReason,
  limits: ReadonlyMap<number, BrokerLimits | undefined>,
): string {
  const { metric, figures, from, to, goal } = reason;
  if (metric === undefined || figures === undefined) return reason.why;
  const { word, unit } = METRICS[metric];
  const side = (id: number, before: number, after: number) => {
    const [least, most] = limits.get(id)?.[goal] ?? [0, null];
    const range = most === null ? "" : ` (${least} to ${most})`;
    return `broker ${id} ${before} -> ${after}${range}`;
  };
  const entered = side(to, figures[2], figures[3]);
  // A replica that is added comes from nowhere.
  if (from === NOWHERE) return `new replica; ${word}${unit}: ${entered}`;
  return `${word}${unit}: ${side(from, figures[0], figures[1])}, ${entered}`;
}
