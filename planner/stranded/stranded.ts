/**
 * Replicas that a plan leaves offline: what really stands against each, told apart by whether that is proven or only all that was found.
 *
 * @module
 */
import { METRIC_OF_AXIS } from "../../goals/axis_goal.ts";
import type { PreparedGoal } from "../../goals/goal.ts";
import { countOf } from "../../lib/count_of.ts";
import { NOWHERE } from "../../model/cluster_input.ts";
import {
  AXIS_DISK,
  type ClusterModel,
  mustLeave,
  partitionName,
} from "../../model/cluster_model.ts";
import type { Unmet } from "../../model/plan.ts";
import { replicaMb } from "../../model/replica_axes.ts";
import { METRICS } from "../../model/proposal.ts";
import {
  brokersFor,
  fitsOnSomeDir,
  goalsTooSmall,
  leastLoad,
  outOfReach,
  type Reach,
  reachOf,
} from "../bounds/reach.ts";
import type { Search } from "../search/state.ts";
import { type Against, againstAll, amountText, HOLDS, type Rule, standingRule } from "./against.ts";

/** Replicas, and brokers that lack most room, named one by one; more are only counted. */
const NAMED_MAX = 10;
const NEAREST_MAX = 3;
/** Replicas of which a proof is looked for: each costs a look at all brokers. */
const PROVEN_MAX = 1000;

/** What helps where brokers that could take a replica may not, by the request. */
export const LET_MORE = "Let more brokers receive replicas";

/** What a plan leaves offline. */
export interface Stranded {
  readonly count: number;
  /** Those of them that no plan can place. */
  readonly proven: number;
  /** Hard goals that rule brokers out, in their order. */
  readonly goals: readonly string[];
  /** What is needed at least, as far as that is proven. */
  readonly recommendations: readonly string[];
  readonly unmet: Unmet;
}

/**
 * What is left offline where everything is now; undefined when nothing is. O(replicas left x RF x B x goals), of 1,000 of them at most.
 *
 * @param hard goals that a plan may not leave unmet, in their order
 */
export function strandedOf(
  search: Search,
  hard: readonly PreparedGoal[],
): Stranded | undefined {
  const { model } = search;
  const left = model.offlineReplicas.filter((r) => mustLeave(model, r));
  if (left.length === 0) return undefined;
  const reach = reachOf(search, hard);
  const goals = new Set<string>();
  const help = new Set<string>();
  const details: string[] = [];
  let proven = 0;
  for (const [i, replica] of left.subarray(0, PROVEN_MAX).entries()) {
    const p = model.partition[replica]!;
    const missing = outOfReach(reach, p);
    if (missing > 0) proven++;
    if (i >= NAMED_MAX) continue;
    const told = missing > 0 ? proof(reach, replica, goals) : findings(reach, replica, goals);
    details.push(`${placeOf(model, replica)}: ${told}`);
    if (missing > 0) help.add(helpFor(reach, replica, missing));
  }
  const more = left.length - NAMED_MAX;
  if (more > 0) details.push(`and ${countOf(more, "more replica")}`);
  const named = hard.filter(({ name }) => goals.has(name)).map(({ name }) => name);
  const counts = { count: left.length, proven, goals: named, recommendations: [...help] };
  const isNew = left.every((r) => model.input.brokers[model.broker[r]!]!.id === NOWHERE);
  return {
    ...counts,
    unmet: { goal: "", message: messageOf(counts, isNew), details: [...details, ...help] },
  };
}

function messageOf(
  { count, proven, goals }: Pick<Stranded, "count" | "proven" | "goals">,
  isNew: boolean,
): string {
  const what = isNew
    ? `Cannot place ${countOf(count, "new replica")}`
    : `Cannot move ${countOf(count, "offline replica")}`;
  const under = goals.length === 0 ? "" : ` under ${listed(goals)}`;
  if (proven === count) {
    return `${what}: no alive broker may take ${count === 1 ? "it" : "them"}${under}`;
  }
  const some = proven === 0 ? "" : `, and none can be for ${proven} of them`;
  return `${what}: no plan was found${under}${some}`;
}

/** "a", "a and b", "a, b and c". */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** "T-0 on broker 3", "a new replica of T-0". */
function placeOf(model: ClusterModel, replica: number): string {
  const { id, logDirs } = model.input.brokers[model.broker[replica]!]!;
  const name = partitionName(model, model.partition[replica]!);
  if (id === NOWHERE) return `a new replica of ${name}`;
  const dir = logDirs[model.input.replicaLogDir[replica]!];
  const where = dir?.alive === false ? `failed log dir ${dir.path} of broker` : "broker";
  return `${name} on ${where} ${id}`;
}

