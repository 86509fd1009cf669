/**
 * What a plan file claims about itself.
 *
 * @module
 */

/** Read from a plan file; what it does not say is undefined, or empty. */
export interface PlanClaims {
  readonly mbToMove: number | undefined;
  readonly lowerBoundMb: number | undefined;
  /** Goal name -> violated afterwards; without goals that are off. */
  readonly violatedAfter: ReadonlyMap<string, boolean>;
  /** The summary as it is in the file; absent when it has none. */
  readonly summary?: ClaimedFigures;
  /** Its goals in their order, those that are off too; members as in `GoalOutcome`. */
  readonly goals?: readonly ClaimedFigures[];
  /** Broker id -> figures as in `BrokerFigures`, by name; null = not known. */
  readonly brokers?: ReadonlyMap<number, ClaimedBroker>;
  /** Partitions that a budget left out. */
  readonly leftOut: number;
  /** Whether it leaves a hard goal or offline replicas that no plan was found for. */
  readonly hasUnmet: boolean;
}

/** By name of the figure; anything may be said. */
export type ClaimedFigures = Readonly<Record<string, unknown>>;

/** A broker before and after, and what goals allow it. */
export type ClaimedBroker = Readonly<Record<"before" | "after" | "limits", ClaimedFigures>>;

/** Reads them, `top` being the whole file. */
export function claimsOf(top: Record<string, unknown>): PlanClaims {
  const summary = objectOf(top["summary"]);
  const violatedAfter = new Map<string, boolean>();
  const goals = objectsOf(summary?.["goals"]);
  for (const goal of goals) {
    if (goal["off"] !== undefined) continue;
    violatedAfter.set(String(goal["name"]), goal["violatedAfter"] === true);
  }
  const brokers = new Map<number, ClaimedBroker>();
  for (const { id, before, after, limits } of objectsOf(top["brokers"])) {
    if (typeof id !== "number") continue;
    const [was, is, allowed] = [before, after, limits].map((value) => objectOf(value) ?? {});
    brokers.set(id, { before: was!, after: is!, limits: allowed! });
  }
  const numberAt = (name: string) => {
    const value = summary?.[name];
    return typeof value === "number" ? value : undefined;
  };
  return {
    mbToMove: numberAt("mbToMove"),
    lowerBoundMb: numberAt("lowerBoundMb"),
    violatedAfter,
    ...(summary === undefined ? {} : { summary }),
    goals,
    brokers,
    leftOut: numberAt("leftOut") ?? 0,
    hasUnmet: objectsOf(summary?.["unmet"]).length > 0,
  };
}

/** The members of an object; undefined when it is none. */
export function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : undefined;
}

/** Those of a list that are objects; none when it is no list. */
export function objectsOf(value: unknown): Record<string, unknown>[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  return items.map(objectOf).filter((item) => item !== undefined);
}
