/** Numbers that tell the actor of `lively_worker.ts` how to die. */
export const DEATHS = { throwInHandle: -1, rejection: -2, throwInTimer: -3, stuck: -4 } as const;

/** How long its thread is busy with `stuck`; it ends, so that the test process does not go on with a busy core. */
export const STUCK_MS = 1500;
