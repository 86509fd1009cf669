/**
 * Utilization of a broker stays within `network.outbound.balance.threshold` around the cluster's.
 *
 * @module
 */
import { AXIS_NW_OUT } from "../model/cluster_model.ts";
import type { Goal } from "./goal.ts";
import { usageDistributionGoal } from "./resource_distribution.ts";

/** See the file's head. */
export const networkOutboundUsageDistributionGoal: Goal = usageDistributionGoal(
  "NetworkOutboundUsageDistributionGoal",
  AXIS_NW_OUT,
);
