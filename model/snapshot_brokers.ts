/**
 * The brokers of a snapshot file, checked.
 *
 * @module
 */
import type { BrokerState, InputBroker, InputLogDir } from "./cluster_input.ts";
import { JsonProblem } from "./json_bytes.ts";
import { amountAt, arrayAt, objectAt, textAt, wholeAt, wrong } from "./json_values.ts";

const STATES: readonly BrokerState[] = ["alive", "dead", "new", "demoted", "bad_disks"];
const CPU_PERCENT_PER_CORE = 100;

/** Checks the `brokers` member and sorts it by id. Throws {@link JsonProblem} with the path of what is wrong. */
export function brokersFrom(value: unknown): InputBroker[] {
  const items = arrayAt(value, "brokers");
  if (items.length === 0) throw new JsonProblem("brokers", "must name at least one broker");
  const brokers = items.map((item, i) => brokerFrom(item, `brokers[${i}]`));
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
  const id = wholeAt(broker["id"], `${path}.id`);
  const host = textAt(broker["host"], `${path}.host`);
  const rack = textAt(broker["rack"], `${path}.rack`);
  const logDirs = logDirsFrom(broker["logDirs"], `${path}.logDirs`);
  const capacity = objectAt(broker["capacity"], `${path}.capacity`);
  const cpu = amountAt(capacity["cpu"], `${path}.capacity.cpu`);
  const disk = logDirs.length > 0
    ? logDirs.reduce((sum, dir) => sum + (dir.alive ? dir.capacityMb : 0), 0)
    : amountAt(capacity["disk"], `${path}.capacity.disk`);
  return {
    id,
    host,
    rack: rack === "" ? host : rack,
    state: stateFrom(broker["state"], `${path}.state`, logDirs),
    capacity: [
      cpu,
      amountAt(capacity["nwIn"], `${path}.capacity.nwIn`),
      amountAt(capacity["nwOut"], `${path}.capacity.nwOut`),
      disk,
    ],
    cores: broker["cores"] === undefined
      ? Math.max(1, cpu / CPU_PERCENT_PER_CORE)
      : amountAt(broker["cores"], `${path}.cores`),
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
  const dirs = arrayAt(value, path).map((item, i) => {
    const dir = objectAt(item, `${path}[${i}]`);
    const alive = dir["alive"] === undefined ? true : dir["alive"];
    if (typeof alive !== "boolean") throw wrong(`${path}[${i}].alive`, "true or false", alive);
    return {
      path: textAt(dir["path"], `${path}[${i}].path`),
      capacityMb: amountAt(dir["capacity"], `${path}[${i}].capacity`),
      alive,
    };
  });
  if (new Set(dirs.map((dir) => dir.path)).size !== dirs.length) {
    throw new JsonProblem(path, "must not name the same path twice");
  }
  return dirs;
}
