/**
 * Kafka's one-line login configuration, `sasl.jaas.config`.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";

/** A login module with its options. */
export interface JaasEntry {
  /** Class name without package: "ScramLoginModule". */
  readonly module: string;
  readonly options: ReadonlyMap<string, string>;
}

const FORM =
  'org.apache.kafka.common.security.scram.ScramLoginModule required username="U" password="P";';

/**
 * Parses `MODULE required KEY="VALUE" ...;`. Values may be quoted by " or ' with backslash escapes, or bare. The text
 * holds a password, so no message repeats any of it.
 */
export function parseJaas(text: string): Result<JaasEntry> {
  const head = /^\s*([\w.$]+)\s+(required|requisite|sufficient|optional)\b/i.exec(text);
  if (head === null) return malformed("it must begin with a login module and a control flag");
  const options = new Map<string, string>();
  const option = /\s*([\w.]+)\s*=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s;"']+)/sy;
  option.lastIndex = head[0].length;
  let end = option.lastIndex;
  for (let match = option.exec(text); match !== null; match = option.exec(text)) {
    options.set(match[1]!, unquote(match[2]!));
    end = option.lastIndex;
  }
  if (!/^\s*;?\s*$/.test(text.slice(end))) {
    return malformed(`after ${options.size} options comes something that is not KEY="VALUE"`);
  }
  return ok({ module: head[1]!.slice(head[1]!.lastIndexOf(".") + 1), options });
}

function unquote(value: string): string {
  if (!/^["']/.test(value)) return value;
  return value.slice(1, -1).replace(/\\(.)/gs, "$1");
}

function malformed(reason: string): ReturnType<typeof fail> {
  return fail("invalid_argument", `Cannot use sasl.jaas.config: ${reason}; write ${FORM}`);
}
