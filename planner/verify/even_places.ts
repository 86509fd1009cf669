/**
 * Whether brokers are in as many replica lists at each place, from the definition alone: lists are dealt out one by one
 * in thought, each to the broker that has fewest, and a rack takes no more lists than have not used it at earlier
 * places. See `goals.ts`.
 *
 * @module
 */
import type { CheckOptions, GoalCheck } from "./goal_check.ts";
import type { BrokerTally, Placed, Tally } from "./tally.ts";

/** Shares are sums of quotients. */
const ROUNDING = 1e-6;

/** Broker indices in the order of the list, with the leader first, in exchange for what was there. */
function listOf({ replicas, leader }: Placed): number[] {
  const brokers = replicas.map((replica) => replica.broker);
  const at = brokers.indexOf(leader);
  if (at > 0) [brokers[0], brokers[at]] = [brokers[at]!, brokers[0]!];
  return brokers;
}

/**
 * Racks are demanded, evenness only wished for: brokers that are uneven are out, but fail no plan. Lists that stay count
 * as they were before the plan, and limit nothing at places that none but they have.
 */
export function withEvenPlaces(racks: GoalCheck, tally: Tally, options: CheckOptions): GoalCheck {
  const { before = tally } = options;
  const alive = tally.brokers.filter((broker) => broker.alive);
  const lists = tally.placed.map((placed, row) => ({
    list: listOf(placed),
    had: listOf(before.placed[row]!),
    stays: options.excluded(placed.topic) || !placed.hasLeader,
  }));
  const out = new Set(racks.brokersOut);
  let { example } = racks;
  const used = new Map<string, number>();
  const limits = new Map(alive.map((broker) => [broker.id, { low: 0, high: 0 }]));
  for (let place = 0; lists.some(({ list }) => list.length > place); place++) {
    const there = lists.filter(({ list }) => list.length > place).map(({ list }) => list[place]);
    const count = (broker: BrokerTally, which: readonly (number | undefined)[]) =>
      which.filter((index) => index === broker.index).length;
    const fixed = lists.filter(({ stays, had }) => stays && had.length > place);
    const free = there.length - fixed.length;
    if (free === 0) {
      for (const [id, { low }] of limits) limits.set(id, { low, high: Infinity });
      break;
    }
    const stay = fixed.map(({ had }) => had[place]);
    const given = new Map(alive.map((broker) => [broker, count(broker, stay)]));
    const shares = sharesOf(given, { free, used });
    for (const [broker, share] of shares) {
      const has = count(broker, there);
      const low = Math.floor(share + ROUNDING);
      const high = Math.ceil(share - ROUNDING);
      used.set(broker.rack, (used.get(broker.rack) ?? 0) + (share - given.get(broker)!) / free);
      const { low: fewest, high: most } = limits.get(broker.id)!;
      limits.set(broker.id, { low: fewest + low, high: most + high });
      if (has >= low && has <= high) continue;
      out.add(broker.id);
      example ??=
        `broker ${broker.id} is at place ${place} of ${has} lists, wanted ${low} to ${high}`;
    }
  }
  return {
    ...racks,
    bestEffort: racks.brokersOut.length === 0,
    brokersOut: [...out].sort((a, b) => a - b),
    example,
    // On the way all places count together: steps of one list cannot keep each even.
    amounts: {
      byTopic: false,
      onlyWished: true,
      of: (broker) => broker.replicas,
      low: ({ id }) => limits.get(id)?.low ?? 0,
      high: ({ id }) => limits.get(id)?.high ?? Infinity,
    },
  };
}

/** What each broker has when all free lists are dealt: racks that are full are closed, the others share the rest. */
function sharesOf(
  given: ReadonlyMap<BrokerTally, number>,
  { free, used }: { free: number; used: ReadonlyMap<string, number> },
): Map<BrokerTally, number> {
  const shares = new Map<BrokerTally, number>();
  let open = [...given.keys()];
  let left = free;
  for (;;) {
    const level = filled(open.map((broker) => given.get(broker)!), left);
    const racks = [...new Set(open.map((broker) => broker.rack))];
    const full = racks.find((rack) => {
      const wanted = open.filter((broker) => broker.rack === rack)
        .reduce((sum, broker) => sum + Math.max(0, level - given.get(broker)!), 0);
      return wanted > capOf(rack) + ROUNDING;
    });
    const closing = full === undefined ? open : open.filter((broker) => broker.rack === full);
    const amount = full === undefined ? left : capOf(full);
    const own = filled(closing.map((broker) => given.get(broker)!), amount);
    for (const broker of closing) shares.set(broker, Math.max(given.get(broker)!, own));
    if (full === undefined) return shares;
    open = open.filter((broker) => broker.rack !== full);
    left -= amount;
  }

  function capOf(rack: string): number {
    return free * Math.max(0, 1 - (used.get(rack) ?? 0));
  }
}

/** The level that `amount` more comes to on top of what is there, lowest first. */
function filled(there: readonly number[], amount: number): number {
  const sorted = [...there].sort((a, b) => a - b);
  let left = amount;
  for (let i = 0; i < sorted.length; i++) {
    const next = sorted[i + 1] ?? Infinity;
    const step = Math.min(left, (next - sorted[i]!) * (i + 1));
    left -= step;
    if (left <= 0) return sorted[i]! + step / (i + 1);
  }
  return 0;
}
