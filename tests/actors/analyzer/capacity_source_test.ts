import { assert, assertEquals } from "@std/assert";
import { createCapacitySource } from "../../../actors/analyzer/capacity_source.ts";
import { testTopology } from "../aggregator/bench_cluster.ts";

const SEEN = { logDirs: [], cores: new Map<number, number>() };

function file(diskMb: number): string {
  const capacity = { DISK: String(diskMb), CPU: "100", NW_IN: "10", NW_OUT: "20" };
  return JSON.stringify({ brokerCapacities: [{ brokerId: "-1", capacity }] });
}

Deno.test("capacities() reads the file again when it was changed", () => {
  const path = Deno.makeTempFileSync();
  const source = createCapacitySource({
    "capacity.config.file": path,
    "evenkeel.capacity.network.kb.per.sec": 1,
  });
  const diskMb = () => {
    const found = source.capacities(testTopology(1, []), SEEN);
    assert(found.ok, found.ok ? "" : found.failure.message);
    return found.value.get(1)!.diskMb;
  };
  Deno.writeTextFileSync(path, file(500));
  assertEquals(diskMb(), 500);
  Deno.writeTextFileSync(path, file(75_000));
  assertEquals(diskMb(), 75_000);
  Deno.removeSync(path);
});

Deno.test("capacities() names a file that cannot be read", () => {
  const source = createCapacitySource({
    "capacity.config.file": "no/such/file.json",
    "evenkeel.capacity.network.kb.per.sec": 1,
  });
  const found = source.capacities(testTopology(1, []), SEEN);
  assert(!found.ok);
  assertEquals(found.failure.code, "invalid_file");
  assert(found.failure.message.includes("no/such/file.json"));
});
