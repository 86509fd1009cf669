/**
 * Request parameters, declared as data: an endpoint lists what it takes, and this file reads the texts.
 * Rules (case of names, duplicates, booleans, error texts) are Cruise Control's.
 *
 * @module
 */
import { decimalOf } from "../../lib/decimal.ts";
import { wholePattern } from "../../lib/whole_pattern.ts";

/** A value, or why the text is none. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | {
  readonly ok: false;
  readonly message: string;
};

/** One parameter. */
export interface ParamSpec<T> {
  parse(text: string): Parsed<T>;
  /** The value when the parameter is absent. */
  readonly absent: T;
  /** Why this value asks for something that is not built, undefined when it can be done. */
  unsupported?(value: T): string | undefined;
}

/** Parameters of an endpoint, by name in lower case. */
export type ParamSpecs = Readonly<Record<string, ParamSpec<unknown>>>;

/** The values of some parameters. */
export type ValuesOf<S extends ParamSpecs> = {
  readonly [K in keyof S]: S[K] extends ParamSpec<infer T> ? T : never;
};

/** What was read from a request. */
export interface ReadParams<S extends ParamSpecs> {
  readonly values: ValuesOf<S>;
  /** Names that the request gave, in lower case. */
  readonly given: ReadonlySet<string>;
}

/** Why a request is refused with 400: it has names that the endpoint lacks, texts that are no value, or values that cannot be used. */
export interface ParamRefusal {
  readonly message: string;
  readonly kind: "unknown_name" | "unreadable" | "unusable" | "forbidden";
}

/** A refusal in bare words, as upstream gives them for what it finds while it reads parameters. */
export function unreadable(message: string): ParamRefusal {
  return { message, kind: "unreadable" };
}

function value<T>(parsed: T): Parsed<T> {
  return { ok: true, value: parsed };
}

function refused<T>(message: string): Parsed<T> {
  return { ok: false, message };
}

/** `true` in any case is true, everything else is false and never an error. */
export function bool(absent: boolean): ParamSpec<boolean> {
  return { absent, parse: (text) => value(text.trim().toLowerCase() === "true") };
}

/**
 * What must not be mistyped: `true` or `false` in any case, everything else is an error. Cruise Control takes it for
 * false.
 */
export function strictBool(name: string, absent: boolean): ParamSpec<boolean> {
  return {
    absent,
    parse(text) {
      const word = text.trim().toLowerCase();
      if (word === "true" || word === "false") return value(word === "true");
      return refused(`${name} must be true or false, got ${JSON.stringify(text)}`);
    },
  };
}

const INT_MAX = 2 ** 31 - 1;

function readInteger(text: string, max: number): Parsed<number> {
  const read = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
  return Math.abs(read) <= max ? value(read) : refused(`For input string: "${text}"`);
}

/** What bounds a number, and how a refusal names it. */
export interface NumberRule {
  /** "movement concurrency": the text says "The requested movement concurrency must be positive". */
  readonly positive?: string;
  readonly notNegative?: string;
}

function ruled(parsed: Parsed<number>, rule: NumberRule): Parsed<number> {
  if (!parsed.ok) return parsed;
  if (rule.positive !== undefined && parsed.value <= 0) {
    return refused(`The requested ${rule.positive} must be positive (Requested: ${parsed.value}).`);
  }
  if (rule.notNegative !== undefined && parsed.value < 0) {
    return refused(
      `The requested ${rule.notNegative} must not be negative (Requested: ${parsed.value}).`,
    );
  }
  return parsed;
}

/** A 32-bit integer. */
export function int<T extends number | undefined>(
  absent: T,
  rule: NumberRule = {},
): ParamSpec<number | T> {
  return { absent, parse: (text) => ruled(readInteger(text, INT_MAX), rule) };
}

/** An integer of any size that a double holds exactly: times, bytes. */
export function long<T extends number | undefined>(
  absent: T,
  rule: NumberRule = {},
): ParamSpec<number | T> {
  return { absent, parse: (text) => ruled(readInteger(text, Number.MAX_SAFE_INTEGER), rule) };
}

/** A number with a fraction, from `least` to `most`. */
export function double(
  range: { readonly name: string; readonly least: number; readonly most: number },
): ParamSpec<number | undefined> {
  return {
    absent: undefined,
    parse(given) {
      const read = decimalOf(given.trim());
      if (Number.isNaN(read)) return refused(`For input string: "${given}"`);
      const { name, least, most } = range;
      return read >= least && read <= most
        ? value(read)
        : refused(`The requested ${name} must be in [${least}, ${most}] (Requested: ${given}).`);
    },
  };
}

/** Any text. */
export function text(): ParamSpec<string | undefined> {
  return { absent: undefined, parse: (given) => value(given) };
}

/** Comma-separated texts, empty ones dropped; decoded once more, as upstream does. */
export function texts(): ParamSpec<readonly string[]> {
  return { absent: [], parse: (given) => value(items(given)) };
}

