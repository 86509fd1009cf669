/**
 * Cluster statistics from a {@link Tally} alone: the members of `ClusterStatistics`, from their definitions.
 *
 * @module
 */
import { CPU, DISK, NW_IN, NW_OUT } from "../../model/metrics.ts";
import type { BrokerTally, Tally } from "./tally.ts";

/** One quantity, four ways. */
export interface Spread {
  readonly avg: number;
  readonly max: number;
  readonly min: number;
  readonly std: number;
}

/** What a plan file calls each quantity; the order is that of `ClusterStatistics`. */
export type Spreads = Readonly<Record<string, Spread>>;

type Measure = (broker: BrokerTally) => number;

/** All of them. O(topics x brokers). */
export function spreadsOf(tally: Tally, topicNames: readonly string[]): Spreads {
  return {
    cpu: resource(tally, CPU, (broker) => broker.cpu),
    networkInbound: resource(tally, NW_IN, (broker) => broker.nwIn),
    networkOutbound: resource(tally, NW_OUT, (broker) => broker.nwOut),
    disk: resource(tally, DISK, (broker) => broker.disk),
    potentialNwOut: potential(tally),
    replicas: counts(tally, (broker) => broker.replicas),
    leaderReplicas: counts(tally, (broker) => broker.leaders),
    topicReplicas: topics(tally, topicNames),
  };
}

function sumOf(brokers: readonly BrokerTally[], of: Measure): number {
  return brokers.reduce((sum, broker) => sum + of(broker), 0);
}

/** Averages are over brokers that may receive, extremes over those that are alive, deviations from the even use of capacity. */
function resource(tally: Tally, id: number, of: Measure, total = sumOf(tally.brokers, of)): Spread {
  const allowed = tally.brokers.filter((broker) => broker.mayReceive);
  const values = tally.brokers.filter((broker) => broker.alive).map(of);
  const capacity: Measure = (broker) => broker.capacity[id]!;
  const available = sumOf(allowed, capacity);
  const part = available > 0 ? total / available : 0;
  const squares = sumOf(allowed, (broker) => (of(broker) - part * capacity(broker)) ** 2);
  const n = allowed.length;
  return {
    avg: n > 0 ? total / n : 0,
    max: Math.max(0, ...values),
    min: Math.min(Number.MAX_VALUE, ...values),
    std: n > 0 ? Math.sqrt(squares / n) : 0,
  };
}

/** Of the brokers that may receive alone. */
function potential(tally: Tally): Spread {
  const of: Measure = (broker) => broker.potentialNwOut;
  return resource(tally, NW_OUT, of, sumOf(tally.brokers.filter((one) => one.mayReceive), of));
}

/** Extremes are over all brokers, dead ones too. */
function counts(tally: Tally, of: Measure): Spread {
  const allowed = tally.brokers.filter((broker) => broker.mayReceive);
  const n = allowed.length;
  const avg = n > 0 ? sumOf(tally.brokers, of) / n : 0;
  const values = tally.brokers.map(of);
  return {
    avg,
    max: Math.max(0, ...values),
    min: Math.min(Number.MAX_VALUE, ...values),
    std: n > 0 ? Math.sqrt(sumOf(allowed, (broker) => (of(broker) - avg) ** 2) / n) : 0,
  };
}

/** Mean over the topics of average and deviation, and the extremes of all. */
function topics(tally: Tally, topicNames: readonly string[]): Spread {
  if (topicNames.length === 0) return { avg: 0, max: 0, min: 0, std: 0 };
  const spreads = topicNames.map((_, topic) =>
    counts(tally, (broker) => broker.topicReplicas[topic]!)
  );
  const mean = (of: (spread: Spread) => number) =>
    spreads.reduce((sum, spread) => sum + of(spread), 0) / topicNames.length;
  return {
    avg: mean((spread) => spread.avg),
    max: Math.max(...spreads.map((spread) => spread.max)),
    min: Math.min(...spreads.map((spread) => spread.min)),
    std: mean((spread) => spread.std),
  };
}
