/**
 * How far brokers are outside of what goals allow them, all together.
 *
 * @module
 */
import type { Amounts, GoalCheck, VerifiedGoal } from "./goal_check.ts";
import type { BrokerTally, Tally } from "./tally.ts";

/** In place of a topic's index. */
const ALL = 0;

/** Amounts of a goal before and after, and its limits; nothing where it limits no amounts of single brokers. */
export function amountsFound(
  { was, is }: { was: GoalCheck; is: GoalCheck },
  { before, after }: { before: Tally; after: Tally },
): Pick<VerifiedGoal, "amount" | "limitsOf"> {
  const [old, now] = [was.amounts, is.amounts];
  if (old === undefined || now === undefined || now.sharesHosts === true) return {};
  const amount = { before: total(old, before), after: total(now, after), whole: whole(now, after) };
  if (now.byTopic) return { amount };
  return { amount, limitsOf: (broker) => [now.low(broker, ALL), now.high(broker, ALL)] };
}

function total(amounts: Amounts, tally: Tally): number {
  let sum = 0;
  const topics = amounts.byTopic ? tally.topicNames.length : 1;
  for (const broker of tally.brokers) {
    for (let topic = 0; topic < topics && broker.alive; topic++) {
      sum += outside(amounts, broker, topic);
    }
  }
  return sum;
}

function outside({ of, low, high }: Amounts, broker: BrokerTally, topic: number): number {
  const amount = of(broker, topic);
  return Math.max(0, amount - high(broker, topic), low(broker, topic) - amount);
}

function whole({ byTopic, of }: Amounts, { brokers }: Tally): number {
  return byTopic ? 0 : brokers.reduce((sum, broker) => sum + Math.abs(of(broker, ALL)), 0);
}
