/**
 * Broker sets: named groups of brokers, each topic belonging to one (Cruise Control, BrokerSetFileResolver and
 * TopicNameHashBrokerSetMappingPolicy).
 *
 * @module
 */
import { bucketOf } from "../lib/bucket_of.ts";
import { fail, failureFrom, ok, type Result } from "../lib/failure.ts";

/** Name of the set of brokers that no set lists. */
export const UNMAPPED = "unmapped";

/** Kafka's broker ids are 32-bit integers. */
const ID_MAX = 2 ** 31 - 1;

/** Set name by broker id. */
export type BrokerSets = ReadonlyMap<number, string>;

/**
 * Reads `{"brokerSets":[{"brokerSetId":"a","brokerIds":[1,2]}]}`.
 *
 * @returns `invalid_file` naming the member that is wrong.
 */
export function parseBrokerSets(text: string): Result<BrokerSets> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail("invalid_file", error instanceof Error ? error.message : String(error));
  }
  const list = member(value, "brokerSets");
  if (!Array.isArray(list) || list.length === 0) {
    return fail("invalid_file", "brokerSets: must be an array with at least one set");
  }
  const sets = new Map<number, string>();
  const names = new Set<string>();
  for (const [i, item] of list.entries()) {
    const id = member(item, "brokerSetId");
    const ids = member(item, "brokerIds");
    if (typeof id !== "string" || id === "") {
      return fail("invalid_file", `brokerSets[${i}].brokerSetId: must be a name`);
    }
    if (names.has(id)) {
      return fail("invalid_file", `brokerSets[${i}].brokerSetId: must not repeat, got ${id} twice`);
    }
    names.add(id);
    if (!Array.isArray(ids)) {
      return fail("invalid_file", `brokerSets[${i}].brokerIds: must be an array of broker ids`);
    }
    for (const [k, broker] of (ids as unknown[]).entries()) {
      const isId = Number.isInteger(broker) && broker as number >= 0 && broker as number <= ID_MAX;
      if (!isId || sets.has(broker as number)) {
        const got = JSON.stringify(broker).slice(0, 60);
        const wanted = "must be broker ids, each in one set";
        return fail("invalid_file", `brokerSets[${i}].brokerIds[${k}]: ${wanted}, got ${got}`);
      }
      sets.set(broker as number, id);
    }
  }
  return ok(sets);
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** The goal that sets are for. */
const SETS_GOAL = "BrokerSetAwareGoal";

/** Where sets come from, as messages name it. */
const SETS_KEY = "broker.set.config.file";

/**
 * The sets of the configured file, as a part of the constraint; nothing without a file.
 *
 * @param read gives the text of a file, or throws
 * @returns `invalid_file` when there is a file that cannot be used
 */
export function configuredSets(
  settings: { readonly "broker.set.config.file": string | undefined },
  read: (path: string) => string,
): Result<{ readonly brokerSets?: BrokerSets }> {
  const path = settings[SETS_KEY];
  if (path === undefined) return ok({});
  try {
    const sets = parseBrokerSets(read(path));
    if (sets.ok) return ok({ brokerSets: sets.value });
    return fail("invalid_file", `Cannot use ${SETS_KEY} ${path}: ${sets.failure.message}`);
  } catch (error) {
    const failure = failureFrom(error, `Cannot read ${SETS_KEY} ${path}`, { code: "invalid_file" });
    return { ok: false, failure };
  }
}

/** Fails with `invalid_argument` where the goal is asked for and there are no sets: any plan would meet it. */
export function setsProblem(
  goals: readonly string[],
  sets: { readonly brokerSets?: BrokerSets },
  from: string = SETS_KEY,
): Result<void> {
  if (sets.brokerSets !== undefined || !goals.includes(SETS_GOAL)) return ok(undefined);
  const message = `Cannot use ${SETS_GOAL} without ${from}: it would be met by anything`;
  return fail("invalid_argument", message);
}

/** Fails with `invalid_argument` where sets are given that no goal asks for. */
export function needlessSets(goals: readonly string[], from: string): Result<void> {
  if (goals.includes(SETS_GOAL)) return ok(undefined);
  const message = `Cannot use ${from} without ${SETS_GOAL}: name it in --goals`;
  return fail("invalid_argument", message);
}

/** The set that a topic belongs to: its name's hash, consistently mapped to the sorted set names. */
export function setOfTopic(topic: string, sortedSets: readonly string[]): string {
  return sortedSets[bucketOf(topic, sortedSets.length)]!;
}
