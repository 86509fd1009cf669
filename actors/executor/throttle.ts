/**
 * Which throttle settings to write and how to take them back. Pure.
 *
 * A move is throttled by a rate at each broker that takes part (leader and follower side) and by naming its replicas
 * in two lists of its topic. What was there before is remembered: an operator's own rate comes back, an operator's own
 * list entries stay, lists that we emptied are deleted (Kafka would keep an empty value), `*` is left alone. Only
 * values of the resource itself are judged: cluster-wide defaults and static values shine through a deleted key and
 * must not be taken for ours.
 *
 * @module
 */
import { replicasToAdd } from "../../model/proposal.ts";
import type { ConfigChange, ConfigReading, ConfigResource } from "../../cluster/gateway.ts";
import type { ThrottleUndo } from "../../store/journal_rows.ts";
import { newBrokers, oldBrokers, type Task } from "./task.ts";

/** Keys of a broker, bytes/s. */
export const RATE_KEYS = [
  "leader.replication.throttled.rate",
  "follower.replication.throttled.rate",
] as const;

/** Keys of a topic, lists of `partition:broker`. */
export const LIST_KEYS = [
  "leader.replication.throttled.replicas",
  "follower.replication.throttled.replicas",
] as const;

/** What a value has to look like before a write counts as done. */
export type Expectation =
  & { readonly resource: ConfigResource; readonly key: string }
  & (
    | { readonly kind: "equals"; readonly value: string | undefined }
    | { readonly kind: "has"; readonly entries: readonly string[] }
    | { readonly kind: "lacks"; readonly entries: readonly string[] }
  );

/** Writes, how to undo them (to be recorded first), and how to know that they are done. */
export interface SettingPlan {
  readonly undos: readonly ThrottleUndo[];
  readonly changes: readonly ConfigChange[];
  readonly expectations: readonly Expectation[];
}

/** An undo record and the part of it to carry out now; `entries` is empty for rates. */
export interface Clearing {
  readonly undo: ThrottleUndo;
  readonly entries: readonly string[];
}

/** `partition:broker` for every replica before and after. */
export function throttleEntries(task: Task): string[] {
  const { partition } = task.proposal;
  const added = replicasToAdd(task.proposal).map((placement) => placement.brokerId);
  return [...oldBrokers(task.proposal), ...added].map((id) => `${partition}:${id}`);
}

/** Brokers that a throttled task keeps a rate at. */
export function throttleBrokers(task: Task): Set<number> {
  return new Set([...oldBrokers(task.proposal), ...newBrokers(task.proposal)]);
}

/** Brokers and topics whose settings must be read before {@link planSetting}. */
export function resourcesOf(tasks: readonly Task[], alive: ReadonlySet<number>): ConfigResource[] {
  const brokers = new Set<number>();
  const topics = new Set<string>();
  for (const task of tasks) {
    topics.add(task.proposal.topic);
    for (const id of throttleBrokers(task)) if (alive.has(id)) brokers.add(id);
  }
  return [
    ...[...brokers].sort((a, b) => a - b).map((id) => brokerResource(id)),
    ...[...topics].sort().map((name) => ({ type: "topic" as const, name })),
  ];
}

function brokerResource(id: number): ConfigResource {
  return { type: "broker", name: String(id) };
}

/** The value that was set on the resource itself, undefined when there is none. */
export function ownValue(reading: ConfigReading, key: string): string | undefined {
  const wanted = reading.resource.type === "broker" ? "dynamic_broker" : "dynamic_topic";
  const entry = reading.entries.find((e) => e.key === key && e.source === wanted);
  return entry?.value;
}

function listOf(value: string | undefined): string[] {
  return (value ?? "").split(",").map((item) => item.trim()).filter((item) => item !== "");
}

/**
 * Plans the settings for tasks that are about to be submitted. `open` are all undo records not done yet, of whatever
 * execution: what they remember as original stays the original.
 */
