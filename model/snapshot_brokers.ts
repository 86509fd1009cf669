/**
 * The brokers of a snapshot file, checked.
 *
 * @module
 */
import type { BrokerState, InputBroker, InputLogDir } from "./cluster_input.ts";
import { JsonProblem } from "./json_bytes.ts";
import { amountAt, arrayAt, objectAt, textAt, truthAt, wholeAt, wrong } from "./json_values.ts";

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
  if (host === "" && rack === "") throw new JsonProblem(`${path}.rack`, "must not be empty");
  return {
    id,
    host,
    rack: rack === "" ? host : rack,
    state: stateFrom(broker["state"], `${path}.state`, logDirs),
    capacity: [
      cpu,
      amountAt(capacity["nwIn"], `${path}.capacity.nwIn`),
      amountAt(capacity["nwOut"], `${path}.capacity.nwOut`),
      diskFrom(capacity["disk"], `${path}.capacity.disk`, logDirs),
    ],
    cores: broker["cores"] === undefined
      ? Math.max(1, cpu / CPU_PERCENT_PER_CORE)
      : amountAt(broker["cores"], `${path}.cores`),
    capacityEstimated: broker["capacityEstimated"] !== undefined &&
      truthAt(broker["capacityEstimated"], `${path}.capacityEstimated`),
    logDirs,
  };
}

/** MB of the alive log dirs, whatever the file says; as it says where there are none. */
function diskFrom(value: unknown, path: string, logDirs: readonly InputLogDir[]): number {
  const isKnown = logDirs.length > 0;
  const given = isKnown && value === undefined ? 0 : amountAt(value, path);
  return isKnown ? logDirs.reduce((sum, dir) => sum + (dir.alive ? dir.capacityMb : 0), 0) : given;
}

function stateFrom(value: unknown, path: string, logDirs: readonly InputLogDir[]): BrokerState {
  const state = value === undefined ? "alive" : value;
  if (!STATES.includes(state as BrokerState)) {
    throw wrong(path, `one of ${STATES.join(", ")}`, value);
  }
  const hasDeadDir = logDirs.some((dir) => !dir.alive);
  return state === "alive" && hasDeadDir ? "bad_disks" : state as BrokerState;
}

function logDirsFrom(value: unknown, path: string): InputLogDir[] {
  if (value === undefined) return [];
  const dirs = arrayAt(value, path).map((item, i) => {
    const dir = objectAt(item, `${path}[${i}]`);
    const place = `${path}[${i}]`;
    const named = textAt(dir["path"], `${place}.path`);
    if (named === "") throw new JsonProblem(`${place}.path`, "must not be empty");
    return {
      path: named,
      capacityMb: amountAt(dir["capacity"], `${place}.capacity`),
      alive: dir["alive"] === undefined || truthAt(dir["alive"], `${place}.alive`),
    };
  });
  if (new Set(dirs.map((dir) => dir.path)).size !== dirs.length) {
    throw new JsonProblem(path, "must not name the same path twice");
  }
  return dirs;
}
