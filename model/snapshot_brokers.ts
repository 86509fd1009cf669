/**
 * The brokers of a snapshot file, checked.
 *
 * @module
 */
import {
  AMOUNT_MAX,
  type BrokerState,
  type InputBroker,
  type InputLogDir,
} from "./cluster_input.ts";
import { JsonProblem } from "./json_bytes.ts";

const STATES: readonly BrokerState[] = ["alive", "dead", "new", "demoted", "bad_disks"];
const BROKER_ID_MAX = 2 ** 31 - 1;
const CPU_PERCENT_PER_CORE = 100;

/** Checks the `brokers` member and sorts it by id. Throws {@link JsonProblem} with the path of what is wrong. */
export function brokersFrom(value: unknown): InputBroker[] {
  if (!Array.isArray(value)) throw wrong("brokers", "an array", value);
  if (value.length === 0) throw new JsonProblem("brokers", "must name at least one broker");
  const brokers = value.map((item: unknown, i) => brokerFrom(item, `brokers[${i}]`));
  const seen = new Set<number>();
  for (const [i, broker] of brokers.entries()) {
    if (seen.has(broker.id)) {
      throw new JsonProblem(`brokers[${i}].id`, `must not repeat, got ${broker.id} twice`);
    }
    seen.add(broker.id);
  }
  return brokers.sort((a, b) => a.id - b.id);
}

function brokerFrom(value: unknown, path: string): InputBroker {
  const broker = objectAt(value, path);
  const id = numberAt(broker["id"], `${path}.id`);
  if (!Number.isInteger(id) || id > BROKER_ID_MAX) {
    throw new JsonProblem(`${path}.id`, `must be an integer from 0 to ${BROKER_ID_MAX}, got ${id}`);
  }
  const host = textAt(broker["host"], `${path}.host`);
  const rack = textAt(broker["rack"], `${path}.rack`);
  const logDirs = logDirsFrom(broker["logDirs"], `${path}.logDirs`);
  const capacity = objectAt(broker["capacity"], `${path}.capacity`);
  const cpu = numberAt(capacity["cpu"], `${path}.capacity.cpu`);
  const disk = logDirs.length > 0
    ? logDirs.reduce((sum, dir) => sum + (dir.alive ? dir.capacityMb : 0), 0)
    : numberAt(capacity["disk"], `${path}.capacity.disk`);
  return {
    id,
    host,
    rack: rack === "" ? host : rack,
    state: stateFrom(broker["state"], `${path}.state`, logDirs),
    capacity: [
      cpu,
      numberAt(capacity["nwIn"], `${path}.capacity.nwIn`),
      numberAt(capacity["nwOut"], `${path}.capacity.nwOut`),
      disk,
    ],
    cores: broker["cores"] === undefined
      ? Math.max(1, cpu / CPU_PERCENT_PER_CORE)
      : numberAt(broker["cores"], `${path}.cores`),
    capacityEstimated: broker["capacityEstimated"] === true,
    logDirs,
  };
}

function stateFrom(value: unknown, path: string, logDirs: readonly InputLogDir[]): BrokerState {
  const state = value === undefined ? "alive" : value;
  if (!STATES.includes(state as BrokerState)) {
    throw new JsonProblem(
      path,
      `must be one of ${STATES.join(", ")}, got ${JSON.stringify(value)}`,
    );
  }
  const hasDeadDir = logDirs.some((dir) => !dir.alive);
  return state === "alive" && hasDeadDir ? "bad_disks" : state as BrokerState;
}

function logDirsFrom(value: unknown, path: string): InputLogDir[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrong(path, "an array", value);
  const dirs = value.map((item: unknown, i) => {
    const dir = objectAt(item, `${path}[${i}]`);
    const alive = dir["alive"] === undefined ? true : dir["alive"];
    if (typeof alive !== "boolean") throw wrong(`${path}[${i}].alive`, "true or false", alive);
    return {
      path: textAt(dir["path"], `${path}[${i}].path`),
      capacityMb: numberAt(dir["capacity"], `${path}[${i}].capacity`),
      alive,
    };
  });
  if (new Set(dirs.map((dir) => dir.path)).size !== dirs.length) {
    throw new JsonProblem(path, "must not name the same path twice");
  }
  return dirs;
}

function objectAt(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(path, "an object", value);
  }
  return value as Record<string, unknown>;
}

function textAt(value: unknown, path: string): string {
  if (typeof value !== "string") throw wrong(path, "a string", value);
  return value;
}

function numberAt(value: unknown, path: string): number {
  if (typeof value !== "number" || !(value >= 0 && value <= AMOUNT_MAX)) {
    throw wrong(path, `a number from 0 to ${AMOUNT_MAX}`, value);
  }
  return value;
}

function wrong(path: string, wanted: string, value: unknown): JsonProblem {
  if (value === undefined) return new JsonProblem(path, `is missing, wanted ${wanted}`);
  const shown = JSON.stringify(value) ?? String(value);
  return new JsonProblem(path, `must be ${wanted}, got ${shown.slice(0, 60)}`);
}
