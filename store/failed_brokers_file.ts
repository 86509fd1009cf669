/**
 * The file in which Cruise Control remembers since when brokers are gone: taken over once, so that who migrates while
 * a broker is gone does not wait for the thresholds anew.
 *
 * @module
 */
import { fail, failureFrom, ok, type Result } from "../lib/failure.ts";
import type { Log } from "../lib/log.ts";
import type { AnomalyStore } from "./anomalies.ts";

/** Since when brokers are gone, epoch ms by id, from `id=ms,id=ms`. Fails with `invalid_file`. */
export function parseFailedBrokers(text: string): Result<Map<number, number>> {
  const since = new Map<number, number>();
  for (const entry of text.split(",").map((part) => part.trim()).filter((part) => part !== "")) {
    const match = /^(\d{1,10})=(\d{1,15})$/.exec(entry);
    if (match === null) {
      const shown = JSON.stringify(entry.slice(0, 40));
      return fail("invalid_file", `Cannot read failed brokers: wanted id=ms, got ${shown}`);
    }
    since.set(Number(match[1]), Number(match[2]));
  }
  return ok(since);
}

/**
 * Adds the times of the file to those of the store, where earlier ones win; once a path. A file that is not there is
 * looked for again at the next start, and so is one that cannot be read, which is logged.
 */
export function importFailedBrokers(
  store: AnomalyStore,
  path: string,
  { log, nowMs }: { readonly log: Log; readonly nowMs: number },
): void {
  const imported = takeOver(store, path, nowMs);
  if (!imported.ok) {
    log.error("Cruise Control's failed brokers were not taken over", {
      path,
      reason: imported.failure.message,
    });
  } else if (imported.value !== undefined) {
    log.info("Cruise Control's failed brokers were taken over", { path, brokers: imported.value });
  }
}

/** How many brokers were taken over; undefined when there was nothing to do. */
function takeOver(store: AnomalyStore, path: string, nowMs: number): Result<number | undefined> {
  const known = store.wasImported(path);
  if (!known.ok) return known;
  if (known.value) return ok(undefined);
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return ok(undefined);
    return {
      ok: false,
      failure: failureFrom(error, `Cannot read ${path}`, { code: "invalid_file" }),
    };
  }
  const parsed = parseFailedBrokers(text);
  if (!parsed.ok) return parsed;
  const before = store.failedBrokers();
  if (!before.ok) return before;
  const since = new Map(before.value);
  for (const [brokerId, sinceMs] of parsed.value) {
    since.set(brokerId, Math.min(sinceMs, since.get(brokerId) ?? nowMs));
  }
  const saved = store.saveFailedBrokers(since);
  if (!saved.ok) return saved;
  const noted = store.noteImport(path, nowMs);
  return noted.ok ? ok(parsed.value.size) : noted;
}
