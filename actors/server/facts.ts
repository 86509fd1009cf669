/**
 * What the server remembers of the facts that other actors sent: the newest of each kind.
 *
 * @module
 */
import type { PlanStep } from "../../messages/analyzer.ts";
import type { ExecutionSummary, ExecutorState } from "../../messages/executor.ts";
import type { Message } from "../../messages/mod.ts";
import type { ActorRuntime } from "../../messages/runtime.ts";
import type { ClusterObserved } from "../../messages/sampler.ts";

/** Plans whose progress is kept at most; more than tasks can be active. */
const PLANS_MAX = 64;

/** The newest facts. */
export interface Facts {
  readonly cluster: ClusterObserved | undefined;
  readonly execution: ExecutorState | undefined;
  readonly runtime: { readonly atMs: number; readonly actors: readonly ActorRuntime[] } | undefined;
  /** End of the newest window, epoch ms. */
  readonly windowEndMs: number | undefined;
  planSteps(planUuid: string): readonly PlanStep[];
  forgetPlan(planUuid: string): void;
}

/** Facts with the way to put new ones in. */
export interface FactsBoard extends Facts {
  /** Takes a fact over. `onEnded` is told of executions that ended. */
  record(message: Message, onEnded: (summary: ExecutionSummary) => void): void;
}

/** An empty board. */
export function createFacts(): FactsBoard {
  let cluster: ClusterObserved | undefined;
  let execution: ExecutorState | undefined;
  let runtime: Facts["runtime"];
  let windowEndMs: number | undefined;
  const plans = new Map<string, readonly PlanStep[]>();
  function recordPlan(planUuid: string, steps: readonly PlanStep[]) {
    plans.delete(planUuid);
    plans.set(planUuid, steps);
    for (const oldest of plans.keys()) {
      if (plans.size <= PLANS_MAX) break;
      plans.delete(oldest);
    }
  }
  return {
    get cluster() {
      return cluster;
    },
    get execution() {
      return execution;
    },
    get runtime() {
      return runtime;
    },
    get windowEndMs() {
      return windowEndMs;
    },
    planSteps: (planUuid) => plans.get(planUuid) ?? [],
    forgetPlan: (planUuid) => void plans.delete(planUuid),
    record(message, onEnded) {
      switch (message.kind) {
        case "cluster_observed":
          cluster = message;
          return;
        case "execution_progressed":
          execution = message.state;
          return;
        case "execution_ended":
          onEnded(message.summary);
          return;
        case "plan_progressed":
          recordPlan(message.planUuid, message.steps);
          return;
        case "runtime_observed":
          runtime = { atMs: message.atMs, actors: message.actors };
          return;
        case "window_closed":
          windowEndMs = message.windowEndMs;
          return;
        case "sampling_state_changed": // asked for when needed
        case "samples_collected": // not sent here
        case "broker_metrics_collected":
        case "states_predicted":
          return;
        default:
          message satisfies never;
      }
    },
  };
}
