/** Several callers, one piece of work. */

/**
 * A function that runs `work` so that each caller gets an outcome that was begun after it called: callers who come
 * while one runs share the next one, which begins when that has ended. At most two are under way for any number of
 * callers.
 */
export function sharedCalls<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let waiting: Promise<T> | undefined;
  function begin(): Promise<T> {
    const mine: Promise<T> = work().finally(() => {
      if (running === mine) running = undefined;
    });
    running = mine;
    return mine;
  }
  function beginNext(): Promise<T> {
    waiting = undefined;
    return begin();
  }
  return () => {
    if (running === undefined && waiting === undefined) return begin();
    waiting ??= running!.then(beginNext, beginNext);
    return waiting;
  };
}
