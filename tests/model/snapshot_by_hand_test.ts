/**
 * Snapshots that somebody edited by hand: every member of a file with all that a file may have, replaced by values of
 * other kinds, out of range or left out. Each is refused by its own path.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseSnapshot } from "../../model/snapshot_read.ts";
import { snapshotText } from "../../model/snapshot_write.ts";

type Path = readonly (string | number)[];

const FULL = {
  version: 1,
  unknownResources: { cpu: "no agent" },
  brokers: [0, 1, 2].map((id) => ({
    id,
    rack: `r${id}`,
    host: `h${id}`,
    state: "alive",
    cores: 2,
    capacityEstimated: false,
    capacity: { cpu: 200, nwIn: 1e4, nwOut: 1e4, disk: 2e5 },
    logDirs: [
      { path: "/a", capacity: 1e5, alive: true },
      { path: "/b", capacity: 1e5, alive: true },
    ],
  })),
  topics: [{
    name: "t",
    partitions: [0, 1].map((id) => ({
      id,
      replicas: [0, 1],
      leader: 0,
      load: [10, 100, 200, 9000],
      followerLoad: [3, 100, 0, 9000],
      logDirs: ["/a", "/b"],
      offline: [1],
      replicaDiskMb: [9000, 8000],
      windows: [[5, 50, 100, 8000], [15, 150, 300, 10000]],
      followerCpu: [2, 4],
    })),
  }],
};

/** Members that may be left out, and what else has to go then. */
const OPTIONAL =
  /^(unknownResources.*|brokers\[.\]\.(state|cores|capacityEstimated|capacity\.disk|logDirs\[.\]\.alive)|topics\[.\]\.partitions\[.\]\.(followerLoad|logDirs|offline|replicaDiskMb|followerCpu|offline\[.\]))$/;

/** JSON as it stands in a file: JSON.stringify could not write numbers that are too large. */
const TOO_LARGE = "too large";

/** Values that are wrong wherever one like `value` stands. */
function wrongFor(value: unknown): unknown[] {
  const never = [null, {}, []].filter((one) => kindOf(one) !== kindOf(value));
  switch (kindOf(value)) {
    case "number":
      return [...never, true, "1", "NaN", -1.5, -2, 1e25, TOO_LARGE];
    case "string":
      return [...never, true, 1];
    case "boolean":
      return [...never, 0, "true", ""];
    default:
      return [...never, 1, "x", false];
  }
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

function* pathsOf(value: unknown, path: Path = []): Generator<readonly [Path, unknown]> {
  if (path.length > 0) yield [path, value];
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    yield* pathsOf(member, [...path, Array.isArray(value) ? Number(name) : name]);
  }
}

function textOf(path: Path): string {
  return path.map((part) => typeof part === "number" ? `[${part}]` : `.${part}`).join("").slice(1);
}

/** The file with what stands at `path` replaced; left out where `value` is undefined. */
function changed(path: Path, value: unknown): Uint8Array {
  const copy = structuredClone(FULL) as unknown as Record<string | number, unknown>;
  let at = copy;
  for (const part of path.slice(0, -1)) at = at[part] as Record<string | number, unknown>;
  const last = path.at(-1)!;
  if (value === undefined && Array.isArray(at)) at.splice(last as number, 1);
  else at[last] = value;
  return new TextEncoder().encode(JSON.stringify(copy).replace(`"${TOO_LARGE}"`, "1e999"));
}

function problemOf(bytes: Uint8Array, what: string): string {
  const parsed = parseSnapshot(bytes);
  assert(!parsed.ok, `${what} is taken`);
  assertEquals(parsed.failure.code, "invalid_file");
  assert(parsed.failure.message.length < 300, parsed.failure.message);
  return parsed.failure.message;
}

Deno.test("parseSnapshot() refuses values of another kind or out of range by their path, at every member", () => {
  let tried = 0;
  for (const [path, value] of pathsOf(FULL)) {
    const place = textOf(path);
    for (const bad of wrongFor(value)) {
      const what = `${place} = ${JSON.stringify(bad)}`;
      const message = problemOf(changed(path, bad), what);
      assert(message.startsWith(`${place}: `), `${what}: ${message}`);
      tried++;
    }
  }
  assert(tried > 800, `${tried} tried`);
});

