/**
 * The reasons of moves: each replica that comes to a broker and each change of leadership has one, of a goal that the
 * plan was made for, with figures of both brokers that are so when all proposals before have been carried out.
 *
 * @module
 */
import type { Metric, MoveFigures, ProposalReason } from "../../model/proposal.ts";
import type { Change } from "./prefixes.ts";
import { readsAs } from "./rounding.ts";
import { addPlaced, type BrokerTally, type Placed, type Tally } from "./tally.ts";

const WHICH = ["from before", "from after", "to before", "to after"] as const;

/**
 * Sentences on what reasons say that is not so. Nothing is asked of plans without any reason. O(changes x RF).
 *
 * @param changes in the plan's order
 * @param atHome adds up what brokers hold with everything at home
 * @param goals that the plan was made for
 * @param goesOn whether figures may be those of an earlier plan
 */
export function reasonProblems(
  changes: readonly Change[],
  { atHome, goals, goesOn }: {
    atHome: () => Tally;
    goals: ReadonlySet<string>;
    goesOn: boolean;
  },
): string[] {
  if (changes.every(({ reasons }) => reasons.length === 0)) return [];
  const before = atHome();
  const brokers = new Map(before.brokers.map((broker) => [broker.id, broker]));
  const mostOf = largestOf(before);
  const problems: string[] = [];
  for (const change of changes) {
    const { was, is, reasons } = change;
    problems.push(...wayProblems(change, before, goals));
    if (goesOn) continue;
    const values = (placed: Placed) =>
      reasons.flatMap(({ from, to, metric }) =>
        [from, to].map((id) => valueOf(brokers.get(id), metric, { placed, before }))
      );
    const old = values(was);
    addPlaced(before.brokers, was, -1);
    addPlaced(before.brokers, is, 1);
    const now = values(is);
    for (const [i, reason] of reasons.entries()) {
      const figures = [old[2 * i]!, now[2 * i]!, old[2 * i + 1]!, now[2 * i + 1]!] as const;
      problems.push(...figureProblems(is, reason, { figures, most: mostOf(reason.metric) }));
    }
  }
  return problems;
}

function nameOf({ topic, partition }: Placed): string {
  return `${topic}-${partition}`;
}

/** Who comes, and who leads, is told once each, with the goal that asked for it; what must leave needs none. */
function wayProblems(
  { was, is, reasons }: Change,
  { brokers }: Tally,
  goals: ReadonlySet<string>,
): string[] {
  const name = nameOf(is);
  const idOf = (index: number) => brokers[index]!.id;
  const here = (placed: Placed) => placed.replicas.map(({ broker }) => idOf(broker));
  const [had, has] = [here(was), here(is)];
  const problems: string[] = [];
  const told = new Set<number>();
  let leads = was.leader === is.leader;
  for (const { from, to, goal } of reasons) {
    const stays = was.replicas.some(({ broker, offline }) =>
      idOf(broker) === from && !offline && brokers[broker]!.alive
    );
    if (!goals.has(goal) && (goal !== "" || stays)) {
      problems.push(
        `${name} names ${goal || "no goal"} as a reason, which the plan was not made for`,
      );
    }
    if (from === to) continue;
    // Lists may exchange places: what leaves one broker then comes to another one of the list, as in a chain.
    const moves = had.includes(from) && has.includes(to);
    if (moves && !told.has(to)) {
      told.add(to);
      // Who leads and moves goes on leading.
      leads ||= from === idOf(was.leader) && to === idOf(is.leader);
    } else if (!leads && from === idOf(was.leader) && to === idOf(is.leader)) leads = true;
    else problems.push(`${name} has a reason to go from ${from} to ${to}, which it does not`);
  }
  const wrong = has.find((id) => !had.includes(id) && !told.has(id));
  if (wrong !== undefined) problems.push(`${name} goes to broker ${wrong} without a reason`);
  const left = had.find((id) => !has.includes(id) && !reasons.some(({ from }) => from === id));
  if (left !== undefined) problems.push(`${name} leaves broker ${left} without a reason`);
  if (!leads) {
    problems.push(`${name} is led by broker ${idOf(is.leader)} afterwards without a reason`);
  }
  return problems;
}

/** What a metric comes to on a broker now; undefined for metrics that a plan does not name. */
function valueOf(
  broker: BrokerTally | undefined,
  metric: Metric | undefined,
  { placed, before }: { placed: Placed; before: Tally },
): number | undefined {
  if (broker === undefined || metric === undefined) return undefined;
  if (metric === "topicReplicas") return broker.topicReplicas[placed.topicIndex]!;
  if (metric !== "rackReplicas") return broker[metric];
  const { rack } = broker;
  return placed.replicas.filter((replica) => before.brokers[replica.broker]!.rack === rack).length;
}

/** The largest of a broker's sums at home, which rounding is in parts of. */
function largestOf({ brokers }: Tally): (metric: Metric | undefined) => number {
  const most = new Map<Metric, number>();
  return (metric) => {
    if (metric === undefined || metric === "topicReplicas" || metric === "rackReplicas") return 0;
    let found = most.get(metric);
    if (found === undefined) {
      most.set(metric, found = brokers.reduce((max, broker) => Math.max(max, broker[metric]), 0));
    }
    return found;
  };
}

function figureProblems(
  placed: Placed,
  { from, to, metric, figures }: ProposalReason,
  is: { figures: readonly (number | undefined)[]; most: number },
): string[] {
  if (metric === undefined || figures === undefined) {
    return from === to
      ? []
      : [`${nameOf(placed)} has no figures of its move from ${from} to ${to}`];
  }
  return (figures as MoveFigures).flatMap((said, k) => {
    const value = is.figures[k];
    if (value === undefined || readsAs(said, value, is.most)) return [];
    return [
      `${nameOf(placed)} says of its move from ${from} to ${to} that ${metric} is ${said} ${
        WHICH[k]
      }, but it is ${value}`,
    ];
  });
}
