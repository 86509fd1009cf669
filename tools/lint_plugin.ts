/// <reference lib="deno.unstable" />
/**
 * Our lint rules: who may import whom, no wall clock and no randomness outside their two files, no call of the
 * client method that replaces a whole configuration.
 *
 * @module
 */
import { IMPORT_TABLE, PACKAGE_OWNERS } from "./import_table.ts";

const TOP = decodeURIComponent(new URL("..", import.meta.url).pathname);

/** Path of `file` from the top of the repository, with `/`. A file outside is returned as it is. */
export function fromTop(file: string): string {
  const path = file.startsWith("file:") ? decodeURIComponent(new URL(file).pathname) : file;
  const plain = path.startsWith(TOP) ? path.slice(TOP.length) : path;
  // Planted violations live in a folder that mirrors the tree.
  return plain.replace(/^tests\/tools\/violations\//, "");
}

/** The part of the tree that a path belongs to: `actors/sampler` for actors, a room with a row of its own, else the first folder or the file. */
export function partOf(path: string): string {
  const pieces = path.split("/");
  const room = `${pieces[0]}/${pieces[1]}`;
  if (pieces.length > 2 && (pieces[0] === "actors" || hasRow(room))) return room;
  return pieces[0]!;
}

function hasRow(part: string): boolean {
  return IMPORT_TABLE.some((row) => row.part === part);
}

function ruleFor(part: string): readonly string[] | undefined {
  const key = part.startsWith("actors/") ? "actors/*" : part;
  return IMPORT_TABLE.find((row) => row.part === key)?.may;
}

/** Resolves a relative specifier against the importing file; both from the top. Undefined for packages. */
export function resolveSpecifier(importer: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return new URL(specifier, `file:///${importer}`).pathname.slice(1);
}

/** Why `importer` may not import `specifier`, or undefined when it may. */
export function importProblem(importer: string, specifier: string): string | undefined {
  const target = resolveSpecifier(importer, specifier);
  if (target === undefined) return packageProblem(importer, specifier);
  const from = partOf(importer);
  const to = partOf(target);
  if (from === to) return undefined;
  const may = ruleFor(from);
  if (may === undefined) return `${from} is not in the import table (tools/import_table.ts)`;
  const allowed = may.some((entry) =>
    entry === "*" || target === entry || target.startsWith(`${entry}/`)
  );
  if (allowed) return undefined;
  const list = may.length === 0 ? "nothing of ours" : may.join(", ");
  return `${from} may not import ${target}: it may import ${list}`;
}

function packageProblem(importer: string, specifier: string): string | undefined {
  const name = specifier.replace(/^npm:/, "");
  const owner = PACKAGE_OWNERS.find((row) => name === row.name || name.startsWith(`${row.name}/`));
  if (owner === undefined) return undefined;
  const mine = owner.owners.some((folder) =>
    importer === folder || importer.startsWith(`${folder}/`)
  );
  if (mine) return undefined;
  return `${owner.name} belongs to ${owner.owners.join(", ")}: ${owner.why}`;
}

const CLOCK_NAMES = new Set([
  "Date",
  "performance",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
]);

/** Files that may touch real time or randomness: the two owners, and what is not part of the program. */
function mayTouchTime(path: string): boolean {
  if (path === "lib/clock.ts" || path === "lib/prng.ts") return true;
  return /^(bench|tools)\//.test(path) ||
    /^tests\/(integration|kafka|system|cli|workers|readme|contract)\//.test(path);
}

/** `crypto.randomUUID` and friends are randomness, too; ids come from the prng so that a run can be replayed. */
function isRandomMember(object: string, property: string): boolean {
  return (object === "Math" && property === "random") ||
    (object === "crypto" && (property === "randomUUID" || property === "getRandomValues"));
}

const importTable: Deno.lint.Rule = {
  create(context) {
    const importer = fromTop(context.filename);
    const check = (node: Deno.lint.Node, source: { value?: unknown } | null | undefined) => {
      if (typeof source?.value !== "string") return;
      const problem = importProblem(importer, source.value);
      if (problem !== undefined) context.report({ node, message: problem });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source as { value?: unknown }),
    };
  },
};

const passedInTime: Deno.lint.Rule = {
  create(context) {
    if (mayTouchTime(fromTop(context.filename))) return {};
    const report = (node: Deno.lint.Node, name: string) =>
      context.report({
        node,
        message:
          `${name} is banned here: time comes from lib/clock.ts, randomness from lib/prng.ts`,
      });
    return {
      CallExpression(node) {
        if (node.callee.type === "Identifier" && CLOCK_NAMES.has(node.callee.name)) {
          report(node, node.callee.name);
        }
      },
      NewExpression(node) {
        // `new Date(ms)` only formats a time that was passed in.
        const isNow = node.callee.type === "Identifier" && node.callee.name === "Date" &&
          node.arguments.length === 0;
        if (isNow) report(node, "new Date()");
      },
      MemberExpression(node) {
        if (node.object.type !== "Identifier" || node.property.type !== "Identifier") return;
        const { name } = node.object;
        const property = node.property.name;
        if (name === "Date" && property === "now") report(node, "Date.now");
        if (name === "performance" && property === "now") report(node, "performance.now");
        if (isRandomMember(name, property)) report(node, `${name}.${property}`);
      },
    };
  },
};

const noReplacingAlterConfigs: Deno.lint.Rule = {
  create(context) {
    if (!fromTop(context.filename).startsWith("cluster/kafka/")) return {};
    return {
      'CallExpression[callee.property.name="alterConfigs"]'(node: Deno.lint.CallExpression) {
        if (node.callee.type !== "MemberExpression") return;
        if (node.callee.object.type === "Identifier" && /admin/i.test(node.callee.object.name)) {
          context.report({
            node,
            message:
              "alterConfigs of the client replaces the whole configuration of the resource: use IncrementalAlterConfigs",
          });
        }
      },
    };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "evenkeel",
  rules: {
    "import-table": importTable,
    "passed-in-time": passedInTime,
    "no-replacing-alter-configs": noReplacingAlterConfigs,
  },
};

export default plugin;
