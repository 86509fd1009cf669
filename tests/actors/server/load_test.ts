/** Loads of log dirs, and capacities without loads, over HTTP. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { BrokerStats, SingleBrokerStats } from "../../../actors/server/shapes/broker_stats.ts";
import { loadTable } from "../../../actors/server/text/load_table.ts";
import { ok } from "../../../lib/failure.ts";
import { brokerLoad, harness } from "./harness.ts";
import { recorded, recordedJson } from "./recorded.ts";

Deno.test("load with populate_disk_info answers the recorded log dirs", async () => {
  const { brokers } = recordedJson<{ brokers: SingleBrokerStats[] }>(476);
  const h = harness({
    handlers: { get_broker_load: () => ok({ brokers: brokers.map((one) => brokerLoad(one)) }) },
  });
  const got = await (await h.ask(recorded(476).target)).json() as BrokerStats;
  assertEquals(h.asked[0]!.request, { kind: "get_broker_load", withLogDirs: true });
  const rounded = (of: readonly SingleBrokerStats[]) =>
    JSON.stringify(
      of.map((one) => one.DiskState),
      (_, value: unknown) => typeof value === "number" ? Number(value.toFixed(6)) : value,
    );
  // Members come in another order.
  assertEquals(JSON.parse(rounded(got.brokers)), JSON.parse(rounded(brokers)));
});

Deno.test("load without populate_disk_info tells nothing of log dirs", async () => {
  const got = await (await harness().ask(recorded(116).target)).json() as BrokerStats;
  assert(got.brokers.every((broker) => !("DiskState" in broker)));
});

Deno.test("loadTable() lists log dirs under their broker, in columns of their own", () => {
  const stats = recordedJson<BrokerStats>(476);
  const [first] = stats.brokers;
  const state = {
    ...first!.DiskState,
    "/kafka/b0/failed": {
      DiskMB: "DEAD" as const,
      DiskPct: "DEAD" as const,
      NumLeaderReplicas: 0,
      NumReplicas: 3,
    },
  };
  const lines = loadTable({ ...stats, brokers: [{ ...first!, DiskState: state }] }).split("\n");
  const [header, broker, disk, , failed] = lines.slice(2);
  assertStringIncludes(header!, "    LOGDIR  ");
  assertEquals(header!.indexOf("LOGDIR") + "LOGDIR".length, disk!.indexOf(","));
  assertStringIncludes(disk!, "/kafka/b0/d0,            282.376/07.06,");
  assertStringIncludes(failed!, "/kafka/b0/failed,               DEAD/ DEAD,");
  assert(failed!.endsWith("/3"));
  assert(broker!.startsWith("localhost,"));
});

Deno.test("load with capacity_only asks for no load, and goes with nothing that says which", async () => {
  const h = harness();
  assertEquals((await h.ask("/kafkacruisecontrol/load?capacity_only=true")).status, 200);
  assertEquals(h.asked[0]!.request, { kind: "get_broker_load", capacityOnly: true });
  const refused = await harness().ask(recorded(125).target);
  assertEquals(refused.status, 400);
  const { errorMessage } = await refused.json();
  assertEquals(errorMessage, recordedJson<{ errorMessage: string }>(125).errorMessage);
  for (const name of ["time=1", "end=1", "start=1", "allow_capacity_estimation=true"]) {
    const target = `/kafkacruisecontrol/load?capacity_only=true&${name}`;
    assertEquals((await harness().ask(target)).status, 400, name);
  }
});
