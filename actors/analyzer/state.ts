/**
 * Whether goals can be planned for now, as the state endpoint shows it. Pure.
 *
 * @module
 */
import { goalNamed } from "../../goals/catalog.ts";
import type { MonitorState } from "../../messages/aggregator.ts";
import type { AnalyzerState } from "../../messages/analyzer.ts";
import type { PlanRules } from "./plan_maker.ts";
import { goalRequirements, isMet } from "./requirements.ts";

/** What the state is derived from. */
export interface StateSources {
  readonly rules: PlanRules;
  /** Undefined when the aggregator did not answer: then nothing is ready. */
  readonly monitor: MonitorState | undefined;
  readonly mayUseActive: boolean;
  /** By resource id: resources of the newest model whose load is not known, with the reason. */
  readonly unknownResources: ReadonlyMap<number, string>;
  readonly isProposalReady: boolean;
}

/** The state of every supported goal. */
export function analyzerState(sources: StateSources): AnalyzerState {
  const { rules, monitor, mayUseActive, unknownResources } = sources;
  const goalsOff = rules.lists.supported.flatMap((goal) => {
    const missing = goalNamed(goal)?.resources.find((resource) => unknownResources.has(resource));
    return missing === undefined ? [] : [{ goal, reason: unknownResources.get(missing)! }];
  });
  const off = new Set(goalsOff.map(({ goal }) => goal));
  const goalReadiness = rules.lists.supported.map((goal) => {
    const requirements = goalRequirements(goal, rules.requirements);
    const known = monitor !== undefined && isMet(requirements, monitor, mayUseActive);
    return { goal, ready: known && !off.has(goal), requirements };
  });
  return {
    isProposalReady: sources.isProposalReady,
    readyGoals: goalReadiness.filter(({ ready }) => ready).map(({ goal }) => goal),
    goalsOff,
    goalReadiness,
  };
}
