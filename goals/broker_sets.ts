/**
 * Broker sets: named groups of brokers, each topic belonging to one (Cruise Control, BrokerSetFileResolver and
 * TopicNameHashBrokerSetMappingPolicy).
 *
 * @module
 */
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
  const hash = Number(BigInt.asIntN(32, murmur3Low(new TextEncoder().encode(topic))));
  return sortedSets[jump(BigInt(Math.abs(hash)), sortedSets.length)]!;
}

const MASK = (1n << 64n) - 1n;

function rotate(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (64n - by))) & MASK;
}

function finish(value: bigint): bigint {
  let k = value;
  k = ((k ^ (k >> 33n)) * 0xff51afd7ed558ccdn) & MASK;
  k = ((k ^ (k >> 33n)) * 0xc4ceb9fe1a85ec53n) & MASK;
  return k ^ (k >> 33n);
}

const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;

/** First 64 bits of MurmurHash3 x64-128 with seed 0 (Austin Appleby, public domain). */
function murmur3Low(bytes: Uint8Array): bigint {
  let h1 = 0n;
  let h2 = 0n;
  const mix1 = (k: bigint) => (rotate((k * C1) & MASK, 31n) * C2) & MASK;
  const mix2 = (k: bigint) => (rotate((k * C2) & MASK, 33n) * C1) & MASK;
  const word = (at: number, end: number) => {
    let value = 0n;
    for (let i = Math.min(end, at + 8) - 1; i >= at; i--) value = (value << 8n) | BigInt(bytes[i]!);
    return value;
  };
  const blocks = bytes.length - bytes.length % 16;
  for (let at = 0; at < blocks; at += 16) {
    h1 ^= mix1(word(at, bytes.length));
    h1 = ((rotate(h1, 27n) + h2) * 5n + 0x52dce729n) & MASK;
    h2 ^= mix2(word(at + 8, bytes.length));
    h2 = ((rotate(h2, 31n) + h1) * 5n + 0x38495ab5n) & MASK;
  }
  if (bytes.length > blocks + 8) h2 ^= mix2(word(blocks + 8, bytes.length));
  if (bytes.length > blocks) h1 ^= mix1(word(blocks, bytes.length));
  h1 ^= BigInt(bytes.length);
  h2 ^= BigInt(bytes.length);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  h1 = finish(h1);
  h2 = finish(h2);
  return (h1 + h2) & MASK;
}

/** Jump consistent hash (Lamping and Veach, 2014), with the generator that Guava uses. */
function jump(key: bigint, buckets: number): number {
  let state = key;
  let candidate = 0;
  for (;;) {
    state = (state * 2862933555777941757n + 1n) & MASK;
    const draw = (Number(state >> 33n) + 1) / 2 ** 31;
    const next = Math.floor((candidate + 1) / draw);
    if (next < 0 || next >= buckets) return candidate;
    candidate = next;
  }
}
