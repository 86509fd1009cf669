/**
 * What a plan file claims about itself.
 *
 * @module
 */

/** Read from a plan file; what it does not say is undefined, or empty. */
export interface PlanClaims {
  readonly mbToMove: number | undefined;
  readonly lowerBoundMb: number | undefined;
  /** Replicas that change brokers; absent when it does not say. */
  readonly replicaMoves?: number | undefined;
  /** Goal name -> violated afterwards. */
  readonly violatedAfter: ReadonlyMap<string, boolean>;
  /** Goal name -> how many brokers are outside its limits before and after. */
  readonly brokersOut?: ReadonlyMap<string, { readonly before: unknown; readonly after: unknown }>;
  /** Broker id -> figures as in `BrokerFigures`, by name; null = not known. */
  readonly brokers?: ReadonlyMap<number, Readonly<Record<"before" | "after", ClaimedFigures>>>;
  /** Partitions that a budget left out. */
  readonly leftOut: number;
  /** Whether it leaves a hard goal or offline replicas that no plan was found for. */
  readonly hasUnmet: boolean;
}

/** By name of the figure. */
export type ClaimedFigures = Readonly<Record<string, unknown>>;

/** Reads them, `top` being the whole file. */
export function claimsOf(top: Record<string, unknown>): PlanClaims {
  const summary = objectOf(top["summary"]);
  const violatedAfter = new Map<string, boolean>();
  const brokersOut = new Map<string, { before: unknown; after: unknown }>();
  for (const goal of objectsOf(summary?.["goals"])) {
    if (goal["off"] !== undefined) continue;
    const name = String(goal["name"]);
    violatedAfter.set(name, goal["violatedAfter"] === true);
    brokersOut.set(name, { before: goal["brokersOutBefore"], after: goal["brokersOutAfter"] });
  }
  const brokers = new Map<number, { before: ClaimedFigures; after: ClaimedFigures }>();
  for (const { id, before, after } of objectsOf(top["brokers"])) {
    if (typeof id !== "number") continue;
    brokers.set(id, { before: objectOf(before) ?? {}, after: objectOf(after) ?? {} });
  }
  const numberAt = (name: string) => {
    const value = summary?.[name];
    return typeof value === "number" ? value : undefined;
  };
  return {
    mbToMove: numberAt("mbToMove"),
    lowerBoundMb: numberAt("lowerBoundMb"),
    replicaMoves: numberAt("interBrokerReplicaMoves"),
    violatedAfter,
    brokersOut,
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

function objectsOf(value: unknown): Record<string, unknown>[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  return items.map(objectOf).filter((item) => item !== undefined);
}
