/** Every endpoint of the Cruise Control API; a new one is a file beside this one and a line here. */
import type { Endpoint } from "../endpoint.ts";
import { admin } from "./admin.ts";
import { kafkaClusterState } from "./kafka_cluster_state.ts";
import { load } from "./load.ts";
import { pauseSampling } from "./pause_sampling.ts";
import { proposals } from "./proposals.ts";
import { rebalance } from "./rebalance.ts";
import { resumeSampling } from "./resume_sampling.ts";
import { state } from "./state.ts";
import { stopProposalExecution } from "./stop_proposal_execution.ts";
import { userTasks } from "./user_tasks.ts";

/** In the order that refusals list them. */
export const ENDPOINTS: readonly Endpoint[] = [
  load,
  proposals,
  state,
  kafkaClusterState,
  userTasks,
  rebalance,
  stopProposalExecution,
  pauseSampling,
  resumeSampling,
  admin,
];
