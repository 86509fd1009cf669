/**
 * Heals: reserves the executor, has a plan made, hands it over. At most one attempt at a time, written down before
 * anybody is asked for anything, so that a restart at any point finds what may be underway.
 *
 * ```
 *            reserve_executor   make_plan   look again   execute_proposals
 * planning ------------------------------------------------------------------> executing --> ended
 *     |  busy, no plan, nothing to move, the cluster has recovered                 ^
 *     +--> ended                             answer lost: the executor is asked ---+
 * ```
 *
 * @module
 */
import { ok, type Result } from "../../lib/failure.ts";
import type { ActorContext } from "../../messages/actor.ts";
import type { ExecutorState } from "../../messages/executor.ts";
import type { AnswerOf, RequestKind, RequestOf } from "../../messages/mod.ts";
import type { AnomalyStatus, HealingAttempt, HealingPlan } from "../../model/anomaly.ts";
import type { AnomalyRecord, AnomalyStore } from "../../store/anomalies.ts";
import { clusterHealth } from "./cluster_health.ts";
import { figuresOf, type HealingRequest, stillHolds } from "./healing_plan.ts";

/** How an attempt began, or why it did not. `counts`: it is a failure of the fix itself, not of the moment. */
export type FixResult =
  | { readonly kind: "started"; readonly attempt: HealingAttempt }
  /** Whether it began is not known yet. */
  | { readonly kind: "open" }
  | {
    readonly kind: "not_started";
    readonly status: AnomalyStatus;
    readonly reason: string;
    readonly counts: boolean;
  };

/** What became of the open attempt. */
export type Progress =
  | { readonly kind: "none" }
  /** Still underway, or not to be known now. */
  | { readonly kind: "underway" }
  /** Found to have reached the executor although its answer was lost. */
  | { readonly kind: "started"; readonly attempt: HealingAttempt }
  | { readonly kind: "ended"; readonly attempt: HealingAttempt };

/** What the healer needs. */
export interface HealerDeps {
  readonly context: ActorContext;
  readonly store: AnomalyStore;
  readonly signal: AbortSignal;
  newId(): string;
}

/** See the top of the file. */
export class Healer {
  readonly #deps: HealerDeps;
  #attempt: HealingAttempt | undefined;

  /** A healer that has read nothing yet. */
  constructor(deps: HealerDeps) {
    this.#deps = deps;
  }

  /** The attempt that has not ended. */
  get attempt(): HealingAttempt | undefined {
    return this.#attempt;
  }

  /** Takes up the attempt of an earlier life. */
  load(): Result<void> {
    const open = this.#deps.store.openAttempt();
    if (!open.ok) return open;
    this.#attempt = open.value;
    return ok(undefined);
  }

  /** Plans without executing anything. */
  async plan(request: HealingRequest): Promise<Result<HealingPlan>> {
    const made = await this.#makePlan(request);
    return made.ok ? ok(made.value.figures) : made;
  }

