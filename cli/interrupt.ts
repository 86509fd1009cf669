/**
 * Work that tidies up when it is interrupted. Elsewhere a signal simply ends a command, which holds nothing then.
 *
 * @module
 */

/** Runs `work` with a signal that SIGINT and SIGTERM abort; what it gives then should be a `cancelled` failure. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const onSignal = () => abort.abort();
  const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  try {
    return await work(abort.signal);
  } finally {
    for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
  }
}
