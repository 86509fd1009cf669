/**
 * Where a {@link Fitting} has everything, for the model to go there.
 *
 * @module
 */
import { type Places, placesOf } from "../checkpoint.ts";
import type { Fitting } from "./fitting.ts";

/** Replicas that could not move are where the model has them. */
export function placesOfFitting({ puzzle, at, leader }: Fitting): Places {
  const { items, binBroker, search } = puzzle;
  const { broker, leader: leaders } = placesOf(search);
  for (const [i, r] of items.entries()) broker[r] = binBroker[at[i]!]!;
  for (const i of leader) {
    if (i >= 0) leaders[search.model.partition[items[i]!]!] = items[i]!;
  }
  return { broker, leader: leaders };
}