  /** Begins to heal. */
  async fix(record: AnomalyRecord, request: HealingRequest): Promise<FixResult> {
    const executionUuid = this.#deps.newId();
    const attempt: HealingAttempt = {
      executionUuid,
      anomalyId: record.id,
      begunAtMs: this.#deps.context.clock.nowMs(),
      state: "planning",
      plan: undefined,
      endedAtMs: undefined,
      outcome: undefined,
    };
    this.#closeForgotten();
    const noted = this.#deps.store.saveAttempt(attempt);
    if (!noted.ok) return later("CHECK_WITH_DELAY", noted.failure.message);
    this.#attempt = attempt;
    const reserved = await this.#ask({
      kind: "reserve_executor",
      executionUuid,
      reason: request.reason,
      userTriggered: false,
    });
    if (!reserved.ok) {
      return await this.#dropped(later("CHECK_WITH_DELAY", reserved.failure.message));
    }
    const made = await this.#makePlan(request);
    if (!made.ok) {
      const tooEarly = made.failure.code === "not_enough_windows";
      return await this.#dropped(
        tooEarly
          ? later("COMPLETENESS_NOT_READY", made.failure.message)
          : failed(made.failure.message),
      );
    }
    const { plan } = made.value.answer;
    if (plan.proposals.length === 0) {
      const left = made.value.figures.left ?? "There is nothing that a plan could move";
      return await this.#dropped(failed(left));
    }
    const seen = await this.#ask({ kind: "get_cluster", fresh: true });
    if (!seen.ok) return await this.#dropped(later("CHECK_WITH_DELAY", seen.failure.message));
    if (!stillHolds(record.condition, clusterHealth(seen.value))) {
      return await this.#dropped(
        later("CHECK_WITH_DELAY", "The cluster changed while the fix was planned"),
      );
    }
    return await this.#execute(request, made.value);
  }

  async #execute(
    request: HealingRequest,
    made: { answer: AnswerOf<"make_plan">; figures: HealingPlan },
  ): Promise<FixResult> {
    this.#attempt = { ...this.#attempt!, plan: made.figures };
    const noted = this.#deps.store.saveAttempt(this.#attempt);
    if (!noted.ok) return await this.#dropped(later("CHECK_WITH_DELAY", noted.failure.message));
    const { plan, rest } = made.answer;
    const begun = await this.#ask({
      kind: "execute_proposals",
      executionUuid: this.#attempt.executionUuid,
      operation: made.figures.operation,
      proposals: plan.proposals,
      ...(rest === undefined ? {} : { rest }),
      options: request.options,
    });
    if (begun.ok) return { kind: "started", attempt: this.#to({ state: "executing" }) };
    const { code, message } = begun.failure;
    // The executor refused: nothing of it is underway. Anything else says only that no answer came.
    if (code === "ongoing_execution" || code === "cancelled") {
      return await this.#dropped(later("CHECK_WITH_DELAY", message));
    }
    const isLost = code === "actor_died" || code === "deadline_exceeded" ||
      code === "shutting_down" || code === "internal" || code === "mailbox_full";
    return isLost ? { kind: "open" } : await this.#dropped(failed(message));
  }

  /** Looks what became of the open attempt. `executor`: its state now. */
  async follow(executor: ExecutorState): Promise<Progress> {
    const attempt = this.#attempt;
    if (attempt === undefined) return { kind: "none" };
    const { executionUuid } = attempt;
    if (executor.executionUuid === executionUuid) {
      if (executor.phase === "INITIALIZING_PROPOSAL_EXECUTION") return { kind: "underway" };
      if (executor.phase !== "GENERATING_PROPOSALS_FOR_EXECUTION") {
        if (attempt.state === "executing") return { kind: "underway" };
        return { kind: "started", attempt: this.#to({ state: "executing" }) };
      }
      // Reserved by a life of ours that is over: nobody will come with a plan.
      const freed = await this.#ask({ kind: "release_executor", executionUuid });
      return freed.ok ? this.#end("interrupted while it was planned") : { kind: "underway" };
    }
    if (executor.lastExecution?.executionUuid === executionUuid) {
      const { outcome, explanation } = executor.lastExecution;
      return this.#end(`${outcome}: ${explanation}`);
    }
    return this.#end(
      attempt.state === "executing"
        ? "ended; other executions came after it"
        : "interrupted before the executor had it",
    );
  }

  #end(outcome: string): Progress {
    const endedAtMs = this.#deps.context.clock.nowMs();
    const attempt = this.#to({ state: "ended", outcome, endedAtMs });
    this.#attempt = undefined;
    return { kind: "ended", attempt };
  }

  /** The attempt ends before anything was executed, and the executor is free for others. */
  async #dropped(result: FixResult & { kind: "not_started" }): Promise<FixResult> {
    // While stopping, the attempt stays open: the next life asks the executor and frees it.
    if (this.#deps.signal.aborted) return result;
    const { executionUuid } = this.#attempt!;
    // A release that is lost costs a wait: reservations expire.
    await this.#ask({ kind: "release_executor", executionUuid });
    this.#end(result.reason);
    return result;
  }

  #to(change: Partial<HealingAttempt>): HealingAttempt {
    const attempt = { ...this.#attempt!, ...change };
    const noted = this.#deps.store.saveAttempt(attempt);
    // The row then says less than what is true; the executor is asked for the truth after a restart.
    if (!noted.ok) {
      this.#deps.context.log.error("An attempt to heal was not written down", {
        reason: noted.failure.message,
      });
    }
    this.#attempt = attempt;
    return attempt;
  }

  /** An end that could not be written when it came, e.g. without room on the disk. */
  #closeForgotten(): void {
    const { store, context } = this.#deps;
    const open = store.openAttempt();
    if (!open.ok || open.value === undefined) return;
    const outcome = "ended; how was not written down";
    store.saveAttempt({ ...open.value, state: "ended", outcome, endedAtMs: context.clock.nowMs() });
  }

  async #makePlan(
    request: HealingRequest,
  ): Promise<Result<{ answer: AnswerOf<"make_plan">; figures: HealingPlan }>> {
    const planUuid = this.#deps.newId();
    const made = await this.#ask({ kind: "make_plan", planUuid, plan: request.plan });
    if (!made.ok) {
      // Nobody waits for it any more.
      if (this.#deps.signal.aborted) {
        void this.#deps.context.request({ kind: "cancel_plan", planUuid });
      }
      return made;
    }
    const nowMs = this.#deps.context.clock.nowMs();
    const figures = figuresOf(request.plan.operation, made.value.plan, nowMs);
    return ok({ answer: made.value, figures });
  }

  #ask<K extends RequestKind>(
    request: RequestOf<K> & { readonly kind: K },
  ): Promise<Result<AnswerOf<K>>> {
    return this.#deps.context.request<K>(request, { signal: this.#deps.signal });
  }
}

function later(status: AnomalyStatus, reason: string) {
  return { kind: "not_started" as const, status, reason, counts: false };
}

function failed(reason: string) {
  return {
    kind: "not_started" as const,
    status: "FIX_FAILED_TO_START" as const,
    reason,
    counts: true,
  };
}
