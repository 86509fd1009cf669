/**
 * Imports point one way: no file and no folder imports another that imports it back, by whatever way round. Types
 * count, since who reads a file has to read what it speaks of.
 *
 * @module
 */
import { resolveSpecifier } from "./lint_plugin.ts";

/** An import of our own: `import ... from "./x.ts"`, `export ... from "./x.ts"`. */
const IMPORT = /^(?:import|export)\b[^;"]*?\bfrom "(\.[^"]+)";/gm;

/** Who imports what; both from the top. */
type Imports = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Circles of files and of folders, each as "a -> b -> a". Within a folder a file counts as a room of its own beside
 * the folders there.
 *
 * @param textOf text by path from the top
 */
export function circles(textOf: ReadonlyMap<string, string>): string[] {
  const files = new Map([...textOf].map(([path, text]) => [path, importsOf(path, text)] as const));
  const found = circlesOf(files);
  return found.length > 0 ? found : circlesOf(rooms(files));
}

function importsOf(path: string, text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(IMPORT)].map(([, to]) => resolveSpecifier(path, to!)!));
}

/**
 * Of two files the parts of their paths behind what both have in common: "planner/way" and "planner/search" for
 * planner/way/order.ts and planner/search/state.ts.
 */
function rooms(files: Imports): Imports {
  const found = new Map<string, Set<string>>();
  for (const [from, targets] of files) {
    for (const to of targets) {
      const [one, other] = apart(from.split("/"), to.split("/"));
      const known = found.get(one) ?? new Set();
      found.set(one, known.add(other));
    }
  }
  return found;
}

function apart(from: readonly string[], to: readonly string[]): [string, string] {
  let common = 0;
  while (from[common] === to[common] && common < from.length - 1) common++;
  return [from.slice(0, common + 1).join("/"), to.slice(0, common + 1).join("/")];
}

/** One circle for each path on which a search in depth comes back to where it has been. */
function circlesOf(imports: Imports): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (from: string) => {
    const at = path.indexOf(from);
    if (at >= 0) found.push([...path.slice(at), from].join(" -> "));
    if (at >= 0 || done.has(from)) return;
    path.push(from);
    for (const to of imports.get(from) ?? []) visit(to);
    path.pop();
    done.add(from);
  };
  for (const from of imports.keys()) visit(from);
  return found;
}
