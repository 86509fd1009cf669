/**
 * Cruise Control's broker capacity files (`capacity.json`, `capacityJBOD.json`, `capacityCores.json`;
 * BrokerCapacityConfigFileResolver, Apache-2.0). Numbers may be JSON strings, as it wants them, or plain numbers.
 *
 * ```
 * {"brokerCapacities": [{"brokerId": "-1",                       -1 = brokers that are not listed
 *   "capacity": {"DISK": "500000" | {"/log/dir": "250000", ...},  MB; the object form is JBOD
 *                "CPU": "100" | {"num.cores": "16"},              percent, or cores for all entries or for none
 *                "NW_IN": "10000", "NW_OUT": "10000"},            KB/s
 *   "doc": "..."}]}
 * ```
 *
 * @module
 */
import { decimalOf } from "../lib/decimal.ts";
import { fail, ok, type Result } from "../lib/failure.ts";
import { AMOUNT_MAX } from "../model/cluster_input.ts";

/** Broker id of the entry for brokers that are not listed. */
export const DEFAULT_BROKER_ID: number = -1;

/** What a broker can do. */
export interface BrokerCapacity {
  /** Percent; 100 a core. */
  readonly cpu: number;
  /** KB/s */
  readonly nwIn: number;
  /** KB/s */
  readonly nwOut: number;
  /** MB; the sum of the log dirs where they are known. */
  readonly diskMb: number;
  /** May be fractional; 1 when the file gives CPU in percent. */
  readonly cores: number;
  /** Why some value is a guess, undefined when all are configured or measured. */
  readonly estimated: string | undefined;
  /** MB by log dir path; undefined unless known by log dir. */
  readonly logDirsMb: ReadonlyMap<string, number> | undefined;
}

/** A parsed file: capacities by broker id, {@link DEFAULT_BROKER_ID} for those not listed. */
export type CapacityFile = ReadonlyMap<number, BrokerCapacity>;

/** Parses the text of a capacity file. Fails with `invalid_file`; `details` lists every mistake with its path. */
export function parseCapacityFile(text: string, path: string): Result<CapacityFile> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail("invalid_file", `Cannot read capacity file ${path}: not JSON, ${reason}`);
  }
  const problems: string[] = [];
  const list = member(document, "brokerCapacities");
  if (!Array.isArray(list)) {
    return fail(
      "invalid_file",
      `Cannot read capacity file ${path}: brokerCapacities must be an array`,
    );
  }
  const capacities = new Map<number, BrokerCapacity>();
  const withCores: boolean[] = [];
  list.forEach((entry: unknown, i) => {
    const at = `brokerCapacities[${i}]`;
    const brokerId = integerOf(member(entry, "brokerId"));
    if (brokerId === undefined || brokerId < DEFAULT_BROKER_ID) {
      problems.push(
        `${at}.brokerId must be an integer >= -1, got ${shown(member(entry, "brokerId"))}`,
      );
      return;
    }
    if (capacities.has(brokerId)) problems.push(`${at}.brokerId ${brokerId} is listed twice`);
    const capacity = member(entry, "capacity");
    withCores.push(isObject(member(capacity, "CPU")));
    capacities.set(brokerId, capacityOf(capacity, `${at}.capacity`, problems));
  });
  if (withCores.includes(true) && withCores.includes(false)) {
    problems.push("CPU must be given as num.cores for every broker or for none");
  }
  if (problems.length === 0) return ok(capacities);
  const message = `Cannot use capacity file ${path}: ${problems[0]}`;
  return fail("invalid_file", message, { details: problems });
}

function capacityOf(capacity: unknown, at: string, problems: string[]): BrokerCapacity {
  const number = (value: unknown, where: string): number => {
    const parsed = numberOf(value);
    if (parsed !== undefined) return parsed;
    problems.push(`${where} must be a number from 0 to ${AMOUNT_MAX}, got ${shown(value)}`);
    return 0;
  };
  const cpu = member(capacity, "CPU");
  const cores = isObject(cpu) ? number(member(cpu, "num.cores"), `${at}.CPU.num.cores`) : 1;
  const percent = isObject(cpu) ? 100 : number(cpu, `${at}.CPU`);
  const disk = member(capacity, "DISK");
  const logDirsMb = new Map<string, number>();
  if (isObject(disk)) {
    for (const [path, value] of Object.entries(disk)) {
      if (!path.startsWith("/")) problems.push(`${at}.DISK has ${path}, which is no absolute path`);
      logDirsMb.set(path, number(value, `${at}.DISK["${path}"]`));
    }
  }
  const diskMb = isObject(disk)
    ? [...logDirsMb.values()].reduce((sum, mb) => sum + mb, 0)
    : number(disk, `${at}.DISK`);
  return {
    cpu: percent * cores,
    nwIn: number(member(capacity, "NW_IN"), `${at}.NW_IN`),
    nwOut: number(member(capacity, "NW_OUT"), `${at}.NW_OUT`),
    diskMb,
    cores,
    estimated: undefined,
    logDirsMb: isObject(disk) ? logDirsMb : undefined,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function member(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" ? decimalOf(value.trim()) : value;
  return typeof number === "number" && number >= 0 && number <= AMOUNT_MAX ? number : undefined;
}

function integerOf(value: unknown): number | undefined {
  const number = typeof value === "string" ? decimalOf(value.trim()) : value;
  return typeof number === "number" && Number.isInteger(number) ? number : undefined;
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 60);
}
