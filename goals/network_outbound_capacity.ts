/**
 * Outgoing bytes of a broker stays under `network.outbound.capacity.threshold` of its capacity.
 *
 * @module
 */
import { AXIS_NW_OUT } from "../model/cluster_model.ts";
import type { Goal } from "./goal.ts";
import { capacityGoal } from "./resource_capacity.ts";

/** See the file's head. */
export const networkOutboundCapacityGoal: Goal = capacityGoal(
  "NetworkOutboundCapacityGoal",
  AXIS_NW_OUT,
);
