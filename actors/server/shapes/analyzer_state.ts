/**
 * Cruise Control's analyzer state, a sub-state of `state`.
 *
 * @module
 */
import type { AnalyzerState } from "../../../messages/analyzer.ts";

/** The analyzer's state as clients read it. */
export interface AnalyzerStateJson {
  readonly isProposalReady: boolean;
  readonly readyGoals: readonly string[];
  readonly goalReadiness?: readonly {
    readonly name: string;
    readonly status: "ready" | "notReady";
    readonly modelCompleteRequirement: {
      readonly requiredNumSnapshots: number;
      readonly minMonitoredPartitionsPercentage: number;
      readonly includeAllTopics: boolean;
    };
  }[];
}

/** The state in Cruise Control's shape. */
export function analyzerStateJson(
  state: AnalyzerState,
  options: { verbose: boolean },
): AnalyzerStateJson {
  return {
    isProposalReady: state.isProposalReady,
    readyGoals: state.readyGoals,
    ...(options.verbose
      ? {
        goalReadiness: state.goalReadiness.map(({ goal, ready, requirements }) => ({
          name: goal,
          status: ready ? "ready" as const : "notReady" as const,
          modelCompleteRequirement: {
            requiredNumSnapshots: requirements.windows,
            minMonitoredPartitionsPercentage: requirements.minValidRatio,
            includeAllTopics: requirements.includeAllTopics,
          },
        })),
      }
      : {}),
  };
}
