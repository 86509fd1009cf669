/**
 * Utilization of a broker stays within `cpu.balance.threshold` around the cluster's.
 *
 * @module
 */
import { AXIS_CPU } from "../model/cluster_model.ts";
import type { Goal } from "./goal.ts";
import { usageDistributionGoal } from "./resource_distribution.ts";

/** See the file's head. */
export const cpuUsageDistributionGoal: Goal = usageDistributionGoal(
  "CpuUsageDistributionGoal",
  AXIS_CPU,
);
