/**
 * What the classifier says and answers.
 *
 * @module
 */

/** Names of load states; the index is the state's number in arrays, -1 is unknown. */
export const LOAD_STATES = ["under_loaded", "optimal", "over_loaded"] as const;

/** Name of a load state. */
export type LoadState = typeof LOAD_STATES[number];

/**
 * classifier -> detector, at each prediction while a model is in use: one that beats the baselines. Without such a
 * model nothing is said. Copied. keep_latest: only the newest prediction counts, and it carries its own past.
 */
export interface StatesPredicted {
  readonly kind: "states_predicted";
  /** When it was predicted, epoch ms. */
  readonly atMs: number;
  /** How far ahead, ms. */
  readonly horizonMs: number;
  /** Version of the model, see {@link ModelReport}. */
  readonly modelVersion: number;
  /** Length n, ascending. */
  readonly brokerIds: Int32Array;
  /** Length n: state now, index into LOAD_STATES, -1 unknown because metrics are missing. */
  readonly currentStates: Int8Array;
  /** Length n: predicted state, -1 unknown. */
  readonly states: Int8Array;
  /** n x LOAD_STATES.length row-major: how many of the latest predictions of the broker named each state. */
  readonly votes: Int32Array;
  /** Predictions that are counted at most. Fewer are counted early on, and unknown ones name no state. */
  readonly votesMax: number;
  /**
   * Length n: cpu one horizon later, fraction of the broker's cores, NaN unknown. The highest of what a straight line
   * through the last half hour and the usual change at this time of the day give: what to plan for, not a best guess.
   */
  readonly expectedCpu: Float64Array;
  /** Length n: memory now, fraction of the heap, NaN unknown. */
  readonly memory: Float64Array;
  /** Fractions from which a broker counts as over-loaded. */
  readonly cpuOver: number;
  readonly memoryOver: number;
}

/** Scores of one way to predict, on rows that it has not seen. Fractions; null where there are no such rows. */
export interface ScoreReport {
  readonly rows: number;
  readonly macroF1: number | null;
  readonly accuracy: number | null;
  readonly changedRows: number;
  /** Share of the rows whose state changes that are predicted right. */
  readonly changedAccuracy: number | null;
  /** Rows that are not over-loaded and will be. */
  readonly onsetRows: number;
  /** Part of them that is found while `onsetPrecision` of what is announced is right. */
  readonly onsetRecall: number | null;
  readonly onsetPrecision: number;
  readonly classes: readonly {
    readonly state: LoadState;
    readonly rows: number;
    readonly precision: number | null;
    readonly recall: number | null;
    readonly f1: number | null;
  }[];
  /** Row = what came, column = what was predicted, both in the order of LOAD_STATES: rows. */
  readonly confusion: readonly (readonly number[])[];
}

/** The scores of a model beside those of who has not learned. */
export interface ScoreTable {
  readonly forest: ScoreReport;
  readonly persistence: ScoreReport;
  readonly same_time_yesterday: ScoreReport;
  readonly linear_forecast: ScoreReport;
}

/** A model with the scores that decided over it. */
export interface ModelReport {
  readonly version: number;
  readonly createdMs: number;
  /** Time of the rows that it learned from, epoch ms. */
  readonly trainedFromMs: number;
  readonly trainedToMs: number;
  /** Rows of the test: later than all that was learned from. */
  readonly scores: ScoreTable;
  /** As `scores`, of brokers that nothing was learned from; null with fewer than 4 brokers. */
  readonly heldOutScores: ScoreTable | null;
  /** Loss of macro-F1 when a feature is shuffled among the rows, largest first. */
  readonly importance: readonly { readonly feature: string; readonly loss: number }[];
}

/** How the classifier is. */
export interface ClassifierState {
  /**
   * `no_metrics`: no broker metrics have arrived; `collecting`: too little history to learn from; `training`: the first
   * training runs; `predicting`: a model is in use; `not_better`: the latest model does not beat the baselines and
   * nothing is predicted.
   */
  readonly status: "no_metrics" | "collecting" | "training" | "predicting" | "not_better";
  /** The same for people, one line, with figures. */
  readonly explanation: string;
  /** Minutes of metrics, of all brokers together, that are remembered; the earliest and latest of them, epoch ms. */
  readonly historyRows: number;
  readonly historyFromMs: number | null;
  readonly historyToMs: number | null;
  /** Set while a training runs: 0..1 and what it does. */
  readonly training: { readonly progress: number; readonly step: string } | null;
  /** How the latest training ended, in words; null before the first. */
  readonly lastTraining: { readonly endedAtMs: number; readonly verdict: string } | null;
  readonly nextTrainingAtMs: number | null;
  /** The model in use. */
  readonly model: ModelReport | null;
  readonly predictedAtMs: number | null;
  readonly horizonMs: number;
  /** By broker id. States are null when unknown; `predicted` and `votes` are of the model in use. */
  readonly brokers: readonly {
    readonly brokerId: number;
    readonly current: LoadState | null;
    readonly predicted: LoadState | null;
    /** In the order of LOAD_STATES. */
    readonly votes: readonly number[];
  }[];
  /** Set while the store refuses models or history. */
  readonly storeFailure: string | null;
}

/** All facts of the classifier. */
export type ClassifierEmits = StatesPredicted;

/** Requests that the classifier answers. */
export interface ClassifierRequests {
  /** Answered at once. */
  get_classifier_state: {
    request: { readonly kind: "get_classifier_state" };
    answer: ClassifierState;
  };
}
