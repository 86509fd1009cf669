/** Keys of anomaly detection and self-healing. Names, units and defaults are Cruise Control's where it has the key. */
import { key, optionalKey } from "../key.ts";

const READER = "actors/detector/settings.ts";

function interval(of: string) {
  return optionalKey("int", {
    unit: "ms",
    min: 100,
    doc: `Time between two searches for ${of}; anomaly.detection.interval.ms when absent.`,
    reader: READER,
  });
}

function healingOf(what: string) {
  return optionalKey("boolean", {
    unit: "",
    doc: `Whether ${what} is healed without asking; self.healing.enabled when absent.`,
    reader: READER,
  });
}

function exclusion(what: string) {
  return key("boolean", "true", {
    unit: "",
    doc: `Whether plans of self-healing leave out brokers that were ${what} recently.`,
    reader: READER,
  });
}

/** Detection, self-healing and notifications. */
export const DETECTOR_KEYS = {
  "anomaly.detection.interval.ms": key("int", "300000", {
    unit: "ms",
    min: 100,
    doc: "Time between two searches for anomalies of a kind.",
    reader: READER,
  }),
  "broker.failure.detection.interval.ms": interval("failed brokers"),
  "disk.failure.detection.interval.ms": interval("failed log dirs"),
  "goal.violation.detection.interval.ms": interval("violated goals"),
  "evenkeel.predicted.overload.detection.interval.ms": interval(
    "predicted overloads, besides the search at every prediction that changes",
  ),
  "broker.failure.detection.backoff.ms": key("int", "300000", {
    unit: "ms",
    min: 100,
    doc: "Time after which an anomaly that could not be healed is tried again; doubles, up to 12 " +
      "times this, while it stays the same and fails.",
    reader: READER,
  }),
  "broker.failure.alert.threshold.ms": key("int", "900000", {
    unit: "ms",
    min: 0,
    doc: "Time for which a broker must be gone before somebody is told.",
    reader: READER,
  }),
  "broker.failure.self.healing.threshold.ms": key("int", "1800000", {
    unit: "ms",
    min: 0,
    doc: "Time for which a broker must be gone before its replicas are put elsewhere; at least " +
      "broker.failure.alert.threshold.ms.",
    reader: READER,
  }),
  "failed.brokers.file.path": key("string", "fileStore/failedBrokers.txt", {
    unit: "",
    doc:
      "Where Cruise Control remembers since when brokers are gone. Read once, at the first start that " +
      "finds it; Evenkeel remembers in state.db.",
    reader: "workers/detector_worker.ts",
  }),
  "fixable.failed.broker.count.threshold": key("int", "10", {
    unit: "count",
    min: 0,
    doc: "Failed brokers beyond which nothing is healed: people have to look first.",
    reader: READER,
  }),
  "fixable.failed.broker.percentage.threshold": key("double", "0.4", {
    unit: "fraction",
    min: 0,
    max: 1,
    doc: "Share of failed brokers beyond which nothing is healed: people have to look first.",
    reader: READER,
  }),
  "self.healing.enabled": key("boolean", "false", {
    unit: "",
    doc: "Whether anomalies are healed without asking. When off, they are recorded together with " +
      "what would have been done.",
    reader: READER,
  }),
  "self.healing.broker.failure.enabled": healingOf("a failed broker"),
  "self.healing.disk.failure.enabled": healingOf("a failed log dir"),
  "self.healing.goal.violation.enabled": healingOf("a violated goal"),
  "evenkeel.self.healing.predicted.overload.enabled": healingOf("a predicted overload"),
  "evenkeel.predicted.overload.headroom": key("double", "0.1", {
    unit: "fraction",
    min: 0,
    max: 0.9,
    doc:
      "Part of evenkeel.classifier.cpu.over.threshold that a plan against a predicted overload " +
      "leaves free on every broker, so that the next minutes do not use it up again.",
    reader: READER,
  }),
  "self.healing.exclude.recently.demoted.brokers": exclusion("demoted"),
  "self.healing.exclude.recently.removed.brokers": exclusion("removed"),
  "num.cached.recent.anomaly.states": key("int", "10", {
    unit: "count",
    min: 1,
    max: 100,
    doc: "Anomalies of a kind that `state` shows.",
    reader: READER,
  }),
  "evenkeel.anomaly.history.max": key("int", "1000", {
    unit: "count",
    min: 1,
    max: 100000,
    doc: "Anomalies of a kind that state.db keeps; the oldest that are over go first.",
    reader: READER,
  }),
  "evenkeel.notifier.webhook.url": optionalKey("password", {
    unit: "",
    doc:
      "Where notifications are posted as JSON; nowhere when absent. Every one is logged as well.",
    reader: "workers/detector_worker.ts",
  }),
  "evenkeel.notifier.webhook.deadline.ms": key("int", "5000", {
    unit: "ms",
    min: 1,
    doc: "Time that the webhook has to answer one attempt.",
    reader: "actors/detector/actor.ts",
  }),
  "evenkeel.notifier.webhook.attempts.max": key("int", "4", {
    unit: "count",
    min: 1,
    max: 100,
    doc: "Attempts to post one notification before it is given up.",
    reader: "actors/detector/actor.ts",
  }),
  "evenkeel.notifier.webhook.backoff.ms": key("int", "1000", {
    unit: "ms",
    min: 1,
    doc: "Wait before the second attempt to post a notification; doubles with each further one.",
    reader: "actors/detector/actor.ts",
  }),
  "evenkeel.notifier.webhook.queue.max": key("int", "100", {
    unit: "count",
    min: 1,
    max: 100000,
    doc: "Notifications that may wait for the webhook; beyond it the oldest is given up.",
    reader: "actors/detector/actor.ts",
  }),
} as const;
