/**
 * Reading and changing dynamic configuration. Topics go through any broker; a broker's own configuration only through
 * that broker, which validates it.
 *
 * @module
 */
import { type Failure, ok, type Result } from "../../lib/failure.ts";
import type {
  CallOptions,
  ConfigChange,
  ConfigOutcome,
  ConfigReading,
  ConfigResource,
  ConfigSource,
} from "../gateway.ts";
import {
  BROKER_RESOURCE,
  DESCRIBE_CONFIGS,
  type DescribedResource,
  TOPIC_RESOURCE,
} from "./api/describe_configs.ts";
import {
  type AlteredResource,
  INCREMENTAL_ALTER_CONFIGS,
  type IncrementalAlterConfigsAnswer,
} from "./api/incremental_alter_configs.ts";
import { codeOfFailure, kafkaFailure, shownMessage, UNKNOWN_SERVER_ERROR } from "./error_codes.ts";
import { allFailed, groupBy } from "./fan_out.ts";
import { deadlineOf, failed, type Session } from "./session.ts";

const SOURCES: ReadonlyMap<number, ConfigSource> = new Map([
  [1, "dynamic_topic"],
  [2, "dynamic_broker"],
  [3, "dynamic_default"],
  [4, "static"],
  [5, "default"],
]);

const keyOf = (resource: ConfigResource) => `${resource.type}:${resource.name}`;
const wireType = (resource: ConfigResource) =>
  resource.type === "topic" ? TOPIC_RESOURCE : BROKER_RESOURCE;

/** Which broker has to be asked: undefined for any. */
function ownerOf(resource: ConfigResource): number | undefined {
  return resource.type === "topic" ? undefined : Number(resource.name);
}

/** Reads `keys` of each resource, in the order of `resources`; every key that has a value when `keys` is empty. */
export async function readConfigs(
  session: Session,
  resources: readonly ConfigResource[],
  keys: readonly string[],
  options: CallOptions | undefined,
): Promise<Result<ConfigReading[]>> {
  if (resources.length === 0) return ok([]);
  const deadlineAtMs = deadlineOf(session, options);
  const found = new Map<string, ConfigReading>();
  const results = await Promise.all(
    [...groupBy(resources, ownerOf)].map(async ([owner, group]) => {
      const request = {
        resources: group.map((one) => ({ type: wireType(one), name: one.name })),
        keys: keys.length === 0 ? null : keys,
      };
      const answer = owner === undefined
        ? await session.directory.askAny(DESCRIBE_CONFIGS, request, deadlineAtMs)
        : await askOwner(session, owner, request, deadlineAtMs);
      for (const resource of group) {
        found.set(keyOf(resource), readingOf(resource, answer, keys.length === 0));
      }
      return answer;
    }),
  );
  return allFailed(results) ?? ok(resources.map((resource) => found.get(keyOf(resource))!));
}

async function askOwner(
  session: Session,
  brokerId: number,
  request: Parameters<typeof DESCRIBE_CONFIGS.encode>[1],
  deadlineAtMs: number,
) {
  const link = await session.directory.linkToBroker(brokerId, "own", deadlineAtMs);
  if (!link.ok) return link;
  return (await link.value.call(DESCRIBE_CONFIGS, request, deadlineAtMs)).result;
}

function readingOf(
  resource: ConfigResource,
  answer: Result<{ readonly resources: readonly DescribedResource[] }>,
  onlyWithValue: boolean,
): ConfigReading {
  if (!answer.ok) return { resource, failure: answer.failure, entries: [] };
  const described = answer.value.resources.find((one) =>
    one.type === wireType(resource) && one.name === resource.name
  );
  const errorCode = described?.errorCode ?? UNKNOWN_SERVER_ERROR;
  if (described === undefined || errorCode !== 0) {
    const action = `Cannot read the configuration of ${resource.type} ${resource.name}`;
    const failure = kafkaFailure(errorCode, action, {
      message: described?.errorMessage,
      permission: "DescribeConfigs",
    });
    return { resource, failure, entries: [] };
  }
  const entries = described.entries
    .filter((entry) => !onlyWithValue || entry.value !== undefined)
    .map(({ key, value, source }) => ({ key, value, source: SOURCES.get(source) ?? "other" }));
  return { resource, entries };
}

