/**
 * What the single binary has to hold, and what of `node_modules` it must not: read from the module graph of the program
 * and of every worker entry, so that nobody keeps a list.
 *
 * @module
 */
import { TOP } from "./run.ts";

/** What goes into the binary. All paths are from the top of the repository and sorted. */
export interface BinaryContents {
  /** Our own modules. */
  readonly modules: readonly string[];
  /** Files of npm packages. */
  readonly packageFiles: readonly string[];
  /** Packages as `name@version`. */
  readonly packages: readonly string[];
  /** The native addon among `packageFiles`. */
  readonly addon: string;
  /** Files and folders below `node_modules` that stay out. */
  readonly excluded: readonly string[];
}

/** The prebuilt addon for each target that `deno compile` knows. */
const ADDON_OF: Readonly<Record<string, string>> = {
  "x86_64-unknown-linux-gnu": "linux-x64.node",
  "aarch64-unknown-linux-gnu": "linux-arm64.node",
  "x86_64-apple-darwin": "darwin-x64.node",
  "aarch64-apple-darwin": "darwin-arm64.node",
  "x86_64-pc-windows-msvc": "win32-x64.node",
  "aarch64-pc-windows-msvc": "win32-arm64.node",
};

/** Targets that a binary can be made for. */
export const TARGETS: readonly string[] = Object.keys(ADDON_OF);

/** C++ headers of the addon: needed to build it, and it comes built. */
const BUILD_ONLY = ["node-addon-api"];

/** Folders of packages that no code loads. */
const UNUSED_FOLDERS = /^(test|tests|__tests__|docs?|examples?|bench|benchmark|perf|deps)$/;

/** Reads the module graphs. `target` is one of {@link TARGETS}; throws on another one. */
export async function binaryContents(target: string): Promise<BinaryContents> {
  const addonName = ADDON_OF[target];
  if (addonName === undefined) {
    throw new Error(`Cannot compile for ${target}: targets are ${TARGETS.join(", ")}`);
  }
  const { modules, packages, folders } = await programGraph();
  const everything = [...packageFiles("node_modules/.deno")].sort();
  const kept = new Set(
    everything.filter((file) => {
      const folder = packageFolderOf(file);
      return folder !== undefined && folders.has(folder) &&
        isNeeded(file.slice(folder.length + 1), addonName);
    }),
  );
  const addon = [...kept].find((file) => file.endsWith(`/${addonName}`));
  if (addon === undefined) throw new Error(`Run deno install: no ${addonName} in node_modules`);
  // The package manager's own bookkeeping lies outside of packages and stays.
  const out = everything.filter((file) => !kept.has(file) && packageFolderOf(file) !== undefined);
  const names = new Set(packages.map((id) => id.slice(0, id.lastIndexOf("@"))));
  return {
    modules,
    packages,
    addon,
    packageFiles: [...kept].sort(),
    excluded: [...collapsed(out, kept), ...linksBesides(names)].sort(),
  };
}

/** Every file below a folder; links are not followed. */
function* packageFiles(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(TOP + folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* packageFiles(path);
    else if (entry.isFile) yield path;
  }
}

/** `node_modules/.deno/a@1/node_modules/a` of a file in it. */
function packageFolderOf(file: string): string | undefined {
  return /^node_modules\/\.deno\/[^/]+\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
}

function isNeeded(path: string, addonName: string): boolean {
  const parts = path.split("/");
  const name = parts.pop()!;
  if (parts.some((part) => UNUSED_FOLDERS.test(part))) return false;
  if (name.endsWith(".node")) return name === addonName;
  // Licences travel with what they license.
  return /\.[cm]?js$|\.json$/.test(name) || /^(licen[cs]e|notice|copying)/i.test(name);
}

/** As few paths as possible that cover `out` and nothing of `kept`. */
function collapsed(out: readonly string[], kept: ReadonlySet<string>): string[] {
  const busy = new Set<string>();
  for (const file of kept) {
    for (let end = file.lastIndexOf("/"); end > 0; end = file.lastIndexOf("/", end - 1)) {
      busy.add(file.slice(0, end));
    }
  }
  const covering = new Set<string>();
  for (const file of out) {
    let path = file;
    for (;;) {
      const parent = path.slice(0, path.lastIndexOf("/"));
      if (busy.has(parent) || parent === "node_modules/.deno") break;
      path = parent;
    }
    covering.add(path);
  }
  return [...covering];
}

/** Links in `node_modules` to packages that the program does not use. */
function linksBesides(used: ReadonlySet<string>): string[] {
  const links: string[] = [];
  const visit = (scope: string) => {
    for (const entry of Deno.readDirSync(`${TOP}node_modules/${scope}`)) {
      const name = scope + entry.name;
      if (entry.isSymlink && !used.has(name)) links.push(`node_modules/${name}`);
      if (entry.isDirectory && name.startsWith("@") && scope === "") visit(`${name}/`);
    }
  };
  visit("");
  return links;
}

interface Graph {
  readonly modules: string[];
  readonly packages: string[];
  /** Folder of each package. */
  readonly folders: ReadonlySet<string>;
}

interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly npmPackage?: string;
    readonly error?: string;
  }[];
  readonly npmPackages: Readonly<
    Record<string, { readonly dependencies: readonly string[]; readonly localPath: string }>
  >;
}

/** The program's entries: `main.ts` and what `compile.include` in deno.json names. */
export function binaryEntries(): string[] {
  const settings = JSON.parse(Deno.readTextFileSync(`${TOP}deno.json`)) as {
    readonly compile: { readonly include: readonly string[] };
  };
  return ["main.ts", ...settings.compile.include.map((path) => path.replace(/^\.\//, ""))];
}

async function programGraph(): Promise<Graph> {
  const modules = new Set<string>();
  const packages = new Set<string>();
  const folders = new Set<string>();
  const top = new URL(`file://${TOP}`).href;
  for (const info of await Promise.all(binaryEntries().map(readInfo))) {
    const add = (id: string) => {
      const found = info.npmPackages[id];
      if (found === undefined || packages.has(id)) return;
      if (BUILD_ONLY.includes(id.slice(0, id.lastIndexOf("@")))) return;
      packages.add(id);
      folders.add(found.localPath.slice(TOP.length));
      found.dependencies.forEach(add);
    };
    for (const module of info.modules) {
      if (module.error !== undefined) throw new Error(`${module.specifier}: ${module.error}`);
      if (module.npmPackage !== undefined) add(module.npmPackage);
      else if (module.specifier.startsWith(top)) {
        modules.add(decodeURIComponent(module.specifier.slice(top.length)));
      }
    }
  }
  return { modules: [...modules].sort(), packages: [...packages].sort(), folders };
}

async function readInfo(entry: string): Promise<Info> {
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: TOP,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  if (!output.success) {
    throw new Error(`Cannot read the modules of ${entry}: ${decoder.decode(output.stderr)}`);
  }
  return JSON.parse(decoder.decode(output.stdout)) as Info;
}
