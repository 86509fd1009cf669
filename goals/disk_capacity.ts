/**
 * Disk of a broker stays under `disk.capacity.threshold` of its capacity.
 *
 * @module
 */
import { AXIS_DISK } from "../model/cluster_model.ts";
import type { Goal } from "./goal.ts";
import { capacityGoal } from "./resource_capacity.ts";

/** See the file's head. */
export const diskCapacityGoal: Goal = capacityGoal("DiskCapacityGoal", AXIS_DISK);
