/**
 * From texts to a checked {@link Config}: all mistakes are collected and reported at once.
 *
 * @module
 */
import { decimalOf } from "../lib/decimal.ts";
import { editDistance, nearest } from "../lib/nearest.ts";
import type { Key } from "./key.ts";
import { type Config, type KeyName, KEYS } from "./table.ts";

/** A mistake in the configuration: names key, value and what is allowed. */
export interface ConfigProblem {
  readonly key: string;
  readonly message: string;
}

/** The outcome of parsing: a configuration when there are no errors; warnings may come with either. */
export interface ParsedConfig {
  readonly config: Config | undefined;
  readonly errors: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

/** Checks `settings` (key -> text, later sources already merged over earlier ones) and fills in defaults. */
export function parseConfig(settings: ReadonlyMap<string, string>): ParsedConfig {
  const errors: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, declared] of Object.entries(KEYS) as [KeyName, Key][]) {
    const text = settings.get(name) ?? declared.default;
    if (text === undefined) continue;
    const parsed = parseValue(declared, text.trim());
    if (parsed.ok) values[name] = parsed.value;
    else errors.push({ key: name, message: problemText(name, declared, text, parsed.wanted) });
  }
  for (const name of settings.keys()) {
    if (name in KEYS) continue;
    const known = meantKey(name);
    const hint = known === undefined ? "" : `, did you mean ${known}?`;
    warnings.push({ key: name, message: `Unknown key ${name} is ignored${hint}` });
  }
  return {
    config: errors.length === 0 ? values as unknown as Config : undefined,
    errors,
    warnings,
  };
}

/** A slip of so many letters may be anywhere in a key, also between its words. */
const SLIP_MAX = 1;

/**
 * The key that a mistyped one was meant to be. Keys of Cruise Control that are not read are not mistyped: where a whole
 * word is another one, whoever followed the hint would set something else.
 */
function meantKey(name: string): string | undefined {
  const known = nearest(name, Object.keys(KEYS));
  if (known === undefined || editDistance(name, known) <= SLIP_MAX) return known;
  const [words, others] = [name.split("."), known.split(".")];
  const alike = words.length === others.length &&
    words.every((word, i) => nearest(word, [others[i]!]) !== undefined);
  return alike ? known : undefined;
}

/** The configuration with every default, for tests; `overrides` are texts as in a file. */
export function defaultConfig(overrides: Partial<Record<KeyName, string>> = {}): Config {
  const parsed = parseConfig(new Map(Object.entries(overrides)));
  if (parsed.config === undefined) {
    throw new TypeError(parsed.errors.map((e) => e.message).join("; "));
  }
  return parsed.config;
}

type ParsedValue = { ok: true; value: unknown } | { ok: false; wanted: string };

function parseValue(declared: Key, text: string): ParsedValue {
  switch (declared.type) {
    case "int":
    case "double":
      return parseNumber(declared, text);
    case "boolean":
      if (/^(true|false)$/i.test(text)) return { ok: true, value: text.toLowerCase() === "true" };
      return { ok: false, wanted: "true or false" };
    case "list":
      return parseList(declared, text);
    case "string":
    case "password":
      return oneOf(declared, text) ?? { ok: true, value: text };
  }
}

function parseNumber(declared: Key, text: string): ParsedValue {
  const value = declared.type === "double" || /^[+-]?\d+$/.test(text) ? decimalOf(text) : NaN;
  const low = declared.min ?? -Number.MAX_VALUE;
  const high = declared.max ?? Number.MAX_VALUE;
  if (value >= low && value <= high) return { ok: true, value };
  return { ok: false, wanted: rangeText(declared) };
}

function parseList(declared: Key, text: string): ParsedValue {
  const items = text.split(",").map((item) => item.trim()).filter((item) => item !== "");
  for (const item of items) {
    const refused = oneOf(declared, item);
    if (refused !== undefined) return refused;
  }
  return { ok: true, value: items };
}

function oneOf(declared: Key, text: string): ParsedValue | undefined {
  if (declared.oneOf === undefined || declared.oneOf.includes(text)) return undefined;
  return { ok: false, wanted: `one of ${declared.oneOf.join(", ")}` };
}

/** What a key accepts, for people: "an integer from 1 to 127". */
export function rangeText(declared: Key): string {
  if (declared.oneOf !== undefined) return `one of ${declared.oneOf.join(", ")}`;
  const noun = {
    int: "an integer",
    double: "a number",
    boolean: "true or false",
    list: "a comma-separated list",
    string: "text",
    password: "text",
  }[declared.type];
  if (declared.min !== undefined && declared.max !== undefined) {
    return `${noun} from ${declared.min} to ${declared.max}`;
  }
  if (declared.min !== undefined) return `${noun} >= ${declared.min}`;
  if (declared.max !== undefined) return `${noun} <= ${declared.max}`;
  return noun;
}

function problemText(name: string, declared: Key, text: string, wanted: string): string {
  const shown = declared.type === "password" ? "(hidden)" : JSON.stringify(text);
  return `Cannot use ${name} = ${shown}: must be ${wanted}`;
}
