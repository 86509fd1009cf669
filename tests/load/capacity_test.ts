import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { type CapacitySources, resolveCapacities } from "../../load/capacity.ts";
import { type CapacityFile, parseCapacityFile } from "../../load/capacity_file.ts";
import type { LogDir } from "../../model/readings.ts";
import { brokerOf, topologyOf } from "./fixture.ts";

const MB = 1024 * 1024;
const GB = 1024 * MB;

async function fixture(name: string): Promise<CapacityFile> {
  const path = new URL(`../fixtures/capacity/${name}`, import.meta.url);
  const parsed = parseCapacityFile(await Deno.readTextFile(path), name);
  assert(parsed.ok);
  return parsed.value;
}

function problemsOf(file: unknown): readonly string[] {
  const parsed = parseCapacityFile(JSON.stringify(file), "c.json");
  assert(!parsed.ok);
  assertEquals(parsed.failure.code, "invalid_file");
  return parsed.failure.details ?? [parsed.failure.message];
}

function dir(path: string, rest: Partial<LogDir> = {}): LogDir {
  return { path, alive: true, totalBytes: 100 * GB, usableBytes: 60 * GB, ...rest };
}

function sources(rest: Partial<CapacitySources> = {}): CapacitySources {
  return {
    file: undefined,
    logDirs: [],
    networkKbPerSec: 125_000,
    cores: new Map(),
    allowEstimation: true,
    ...rest,
  };
}

/** Disk MB by broker, with brokers 1 and 2 on the hosts given. */
function disks(
  hosts: readonly string[],
  dirs: readonly (readonly LogDir[])[],
): number[] {
  const brokers = hosts.map((host, i) => brokerOf(i + 1, { host }));
  const topology = topologyOf({ t: [{ replicas: [1] }] }, { brokers });
  const logDirs = dirs.map((own, i) => ({ brokerId: i + 1, dirs: own }));
  const resolved = resolveCapacities(topology, sources({ logDirs }));
  assert(resolved.ok);
  return hosts.map((_, i) => Math.round(resolved.value.get(i + 1)!.diskMb));
}

Deno.test("parseCapacityFile() reads Cruise Control's three forms", async () => {
  const plain = await fixture("capacity.json");
  const entry = { nwIn: 50_000, nwOut: 50_000, diskMb: 500_000, estimated: undefined };
  assertEquals(plain.get(0), { cpu: 100, ...entry, cores: 1, logDirsMb: undefined });
  const jbod = await fixture("capacityJBOD.json");
  assertEquals(jbod.get(-1)!.diskMb, 500_000);
  assertEquals([...jbod.get(1)!.logDirsMb!], [["/data/k1", 250_000], ["/data/k2", 250_000]]);
  const cores = await fixture("capacityCores.json");
  assertEquals(cores.get(0)!.cpu, 3200);
  assertEquals(cores.get(0)!.cores, 32);
});

Deno.test("parseCapacityFile() lists every mistake with its place", () => {
  const good = { DISK: "1", CPU: "100", NW_IN: "1", NW_OUT: "1" };
  const problems = problemsOf({
    brokerCapacities: [
      { brokerId: "x", capacity: good },
      { brokerId: "0", capacity: { ...good, DISK: { "relative": "1" }, NW_IN: "-5" } },
      { brokerId: "0", capacity: { ...good, CPU: { cores: "4" }, NW_OUT: "" } },
      { brokerId: "1", capacity: { ...good, NW_IN: "0x10", NW_OUT: 1e300 } },
    ],
  });
  assertEquals(problems, [
    'brokerCapacities[0].brokerId must be an integer >= -1, got "x"',
    "brokerCapacities[1].capacity.DISK has relative, which is no absolute path",
    'brokerCapacities[1].capacity.NW_IN must be a number from 0 to 1e+24, got "-5"',
    "brokerCapacities[2].brokerId 0 is listed twice",
    "brokerCapacities[2].capacity.CPU.num.cores must be a number from 0 to 1e+24, got nothing",
    'brokerCapacities[2].capacity.NW_OUT must be a number from 0 to 1e+24, got ""',
    'brokerCapacities[3].capacity.NW_IN must be a number from 0 to 1e+24, got "0x10"',
    "brokerCapacities[3].capacity.NW_OUT must be a number from 0 to 1e+24, got 1e+300",
    "CPU must be given as num.cores for every broker or for none",
  ]);
  assertStringIncludes(problemsOf([])[0]!, "brokerCapacities must be an array");
  const text = parseCapacityFile("{", "c.json");
  assert(!text.ok);
  assertStringIncludes(text.failure.message, "Cannot read capacity file c.json: not JSON");
});

