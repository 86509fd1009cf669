/** `state`: what monitor, executor, analyzer and anomaly detector are doing, and the classifier when asked for. */
import type { Result } from "../../../lib/failure.ts";
import { type Call, defineEndpoint, type EndpointAnswer, type EndpointDeps } from "../endpoint.ts";
import { bool, text, words } from "../params.ts";
import { analyzerStateJson } from "../shapes/analyzer_state.ts";
import { detectorStateJson } from "../shapes/detector_state.ts";
import { executorStateJson } from "../shapes/executor_state.ts";
import { monitorStateJson, validWindowCount } from "../shapes/monitor_state.ts";
import { classifierText } from "../text/classifier_text.ts";
import { detectorText } from "../text/detector_text.ts";
import {
  analyzerText,
  executorText,
  monitorText,
  readinessText,
  tasksText,
  windowsText,
} from "../text/state_text.ts";

/** What is shown unless something else is asked for: Cruise Control's. */
const USUAL_SUBSTATES = ["analyzer", "monitor", "executor", "anomaly_detector"] as const;

/** The classifier answers late while it trains: who does not ask for it does not wait for it. */
const SUBSTATES = [...USUAL_SUBSTATES, "classifier"] as const;

const PARAMS = {
  substates: words(SUBSTATES, USUAL_SUBSTATES, "Invalid substate"),
  verbose: bool(false),
  super_verbose: bool(false),
  reason: text(),
} as const;

/** A sub-state in both forms. */
interface Part {
  readonly json: object;
  /** Its line, and what follows all lines when verbose. */
  readonly line: string;
  readonly block: string;
}

type Maker = (verbose: boolean, deps: EndpointDeps) => Promise<Result<Part>>;

const monitorPart: Maker = async (verbose, { context, settings }) => {
  const deadline = { deadlineMs: settings.askTimeoutMs };
  const [sampler, monitor] = await Promise.all([
    context.request({ kind: "get_sampler_state" }, deadline),
    context.request({ kind: "get_monitor_state" }, deadline),
  ]);
  if (!sampler.ok) return sampler;
  if (!monitor.ok) return monitor;
  const json = monitorStateJson(sampler.value, monitor.value, { verbose });
  const line = monitorText(json, validWindowCount(monitor.value));
  return { ok: true, value: { json, line, block: windowsText(json) } };
};

const executorPart: Maker = async (verbose, { context, settings }) => {
  const state = await context.request({ kind: "get_executor_state", withTasks: verbose }, {
    deadlineMs: settings.askTimeoutMs,
  });
  if (!state.ok) return state;
  const json = executorStateJson(state.value, { verbose });
  return {
    ok: true,
    value: { json, line: executorText(state.value), block: tasksText(state.value) },
  };
};

const analyzerPart: Maker = async (verbose, { context, settings }) => {
  const state = await context.request({ kind: "get_analyzer_state" }, {
    deadlineMs: settings.askTimeoutMs,
  });
  if (!state.ok) return state;
  const json = analyzerStateJson(state.value, { verbose });
  return { ok: true, value: { json, line: analyzerText(json), block: readinessText(json) } };
};

const detectorPart: Maker = async (_verbose, { context, settings }) => {
  const state = await context.request({ kind: "get_detector_state" }, {
    deadlineMs: settings.askTimeoutMs,
  });
  if (!state.ok) return state;
  const json = detectorStateJson(state.value, context.clock.nowMs());
  return { ok: true, value: { json, line: detectorText(json), block: "" } };
};

const classifierPart: Maker = async (_verbose, { context, settings }) => {
  const state = await context.request({ kind: "get_classifier_state" }, {
    deadlineMs: settings.askTimeoutMs,
  });
  if (!state.ok) return state;
  return { ok: true, value: { json: state.value, line: classifierText(state.value), block: "" } };
};

/** In the order of the plain text. */
const MAKERS: readonly {
  readonly substate: typeof SUBSTATES[number];
  readonly member: string;
  readonly make: Maker;
}[] = [
  { substate: "monitor", member: "MonitorState", make: monitorPart },
  { substate: "executor", member: "ExecutorState", make: executorPart },
  { substate: "analyzer", member: "AnalyzerState", make: analyzerPart },
  { substate: "anomaly_detector", member: "AnomalyDetectorState", make: detectorPart },
  { substate: "classifier", member: "ClassifierState", make: classifierPart },
];

async function run(
  call: Call<typeof PARAMS>,
  deps: EndpointDeps,
): Promise<Result<EndpointAnswer>> {
  const { values } = call;
  const wanted = MAKERS.filter((maker) => values.substates.includes(maker.substate));
  const isVerbose = values.verbose || values.super_verbose;
  const parts = await Promise.all(wanted.map((maker) => maker.make(isVerbose, deps)));
  const json: Record<string, object> = {};
  let lines = "";
  let blocks = "";
  for (const [i, part] of parts.entries()) {
    if (!part.ok) return part;
    json[wanted[i]!.member] = part.value.json;
    lines += part.value.line;
    blocks += part.value.block;
  }
  return { ok: true, value: { json, text: () => isVerbose ? lines + blocks : lines } };
}

/** GET state. */
export const state = defineEndpoint({
  name: "state",
  method: "GET",
  isAsync: true,
  role: "USER",
  taskType: "cruise_control_monitor",
  operation: "Get state",
  params: PARAMS,
  run,
});
