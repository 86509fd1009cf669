/** Every endpoint of the Cruise Control API; a new one is a file beside this one and a line here. */
import type { Endpoint } from "../endpoint.ts";
import { addBroker } from "./add_broker.ts";
import { admin } from "./admin.ts";
import { demoteBroker } from "./demote_broker.ts";
import { fixOfflineReplicas } from "./fix_offline_replicas.ts";
import { kafkaClusterState } from "./kafka_cluster_state.ts";
import { load } from "./load.ts";
import { partitionLoad } from "./partition_load.ts";
import { pauseSampling } from "./pause_sampling.ts";
import { permissions } from "./permissions.ts";
import { proposals } from "./proposals.ts";
import { rebalance } from "./rebalance.ts";
import { removeBroker } from "./remove_broker.ts";
import { removeDisks } from "./remove_disks.ts";
import { bootstrap, train } from "./replay.ts";
import { resumeSampling } from "./resume_sampling.ts";
import { review, reviewBoard } from "./review.ts";
import { rightsize } from "./rightsize.ts";
import { state } from "./state.ts";
import { stopProposalExecution } from "./stop_proposal_execution.ts";
import { topicConfiguration } from "./topic_configuration.ts";
import { userTasks } from "./user_tasks.ts";

/** In the order that refusals list them. */
export const ENDPOINTS: readonly Endpoint[] = [
  bootstrap,
  train,
  load,
  partitionLoad,
  proposals,
  state,
  kafkaClusterState,
  userTasks,
  reviewBoard,
  permissions,
  addBroker,
  removeBroker,
  fixOfflineReplicas,
  rebalance,
  stopProposalExecution,
  pauseSampling,
  resumeSampling,
  demoteBroker,
  admin,
  review,
  topicConfiguration,
  rightsize,
  removeDisks,
];