/**
 * Applies the changes key by key; what is not named stays. Kafka takes a key once a request: list edits of one key are
 * joined, any other repetition goes into a later request.
 */
export async function alterConfigs(
  session: Session,
  changes: readonly ConfigChange[],
  options: CallOptions | undefined,
): Promise<Result<ConfigOutcome[]>> {
  if (changes.length === 0) return ok([]);
  const deadlineAtMs = deadlineOf(session, options);
  const resources = [...groupBy(changes, (change) => keyOf(change.resource)).values()].map(
    (group) => ({ resource: group[0]!.resource, rounds: roundsOf(group) }),
  );
  const outcomes = new Map<string, ConfigOutcome>();
  const failures: Result<unknown>[] = [];
  const roundCount = Math.max(...resources.map((one) => one.rounds.length));
  for (let round = 0; round < roundCount; round++) {
    const due = resources.filter((one) => {
      const before = outcomes.get(keyOf(one.resource))?.errorCode ?? 0;
      return one.rounds[round] !== undefined && before === 0;
    });
    const groups = groupBy(due, (one) => ownerOf(one.resource));
    await Promise.all(
      [...groups].map(async ([owner, group]) => {
        const altered = group.map((one) => one.rounds[round]!);
        const answer = await send(session, owner, altered, deadlineAtMs);
        failures.push(answer);
        for (const one of group) {
          outcomes.set(keyOf(one.resource), outcomeOf(one.resource, answer));
        }
      }),
    );
  }
  return allFailed(failures) ?? ok(resources.map((one) => outcomes.get(keyOf(one.resource))!));
}

/** Splits the changes of one resource into requests that have each key once, in order. */
function roundsOf(changes: readonly ConfigChange[]): AlteredResource[] {
  const resource = changes[0]!.resource;
  const rounds: Map<string, AlteredResource["changes"][number]>[] = [];
  for (const { key, operation, value } of changes) {
    const last = rounds.at(-1);
    const same = last?.get(key);
    const isList = operation === "append" || operation === "subtract";
    if (same === undefined && last !== undefined) {
      last.set(key, { key, operation, value: value ?? null });
    } else if (same?.operation === operation && isList) {
      last!.set(key, { key, operation, value: `${same.value},${value}` });
    } else rounds.push(new Map([[key, { key, operation, value: value ?? null }]]));
  }
  return rounds.map((round) => ({
    type: wireType(resource),
    name: resource.name,
    changes: [...round.values()],
  }));
}

async function send(
  session: Session,
  owner: number | undefined,
  resources: readonly AlteredResource[],
  deadlineAtMs: number,
): Promise<Result<IncrementalAlterConfigsAnswer>> {
  const { directory } = session;
  if (owner === undefined) {
    return await directory.tell(INCREMENTAL_ALTER_CONFIGS, { resources }, deadlineAtMs);
  }
  const link = await directory.linkToBroker(owner, "controller", deadlineAtMs);
  if (!link.ok) return failed(link.failure);
  return (await link.value.call(INCREMENTAL_ALTER_CONFIGS, { resources }, deadlineAtMs)).result;
}

function outcomeOf(
  resource: ConfigResource,
  answer: Result<IncrementalAlterConfigsAnswer>,
): ConfigOutcome {
  if (!answer.ok) return failureOutcome(resource, answer.failure);
  const one = answer.value.resources.find((candidate) =>
    candidate.type === wireType(resource) && candidate.name === resource.name
  );
  if (one === undefined) {
    const errorMessage = "Kafka did not answer for this resource";
    return { resource, errorCode: UNKNOWN_SERVER_ERROR, errorMessage };
  }
  const errorMessage = one.errorCode === 0
    ? undefined
    : shownMessage(one.errorCode, one.errorMessage);
  return { resource, errorCode: one.errorCode, errorMessage };
}

function failureOutcome(resource: ConfigResource, failure: Failure): ConfigOutcome {
  return { resource, errorCode: codeOfFailure(failure), errorMessage: failure.message };
}