export function planSetting(
  tasks: readonly Task[],
  readings: readonly ConfigReading[],
  options: {
    readonly executionUuid: string;
    readonly rateBytesPerSec: number;
    readonly open: readonly ThrottleUndo[];
  },
): SettingPlan {
  const undos: ThrottleUndo[] = [];
  const changes: ConfigChange[] = [];
  const expectations: Expectation[] = [];
  const openByName = new Map(options.open.map((undo) => [undoName(undo), undo]));
  const wanted = entriesByTopic(tasks);
  const rate = String(options.rateBytesPerSec);
  for (const reading of readings) {
    const { resource } = reading;
    for (const key of resource.type === "broker" ? RATE_KEYS : LIST_KEYS) {
      const own = ownValue(reading, key);
      const before = openByName.get(`${resource.type} ${resource.name} ${key}`);
      const undo: ThrottleUndo = {
        executionUuid: options.executionUuid,
        resourceType: resource.type,
        resourceName: resource.name,
        key,
        originalValue: before === undefined ? own : before.originalValue,
        writtenValue: resource.type === "broker" ? ratesWritten(before, rate) : undefined,
        entriesAdded: before?.entriesAdded ?? [],
      };
      if (resource.type === "broker") {
        if (own === rate) continue;
        undos.push(undo);
        changes.push({ resource, key, operation: "set", value: rate });
        expectations.push({ resource, key, kind: "equals", value: rate });
        continue;
      }
      const present = listOf(own);
      const missing = (wanted.get(resource.name) ?? []).filter((e) => !present.includes(e));
      if (present.includes("*") || missing.length === 0) continue;
      undos.push({ ...undo, entriesAdded: [...new Set([...undo.entriesAdded, ...missing])] });
      changes.push({ resource, key, operation: "append", value: missing.join(",") });
      expectations.push({ resource, key, kind: "has", entries: missing });
    }
  }
  return { undos, changes, expectations };
}

/** A crash between record and write leaves the rate of an earlier execution in force: that one is ours, too. */
function ratesWritten(before: ThrottleUndo | undefined, rate: string): string {
  const earlier = listOf(before?.writtenValue).filter((value) => value !== rate);
  return [...earlier, rate].join(",");
}

function entriesByTopic(tasks: readonly Task[]): Map<string, string[]> {
  const byTopic = new Map<string, string[]>();
  for (const task of tasks) {
    const list = byTopic.get(task.proposal.topic) ?? [];
    list.push(...throttleEntries(task));
    byTopic.set(task.proposal.topic, list);
  }
  return byTopic;
}

/** Names the setting that an undo record is about. */
export function undoName(undo: ThrottleUndo): string {
  return `${undo.resourceType} ${undo.resourceName} ${undo.key}`;
}

/**
 * What of the open undo records nobody needs any more. List entries are needed by tasks in flight; rates also by
 * pending ones, because a rate without list entries throttles nothing and writing it again costs a round trip.
 */
export function clearingsOf(
  open: readonly ThrottleUndo[],
  inFlight: readonly Task[],
  pending: readonly Task[],
): Clearing[] {
  const brokers = new Set<string>();
  for (const task of [...inFlight, ...pending]) {
    for (const id of throttleBrokers(task)) brokers.add(String(id));
  }
  const needed = entriesByTopic(inFlight);
  const clearings: Clearing[] = [];
  for (const undo of open) {
    if (undo.resourceType === "broker") {
      if (!brokers.has(undo.resourceName)) clearings.push({ undo, entries: [] });
      continue;
    }
    const keep = needed.get(undo.resourceName) ?? [];
    const entries = undo.entriesAdded.filter((entry) => !keep.includes(entry));
    if (entries.length > 0 || undo.entriesAdded.length === 0) clearings.push({ undo, entries });
  }
  return clearings;
}

/** Writes that take settings back. `released` need none: the resource is gone, or somebody else set another value. */
export interface ClearingPlan {
  readonly changes: readonly ConfigChange[];
  readonly expectations: readonly Expectation[];
  readonly released: readonly Clearing[];
}

