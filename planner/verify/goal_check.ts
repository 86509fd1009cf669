/**
 * How a goal was found.
 *
 * @module
 */
import type { BalancingConstraint } from "../../goals/constraint.ts";
import type { BrokerTally, Tally } from "./tally.ts";

/** Whether a goal holds. */
export interface GoalCheck {
  readonly hard: boolean;
  /** True for a hard goal that a plan may leave violated. */
  readonly bestEffort?: boolean;
  /** Resources without whose loads the goal means nothing. */
  readonly resources: readonly number[];
  /** Ids of alive brokers outside. */
  readonly brokersOut: readonly number[];
  readonly example: string | undefined;
  /** What it limits, where that is amounts of brokers; no move changes the limits. */
  readonly amounts?: Amounts;
}

/** Amounts of brokers that a goal limits one by one, of each topic, by its index, or of all together, whatever the index. */
export interface Amounts {
  /** True where a hard goal only wishes for them. */
  readonly onlyWished?: boolean;
  readonly byTopic: boolean;
  /** Whether brokers of one host have the limit together; absent = no. */
  readonly sharesHosts?: boolean;
  readonly of: (broker: BrokerTally, topic: number) => number;
  readonly low: (broker: BrokerTally, topic: number) => number;
  readonly high: (broker: BrokerTally, topic: number) => number;
}

/** What a check reads besides the tally. */
export interface CheckOptions {
  readonly constraint: BalancingConstraint;
  /** The cluster before the plan, where limits follow from that; as it is, when not given. */
  readonly before?: Tally;
  readonly excluded: (topic: string) => boolean;
}

/** A goal before and after, recomputed. */
export interface VerifiedGoal {
  readonly name: string;
  readonly hard: boolean;
  readonly bestEffort: boolean;
  readonly off: string | undefined;
  /** Whether it limits amounts of brokers, so that how many are outside is no matter of taste; absent = no. */
  readonly isCounted?: boolean;
  /** How far brokers are outside together, and the sum of what is limited; absent where it limits no amounts, or not these alone. */
  readonly amount?: { readonly before: number; readonly after: number; readonly whole: number };
  /** Least and most that it allows a broker; absent where that differs by topic. */
  readonly limitsOf?: (broker: BrokerTally) => readonly [number, number];
  readonly brokersOutBefore: readonly number[];
  readonly brokersOutAfter: readonly number[];
  /** One example of what is wrong afterwards. */
  readonly example: string | undefined;
}

/** "76825.993, allowed 109199.999 to 130799.999", with more digits only where the amount would read like its limit. */
export function outsideText(amount: number, low: number, high: number): string {
  const three = (value: number) => String(Math.round(value * 1000) / 1000);
  const isAlike = three(amount) === three(amount > high ? high : low);
  const text = isAlike ? String : three;
  return `${text(amount)}, allowed ${text(low)} to ${text(high)}`;
}
