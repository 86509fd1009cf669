/**
 * Incoming bytes of a broker stays under `network.inbound.capacity.threshold` of its capacity.
 *
 * @module
 */
import { AXIS_NW_IN } from "../model/cluster_model.ts";
import type { Goal } from "./goal.ts";
import { capacityGoal } from "./resource_capacity.ts";

/** See the file's head. */
export const networkInboundCapacityGoal: Goal = capacityGoal(
  "NetworkInboundCapacityGoal",
  AXIS_NW_IN,
);