Deno.test("resolveCapacities() marks the default entry as estimated, and refuses it when told", async () => {
  const file = await fixture("capacity.json");
  const topology = topologyOf({ t: [{ replicas: [0, 7] }] });
  const resolved = resolveCapacities(topology, sources({ file }));
  assert(resolved.ok);
  assertEquals(resolved.value.get(0)!.estimated, undefined);
  assertEquals(
    resolved.value.get(7)!.estimated,
    "Missing broker id(7) in capacity config file.",
  );
  const refused = resolveCapacities(topology, sources({ file, allowEstimation: false }));
  assert(!refused.ok);
  assertEquals(refused.failure.code, "invalid_argument");
  const without = new Map([...file].filter(([id]) => id >= 0));
  const missing = resolveCapacities(topology, sources({ file: without }));
  assert(!missing.ok);
  assertEquals(missing.failure.details, [
    "broker 7 is not listed and there is no entry for broker -1",
  ]);
});

Deno.test("resolveCapacities() measures disks and marks the assumed network as estimated", () => {
  const topology = topologyOf({ t: [{ replicas: [1] }] });
  const logDirs = [{ brokerId: 1, dirs: [dir("/a"), dir("/b", { totalBytes: 50 * GB })] }];
  const resolved = resolveCapacities(topology, sources({ logDirs, cores: new Map([[1, 8]]) }));
  assert(resolved.ok);
  const capacity = resolved.value.get(1)!;
  assertEquals(capacity.diskMb, 150 * 1024);
  assertEquals([...capacity.logDirsMb!], [["/a", 100 * 1024], ["/b", 50 * 1024]]);
  assertEquals([capacity.cpu, capacity.cores, capacity.nwIn], [800, 8, 125_000]);
  assertStringIncludes(capacity.estimated!, "network is assumed to be 125000 KB/s");
});

Deno.test("resolveCapacities() counts on a volume what Kafka can fill", () => {
  // 100 GB, 60 free, 10 of replicas: 30 GB belong to somebody else.
  assertEquals(disks(["h"], [[dir("/a", { replicaBytes: 10 * GB })]]), [70 * 1024]);
  assertEquals(disks(["h"], [[dir("/a", { replicaBytes: 40 * GB })]]), [100 * 1024]);
});

Deno.test("resolveCapacities() counts a volume once for the log dirs and brokers that share it", () => {
  const near = dir("/b", { usableBytes: 60 * GB - MB });
  assertEquals(disks(["h"], [[dir("/a"), near]]), [100 * 1024]);
  assertEquals(disks(["h", "h"], [[dir("/a")], [near]]), [50 * 1024, 50 * 1024]);
  // On other hosts, or with other free bytes, it is another volume.
  assertEquals(disks(["h", "i"], [[dir("/a")], [near]]), [100 * 1024, 100 * 1024]);
  assertEquals(disks(["h"], [[dir("/a"), dir("/b", { usableBytes: 59 * GB })]]), [200 * 1024]);
  // 40 GB in use cannot hold 30 GB and 30 GB: two disks that look alike.
  const full = (path: string) => dir(path, { replicaBytes: 30 * GB });
  assertEquals(disks(["h"], [[full("/a"), full("/b")]]), [180 * 1024]);
});

Deno.test("resolveCapacities() takes a silent broker's disk from the others and fails when nobody tells", () => {
  const topology = topologyOf({ t: [{ replicas: [1, 2, 3] }] });
  const logDirs = [
    { brokerId: 1, dirs: [dir("/a")] },
    { brokerId: 2, dirs: [dir("/a"), dir("/dead", { alive: false, totalBytes: -1 })] },
    { brokerId: 3, dirs: [] },
  ];
  const resolved = resolveCapacities(topology, sources({ logDirs }));
  assert(resolved.ok);
  assertAlmostEquals(resolved.value.get(3)!.diskMb, 100 * 1024);
  assertEquals(resolved.value.get(3)!.logDirsMb, undefined);
  assertStringIncludes(resolved.value.get(3)!.estimated!, "disk is taken from the other brokers");
  const nobody = resolveCapacities(topology, sources());
  assert(!nobody.ok);
  assertEquals(nobody.failure.details!.length, 3);
  assertStringIncludes(nobody.failure.message, "set capacity.config.file");
});

Deno.test("resolveCapacities() leaves out brokers that are not alive", () => {
  const topology = topologyOf({ t: [{ replicas: [1] }] }, {
    brokers: [brokerOf(1), brokerOf(2, { alive: false })],
  });
  const resolved = resolveCapacities(
    topology,
    sources({ logDirs: [{ brokerId: 1, dirs: [dir("/a")] }] }),
  );
  assert(resolved.ok);
  assertEquals([...resolved.value.keys()], [1]);
});
