/**
 * Log dirs for what a search has moved, and the search once more without what fits on none.
 *
 * @module
 */
import { equal } from "../../model/arrange.ts";
import { INTRA_BROKER_GOALS } from "../../goals/intra_broker_disk.ts";
import type { Places } from "../replan/places.ts";
import { goOnWithout } from "../search/parts/go_on.ts";
import { withdraw, withdrawFromDirs } from "../search/parts/withdraw.ts";
import type { Search } from "../search/state.ts";
import { type PlannerStep, saying } from "../steps.ts";
import { assignLogDirs, evenBrokers, type LogDirWishes } from "./assign_log_dirs.ts";
import { fitLogDirs, passesDirLimits, passesLimits } from "./fit_log_dirs.ts";
import { relieveLogDirs } from "./relieve_log_dirs.ts";

/** Times that the search goes on without what found no log dir; what finds none after the last stays home. */
const MISFIT_ROUNDS = 3;

/** What may be spent on it. */
export interface SettleOptions {
  /** Times that the search goes on without what found no log dir; 0 = what is left is left. */
  readonly rounds?: number;
  /** Whether brokers and log dirs are looked for together where limits are still passed; true when absent. */
  readonly fits?: boolean;
  /** Of the plan that it goes on from: what is where it was stays on its log dir, if it fits. */
  readonly before?: Places | undefined;
}

/**
 * Chooses log dirs, has other brokers relieve those that hold too much, and sends home what none has room for, and what that pushes over a hard limit. The search, which knows brokers
 * alone, then goes on with the others. Where that leaves limits passed, all is looked for at once.
 *
 * @param asked names of the goals that are planned for
 */
export function* settleLogDirs(
  asked: readonly string[],
  search: Search,
  { rounds = MISFIT_ROUNDS, fits = true, before }: SettleOptions = {},
): Generator<PlannerStep, void, void> {
  const passedBefore = passesLimits(search);
  yield* placed(asked, search, { rounds, before });
  if (rounds === 0 || !asked.includes(INTRA_BROKER_GOALS[0])) return;
  const wishes = wishesOf(asked);
  const step = { step: "Relieving log dirs", completionPercentage: 100, steps: search.steps };
  evenBrokers(search, wishes, yield* saying(step, relieveLogDirs(search)));
  // What was passed before is not for log dirs to mend.
  if (!fits || !(passesDirLimits(search) || (!passedBefore && passesLimits(search)))) return;
  const fitting = { ...step, step: "Fitting replicas into log dirs", steps: search.steps };
  evenBrokers(search, wishes, yield* saying(fitting, fitLogDirs(search)));
}

function* placed(
  asked: readonly string[],
  search: Search,
  { rounds, before }: Required<Pick<SettleOptions, "rounds">> & SettleOptions,
): Generator<PlannerStep, void, void> {
  const misfits = new Set<number>();
  yield* chooseLogDirs(asked, search, before);
  for (let round = 0; round <= rounds; round++) {
    let found = false;
    // Ends, because what is home stays there.
    for (let sent = withdrawFromDirs(search); sent.length > 0; sent = withdrawFromDirs(search)) {
      found = true;
      for (const p of sent) misfits.add(p);
      withdraw(search);
      yield* chooseLogDirs(asked, search, before);
    }
    if (!found || round === rounds) return;
    const step = { step: "Choosing log dirs", completionPercentage: 100, steps: search.steps };
    yield* saying(step, goOnWithout(search, misfits));
    yield* chooseLogDirs(asked, search, before);
  }
}

function* chooseLogDirs(
  asked: readonly string[],
  search: Search,
  before: Places | undefined,
): Generator<PlannerStep, void, void> {
  for (const _ of assignLogDirs(search, wishesOf(asked), before)) {
    yield { step: "Choosing log dirs", completionPercentage: 100, steps: search.steps };
  }
}

function wishesOf(asked: readonly string[]): LogDirWishes {
  const [capacity, balance] = INTRA_BROKER_GOALS.map((name) => asked.includes(name));
  return { capacity: capacity!, balance: balance! };
}

/** Whether all is on its broker as it was `searched`, and what is where the plan `before` had it on its log dir, too. O(R), where there are log dirs. */
export function staysAsSearched(
  { model, context: { logDirs } }: Search,
  searched: Int32Array | undefined,
  before: Places | undefined,
): boolean {
  if (logDirs === undefined || searched === undefined) return true;
  if (!equal(model.broker, searched)) return false;
  const dirs = before?.dirOf;
  if (before === undefined || dirs === undefined) return true;
  for (let r = 0; r < searched.length; r++) {
    if (searched[r] === before.broker[r] && logDirs.dirOf[r] !== dirs[r]) return false;
  }
  return true;
}
