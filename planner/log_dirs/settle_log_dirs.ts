/**
 * Log dirs for what a search has moved, and the search once more without what fits on none.
 *
 * @module
 */
import { INTRA_BROKER_GOALS } from "../../goals/intra_broker_disk.ts";
import { goOnWithout } from "../search/parts/go_on.ts";
import { withdraw, withdrawFromDirs } from "../search/parts/withdraw.ts";
import type { Search } from "../search/state.ts";
import { type PlannerStep, saying } from "../steps.ts";
import { assignLogDirs } from "./assign_log_dirs.ts";

/** Times that the search goes on without what found no log dir; what finds none after the last stays home. */
const MISFIT_ROUNDS = 3;

/**
 * Chooses log dirs, and sends home what none has room for, and what that pushes over a hard limit. The search, which knows brokers
 * alone, then goes on with the others.
 *
 * @param asked names of the goals that are planned for
 */
export function* settleLogDirs(
  asked: readonly string[],
  search: Search,
  rounds = MISFIT_ROUNDS,
): Generator<PlannerStep, void, void> {
  const misfits = new Set<number>();
  yield* chooseLogDirs(asked, search);
  for (let round = 0; round <= rounds; round++) {
    let found = false;
    // Ends, because what is home stays there.
    for (let sent = withdrawFromDirs(search); sent.length > 0; sent = withdrawFromDirs(search)) {
      found = true;
      for (const p of sent) misfits.add(p);
      withdraw(search);
      yield* chooseLogDirs(asked, search);
    }
    if (!found || round === rounds) return;
    const step = { step: "Choosing log dirs", completionPercentage: 100, steps: search.steps };
    yield* saying(step, goOnWithout(search, misfits));
    yield* chooseLogDirs(asked, search);
  }
}

function* chooseLogDirs(
  asked: readonly string[],
  search: Search,
): Generator<PlannerStep, void, void> {
  const [capacity, balance] = INTRA_BROKER_GOALS.map((name) => asked.includes(name));
  const wishes = { capacity: capacity!, balance: balance! };
  for (const _ of assignLogDirs(search, wishes)) {
    yield { step: "Choosing log dirs", completionPercentage: 100, steps: search.steps };
  }
}
