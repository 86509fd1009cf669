/**
 * Takes replicas off brokers that are above a limit, most loaded broker first.
 *
 * @module
 */
import { AXIS_LEADER_IN, AXIS_REPLICAS } from "../../../model/cluster_model.ts";
import { bestDestination } from "../destination.ts";
import { SHED_AXES, type Shedding, usualSteps } from "./picks.ts";
import { emptiestBrokers } from "../ranking.ts";
import { REASON, type Reason } from "../reasons.ts";
import { relocate, type Search } from "../state.ts";
import { exceededGoal } from "../goal_of_limit.ts";

/** Moves in a row without a taker after which a broker is left to the repair. */
const FAILURES_MAX = 60;
/** Moves before it is another broker's turn: at least so many, and this part of its replicas (its list stays in the cache). */
const MOVES_A_TURN = 8;
const PART_A_TURN = 1 / 64;
/** Turns between two yields. */
const TURNS_A_YIELD = 8;

/**
 * See the file's head. Brokers take turns, so that those which need large replicas find them before others took all
 * the room. Yields from time to time.
 */
export function* shed(search: Search, given?: Shedding): Generator<void, void> {
  const turns = createTurns(search);
  if (turns.brokers.length === 0) return;
  const way = given ?? (yield* usualSteps(search, turns.brokers));
  for (let turn = 1;; turn++) {
    const broker = nextBroker(turns);
    if (broker < 0) return;
    shedSome(search, broker, { turns, way });
    if (turn % TURNS_A_YIELD === 0) yield;
  }
}

/** Which brokers are above a limit, and how they fare. */
interface Turns {
  /** Brokers above a limit at the start. */
  readonly brokers: Int32Array;
  /** By broker; 0 when within limits or given up. Only its own turn changes it: no broker is pushed over a limit. */
  readonly excess: Float64Array;
  /** Moves in a row without a taker, by broker; and those of them for which there was a replica. */
  readonly failures: Int32Array;
  readonly refused: Int32Array;
}

function createTurns(search: Search): Turns {
  const excess = new Float64Array(search.model.brokerCount);
  const worst = { axis: -1, excess: 0 };
  for (const broker of search.context.alive) {
    findExcess(search, broker, worst);
    excess[broker] = worst.excess;
  }
  const brokers = search.context.alive.filter((broker) => excess[broker]! > 0);
  const { brokerCount } = search.model;
  return {
    brokers,
    excess,
    failures: new Int32Array(brokerCount),
    refused: new Int32Array(brokerCount),
  };
}

/** The broker with the largest excess; one that finds no takers comes later. -1 when none is left. */
function nextBroker({ brokers, excess, failures }: Turns): number {
  let next = -1;
  let most = 0;
  for (let i = 0; i < brokers.length; i++) {
    const broker = brokers[i]!;
    const weighed = excess[broker]! / (1 + failures[broker]! / 4);
    if (weighed > most) {
      next = broker;
      most = weighed;
    }
  }
  return next;
}

/** The axis on which a broker is furthest above its limit, relative to the target; -1 when on none. */
function findExcess(
  search: Search,
  broker: number,
  into: { axis: number; excess: number },
): void {
  const { upper, target, model } = search;
  into.axis = -1;
  into.excess = 0;
  for (let i = 0; i < SHED_AXES.length; i++) {
    const at = (broker << 3) | SHED_AXES[i]!;
    const over = model.sums[at]! - upper[at]!;
    if (over <= 0) continue;
    const relative = over / Math.max(target[at]!, Number.MIN_VALUE);
    if (relative > into.excess || into.axis < 0) {
      into.axis = SHED_AXES[i]!;
      into.excess = relative;
    }
  }
}

function shedSome(
  search: Search,
  broker: number,
  { turns, way }: { turns: Turns; way: Shedding },
): void {
  const { excess, failures, refused } = turns;
  const { refusedMax = FAILURES_MAX } = way;
  const { sums } = search.model;
  const worst = { axis: -1, excess: 0 };
  const count = (broker << 3) | AXIS_REPLICAS;
  const length = sums[count]!;
  const moves = Math.max(MOVES_A_TURN, length * PART_A_TURN);
  way.begin?.(search, broker, moves);
  for (let k = 0; k < moves; k++) {
    findExcess(search, broker, worst);
    excess[broker] = worst.excess;
    if (worst.axis < 0) return;
    // Rounding may leave more than nothing on a broker that holds nothing.
    if (sums[count] === 0) {
      excess[broker] = 0;
      return;
    }
    const replica = way.pick(search, broker, worst.excess);
    const isChoosy = worst.excess * length < way.choosyBelow;
    const first = isChoosy ? search.ranking.brokers : emptiestBrokers(search);
    const to = replica < 0 ? -1 : bestDestination(search, replica, "joint", first);
    if (to < 0) {
      failures[broker]!++;
      if (replica >= 0) refused[broker]!++;
      if (failures[broker]! < FAILURES_MAX && refused[broker]! < refusedMax) continue;
      excess[broker] = 0;
      return;
    }
    failures[broker] = 0;
    refused[broker] = 0;
    search.reasons.noteMove(replica, shedReason(search, broker, worst.axis));
    relocate(search, replica, to);
  }
}

/** Within the limits of its goals a broker only sheds for the sake of leaders (`sizes.ts`). */
function shedReason(search: Search, broker: number, axis: number): Reason {
  const goal = exceededGoal(search, broker, axis);
  const value = search.model.sums[(broker << 3) | axis]!;
  const most = search.goals[goal]?.axisLimits?.upper[broker] ?? 0;
  if (value >= most * (1 - ROUNDING)) return { goal, kind: REASON.sourceOut, value };
  return { goal: search.axisGoals[AXIS_LEADER_IN]![0] ?? goal, kind: REASON.leaders, value: 0 };
}

/** Well above the margin that limits are aimed at with. */
const ROUNDING = 1e-6;
