/**
 * How a cluster stands: figures by broker, statistics, and goals.
 *
 * @module
 */
import type { BrokerFigures, ClusterStatistics } from "../model/plan.ts";

/** How things stand before or after the search. */
export interface ClusterStanding {
  readonly figures: readonly BrokerFigures[];
  readonly statistics: ClusterStatistics;
  /** Brokers out by goal of the request; 0 for one that is off. */
  readonly out: readonly number[];
  /** How far they are outside together, by goal, in the goal's unit. */
  readonly amounts: readonly number[];
}
