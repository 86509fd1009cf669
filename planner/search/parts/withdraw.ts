/**
 * Takes back what broke a hard limit that held: where not everything can be healed, a broker must not be pushed over
 * a limit for the sake of another goal.
 *
 * @module
 */
import { dirCapacityLimits } from "../../../goals/intra_broker_disk.ts";
import type { PreparedGoal } from "../../../goals/goal.ts";
import { AXIS_COUNT } from "../../../model/cluster_model.ts";
import { sumsAtHome } from "../../../model/model_check.ts";
import { replicaLoad, replicaMb } from "../../../model/replica_axes.ts";
import { listsOf } from "../../../model/lists.ts";
import { goHome, placesOf, restore } from "../checkpoint.ts";
import { sharedGoals } from "../legal.ts";
import { promote, relocate, type Search } from "../state.ts";

/** Sums in another order differ by this part at most. */
const ROUNDING = 1e-9;

/**
 * Sends partitions home, from the brokers that are now over a hard limit and were not, or were less, until there is
 * none; whether any was sent. Ends, because a partition that is home stays there, and with all at home nothing is worse than before.
 */
export function withdraw(search: Search): boolean {
  const { model, hardUpper } = search;
  const home = sumsAtHome(model);
  const shared = sharedLimits(search);
  const allowed = hardUpper.map((limit, i) => Math.max(limit, home[i]!) * (1 + ROUNDING));
  let found = false;
  for (let again = true; again; found ||= again) {
    again = false;
    for (const b of search.context.alive) {
      for (let axis = 0; axis < AXIS_COUNT; axis++) {
        const at = b * AXIS_COUNT + axis;
        if (relieve(search, b, axis, () => model.sums[at]! > allowed[at]!)) again = true;
      }
      for (const { goal, axis, atHome } of shared) {
        const most = atHome[b]! * (1 + ROUNDING) + ROUNDING;
        if (relieve(search, b, axis, () => goal.penalty(b) > most)) again = true;
      }
    }
  }
  return found;
}

/**
 * Takes back what came to the broker for as long as it is over, what puts most on it first, so that fewest are; whether anything was.
 * What goes home takes nothing to its broker that was not there: the order holds, but for what only gave leadership back.
 */
function relieve(search: Search, broker: number, axis: number, isOver: () => boolean): boolean {
  if (!isOver()) return false;
  const put = putOn(search, broker, axis);
  for (let i = 0; i < put.length && isOver(); i++) {
    const { replica } = put[i]!;
    if (!wasPutOn(search, replica, broker)) continue;
    takeBack(search, replica);
    if (!wasPutOn(search, replica, broker)) continue;
    const load = replicaLoad(search.model, replica, axis);
    let place = i + 1;
    while (place < put.length && put[place]!.load >= load) place++;
    put.splice(place, 0, { replica, load });
  }
  return put.length > 0;
}

/** A hard limit that sums of single brokers do not tell of: of a host, or in a window of time. */
interface SharedLimit {
  readonly goal: PreparedGoal;
  readonly axis: number;
  /** Penalty by broker with everything at home. */
  readonly atHome: readonly number[];
}

function sharedLimits(search: Search): SharedLimit[] {
  const goals = sharedGoals(search);
  if (goals.length === 0) return [];
  const now = placesOf(search);
  goHome(search);
  const limits = goals.map((goal) => ({
    goal,
    axis: goal.axisLimits!.axis,
    atHome: search.model.input.brokers.map((_, b) => goal.penalty(b)),
  }));
  restore(search, now);
  return limits;
}

/** Replicas that came to a broker or lead on it since, and what they put on it, most first. */
function putOn(search: Search, b: number, axis: number): { replica: number; load: number }[] {
  const { model } = search;
  const { lists, listLength } = listsOf(model);
  const put: { replica: number; load: number }[] = [];
  for (let i = 0; i < listLength[b]!; i++) {
    const replica = lists[b]![i]!;
    if (!wasPutOn(search, replica, b)) continue;
    put.push({ replica, load: replicaLoad(model, replica, axis) });
  }
  return put.sort((one, other) => other.load - one.load);
}

function wasPutOn({ model }: Search, replica: number, broker: number): boolean {
  if (model.broker[replica] !== broker) return false;
  if (model.home[replica] !== broker) return true;
  const p = model.partition[replica]!;
  return model.leader[p] === replica && model.homeLeader[p] !== replica;
}

/** Leadership that a replica got is given back; where that is not it, all of the partition goes home. */
function takeBack(search: Search, replica: number): void {
  const { model } = search;
  const p = model.partition[replica]!;
  const led = model.homeLeader[p]!;
  const isThere = model.broker[led] === model.home[led] && model.offline[led] === 0;
  const isLead = model.leader[p] === replica && led !== replica && isThere;
  if (isLead) promote(search, p, led);
  else sendHome(search, p);
}

function sendHome(search: Search, p: number): void {
  const { model } = search;
  const home = model.homeLeader[p]!;
  if (model.leader[p] !== home) promote(search, p, home);
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (model.broker[r] !== model.home[r]) relocate(search, r, model.home[r]!);
  }
}

/**
 * Sends partitions home that put a log dir above its limit which was not, or was less; log dirs are to be chosen again
 * then. Gives these partitions.
 */
export function withdrawFromDirs(search: Search): number[] {
  const { model, context } = search;
  const { logDirs } = context;
  if (logDirs === undefined) return [];
  const limits = dirCapacityLimits(context);
  const usedAtHome = logDirs.usedAtHome;
  const sent: number[] = [];
  for (const b of context.alive) {
    for (const [dir, used] of logDirs.used[b]!.entries()) {
      const before = usedAtHome[b]![dir]!;
      let over = used - Math.max(limits(b, dir).upper, before) * (1 + ROUNDING);
      while (over > 0) {
        const r = largestArrival(search, b, dir);
        if (r < 0) break;
        over -= replicaMb(model, r);
        logDirs.leave(r, b);
        sendHome(search, model.partition[r]!);
        sent.push(model.partition[r]!);
      }
    }
  }
  return sent;
}

/** The largest replica that came to the log dir from another broker, -1 when none did. */
function largestArrival({ model, context }: Search, broker: number, dir: number): number {
  const { lists, listLength } = listsOf(model);
  let best = -1;
  for (let i = 0; i < listLength[broker]!; i++) {
    const r = lists[broker]![i]!;
    if (model.home[r] === broker || context.logDirs!.dirOf[r] !== dir) continue;
    if (best < 0 || replicaMb(model, r) > replicaMb(model, best)) best = r;
  }
  return best;
}
