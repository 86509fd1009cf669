/**
 * Long loops that let others have their turn on the event loop.
 *
 * @module
 */
import { settle } from "./clock.ts";

/** Items between two turns of others: some milliseconds where an item costs some microseconds. */
const ITEMS_A_TURN = 1000;

/** `each` for every item in order, with pauses in which other events are handled. */
export async function forEachInTurns<T>(
  items: readonly T[],
  each: (item: T, index: number) => void,
): Promise<void> {
  for (let i = 0; i < items.length; i++) {
    if (i > 0 && i % ITEMS_A_TURN === 0) await settle();
    each(items[i]!, i);
  }
}