/** Why no plan can place it. */
function proof(reach: Reach, replica: number, goals: Set<string>): string {
  const { alive } = reach.search.context;
  if (alive.length === 0) return "no broker is alive";
  const could = brokersFor(reach, replica);
  const ruled = Array.from(alive).filter((b) => !could.includes(b)).map((broker) => {
    const rule = standingRule(reach, replica, broker) ?? sizeRule(reach, replica, broker);
    if (rule.goal !== undefined) goals.add(rule.goal);
    return { broker, rule };
  });
  const texts = could.length === 0 ? [] : [shareText(reach, replica, goals)];
  return (ruled.length === 0 ? texts : [...texts, rulesText(reach, ruled)]).join("; ");
}

/** How many of its partition can be placed at all, on brokers that could hold each. */
function shareText(reach: Reach, replica: number, goals: Set<string>): string {
  const { search: { model }, hard } = reach;
  const p = model.partition[replica]!;
  const count = model.replicaStart[p + 1]! - model.replicaStart[p]!;
  const missing = outOfReach(reach, p);
  const racks = outOfReach(reach, p, { racks: true }) < missing
    ? hard.find(({ racksDiffer }) => racksDiffer === true)
    : undefined;
  if (racks !== undefined) goals.add(racks.name);
  const on = racks === undefined ? "different alive brokers" : "racks with alive brokers";
  return `${count - missing} of the ${
    countOf(count, "replica")
  } of its partition can be on ${on} at most`;
}

/** "may take less than its 250000 MB of disk (DiskCapacityGoal)". */
function sizeRule(reach: Reach, replica: number, b: number): Rule {
  const goal = goalsTooSmall(reach, replica, b)[0];
  if (goal === undefined) {
    const isSmall = !fitsOnSomeDir(reach.search, replica, b);
    const mb = amountText(AXIS_DISK, replicaMb(reach.search.model, replica));
    return isSmall
      ? {
        many: `may hold less than its ${mb} on any log dir`,
        one: `may hold less than its ${mb} on any log dir`,
      }
      : HOLDS;
  }
  const { axis } = goal.axisLimits!;
  const load = leastLoad(reach, replica, axis);
  const { unit, word } = METRICS[METRIC_OF_AXIS[axis]!];
  const of = unit === "" ? "" : ` of ${word}`;
  const than = `less than its ${amountText(axis, load)}${of} (${goal.name})`;
  return { goal: goal.name, many: `may take ${than}`, one: `may take ${than}` };
}

/** What stands against it where everything is now: brokers that lack least, then what rules the others out. */
function findings(reach: Reach, replica: number, goals: Set<string>): string {
  const { model } = reach.search;
  const against = againstAll(reach, replica);
  for (const { rule, lacks } of against) {
    if (rule?.goal !== undefined) goals.add(rule.goal);
    for (const { goal } of lacks) goals.add(goal);
  }
  const short = against.filter(({ lacks }) => lacks.length > 0);
  const total = ({ lacks }: Against) => lacks.reduce((sum, { part }) => sum + part, 0);
  const nearest = short.toSorted((a, b) => total(a) - total(b) || a.broker - b.broker)
    .slice(0, NEAREST_MAX);
  const lacking = nearest.map(({ broker, lacks }) =>
    `broker ${model.input.brokers[broker]!.id} lacks ${listed(lacks.map(({ text }) => text))}`
  );
  const others = short.length - nearest.length;
  if (others > 0) {
    lacking.push(`${countOf(others, "more broker")} ${others === 1 ? "lacks" : "lack"} room`);
  }
  const ruled = against.flatMap(({ broker, rule }) => rule === undefined ? [] : [{ broker, rule }]);
  const texts = [...lacking, ...ruled.length === 0 ? [] : [rulesText(reach, ruled)]];
  return texts.length === 0 ? "no plan was found" : texts.join("; ");
}

/** "broker 3 has another replica of it; 2 brokers are ruled out by RackAwareGoal". */
function rulesText(
  { search: { model } }: Reach,
  ruled: readonly { readonly broker: number; readonly rule: Rule }[],
): string {
  const byText = Map.groupBy(ruled, ({ rule }) => rule.one);
  return [...byText.values()].map((some) => {
    const [{ broker, rule }] = some as [typeof some[number]];
    return some.length === 1
      ? `broker ${model.input.brokers[broker]!.id} ${rule.one}`
      : `${countOf(some.length, "broker")} ${rule.many}`;
  }).join("; ");
}

/** What is needed at least where it is proven that no plan can place it. */
function helpFor(reach: Reach, replica: number, missing: number): string {
  const p = reach.search.model.partition[replica]!;
  const isWithout = (what: Parameters<typeof outOfReach>[2]) =>
    outOfReach(reach, p, what) < missing;
  if (isWithout({ request: true })) return LET_MORE;
  const brokers = `Add at least ${countOf(missing, "broker")}`;
  if (isWithout({ racks: true })) {
    return `${brokers} on a rack that no other replica of the partition is on`;
  }
  if (isWithout({ sets: true })) return `${brokers} to the broker set of the topic`;
  return isWithout({ limits: true }) ? `${brokers} that may hold the replica` : brokers;
}
