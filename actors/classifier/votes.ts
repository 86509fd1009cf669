/**
 * The latest predictions of each broker, counted: one that comes and goes is not acted on.
 *
 * @module
 */
import { STATE_COUNT, UNKNOWN } from "./labels.ts";

/** Predictions by broker id, oldest first. */
export type Votes = Map<number, number[]>;

/** Adds a prediction (state index, or unknown) and forgets all but the latest `max`. */
export function addVote(
  votes: Votes,
  brokerId: number,
  options: { readonly state: number; readonly max: number },
): void {
  const cast = votes.get(brokerId) ?? [];
  cast.push(options.state);
  votes.set(brokerId, cast.slice(-options.max));
}

/** How many of the latest predictions named each state; unknown ones name none. */
export function countVotes(votes: Votes, brokerId: number): number[] {
  const counts = new Array<number>(STATE_COUNT).fill(0);
  for (const state of votes.get(brokerId) ?? []) if (state !== UNKNOWN) counts[state]!++;
  return counts;
}

/** Forgets brokers that are not among these. */
export function keepVotesOf(votes: Votes, brokerIds: readonly number[]): void {
  const kept = new Set(brokerIds);
  for (const brokerId of votes.keys()) if (!kept.has(brokerId)) votes.delete(brokerId);
}
