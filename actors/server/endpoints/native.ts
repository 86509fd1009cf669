/**
 * Endpoints of our own API under `/evenkeel/v1/`: what Cruise Control's shapes have no room for. JSON only; what is
 * not known is null.
 *
 * @module
 */
import { IN_SYNC, NO_LEADER, type Topology } from "../../../model/topology.ts";
import type { ClusterObserved } from "../../../messages/sampler.ts";
import { VERSION } from "../../../lib/version.ts";
import { defineEndpoint } from "../endpoint.ts";
import { askActors, healthOf } from "../health.ts";
import { bool, long } from "../params.ts";
import { PLAN_PARAMS, planParamProblem } from "../plan_params.ts";
import { askForPlan, exclusionsOf, planAnswer, planRequestOf } from "../planning.ts";
import { addBroker } from "./add_broker.ts";
import { admin } from "./admin.ts";
import { demoteBroker } from "./demote_broker.ts";
import { fixOfflineReplicas } from "./fix_offline_replicas.ts";
import { partitionLoad } from "./partition_load.ts";
import { pauseSampling } from "./pause_sampling.ts";
import { rebalance } from "./rebalance.ts";
import { removeBroker } from "./remove_broker.ts";
import { removeDisks } from "./remove_disks.ts";
import { resumeSampling } from "./resume_sampling.ts";
import { snapshot } from "./snapshot.ts";
import { stopProposalExecution } from "./stop_proposal_execution.ts";
import { topicConfiguration } from "./topic_configuration.ts";
import type { Endpoint } from "../endpoint.ts";

/** Counts of a cluster. */
export function clusterSummary(observed: ClusterObserved) {
  const { topology } = observed;
  return {
    clusterId: topology.clusterId,
    controllerId: topology.controllerId,
    observedAtMs: topology.observedAtMs,
    brokers: topology.brokers.map(({ id, host, port, rack, alive }) => ({
      id,
      host,
      port,
      rack: rack ?? null,
      alive,
    })),
    topics: topology.topicNames.length,
    partitions: topology.leader.length,
    replicas: topology.replicaBroker.length,
    ...troubles(topology),
    failedLogDirs: observed.logDirs.flatMap((broker) =>
      broker.dirs.filter((dir) => !dir.alive).map((dir) => ({
        brokerId: broker.brokerId,
        path: dir.path,
      }))
    ),
  };
}

function troubles(topology: Topology) {
  let offlinePartitions = 0;
  let underReplicatedPartitions = 0;
  for (let row = 0; row < topology.leader.length; row++) {
    if (topology.leader[row] === NO_LEADER) offlinePartitions++;
    for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++) {
      if ((topology.replicaFlags[r]! & IN_SYNC) !== 0) continue;
      underReplicatedPartitions++;
      break;
    }
  }
  return { offlinePartitions, underReplicatedPartitions };
}

/** GET status: everything on one screen. Answers even when actors are silent, and says which. */
const status = defineEndpoint({
  name: "status",
  method: "GET",
  isAsync: false,
  role: "USER",
  taskType: "cruise_control_monitor",
  operation: "STATUS request",
  untracked: true,
  params: {},
  async run(_call, { context, settings, facts }) {
    const [states, classifier] = await Promise.all([
      askActors(context, { deadlineMs: settings.askTimeoutMs }),
      context.request({ kind: "get_classifier_state" }, { deadlineMs: settings.askTimeoutMs }),
    ]);
    const health = healthOf(states, facts);
    const json = {
      version: VERSION,
      nowMs: context.clock.nowMs(),
      health: { ok: health.every((actor) => actor.ok), actors: health },
      cluster: facts.cluster === undefined ? null : clusterSummary(facts.cluster),
      sampler: states.sampler.ok ? states.sampler.value : null,
      monitor: states.aggregator.ok ? states.aggregator.value : null,
      classifier: classifier.ok ? classifier.value : null,
      analyzer: states.analyzer.ok ? states.analyzer.value : null,
      executor: states.executor.ok ? { ...states.executor.value, tasks: [] } : null,
      detector: states.detector.ok ? states.detector.value : null,
    };
    return { ok: true, value: { json, text: () => "" } };
  },
});

/** GET plan: a plan with the reason of every move, bytes, and every goal before and after. */
const plan = defineEndpoint({
  name: "plan",
  method: "GET",
  isAsync: true,
  role: "USER",
  taskType: "kafka_monitor",
  operation: "Make a plan",
  params: PLAN_PARAMS,
  check: ({ values }) => planParamProblem(values),
  async run(call, deps) {
    call.step("WAITING_FOR_CLUSTER_MODEL", "Asking for the load of the cluster and a plan");
    const excluded = await exclusionsOf(call.values, deps, call.values.destination_broker_ids);
    if (!excluded.ok) return excluded;
    const request = planRequestOf(call.values, excluded.value, { skipHardGoalCheck: true });
    const answer = await askForPlan(call.taskId, request, {
      deps,
      allowCapacityEstimation: call.values.allow_capacity_estimation,
    });
    if (!answer.ok) return answer;
    return await planAnswer(deps, answer.value, {
      heading: "Optimized load:",
      verbose: true,
      excluded: excluded.value,
    });
  },
});

/** GET execution: what runs, at which rate, how long it will take, and how the latest one ended. */
const execution = defineEndpoint({
  name: "execution",
  method: "GET",
  isAsync: false,
  role: "USER",
  taskType: "cruise_control_monitor",
  operation: "EXECUTION request",
  untracked: true,
  params: { tasks: bool(false) },
  async run({ values }, { context, settings }) {
    const state = await context.request({
      kind: "get_executor_state",
      withTasks: values.tasks,
    }, { deadlineMs: settings.askTimeoutMs });
    return state.ok ? { ok: true, value: { json: state.value, text: () => "" } } : state;
  },
});

/** GET load: what every broker carries, with what is not known left open. */
const load = defineEndpoint({
  name: "load",
  method: "GET",
  isAsync: true,
  role: "USER",
  taskType: "kafka_monitor",
  operation: "Get broker load",
  params: { start: long(undefined), end: long(undefined) },
  async run({ values }, { context, settings }) {
    const answer = await context.request({
      kind: "get_broker_load",
      ...(values.start !== undefined ? { fromMs: values.start } : {}),
      ...(values.end !== undefined ? { toMs: values.end } : {}),
    }, { deadlineMs: settings.planTimeoutMs });
    return answer.ok ? { ok: true, value: { json: answer.value, text: () => "" } } : answer;
  },
});

/** GET anomalies: what is or was wrong, with its history, and what was or would have been done about it. */
const anomalies = defineEndpoint({
  name: "anomalies",
  method: "GET",
  isAsync: false,
  role: "USER",
  taskType: "cruise_control_monitor",
  operation: "ANOMALIES request",
  untracked: true,
  params: {},
  async run(_call, { context, settings }) {
    const answer = await context.request({ kind: "get_detector_state" }, {
      deadlineMs: settings.askTimeoutMs,
    });
    return answer.ok ? { ok: true, value: { json: answer.value, text: () => "" } } : answer;
  },
});

/** Endpoints of our own API. Those shared with the Cruise Control API take the same parameters. */
export const NATIVE_ENDPOINTS: readonly Endpoint[] = [
  status,
  load,
  snapshot,
  plan,
  partitionLoad,
  execution,
  rebalance,
  addBroker,
  removeBroker,
  demoteBroker,
  fixOfflineReplicas,
  topicConfiguration,
  removeDisks,
  stopProposalExecution,
  pauseSampling,
  resumeSampling,
  anomalies,
  admin,
];
