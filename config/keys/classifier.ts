/** Keys of the classifier: what counts as load states, what it remembers, when it learns. All are Evenkeel's own. */
import { key } from "../key.ts";

const READER = "actors/classifier/settings.ts";

const fraction = (defaultText: string, doc: string) =>
  key("double", defaultText, { unit: "fraction", min: 0, max: 1, doc, reader: READER });

/** Settings of the classifier. */
export const CLASSIFIER_KEYS = {
  "evenkeel.classifier.cpu.under.threshold": fraction(
    "0.25",
    "A broker whose cpu is below this part of its cores, and whose memory is below its own threshold, is under-loaded.",
  ),
  "evenkeel.classifier.cpu.over.threshold": fraction(
    "0.5",
    "A broker whose cpu reaches this part of its cores is over-loaded.",
  ),
  "evenkeel.classifier.memory.under.threshold": fraction(
    "0.25",
    "A broker whose heap after collection is below this part, and whose cpu is below its own threshold, is under-loaded.",
  ),
  "evenkeel.classifier.memory.over.threshold": fraction(
    "0.5",
    "A broker whose heap after collection reaches this part of the heap is over-loaded.",
  ),
  "evenkeel.classifier.horizon.minutes": key("int", "10", {
    unit: "minutes",
    min: 1,
    max: 720,
    doc: "How far ahead load states are predicted.",
    reader: READER,
  }),
  "evenkeel.classifier.cpu.window.minutes": key("int", "5", {
    unit: "minutes",
    min: 1,
    max: 60,
    doc:
      "The cpu of a load state is the mean of this time; at most the horizon is used. At least the polling interval.",
    reader: READER,
  }),
  "evenkeel.classifier.memory.window.minutes": key("int", "30", {
    unit: "minutes",
    min: 1,
    max: 240,
    doc:
      "The memory of a load state is the lowest heap of this time: what collections leave. At least the polling interval.",
    reader: READER,
  }),
  "evenkeel.classifier.predict.interval.ms": key("int", "10000", {
    unit: "ms",
    min: 1000,
    doc: "Time between two predictions.",
    reader: READER,
  }),
  "evenkeel.classifier.votes": key("int", "5", {
    unit: "count",
    min: 1,
    max: 1000,
    doc: "Latest predictions of a broker that are counted as votes.",
    reader: READER,
  }),
  "evenkeel.classifier.history.days": key("int", "31", {
    unit: "days",
    min: 2,
    max: 400,
    doc: "Days of broker metrics that are kept to learn from, one row a minute.",
    reader: READER,
  }),
  "evenkeel.classifier.history.rows.max": key("int", "2000000", {
    unit: "count",
    min: 10000,
    doc:
      "Rows of all brokers together that are kept in memory (24 bytes each); with many brokers fewer days are kept.",
    reader: READER,
  }),
  "evenkeel.classifier.history.flush.interval.ms": key("int", "300000", {
    unit: "ms",
    min: 1000,
    doc: "Time between two saves of the history; what is newer is lost in a crash.",
    reader: READER,
  }),
  "evenkeel.classifier.train.interval.ms": key("int", "86400000", {
    unit: "ms",
    min: 60000,
    doc: "Time between two trainings.",
    reader: READER,
  }),
  "evenkeel.classifier.train.min.minutes": key("int", "2880", {
    unit: "minutes",
    min: 120,
    doc:
      "Minutes of history without which nothing is learned; a day of them gives the first yesterday.",
    reader: READER,
  }),
  "evenkeel.classifier.train.trees": key("int", "60", {
    unit: "count",
    min: 1,
    max: 1000,
    doc: "Trees of a forest.",
    reader: READER,
  }),
  "evenkeel.classifier.train.rows.per.tree": key("int", "300", {
    unit: "count",
    min: 20,
    max: 2000,
    doc:
      "Rows that a tree learns from, drawn anew for each; its time grows with their square and blocks the classifier's thread.",
    reader: READER,
  }),
  "evenkeel.classifier.train.test.fraction": key("double", "0.2", {
    unit: "fraction",
    min: 0.05,
    max: 0.5,
    doc: "The latest part of the history, which no tree sees and all scores come from.",
    reader: READER,
  }),
  "evenkeel.classifier.min.gain": key("double", "0.001", {
    unit: "fraction",
    min: 0,
    max: 1,
    doc: "Macro-F1 by which a model must beat the best baseline to be used.",
    reader: READER,
  }),
  "evenkeel.classifier.onset.precision": fraction(
    "0.5",
    "Precision at which the recall of overload onsets is stated.",
  ),
  "evenkeel.classifier.models.kept": key("int", "10", {
    unit: "count",
    min: 2,
    max: 1000,
    doc: "Models kept in state.db; the one in use is always kept.",
    reader: READER,
  }),
} as const;
