/** A history from before the start, for a cluster whose past is known: the simulated one. */
import type { Result } from "../../lib/failure.ts";
import type { BrokerMetricsReading } from "../../model/readings.ts";
import type { BrokerHistoryStore } from "../../store/broker_history.ts";
import { type History, recordReading, takeDirty } from "./history.ts";

/** Saves readings, oldest first, as if they had been taken while running. Call it before the classifier starts. */
export function savePast(
  store: BrokerHistoryStore,
  readings: Iterable<BrokerMetricsReading>,
): Result<void> {
  const history: History = new Map();
  for (const reading of readings) recordReading(history, reading.atMs, reading);
  return store.save(takeDirty(history), { keepFromChunk: 0 });
}
