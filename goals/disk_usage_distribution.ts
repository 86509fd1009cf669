/**
 * Utilization of a broker stays within `disk.balance.threshold` around the cluster's.
 *
 * @module
 */
import { AXIS_DISK } from "../model/cluster_model.ts";
import type { Goal } from "./goal.ts";
import { usageDistributionGoal } from "./resource_distribution.ts";

/** See the file's head. */
export const diskUsageDistributionGoal: Goal = usageDistributionGoal(
  "DiskUsageDistributionGoal",
  AXIS_DISK,
);
