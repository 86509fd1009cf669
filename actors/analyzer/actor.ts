/**
 * Makes plans: answers those who ask, and has the default one ready.
 *
 * @module
 */
import type { Config } from "../../config/table.ts";
import { ok, type Result } from "../../lib/failure.ts";
import type { Actor, ActorContext } from "../../messages/actor.ts";
import type { PlanRequest } from "../../messages/analyzer.ts";
import type { AnswerOf, Message } from "../../messages/mod.ts";
import type { Keeper } from "../../planner/previous.ts";
import { brokerLoads } from "./broker_load.ts";
import { checkGoals } from "./goal_check.ts";
import { createHeldPlans } from "./held_plans.ts";
import { ANY_LOAD, createModelSource, type SourcedModel } from "./model_source.ts";
import { partitionLoads } from "./partition_load.ts";
import { createPlanCache, requestKey } from "./plan_cache.ts";
import { BACKGROUND, createPlanJobs, type JobControl } from "./plan_jobs.ts";
import { needsLogDirs } from "./operations.ts";
import { checkRequest, type MadePlan, makePlanFor, planRulesOf } from "./plan_maker.ts";
import { createPrecomputer } from "./precompute.ts";
import { createHeldSnapshots, snapshotModel } from "./snapshots.ts";
import { analyzerState } from "./state.ts";

const DEFAULT_REQUEST: PlanRequest = { operation: "rebalance" };

/** What the analyzer needs. */
export interface AnalyzerDeps {
  readonly context: ActorContext;
  readonly config: Config;
}

