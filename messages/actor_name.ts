/** The actors by name. Apart from the contract, so that messages and contract need not import each other. */

/** Every actor by name. */
export const ACTOR_NAMES = [
  "sampler",
  "aggregator",
  "classifier",
  "analyzer",
  "executor",
  "detector",
  "server",
] as const;

/** Name of an actor. */
export type ActorName = typeof ACTOR_NAMES[number];