Deno.test("parseSnapshot() refuses a file that lacks any member it must have, by the path of what is missing", () => {
  for (const [path] of pathsOf(FULL)) {
    const place = textOf(path);
    const parsed = parseSnapshot(changed(path, undefined));
    // Of an array an item less is another array, and may be right.
    if (OPTIONAL.test(place) || typeof path.at(-1) === "number") continue;
    // Without them a plan would be for the mean alone, and what belongs to them stays.
    const named = place.endsWith(".windows") ? place.replace("windows", "followerCpu") : place;
    // Paths of log dirs that partitions name are then nobody's.
    if (place.endsWith(".logDirs")) continue;
    assert(!parsed.ok, `${place} may be left out`);
    assert(parsed.failure.message.startsWith(`${named}: `), parsed.failure.message);
  }
});

Deno.test("parseSnapshot() refuses what contradicts itself, by the path of the later one", () => {
  const cases: readonly [Path, unknown, string][] = [
    [["brokers", 2, "id"], 0, "brokers[2].id: must not repeat, got 0 twice"],
    [["brokers", 0, "logDirs", 1, "path"], "/a", "brokers[0].logDirs: must not name the same path"],
    [["brokers", 0, "logDirs", 1, "path"], "", "brokers[0].logDirs[1].path: must not be empty"],
    [["topics", 0, "partitions", 1, "id"], 0, "topics[0].partitions[1].id: must not repeat"],
    [
      ["topics", 0, "partitions", 1, "replicas", 1],
      0,
      "topics[0].partitions[1].replicas[1]: must name a broker once, got 0 twice",
    ],
    [["topics", 0, "partitions", 1, "replicas", 1], 7, "must be the id of a broker in brokers"],
    [["topics", 0, "partitions", 1, "leader"], 2, "leader: must be one of replicas, got 2"],
    [["topics", 0, "partitions", 1, "offline"], [2], "offline[0]: must be one of replicas, got 2"],
    [["topics", 0, "partitions", 1, "logDirs", 0], "/c", 'a log dir of broker 0, got "/c"'],
    [
      ["topics", 0, "partitions", 1, "logDirs"],
      ["/a"],
      "logDirs: must have 2 items, one a replica",
    ],
    [["topics", 0, "partitions", 1, "replicaDiskMb"], [1], "replicaDiskMb: must have 2 items"],
    [["topics", 0, "partitions", 1, "windows"], [[1, 1, 1, 1]], "must have as many windows as"],
    [["topics", 0, "partitions", 1, "followerCpu"], [1], "followerCpu: must have 2 numbers"],
    [["topics", 0, "partitions", 1, "load"], [1, 2, 3], "load[3]: is missing"],
    [["topics", 0, "partitions", 1, "load"], [1, 2, 3, 4, 5], "load: must have 4 numbers"],
    [["version"], 0, "version: must be 1, got 0"],
    [["version"], "x".repeat(1e6), 'version: must be 1, got "xxx'],
    [["brokers", 0, "state"], "y".repeat(1e6), "brokers[0].state: must be one of alive, dead"],
    [["unknownResources"], { ram: "no" }, "unknownResources.ram: must be one of cpu"],
  ];
  for (const [path, value, says] of cases) {
    assertStringIncludes(problemOf(changed(path, value), says), says);
  }
  const nameless = new TextDecoder().decode(changed(["brokers", 0, "rack"], ""));
  const problem = problemOf(new TextEncoder().encode(nameless.replace('"h0"', '""')), "no name");
  assertEquals(problem, "brokers[0].rack: must not be empty");
});

Deno.test("snapshotText() tells which replicas are in log dirs that are not known, and parseSnapshot() takes it", () => {
  // Situation: broker 1 is dead and nobody knows its log dirs; one replica of broker 0 is where nobody has told.
  const file = structuredClone(FULL);
  file.brokers[1]!.state = "dead";
  file.brokers[1]!.logDirs = [];
  file.topics[0]!.partitions[0]!.logDirs = ["/b", ""];
  file.topics[0]!.partitions[1]!.logDirs = ["", ""];
  file.topics[0]!.partitions[1]!.replicas = [0, 2];
  file.topics[0]!.partitions[1]!.offline = [];
  const read = parseSnapshot(new TextEncoder().encode(JSON.stringify(file)));
  assert(read.ok, read.ok ? "" : read.failure.message);
  assertEquals([...read.value.replicaLogDir], [1, -1, -1, -1]);
  const again = parseSnapshot(new TextEncoder().encode([...snapshotText(read.value)].join("")));
  assert(again.ok, again.ok ? "" : again.failure.message);
  assertEquals(again.value, read.value);
});
