/** The classifier's sub-state of `state` in plain text, in the manner of the others. */
import type { ClassifierState } from "../../../messages/classifier.ts";
import { list, map, utcSeconds } from "../java_format.ts";

/** The line of the classifier, and the empty line that follows it. */
export function classifierText(state: ClassifierState): string {
  const { status, explanation, model, predictedAtMs, brokers } = state;
  const shown = brokers.map((broker) =>
    map([
      ["broker", String(broker.brokerId)],
      ["current", broker.current ?? "unknown"],
      ["predicted", broker.predicted ?? "unknown"],
      ["votes", list(broker.votes.map(String))],
    ])
  );
  return `ClassifierState: {status:${status}, explanation:${explanation}, ` +
    `modelVersion:${model?.version ?? "None"}, ` +
    `predictedAt:${predictedAtMs === null ? "None" : utcSeconds(predictedAtMs)}, ` +
    `brokers:${list(shown)}}\n\n`;
}
