/**
 * Says beside a plan that leaves hard goals, or instead of none, which brokers would be enough.
 *
 * @module
 */
import { shortNumber } from "../../goals/axis_goal.ts";
import { countOf } from "../../lib/count_of.ts";
import { ok, type Result } from "../../lib/failure.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import type { BrokersToAdd, Enough, PlanSummary } from "../../model/plan.ts";
import type { PlannerSettings } from "../settings.ts";
import type { PlannerStep } from "../steps.ts";
import type { AddedBroker } from "./added_brokers.ts";
import { type EnoughBrokers, enoughBrokers } from "./enough.ts";

/** A plan as far as it matters here. */
export interface Planned {
  readonly summary: PlanSummary;
}

/** Makes a plan. */
export type MakesPlan<T extends Planned> = (
  input: ClusterInput,
  settings: PlannerSettings,
) => Generator<PlannerStep, Result<T>, void>;

/** A request, and how plans for it are made. */
export interface Asked<T extends Planned> {
  readonly input: ClusterInput;
  readonly settings: PlannerSettings;
  readonly makes: MakesPlan<T>;
}

/** `made` with what would be enough, where it leaves a hard goal, or failed for one. */
export function* withEnough<T extends Planned>(
  made: Result<T>,
  asked: Asked<T>,
): Generator<PlannerStep, Result<T>, void> {
  const isLeft = made.ok
    ? made.value.summary.unmet !== undefined
    : made.failure.code === "hard_goal_unmet";
  if (!isLeft) return made;
  const { input, settings, makes } = asked;
  const found = yield* enoughBrokers(input, settings, function* (more, settingsWith) {
    const plan = yield* makes(more, settingsWith);
    return plan.ok ? plan.value.summary.unmet?.map(({ goal }) => goal) ?? [] : undefined;
  });
  if (found === undefined) return made;
  const enough = enoughOf(found);
  if (made.ok) return ok({ ...made.value, summary: { ...made.value.summary, enough } });
  const details = [...made.failure.details ?? [], enough.text];
  return { ok: false, failure: { ...made.failure, details } };
}

function enoughOf({ added, atLeast, shownBy, without }: EnoughBrokers): Enough {
  const brokers = groupsOf(added);
  const more = { atLeast, shownBy, without };
  return { brokers, ...more, text: textOf(brokers, more) };
}

function groupsOf(added: readonly AddedBroker[]): BrokersToAdd[] {
  const groups = Map.groupBy(
    added,
    ({ rack, newRack, size }) => `${size.capacity} ${newRack} ${rack}`,
  );
  return [...groups.values()].map((alike): BrokersToAdd => {
    const [{ rack, newRack, size }] = alike as [AddedBroker];
    const [cpu, nwIn, nwOut, disk] = size.capacity;
    return {
      count: alike.length,
      ...(newRack > 0 ? { newRack } : { rack }),
      like: size.like.id,
      capacity: { cpu, nwIn, nwOut, disk },
    };
  });
}

function textOf(
  brokers: readonly BrokersToAdd[],
  { atLeast, shownBy, without }: Pick<Enough, "atLeast" | "shownBy" | "without">,
): string {
  const bySize = Map.groupBy(brokers, ({ capacity }) => JSON.stringify(capacity));
  const what = [...bySize.values()].map(sizeText).join("; and ");
  const goals = without.length === 0
    ? "all hard goals"
    : `all hard goals but ${without.join(", ")}`;
  const count = brokers.reduce((sum, one) => sum + one.count, 0);
  const least = count === atLeast
    ? " Fewer of such size cannot be enough."
    : atLeast === 0
    ? ""
    : ` At least ${atLeast} of such size are needed.`;
  const shown = shownBy === "plan" ? "a plan" : "a plan for hard goals alone";
  return shownBy === "bound"
    ? `By what racks lack, ${goals} need at least ${what}; not tried whether that is enough.`
    : `Enough for ${goals}, as ${shown} with them shows: add ${what}.${least}`;
}

/** "3 brokers like broker-0 (cpu 400 %, ...): 2 on rack a, 1 on rack b". */
function sizeText(alike: readonly BrokersToAdd[]): string {
  const [{ like, capacity }] = alike as [BrokersToAdd];
  const count = alike.reduce((sum, one) => sum + one.count, 0);
  const { cpu, nwIn, nwOut, disk } = capacity;
  const amounts = `cpu ${shortNumber(cpu)} %, bytes in ${shortNumber(nwIn)} KB/s, bytes out ${
    shortNumber(nwOut)
  } KB/s, disk ${shortNumber(disk)} MB`;
  const where = alike.map((one) => `${one.count} on ${rackText(one)}`).join(", ");
  return `${countOf(count, "broker")} like broker-${like} (${amounts}${
    count > 1 ? " each" : ""
  }), ${where}`;
}

function rackText({ rack, newRack }: BrokersToAdd): string {
  if (rack !== undefined) return `rack ${rack}`;
  return newRack === 1 ? "a new rack" : `a new rack (no. ${newRack})`;
}
