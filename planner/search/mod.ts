/**
 * The search: parts that each do one thing well, in the order that was measured best.
 *
 * @module
 */
import { brokersOut } from "../../goals/goal.ts";
import type { PlannerStep } from "../steps.ts";
import { followLarge } from "./create_search.ts";
import { elect } from "./parts/elect.ts";
import { evacuate } from "./parts/evacuate.ts";
import { fill } from "./parts/fill.ts";
import { partLarge } from "./parts/large.ts";
import { balanceLeadership } from "./parts/leadership.ts";
import { moveIntoSets } from "./parts/sets.ts";
import { relievePeaks } from "./parts/peaks.ts";
import { meetHardLimits } from "./parts/meet_hard.ts";
import { evenPositions } from "./parts/positions.ts";
import { giveUpGoals } from "./parts/price_places.ts";
import { priceLeaders } from "./parts/price_leaders.ts";
import { prune } from "./parts/prune.ts";
import { repairRacks } from "./parts/racks.ts";
import { repair } from "./parts/repair.ts";
import { settle } from "./parts/settle.ts";
import {
  priceBySize,
  priceUnlessSized,
  shedBySize,
  skimUnlessSized,
  tradeBySize,
  withLooseCounts,
} from "./parts/sizes.ts";
import type { Search } from "./state.ts";
import { swapTopics } from "./parts/topic_swaps.ts";
import { spreadTopics } from "./parts/topics.ts";

/** A part of the search and its share of the usual time, percent. */
interface Part {
  readonly step: string;
  readonly share: number;
  readonly run: (search: Search) => Generator<void, void>;
}

/** What puts right what may not stay as it is; what the other parts move is a matter of limits. */
const LEGAL_PARTS: readonly Part[] = [
  { step: "Moving offline replicas", share: 5, run: evacuate },
  { step: "Moving replicas into their broker sets", share: 0, run: moveIntoSets },
  {
    step: "Spreading replicas over racks",
    share: 15,
    run: (search) => withLooseCounts(search, repairRacks),
  },
  { step: "Relieving brokers above hard limits", share: 0, run: meetHardLimits },
];

const PARTS: readonly Part[] = [
  ...LEGAL_PARTS,
  { step: "Moving replicas off overloaded brokers", share: 0, run: partLarge },
  { step: "Moving replicas off overloaded brokers", share: 0, run: skimUnlessSized },
  { step: "Spreading topics", share: 10, run: (search) => withLooseCounts(search, spreadTopics) },
  { step: "Moving replicas off overloaded brokers", share: 40, run: shedBySize },
  { step: "Filling underloaded brokers", share: 5, run: fill },
  { step: "Balancing leadership", share: 5, run: balanceLeadership },
  { step: "Trading replicas", share: 0, run: followLarge },
  { step: "Trading replicas", share: 0, run: priceBySize },
  { step: "Trading replicas", share: 0, run: tradeBySize },
  { step: "Balancing leadership", share: 0, run: balanceLeadership },
  { step: "Trading replicas", share: 0, run: tradeBySize },
  { step: "Balancing leadership", share: 0, run: balanceLeadership },
  { step: "Balancing leadership", share: 0, run: priceLeaders },
  { step: "Relieving brokers at their peaks", share: 0, run: relievePeaks },
  { step: "Trading replicas", share: 0, run: priceUnlessSized },
  { step: "Trading replicas", share: 0, run: giveUpGoals },
  { step: "Swapping replicas", share: 8, run: repair },
  { step: "Swapping topics", share: 2, run: swapTopics },
  { step: "Electing preferred leaders", share: 0, run: elect },
  { step: "Evening out places in replica lists", share: 0, run: evenPositions },
  { step: "Settling goals by priority", share: 5, run: settle },
  { step: "Taking back needless moves", share: 5, run: prune },
  { step: "Electing preferred leaders", share: 0, run: elect },
  { step: "Evening out places in replica lists", share: 0, run: evenPositions },
];

/** Steps between two looks at the goals: a look may cost a pass over the replicas. */
const LOOK_EVERY = 32;

/**
 * Runs those parts alone that other parts and prices build on: no replica offline, none on a rack too many. Gives what
 * makes steps of what follows, which go on naming goals in their order.
 */
export function* runLegal(
  search: Search,
): Generator<PlannerStep, (step: string, percent: number) => PlannerStep> {
  const look = { search, goal: 0, isDue: true };
  yield* runParts(look, LEGAL_PARTS, (percent) => percent);
  return (step, percent) => {
    look.isDue = true;
    return new SearchStep(look, step, percent);
  };
}

/** Runs all parts on the search's model; `percentOf` turns their percentage into that of all searches. */
export function* runSearch(
  search: Search,
  percentOf = (percent: number) => percent,
): Generator<PlannerStep, void> {
  yield* runParts({ search, goal: 0, isDue: true }, PARTS, percentOf);
}

function* runParts(
  look: Look,
  parts: readonly Part[],
  percentOf: (percent: number) => number,
): Generator<PlannerStep, void> {
  let done = 0;
  let said = 0;
  for (const part of parts) {
    const say = () => {
      if (++said % LOOK_EVERY === 0) look.isDue = true;
      return new SearchStep(look, part.step, percentOf(done));
    };
    // Parts without a share only do something for goals that are rarely asked for.
    if (part.share > 0) yield say();
    for (const _ of part.run(look.search)) yield say();
    done += part.share;
    if (part.share > 0) look.isDue = true;
  }
}

/** How far goals are met, and whether it is time to look again. */
interface Look {
  readonly search: Search;
  goal: number;
  isDue: boolean;
}

/** A step that looks for its goal when it is asked: most callers do not, and the look is theirs to pay. */
class SearchStep implements PlannerStep {
  readonly steps: number;

  constructor(
    readonly look: Look,
    readonly step: string,
    readonly completionPercentage: number,
  ) {
    this.steps = look.search.steps;
  }

  get goal(): string | undefined {
    const { look } = this;
    if (look.isDue) look.goal = firstUnmet(look.search, look.goal);
    look.isDue = false;
    return look.search.goals[look.goal]?.name;
  }
}

/** Index of the first goal from there on that is aimed at and not met; beyond the last when there is none. */
function firstUnmet(search: Search, from: number): number {
  let index = from;
  for (; index < search.goals.length; index++) {
    const goal = search.goals[index]!;
    if (goal.idle === true || search.hopeless.has(goal)) continue;
    if (brokersOut(goal, search.context).length > 0) break;
  }
  return index;
}