/** The analyzer. */
export function createAnalyzer({ context, config }: AnalyzerDeps): Actor {
  const { clock, log } = context;
  const rules = planRulesOf(config);
  const source = createModelSource({ context, config });
  const cache = createPlanCache<MadePlan>(config["proposal.expiration.ms"]);
  const held = createHeldPlans(String(clock.nowMs()));
  const snapshots = createHeldSnapshots(String(clock.nowMs()), clock);
  const keeper: Keeper = { kept: undefined };
  const jobs = createPlanJobs<MadePlan>(clock, (planUuid, steps) => {
    context.emit({ kind: "plan_progressed", planUuid, steps });
  });
  const precomputes = config["num.proposal.precompute.threads"] > 0;
  let loadGeneration = 0;
  let executing = false;
  let stopped = false;
  let unknownResources: SourcedModel["input"]["unknownResources"] = new Map();

  /** Whether the caller has seen a later cluster than we: what we have or make is then of the past. */
  function isAhead({ topologyGeneration = 0 }: PlanRequest): boolean {
    return topologyGeneration > source.topologyGeneration();
  }

  function cached(request: PlanRequest): MadePlan | undefined {
    if (executing || request.ignoreProposalCache === true || isAhead(request)) return undefined;
    return cache.get(requestKey(request), {
      nowMs: clock.nowMs(),
      topologyGeneration: source.topologyGeneration(),
      loadGeneration,
    });
  }

  async function make(
    request: PlanRequest,
    control: JobControl,
    findsEnough: boolean,
  ): Promise<Result<MadePlan>> {
    if (!rules.ok) return rules;
    const made = await makePlanFor(request, {
      rules: rules.value,
      source,
      context,
      control,
      keeper,
      previous: request.ignoreProposalCache === true
        ? undefined
        : cache.previous(requestKey(request)),
      findsEnough,
      onModel: (model) => unknownResources = model.input.unknownResources,
    });
    if (made.ok && !executing) cache.put(requestKey(request), made.value, made.value.origin);
    return made;
  }

  async function answerPlan(
    planUuid: string,
    request: PlanRequest,
  ): Promise<Result<AnswerOf<"make_plan">>> {
    if (!rules.ok) return rules;
    const goals = checkRequest(request, rules.value);
    if (!goals.ok) return goals;
    // Moves between log dirs change no generation, so that nothing tells when such a plan is out of date.
    const known = needsLogDirs(request, goals.value) ? undefined : cached(request);
    if (known !== undefined) return ok(held.firstPart({ ...known.answer, fromCache: true }));
    // A plan that must not come from the cache must not be shared with one in the making either.
    const isAlone = request.ignoreProposalCache === true || isAhead(request);
    const key = isAlone ? `fresh ${planUuid}` : requestKey(request);
    const made = await jobs.plan(
      planUuid,
      key,
      (control) => make(request, control, request.heals !== true),
    );
    return made.ok ? ok(held.firstPart(made.value.answer)) : made;
  }

  const ahead = createPrecomputer(context, () =>
    jobs.plan(
      BACKGROUND,
      requestKey(DEFAULT_REQUEST),
      (control) => make(DEFAULT_REQUEST, control, false),
    ));

  return {
    start() {
      if (!rules.ok) log.error("No plans can be made", { reason: rules.failure.message });
      context.wake();
      return Promise.resolve();
    },
    handle(message: Message) {
      if (message.kind === "cluster_observed") source.observed(message);
      else if (message.kind === "window_closed") loadGeneration = message.loadGeneration;
      else if (message.kind === "execution_progressed") {
        executing = message.state.phase !== "NO_TASK_IN_PROGRESS";
      } else if (message.kind === "execution_ended") executing = false;
    },
    answers: {
      make_plan: ({ planUuid, plan }) => answerPlan(planUuid, plan),
      get_plan_part: ({ planId, from }) => held.part(planId, from),
      cancel_plan({ planUuid }) {
        jobs.cancel(planUuid);
        return ok({});
      },
      async get_snapshot(wish) {
        if (!rules.ok) return rules;
        const model = await snapshotModel(wish, { rules: rules.value, source });
        return model.ok ? snapshots.hold(model.value.input) : model;
      },
      get_snapshot_part: ({ snapshotId, part }) => snapshots.part(snapshotId, part),
      drop_snapshot({ snapshotId }) {
        snapshots.drop(snapshotId);
        return ok({});
      },
      async get_broker_load({ fromMs, toMs, withLogDirs = false, capacityOnly = false }) {
        const wish = { fromMs, toMs, requirements: ANY_LOAD, states: new Map(), withLogDirs };
        const model = capacityOnly
          ? await source.unloaded()
          : await source.model(wish, () => false);
        return model.ok ? ok({ brokers: brokerLoads(model.value.input) }) : model;
      },
      async get_partition_load({ wish }) {
        const requirements = {
          windows: 1,
          minValidRatio: wish.minValidRatio ?? config["min.valid.partition.ratio"],
          includeAllTopics: false,
        };
        const { fromMs, toMs } = wish;
        const range = { fromMs, toMs, requirements, states: new Map() };
        const model = await source.model(range, () => false);
        if (!model.ok) return model;
        const loads = partitionLoads(model.value, wish);
        if (!loads.ok) return loads;
        const guessed = model.value.input.brokers.filter((broker) => broker.capacityEstimated);
        return ok({ ...loads.value, estimatedBrokers: guessed.map(({ id }) => id) });
      },
      async check_goals(request) {
        if (!rules.ok) return rules;
        const control: JobControl = { cancelled: () => stopped, progress() {} };
        return await checkGoals(request, { rules: rules.value, source, context, control });
      },
      async get_analyzer_state() {
        if (!rules.ok) return rules;
        const monitor = await context.request({ kind: "get_monitor_state" });
        return ok(analyzerState({
          rules: rules.value,
          monitor: monitor.ok ? monitor.value : undefined,
          mayUseActive: config["evenkeel.plan.from.active.window"],
          unknownResources,
          isProposalReady: cached(DEFAULT_REQUEST) !== undefined,
        }));
      },
    },
    tick(nowMs) {
      if (!precomputes) return undefined;
      return ahead.tick(
        nowMs,
        () => !executing && !jobs.busy() && cached(DEFAULT_REQUEST) === undefined,
      );
    },
    stop() {
      stopped = true;
      jobs.cancel(BACKGROUND);
      return Promise.resolve();
    },
  };
}