/** Comma-separated integers; an item that is none is refused. */
export function ints(): ParamSpec<readonly number[]> {
  return {
    absent: [],
    parse(given) {
      const numbers: number[] = [];
      for (const item of decodedAgain(given).split(",")) {
        const read = readInteger(item.trim(), INT_MAX);
        if (!read.ok) return read;
        numbers.push(read.value);
      }
      return value(numbers);
    },
  };
}

/** One of some words in any case; `problem` is what a refusal says before the list of words. */
export function word<W extends string, T extends W | undefined>(
  words: readonly W[],
  absent: T,
  problem: string,
): ParamSpec<W | T> {
  return {
    absent,
    parse(given) {
      const found = words.find((candidate) => candidate === given.trim().toLowerCase());
      return found === undefined
        ? refused(`${problem} ${given}. It must be one of: ${words.join(", ")}`)
        : value(found);
    },
  };
}

/** Some of some words in any case; none is as if the parameter was absent. */
export function words<W extends string>(
  known: readonly W[],
  absent: readonly W[],
  problem: string,
): ParamSpec<readonly W[]> {
  const one = word<W, undefined>(known, undefined, problem);
  return {
    absent,
    parse(given) {
      const found: W[] = [];
      for (const item of items(given)) {
        const read = one.parse(item);
        if (!read.ok) return read;
        if (read.value !== undefined) found.push(read.value);
      }
      return value(found.length === 0 ? absent : found);
    },
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Comma-separated UUIDs. */
export function uuids(): ParamSpec<readonly string[]> {
  return {
    absent: [],
    parse(given) {
      const ids = items(given);
      const bad = ids.find((id) => !UUID.test(id));
      return bad === undefined
        ? value(ids.map((id) => id.toLowerCase()))
        : refused(`Invalid UUID string: ${bad}`);
    },
  };
}

/** A pattern for whole topic names. */
export interface TopicPattern {
  /** As given. */
  readonly source: string;
  matches(topic: string): boolean;
}

/** A regular expression for whole topic names. Not decoded again: upstream does not either. */
export function pattern(): ParamSpec<TopicPattern | undefined> {
  return {
    absent: undefined,
    parse(given) {
      try {
        return value({ source: given, matches: wholePattern(given) });
      } catch (error) {
        return refused(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

/** The same parameter, refusing values that ask for something not built. */
export function limited<T>(
  spec: ParamSpec<T>,
  unsupported: (value: T) => string | undefined,
): ParamSpec<T> {
  return { ...spec, unsupported };
}

function decodedAgain(given: string): string {
  try {
    return decodeURIComponent(given.replaceAll("+", " "));
  } catch {
    return given;
  }
}

function items(given: string): string[] {
  return decodedAgain(given).split(",").map((item) => item.trim()).filter((item) => item !== "");
}

/** Parameters of every endpoint. */
export const COMMON_PARAMS = {
  json: bool(false),
  get_response_schema: bool(false),
  doas: text(),
} as const;

/** First value of each name, names in lower case. */
function firstValues(query: URLSearchParams): Map<string, string> {
  const first = new Map<string, string>();
  for (const [name, given] of query) {
    const lower = name.toLowerCase();
    if (!first.has(lower)) first.set(lower, given);
  }
  return first;
}

/** Whether the request wants JSON; read before everything else. */
export function wantsJson(query: URLSearchParams): boolean {
  return (firstValues(query).get("json") ?? "").trim().toLowerCase() === "true";
}

/** Reads a request's parameters by an endpoint's declaration. `title` is `STATE GET`, for refusals. */
export function readParams<S extends ParamSpecs>(
  specs: S,
  query: URLSearchParams,
  options: { title: string },
): { ok: true; read: ReadParams<S> } | { ok: false; refusal: ParamRefusal } {
  const refuse = (message: string, kind: ParamRefusal["kind"]) => ({
    ok: false as const,
    refusal: { message, kind },
  });
  const unknown = [...new Set([...query.keys()])].filter((name) => {
    const lower = name.toLowerCase();
    return !Object.hasOwn(specs, lower) && !Object.hasOwn(COMMON_PARAMS, lower);
  });
  if (unknown.length > 0) {
    return refuse(
      `Unrecognized endpoint parameters in ${options.title} request: [${unknown.join(", ")}].`,
      "unknown_name",
    );
  }
  const texts = firstValues(query);
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const given = texts.get(name);
    const parsed = given === undefined ? value(spec.absent) : spec.parse(given);
    if (!parsed.ok) return refuse(parsed.message, "unreadable");
    const reason = spec.unsupported?.(parsed.value);
    if (reason !== undefined) {
      return refuse(`Cannot use ${name}=${given ?? ""}: ${reason}`, "unusable");
    }
    values[name] = parsed.value;
  }
  return {
    ok: true,
    read: { values: values as ValuesOf<S>, given: new Set(texts.keys()) },
  };
}
