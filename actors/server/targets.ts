/**
 * The brokers and log dirs that an operation is about, as parameters.
 *
 * @module
 */
import { type ParamRefusal, type ParamSpec, texts, unreadable } from "./params.ts";

/** A log dir of a broker. */
export interface LogDirTarget {
  readonly brokerId: number;
  readonly path: string;
}

/** Comma-separated log dirs like `0-/data/a`: the path begins behind the first dash. */
export function logDirs(): ParamSpec<readonly LogDirTarget[]> {
  return {
    absent: [],
    parse(given) {
      const items = texts().parse(given);
      if (!items.ok) return items;
      const dirs: LogDirTarget[] = [];
      for (const item of items.value) {
        const read = /^(\d{1,9})-(.+)$/.exec(item);
        if (read === null) {
          return {
            ok: false,
            message: `Cannot read log dir ${item}: must be like 0-/data/a, broker id and path`,
          };
        }
        dirs.push({ brokerId: Number(read[1]), path: read[2]! });
      }
      return { ok: true, value: dirs };
    },
  };
}

/** Why an operation needs brokers that are not given. `endpoint` in upper case, as upstream says it. */
export function targetBrokersProblem(
  brokerIds: readonly number[],
  endpoint: string,
): ParamRefusal | undefined {
  return brokerIds.length > 0
    ? undefined
    : unreadable(`Target broker ID is not provided for ${endpoint} request`);
}