/** Kafka's UNKNOWN_TOPIC_OR_PARTITION. */
export const UNKNOWN_TOPIC = 3;

/**
 * Plans to take settings back. Writes even where the reading looks restored: right after a write a broker may still
 * tell the old value. Clearings without a usable reading are left out; they stay open.
 */
export function planClearing(
  clearings: readonly Clearing[],
  readings: readonly ConfigReading[],
): ClearingPlan {
  const changes: ConfigChange[] = [];
  const expectations: Expectation[] = [];
  const released: Clearing[] = [];
  for (const clearing of clearings) {
    const { undo } = clearing;
    const { resourceType: type, resourceName: name, key } = undo;
    const reading = readings.find((r) => r.resource.type === type && r.resource.name === name);
    if (reading?.failure?.kafkaErrorCode === UNKNOWN_TOPIC) released.push(clearing);
    if (reading === undefined || reading.failure !== undefined) continue;
    const resource: ConfigResource = { type, name };
    if (type === "topic") {
      if (clearing.entries.length === 0) {
        released.push(clearing);
        continue;
      }
      changes.push({ resource, key, operation: "subtract", value: clearing.entries.join(",") });
      expectations.push({ resource, key, kind: "lacks", entries: clearing.entries });
      continue;
    }
    const own = ownValue(reading, key);
    const ours = own === undefined || listOf(undo.writtenValue).includes(own);
    if (!ours && own !== undo.originalValue) {
      released.push(clearing);
    } else if (undo.originalValue === undefined) {
      changes.push({ resource, key, operation: "delete" });
      expectations.push({ resource, key, kind: "equals", value: undefined });
    } else {
      changes.push({ resource, key, operation: "set", value: undo.originalValue });
      expectations.push({ resource, key, kind: "equals", value: undo.originalValue });
    }
  }
  return { changes, expectations, released };
}

/** Deletions of lists of these clearings that were left empty. */
export function planDeletions(
  clearings: readonly Clearing[],
  readings: readonly ConfigReading[],
): Pick<ClearingPlan, "changes" | "expectations"> {
  const changes: ConfigChange[] = [];
  const expectations: Expectation[] = [];
  for (const { undo } of clearings) {
    if (undo.resourceType !== "topic") continue;
    const { key } = undo;
    const resource: ConfigResource = { type: "topic", name: undo.resourceName };
    const reading = readings.find((r) =>
      r.resource.type === "topic" && r.resource.name === undo.resourceName
    );
    const own = reading === undefined ? undefined : ownValue(reading, key);
    if (own === undefined || listOf(own).length > 0) continue;
    changes.push({ resource, key, operation: "delete" });
    expectations.push({ resource, key, kind: "equals", value: undefined });
  }
  return { changes, expectations };
}

/** Whether a reading shows what was expected. A reading that failed shows nothing. */
export function isMet(expectation: Expectation, readings: readonly ConfigReading[]): boolean {
  const { resource, key } = expectation;
  const reading = readings.find((r) =>
    r.resource.type === resource.type && r.resource.name === resource.name
  );
  if (reading === undefined || reading.failure !== undefined) return false;
  const own = ownValue(reading, key);
  switch (expectation.kind) {
    case "equals":
      return own === expectation.value;
    case "has": {
      const present = listOf(own);
      return expectation.entries.every((entry) => present.includes(entry));
    }
    case "lacks": {
      const present = listOf(own);
      return !expectation.entries.some((entry) => present.includes(entry));
    }
  }
}

/** What is left of an undo record after a clearing: undefined when it is done. */
export function remainderOf(clearing: Clearing): ThrottleUndo | undefined {
  const entriesAdded = clearing.undo.entriesAdded.filter((e) => !clearing.entries.includes(e));
  return entriesAdded.length === 0 ? undefined : { ...clearing.undo, entriesAdded };
}
