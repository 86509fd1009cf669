/**
 * What a plan was made for, as its file says it: who checks the plan need not say it again.
 *
 * @module
 */
import { fail, ok, type Result } from "../lib/failure.ts";
import { objectOf } from "./plan_claims.ts";
import type { WindowChoice } from "./windows.ts";

/** By the names of the options that asked for it; undefined = not said. Goals are no part of it: a plan is held to the usual ones. */
export interface PlanRequest {
  readonly operation?: string;
  readonly over?: WindowChoice | "each";
  readonly brokers?: readonly number[];
  readonly logDirs?: readonly { readonly brokerId: number; readonly path: string }[];
  readonly topics?: string;
  readonly replicationFactor?: number;
  readonly excludeTopics?: string;
  readonly excludeLeadership?: readonly number[];
  readonly excludeMoves?: readonly number[];
  readonly destinations?: readonly number[];
}

type Check = (value: unknown) => boolean;

const OVER: readonly unknown[] = ["mean", "max", "p95", "each"] satisfies PlanRequest["over"][];

const isText: Check = (value) => typeof value === "string";
const isId: Check = (value) => Number.isInteger(value) && value as number >= 0;
const isLogDir: Check = (value) => {
  const { brokerId, path } = objectOf(value) ?? {};
  return isId(brokerId) && isText(path);
};
const listOf = (check: Check): Check => (value) => Array.isArray(value) && value.every(check);

/** What a member has to be. */
const MEMBERS: Readonly<Record<keyof PlanRequest, readonly [Check, string]>> = {
  operation: [isText, "a string"],
  over: [(value) => OVER.includes(value), `one of ${OVER.join(", ")}`],
  brokers: [listOf(isId), "an array of broker ids"],
  logDirs: [listOf(isLogDir), "an array of objects with brokerId and path"],
  topics: [isText, "a string"],
  replicationFactor: [isId, "an integer >= 0"],
  excludeTopics: [isText, "a string"],
  excludeLeadership: [listOf(isId), "an array of broker ids"],
  excludeMoves: [listOf(isId), "an array of broker ids"],
  destinations: [listOf(isId), "an array of broker ids"],
};

/** Those of some options that are a plan's request, in one order. */
export function requestFrom(options: PlanRequest): PlanRequest {
  const names = Object.keys(MEMBERS) as (keyof PlanRequest)[];
  const given = names.filter((name) => options[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, options[name]]));
}

/** The request of a plan file, `top` being the whole file; undefined where it has none. `invalid_file`, naming the member. */
export function readRequest(top: Record<string, unknown>): Result<PlanRequest | undefined> {
  if (top["request"] === undefined) return ok(undefined);
  const request = objectOf(top["request"]);
  if (request === undefined) return fail("invalid_file", "request: must be an object");
  for (const [name, [check, wanted]] of Object.entries(MEMBERS)) {
    if (request[name] === undefined || check(request[name])) continue;
    return fail("invalid_file", `request.${name}: must be ${wanted}`);
  }
  return ok(requestFrom(request));
}
