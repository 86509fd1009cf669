/**
 * Utilization of a broker stays within `network.inbound.balance.threshold` around the cluster's.
 *
 * @module
 */
import { AXIS_NW_IN } from "../model/cluster_model.ts";
import type { Goal } from "./goal.ts";
import { usageDistributionGoal } from "./resource_distribution.ts";

/** See the file's head. */
export const networkInboundUsageDistributionGoal: Goal = usageDistributionGoal(
  "NetworkInboundUsageDistributionGoal",
  AXIS_NW_IN,
);
