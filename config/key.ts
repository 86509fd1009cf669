/**
 * How a configuration key is declared. The table in `keys/` is the only list of keys: parsing, checks, the
 * configuration page and the typed {@link Config} all come from it.
 *
 * @module
 */

/** Kinds of values, written as in Cruise Control's property files. */
export type KeyType = "int" | "double" | "boolean" | "string" | "list" | "password";

/** The value in code: numbers are checked, lists are split at commas with blanks dropped. */
export type ValueOf<T extends KeyType> = T extends "int" | "double" ? number
  : T extends "boolean" ? boolean
  : T extends "list" ? readonly string[]
  : string;

/** One key. */
export interface Key<T extends KeyType = KeyType, Optional extends boolean = boolean> {
  readonly type: T;
  /** As it would be written in the file; undefined when the key has no default and may be absent. */
  readonly default: Optional extends true ? undefined : string;
  /** "ms", "bytes/s", "MB", "count", ... ; "" when it has none. */
  readonly unit: string;
  /** Inclusive bounds of a number. */
  readonly min?: number;
  readonly max?: number;
  /** The only values allowed. */
  readonly oneOf?: readonly string[];
  /** One sentence for the configuration page. */
  readonly doc: string;
  /** File that reads it, from the top of the repository. A key without a reader is not declared. */
  readonly reader: string;
}

/** A key that always has a value. `default` is written as in a file. */
export function key<T extends KeyType>(
  type: T,
  defaultText: string,
  rest: Omit<Key<T, false>, "type" | "default">,
): Key<T, false> {
  return { type, default: defaultText, ...rest };
}

/** A key that may be absent. */
export function optionalKey<T extends KeyType>(
  type: T,
  rest: Omit<Key<T, true>, "type" | "default">,
): Key<T, true> {
  return { type, default: undefined, ...rest };
}
