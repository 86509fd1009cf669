/**
 * What a start says: where it listens, and what to try.
 *
 * @module
 */
import { DEFAULT_URL } from "./client.ts";

const TRIES: readonly (readonly [command: string, what: string])[] = [
  ["status", "what is known of the cluster"],
  ["load", "load of each broker"],
  ["plan", "the moves that would balance it, with reasons"],
  ["rebalance --execute --watch", ""],
];

/** The commands can be copied: they name the address where it is not the one that they ask by themselves. */
export function greeting(url: string, cluster: string): string {
  const where = url === DEFAULT_URL ? "" : ` --url ${url}`;
  const width = Math.max(...TRIES.filter(([, what]) => what !== "").map(([name]) => name.length));
  const lines = TRIES.map(([name, what]) =>
    what === ""
      ? `  evenkeel ${name}${where}`
      : `  evenkeel ${(name + where).padEnd(width + where.length)}      ${what}`
  );
  return [
    `Evenkeel is listening on ${url} and balances ${cluster}.`,
    "Try in another terminal (deno task evenkeel ... in a checkout):",
    ...lines,
    "",
  ].join("\n");
}
