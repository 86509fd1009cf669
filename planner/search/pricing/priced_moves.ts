/**
 * A replica carried from one broker to another, and what that costs at prices.
 *
 * @module
 */
import { addLoad, loadCost, type Market, type Prices, topicCost } from "./prices.ts";

/** What moving the replica costs, MB; leaves `load` as that of the replica. */
export function moveCost({ prices, mbPrice }: Market, replica: number, to: number): number {
  const { broker, home, topic, partition } = prices.draft.model;
  const from = broker[replica]!;
  const t = topic[partition[replica]!]!;
  const mb = mbPrice * prices.load[0]!;
  const moved = to === home[replica] ? -mb : from === home[replica] ? mb : 0;
  return moved + loadCost(prices, from, -1) + loadCost(prices, to, 1) +
    topicCost(prices, t, from, -1) + topicCost(prices, t, to, 1);
}

/** The replica, whose load `load` is, goes there. */
export function carryOver(prices: Prices, replica: number, to: number): void {
  const { broker, topicReplicas, topic, partition, brokerCount } = prices.draft.model;
  const from = broker[replica]!;
  addLoad(prices, from, -1);
  addLoad(prices, to, 1);
  const cell = topic[partition[replica]!]! * brokerCount;
  topicReplicas[cell + from]! -= 1;
  topicReplicas[cell + to]! += 1;
  broker[replica] = to;
}
