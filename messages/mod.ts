/**
 * All messages that cross a thread, who gets them, and what happens when a receiver is too slow.
 *
 * @module
 */
import type { ActorName } from "./actor_name.ts";
import type { AggregatorEmits, AggregatorRequests } from "./aggregator.ts";
import type { AnalyzerEmits, AnalyzerRequests } from "./analyzer.ts";
import type { DetectorRequests } from "./detector.ts";
import type { ClassifierEmits, ClassifierRequests } from "./classifier.ts";
import type { ExecutorEmits, ExecutorRequests } from "./executor.ts";
import type { RuntimeEmits } from "./runtime.ts";
import type { SamplerEmits, SamplerRequests } from "./sampler.ts";

/** Any fact. */
export type Message =
  | SamplerEmits
  | AggregatorEmits
  | ClassifierEmits
  | AnalyzerEmits
  | ExecutorEmits
  | RuntimeEmits;

/** Kind of a fact. */
export type MessageKind = Message["kind"];

/** The fact of a kind. */
export type MessageOf<K extends MessageKind> = Extract<Message, { kind: K }>;

/** Every request with its answer, by kind. */
export interface Requests
  extends
    SamplerRequests,
    AggregatorRequests,
    ClassifierRequests,
    AnalyzerRequests,
    ExecutorRequests,
    DetectorRequests {}

/** Kind of a request. */
export type RequestKind = keyof Requests;

/** The request of a kind. */
export type RequestOf<K extends RequestKind> = Requests[K]["request"];

/** The answer to a request of a kind. */
export type AnswerOf<K extends RequestKind> = Requests[K]["answer"];

/**
 * What a full mailbox does. `keep_latest`: a newer fact of the kind replaces the one that waits.
 * `never_dropped`: it always enters; the sender is expected to be slow. `drop_newest`: the new one is dropped and counted.
 */
export type MailboxPolicy = "keep_latest" | "never_dropped" | "drop_newest";

/** Receivers and policy of each fact. */
export const ROUTES: {
  readonly [K in MessageKind]: {
    readonly to: readonly ActorName[];
    readonly policy: MailboxPolicy;
  };
} = {
  cluster_observed: {
    to: ["aggregator", "analyzer", "executor", "detector", "server"],
    policy: "keep_latest",
  },
  samples_collected: { to: ["aggregator"], policy: "drop_newest" },
  broker_metrics_collected: { to: ["classifier"], policy: "drop_newest" },
  sampling_state_changed: { to: ["server"], policy: "keep_latest" },
  window_closed: { to: ["analyzer", "detector", "server"], policy: "keep_latest" },
  states_predicted: { to: ["detector"], policy: "keep_latest" },
  plan_progressed: { to: ["server"], policy: "keep_latest" },
  execution_progressed: { to: ["server", "sampler", "analyzer"], policy: "keep_latest" },
  execution_ended: { to: ["server", "sampler", "analyzer", "detector"], policy: "never_dropped" },
  runtime_observed: { to: ["server"], policy: "keep_latest" },
};

/** Who answers each request. */
export const ANSWERED_BY: { readonly [K in RequestKind]: ActorName } = {
  get_sampler_state: "sampler",
  pause_sampling: "sampler",
  resume_sampling: "sampler",
  get_cluster: "sampler",
  get_load: "aggregator",
  get_monitor_state: "aggregator",
  get_classifier_state: "classifier",
  make_plan: "analyzer",
  get_plan_part: "analyzer",
  cancel_plan: "analyzer",
  get_snapshot: "analyzer",
  get_snapshot_part: "analyzer",
  drop_snapshot: "analyzer",
  get_broker_load: "analyzer",
  get_partition_load: "analyzer",
  get_analyzer_state: "analyzer",
  check_goals: "analyzer",
  reserve_executor: "executor",
  release_executor: "executor",
  execute_proposals: "executor",
  stop_execution: "executor",
  change_limits: "executor",
  forget_brokers: "executor",
  get_executor_state: "executor",
  get_detector_state: "detector",
  set_self_healing: "detector",
};

export type { SamplerEmits } from "./sampler.ts";
export type { AggregatorEmits } from "./aggregator.ts";
export type { ClassifierEmits } from "./classifier.ts";
export type { AnalyzerEmits } from "./analyzer.ts";
export type { ExecutorEmits } from "./executor.ts";
export type { RuntimeEmits } from "./runtime.ts";
