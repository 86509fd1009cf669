/**
 * How the actors are: asked one by one, each with a deadline, and what the runtime says about them.
 *
 * @module
 */
import type { Failure, Result } from "../../lib/failure.ts";
import type { ActorContext, ActorName } from "../../messages/actor.ts";
import type { AnalyzerState } from "../../messages/analyzer.ts";
import type { MonitorState } from "../../messages/aggregator.ts";
import type { DetectorState } from "../../messages/detector.ts";
import type { ExecutorState } from "../../messages/executor.ts";
import type { SamplerState } from "../../messages/sampler.ts";
import type { Facts } from "./facts.ts";

/** The state of every actor that answers for one, or why it did not answer. */
export interface ActorStates {
  readonly sampler: Result<SamplerState>;
  readonly aggregator: Result<MonitorState>;
  readonly analyzer: Result<AnalyzerState>;
  readonly executor: Result<ExecutorState>;
  readonly detector: Result<DetectorState>;
}

/** One actor's health. */
export interface ActorHealth {
  readonly actor: ActorName;
  readonly ok: boolean;
  /** Why it is not, undefined when it is. */
  readonly problem: string | undefined;
  /** Restarts since the process began, undefined while the runtime has not told. */
  readonly restarts: number | undefined;
}

/** Asks every actor for its state at once. `deadlineMs` milliseconds for each. */
export async function askActors(
  context: ActorContext,
  options: { deadlineMs: number },
): Promise<ActorStates> {
  const [sampler, aggregator, analyzer, executor, detector] = await Promise.all([
    context.request({ kind: "get_sampler_state" }, options),
    context.request({ kind: "get_monitor_state" }, options),
    context.request({ kind: "get_analyzer_state" }, options),
    context.request({ kind: "get_executor_state", withTasks: false }, options),
    context.request({ kind: "get_detector_state" }, options),
  ]);
  return { sampler, aggregator, analyzer, executor, detector };
}

/** Failures that mean that an actor is not there or too slow; others are its own business. */
const SILENT: readonly Failure["code"][] = [
  "actor_died",
  "deadline_exceeded",
  "mailbox_full",
  "shutting_down",
  "internal",
];

const ASKED = ["sampler", "aggregator", "analyzer", "executor", "detector"] as const;

/** Actors whose health is what the runtime says of them, where they run at all. */
const TOLD_BY_RUNTIME: readonly ActorName[] = ["classifier"];

/** Health of every actor, the server last: it is well when it can say so. */
export function healthOf(states: ActorStates, facts: Facts): ActorHealth[] {
  const runtime = (name: ActorName) => facts.runtime?.actors.find((actor) => actor.name === name);
  const asked = ASKED.map((actor) => {
    const answer: Result<unknown> = states[actor];
    const silent = !answer.ok && SILENT.includes(answer.failure.code);
    const known = runtime(actor);
    const isDown = known?.state === "given_up" || known?.state === "restarting";
    const problem = isDown
      ? `${known.state}: ${known.lastFailure ?? "no reason given"}`
      : silent
      ? answer.failure.message
      : undefined;
    return { actor, ok: problem === undefined, problem, restarts: known?.restarts };
  });
  const server = {
    actor: "server" as const,
    ok: true,
    problem: undefined,
    restarts: runtime("server")?.restarts,
  };
  const toldByRuntime = TOLD_BY_RUNTIME.flatMap((actor) => {
    const known = runtime(actor);
    if (known === undefined) return [];
    const isDown = known.state === "given_up" || known.state === "restarting";
    const problem = isDown
      ? `${known.state}: ${known.lastFailure ?? "no reason given"}`
      : undefined;
    return [{ actor, ok: !isDown, problem, restarts: known.restarts }];
  });
  return [...asked, ...toldByRuntime, server];
}
