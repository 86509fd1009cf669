/** Proposals in the plan of `plan_giver_worker.ts`. */
export const PROPOSALS = 20_000;
