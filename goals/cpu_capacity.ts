/**
 * CPU of a broker stays under `cpu.capacity.threshold` of its capacity.
 *
 * @module
 */
import { AXIS_CPU } from "../model/cluster_model.ts";
import type { Goal } from "./goal.ts";
import { capacityGoal } from "./resource_capacity.ts";

/** See the file's head. */
export const cpuCapacityGoal: Goal = capacityGoal("CpuCapacityGoal", AXIS_CPU);
